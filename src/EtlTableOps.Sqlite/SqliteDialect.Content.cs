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
        var inner = scan.Measures.Select((m, i) => SqlText.Write(this, $", {SqlText.InParentheses(m.Of.Text)} AS {names[i]}"));
        var outer = scan.Measures.Select((m, i) => SqlText.Write(this, $", {Measured(m.Kind, names[i])}"));
        // LIMIT -1 keeps the planner from writing the inner query into the outer one, where it would compute the hash twice.
        return Sql.Write(this, $"SELECT count(*), coalesce(sum(h & 4294967295), 0), coalesce(sum((h >> 32) & 4294967295), 0){SqlText.Join("", outer)} FROM (SELECT {HashOf(scan.Content.Columns)} AS h{SqlText.Join("", inner)} FROM {RowsOf(scan.Content)} LIMIT -1)");
    }

    private SqlText Measured(ScanMeasureKind kind, SqlText of) => kind switch
    {
        ScanMeasureKind.Rows => SqlText.Write(this, $"count(CASE WHEN {of} THEN 1 END)"),
        ScanMeasureKind.Values => SqlText.Write(this, $"count({of})"),
        ScanMeasureKind.Min => SqlText.Write(this, $"min({of})"),
        ScanMeasureKind.Max => SqlText.Write(this, $"max({of})"),
        ScanMeasureKind.Sum => SqlText.Write(this, $"sum({of})"),
        ScanMeasureKind.Average => SqlText.Write(this, $"avg({of})"),
        // A number is a count of seconds since 1970, as unixepoch() has it; a text is read as a time.
        ScanMeasureKind.Age => SqlText.Write(this, $"(julianday('now') - CASE WHEN typeof(max({of})) IN ('integer', 'real') THEN julianday(max({of}), 'unixepoch') ELSE julianday(max({of})) END) * 86400.0"),
        _ => SqlText.Write(this, $"count(DISTINCT {of})"),
    };

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
    private SqlText HashOf(IReadOnlyList<ContentColumn> columns)
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
            hash = SqlText.Write(this, $"{new SqlText(SqliteFunctions.Hash)}({all})");
        }
        return hash.Value;
    }
}
