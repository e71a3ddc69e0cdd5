using System.CommandLine;
using EtlTableOps.Checks;
using EtlTableOps.Checks.Custom;
using EtlTableOps.Cli.Output;
using EtlTableOps.Composition;
using EtlTableOps.Reports;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>test</c>: proves or refutes the shadow.</summary>
internal static class TestCommand
{
    public static Command Create()
    {
        var table = CommonOptions.Table();
        var check = new Option<CheckDefinition[]>("--check")
        {
            Description = "A check beside the contract's own, such as 'not_null(country)', 'unique(a, b)', 'range(amount, min: 0)' or 'expression(amount >= 0)'. May be given several times.",
            HelpName = "check",
            CustomParser = result => [.. result.Tokens.Select(word => CommonOptions.Read(result, word.Value, CheckFile.ReadOne)).OfType<CheckDefinition>()],
        };
        var checkFile = new Option<string[]>("--check-file") { Description = "A file of checks, in YAML: with a section 'checks:', or a schema file of a dbt project; a directory stands for all such files beneath it. May be given several times.", HelpName = "path" };
        var model = new Option<string?>("--model") { Description = "The name under which the checks stand in the files, where it is not the table's: a model of dbt's (fct_events, fct_events.v2), or a table of a source (shop.orders).", HelpName = "name" };
        var tolerance = CompareCommand.Tolerances();
        var most = CompareCommand.MaxDifferences();
        var limit = CompareCommand.TimeLimit("Where content differs: ends the search for the differing rows after so long, such as 90s or 10m; none when left out.");
        var distribution = new Option<bool>("--distribution") { Description = "Also profiles every column of both tables, and says how far they are apart." };
        var columns = new Option<string[]>("--distribution-column") { Description = "The same for this column alone. Can be repeated.", HelpName = "name" };
        var rows = new Option<long?>("--distribution-rows") { Description = $"About so many rows are looked at for quantiles, different and frequent values where a table has more; 0 looks at all. {DistributionRequest.DefaultSampleRows:N0} when left out.", HelpName = "count" };
        rows.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long?>() < 0) result.AddError("--distribution-rows takes 0 or more.");
        });
        var against = new Option<DistributionBase?>("--distribution-against")
        {
            Description = "What the shadow is held against: live, the live table, or last, the profile of what went live last, which the journal keeps. Live when left out.",
            HelpName = "what",
            CustomParser = result =>
            {
                if (Enum.TryParse<DistributionBase>(CommonOptions.Single(result), ignoreCase: true, out var what) && Enum.IsDefined(what)) return what;
                result.AddError($"'{CommonOptions.Single(result)}' is nothing to hold a distribution against: live or last.");
                return null;
            },
        };
        var report = ReportOption.Create();
        var command = new Command("test", "Proves that the shadow differs from the live table in exactly the declared way, and that checks of your own hold. Exit code 2 when not.") { table, check, checkFile, model, distribution, columns, rows, against, tolerance, most, limit, report }.Changing();
        CommandRun.Bind(command, run =>
        {
            var live = run.Parsed.GetRequiredValue(table);
            var named = run.Parsed.GetValue(columns) is { Length: > 0 } names ? names : null;
            var request = new TestRequest(live)
            {
                Checks = CheckFiles.Collect(run.Parsed.GetValue(checkFile) ?? [], run.Parsed.GetValue(model), live, run.Parsed.GetValue(check) ?? []),
                Tolerances = run.Parsed.GetValue(tolerance) ?? [],
                MaxDifferences = run.Parsed.GetValue(most),
                TimeLimit = run.Parsed.GetValue(limit),
                Distribution = run.Parsed.GetValue(distribution) || named is not null || run.Parsed.GetValue(rows) is not null || run.Parsed.GetValue(against) is not null
                    ? new DistributionRequest { Columns = named, SampleRows = run.Parsed.GetValue(rows) ?? DistributionRequest.DefaultSampleRows, Against = run.Parsed.GetValue(against) ?? DistributionBase.Live }
                    : null,
            };
            return run.ChangeAsync(
                Question.None,
                (operations, token) => operations.TestAsync(request, token),
                test => JsonLine.Success(command.Name, test),
                run.Text.Show,
                test => test.Passed ? ExitCode.Done : ExitCode.Refused,
                test => run.Parsed.GetValue(report).WriteAsync(Report.Of(test), run.Token));
        });
        return command;
    }
}
