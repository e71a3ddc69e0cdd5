using System.CommandLine;
using EtlTableOps.Cli.Output;
using EtlTableOps.Feeds;
using EtlTableOps.Observability;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>new-shadow</c>: builds the shadow from a declared change.</summary>
internal static class NewShadowCommand
{
    public static Command Create()
    {
        var table = CommonOptions.Table();
        var add = Columns<AddedColumn>("--add-column", "name type [= expression]", "A column to add, with the SQL that computes it from the live row: \"band text = CASE WHEN amount > 100 THEN 'L' ELSE 'S' END\". A name with blanks stands in double quotes.", AddedColumn.Parse);
        var drop = Columns<string>("--drop-column", "name", "A column to leave out.", text => TableName.ParsePart(text.Trim(), IdentifierFolding.Keep));
        var set = Columns<SetColumn>("--set-column", "name = expression", "A column to compute anew by SQL over the live row.", SetColumn.Parse);
        var alter = Columns<AlteredColumn>("--alter-column", "name type [= expression]", "A column to retype; without an expression its value is converted, and what does not fit fails.", AlteredColumn.Parse);
        var where = new Option<string?>("--where") { Description = "Keeps only the rows of which this SQL condition is true.", HelpName = "sql" };
        var asOf = Moment("--at", "Takes the live table's rows as they were at a moment: a time with its offset (2026-11-21T10:00:00Z), how long it is ago (2h) or a statement's id (Snowflake); with --feed.", before: false);
        var before = Moment("--before", "The same just before a moment.", before: true);
        var query = new Option<string?>("--query") { Description = "A whole SQL query whose result becomes the rows, instead of the options above.", HelpName = "sql" };
        var structure = new Option<bool>("--structure") { Description = "Takes over no row: all come through imports." };
        var shadowName = new Option<string?>("--shadow-name") { Description = "The shadow's name; the live name with _new when left out.", HelpName = "name" };
        var feed = new Option<FeedKind?>("--feed")
        {
            Description = "How later writes to the live table reach the shadow: trigger-log, column (PostgreSQL, SQLite; with --feed-column), change-tracking (Snowflake) or none. The engine's default when left out.",
            HelpName = "kind",
            CustomParser = result => CommonOptions.Single(result).ToLowerInvariant() switch
            {
                "none" => FeedKind.None,
                "trigger-log" or "triggerlog" => FeedKind.TriggerLog,
                "change-tracking" or "changetracking" => FeedKind.ChangeTracking,
                "column" => FeedKind.Column,
                var other => Refuse<FeedKind?>(result, $"'{other}' is no feed: trigger-log, column, change-tracking (Snowflake) or none."),
            },
        };
        var feedColumn = new Option<string?>("--feed-column") { Description = "For --feed column: the column that every insert and update of the live table sets to the present time or to a growing number.", HelpName = "name" };
        var feedOverlap = CommonOptions.Duration("--feed-overlap", "For --feed column: how much further back than the oldest transaction rows are read again, for writers with a clock of their own", ColumnFeed.DefaultOverlap);
        var method = CommonOptions.Method("What overwrite asks of the change is refused before anything is built. Swap when left out.");
        var stall = CommonOptions.Duration("--stall-budget", "How long other people's statements may be made to wait, in one piece", SwitchRequest.DefaultStallBudget);
        var sessions = new Option<int>("--sessions") { Description = "Sessions that load, and build indexes, side by side where the engine can; 0 lets the engine choose.", HelpName = "count" };
        sessions.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 64) result.AddError("--sessions takes 0 to 64.");
        });
        var force = new Option<bool>("--force") { Description = "Abandons an earlier shadow of the same table first." };

        var command = new Command("new-shadow", "Builds a shadow table from a declared change.")
        {
            table, add, drop, set, alter, where, asOf, before, query, structure, shadowName, feed, feedColumn, feedOverlap, method, stall, sessions, force,
        }.Changing();
        command.Validators.Add(result =>
        {
            if (result.GetResult(asOf) is { Implicit: false } && result.GetResult(before) is { Implicit: false }) result.AddError("--at and --before name two moments; give one of them.");
        });
        CommandRun.Bind(command, run =>
        {
            var given = run.Parsed;
            var request = new NewShadowRequest(given.GetRequiredValue(table))
            {
                Change = new DeclaredChange
                {
                    Add = given.GetValue(add) ?? [],
                    Drop = given.GetValue(drop) ?? [],
                    Set = given.GetValue(set) ?? [],
                    Alter = given.GetValue(alter) ?? [],
                    Where = given.GetValue(where),
                    AsOf = given.GetValue(asOf) ?? given.GetValue(before),
                    Query = given.GetValue(query),
                    StructureOnly = given.GetValue(structure),
                },
                ShadowName = given.GetValue(shadowName),
                Feed = given.GetValue(feed),
                FeedColumn = given.GetValue(feedColumn),
                FeedOverlap = given.GetResult(feedOverlap) is { Implicit: false } ? given.GetValue(feedOverlap) : null,
                Method = given.GetValue(method) ?? ExchangeMethod.Swap,
                Force = given.GetValue(force),
                StallBudget = given.GetValue(stall) ?? SwitchRequest.DefaultStallBudget,
                Sessions = given.GetValue(sessions),
            };
            return run.ChangeAsync(
                Question.None,
                (operations, token) => operations.NewShadowAsync(request, token),
                shadow => JsonLine.Success(command.Name, shadow),
                shadow => run.Text.Show(
                    shadow,
                    $"{shadow.Shadow} is built: {Figures.Rows(shadow.Rows)} in {Human.Duration(shadow.Elapsed)} ({Figures.Rate(shadow.Rate)})",
                    $"etl-table-ops test {ResultText.Argument(shadow.Table)}"));
        });
        return command;
    }

    private static Option<T[]> Columns<T>(string name, string form, string what, Func<string, T> parse) => new(name)
    {
        Description = $"{what} Can be repeated.",
        HelpName = form,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(word => CommonOptions.Read(result, word.Value, parse)).OfType<T>()],
    };

    private static Option<PastMoment?> Moment(string name, string what, bool before) => new(name)
    {
        Description = what,
        HelpName = "moment",
        CustomParser = result => CommonOptions.Read(result, text => PastMoment.Parse(text, before)),
    };

    private static T? Refuse<T>(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
