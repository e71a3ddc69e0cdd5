using System.Management.Automation;
using EtlTableOps.Engines;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Lists the databases that this session has open, the default first.</summary>
[Cmdlet(VerbsCommon.Get, "EtlDatabase")]
[OutputType(typeof(EtlDatabase))]
public sealed class GetEtlDatabaseCommand : EtlCmdlet
{
    /// <summary>Only those of this name; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public string Name { get; set; } = "*";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var pattern = WildcardPattern.Get(Name, WildcardOptions.IgnoreCase);
        foreach (var database in SessionTable.Current.Open)
        {
            if (pattern.IsMatch(database.Name)) WriteObject(database);
        }
    }
}
