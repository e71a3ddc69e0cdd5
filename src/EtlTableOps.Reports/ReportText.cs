using System.Globalization;
using EtlTableOps.Checks;
using EtlTableOps.Observability;

namespace EtlTableOps.Reports;

/// <summary>Parts of results in words, for every kind of report.</summary>
internal static class ReportText
{
    /// <summary>Characters of a value that are shown where there is little room.</summary>
    private const int Short = 120;

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
            yield return $"{Kind(row.Kind)} {Key(row)}{(row.Values.Count == 0 ? "" : ": ")}{string.Join("; ", row.Values.Select(v => $"{v.Column} {Value(v.Expected)} → {Value(v.Actual)}"))}{Times(row)}";
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

    /// <summary>A value on one line.</summary>
    public static string Value(string? value)
    {
        if (value is null) return "NULL";
        var line = value.ReplaceLineEndings("⏎");
        return "'" + (line.Length <= Short ? line : line[..(char.IsHighSurrogate(line[Short - 1]) ? Short - 1 : Short)] + "…") + "'";
    }
}
