using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Feeds by a column.</content>
public sealed partial class PostgreSqlDialect : IColumnFeeds
{
    /// <inheritdoc/>
    public IColumnFeeds ColumnFeeds => this;

    /// <inheritdoc/>
    public bool SerialWriters => false;

    /// <inheritdoc/>
    public (ColumnFeedKind? Kind, string Reason, IReadOnlyList<string> Notes) Classify(TableShape live, Column column)
    {
        ArgumentNullException.ThrowIfNull(column);
        var type = column.Type;
        if (type == "xid8") return (ColumnFeedKind.Transaction, "", ["Column values are transaction numbers: the server itself says which transactions are over."]);
        if (type.StartsWith("timestamp", StringComparison.Ordinal) || type == "date")
        {
            return (ColumnFeedKind.Time, "", type.EndsWith("with time zone", StringComparison.Ordinal)
                ? []
                : [$"Column {column.Name} has no time zone: its writers are taken to have one in common. Which it is, is measured by the largest value against the clock."]);
        }
        if (type is "smallint" or "integer" or "bigint" || type.StartsWith("numeric", StringComparison.Ordinal))
            return (ColumnFeedKind.Sequence, "", ["Column values are taken for numbers of one sequence; blocks of numbers that applications or a sequence's cache keep come late, and the test finds what was missed."]);
        return (null, "is neither a time nor a number nor xid8.", []);
    }

    /// <inheritdoc/>
    public Sql CountIndexes(TableShape live, Column column)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(column);
        return Sql.Write(this, $"""
            SELECT count(*) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam
            WHERE i.indrelid = pg_catalog.to_regclass({new SqlLiteral(Qualified(live.Name))}) AND a.attname = {new SqlLiteral(column.Name)} AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'
            """);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A transaction's time is its beginning (now()) or later. Whether a session of another role is in a transaction everybody sees by its lock on its own virtual transaction; since
    /// when, only who has its rights. A prepared transaction's beginning is kept nowhere. Upkeep of the server's own writes no rows of anybody's.
    /// </remarks>
    public Sql Horizon(ColumnFeed feed)
    {
        ArgumentNullException.ThrowIfNull(feed);
        var now = new SqlText("(extract(epoch FROM statement_timestamp()) * 1000000)::bigint");
        if (feed.Kind == ColumnFeedKind.Transaction)
            return Sql.Write(this, $"SELECT {now}, least({now}, (SELECT (extract(epoch FROM min(a.xact_start)) * 1000000)::bigint FROM pg_catalog.pg_stat_activity a WHERE a.pid <> pg_catalog.pg_backend_pid() AND a.backend_xid IS NOT NULL)), NULL::text");
        return Sql.Write(this, $"""
            SELECT {now}, least({now}, (extract(epoch FROM min(a.xact_start)) * 1000000)::bigint),
              CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_prepared_xacts p WHERE p.database = pg_catalog.current_database()) THEN 'a prepared transaction waits for its end'
                WHEN count(*) FILTER (WHERE a.xact_start IS NULL AND NOT pg_catalog.pg_has_role(a.usesysid, 'USAGE') AND NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
                  AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = a.pid AND l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock')) > 0
                THEN 'another role''s transaction is under way, and since when only members of pg_read_all_stats see' END
            FROM pg_catalog.pg_stat_activity a
            WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid() AND coalesce(a.backend_type, '') NOT IN ('autovacuum worker', 'walsender', 'parallel worker')
            """);
    }

    /// <inheritdoc/>
    public Sql Edge(ColumnFeed feed, TableName live)
    {
        ArgumentNullException.ThrowIfNull(feed);
        var column = new Id(feed.Column.Name);
        var type = new SqlText(feed.Column.Type);
        var largest = SqlText.Write(this, $"(SELECT {column} FROM {live} WHERE {column} IS NOT NULL ORDER BY {column} DESC LIMIT 1)");
        var clock = new SqlText("(extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint");
        return feed.Kind switch
        {
            ColumnFeedKind.Transaction => Sql.Write(this, $"SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text, {largest}::text, {clock}"),
            ColumnFeedKind.Sequence => Sql.Write(this, $"SELECT NULL::text, {largest}::text, {clock}"),

            ColumnFeedKind.Time when feed.Column.Type.EndsWith("with time zone", StringComparison.Ordinal) =>
                Sql.Write(this, $"SELECT CAST({Moment("since")} AS {type})::text, least({largest}, CAST({Moment("now")} AS {type}))::text, {clock}"),

            // Where the largest value is behind the clock, nobody has written for a while, or the writers' time zone is another: then theirs counts.
            _ => Sql.Write(this, $"""
                SELECT least(CAST({Moment("since")} AS {type}), CAST(m.largest - (@now::bigint - @since::bigint) * interval '1 microsecond' AS {type}))::text, least(m.largest, CAST({Moment("now")} AS {type}))::text, {clock}
                FROM (SELECT {largest} AS largest) AS m
                """),
        };
    }

    /// <inheritdoc/>
    public Sql Count(ColumnFeed feed, TableName live, WindowBounds bounds)
    {
        ArgumentNullException.ThrowIfNull(feed);
        return Sql.Write(this, $"SELECT count(*) FROM {live}{WhereIn(feed, bounds)}");
    }

    /// <inheritdoc/>
    public Sql Next(ColumnFeed feed, TableName live, WindowBounds bounds)
    {
        ArgumentNullException.ThrowIfNull(feed);
        var column = new Id(feed.Column.Name);
        return Sql.Write(this, $"""
            SELECT (SELECT n.{column}::text FROM {live} AS n WHERE n.{column} > (SELECT w.{column} FROM {live} AS w{WhereIn(feed, bounds, "w")} ORDER BY w.{column} OFFSET @count::bigint - 1 LIMIT 1) ORDER BY n.{column} LIMIT 1)
            """);
    }

    /// <inheritdoc/>
    public Sql Advance(ColumnFeed feed)
    {
        ArgumentNullException.ThrowIfNull(feed);
        var type = new SqlText(feed.Column.Type);
        return Sql.Write(this, $"SELECT greatest(CAST(@from AS {type}), least(CAST(@below AS {type}), CAST(@safe AS {type})))::text");
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A row whose place under another unique key is still taken, by one that the column does not show as gone, stays out; the test finds both. In the key's order, so that the shadow
    /// and its key's index are walked along.
    /// </remarks>
    public IReadOnlyList<Sql> Bring(ColumnFeed feed, ShadowBlueprint shadow, WindowBounds bounds)
    {
        ArgumentNullException.ThrowIfNull(feed);
        ArgumentNullException.ThrowIfNull(shadow);
        var stored = shadow.Stored.ToList();
        var keys = feed.Key.Select(c => c.Name).ToList();
        var live = shadow.Live.Name;
        var window = WhereIn(feed, bounds, live.Name);
        var where = shadow.Where is { } condition ? SqlText.Write(this, $"{new SqlText(window.Text.Length == 0 ? " WHERE" : window.Text + " AND")} (\n{condition}\n)") : window;
        return
        [
            Sql.Write(this, $"DELETE FROM {shadow.Shadow} AS s WHERE ({Names(this, keys, "s")}) IN (SELECT DISTINCT {Names(this, keys, live.Name)} FROM {live}{window} ORDER BY {Names(this, keys, live.Name)})"),
            Sql.Write(this, $"""
                INSERT INTO {shadow.Shadow} ({stored.Select(c => new Id(c.Name))}) OVERRIDING SYSTEM VALUE
                SELECT {stored.Select(c => c.Source)} FROM {live}{where} ORDER BY {Names(this, keys, live.Name)} ON CONFLICT DO NOTHING
                """),
        ];
    }

    private static SqlText Moment(string parameter) => new($"(timestamptz 'epoch' + @{parameter}::bigint * interval '1 microsecond')");

    private SqlText WhereIn(ColumnFeed feed, WindowBounds bounds, string? alias = null)
    {
        var column = alias is null ? SqlText.Write(this, $"{new Id(feed.Column.Name)}") : SqlText.Write(this, $"{new Id(alias)}.{new Id(feed.Column.Name)}");
        var type = new SqlText(feed.Column.Type);
        var conditions = new List<SqlText>();
        if (bounds.From) conditions.Add(SqlText.Write(this, $"{column} {new SqlText(bounds.Behind ? ">" : ">=")} CAST(@from AS {type})"));
        if (bounds.Below) conditions.Add(SqlText.Write(this, $"{column} < CAST(@below AS {type})"));
        return conditions.Count == 0 ? new SqlText("") : SqlText.Write(this, $" WHERE {SqlText.Join(" AND ", conditions)}");
    }
}
