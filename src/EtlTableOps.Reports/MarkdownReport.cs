using System.Globalization;
using System.Text;
using EtlTableOps.Checks;
using EtlTableOps.Observability;

namespace EtlTableOps.Reports;

/// <summary>A comment for a pull request, or a job's summary: the verdict, what failed, what differs. GitHub takes at most 65,536 characters in a comment, so that rows are few.</summary>
internal static class MarkdownReport
{
    private const int MostRows = 20;
    private const int MostChecks = 100;
    private const int LongestText = 1000;

    /// <summary>Characters of the whole, some less than a comment may have.</summary>
    private const int Longest = 60_000;

    public static string Render(Report report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"## {(report.Passed ? "✅ Passed" : "❌ Failed")}: {Safe(report.Subject)}\n\n{Safe(report.Verdict)}\n\n");
        Table(text, ["", ""], report.Facts.Select(f => new[] { Safe(f.Name), Safe(f.Value) }));
        if (report.Test is { } test)
        {
            Checks(text, "Failed checks", test.Checks.Where(c => !c.Passed));
            Checks(text, "Warnings", test.Checks.Where(c => c.Passed && c.Warned));
            Structure(text, test.Structure);
        }
        if (report.Differences is { Total: > 0 } differences) Rows(text, differences);
        if (report.Test is { } tested)
        {
            Distributions(text, tested.Distributions);
            var passed = tested.Checks.Where(c => c.Passed && !c.Warned).ToList();
            if (passed.Count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"<details><summary>{passed.Count} checks passed</summary>\n\n");
                Table(text, ["Check", "Found"], passed.Take(MostChecks).Select(c => new[] { Name(c), Safe(c.Found) }));
                text.Append("</details>\n\n");
            }
        }
        text.Append(CultureInfo.InvariantCulture, $"<sub>{Safe(Report.Tool)}</sub>\n");
        return text.ToString();
    }

    private static void Checks(StringBuilder text, string title, IEnumerable<ShadowCheck> checks)
    {
        var all = checks.ToList();
        if (all.Count == 0) return;
        text.Append(CultureInfo.InvariantCulture, $"### {title}\n\n");
        Table(text, ["Check", "Expected", "Found", "What it means"], all.Take(MostChecks).Select(c => new[] { Name(c), Safe(c.Expected), Safe(c.Found), Safe(c.Message) }));
        if (all.Count > MostChecks) text.Append(CultureInfo.InvariantCulture, $"… and {all.Count - MostChecks} more.\n\n");
    }

    private static void Structure(StringBuilder text, IReadOnlyList<StructureDifference> structure)
    {
        if (structure.Count == 0) return;
        text.Append("### Structure that is not as it was\n\n");
        Table(text, ["", "Name", "Live", "Declared", "Shadow", ""], structure.Take(MostChecks).Select(s => new[] { Safe(s.Kind), Safe(s.Name), Safe(s.Live ?? "—"), Safe(s.Declared ?? "—"), Safe(s.Shadow ?? "—"), s.AsDeclared ? "as declared" : "**not as declared**" }));
    }

    private static void Rows(StringBuilder text, TableDifferences differences)
    {
        text.Append(CultureInfo.InvariantCulture, $"### Differing rows\n\n{Safe(ReportText.Counts(differences))}.\n\n");
        Table(text, ["", "Key", "Column", "Should be", "Is"], differences.Rows.Take(MostRows).SelectMany(Lines));
        if (differences.Rows.Count > MostRows) text.Append(CultureInfo.InvariantCulture, $"… and {differences.Rows.Count - MostRows} more in the other reports.\n\n");

        static IEnumerable<string[]> Lines(RowDifference row) => row.Kind == DifferenceKind.Changed && row.Values.Count > 0
            ? row.Values.Select(v => new[] { ReportText.Kind(row.Kind), Safe(ReportText.Key(row)), Safe(v.Column), Code(v.Expected, v.Actual), Code(v.Actual, v.Expected) })
            : [[ReportText.Kind(row.Kind), Safe(ReportText.Key(row)), "", "", Safe(ReportText.Times(row).Trim())]];
    }

    private static void Distributions(StringBuilder text, IReadOnlyList<ColumnDrift> distributions)
    {
        if (distributions.Count == 0) return;
        text.Append("### Distributions\n\n");
        var shown = distributions.Where(d => d.Level != DriftLevel.None).ToList();
        var compared = distributions.Count(d => d.Drift is not null);
        text.Append(CultureInfo.InvariantCulture, $"{compared} columns compared by the population stability index: {shown.Count(d => d.Level == DriftLevel.Alarm)} at {ReportText.Index(DriftMeasure.Alarm)} or more, {shown.Count(d => d.Level == DriftLevel.Watch)} at {ReportText.Index(DriftMeasure.Watch)} or more.\n\n");
        if (shown.Count == 0) return;
        Table(text, ["Column", "Drift", "", "Nulls", "Different values", "Smallest", "Greatest"], shown.Take(MostChecks).Select(d => new[]
        {
            Safe(d.Column), ReportText.Index(d.Drift!.Value), ReportText.Level(d.Level),
            Pair(d, p => ReportText.Percent(p.NullFraction)), Pair(d, p => p.Distinct is { } n ? (p.DistinctIsEstimate ? "about " : "") + Human.Count(n) : ""), Pair(d, p => p.Min ?? ""), Pair(d, p => p.Max ?? ""),
        }));

        static string Pair(ColumnDrift drift, Func<ColumnProfile, string> of)
        {
            var (live, shadow) = (of(drift.Live!), of(drift.Shadow!));
            return live == shadow ? Safe(live) : Safe($"{live} → {shadow}");
        }
    }

    private static void Table(StringBuilder text, string[] titles, IEnumerable<string[]> rows)
    {
        text.Append("| ").AppendJoin(" | ", titles).Append(" |\n|").Append(string.Concat(Enumerable.Repeat(" --- |", titles.Length))).Append('\n');
        var left = 0;
        foreach (var row in rows)
        {
            var line = $"| {string.Join(" | ", row)} |\n";
            // What comes after a table is to have some room too.
            if (left > 0 || text.Length + line.Length > Longest) left++;
            else text.Append(line);
        }
        text.Append('\n');
        if (left > 0) text.Append(CultureInfo.InvariantCulture, $"… and {left} more lines, for which a comment has no room; the other reports have them.\n\n");
    }

    private static string Name(ShadowCheck check) => Safe(ReportText.Name(check));

    private static string Code(string? value, string? other) => value is null ? "*NULL*" : $"<code>{Safe(ReportText.Value(value, other))}</code>";

    /// <summary>
    /// Text that is nothing but text wherever it stands: what Markdown, HTML, or a site's own signs (@somebody, #17, a link) could mean is written by number, on one line.
    /// </summary>
    private static string Safe(string text)
    {
        var cut = text.Length > LongestText ? text[..LongestText] + "…" : text;
        var line = cut.ReplaceLineEndings("⏎");
        var link = line.Contains("www", StringComparison.OrdinalIgnoreCase);
        var safe = new StringBuilder(line.Length);
        for (var i = 0; i < line.Length; i++)
        {
            var letter = line[i];
            var within = i > 0 && i + 1 < line.Length && char.IsAsciiLetterOrDigit(line[i - 1]) && char.IsAsciiLetterOrDigit(line[i + 1]);
            var plain = letter switch
            {
                ' ' or ',' or ';' or '(' or ')' => true,
                '.' => !link,
                '-' => within,
                // Between words it may be an emoji's.
                ':' => within && char.IsAsciiDigit(line[i - 1]) && char.IsAsciiDigit(line[i + 1]),
                _ => char.IsAsciiLetterOrDigit(letter) || letter > '~',
            };
            if (ReportText.Turns(letter)) safe.Append(ReportText.Written(letter).Replace("[", "&#91;", StringComparison.Ordinal).Replace("+", "&#43;", StringComparison.Ordinal).Replace("]", "&#93;", StringComparison.Ordinal));
            else if (letter < ' ') safe.Append((char)('\u2400' + letter));
            else if (plain) safe.Append(letter);
            else safe.Append(CultureInfo.InvariantCulture, $"&#{(int)letter};");
        }
        return safe.ToString();
    }
}
