using System.Management.Automation;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Proves that a shadow table differs from its live table in exactly the declared way, and stores the proof.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ShadowTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(ShadowTestResult), typeof(bool))]
public sealed class TestShadowTableCommand : TableCmdlet
{
    /// <summary>Gives true or false instead of the result.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override void Work()
    {
        var operations = Operations;
        Perform(Table, token => operations.TestAsync(new TestRequest(Table), token), result =>
        {
            if (Quiet) WriteObject(result.Passed);
            else Emit(result);
        });
    }
}
