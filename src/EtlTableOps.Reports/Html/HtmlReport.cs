using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EtlTableOps.Checks;
using EtlTableOps.Observability;

namespace EtlTableOps.Reports;

/// <summary>
/// A page for people, whole in one file: no script, no request, nothing from elsewhere; a policy in the page forbids it too. The verdict first, then what is wrong, then what is right.
/// </summary>
internal static class HtmlReport
{
    private static readonly string Style = ReadStyle();

    /// <summary>The one style sheet that the policy lets through.</summary>
    private static readonly string StyleHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    public static string Render(Report report) => Html.Write($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{new Html(StyleHash)}'; base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>{(report.Passed ? "Passed" : "Failed")}: {report.Subject}</title>
        <style>{new Html(Style)}</style>
        </head>
        <body>
        <main>
        {Head(report)}
        {Body(report)}
        <footer><p>{Report.Tool}. Everything on this page stands in this file; nothing is loaded from elsewhere.</p></footer>
        </main>
        </body>
        </html>

        """).Markup;

    private static Html Head(Report report)
    {
        var test = report.Test;
        var (failed, warned) = (test?.Checks.Count(c => !c.Passed) ?? 0, test?.Checks.Count(c => c.Passed && c.Warned) ?? 0);
        var drifted = test?.Distributions.Count(d => d.Level != DriftLevel.None) ?? 0;
        var counts = test is null ? [Count(ReportText.Counts(report.Differences!), report.Passed ? "good" : "bad")] : new List<Html>
        {
            Count($"{test.Checks.Count - failed} of {test.Checks.Count} checks passed", failed == 0 ? "good" : "bad"),
            warned > 0 ? Count($"{warned} {(warned == 1 ? "warning" : "warnings")}", "warn") : Html.None,
            drifted > 0 ? Count($"{drifted} {(drifted == 1 ? "column drifts" : "columns drift")}", "warn") : Html.None,
        };
        return Html.Write($"""
            <header class="verdict {(report.Passed ? "good" : "bad")}">
            <p class="word">{Glyph(report.Passed ? "good" : "bad")}<strong>{(report.Passed ? "Passed" : "Failed")}</strong></p>
            <h1>{report.Verdict}</h1>
            <p class="counts">{counts}</p>
            <dl class="facts">{report.Facts.Select(f => Html.Write($"<div><dt>{f.Name}</dt><dd>{f.Value}</dd></div>"))}</dl>
            </header>
            """);
    }

    private static Html Body(Report report)
    {
        var test = report.Test;
        var parts = new List<Html>();
        if (test is not null)
        {
            parts.Add(Section("failed", "Failed checks", test.Checks.Where(c => !c.Passed).Select(c => Card(c, "bad"))));
            parts.Add(Section("warnings", "Warnings", test.Checks.Where(c => c.Passed && c.Warned).Select(c => Card(c, "warn"))));
        }
        if (report.Differences is { } differences) parts.Add(HtmlDifferences.Of(differences));
        if (test is not null)
        {
            parts.Add(Structure(test.Structure));
            parts.Add(HtmlDistributions.Of(test.Distributions));
            parts.Add(Passed([.. test.Checks.Where(c => c.Passed && !c.Warned)]));
            parts.Add(Timings(test));
            parts.Add(Statements(test.Statements));
        }
        return Html.Join(parts);
    }

    /// <summary>A section, or nothing where there is nothing in it.</summary>
    internal static Html Section(string id, string title, IEnumerable<Html> content)
    {
        var all = content.ToList();
        return all.Count == 0 ? Html.None : Html.Write($"<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{title}</h2>{all}</section>\n");
    }

    /// <summary>A table that becomes a list of cards where there is no room. The roles stay a table's for who listens.</summary>
    internal static Html Table(string caption, IReadOnlyList<string> titles, IEnumerable<IReadOnlyList<Html>> rows, string kind = "") => Html.Write($"""
        <table role="table" class="stack {kind}"><caption>{caption}</caption>
        <thead role="rowgroup"><tr role="row">{titles.Select(t => Html.Write($"<th role=\"columnheader\" scope=\"col\">{t}</th>"))}</tr></thead>
        <tbody role="rowgroup">{rows.Select(row => Html.Write($"<tr role=\"row\">{row.Select((cell, i) => i == 0 ? Html.Write($"<th role=\"rowheader\" scope=\"row\" data-label=\"{titles[i]}\">{cell}</th>") : Html.Write($"<td role=\"cell\" data-label=\"{titles[i]}\">{cell}</td>"))}</tr>\n"))}</tbody></table>
        """);

    /// <summary>A sign that says with its form what its colour says too.</summary>
    internal static Html Glyph(string kind) => kind switch
    {
        "good" => Html.Write($"<svg class=\"glyph\" viewBox=\"0 0 20 20\" aria-hidden=\"true\"><circle cx=\"10\" cy=\"10\" r=\"9\"/><path d=\"M5.5 10.5l3 3 6-7\"/></svg>"),
        "bad" => Html.Write($"<svg class=\"glyph\" viewBox=\"0 0 20 20\" aria-hidden=\"true\"><path class=\"body\" d=\"M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z\"/><path d=\"M6.5 6.5l7 7m0-7l-7 7\"/></svg>"),
        _ => Html.Write($"<svg class=\"glyph\" viewBox=\"0 0 20 20\" aria-hidden=\"true\"><path class=\"body\" d=\"M10 1.5L19 18H1z\"/><path d=\"M10 7.5v5m0 2.2v.3\"/></svg>"),
    };

    private static Html Count(string text, string kind) => Html.Write($"<span class=\"badge {kind}\">{Glyph(kind)}{text}</span>");

    private static Html Card(ShadowCheck check, string kind) => Html.Write($"""
        <article class="card {kind}"><h3>{Glyph(kind)}<span>{ReportText.Name(check)}</span></h3><p>{check.Message}</p>
        <dl class="pair"><div><dt>Expected</dt><dd>{Html.Value(check.Expected)}</dd></div><div><dt>Found</dt><dd>{Html.Value(check.Found)}</dd></div>{(check.DefinedAt is null ? Html.None : Html.Write($"<div><dt>Defined at</dt><dd>{check.DefinedAt}</dd></div>"))}</dl></article>
        """);

    private static Html Structure(IReadOnlyList<StructureDifference> structure) => structure.Count == 0 ? Html.None : Section("structure", "Structure that is not as it was",
    [
        Table("What was declared of each column and of all that hangs on the table, and what is there", ["Kind", "Name", "Live table", "Declared", "Shadow", "Verdict"], structure.Select(s => new[]
        {
            Html.Write($"{s.Kind}"), Html.Write($"{s.Name}"), Type(s.Live, "not there"), Type(s.Declared, s.Live is null ? "not declared" : "dropped"), Type(s.Shadow, "not there"),
            Count(s.AsDeclared ? "as declared" : "not as declared", s.AsDeclared ? "good" : "bad"),
        })),
    ]);

    private static Html Type(string? type, string none) => type is null ? Html.Write($"<em class=\"null\">{none}</em>") : Html.Write($"<code>{type}</code>");

    private static Html Passed(List<ShadowCheck> checks) => checks.Count == 0 ? Html.None : Section("passed", "What was proven",
    [
        Html.Write($"<details><summary>{checks.Count} {(checks.Count == 1 ? "check" : "checks")} passed</summary>"),
        Table("Checks that passed", ["Check", "Found", "What it means"], checks.Select(c => new[] { Html.Write($"{Glyph("good")}{ReportText.Name(c)}"), Html.Write($"{c.Found}"), Html.Write($"{c.Message}") }), "wide"),
        Html.Write($"</details>"),
    ]);

    private static Html Timings(ShadowTestResult test)
    {
        // Checks that were read in one scan have the scan's time each: it is told once.
        var timed = test.Checks.Where(c => c.Elapsed > TimeSpan.Zero).GroupBy(c => c.Elapsed).Select(g => (What: string.Join(", ", g.Select(ReportText.Name)), g.Key)).OrderByDescending(g => g.Key).ToList();
        if (timed.Count == 0) return Html.None;
        var all = Math.Max(test.Elapsed.TotalSeconds, timed[0].Key.TotalSeconds);
        return Section("timings", "Where the time went",
        [
            Html.Write($"<details><summary>{Human.Duration(test.Elapsed)} in all</summary>"),
            Table("Time of each check; checks that were read in one scan stand together", ["Check", "Time", "Part of the whole"], timed.Select(t => new[]
            {
                Html.Write($"{t.What}"), Html.Write($"{Human.Duration(t.Key)}"), Bar(t.Key.TotalSeconds / all, "new"),
            })),
            Html.Write($"</details>"),
        ]);
    }

    /// <summary>A bar of a part from 0 to 1; the figure stands beside it.</summary>
    internal static Html Bar(double part, string kind) =>
        Html.Write($"<svg class=\"bar {kind}\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{Math.Clamp(part * 100, 0, 100)}\" height=\"8\"/></svg>");

    private static Html Statements(IReadOnlyList<string> statements) => statements.Count == 0 ? Html.None : Section("statements", "Statements",
    [
        Html.Write($"<details><summary>{statements.Count.ToString(CultureInfo.InvariantCulture)} statements read the rows</summary><ol class=\"sql\">{statements.Select(s => Html.Write($"<li><pre tabindex=\"0\"><code>{s}</code></pre></li>"))}</ol></details>"),
    ]);

    private static string ReadStyle()
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
