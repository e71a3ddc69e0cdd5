namespace EtlTableOps.Checks;

/// <summary>How the values of a column are distributed.</summary>
public sealed record ColumnProfile
{
    /// <summary>The column.</summary>
    public required string Column { get; init; }

    /// <summary>Its type as the database writes it.</summary>
    public required string Type { get; init; }

    /// <summary>Rows that the profile speaks of.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows without a value.</summary>
    public required long Nulls { get; init; }

    /// <summary>The part of the rows without a value, from 0 to 1; 0 for no rows.</summary>
    public double NullFraction => Rows == 0 ? 0 : (double)Nulls / Rows;

    /// <summary>How many different values there are; null where the type has no such thing.</summary>
    public long? Distinct { get; init; }

    /// <summary>Whether <see cref="Distinct"/> is an estimate.</summary>
    public bool DistinctIsEstimate { get; init; }

    /// <summary>The smallest value as text; null without one.</summary>
    public string? Min { get; init; }

    /// <summary>The greatest.</summary>
    public string? Max { get; init; }

    /// <summary>Of numbers and times: values below which this part of the rows lies, ascending.</summary>
    public IReadOnlyList<Quantile> Quantiles { get; init; } = [];

    /// <summary>The most frequent values, most frequent first.</summary>
    public IReadOnlyList<ValueCount> Top { get; init; } = [];

    /// <summary>Rows in the sample that quantiles and top values come from; null when they come from all rows.</summary>
    public long? SampledRows { get; init; }
}

/// <summary>A value below or at which a part of the values lies.</summary>
/// <param name="Part">From 0 to 1.</param>
/// <param name="Value">As text.</param>
/// <param name="Number">As a number that can be drawn; of a time, seconds since 1970 UTC.</param>
public sealed record Quantile(double Part, string Value, double Number);

/// <summary>How often a value occurs.</summary>
/// <param name="Value">As text.</param>
/// <param name="Rows">Rows that have it.</param>
public sealed record ValueCount(string Value, long Rows);

/// <summary>A column's distribution before and after, and how far they are apart.</summary>
/// <param name="Column">The column.</param>
/// <param name="Live">In the live table; null for an added column.</param>
/// <param name="Shadow">In the shadow; null for a dropped one.</param>
public sealed record ColumnDrift(string Column, ColumnProfile? Live, ColumnProfile? Shadow)
{
    /// <summary>How far apart, by <see cref="Measure"/>; null where one of them is missing.</summary>
    public double? Drift { get; init; }

    /// <summary>The measure's name.</summary>
    public string Measure { get; init; } = "";
}
