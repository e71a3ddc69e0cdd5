using System.Globalization;
using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>
/// How far two distributions are apart: the population stability index, Σ (s − l) · ln(s ÷ l) over bins, where l is the part of the live table's rows in a bin and s the part of the shadow's. It is
/// symmetric, 0 for equal distributions and knows no upper limit.
/// </summary>
/// <remarks>
/// <para>Numbers and times: the live side's tenths are the bins, the outer two without end, and a value that a tenth of the values or more are is a bin of its own. Everything else, and a column that is
/// numbers on one side alone: each value that a hundredth of the values of either side are, and the rest together. Rows without a value are a bin of their own in both.</para>
/// <para>What a curve of about a hundred points does not say between two of them is taken to lie evenly, so that a bin's part is exact within a hundredth, and exact for equal tables.</para>
/// </remarks>
public static class DriftMeasure
{
    /// <summary>From here on a change is worth a look: 0.1, as is usual for the index.</summary>
    public const double Watch = 0.1;

    /// <summary>From here on it is another distribution: 0.25, as is usual for the index.</summary>
    public const double Alarm = 0.25;

    /// <summary>An empty bin counts as this part, because the index has no value for none.</summary>
    public const double Least = 0.0001;

    private const int Bins = 10;
    private const double Frequent = 0.01;

    /// <summary>Compares what is there on both sides.</summary>
    /// <param name="column">The column.</param>
    /// <param name="live">What it was; null for an added column.</param>
    /// <param name="shadow">What it is; null for a dropped one.</param>
    public static ColumnDrift Compare(string column, ColumnProfile? live, ColumnProfile? shadow)
    {
        if (live is null || shadow is null) return new ColumnDrift(column, live, shadow);
        var curves = live.Kind != ProfileKind.Category && live.Kind == shadow.Kind;
        var drift = curves ? OverCurves(live, shadow) : OverValues(live, shadow);
        return new ColumnDrift(column, live, shadow)
        {
            Drift = drift,
            Measure = curves ? "quantiles" : "top values",
            Level = Judge(drift),
        };
    }

    /// <summary>What a drift means.</summary>
    public static DriftLevel Judge(double drift) => drift >= Alarm ? DriftLevel.Alarm : drift >= Watch ? DriftLevel.Watch : DriftLevel.None;

    private static double OverCurves(ColumnProfile live, ColumnProfile shadow)
    {
        var (was, at) = (new ProfileCurve(live), new ProfileCurve(shadow));
        var cuts = Cuts(live.Quantiles.Count > 0 ? live.Quantiles : shadow.Quantiles);
        return Index([.. Parts(live, was, cuts).Zip(Parts(shadow, at, cuts))]);
    }

    /// <summary>Where bins end: at a value, or just before it.</summary>
    private static List<(double Number, bool With)> Cuts(IReadOnlyList<Quantile> points)
    {
        var cuts = new SortedSet<(double Number, bool With)>();
        for (var tenth = 1; tenth < Bins; tenth++)
        {
            if (points.FirstOrDefault(p => p.Part >= (double)tenth / Bins) is { } end) cuts.Add((end.Number, true));
        }
        // Several points may stand for one number: a double does not tell great numbers apart.
        foreach (var heavy in points.GroupBy(p => p.Number).Where(g => g.Max(p => p.Part) - g.Min(p => p.Below) >= 1.0 / Bins))
        {
            cuts.Add((heavy.Key, false));
            cuts.Add((heavy.Key, true));
        }
        return [.. cuts];
    }

    private static IEnumerable<double> Parts(ColumnProfile profile, ProfileCurve curve, List<(double Number, bool With)> cuts)
    {
        if (profile.Rows == 0) return Enumerable.Repeat(0.0, cuts.Count + 2);
        var values = 1 - profile.NullFraction;
        var parts = new List<double> { profile.NullFraction };
        var before = 0.0;
        foreach (var (number, with) in cuts)
        {
            var upto = curve.At(number, with);
            parts.Add((upto - before) * values);
            before = upto;
        }
        parts.Add((1 - before) * values);
        return parts;
    }

    private static double OverValues(ColumnProfile live, ColumnProfile shadow)
    {
        // A number may be written in another way in its new type.
        var numbers = live.Kind != shadow.Kind;
        var (was, at) = (ByValue(live, numbers), ByValue(shadow, numbers));
        var bins = was.Concat(at).Where(v => v.Value >= Frequent).Select(v => v.Key).Distinct().ToList();
        var parts = new List<(double, double)> { (live.NullFraction, shadow.NullFraction) };
        var (restLive, restShadow) = (Values(live), Values(shadow));
        foreach (var value in bins)
        {
            var pair = (Part(live, was, value), Part(shadow, at, value));
            parts.Add(pair);
            restLive -= pair.Item1;
            restShadow -= pair.Item2;
        }
        parts.Add((restLive, restShadow));
        return Index(parts);
    }

    private static Dictionary<string, double> ByValue(ColumnProfile profile, bool numbers) =>
        profile.Top.GroupBy(v => numbers ? Canonical(v.Value) : v.Value).ToDictionary(g => g.Key, g => g.Sum(v => v.Part), StringComparer.Ordinal);

    private static string Canonical(string value) =>
        decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (number / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture) : value;

    /// <summary>A value that is not listed is none of the frequent ones: half of what would have listed it.</summary>
    private static double Part(ColumnProfile profile, Dictionary<string, double> byValue, string value) =>
        Values(profile) * (byValue.TryGetValue(value, out var part) ? part : profile.TopIsAll || byValue.Count == 0 ? 0 : Math.Min(byValue.Values.Min(), 1.0 / ProfileStatements.Frequent) / 2);

    private static double Values(ColumnProfile profile) => profile.Rows == 0 ? 0 : 1 - profile.NullFraction;

    private static double Index(IReadOnlyList<(double Live, double Shadow)> parts)
    {
        var sum = 0.0;
        foreach (var (live, shadow) in parts)
        {
            var (l, s) = (Math.Max(live, Least), Math.Max(shadow, Least));
            sum += (s - l) * Math.Log(s / l);
        }
        return sum;
    }
}
