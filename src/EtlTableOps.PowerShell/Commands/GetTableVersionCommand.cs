using System.Management.Automation;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Lists the kept versions of live tables, newest first, with size and age.</summary>
[Cmdlet(VerbsCommon.Get, "TableVersion")]
[OutputType(typeof(TableVersion))]
public sealed class GetTableVersionCommand : ConnectedCmdlet
{
    /// <summary>Only versions of this live table; of all where it is not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string? Table { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Table, () =>
    {
        var operations = Operations;
        foreach (var version in Await(token => operations.VersionsAsync(Table, token))) Emit(version);
    });
}
