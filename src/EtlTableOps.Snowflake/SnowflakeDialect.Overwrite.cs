using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>
/// Gives the live table another one's rows in place. INSERT OVERWRITE is DML, so it is one transaction with the journal's line and with a row of ours that says when it was: by
/// that moment the former rows are cloned out of Time Travel and the last changes found, afterwards and repeatably. Its lock keeps UPDATE, DELETE and MERGE out until the commit;
/// an INSERT that gets in between stays in the table, as one that comes after it.
/// </content>
public sealed partial class SnowflakeDialect
{
    private static readonly SqlText UntilExchange = new("END (TIMESTAMP => $etl_exchange)");

    /// <inheritdoc/>
    public (string What, string Reason, string Remedy)? WhyNoOverwrite(TableShape live, TableShape? incoming)
    {
        var own = Own(live);
        if (own.RetentionDays == 0)
            return ("Time travel of 0 days", "the former rows are kept by cloning the table as it was just before, and without time travel they would be gone.", $"ALTER TABLE {SqlText.Write(this, $"{live.Name}").Text} SET DATA_RETENTION_TIME_IN_DAYS = 1, or use a swap of names.");
        var policies = incoming is null ? own.Policies : own.Policies.Concat(Own(incoming).Policies);
        return policies.FirstOrDefault(p => p.Hides) is { } policy
            ? ($"{policy.Kind} {policy.Name}", "it may hide rows or values from whoever reads them, and what is hidden would be lost when the rows are written anew.", "Use a swap of names, which reads nothing, or take the policy off for the time of the build and the switch.")
            : null;
    }

    /// <inheritdoc/>
    /// <remarks>EXPLAIN compiles the statement, rights included, and runs nothing (EXPLAIN).</remarks>
    public Sql? OverwriteRights(TableShape live)
    {
        ArgumentNullException.ThrowIfNull(live);
        var columns = live.Columns.Where(c => !c.IsGenerated).Select(c => new Id(c.Name)).ToList();
        return Sql.Write(this, $"EXPLAIN USING TEXT INSERT OVERWRITE INTO {live.Name} ({columns}) SELECT {columns} FROM {live.Name}");
    }

    private ExchangeSteps Overwrite(ExchangeBlueprint exchange)
    {
        var (live, incoming) = (Own(exchange.Live), Own(exchange.Incoming));
        var guard = exchange.Guard ?? throw new ArgumentException("An overwrite needs the log that counts what is written afterwards.", nameof(exchange));
        var facts = live.Name.WithName("etltableops_exchange_" + exchange.SwapId[(exchange.SwapId.LastIndexOf('-') + 1)..]);
        var added = exchange.Change is { } change ? change.Columns.Where(c => c.From is null).ToList() : [];
        var gone = live.Columns.Where(c => incoming.FindColumn(c.Name) is null).Select(c => new Id(c.Name)).ToList();
        var columns = incoming.Columns.Where(c => !c.IsGenerated).Select(c => new Id(c.Name)).ToList();

        var before = new List<PlanStep>
        {
            Step("note", "Make a place for the moment of the exchange", [Sql.Write(this, $"CREATE OR REPLACE TABLE {facts} (at_ns number(38,0), session_id text, settled_ns number(38,0), commit_id text, is_known boolean, drained boolean)")]),
        };
        if (!live.TracksChanges) before.Add(Step("track", $"Track the changes of {live.Name} from now on", [Sql.Write(this, $"ALTER TABLE {live.Name} SET CHANGE_TRACKING = TRUE")]));
        if (added.Count > 0) before.Add(Step("columns", $"Add columns to {live.Name}", [.. added.Select(c => AddColumn(live.Name, c, c.Constraints))]));

        var after = new List<PlanStep> { Position(facts, guard, live.Name), Keep(exchange, facts, live, added) };
        if (exchange is { Feed: { } feed, Change: { } declared })
        {
            after.Add(DrainLast(feed, declared, live.Name, guard, facts));
            after.Add(Step("remove-feed", "Remove the feed", RemoveLog(feed)));
        }
        else if (exchange.Feed is { } ended)
        {
            after.Add(Step("remove-feed", "Remove the feed of a shadow that has lost its ground", RemoveLog(ended)));
        }
        if (exchange.OutgoingGuard is { } outgoing)
            after.Add(new PlanStep("count", "Keep the count of rows that were written until the exchange", [SetExchange(facts), .. DetachLog(outgoing with { Watched = live.Name }, SqlText.Write(this, $" {UntilExchange}"))]));
        if (gone.Count > 0) after.Add(Step("drop-columns", "Drop the columns that the version has not", [Sql.Write(this, $"ALTER TABLE {live.Name} DROP COLUMN IF EXISTS {gone}")]));
        after.Add(Step("remove-incoming", $"Remove {incoming.Name}, whose rows are in {live.Name} now", DropTable(incoming.Name)));
        after.Add(Step("remove-note", "Remove the moment of the exchange", DropTable(facts)));

        var takeBack = new List<PlanStep>();
        if (added.Count > 0) takeBack.Add(Step("take-back-columns", "Drop the columns that were added for the exchange", [Sql.Write(this, $"ALTER TABLE {live.Name} DROP COLUMN IF EXISTS {added.Select(c => new Id(c.Name))}")]));
        takeBack.Add(Step("remove-note", "Remove the place for the moment of the exchange", DropTable(facts)));

        return new ExchangeSteps(
            [
                new PlanStep("exchange", $"{live.Name} gets the rows of {incoming.Name}, in one statement",
                [
                    Sql.Write(this, $"INSERT OVERWRITE INTO {live.Name} ({columns}) SELECT {columns} FROM {incoming.Name}"),
                    Sql.Write(this, $"INSERT INTO {facts} (at_ns, session_id, drained) SELECT {new SqlText(Now)}, CURRENT_SESSION(), FALSE"),
                ]) { Scope = StepScope.Exchange },
            ],
            after)
        { Before = before, TakeBack = takeBack };
    }

    /// <summary>
    /// The guard counts under the live name from now on, and what was written since the commit is counted apart: from the COMMIT's id, which takes in all of our transaction and
    /// nothing after it (AT | BEFORE, STATEMENT). Where the server's history does not show it, to another user say, the count is unknown and stays
    /// so; the last statement's id stands in for it then, because something must.
    /// </summary>
    private PlanStep Position(TableName facts, ChangeLog guard, TableName live) => new("position", "Count what is written from the exchange on",
    [
        Sql.Write(this, $"SET etl_session = (SELECT TO_NUMBER(session_id) FROM {facts})"),
        Sql.Write(this, $"""
            UPDATE {facts} SET commit_id = (
              SELECT MIN(QUERY_ID) FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(SESSION_ID => $etl_session, RESULT_LIMIT => 10000))
              WHERE QUERY_TEXT = 'COMMIT' AND EXECUTION_STATUS = 'SUCCESS' AND START_TIME = (
                SELECT MIN(START_TIME) FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(SESSION_ID => $etl_session, RESULT_LIMIT => 10000))
                WHERE QUERY_TEXT = 'COMMIT' AND EXECUTION_STATUS = 'SUCCESS' AND DATE_PART(EPOCH_MILLISECOND, START_TIME) >= (SELECT FLOOR(at_ns / 1000000) FROM {facts})))
            WHERE settled_ns IS NULL
            """),
        Sql.Write(this, $"UPDATE {facts} SET is_known = (commit_id IS NOT NULL), commit_id = COALESCE(commit_id, LAST_QUERY_ID()), settled_ns = {new SqlText(Now)} WHERE settled_ns IS NULL"),
        SetSettled(facts),
        Sql.Write(this, $"SET etl_commit = (SELECT commit_id FROM {facts})"),
        Sql.Write(this, $"""
            UPDATE {guard.Log} SET since_ns = (SELECT settled_ns FROM {facts}),
              own = IFF((SELECT is_known FROM {facts}), 0 - (SELECT {CountKeys(guard)} FROM {live} CHANGES (INFORMATION => DEFAULT) AT (STATEMENT => $etl_commit) END (TIMESTAMP => $etl_settled)), NULL)
            WHERE since_ns < (SELECT settled_ns FROM {facts})
            """),
    ]);

    /// <summary>The table as it was at the exchange, out of Time Travel, without the columns that were added for it.</summary>
    private PlanStep Keep(ExchangeBlueprint exchange, TableName facts, SnowflakeTable live, List<ShadowColumn> added)
    {
        var statements = new List<Sql>
        {
            SetExchange(facts),
            Sql.Write(this, $"CREATE {Kind(live)} IF NOT EXISTS {exchange.Version} CLONE {live.Name} AT (TIMESTAMP => $etl_exchange)"),
            Sql.Write(this, $"COMMENT ON TABLE {exchange.Version} IS {new SqlLiteral(Marked(new Mark(MarkRole.Version, exchange.SwapId), live.Comment))}"),
        };
        if (added.Count > 0) statements.Add(Sql.Write(this, $"ALTER TABLE {exchange.Version} DROP COLUMN IF EXISTS {added.Select(c => new Id(c.Name))}"));
        // A table that is not to be seen is no failure to a step that is repeated; here there would be no way back.
        return Step("keep", $"Keep the former rows as {exchange.Version}", statements) with { Strict = true };
    }

    /// <summary>
    /// Brings over what reached the live table between the last catch-up and the exchange. What was written to the same rows since is newer and stays: a row was written since when it
    /// is not the incoming table's any more.
    /// </summary>
    private PlanStep DrainLast(ChangeLog feed, ShadowBlueprint change, TableName live, ChangeLog guard, TableName facts)
    {
        var changes = SqlText.Write(this, $"{live} {Changes} {UntilExchange}");
        var once = SqlText.Write(this, $"NOT (SELECT drained FROM {facts})");
        var same = SqlText.Join(" AND ", feed.Key.Select((_, i) => SqlText.Write(this, $"n.{new Id(KeyName(i))} = c.{new Id(KeyName(i))}")));
        var older = feed.Key.Count == 0
            // Without a key: a row that the overwrite did not take is there still.
            ? SqlText.Write(this, $"{once} AND METADATA$ROW_ID NOT IN (SELECT METADATA$ROW_ID FROM {live} {Changes} END (TIMESTAMP => $etl_settled) WHERE METADATA$ACTION = 'INSERT')")
            : SqlText.Write(this, $"{once} AND NOT EXISTS (SELECT 1 FROM {Written(feed, change, live, changes)} AS n WHERE {same})");
        return new PlanStep("drain", "Bring over the rows that reached the live table until the exchange",
        [
            SetSince(feed),
            SetExchange(facts),
            SetSettled(facts),
            CountBrought(feed, change, changes, live, guard, older),
            Bring(feed, change, changes, live, older),
            Sql.Write(this, $"UPDATE {facts} SET drained = TRUE"),
        ]);
    }

    /// <summary>The keys, among those that changed until the exchange, whose rows in the live table are not those that it got.</summary>
    private SqlText Written(ChangeLog feed, ShadowBlueprint change, TableName live, SqlText changes)
    {
        var keys = SqlText.Join(", ", feed.Key.Select((_, i) => SqlText.Write(this, $"{new Id(KeyName(i))}")));
        return SqlText.Write(this, $"""
            (SELECT {keys} FROM (
                {Side(live, 1)}
                UNION ALL
                {Side(change.Shadow, -1)}
              ) AS w GROUP BY {keys}, "etl_hash" HAVING SUM("etl_side") <> 0)
            """);

        SqlText Side(TableName table, int side)
        {
            var named = SqlText.Join(", ", feed.Key.Select((c, i) => SqlText.Write(this, $"t.{new Id(c.Name)} AS {new Id(KeyName(i))}")));
            var values = change.Stored.Select(c => Comparable(new ContentColumn(SqlText.Write(this, $"t.{new Id(c.Name)}"), c.Type, c.Collation)));
            var same = SqlText.Join(" AND ", feed.Key.Select(c => SqlText.Write(this, $"d.{new Id(c.Name)} = t.{new Id(c.Name)}")));
            return SqlText.Write(this, $"SELECT {named}, HASH({values}) AS \"etl_hash\", {side} AS \"etl_side\" FROM {table} AS t WHERE EXISTS (SELECT 1 FROM {changes} AS d WHERE {same})");
        }
    }

    private Sql SetExchange(TableName facts) => Sql.Write(this, $"SET etl_exchange = (SELECT TO_TIMESTAMP_LTZ(at_ns, 9) FROM {facts})");

    private Sql SetSettled(TableName facts) => Sql.Write(this, $"SET etl_settled = (SELECT TO_TIMESTAMP_LTZ(settled_ns, 9) FROM {facts})");
}
