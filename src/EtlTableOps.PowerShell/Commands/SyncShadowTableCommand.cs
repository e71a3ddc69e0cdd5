using System.Management.Automation;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Brings a shadow table up to date from its feed. Can be repeated.</summary>
[Cmdlet(VerbsData.Sync, "ShadowTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(ShadowTable))]
public sealed class SyncShadowTableCommand : TableCmdlet
{
    private protected override void Work()
    {
        var operations = Operations;
        Perform(Table, token => operations.SyncAsync(new SyncRequest(Table), token), Emit);
    }
}
