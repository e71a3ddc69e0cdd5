using System.Management.Automation;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Drops kept versions: one of them, or all but the newest.</summary>
[Cmdlet(VerbsCommon.Remove, "TableVersion", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Version")]
[OutputType(typeof(TableVersion))]
public sealed class RemoveTableVersionCommand : TableCmdlet
{
    /// <summary>The version's table name or its swap's id.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = "Version")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VersionCompleter))]
    public string? Version { get; set; }

    /// <summary>How many of the newest are kept.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Keep")]
    [ValidateRange(0, int.MaxValue)]
    public int Keep { get; set; }

    private protected override void Work()
    {
        var request = ParameterSetName == "Keep"
            ? new RemoveVersionsRequest(Table) { Keep = Keep }
            : new RemoveVersionsRequest(Table) { Version = Version };
        var operations = Operations;
        Perform(Table, token => operations.RemoveVersionsAsync(request, token), versions =>
        {
            foreach (var version in versions) Emit(version);
        });
    }
}
