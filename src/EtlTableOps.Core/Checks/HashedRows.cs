namespace EtlTableOps.Checks;

/// <summary>
/// The rows of one side of a comparison, each with two hashes: one of its key, by which rows are found and put in order, and one of all that is compared.
/// The key's hash is a whole number from 0 on with <see cref="KeyBits"/> bits; its highest bits number the bucket that the row falls into.
/// </summary>
/// <param name="Content">Which rows; its columns are those of the row's hash, the key's among them.</param>
public sealed record HashedRows(ContentQuery Content)
{
    /// <summary>Bits of a key's hash.</summary>
    public const int KeyBits = 60;

    /// <summary>The key's columns; empty where a row is told apart by nothing but itself, so that its own hash is its key's.</summary>
    public IReadOnlyList<ContentColumn> Key { get; init; } = [];

    /// <summary>The key as the table has it, where it is one column of whole numbers by which the database finds rows; else null.</summary>
    public ContentColumn? Ordered { get; init; }

    /// <summary>Only the rows of these buckets, cut by the values of <see cref="Ordered"/>; null for all.</summary>
    public BucketChoice? Within { get; init; }

    /// <summary>Columns whose values come along as text, because two of them are compared by how far they are apart; they are no part of the row's hash.</summary>
    public IReadOnlyList<ContentColumn> Loose { get; init; } = [];

    /// <summary>
    /// All columns are given as canonical text, and are hashed as every engine can hash them: the first 60 bits of the MD5 of the UTF-8 of the values as SQL writes them, with commas
    /// between: <c>'it''s','2',NULL</c>.
    /// </summary>
    public bool AsText { get; init; }

    /// <summary>The bucket of a key's hash, where there are 2 to the power of <paramref name="bits"/> of them.</summary>
    public static long BucketOf(long keyHash, int bits) => keyHash >> (KeyBits - bits);
}

/// <summary>What all rows of a bucket amount to.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Sum">The sum of their hashes, as text: two sides compare it and do nothing else with it.</param>
public readonly record struct BucketSum(long Rows, string Sum);
