using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Sums up content, and measures it.</content>
public sealed partial class PostgreSqlDialect
{
    /// <inheritdoc/>
    /// <remarks>
    /// Without a subquery, in which each row's hash could be computed once for both sums: the server does not let several processes add up what comes out of one.
    /// </remarks>
    public Sql Scan(TableScan scan)
    {
        ArgumentNullException.ThrowIfNull(scan);
        var row = RowOf(scan.Content);
        var measures = SqlText.Join("", scan.Measures.Select(m => SqlText.Write(this, $", {Measured(m, scan.Content)}")));
        return Sql.Write(this, $"SELECT count(*), coalesce(sum({RowHash(row, 0)}), 0), coalesce(sum({RowHash(row, 1)}), 0){measures} FROM {RowsOf(scan.Content)}");
    }

    private SqlText Measured(ScanMeasure measure, ContentQuery rows)
    {
        var of = SqlText.InParentheses(measure.Of.Text);
        return measure.Kind switch
        {
            ScanMeasureKind.Rows => SqlText.Write(this, $"count(*) FILTER (WHERE {of})"),
            ScanMeasureKind.Values => SqlText.Write(this, $"count{of}"),
            ScanMeasureKind.Min => SqlText.Write(this, $"min{of}"),
            ScanMeasureKind.Max => SqlText.Write(this, $"max{of}"),
            ScanMeasureKind.Sum => SqlText.Write(this, $"sum{of}"),
            ScanMeasureKind.Average => SqlText.Write(this, $"avg{of}"),
            ScanMeasureKind.Age => SqlText.Write(this, $"EXTRACT(EPOCH FROM (clock_timestamp() - {Instant(of, measure.Type)}))"),
            // Within one aggregate the server would sort all values, in one process; grouped apart it hashes them, and the rest of the scan keeps its processes.
            _ => SqlText.Write(this, $"(SELECT count(d.v) FROM (SELECT DISTINCT {of} AS v FROM {RowsOf(rows)}) AS d)"),
        };
    }

    /// <summary>The greatest value as an instant. Without a zone it is one of UTC, whatever the session's zone is.</summary>
    private SqlText Instant(SqlText of, string type) => type.Contains("with time zone", StringComparison.OrdinalIgnoreCase) || type.StartsWith("timestamptz", StringComparison.OrdinalIgnoreCase)
        ? SqlText.Write(this, $"max{of}")
        : SqlText.Write(this, $"(CAST(max{of} AS timestamp) AT TIME ZONE 'UTC')");

    /// <inheritdoc/>
    public Sql SelectRows(ContentQuery rows, SqlText what)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return Sql.Write(this, $"SELECT {what} FROM {RowsOf(rows)}");
    }

    /// <inheritdoc/>
    public SqlText Matches(SqlText value, string pattern) => SqlText.Write(this, $"CAST({value} AS text) ~ {new SqlLiteral(pattern)}");

    private SqlText RowOf(ContentQuery query) => SqlText.Join(", ", query.Columns.Select(Comparable));

    /// <summary>What is read, with its condition.</summary>
    private SqlText RowsOf(ContentQuery query)
    {
        var alias = query.From?.Name ?? "q";
        var from = query.Query is { } whole ? SqlText.Write(this, $"(\n{whole}\n) AS q") : SqlText.Write(this, $"{query.From!}");
        var conditions = new List<SqlText>();
        if (query.Where is { } where) conditions.Add(SqlText.Write(this, $"(\n{where}\n)"));
        if (query.ExceptLogged is { Key.Count: > 0 } log) conditions.Add(NotLogged(log, alias));
        var condition = conditions.Count == 0 ? new SqlText("") : SqlText.Write(this, $" WHERE {SqlText.Join(" AND ", conditions)}");
        return SqlText.Write(this, $"{from}{condition}");
    }

    private SqlText NotLogged(ChangeLog log, string alias)
    {
        var same = log.Key.Select((c, i) => SqlText.Write(this, $"l.key_{i + 1} = {new Id(alias)}.{new Id(c.Name)}"));
        return SqlText.Write(this, $"NOT EXISTS (SELECT FROM {log.Log} AS l WHERE {SqlText.Join(" AND ", same)})");
    }

    /// <summary>
    /// The server combines the hashes of a record's columns linearly (31 times the one before plus the next), so that a plain sum over rows would be a
    /// sum for each column, and two rows that exchange a value would go unseen. Each row's hash is therefore hashed once more before it is
    /// summed: as a float, because the hash of a bigint first folds it to 32 bits, while a float's hash keeps 53 of them. The sum of
    /// 64-bit numbers is numeric and exact; the server adds them up in 128 bits.
    /// </summary>
    private SqlText RowHash(SqlText row, int seed) => serverMajorVersion >= 14
        ? SqlText.Write(this, $"hashfloat8extended(hash_record_extended(ROW({row}), {seed})::float8, {seed})")
        : SqlText.Write(this, $"hashtextextended(ROW({row})::text, {seed})");

    /// <summary>
    /// A value in the form in which it is hashed: two values that anybody could tell apart must not hash alike. So a number without a fixed scale
    /// goes by its text (1.0 is not 1.00), a text by its bytes whatever its collation calls equal, and -0, and a month against thirty days,
    /// by their binary form. What has no hash (json, xml, geometry …), and what we do not know, goes by its text.
    /// The value is cast to its stored type first. Such a cast cuts a text that is too long, where storing it fails; but then the load had failed.
    /// </summary>
    private SqlText Comparable(ContentColumn column)
    {
        var type = column.Type.Trim();
        var value = SqlText.Write(this, $"CAST({column.Expression} AS {new SqlText(type)})");
        if (serverMajorVersion < 14) return value;
        if (TypeText.IsText(type)) return column.Collation is null ? value : SqlText.Write(this, $"{value} COLLATE pg_catalog.\"C\"");
        if (TypeText.IsHashed(type) || TypeText.IsFixedNumber(type)) return value;
        if (TypeText.ExactSender(type) is { } sender) return SqlText.Write(this, $"{new SqlText(sender)}({value})");
        return SqlText.Write(this, $"CAST({value} AS text)");
    }
}
