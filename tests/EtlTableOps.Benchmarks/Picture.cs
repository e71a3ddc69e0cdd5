using System.Globalization;
using System.Text;

namespace EtlTableOps.Benchmarks;

/// <summary>
/// Draws a report as one SVG: for each measure a bar for every way, as long as its median, with a whisker from the lowest to the highest run; below, how cost
/// grows with rows and with the rate of writes.
/// </summary>
internal sealed class Picture(Report report)
{
    private const int Width = 980;
    private const int Left = 330;
    private const int Right = 130;
    private const int BarHeight = 20;
    private const int ChartHeight = 240;

    private readonly StringBuilder svg = new();
    private int y = 64;

    public string Draw()
    {
        foreach (var group in report.Figures.Where(f => !Growth.IsGrowth(f.Measure) && f.Unit != "count").GroupBy(f => (f.Measure, f.Case, f.Unit))) Bars($"{group.Key.Measure}{(group.Key.Case.Length > 0 ? ", " + group.Key.Case : "")}, {group.Key.Unit}", [.. group]);
        foreach (var group in report.Figures.Where(f => Growth.IsGrowth(f.Measure)).GroupBy(f => (f.Measure, f.Unit))) Lines($"{group.Key.Measure}, {group.Key.Unit}", [.. group]);
        return $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{Width}} {{y + 16}}" width="{{Width}}" height="{{y + 16}}" font-family="system-ui, sans-serif" font-size="13">
            <style>
              svg { background: #fff; color: #1b1f24 } text { fill: currentColor } .quiet { fill: #6b7280 } .ours { fill: #1f6feb; stroke: #1f6feb } .other { fill: #b6bec9; stroke: #b6bec9 } .grid { stroke: #d8dee4 } .whisker { stroke: #1b1f24 }
              @media (prefers-color-scheme: dark) { svg { background: #0d1117; color: #e6edf3 } .quiet { fill: #8b949e } .other { fill: #4b535d; stroke: #4b535d } .grid { stroke: #30363d } .whisker { stroke: #e6edf3 } }
            </style>
            <text x="16" y="30" font-size="19" font-weight="600">What an exchange of a table costs</text>
            <text x="16" y="50" class="quiet">{{Text(report.Title)}}. Bars: median; whiskers: lowest and highest run.{{Failures()}}</text>
            {{svg}}</svg>
            """;
    }

    private string Failures()
    {
        var counts = report.Figures.Where(f => f.Unit == "count").ToList();
        return counts.Count == 0 ? "" : Invariant($" Failed statements of consumers: {counts.Sum(f => f.Value):0} in {counts.Count} exchanges.");
    }

    private void Bars(string title, IReadOnlyList<Figure> figures)
    {
        y += 24;
        svg.AppendLine(Invariant($"<text x=\"16\" y=\"{y}\" font-weight=\"600\">{Text(title)}</text>"));
        y += 8;
        var most = figures.Max(f => f.Value);
        foreach (var way in figures.GroupBy(f => (f.Way, f.Rows)))
        {
            var values = way.Select(f => f.Value).Order().ToList();
            var (low, middle, high) = (Scale(values[0]), Scale(Report.Median(values)), Scale(values[^1]));
            svg.AppendLine(Invariant($"<text x=\"{Left - 8}\" y=\"{y + 15}\" text-anchor=\"end\">{Text(way.Key.Way)}</text><rect x=\"{Left}\" y=\"{y + 2}\" width=\"{Math.Max(1, middle):0.0}\" height=\"{BarHeight - 4}\" class=\"{(way.Key.Way.StartsWith(Report.Ours, StringComparison.Ordinal) ? "ours" : "other")}\"/>"));
            if (values.Count > 1) svg.AppendLine(Invariant($"<path d=\"M{Left + low:0.0} {y + BarHeight / 2}H{Left + high:0.0}M{Left + low:0.0} {y + 6}v8M{Left + high:0.0} {y + 6}v8\" class=\"whisker\" fill=\"none\"/>"));
            svg.AppendLine(Invariant($"<text x=\"{Left + high + 8:0.0}\" y=\"{y + 15}\">{Report.Number(Report.Median(values))}</text>"));
            y += BarHeight;
        }

        double Scale(double value) => most <= 0 ? 0 : value / most * (Width - Left - Right);
    }

    /// <summary>Medians over what grows, both axes from zero, so that a straight line is a cost in proportion.</summary>
    private void Lines(string title, IReadOnlyList<Figure> figures)
    {
        y += 28;
        svg.AppendLine(Invariant($"<text x=\"16\" y=\"{y}\" font-weight=\"600\">{Text(title)}</text>"));
        var (top, bottom, from, to) = (y + 16, y + ChartHeight - 30, 90, Width - 230);
        var points = figures.Select(f => (f.Way, X: Growth.Along(f), f.Value)).ToList();
        var (mostX, mostY) = (points.Max(p => p.X), Math.Max(points.Max(p => p.Value), 1e-9));
        for (var i = 0; i <= 4; i++)
        {
            var at = bottom - (bottom - top) * i / 4.0;
            svg.AppendLine(Invariant($"<path d=\"M{from} {at:0.0}H{to}\" class=\"grid\"/><text x=\"{from - 8}\" y=\"{at + 4:0.0}\" text-anchor=\"end\" class=\"quiet\">{Report.Number(mostY * i / 4)}</text>"));
        }
        var right = double.MaxValue;
        foreach (var x in points.Select(p => p.X).Distinct().OrderDescending())
        {
            // The rightmost labels stand; what would run into its neighbour is left out.
            if (right - X(x) < 64) continue;
            right = X(x);
            svg.AppendLine(Invariant($"<text x=\"{X(x):0.0}\" y=\"{bottom + 18}\" text-anchor=\"middle\" class=\"quiet\">{Text(Growth.Label(figures[0], x))}</text>"));
        }
        var n = 0;
        var names = new List<(double Y, string Way)>();
        foreach (var way in points.GroupBy(p => p.Way))
        {
            var line = way.GroupBy(p => p.X).OrderBy(g => g.Key).Select(g => (X: X(g.Key), Y: Y(Report.Median([.. g.Select(p => p.Value).Order()])))).ToList();
            var dash = n == 0 ? "" : Invariant($" stroke-dasharray=\"{8 - Math.Min(n, 3) * 2} 4\"");
            svg.AppendLine(Invariant($"<polyline points=\"{string.Join(' ', line.Select(p => Invariant($"{p.X:0.0},{p.Y:0.0}")))}\" class=\"ours\" style=\"fill:none\" stroke-width=\"2\"{dash}/>"));
            foreach (var p in line) svg.AppendLine(Invariant($"<circle cx=\"{p.X:0.0}\" cy=\"{p.Y:0.0}\" r=\"3\" class=\"ours\"/>"));
            names.Add((line[^1].Y, way.Key));
            n++;
        }

        // Lines that end close to each other need their names apart.
        var last = double.MinValue;
        foreach (var (at, way) in names.OrderBy(p => p.Y))
        {
            last = Math.Max(at + 4, last + 16);
            svg.AppendLine(Invariant($"<text x=\"{to + 10}\" y=\"{last:0.0}\">{Text(way)}</text>"));
        }
        y += ChartHeight;

        double X(double x) => from + (to - from) * (mostX <= 0 ? 0 : x / mostX);
        double Y(double value) => bottom - (bottom - top) * value / mostY;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Text(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
