using System.Management.Automation;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Finishes or cleans up what was interrupted, after asking the database what is true.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "TableSwap", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(TableSwap))]
public sealed class RepairTableSwapCommand : ConnectedCmdlet
{
    /// <summary>Only this live table; all where it is not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string? Table { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Table, () =>
    {
        var operations = Operations;
        Perform(Table, token => operations.RepairAsync(new RepairRequest { Table = Table }, token), swaps =>
        {
            foreach (var swap in swaps) Emit(swap);
        });
    });
}
