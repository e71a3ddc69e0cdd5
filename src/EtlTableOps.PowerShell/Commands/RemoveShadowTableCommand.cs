using System.Management.Automation;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Abandons a shadow table: drops it with its feed. The live table is not touched.</summary>
[Cmdlet(VerbsCommon.Remove, "ShadowTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ShadowTable))]
public sealed class RemoveShadowTableCommand : TableCmdlet
{
    private protected override void Work()
    {
        var operations = Operations;
        Perform(Table, token => operations.RemoveShadowAsync(new RemoveShadowRequest(Table), token), Emit);
    }
}
