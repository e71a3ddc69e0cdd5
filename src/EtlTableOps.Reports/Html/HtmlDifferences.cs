using EtlTableOps.Checks;
using EtlTableOps.Observability;

namespace EtlTableOps.Reports;

/// <summary>The part of a page about rows that differ.</summary>
internal static class HtmlDifferences
{
    /// <summary>Rows on a page: more are no reading. The JSON has all.</summary>
    private const int Most = 200;

    /// <summary>Values of a row that is there on one side alone.</summary>
    private const int MostValues = 12;

    /// <summary>Letters of each.</summary>
    private const int Longest = 60;

    /// <summary>Letters of a part of a key, which is to tell the row and not to be read.</summary>
    private const int LongestKey = 200;

    public static Html Of(TableDifferences differences)
    {
        if (differences.Total == 0 && differences.Complete && differences.Notes.Count == 0) return Html.None;
        var parts = new List<Html> { Html.Write($"<p>{ReportText.Counts(differences)}. Compared: {string.Join(", ", differences.Columns)}{(differences.Key.Count == 0 ? "; no key tells the rows apart, so that whole rows are compared" : $"; by {string.Join(", ", differences.Key)}")}.</p>") };
        if (differences.Notes.Count > 0) parts.Add(Html.Write($"<ul class=\"notes\">{differences.Notes.Select(n => Html.Write($"<li>{n}</li>"))}</ul>"));
        if (differences.ChangedByColumn.Count > 0)
        {
            var most = Math.Max(1, differences.ChangedByColumn.Values.Max());
            parts.Add(HtmlReport.Table("Changed rows by column", ["Column", "Rows", ""], differences.ChangedByColumn.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal)
                .Select(c => new[] { Html.Write($"{c.Key}"), Html.Write($"{Human.Count(c.Value)}"), HtmlReport.Bar((double)c.Value / most, "new") }), "narrow"));
        }
        if (differences.Rows.Count > 0)
        {
            parts.Add(HtmlReport.Table("Rows that differ; the letters that differ are marked", ["Row", "How", "Column", "Should be", "Is"], differences.Rows.Take(Most).SelectMany(Lines), "rows"));
            if (differences.Rows.Count > Most) parts.Add(Html.Write($"<p>… and {Human.Count(differences.Rows.Count - Most)} more; the JSON report has them all.</p>"));
        }
        return HtmlReport.Section("rows", "Rows that differ", parts);
    }

    private static IEnumerable<Html[]> Lines(RowDifference row)
    {
        var key = Html.Join(row.Key.Select((k, i) => Html.Write($"{(i > 0 ? Html.Write($", ") : Html.None)}<span class=\"k\">{k.Column}</span> {Html.Value(Short(k.Value, LongestKey))}")));
        var kind = Html.Write($"<span class=\"kind {ReportText.Kind(row.Kind)}\">{Sign(row.Kind)} {ReportText.Kind(row.Kind)}</span>");
        if (row.Kind != DifferenceKind.Changed || row.Values.Count == 0)
        {
            var missing = row.Kind == DifferenceKind.Missing;
            yield return [key, kind, Html.None, Side(row, row.ExpectedTimes, missing ? v => v.Expected : null), Side(row, row.ActualTimes, missing ? null : v => v.Actual)];
            yield break;
        }
        foreach (var value in row.Values)
        {
            var (expected, actual) = ValueDifferences.Of(value.Expected, value.Actual);
            yield return [key, kind, Html.Write($"{value.Column}"), expected, actual];
        }
    }

    /// <summary>What a side has of a row that the other one has not, or not as often: how often, and its values outside the key.</summary>
    private static Html Side(RowDifference row, long times, Func<ValueDifference, string?>? of)
    {
        var values = of is null ? [] : row.Values.Where(v => row.Key.All(k => k.Column != v.Column)).Select(v => (v.Column, Value: of(v))).ToList();
        var shown = values.Take(MostValues).Select((v, i) => Html.Write($"{(i > 0 ? Html.Write($", ") : Html.None)}<span class=\"k\">{v.Column}</span> {Html.Value(Short(v.Value))}"));
        return Html.Write($"{Times(times, row)}{(values.Count > 0 && ReportText.IsCounted(row) ? ": " : "")}{shown}{(values.Count > MostValues ? " …" : "")}");
    }

    private static string? Short(string? value, int most = Longest) => value?.Length > most ? value[..(char.IsHighSurrogate(value[most - 1]) ? most - 1 : most)] + "…" : value;

    private static string Sign(DifferenceKind kind) => kind switch
    {
        DifferenceKind.Missing => "−",
        DifferenceKind.Extra => "+",
        DifferenceKind.Duplicated => "×",
        _ => "≠",
    };

    private static Html Times(long times, RowDifference row) => !ReportText.IsCounted(row)
        ? Html.None
        : Html.Write($"{Human.Count(times)} {(times == 1 ? "time" : "times")}");
}
