using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks.Custom;

/// <summary>A condition that every row has to meet: the rows that do not are counted in the one scan.</summary>
/// <param name="definition">The check.</param>
/// <param name="columns">Its columns as the database stores them.</param>
/// <param name="failing">True for the rows that break it; neither true nor false, as with a null, it is met, as SQL's CHECK has it.</param>
/// <param name="rule">What it says, for people.</param>
internal sealed class RowsCheck(CheckDefinition definition, IReadOnlyList<string> columns, SqlText failing, string rule) : ResolvedCheck(definition)
{
    public override IReadOnlyList<ScanMeasure> Measures => [new ScanMeasure(ScanMeasureKind.Rows, And(Definition.Where, failing))];

    public override SqlText? Failing => And(Definition.Where, failing);

    public override Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token) =>
        Task.FromResult(CheckFinding.OfRows(Convert.ToInt64(measured[0], CultureInfo.InvariantCulture), Rule(rule)));

    public override Task<IReadOnlyList<string>> ExamplesAsync(CheckReading reading, IReadOnlyList<string> key, CancellationToken token) =>
        ShowRowsAsync(reading, Failing!.Value, [.. key.Union(columns)], token);
}

/// <summary>Every row has a value. Counting the values is cheaper than asking each row.</summary>
internal sealed class NotNullCheck(CheckDefinition definition, string column, SqlText value) : ResolvedCheck(definition)
{
    public override IReadOnlyList<ScanMeasure> Measures => Definition.Where is null
        ? [new ScanMeasure(ScanMeasureKind.Values, value)]
        : [new ScanMeasure(ScanMeasureKind.Rows, Failing!.Value)];

    public override SqlText? Failing => And(Definition.Where, new SqlText($"{value.Text} IS NULL"));

    public override Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token)
    {
        var count = Convert.ToInt64(measured[0], CultureInfo.InvariantCulture);
        return Task.FromResult(CheckFinding.OfRows(Definition.Where is null ? reading.Shadow.Content.Rows - count : count, Rule($"Every row has a value in {column}.")));
    }

    public override Task<IReadOnlyList<string>> ExamplesAsync(CheckReading reading, IReadOnlyList<string> key, CancellationToken token) =>
        ShowRowsAsync(reading, Failing!.Value, [.. key.Append(column).Distinct(StringComparer.Ordinal)], token);
}

/// <summary>A figure of the one scan that is held against bounds.</summary>
/// <param name="definition">The check.</param>
/// <param name="measures">What is measured.</param>
/// <param name="figure">The figure from the scan and its measures; null where there is not a single value.</param>
/// <param name="what">What it is, for people: <c>nulls in country</c>.</param>
internal sealed class FigureCheck(CheckDefinition definition, IReadOnlyList<ScanMeasure> measures, Func<ScanResult, IReadOnlyList<object?>, double?> figure, string what) : ResolvedCheck(definition)
{
    public override IReadOnlyList<ScanMeasure> Measures => measures;

    public override Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token) =>
        Task.FromResult(Bounded(figure(reading.Shadow, measured) ?? 0));

    private CheckFinding Bounded(double value)
    {
        var (low, high) = (Number(Definition.Min), Number(Definition.Max));
        var breaks = value < low || value > high;
        var expected = BoundsText(Definition.Min, Definition.Max);
        var found = string.Create(CultureInfo.InvariantCulture, $"{value:0.######}");
        return new CheckFinding(value, breaks, expected, found, Rule($"{what}: {found}{(expected.Length > 0 ? $", {expected} wanted" : "")}."));
    }

    internal static double? Number(string? text) => text is null ? null : double.Parse(text, CultureInfo.InvariantCulture);

    internal static string BoundsText(string? min, string? max) => (min, max) switch
    {
        (null, null) => "",
        ({ } low, null) => $"at least {low}",
        (null, { } high) => $"at most {high}",
        ({ } low, { } high) => low == high ? low : $"{low} to {high}",
    };
}

/// <summary>How old the newest value is, by the database's clock.</summary>
internal sealed class FreshnessCheck(CheckDefinition definition, string column, ScanMeasure age) : ResolvedCheck(definition)
{
    public override IReadOnlyList<ScanMeasure> Measures => [age];

    public override Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token)
    {
        var expected = string.Join(", ", new[]
        {
            Definition.ErrorAfter is { } e ? $"at most {Human.Duration(e)} old" : null,
            Definition.WarnAfter is { } w ? $"warning after {Human.Duration(w)}" : null,
        }.OfType<string>());
        // Without a single value nothing is fresh.
        if (measured[0] is null) return Task.FromResult(new CheckFinding(double.PositiveInfinity, true, expected, "no value", Rule($"{column} has no value at all.")));
        var seconds = Convert.ToDouble(measured[0], CultureInfo.InvariantCulture);
        var found = seconds < 0 ? $"{Human.Duration(TimeSpan.FromSeconds(-seconds))} in the future" : $"{Human.Duration(TimeSpan.FromSeconds(seconds))} old";
        return Task.FromResult(new CheckFinding(seconds, seconds > Definition.ErrorAfter?.TotalSeconds, expected, found, Rule($"The newest {column} is {found}{(expected.Length > 0 ? $"; wanted: {expected}" : "")}."))
        {
            Warns = seconds > Definition.WarnAfter?.TotalSeconds,
        });
    }
}

/// <summary>How many rows there are, also in proportion to the live table.</summary>
/// <param name="definition">The check.</param>
/// <param name="measures">The rows that meet the condition; none where there is no condition.</param>
internal sealed class RowCountCheck(CheckDefinition definition, IReadOnlyList<ScanMeasure> measures) : ResolvedCheck(definition)
{
    private bool Relative => Definition.MinRatio is not null || Definition.MaxRatio is not null;

    public override IReadOnlyList<ScanMeasure> Measures => measures;

    public override IEnumerable<Sql> Statements(IDialect dialect, CheckSides sides) => Relative ? [LiveRows(dialect, sides)] : [];

    public override async Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token)
    {
        var c = CultureInfo.InvariantCulture;
        var rows = measured.Count == 0 ? reading.Shadow.Content.Rows : Convert.ToInt64(measured[0], c);
        var (low, high) = (FigureCheck.Number(Definition.Min), FigureCheck.Number(Definition.Max));
        var breaks = rows < low || rows > high;
        var expected = FigureCheck.BoundsText(Definition.Min, Definition.Max);
        var found = string.Create(c, $"{rows} row{(rows == 1 ? "" : "s")}{(Definition.Columns is [var column] ? $" with a value in {column}" : "")}");
        if (Relative)
        {
            var live = (await reading.AskAsync(LiveRows(reading.Dialect, reading.Sides), r => Convert.ToInt64(r.GetValue(0), c), token).ConfigureAwait(false))[0];
            var ratio = live > 0 ? (double)rows / live : rows == 0 ? 1 : double.PositiveInfinity;
            breaks |= ratio < Definition.MinRatio || ratio > Definition.MaxRatio;
            var bounds = FigureCheck.BoundsText(Definition.MinRatio?.ToString(c), Definition.MaxRatio?.ToString(c));
            expected = string.Join(", ", new[] { expected, $"{bounds} times the live table's" }.Where(t => t.Length > 0));
            found = string.Create(c, $"{rows} rows, {ratio:0.####} times the live table's {live}");
        }
        return new CheckFinding(rows, breaks, expected, found, Rule($"{found}{(expected.Length > 0 ? $"; wanted: {expected}" : "")}."));
    }

    private Sql LiveRows(IDialect dialect, CheckSides sides) =>
        dialect.SelectRows(Definition.Where is { } where ? sides.Live with { Where = new SqlText(where) } : sides.Live, new SqlText("count(*)"));
}

/// <summary>A test of a foreign file that has no counterpart here: it is told, so that nobody takes it for passed.</summary>
internal sealed class NotUnderstoodCheck(CheckDefinition definition) : ResolvedCheck(definition)
{
    public override Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token) =>
        Task.FromResult(new CheckFinding(1, true, "a check that is known here", "not checked", $"Not checked: {Definition.Reason}."));
}
