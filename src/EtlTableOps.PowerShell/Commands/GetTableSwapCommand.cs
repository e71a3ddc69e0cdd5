using System.Management.Automation;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Reads the journal: swaps that were begun, proven, switched and undone, newest first.</summary>
[Cmdlet(VerbsCommon.Get, "TableSwap")]
[OutputType(typeof(TableSwap))]
public sealed class GetTableSwapCommand : ConnectedCmdlet
{
    /// <summary>Only swaps of this live table.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string? Table { get; set; }

    /// <summary>Only the swap of this id.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SwapCompleter))]
    public string? SwapId { get; set; }

    /// <summary>With the journal's lines: each step with its statements.</summary>
    [Parameter]
    public SwitchParameter Statements { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt((object?)SwapId ?? Table, () =>
    {
        var request = new HistoryRequest { Table = Table, Id = SwapId, Statements = Statements };
        var operations = Operations;
        foreach (var swap in Await(token => operations.HistoryAsync(request, token))) Emit(swap);
    });
}
