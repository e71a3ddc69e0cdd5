using System.CommandLine;
using EtlTableOps.Checks;
using EtlTableOps.Cli.Output;
using EtlTableOps.Observability;
using EtlTableOps.Reports;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>compare</c>: two tables row by row.</summary>
internal static class CompareCommand
{
    /// <summary>The variable with a secret for the second database that is not to be a part of the connection text.</summary>
    private const string ToPasswordVariable = "ETLTABLEOPS_TO_PASSWORD";

    public static Command Create()
    {
        var table = CommonOptions.Table("table", "The table that is compared against: what there should be. A view too, on PostgreSQL and SQLite.");
        var other = CommonOptions.Table("other-table", "The table or view that is compared: what there is.");
        var to = new Option<string?>("--to-connection") { Description = $"The database of the other table, where it is not the same; any engine. A password comes from {ToPasswordVariable} or from the engine's own places.", HelpName = "text" };
        var key = Names("--key", "A column that tells rows apart; several for a key of several. A key of both tables, or of one, when left out.");
        var columns = Names("--columns", "Compares only this column, and the key. Can be repeated.");
        var exclude = Names("--exclude-column", "Does not compare this column. Can be repeated.");
        var where = new Option<string?>("--where") { Description = "Compares only the rows of either table for which this SQL condition is true.", HelpName = "sql" };
        var tolerance = Tolerances();
        var most = MaxDifferences();
        var limit = TimeLimit("Ends the search after so long, such as 90s or 10m; none when left out.");
        var report = ReportOption.Create();
        var command = new Command("compare", "Compares two tables, of one database or of two, row by row: how many rows differ, which, and in which columns. Reads alone. Exit code 2 when they differ.")
        {
            table, other, to, key, columns, exclude, where, tolerance, most, limit, report,
        }.Reading();
        CommandRun.Bind(command, async run =>
        {
            var given = run.Parsed;
            var request = new CompareRequest(given.GetRequiredValue(table), given.GetRequiredValue(other))
            {
                To = given.GetValue(to) is { } text ? await run.ConnectAsync(text, Environment.GetEnvironmentVariable(ToPasswordVariable) is { Length: > 0 } secret ? secret : null) : null,
                Key = given.GetValue(key) ?? [],
                Columns = given.GetValue(columns) ?? [],
                ExcludeColumns = given.GetValue(exclude) ?? [],
                Where = given.GetValue(where),
                Tolerances = given.GetValue(tolerance) ?? [],
                MaxDifferences = given.GetValue(most),
                TimeLimit = given.GetValue(limit),
            };
            return await run.ReadAsync(
                async (operations, token) =>
                {
                    var differences = await operations.CompareAsync(request, token);
                    await given.GetValue(report).WriteAsync(Report.Of(differences, operations.Database), token);
                    return differences;
                },
                found => JsonLine.Success(command.Name, found),
                run.Text.Show,
                found => found.Equal ? ExitCode.Done : ExitCode.Refused);
        });
        return command;
    }

    /// <summary>How far values may be apart; the same on every command that compares.</summary>
    public static Option<Tolerance[]?> Tolerances() => new("--tolerance")
    {
        Description = "How far a column's values may be apart and count as equal: amount=0.01, score=1%, event_ts=1s, score=noise (twelve digits equal). Can be repeated. Needs a key.",
        HelpName = "column=amount",
        CustomParser = result => [.. result.Tokens.Select(t => CommonOptions.Read(result, t.Value, Tolerance.Parse)).OfType<Tolerance>()],
    };

    /// <summary>When a search for differing rows has found enough.</summary>
    public static Option<int> MaxDifferences()
    {
        var most = new Option<int>("--max-differences") { Description = $"Ends the search for differing rows after so many; the counts are then the least that there are. {CompareRequest.DefaultMaxDifferences} when left out.", HelpName = "count", DefaultValueFactory = _ => CompareRequest.DefaultMaxDifferences };
        most.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--max-differences takes 1 or more.");
        });
        return most;
    }

    /// <summary>When a search for differing rows has taken long enough.</summary>
    public static Option<TimeSpan?> TimeLimit(string what) => new("--time-limit")
    {
        Description = what,
        HelpName = "time",
        CustomParser = result => CommonOptions.Read(result, text => (TimeSpan?)Human.ParseDuration(text)),
    };

    private static Option<string[]?> Names(string name, string what) => new(name) { Description = what, HelpName = "name" };
}
