using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Sqlite.Schema;

namespace EtlTableOps.Sqlite;

/// <summary>Sums up content, and measures it.</summary>
internal sealed partial class SqliteDialect
{
    /// <inheritdoc/>
    public Sql Scan(TableScan scan)
    {
        ArgumentNullException.ThrowIfNull(scan);
        var names = scan.Measures.Select((_, i) => new SqlText("m" + SqliteNames.Number(i + 1))).ToList();
        var inner = scan.Measures.Select((m, i) => SqlText.Write(this, $", {Measured(m)} AS {names[i]}"));
        var outer = names.Select(n => SqlText.Write(this, $", {n}"));
        // One aggregate gives both sums: the library would compute the hash twice for two, and hands columns through a subquery at the price of a copy each.
        return Sql.Write(this, $"SELECT n, CAST(substr(h, 1, 20) AS INTEGER), CAST(substr(h, 21) AS INTEGER){SqlText.Join("", outer)} FROM (SELECT count(*) AS n, {HashOf(scan.Content.Columns, SqliteFunctions.Sums)} AS h{SqlText.Join("", inner)} FROM {RowsOf(scan.Content)})");
    }

    private SqlText Measured(ScanMeasure measure)
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
            // A number is a count of seconds since 1970, as unixepoch() has it; a text is read as a time.
            ScanMeasureKind.Age => SqlText.Write(this, $"(julianday('now') - CASE WHEN typeof(max{of}) IN ('integer', 'real') THEN julianday(max{of}, 'unixepoch') ELSE julianday(max{of}) END) * 86400.0"),
            _ => SqlText.Write(this, $"count(DISTINCT {of})"),
        };
    }

    /// <inheritdoc/>
    public Sql SelectRows(ContentQuery rows, SqlText what)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return Sql.Write(this, $"SELECT {what} FROM {RowsOf(rows)}");
    }

    /// <inheritdoc/>
    /// <remarks>SQLite has the operator and no function behind it; ours is .NET's.</remarks>
    public SqlText Matches(SqlText value, string pattern) => SqlText.Write(this, $"{new SqlText(SqliteFunctions.Matches)}({new SqlLiteral(pattern)}, {value})");

    /// <summary>What is read, with its condition.</summary>
    private SqlText RowsOf(ContentQuery query)
    {
        var from = query.Query is { } text ? SqlText.Write(this, $"{SqlText.InParentheses(text.Text)} AS q") : SqlText.Write(this, $"{query.From!}");
        var conditions = new List<SqlText>();
        if (query.Where is { } where) conditions.Add(SqlText.InParentheses(where.Text));
        if (query.ExceptLogged is { Key.Count: > 0 } log) conditions.Add(NotLogged(log));
        return conditions.Count > 0 ? SqlText.Write(this, $"{from} WHERE {SqlText.Join(" AND ", conditions)}") : from;
    }

    /// <summary>A hash over any number of columns, in groups because a function takes at most a hundred values.</summary>
    private SqlText HashOf(IReadOnlyList<ContentColumn> columns, string function = SqliteFunctions.Hash)
    {
        const int most = 90;
        SqlText? hash = null;
        for (var first = 0; first < columns.Count || hash is null; first += most)
        {
            var group = columns.Skip(first).Take(most).ToList();
            var letters = string.Concat(group.Select(c => (char)SqliteType.Of(c.Type).Affinity));
            var values = group.Select(c => c.Expression);
            if (hash is { } before)
            {
                letters = (char)SqliteAffinity.None + letters;
                values = values.Prepend(before);
            }
            var all = new[] { SqlText.Write(this, $"{new SqlLiteral(letters)}") }.Concat(values);
            // Of several groups the last one is the whole.
            hash = SqlText.Write(this, $"{new SqlText(first + most < columns.Count ? SqliteFunctions.Hash : function)}({all})");
        }
        return hash.Value;
    }
}
