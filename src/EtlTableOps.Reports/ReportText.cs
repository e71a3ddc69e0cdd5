using System.Globalization;
using System.Text;
using EtlTableOps.Checks;
using EtlTableOps.Observability;

namespace EtlTableOps.Reports;

/// <summary>Parts of results in words, for every kind of report.</summary>
internal static class ReportText
{
    /// <summary>Characters of a value that are shown where there is little room.</summary>
    private const int Short = 120;

    /// <summary>Of these, how many stand before the place where a long value parts from the other.</summary>
    private const int Around = 40;

    /// <summary>A check's name, with its column where the name does not say it.</summary>
    public static string Name(ShadowCheck check) => check.Column is null || check.Name.Contains($"({check.Column})", StringComparison.Ordinal) ? check.Name : $"{check.Name} ({check.Column})";

    /// <summary>A drift in a line: <c>amount drifts by 0.31 (alarm, quantiles): nulls 4.0 % → 12.0 %</c>.</summary>
    public static string Of(ColumnDrift drift)
    {
        var nulls = drift.Live is { } live && drift.Shadow is { } shadow ? $"; nulls {Percent(live.NullFraction)} → {Percent(shadow.NullFraction)}" : "";
        return $"{drift.Column}: drift {Index(drift.Drift ?? 0)}, {Level(drift.Level)} (population stability index over {drift.Measure}){nulls}";
    }

    /// <summary>A level as a word.</summary>
    public static string Level(DriftLevel level) => level switch
    {
        DriftLevel.Alarm => "alarm",
        DriftLevel.Watch => "watch",
        _ => "no drift",
    };

    /// <summary>The index with as many digits as mean something.</summary>
    public static string Index(double drift) => drift.ToString(drift < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>A part: <c>12.5 %</c>.</summary>
    public static string Percent(double part) => part switch
    {
        0 => "0 %",
        1 => "100 %",
        < 0.001 => "< 0.1 %",
        > 0.999 => "> 99.9 %",
        _ => (part * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %",
    };

    /// <summary>The counts of differing rows in a line.</summary>
    public static string Counts(TableDifferences differences)
    {
        var parts = new[] { (differences.Changed, "changed"), (differences.Missing, "missing"), (differences.Extra, "extra"), (differences.Duplicated, "duplicated") }
            .Where(p => p.Item1 > 0).Select(p => $"{Human.Count(p.Item1)} {p.Item2}").ToList();
        var counts = parts.Count == 0 ? "no row differs" : string.Join(", ", parts);
        return differences.Complete ? counts : $"{counts}, and maybe more: {differences.EndedBy ?? "the search was ended early"}";
    }

    /// <summary>Differing rows, a line each.</summary>
    public static IEnumerable<string> Rows(TableDifferences differences, int most)
    {
        yield return Counts(differences);
        foreach (var row in differences.Rows.Take(most))
            yield return $"{Kind(row.Kind)} {Key(row)}{(row.Values.Count == 0 ? "" : ": ")}{string.Join("; ", row.Values.Select(v => $"{v.Column} {Value(v.Expected, v.Actual)} → {Value(v.Actual, v.Expected)}"))}{Times(row)}";
        if (differences.Rows.Count > most) yield return $"… and {Human.Count(differences.Rows.Count - most)} more";
    }

    /// <summary>A kind as a word.</summary>
    public static string Kind(DifferenceKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>A row's key: <c>event_id 17</c>.</summary>
    public static string Key(RowDifference row) => string.Join(", ", row.Key.Select(k => $"{k.Column} {Value(k.Value)}"));

    /// <summary>How often a row is there, where that is the difference.</summary>
    public static string Times(RowDifference row) => !IsCounted(row) ? "" : string.Create(CultureInfo.InvariantCulture, $" ({row.ActualTimes} times instead of {row.ExpectedTimes})");

    /// <summary>Whether how often a row is there says more than its kind does.</summary>
    public static bool IsCounted(RowDifference row) => row.ExpectedTimes != row.ActualTimes && Math.Max(row.ExpectedTimes, row.ActualTimes) > 1;

    /// <summary>Whether a letter turns the direction of what is written after it: raw, it would let a value rearrange the sentence in which it stands.</summary>
    public static bool Turns(char letter) => letter is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>Such a letter by its number.</summary>
    public static string Written(char letter) => string.Create(CultureInfo.InvariantCulture, $"[U+{(int)letter:X4}]");

    /// <summary>Whether a letter has no picture of its own, or looks like something else.</summary>
    public static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse => true,
        UnicodeCategory.SpaceSeparator => rune.Value != ' ',
        _ => false,
    };

    /// <summary>A value on one line; what nobody sees is written out, and a long one is cut around the place where it parts from the other.</summary>
    public static string Value(string? value, string? other = null)
    {
        if (value is null) return "NULL";
        var same = 0;
        while (value.Length > Short && other is not null && same < value.Length && same < other.Length && value[same] == other[same]) same++;
        var from = Math.Max(0, Math.Min(same - Around, value.Length - Short));
        if (from > 0 && char.IsLowSurrogate(value[from])) from--;
        var to = Math.Min(value.Length, from + Short);
        if (to < value.Length && char.IsHighSurrogate(value[to - 1])) to--;
        return $"'{(from > 0 ? "…" : "")}{string.Concat(value[from..to].ReplaceLineEndings("⏎").EnumerateRunes().Select(r => IsUnseen(r) ? string.Create(CultureInfo.InvariantCulture, $"[U+{r.Value:X4}]") : r.ToString()))}{(to < value.Length ? "…" : "")}'";
    }
}
