using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>A table to be profiled.</summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">The columns, in order.</param>
/// <param name="Rows">Its rows, as far as they count.</param>
internal sealed record ProfileSource(TableShape Table, IReadOnlyList<Column> Columns, ContentQuery Rows)
{
    /// <summary>The columns that tell rows apart in both tables that are compared; empty where there are none.</summary>
    public IReadOnlyList<Column> Key { get; init; } = [];
}

/// <summary>
/// Writes what a profile asks: of all rows what one pass tells (rows, nulls, smallest, greatest), and of a sample what needs groups and an order. The same text on every engine but for the forms
/// of the values.
/// </summary>
internal sealed class ProfileStatements(IDialect dialect, IProfiles profiles)
{
    /// <summary>Steps of a hundredth: a curve has about so many points.</summary>
    public const int Parts = 100;

    /// <summary>The most frequent values that are fetched in any case.</summary>
    public const int Top = 10;

    /// <summary>A value that one row in so many has is fetched too.</summary>
    public const int Frequent = 200;

    /// <summary>
    /// One row: the number of rows, then for each column its values, the smallest and the greatest as text (or null), and, where asked for and the engine has it, an estimate of the
    /// different ones (or null).
    /// </summary>
    public Sql Totals(ProfileSource source, IReadOnlyList<ProfileForm> forms, bool estimate)
    {
        var measures = source.Columns.Zip(forms, (column, form) =>
        {
            var ends = form.Extreme is { } extreme
                ? SqlText.Write(dialect, $"{Shown(form, Of("min", extreme))}, {Shown(form, Of("max", extreme))}")
                : new SqlText("NULL, NULL");
            var different = estimate && profiles.EstimateDistinct(form.Value) is { } distinct ? distinct : new SqlText("NULL");
            return SqlText.Write(dialect, $"count({new Id(column.Name)}), {ends}, {different}");
        });
        return profiles.Ready(Sql.Write(dialect, $"SELECT {measures.Prepend(new SqlText("count(*)"))} FROM {profiles.Rows(source.Rows)}"), source.Rows);
    }

    /// <summary>
    /// Rows of nine columns: the column's number (0 for the sample itself), how many values it has in the sample, how many different ones, how many of these occur once, then of one value how many values
    /// lie before it, how many rows have it, its place by frequency, itself as text, and as a number. Only values that are frequent, or at which a hundredth of the values is full.
    /// </summary>
    /// <param name="source">The table.</param>
    /// <param name="forms">A form for each column.</param>
    /// <param name="sample">The condition of the sample, with the parameter <c>@sample</c>; null for all rows.</param>
    public Sql Values(ProfileSource source, IReadOnlyList<ProfileForm> forms, SqlText? sample)
    {
        var names = forms.Select((_, i) => "c" + Number(i + 1)).ToList();
        var values = forms.Select((form, i) => SqlText.Write(dialect, $"{form.Value} AS {new SqlText(names[i])}"));
        var noNumber = NoNumber;
        var rows = sample is { } chosen ? source.Rows with { Where = source.Rows.Where is { } where ? SqlText.Write(dialect, $"{chosen} AND {SqlText.InParentheses(where.Text)}") : chosen } : source.Rows;
        var branches = forms.Select((form, i) => Branch(form.Kind, i + 1, names[i]));
        return profiles.Ready(Sql.Write(dialect, $"""
            WITH s AS {profiles.Once}(SELECT {values} FROM {profiles.Rows(rows)})
            SELECT 0, count(*), 0, 0, 0, 0, 0, CAST(NULL AS text), {noNumber} FROM s
            UNION ALL
            {SqlText.Join("\nUNION ALL\n", branches)}
            """), rows);
    }

    /// <summary>
    /// A value is a point of the curve when the values up to it fill another hundredth than those before it: 100 × upto modulo all is then less than 100 × the value's own rows. Written so,
    /// because engines divide whole numbers in different ways.
    /// </summary>
    private SqlText Branch(ProfileKind kind, int number, string name)
    {
        var value = new SqlText("v");
        var ordered = kind != ProfileKind.Category;
        var upto = new SqlText(ordered ? "CAST(sum(n) OVER (ORDER BY v) AS bigint)" : "0");
        var points = new SqlText(ordered ? $" OR upto = n OR ({Number(Parts)} * upto) % total < {Number(Parts)} * n" : "");
        var drawn = ordered ? profiles.Number(kind, value) : NoNumber;
        return SqlText.Write(dialect, $"""
            SELECT {number}, total, vals, once, {new SqlText(ordered ? "upto - n" : "0")}, n, place, {profiles.Text(kind, value)}, {drawn} FROM (
              SELECT v, n, {upto} AS upto, CAST(sum(n) OVER () AS bigint) AS total, count(*) OVER () AS vals, count(CASE WHEN n = 1 THEN 1 END) OVER () AS once, row_number() OVER (ORDER BY n DESC, v) AS place
              FROM (SELECT {new SqlText(name)} AS v, count(*) AS n FROM s WHERE {new SqlText(name)} IS NOT NULL GROUP BY {new SqlText(name)}) AS g
            ) AS w WHERE place <= {Top} OR {Frequent} * n >= total{points}
            """);
    }

    private static SqlText NoNumber => new("CAST(NULL AS double precision)");

    private SqlText Shown(ProfileForm form, SqlText value) => profiles.Text(form.Kind, value);

    private SqlText Of(string function, SqlText value) => SqlText.Write(dialect, $"{new SqlText(function)}({value})");

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
