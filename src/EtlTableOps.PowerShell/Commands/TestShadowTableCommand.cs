using System.Management.Automation;
using EtlTableOps.Checks.Custom;
using EtlTableOps.Composition;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Proves that a shadow table differs from its live table in exactly the declared way, and stores the proof.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ShadowTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(ShadowTestResult), typeof(bool))]
public sealed class TestShadowTableCommand : TableCmdlet
{
    /// <summary>
    /// Checks beside the contract's own: texts such as 'not_null(country)', hashtables such as @{ accepted_values = 'DE', 'FR'; column = 'country'; severity = 'warn' }, or definitions.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [CheckTransformation]
    [ArgumentCompleter(typeof(CheckCompleter))]
    public CheckDefinition[] Check { get; set; } = [];

    /// <summary>Files of checks, in YAML: with a section 'checks:', or schema files of a dbt project. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] CheckFile { get; set; } = [];

    /// <summary>The name under which the checks stand in the files, where it is not the table's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Model { get; set; }

    /// <summary>Gives true or false instead of the result.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override void Work()
    {
        var operations = Operations;
        var request = new TestRequest(Table) { Checks = CheckFiles.Collect([.. CheckFile.SelectMany(FilesLike)], Model, Table, Check) };
        Perform(Table, token => operations.TestAsync(request, token), result =>
        {
            if (Quiet) WriteObject(result.Passed);
            else Emit(result);
        });
    }
}
