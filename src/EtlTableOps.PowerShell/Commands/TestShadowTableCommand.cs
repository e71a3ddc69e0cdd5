using System.Management.Automation;
using EtlTableOps.Checks;
using EtlTableOps.Checks.Custom;
using EtlTableOps.Composition;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;
using EtlTableOps.Reports;

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

    /// <summary>Files of checks, in YAML: with a section 'checks:', or schema files of a dbt project; a directory stands for all such files beneath it. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] CheckFile { get; set; } = [];

    /// <summary>The name under which the checks stand in the files, where it is not the table's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Model { get; set; }

    /// <summary>Also profiles every column of both tables, and says how far they are apart.</summary>
    [Parameter]
    public SwitchParameter Distribution { get; set; }

    /// <summary>The same for these columns alone.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? DistributionColumn { get; set; }

    /// <summary>About so many rows are looked at for quantiles, different and frequent values where a table has more; 0 looks at all.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long DistributionRows { get; set; } = DistributionRequest.DefaultSampleRows;

    /// <summary>What the shadow is held against: the live table, or the profile of what went live last.</summary>
    [Parameter]
    public DistributionBase DistributionAgainst { get; set; }

    /// <summary>Files that the result is written to, by their ending: .html, .xml (JUnit), .md, .json.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] ReportPath { get; set; } = [];

    /// <summary>How far values may be apart: @{ amount = 0.01; score = '1%'; event_ts = '1s'; ratio = 'noise' }. It is stated in the proof.</summary>
    [Parameter]
    [ToleranceTransformation]
    public Tolerance[] Tolerance { get; set; } = [];

    /// <summary>Where content differs: ends the search for the differing rows after so many.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaxDifferences { get; set; } = CompareRequest.DefaultMaxDifferences;

    /// <summary>Where content differs: ends the search for the differing rows after so long: '90s', '10m' or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? TimeLimit { get; set; }

    /// <summary>Gives true or false instead of the result.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override void Work()
    {
        var reports = this.Read(ReportPath);
        var operations = Operations;
        var request = new TestRequest(Table)
        {
            Checks = CheckFiles.Collect([.. CheckFile.SelectMany(FilesLike)], Model, Table, Check),
            Tolerances = Tolerance,
            MaxDifferences = MaxDifferences,
            TimeLimit = TimeLimit,
            Distribution = Distribution || DistributionColumn is not null || MyInvocation.BoundParameters.ContainsKey(nameof(DistributionRows)) || MyInvocation.BoundParameters.ContainsKey(nameof(DistributionAgainst))
                ? new DistributionRequest { Columns = DistributionColumn, SampleRows = DistributionRows, Against = DistributionAgainst }
                : null,
        };
        Perform(Table, token => operations.TestAsync(request, token), result =>
        {
            // Before the result: what comes next in a pipeline shall not begin without the report.
            if (reports.Count > 0) Await(token => reports.WriteAsync(Report.Of(result), token));
            if (Quiet) WriteObject(result.Passed);
            else Emit(result);
        });
    }
}
