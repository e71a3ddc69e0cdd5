namespace EtlTableOps.Checks;

/// <summary>
/// How the rows of a comparison are cut into buckets: by their key's hash, or, where the key is one whole number that the database finds rows by, by ranges of its values. Then a bucket's rows
/// are found again without the rest of the table being read.
/// </summary>
/// <param name="Bits">There are at most 2 to the power of it buckets.</param>
public sealed record KeyCut(int Bits)
{
    /// <summary>The smallest value of either side, with which bucket 0 begins; null for a cut by hash.</summary>
    public long? From { get; init; }

    /// <summary>How many values fall into a bucket.</summary>
    public long Width { get; init; } = 1;

    /// <summary>Ranges that are as wide as each other; null where the values lie too far apart to be counted.</summary>
    /// <param name="bits">There are at most 2 to the power of it.</param>
    /// <param name="least">The smallest value.</param>
    /// <param name="most">The greatest.</param>
    public static KeyCut? ByValue(int bits, long least, long most)
    {
        const long far = 1L << 60;
        return least < -far || most > far || least > most ? null : new KeyCut(bits) { From = least, Width = ((most - least) >> bits) + 1 };
    }
}

/// <summary>Some of the buckets.</summary>
/// <param name="Cut">What they are buckets of.</param>
/// <param name="Numbers">Their numbers, ascending, at least one.</param>
public sealed record BucketChoice(KeyCut Cut, IReadOnlyList<long> Numbers)
{
    /// <summary>Whether there is no gap between them.</summary>
    public bool Unbroken => Numbers[^1] - Numbers[0] + 1 == Numbers.Count;

    /// <summary>Of buckets by value, the smallest and the greatest value of each stretch without a gap.</summary>
    public IReadOnlyList<(long First, long Last)> Ranges
    {
        get
        {
            var ranges = new List<(long First, long Last)>();
            foreach (var number in Numbers)
            {
                var first = Cut.From!.Value + (number * Cut.Width);
                var last = first + Cut.Width - 1;
                if (ranges.Count > 0 && ranges[^1].Last == first - 1) ranges[^1] = (ranges[^1].First, last);
                else ranges.Add((first, last));
            }
            return ranges;
        }
    }
}

/// <summary>Which rows are asked for one by one, and how much of them. Without buckets and keys it is all.</summary>
public sealed record RowChoice
{
    /// <summary>Only those in these buckets by hash.</summary>
    public BucketChoice? Buckets { get; init; }

    /// <summary>Only those whose key has one of these hashes.</summary>
    public IReadOnlyList<long> KeyHashes { get; init; } = [];

    /// <summary>Also their values as text.</summary>
    public bool Shown { get; init; }

    /// <summary>So many rows at most; null for all.</summary>
    public int? Most { get; init; }
}
