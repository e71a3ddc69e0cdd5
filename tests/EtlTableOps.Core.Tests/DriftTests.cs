using System.Globalization;
using EtlTableOps.Checks;
using EtlTableOps.Engines;
using FsCheck;
using FsCheck.Fluent;

namespace EtlTableOps.Core.Tests;

/// <summary>The measure of drift over profiles that are computed here from their values.</summary>
public sealed class DriftTests
{
    private static readonly Gen<int?[]> Values = Gen.OneOf(Gen.Choose(-3, 3), Gen.Choose(-1000, 1000)).Select(v => v % 13 == 0 ? (int?)null : v).ArrayOf();

    private static readonly Arbitrary<int?[]> Some = Values.ToArbitrary();

    private static double Drift(ColumnProfile live, ColumnProfile shadow) => DriftMeasure.Compare("c", live, shadow).Drift!.Value;

    [Fact]
    public void Equal_distributions_do_not_drift_whatever_the_number_of_rows()
    {
        Prop.ForAll(Some, values => Both(kind => Drift(Profile(values, kind), Profile(values, kind)) == 0 && Math.Abs(Drift(Profile(values, kind), Profile([.. values, .. values, .. values], kind))) < 1e-9)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Drift_is_a_number_and_never_negative()
    {
        Prop.ForAll(Some, Some, (a, b) => Both(kind => Drift(Profile(a, kind), Profile(b, kind)) is var drift && double.IsFinite(drift) && drift >= 0)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Drift_over_frequent_values_is_the_same_from_both_sides()
    {
        Prop.ForAll(Some, Some, (a, b) => Math.Abs(Drift(Profile(a, ProfileKind.Category), Profile(b, ProfileKind.Category)) - Drift(Profile(b, ProfileKind.Category), Profile(a, ProfileKind.Category))) < 1e-9).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(3, DriftLevel.None)]
    [InlineData(80, DriftLevel.Watch)]
    [InlineData(100, DriftLevel.Alarm)]
    [InlineData(2000, DriftLevel.Alarm)]
    [InlineData(-2000, DriftLevel.Alarm)]
    public void A_shift_is_measured_by_its_size(int shift, DriftLevel expected)
    {
        var live = Enumerable.Range(0, 1000).Select(i => (int?)i).ToArray();
        var drift = DriftMeasure.Compare("c", Profile(live), Profile([.. live.Select(v => v + shift)]));
        Assert.True(expected == drift.Level, $"{drift.Drift} is {drift.Level}");
    }

    /// <summary>By the formula, by hand: bins of (0.5, 0.5) against (0.8, 0.2), none null: 0.3 · ln 1.6 + (−0.3) · ln 0.4.</summary>
    [Fact]
    public void The_index_is_the_published_one()
    {
        var (live, shadow) = (Two(50, 50), Two(80, 20));
        var expected = (0.3 * Math.Log(1.6)) - (0.3 * Math.Log(0.4));
        Assert.Equal(expected, Drift(Profile(live), Profile(shadow)), 1e-9);
        Assert.Equal(expected, Drift(Profile(live, ProfileKind.Category), Profile(shadow, ProfileKind.Category)), 1e-9);

        static int?[] Two(int zeros, int ones) => [.. Enumerable.Repeat((int?)0, zeros), .. Enumerable.Repeat((int?)1, ones)];
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public void A_single_value_that_becomes_another_is_noticed(int other)
    {
        Assert.True(Drift(Profile([.. Enumerable.Repeat((int?)0, 100)]), Profile([.. Enumerable.Repeat((int?)other, 100)])) > DriftMeasure.Alarm);
    }

    [Fact]
    public void A_new_frequent_value_is_worth_a_look_and_a_rare_one_is_not()
    {
        var live = Enumerable.Range(0, 1000).Select(i => (int?)(i % 4)).ToArray();
        Assert.True(Drift(Profile(live, ProfileKind.Category), Profile([.. live.Skip(30), .. Enumerable.Repeat((int?)99, 30)], ProfileKind.Category)) > DriftMeasure.Watch);
        Assert.True(Drift(Profile(live, ProfileKind.Category), Profile([.. live.Skip(3), .. Enumerable.Repeat((int?)99, 3)], ProfileKind.Category)) < 0.01);
    }

    [Fact]
    public void Many_rare_values_are_no_drift()
    {
        Assert.True(Drift(Profile([.. Enumerable.Range(0, 3000).Select(i => (int?)i)], ProfileKind.Category), Profile([.. Enumerable.Range(5000, 3000).Select(i => (int?)i)], ProfileKind.Category)) < 0.01);
    }

    private static bool Both(Func<ProfileKind, bool> holds) => holds(ProfileKind.Number) && holds(ProfileKind.Category);

    /// <summary>What a database would say of these values.</summary>
    private static ColumnProfile Profile(int?[] all, ProfileKind kind = ProfileKind.Number)
    {
        var values = all.OfType<int>().Order().ToList();
        var groups = values.GroupBy(v => v).Select(g => (Value: g.Key, Rows: g.Count())).ToList();
        var points = new List<Quantile>();
        var before = 0;
        foreach (var (value, rows) in groups)
        {
            var upto = before + rows;
            if (before == 0 || 100L * upto / values.Count > 100L * before / values.Count)
                points.Add(new Quantile((double)before / values.Count, (double)upto / values.Count, Text(value), value));
            before = upto;
        }
        var top = groups.OrderByDescending(g => g.Rows).ThenBy(g => g.Value).Where((g, i) => i < 10 || 200 * g.Rows >= values.Count).ToList();
        return new ColumnProfile
        {
            Column = "c",
            Type = "integer",
            Kind = kind,
            Rows = all.Length,
            Nulls = all.Length - values.Count,
            Distinct = groups.Count,
            Quantiles = kind == ProfileKind.Number ? points : [],
            Top = [.. top.Select(g => new ValueCount(Text(g.Value), g.Rows, (double)g.Rows / values.Count))],
            TopIsAll = top.Count == groups.Count,
        };

        static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
    }
}
