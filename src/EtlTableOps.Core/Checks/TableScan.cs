using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>
/// Everything that is asked of the rows of one side, in one statement however much it is: the content, and any number of measures of the same rows.
/// </summary>
/// <param name="Content">Which rows, and which columns the content covers.</param>
public sealed record TableScan(ContentQuery Content)
{
    /// <summary>What else is measured, over the columns of the content's source. The values follow the content's three, in this order.</summary>
    public IReadOnlyList<ScanMeasure> Measures { get; init; } = [];
}

/// <summary>One number (or smallest, greatest value) over the rows of a scan.</summary>
/// <param name="Kind">What is measured.</param>
/// <param name="Of">A condition for <see cref="ScanMeasureKind.Rows"/>, else an expression, over the source's columns.</param>
public sealed record ScanMeasure(ScanMeasureKind Kind, SqlText Of)
{
    /// <summary>The type of <see cref="Of"/> as the database writes it, where that matters: for <see cref="ScanMeasureKind.Age"/>.</summary>
    public string Type { get; init; } = "";
}

/// <summary>What a <see cref="ScanMeasure"/> measures. Each leaves null out; without a single value the number of rows is 0 and every other measure null.</summary>
public enum ScanMeasureKind
{
    /// <summary>Rows for which the condition is true.</summary>
    Rows,
    /// <summary>Rows in which the expression has a value.</summary>
    Values,
    /// <summary>The smallest value.</summary>
    Min,
    /// <summary>The greatest value.</summary>
    Max,
    /// <summary>The sum.</summary>
    Sum,
    /// <summary>The mean.</summary>
    Average,
    /// <summary>Different values, counted exactly.</summary>
    Distinct,
    /// <summary>Seconds from the greatest value, a time, to the database's clock; a time without a zone is one of UTC.</summary>
    Age,
}

/// <summary>What a scan found.</summary>
/// <param name="Content">The content.</param>
/// <param name="Measures">A value for each measure, as the driver gives it; null for SQL's null.</param>
public sealed record ScanResult(ContentSum Content, IReadOnlyList<object?> Measures);
