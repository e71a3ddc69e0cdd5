using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>How the values of a column are distributed.</summary>
public sealed record ColumnProfile
{
    /// <summary>Characters of a long text that are shown; it is told apart by all of it.</summary>
    public const int LongestText = 80;

    /// <summary>The column.</summary>
    public required string Column { get; init; }

    /// <summary>Its type as the database writes it.</summary>
    public required string Type { get; init; }

    /// <summary>What its values are: numbers and times have quantiles.</summary>
    public ProfileKind Kind { get; init; }

    /// <summary>Rows that the profile speaks of.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows without a value.</summary>
    public required long Nulls { get; init; }

    /// <summary>The part of the rows without a value, from 0 to 1; 0 for no rows.</summary>
    public double NullFraction => Rows == 0 ? 0 : (double)Nulls / Rows;

    /// <summary>How many different values there are; null where nobody counted.</summary>
    public long? Distinct { get; init; }

    /// <summary>Whether <see cref="Distinct"/> is an estimate.</summary>
    public bool DistinctIsEstimate { get; init; }

    /// <summary>The smallest value as text; null without one, and for types whose order says nothing.</summary>
    public string? Min { get; init; }

    /// <summary>The greatest.</summary>
    public string? Max { get; init; }

    /// <summary>Of numbers and times: the points of the curve that says which part of the values lies up to where, ascending; about a hundred at most. Null is no value.</summary>
    public IReadOnlyList<Quantile> Quantiles { get; init; } = [];

    /// <summary>The most frequent values, most frequent first: ten, and every other that one value in two hundred is.</summary>
    public IReadOnlyList<ValueCount> Top { get; init; } = [];

    /// <summary>Whether <see cref="Top"/> has every value that there is in the sample.</summary>
    public bool TopIsAll { get; init; }

    /// <summary>Rows in the sample that quantiles and top values come from; null when they come from all rows.</summary>
    public long? SampledRows { get; init; }

    /// <summary>What a person should know: a type whose values are told apart by their text; null for nothing.</summary>
    public string? Note { get; init; }
}

/// <summary>A point of the curve of a column's values.</summary>
/// <param name="Below">The part of the values that are smaller, from 0 to 1.</param>
/// <param name="Part">The part of the values that are smaller or equal.</param>
/// <param name="Value">The value as text.</param>
/// <param name="Number">As a number that can be drawn; of a time, seconds since 1970 UTC. What is not finite is the greatest, or the smallest, double.</param>
public sealed record Quantile(double Below, double Part, string Value, double Number);

/// <summary>How often a value occurs.</summary>
/// <param name="Value">As text; a long one is cut to <see cref="ColumnProfile.LongestText"/> characters and ends with <c>…</c> and a hash of the whole.</param>
/// <param name="Rows">Rows of the sample that have it.</param>
/// <param name="Part">The part of the sample's values, from 0 to 1.</param>
public sealed record ValueCount(string Value, long Rows, double Part);

/// <summary>How far apart two distributions are, by the thresholds that are in use for the population stability index.</summary>
public enum DriftLevel
{
    /// <summary>Below <see cref="DriftMeasure.Watch"/>, or not compared.</summary>
    None,
    /// <summary>From <see cref="DriftMeasure.Watch"/> on.</summary>
    Watch,
    /// <summary>From <see cref="DriftMeasure.Alarm"/> on.</summary>
    Alarm,
}

/// <summary>A column's distribution before and after, and how far they are apart.</summary>
/// <param name="Column">The column.</param>
/// <param name="Live">In the live table; null for an added column.</param>
/// <param name="Shadow">In the shadow; null for a dropped one.</param>
public sealed record ColumnDrift(string Column, ColumnProfile? Live, ColumnProfile? Shadow)
{
    /// <summary>How far apart, by <see cref="Measure"/>: 0 for equal; null where one of them is missing.</summary>
    public double? Drift { get; init; }

    /// <summary>The measure: the population stability index over <c>quantiles</c>, or over <c>top values</c>; empty where nothing was compared.</summary>
    public string Measure { get; init; } = "";

    /// <summary>What the drift means.</summary>
    public DriftLevel Level { get; init; }

    /// <summary>The shadow's part of rows without a value less the live table's, from -1 to 1; null where one of them is missing.</summary>
    public double? NullDifference => Live is null || Shadow is null ? null : Shadow.NullFraction - Live.NullFraction;

    /// <summary>What the live side is, where it is not the live table: an earlier profile, say.</summary>
    public string? Against { get; init; }
}
