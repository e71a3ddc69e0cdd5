using System.Globalization;
using System.Text;
using EtlTableOps.Checks;
using EtlTableOps.Engines;

namespace EtlTableOps.Reports;

/// <summary>A column's distribution before and after as a picture: where values lie for numbers and times, bars for the most frequent values of everything else.</summary>
internal static class DistributionPicture
{
    private const int Width = 320;
    private const int Height = 96;
    private const int Bins = 32;

    /// <summary>Values of a column that has no more stand each for itself.</summary>
    private const int Few = 8;

    /// <summary>The part of the values at each end that is left out where a few far values would press the rest together.</summary>
    private const double Tail = 0.01;

    public static Html Of(ColumnDrift drift)
    {
        var profiles = new[] { drift.Live, drift.Shadow }.OfType<ColumnProfile>().ToList();
        if (profiles.TrueForAll(p => p.Top.Count == 0)) return Html.Write($"<p class=\"small\">No values.</p>");
        var few = profiles.TrueForAll(p => p.TopIsAll && p.Top.Count <= Few);
        return !few && profiles.TrueForAll(p => p.Kind != ProfileKind.Category || p.Top.Count == 0) ? Curves(drift, profiles) : Bars(drift);
    }

    private static Html Curves(ColumnDrift drift, List<ColumnProfile> profiles)
    {
        var points = profiles.SelectMany(p => p.Quantiles).Where(q => Math.Abs(q.Number) < double.MaxValue).ToList();
        if (points.Count == 0) return Bars(drift);
        var (from, to) = (points.MinBy(q => q.Number)!, points.MaxBy(q => q.Number)!);
        var (low, high) = (points.Where(q => q.Part > Tail).MinBy(q => q.Number) ?? from, points.Where(q => q.Below < 1 - Tail).MaxBy(q => q.Number) ?? to);
        var cut = to.Number - from.Number > 1.5 * (high.Number - low.Number) && high.Number > low.Number;
        if (cut) (from, to) = (low, high);
        if (to.Number <= from.Number) return Bars(drift);

        var live = drift.Live is null ? null : Parts(drift.Live, from.Number, to.Number);
        var shadow = drift.Shadow is null ? null : Parts(drift.Shadow, from.Number, to.Number);
        var most = Math.Max(live?.Max() ?? 0, shadow?.Max() ?? 0);
        if (most <= 0) return Bars(drift);
        var said = $"Where the values of {drift.Column} lie between {from.Value} and {to.Value}{(cut ? ", without the outermost hundredth at each end" : "")}. {Median("Live", drift.Live)} {Median("Shadow", drift.Shadow)}";
        return Html.Write($"""
            <figure><svg class="curve" viewBox="0 0 {Width} {Height}" preserveAspectRatio="none" role="img" aria-label="{said}">
            {(shadow is null ? Html.None : Html.Write($"<path class=\"new\" d=\"{Steps(shadow, most, closed: true)}\"/>"))}{(live is null ? Html.None : Html.Write($"<path class=\"live\" d=\"{Steps(live, most, closed: false)}\"/>"))}<path class="axis" d="M0 {Height - 0.5}H{Width}"/>
            </svg><figcaption class="ends"><span>{from.Value}</span><span>{to.Value}</span></figcaption></figure>{(cut ? Html.Write($"<p class=\"small\">Without the outermost hundredth of the values at each end.</p>") : Html.None)}
            """);
    }

    private static string Median(string side, ColumnProfile? profile) =>
        profile?.Quantiles.FirstOrDefault(q => q.Part >= 0.5) is { } median ? $"{side}: half of the values up to {median.Value}." : "";

    private static double[] Parts(ColumnProfile profile, double from, double to)
    {
        var curve = new ProfileCurve(profile);
        var step = (to - from) / Bins;
        var parts = new double[Bins];
        var before = curve.At(from, with: false);
        for (var i = 0; i < Bins; i++)
        {
            // The last bin has its end, every other one leaves it to the next.
            var upto = i == Bins - 1 ? curve.At(to, with: true) : curve.At(from + (step * (i + 1)), with: false);
            parts[i] = (upto - before) * (1 - profile.NullFraction);
            before = upto;
        }
        return parts;
    }

    private static string Steps(double[] parts, double most, bool closed)
    {
        const double room = Height - 6.0;
        var path = new StringBuilder();
        var width = (double)Width / parts.Length;
        path.Append(CultureInfo.InvariantCulture, $"M0 {Height}");
        for (var i = 0; i < parts.Length; i++) path.Append(CultureInfo.InvariantCulture, $"V{Height - (parts[i] / most * room):0.#}H{width * (i + 1):0.#}");
        path.Append(CultureInfo.InvariantCulture, $"V{Height}");
        return closed ? path.Append('Z').ToString() : path.ToString();
    }

    private static Html Bars(ColumnDrift drift)
    {
        if (new[] { drift.Live, drift.Shadow }.OfType<ColumnProfile>().All(p => p.Top.Count > Few && p.Top[0].Rows == 1)) return Html.Write($"<p class=\"small\">No value occurs twice.</p>");
        var values = new[] { drift.Live, drift.Shadow }.OfType<ColumnProfile>()
            .SelectMany(p => p.Top.Select(t => (t.Value, Part: t.Part * (1 - p.NullFraction))))
            .GroupBy(t => t.Value).Select(g => (Value: g.Key, Part: g.Max(t => t.Part))).OrderByDescending(v => v.Part).ThenBy(v => v.Value, StringComparer.Ordinal).Take(Few).ToList();
        var most = Math.Max(values.Max(v => v.Part), 0.01);
        return Html.Write($"""
            <table class="bars"><caption class="unseen">Most frequent values of {drift.Column}, by their part of all rows</caption><tbody>{values.Select(v => Html.Write($"<tr><th scope=\"row\">{Short(v.Value)}</th><td>{Bar("live", drift.Live, v.Value, most)}{Bar("new", drift.Shadow, v.Value, most)}</td><td class=\"n\">{Figure("live", drift.Live, v.Value)}{Figure("shadow", drift.Shadow, v.Value)}</td></tr>\n"))}</tbody></table>
            """);
    }

    private static double? Part(ColumnProfile? profile, string value) => profile is null ? null
        : profile.Top.FirstOrDefault(t => t.Value == value) is { } found ? found.Part * (1 - profile.NullFraction) : profile.TopIsAll || profile.Rows == 0 ? 0 : null;

    private static Html Bar(string kind, ColumnProfile? profile, string value, double most) => profile is null ? Html.None : HtmlReport.Bar((Part(profile, value) ?? 0) / most, kind);

    private static Html Figure(string side, ColumnProfile? profile, string value) => profile is null ? Html.None
        : Html.Write($"<span><span class=\"unseen\">{side} </span>{(Part(profile, value) is { } part ? ReportText.Percent(part) : "rare")}</span>");

    private static Html Short(string value) => Html.Value(value.Length > 28 ? value[..(char.IsHighSurrogate(value[26]) ? 26 : 27)] + "…" : value);
}
