using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>Two sides ready to be compared: the same columns in the same order, hashed alike.</summary>
internal sealed record ComparedPair
{
    /// <summary>What there should be, for people.</summary>
    public required string ExpectedName { get; init; }

    /// <summary>What there is.</summary>
    public required string ActualName { get; init; }

    /// <summary>What there should be: all columns that are compared, those with a tolerance too.</summary>
    public required HashedRows Expected { get; init; }

    /// <summary>What there is, likewise.</summary>
    public required HashedRows Actual { get; init; }

    /// <summary>The key's columns; none where whole rows are compared.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>The names of the content's columns.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Tolerances, by their columns' names.</summary>
    public IReadOnlyDictionary<string, LooseColumn> Tolerances { get; init; } = new Dictionary<string, LooseColumn>();

    /// <summary>What was not compared to the letter.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Rows of the bigger side, as far as anybody knows; -1 for not at all.</summary>
    public long EstimatedRows { get; init; } = -1;

    /// <summary>Rows on the side of what there is that came by another way than the declared one; which ones is not known.</summary>
    public long Imported { get; init; }

    /// <summary>The columns that are compared to the letter.</summary>
    public IReadOnlyList<string> StrictColumns => [.. Columns.Where(c => !Tolerances.ContainsKey(c))];

    /// <summary>The columns with a tolerance, in their order.</summary>
    public IReadOnlyList<LooseColumn> LooseColumns => [.. Columns.Where(Tolerances.ContainsKey).Select(c => Tolerances[c])];

    /// <summary>One side with the tolerant columns taken out of the row's hash and brought along as text.</summary>
    public HashedRows Split(bool expected)
    {
        var side = expected ? Expected : Actual;
        if (Tolerances.Count == 0) return side;
        var strict = Columns.Select((name, i) => (name, i)).Where(c => !Tolerances.ContainsKey(c.name)).Select(c => side.Content.Columns[c.i]);
        return side with { Content = side.Content with { Columns = [.. strict] }, Loose = [.. LooseColumns.Select(l => expected ? l.Expected : l.Actual)] };
    }
}

/// <summary>A column that is compared with a tolerance, as canonical text of both sides.</summary>
internal sealed record LooseColumn(Tolerance Tolerance, ContentColumn Expected, ContentColumn Actual);

/// <summary>When a search ends although there may be more to find.</summary>
/// <param name="MaxDifferences">After so many rows.</param>
/// <param name="TimeLimit">After so long; null for no limit.</param>
internal sealed record SearchLimits(int MaxDifferences, TimeSpan? TimeLimit);
