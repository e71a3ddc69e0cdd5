using System.Globalization;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks;

/// <summary>How a row differs.</summary>
public enum DifferenceKind
{
    /// <summary>The key is on both sides, some value is another.</summary>
    Changed,
    /// <summary>The row should be there and is not.</summary>
    Missing,
    /// <summary>The row is there and should not be.</summary>
    Extra,
    /// <summary>The row, or its key, is there more often than it should be.</summary>
    Duplicated,
}

/// <summary>In which rows two sides differ: what there should be, and what there is.</summary>
public sealed record TableDifferences
{
    /// <summary>What is compared against: a table's name, or what else describes the side.</summary>
    public required string Expected { get; init; }

    /// <summary>What is compared.</summary>
    public required string Actual { get; init; }

    /// <summary>The columns by which rows are told apart; empty where whole rows are compared, because nothing tells them apart.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>The columns whose values are compared.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Rows on the side compared against.</summary>
    public long ExpectedRows { get; init; }

    /// <summary>Rows on the side compared.</summary>
    public long ActualRows { get; init; }

    /// <summary>Rows of which some value is another.</summary>
    public long Changed { get; init; }

    /// <summary>Rows that should be there and are not.</summary>
    public long Missing { get; init; }

    /// <summary>Rows that are there and should not be.</summary>
    public long Extra { get; init; }

    /// <summary>Rows that are there more often than they should be.</summary>
    public long Duplicated { get; init; }

    /// <summary>All of them.</summary>
    public long Total => Changed + Missing + Extra + Duplicated;

    /// <summary>Whether the two sides are equal.</summary>
    public bool Equal => Total == 0 && Complete;

    /// <summary>Whether the search came to its end, so that the counts are exact; otherwise there are at least so many.</summary>
    public bool Complete { get; init; } = true;

    /// <summary>Why the search was ended early; null when it was not.</summary>
    public string? EndedBy { get; init; }

    /// <summary>The differing rows that were fetched, at most as many as asked for.</summary>
    public IReadOnlyList<RowDifference> Rows { get; init; } = [];

    /// <summary>How many of the changed rows differ in each column.</summary>
    public IReadOnlyDictionary<string, long> ChangedByColumn { get; init; } = new Dictionary<string, long>();

    /// <summary>The outcome in one line: <c>equal: 5,000,000 rows, 7 columns</c>, <c>3 differ: 1 changed (amount), 2 missing</c>.</summary>
    public string Verdict
    {
        get
        {
            if (Equal) return $"equal: {Human.Count(ExpectedRows)} {(ExpectedRows == 1 ? "row" : "rows")}, {Columns.Count} {(Columns.Count == 1 ? "column" : "columns")}";
            if (Total == 0) return $"not known: {EndedBy} before a difference was found";
            var changedIn = ChangedByColumn.Count == 0 ? "" : $" ({string.Join(", ", ChangedByColumn.Keys.Take(5))}{(ChangedByColumn.Count > 5 ? " …" : "")})";
            var parts = new[] { (Changed, "changed" + changedIn), (Missing, "missing"), (Extra, "extra"), (Duplicated, "duplicated") }.Where(p => p.Item1 > 0).Select(p => $"{Human.Count(p.Item1)} {p.Item2}");
            return $"{(Complete ? "" : "at least ")}{Human.Count(Total)} {(Total == 1 ? "row differs" : "rows differ")}: {string.Join(", ", parts)}";
        }
    }

    /// <summary>Counts with some keys of each kind, in these words: <c>3 rows missing (17; 18; 19), 1 extra (40), 0 changed</c>.</summary>
    internal string Describe(string missing = "missing", string extra = "extra", string changed = "changed")
    {
        var columns = ChangedByColumn.Count == 0 ? "" : $" in {string.Join(", ", ChangedByColumn.Keys.Take(5))}{(ChangedByColumn.Count > 5 ? " …" : "")}";
        return $"{(Complete ? "" : "at least ")}{Part(Missing, Missing == 1 ? "row " + missing : "rows " + missing, DifferenceKind.Missing)}, {Part(Extra, extra, DifferenceKind.Extra)}, {Part(Changed, changed, DifferenceKind.Changed)}{columns}"
            + (Duplicated == 0 ? "" : ", " + Part(Duplicated, "duplicated", DifferenceKind.Duplicated));

        string Part(long rows, string what, DifferenceKind kind)
        {
            const int examples = 5;
            var keys = Rows.Where(r => r.Kind == kind).Take(examples).Select(r => string.Join(", ", r.Key.Select(k => ShownValue.Of(k.Value, null)))).ToList();
            return string.Create(CultureInfo.InvariantCulture, $"{rows} {what}{(keys.Count == 0 ? "" : $" ({string.Join("; ", keys)}{(rows > keys.Count ? " …" : "")})")}");
        }
    }

    /// <summary>What was not compared to the letter: tolerances, and types compared as text, a line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The state that was compared, for people: <c>one snapshot, 2026-11-20 20:15:00 UTC</c>.</summary>
    public string Snapshot { get; init; } = "";

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>A row that differs.</summary>
/// <param name="Kind">How.</param>
/// <param name="Key">Its key, in the key's order; for whole rows, without a key, all its values.</param>
/// <param name="Values">For a changed row the values that differ; for others what the row has, where it was fetched.</param>
public sealed record RowDifference(DifferenceKind Kind, IReadOnlyList<NamedValue> Key, IReadOnlyList<ValueDifference> Values)
{
    /// <summary>How often the row should be there.</summary>
    public long ExpectedTimes { get; init; }

    /// <summary>How often it is.</summary>
    public long ActualTimes { get; init; }

    /// <summary>The key's columns with their values: <c>id=17</c>.</summary>
    public string KeyText => string.Join(", ", Key);

    /// <summary>What differs: <c>amount: 1.00 → 1.01</c> for a changed row, how often it is there for another.</summary>
    public string ValuesText => Kind == DifferenceKind.Changed
        ? string.Join("; ", Values)
        : ExpectedTimes + ActualTimes == 1 ? "" : $"{(ActualTimes == 1 ? "once" : $"{ActualTimes} times")}, should be {(ExpectedTimes == 1 ? "once" : $"{ExpectedTimes} times")}";

    /// <summary>Kind, key and values in one line.</summary>
    public override string ToString() => $"{Kind} {KeyText}{(ValuesText.Length == 0 ? "" : ": " + ValuesText)}";
}

/// <summary>A column's value as text.</summary>
/// <param name="Column">The column.</param>
/// <param name="Value">The value; null is SQL's null.</param>
public sealed record NamedValue(string Column, string? Value)
{
    /// <summary>The column with its value: <c>id=17</c>.</summary>
    public override string ToString() => $"{Column}={ShownValue.Of(Value, null)}";
}

/// <summary>A value that is another.</summary>
/// <param name="Column">The column.</param>
/// <param name="Expected">What it should be, as text; null is SQL's null.</param>
/// <param name="Actual">What it is.</param>
public sealed record ValueDifference(string Column, string? Expected, string? Actual)
{
    /// <summary>Both values, with what cannot be seen written out: <c>note: a → "a "</c>.</summary>
    public override string ToString() => $"{Column}: {ShownValue.Of(Expected, Actual)} → {ShownValue.Of(Actual, Expected)}";
}
