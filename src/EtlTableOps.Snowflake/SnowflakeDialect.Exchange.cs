using System.Text.RegularExpressions;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Plans;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>Exchanges names: one SWAP, and after it, step by step and repeatable, what it leaves to be done.</content>
public sealed partial class SnowflakeDialect
{
    /// <inheritdoc/>
    public ExchangeSteps Exchange(ExchangeBlueprint exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (exchange.Method == ExchangeMethod.Overwrite) return Overwrite(exchange);
        var live = Own(exchange.Live);
        var incoming = Own(exchange.Incoming);
        var after = new List<PlanStep>
        {
            // After the SWAP the former live table has the incoming one's name.
            new("keep", $"Keep the former table as {exchange.Version}",
            [
                Sql.Write(this, $"ALTER TABLE IF EXISTS {incoming.Name} RENAME TO {exchange.Version}"),
                Sql.Write(this, $"COMMENT IF EXISTS ON TABLE {exchange.Version} IS {new SqlLiteral(Marked(new Mark(MarkRole.Version, exchange.SwapId), live.Comment))}"),
            ]) { Scope = StepScope.NoTransaction },
        };
        if (exchange is { Feed: { } feed, Change: { } change, Guard: { } guard })
        {
            // Twice: a statement that had begun on the former table before the SWAP may have ended after the first time.
            foreach (var time in new[] { "drain", "drain-again" })
            {
                after.Add(new PlanStep(time, $"Bring over the rows that reached the former table until the exchange ({(time == "drain" ? "first" : "second")} time)",
                [
                    SetSince(feed),
                    Sql.Write(this, $"SET etl_guard = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM {guard.Log})"),
                    new Sql("SET etl_upto = (SELECT CURRENT_TIMESTAMP())"),
                    CountOwn(feed, change, exchange.Version, exchange.Live.Name, guard),
                    Apply(feed, change, exchange.Version, exchange.Live.Name, guard),
                    Sql.Write(this, $"UPDATE {feed.Log} SET since_ns = DATE_PART(EPOCH_NANOSECOND, $etl_upto)"),
                ]));
            }
            after.Add(new PlanStep("remove-feed", "Remove the feed", RemoveLog(feed)) { Scope = StepScope.NoTransaction });
        }
        else if (exchange.Feed is { } ended)
        {
            after.Add(new PlanStep("remove-feed", "Remove the feed of a shadow that has lost its ground", RemoveLog(ended)) { Scope = StepScope.NoTransaction });
        }
        if (exchange.OutgoingGuard is { } outgoing)
            after.Add(new PlanStep("count", "Keep the count of rows that were written to the former table", DetachLog(outgoing with { Watched = exchange.Version })));
        foreach (var key in live.Incoming) after.Add(Repoint(key, exchange));

        if (exchange.Choices.HasFlag(DependentChoices.RecreateStreams)) after.AddRange(live.Streams.Select(s => Recreate(s, exchange.Live.Name)));
        if (exchange.Choices.HasFlag(DependentChoices.RecreateMaterializedViews)) after.AddRange(live.StoredViews.Select(v => Recreate(v.Name, v.Text)));

        after.AddRange(Chosen(exchange).Select(Remake));

        // Last of all: as long as the live table carries the mark, anybody can see whose exchange this is.
        after.Add(new PlanStep("comment", "Give the live table its own comment", [Sql.Write(this, $"COMMENT ON TABLE {exchange.Live.Name} IS {new SqlLiteral(incoming.Comment)}")]) { Scope = StepScope.NoTransaction });
        return new ExchangeSteps(
            [new PlanStep("exchange", $"{incoming.Name} becomes {live.Name}, in one statement", [Sql.Write(this, $"ALTER TABLE {live.Name} SWAP WITH {incoming.Name}")]) { Scope = StepScope.Exchange }],
            Sendable(after))
        {
            Before = [.. Running(exchange).Select(p => Pause(p, paused: true))],
            Rest = [.. AtRest(exchange)],
            TakeBack = [.. Running(exchange).Select(p => Pause(p, paused: false))],
        };
    }

    /// <inheritdoc/>
    /// <remarks>Any exchange of ours that this user runs is waited for, whatever the table: a tag holds a session's id, and the session that ran the statement is gone (QUERY_HISTORY).</remarks>
    public Sql? StillRunning(string swapId) => Sql.Write(this, $"""
        SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 1000))
        WHERE QUERY_TAG LIKE {new SqlLiteral("%\"app\":\"etltableops\"%")} AND (QUERY_TEXT LIKE {new SqlLiteral("ALTER TABLE%SWAP WITH%")} OR QUERY_TEXT LIKE {new SqlLiteral("INSERT OVERWRITE INTO%")} OR QUERY_TEXT = 'COMMIT')
          AND EXECUTION_STATUS NOT LIKE 'SUCCESS%' AND EXECUTION_STATUS NOT LIKE 'FAIL%' AND EXECUTION_STATUS <> 'INCIDENT'
        """);

    /// <inheritdoc/>
    /// <remarks>A stream that has changes to hand over would lose them with its offset.</remarks>
    public IReadOnlyList<IntegrityCheck> ExchangeChecks(ExchangeBlueprint exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (exchange.Method == ExchangeMethod.Overwrite || !exchange.Choices.HasFlag(DependentChoices.RecreateStreams)) return [];
        return
        [
            .. Own(exchange.Live).Streams.Select(s => new IntegrityCheck($"Stream {s.Name}", "it has changes that nobody has consumed yet, and creating it anew would lose them.",
                Sql.Write(this, $"SELECT IFF(SYSTEM$STREAM_HAS_DATA({new SqlLiteral(SqlText.Write(this, $"{s.Name}").Text)}), 1, 0)"))),
        ];
    }

    /// <summary>OR REPLACE, so that it can be repeated; COPY GRANTS keeps who may read it (CREATE STREAM).</summary>
    private PlanStep Recreate(StreamFacts stream, TableName live)
    {
        var mode = new SqlText(stream.AppendOnly ? " APPEND_ONLY = TRUE" : "");
        var comment = stream.Comment.Length == 0 ? new SqlText("") : SqlText.Write(this, $" COMMENT = {new SqlLiteral(stream.Comment)}");
        return new PlanStep("stream", $"Create stream {stream.Name} anew", [Sql.Write(this, $"CREATE OR REPLACE STREAM {stream.Name} COPY GRANTS ON TABLE {live}{mode}{comment}")]) { Scope = StepScope.NoTransaction };
    }

    /// <summary>The text that made it, as one that may replace what is there.</summary>
    private PlanStep Recreate(TableName view, string text)
    {
        var match = MaterializedView().Match(text);
        var body = match.Success ? match.Groups["rest"].Value : text;
        var secure = new SqlText(match.Groups["secure"].Success ? "SECURE " : "");
        return new PlanStep("materialized-view", $"Create materialized view {view} anew", [Sql.Write(this, $"CREATE OR REPLACE {secure}MATERIALIZED VIEW {view} COPY GRANTS {new SqlText(body.TrimEnd().TrimEnd(';'))}")]) { Scope = StepScope.NoTransaction };
    }

    /// <summary>What stands before and after the view's name in the statement that made it.</summary>
    [GeneratedRegex(@"^\s*create\s+(or\s+replace\s+)?(?<secure>secure\s+)?materialized\s+view\s+(if\s+not\s+exists\s+)?(?:(?:""(?:[^""]|"""")*""|[\w$]+)\s*\.?\s*)+?(copy\s+grants\s+)?(?<rest>(\(|cluster\b|comment\b|as\b).*)$", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex MaterializedView();

    /// <summary>A comment that carries our mark in its first line and the table's own below.</summary>
    private static string Marked(Mark mark, string own) => own.Length == 0 ? mark.ToString() : $"{mark}\n{own}";

    /// <summary>
    /// Rows that we bring over are not what others wrote: they are counted as ours beforehand, in the same transaction, and only those which will change something.
    /// </summary>
    private Sql CountOwn(ChangeLog feed, Shadows.ShadowBlueprint change, TableName from, TableName into, ChangeLog guard) =>
        CountBrought(feed, change, SqlText.Write(this, $"{from} {Changes} END (TIMESTAMP => $etl_upto)"), into, guard, feed.Key.Count == 0 ? null : OlderThanGuarded(feed, into));

    private Sql CountBrought(ChangeLog feed, Shadows.ShadowBlueprint change, SqlText changes, TableName into, ChangeLog guard, SqlText? older)
    {
        if (feed.Key.Count == 0)
        {
            var only = change.Where is { } rows ? SqlText.Write(this, $" AND COALESCE({SqlText.InParentheses(rows.Text)}, FALSE)") : new SqlText("");
            return Sql.Write(this, $"UPDATE {guard.Log} SET own = own + (SELECT COUNT(*) FROM {changes} WHERE METADATA$ACTION = 'INSERT'{only}{(older is { } late ? SqlText.Write(this, $" AND {late}") : new SqlText(""))})");
        }
        var kept = change.Where is { } where ? SqlText.Write(this, $"COALESCE({SqlText.InParentheses(where.Text)}, FALSE)") : new SqlText("TRUE");
        var keys = SqlText.Join(", ", feed.Key.Select((c, i) => SqlText.Write(this, $"{new Id(c.Name)} AS {new Id(KeyName(i))}")));
        return Sql.Write(this, $"""
            UPDATE {guard.Log} SET own = own + (
              SELECT COUNT(*) FROM (SELECT {keys}, (METADATA$ACTION = 'DELETE' OR NOT {kept}) AS "etl_gone" FROM {changes}
                QUALIFY ROW_NUMBER() OVER (PARTITION BY {feed.Key.Select(c => new Id(c.Name))} ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1) AS c
              WHERE {older!.Value}
                AND (NOT c."etl_gone" OR EXISTS (SELECT 1 FROM {into} AS n WHERE {KeysOf(feed, "n", "c")})))
            """);
    }

    /// <summary>Another table's foreign key follows the object that it was made for, so it is made again for the one that carries the name now.</summary>
    private PlanStep Repoint(ConstraintFacts key, ExchangeBlueprint exchange)
    {
        var named = key.IsNameless ? new SqlText("") : SqlText.Write(this, $"CONSTRAINT {new Id(key.Name)} ");
        return new PlanStep("foreign-key", $"Point the foreign key of {key.Table} at the new table",
        [
            Sql.Write(this, $"ALTER TABLE {key.Table} DROP CONSTRAINT {new Id(key.Name)}"),
            Sql.Write(this, $"ALTER TABLE {key.Table} ADD {named}FOREIGN KEY ({key.Columns.Select(c => new Id(c))}) REFERENCES {exchange.Live.Name} ({key.TargetColumns.Select(c => new Id(c))})"),
        ]) { Scope = StepScope.NoTransaction };
    }
}
