using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>Asks for the distributions of columns in the live table and in the shadow.</summary>
public sealed record DistributionRequest
{
    /// <summary>Rows in the sample where nothing is given: 100,000.</summary>
    public const long DefaultSampleRows = 100_000;

    /// <summary>Only these columns; null for all.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>
    /// About so many rows are looked at for different values, quantiles and top values where a table has more; nulls, the smallest and the greatest value always come from all rows. 0 looks at all.
    /// </summary>
    public long SampleRows { get; init; } = DefaultSampleRows;

    /// <summary>What the shadow is held against.</summary>
    public DistributionBase Against { get; init; }

    /// <summary>Only rows for which this holds on both sides; null for all.</summary>
    internal SqlText? Where { get; init; }
}

/// <summary>What a shadow's distributions are held against.</summary>
public enum DistributionBase
{
    /// <summary>The live table as it is.</summary>
    Live,
    /// <summary>The profile of what went live last, as the journal keeps it.</summary>
    Last,
}

/// <summary>What was found, and asked.</summary>
/// <param name="Columns">The columns of the live table in their order, then those that only the shadow has.</param>
/// <param name="Statements">The statements that were run.</param>
internal sealed record Distributions(IReadOnlyList<ColumnDrift> Columns, IReadOnlyList<Sql> Statements);
