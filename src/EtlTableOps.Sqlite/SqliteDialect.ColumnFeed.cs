using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>
/// Feeds by a column. Writers come one after another, so that all is committed up to the largest value; only times that writers took before it was their turn come late, and for
/// these there is the overlap.
/// </summary>
internal sealed partial class SqliteDialect : IColumnFeeds
{
    private const string Clock = "CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000";

    /// <inheritdoc/>
    public IColumnFeeds ColumnFeeds => this;

    /// <inheritdoc/>
    public bool SerialWriters => true;

    /// <inheritdoc/>
    public (ColumnFeedKind? Kind, string Reason, IReadOnlyList<string> Notes) Classify(TableShape live, Column column)
    {
        ArgumentNullException.ThrowIfNull(column);
        var type = column.Type.ToUpperInvariant();
        if (type.Contains("DATE", StringComparison.Ordinal) || type.Contains("TIME", StringComparison.Ordinal) || type == "TEXT")
            return (ColumnFeedKind.Time, "", ["Times are text in one form (2026-11-21 20:15:00, with T or without, with a zone or without, the same for all rows), or numbers."]);
        return SqliteType.Of(column.Type).Affinity is SqliteAffinity.Numeric or SqliteAffinity.Real
            ? (ColumnFeedKind.Sequence, "", [])
            : (null, "is neither a time nor a number.", []);
    }

    /// <inheritdoc/>
    public Sql CountIndexes(TableShape live, Column column)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(column);
        return Sql.Write(this, $"""
            SELECT (SELECT count(*) FROM pragma_index_list({new SqlLiteral(live.Name.Name)}) AS l JOIN pragma_index_info(l.name) AS i WHERE i.seqno = 0 AND i.name = {new SqlLiteral(column.Name)} COLLATE NOCASE AND l.partial = 0)
              + (SELECT count(*) FROM pragma_table_info({new SqlLiteral(live.Name.Name)}) AS c WHERE c.name = {new SqlLiteral(column.Name)} COLLATE NOCASE AND c.pk = 1 AND c.type = 'INTEGER' COLLATE NOCASE)
            """);
    }

    /// <inheritdoc/>
    public Sql Horizon(ColumnFeed feed) => new($"SELECT {Clock}, {Clock}, NULL");

    /// <inheritdoc/>
    /// <remarks>
    /// A time in text is counted back in its own form, whatever its zone, to the full second below. Where the largest is ahead of the clock (UTC), the clock counts: one row with a time in the future must not
    /// end the feed.
    /// </remarks>
    public Sql Edge(ColumnFeed feed, TableName live)
    {
        ArgumentNullException.ThrowIfNull(feed);
        var largest = SqlText.Write(this, $"(SELECT max({new Id(feed.Column.Name)}) FROM {live})");
        if (feed.Kind == ColumnFeedKind.Sequence) return Sql.Write(this, $"SELECT {largest}, {largest}, {new SqlText(Clock)}");
        var back = new SqlText(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"'-{feed.Overlap.TotalSeconds:0.###} seconds'"));
        var form = new SqlText("CASE WHEN length(m.largest) <= 10 THEN '%Y-%m-%d' WHEN substr(m.largest, 11, 1) = 'T' THEN '%Y-%m-%dT%H:%M:%S' ELSE '%Y-%m-%d %H:%M:%S' END");
        return Sql.Write(this, $"""
            SELECT CASE typeof(m.largest) WHEN 'text' THEN min(strftime({form}, substr(m.largest, 1, 19), {back}), strftime({form}, 'now', {back})) ELSE m.largest END,
              CASE typeof(m.largest) WHEN 'text' THEN min(m.largest, strftime({form}, 'now', '+1 second')) ELSE m.largest END, {new SqlText(Clock)}
            FROM (SELECT {largest} AS largest) AS m
            """);
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
        return Sql.Write(this, $"SELECT (SELECT {column} FROM {live} WHERE {column} > (SELECT {column} FROM {live}{WhereIn(feed, bounds)} ORDER BY {column} LIMIT 1 OFFSET @count - 1) ORDER BY {column} LIMIT 1)");
    }

    /// <inheritdoc/>
    public Sql Advance(ColumnFeed feed)
    {
        ArgumentNullException.ThrowIfNull(feed);

        // Values come back as they were stored: a number that travelled as text would compare as text.
        SqlText Value(string parameter) => feed.Kind == ColumnFeedKind.Sequence
            ? new SqlText($"CAST(@{parameter} AS NUMERIC)")
            : new SqlText($"CASE WHEN @{parameter} GLOB '*-*-*' THEN @{parameter} ELSE CAST(@{parameter} AS NUMERIC) END");
        var (from, below, safe) = (Value("from"), Value("below"), Value("safe"));
        return Sql.Write(this, $"SELECT max(coalesce({from}, upto), upto) FROM (SELECT CASE WHEN @below IS NULL THEN {safe} ELSE min({below}, {safe}) END AS upto)");
    }

    /// <inheritdoc/>
    /// <remarks>A row whose place under another unique key is still taken, by one that the column does not show as gone, stays out; the test finds both.</remarks>
    public IReadOnlyList<Sql> Bring(ColumnFeed feed, ShadowBlueprint shadow, WindowBounds bounds)
    {
        ArgumentNullException.ThrowIfNull(feed);
        ArgumentNullException.ThrowIfNull(shadow);
        var keys = feed.Key.Select(c => SqlText.Write(this, $"{new Id(c.Name)}")).ToList();
        var live = shadow.Live.Name;
        var window = WhereIn(feed, bounds);
        var all = new SqlText(window.Text.Length == 0 ? " WHERE true" : window.Text);
        var where = shadow.Where is { } condition ? SqlText.Write(this, $"{all} AND {SqlText.InParentheses(condition.Text)}") : all;
        return
        [
            Sql.Write(this, $"DELETE FROM {shadow.Shadow} WHERE {Tuple(keys)} IN (SELECT {SqlText.Join(", ", keys)} FROM {live}{window})"),
            Sql.Write(this, $"INSERT INTO {shadow.Shadow} ({shadow.Stored.Select(c => new Id(c.Name))}) SELECT {shadow.Stored.Select(c => c.Source)} FROM {live}{where} ON CONFLICT DO NOTHING"),
        ];
    }

    private SqlText WhereIn(ColumnFeed feed, WindowBounds bounds)
    {
        var conditions = new List<SqlText>();
        if (bounds.From) conditions.Add(SqlText.Write(this, $"{new Id(feed.Column.Name)} {new SqlText(bounds.Behind ? ">" : ">=")} @from"));
        if (bounds.Below) conditions.Add(SqlText.Write(this, $"{new Id(feed.Column.Name)} < @below"));
        return conditions.Count == 0 ? new SqlText("") : SqlText.Write(this, $" WHERE {SqlText.Join(" AND ", conditions)}");
    }
}
