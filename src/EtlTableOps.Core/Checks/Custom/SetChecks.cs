using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks.Custom;

/// <summary>No combination of values occurs twice. Counted where the rows are, by groups.</summary>
internal sealed class UniqueCheck(CheckDefinition definition, IReadOnlyList<string> columns) : ResolvedCheck(definition)
{
    public override IEnumerable<Sql> Statements(IDialect dialect, CheckSides sides) => [Count(dialect, sides)];

    public override async Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token)
    {
        var (values, rows) = (await reading.AskAsync(Count(reading.Dialect, reading.Sides), r => (Number(r.GetValue(0)), Number(r.GetValue(1))), token).ConfigureAwait(false))[0];
        var rule = Rule($"No {string.Join(", ", columns)} occurs twice.");
        var found = CheckFinding.OfRows(values, rule, "value");
        return values == 0 ? found : found with { Found = string.Create(CultureInfo.InvariantCulture, $"{found.Found} in {rows} rows") };
    }

    public override async Task<IReadOnlyList<string>> ExamplesAsync(CheckReading reading, IReadOnlyList<string> key, CancellationToken token)
    {
        var dialect = reading.Dialect;
        var names = Names();
        var shown = SqlText.Join(", ", names.Select(n => SqlText.Write(dialect, $"CAST(r.{n} AS text)")));
        var rows = Rows(dialect, reading.Sides);
        var sql = Sql.Write(dialect, $"SELECT {shown}, count(*) FROM ({new SqlText(rows.Text)}) AS r GROUP BY {names} HAVING count(*) > 1 LIMIT {Examples}") with { Before = rows.Before };
        return await reading.AskAsync(sql, r => string.Join(", ", columns.Select((c, i) => $"{c}={ShownValue.Of(r.IsDBNull(i) ? null : r.GetString(i), null)}")) + $" ({Number(r.GetValue(columns.Count))} times)", token).ConfigureAwait(false);
    }

    private Sql Count(IDialect dialect, CheckSides sides)
    {
        var rows = Rows(dialect, sides);
        return Sql.Write(dialect, $"SELECT count(*), coalesce(sum(g.n), 0) FROM (SELECT count(*) AS n FROM ({new SqlText(rows.Text)}) AS r GROUP BY {Names()} HAVING count(*) > 1) AS g") with { Before = rows.Before };
    }

    /// <summary>A null is equal to nothing, as in a unique key of SQL's, unless the check says otherwise.</summary>
    private Sql Rows(IDialect dialect, CheckSides sides)
    {
        var conditions = new List<SqlText>();
        if (Definition.Where is { } where) conditions.Add(SqlText.InParentheses(where));
        if (!Definition.NullsEqual) conditions.AddRange(columns.Select(c => SqlText.Write(dialect, $"{Value(dialect, c)} IS NOT NULL")));
        var values = columns.Zip(Names(), (c, n) => SqlText.Write(dialect, $"{Value(dialect, c)} AS {n}"));
        return dialect.SelectRows(conditions.Count == 0 ? sides.Shadow : sides.Shadow with { Where = SqlText.Join(" AND ", conditions) }, SqlText.Join(", ", values));
    }

    private SqlText Value(IDialect dialect, string column) => Definition.AsSql ? SqlText.InParentheses(column) : SqlText.Write(dialect, $"{new Id(column)}");

    private List<SqlText> Names() => [.. columns.Select((_, i) => new SqlText(string.Create(CultureInfo.InvariantCulture, $"k{i + 1}")))];

    private static long Number(object value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);
}

/// <summary>Every value is found in another table.</summary>
internal sealed class RelationshipsCheck(CheckDefinition definition, string column, TableName to, string field) : ResolvedCheck(definition)
{
    public override IEnumerable<Sql> Statements(IDialect dialect, CheckSides sides) => [Orphans(dialect, sides, new SqlText("count(*)"))];

    public override async Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token)
    {
        var rows = (await reading.AskAsync(Orphans(reading.Dialect, reading.Sides, new SqlText("count(*)")), r => Convert.ToInt64(r.GetValue(0), CultureInfo.InvariantCulture), token).ConfigureAwait(false))[0];
        return CheckFinding.OfRows(rows, Rule($"Every {column} is found in {to} ({field})."));
    }

    public override async Task<IReadOnlyList<string>> ExamplesAsync(CheckReading reading, IReadOnlyList<string> key, CancellationToken token)
    {
        var sql = Orphans(reading.Dialect, reading.Sides, new SqlText("DISTINCT CAST(c.k1 AS text)"));
        return await reading.AskAsync(sql with { Text = $"{sql.Text} LIMIT {Examples}" }, r => $"{column}={ShownValue.Of(r.GetString(0), null)}", token).ConfigureAwait(false);
    }

    private Sql Orphans(IDialect dialect, CheckSides sides, SqlText what)
    {
        var value = SqlText.Write(dialect, $"{new Id(column)} AS k1");
        var rows = dialect.SelectRows(Definition.Where is { } where ? sides.Shadow with { Where = new SqlText(where) } : sides.Shadow, value);
        return Sql.Write(dialect, $"SELECT {what} FROM ({new SqlText(rows.Text)}) AS c WHERE c.k1 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {to} AS p WHERE p.{new Id(field)} = c.k1)") with { Before = rows.Before };
    }
}
