using System.Globalization;
using System.Numerics;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>
/// The content of a set of rows: how many, and two sums of a hash of each row under different seeds. The order of rows does
/// not matter, pairs of equal rows do not cancel (a sum, not XOR), and contents add and subtract.
/// </summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="First">Sum of the first hash.</param>
/// <param name="Second">Sum of the second hash.</param>
public readonly record struct ContentSum(long Rows, BigInteger First, BigInteger Second)
{
    /// <summary>No rows.</summary>
    public static ContentSum Empty => default;

    /// <summary>Both together.</summary>
    public static ContentSum operator +(ContentSum a, ContentSum b) => new(a.Rows + b.Rows, a.First + b.First, a.Second + b.Second);

    /// <summary>The first without the second.</summary>
    public static ContentSum operator -(ContentSum a, ContentSum b) => new(a.Rows - b.Rows, a.First - b.First, a.Second - b.Second);

    /// <summary>Both together.</summary>
    public static ContentSum Add(ContentSum a, ContentSum b) => a + b;

    /// <summary>The first without the second.</summary>
    public static ContentSum Subtract(ContentSum a, ContentSum b) => a - b;

    /// <summary>Rows and sums in one line, to be read back by <see cref="Parse"/>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rows}:{First}:{Second}");

    /// <summary>Reads <see cref="ToString"/> back.</summary>
    public static ContentSum Parse(string text)
    {
        var parts = text.Split(':');
        return new ContentSum(
            long.Parse(parts[0], CultureInfo.InvariantCulture),
            BigInteger.Parse(parts[1], CultureInfo.InvariantCulture),
            BigInteger.Parse(parts[2], CultureInfo.InvariantCulture));
    }
}

/// <summary>Which rows and columns a <see cref="ContentSum"/> covers.</summary>
public sealed record ContentQuery
{
    /// <summary>The table that is read, or null when <see cref="Query"/> is.</summary>
    public TableName? From { get; init; }

    /// <summary>A whole query whose result is read instead of a table.</summary>
    public SqlText? Query { get; init; }

    /// <summary>The moment as of which <see cref="From"/> is read, where no log says it; null for now.</summary>
    public PastMoment? AsOf { get; init; }

    /// <summary>The columns in canonical order: expression over the source, and the type as which it is stored.</summary>
    public required IReadOnlyList<ContentColumn> Columns { get; init; }

    /// <summary>Only these rows, or null for all.</summary>
    public SqlText? Where { get; init; }

    /// <summary>
    /// Whether the sums must add up with those of other rows; where they need not, an engine may take a hash of its own over all rows at once.
    /// </summary>
    public bool Additive { get; init; } = true;

    /// <summary>Rows whose key stands in this log are left out, because they are still to be brought over.</summary>
    public ChangeLog? ExceptLogged { get; init; }
}

/// <summary>A column of a content query.</summary>
/// <param name="Expression">SQL over the source's columns.</param>
/// <param name="Type">The type in which the shadow stores it; the value is brought to it before it is hashed.</param>
/// <param name="Collation">The collation of the stored column, or null.</param>
public sealed record ContentColumn(SqlText Expression, string Type, string? Collation = null);
