using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Checks.Custom;

/// <summary>A dashboard's query, asked of both tables: its rows have to be the same ones, as often.</summary>
internal sealed partial class AnswerQuery(CheckDefinition definition) : ResolvedCheck(definition)
{
    private const string LiveRows = "etl_live_rows", ShadowRows = "etl_shadow_rows";
    private int columns;

    /// <summary>Whether the query says where the table's name goes.</summary>
    public static bool HasPlace(string query) => Place().IsMatch(query);

    public override IEnumerable<Sql> Statements(IDialect dialect, CheckSides sides) => columns > 0 ? [Count(dialect, sides)] : [];

    /// <summary>Both sides have to give as many columns.</summary>
    public override async Task RefuseAsync(IEngineSession session, CheckSides sides, CancellationToken token)
    {
        var live = await DescribeAsync(session, sides.Live, LiveRows, "the live table", token).ConfigureAwait(false);
        var shadow = await DescribeAsync(session, sides.Shadow, ShadowRows, "the shadow", token).ConfigureAwait(false);
        if (live != shadow)
            throw new EtlException(ErrorCode.BadInput, $"The query gives {live} columns over the live table and {shadow} over the shadow: name the columns that are to be compared.");
        columns = live;
    }

    public override async Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token)
    {
        var (gone, added) = (await reading.AskAsync(Count(reading.Dialect, reading.Sides), r => (Number(r.GetValue(0)), Number(r.GetValue(1))), token).ConfigureAwait(false))[0];
        var rule = "The query answers over the shadow as over the live table.";
        return new CheckFinding(gone + added, gone + added > 0, "the same answer", gone + added == 0 ? "the same answer" : $"{gone} rows of the live table's answer are missing, {added} are new",
            gone + added == 0 ? rule : $"The answers differ: {gone} rows of the live table's are not in the shadow's, {added} of the shadow's not in the live table's.");
    }

    public override async Task<IReadOnlyList<string>> ExamplesAsync(CheckReading reading, IReadOnlyList<string> key, CancellationToken token)
    {
        var shown = string.Join(", ", Names().Select(n => $"CAST({n} AS text)"));
        // Two queries: a limit on both parts of a union is not written alike everywhere.
        List<string> examples = [];
        foreach (var (one, other, what) in new[] { ("etl_l", "etl_s", "live"), ("etl_s", "etl_l", "shadow") })
        {
            var sql = Whole(reading.Dialect, reading.Sides, $"SELECT {shown}, n FROM ({Except(one, other)}) AS d LIMIT 3");
            examples.AddRange(await reading.AskAsync(sql, r => $"{what}: " + string.Join(" | ", Enumerable.Range(0, columns).Select(i => ShownValue.Of(r.IsDBNull(i) ? null : r.GetString(i), null))) + (Number(r.GetValue(columns)) is > 1 and var times ? $" ({times} times)" : ""), token).ConfigureAwait(false));
        }
        return [.. examples.Take(Examples)];
    }

    private Sql Count(IDialect dialect, CheckSides sides) =>
        Whole(dialect, sides, $"SELECT (SELECT count(*) FROM ({Except("etl_l", "etl_s")}) AS d), (SELECT count(*) FROM ({Except("etl_s", "etl_l")}) AS d)");

    /// <summary>Rows with how often they occur: so a plain EXCEPT, in which two nulls are equal, compares them as often as they are there.</summary>
    private Sql Whole(IDialect dialect, CheckSides sides, string last)
    {
        var live = dialect.SelectRows(sides.Live, new SqlText("*"));
        var shadow = dialect.SelectRows(sides.Shadow, new SqlText("*"));
        var names = string.Join(", ", Names());
        return new Sql($"""
            WITH {LiveRows} AS ({live.Text}), {ShadowRows} AS ({shadow.Text}),
            etl_la ({names}) AS (
            {Fill(LiveRows)}
            ), etl_sa ({names}) AS (
            {Fill(ShadowRows)}
            ), etl_l AS (SELECT {names}, count(*) AS n FROM etl_la GROUP BY {names}), etl_s AS (SELECT {names}, count(*) AS n FROM etl_sa GROUP BY {names})
            {last}
            """) { Before = [.. live.Before, .. shadow.Before] };
    }

    private static string Except(string one, string other) => $"SELECT * FROM {one} EXCEPT SELECT * FROM {other}";

    private IEnumerable<string> Names() => Enumerable.Range(1, columns).Select(i => string.Create(CultureInfo.InvariantCulture, $"c{i}"));

    private string Fill(string table) => Place().Replace(Definition.Sql!, table);

    private async Task<int> DescribeAsync(IEngineSession session, ContentQuery side, string name, string what, CancellationToken token)
    {
        var rows = session.Dialect.SelectRows(side, new SqlText("*"));
        try
        {
            return (await session.DescribeQueryAsync(new Sql($"WITH {name} AS ({rows.Text}), etl_a AS (\n{Fill(name)}\n) SELECT * FROM etl_a"), token).ConfigureAwait(false)).Count;
        }
        catch (EtlException e) when (e.Code == ErrorCode.StatementFailed)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"The query is not accepted over {what}: {e.Cause}");
        }
    }

    private static long Number(object value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{\{\s*(?:table|this|model)\s*\}\}")]
    private static partial Regex Place();
}
