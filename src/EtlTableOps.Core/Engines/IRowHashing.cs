using EtlTableOps.Checks;

namespace EtlTableOps.Engines;

/// <summary>Writes the SQL by which two sides are compared row by row without bringing them to the client.</summary>
public interface IRowHashing
{
    /// <summary>
    /// Names the way in which this engine hashes typed values. What was hashed in two databases can be compared where both have the same one; else, text is hashed
    /// (<see cref="HashedRows.AsText"/>).
    /// </summary>
    string HashFamily { get; }

    /// <summary>The type of canonical text.</summary>
    string TextType { get; }

    /// <summary>What values of a type mean.</summary>
    ValueKind KindOf(string type);

    /// <summary>Whether <see cref="Canonical"/> can write values of this type in that form.</summary>
    bool CanWrite(string type, ValueKind kind);

    /// <summary>A value as canonical text; null stays null. Only asked for where <see cref="CanWrite"/>.</summary>
    SqlText Canonical(ContentColumn column, ValueKind kind);

    /// <summary>
    /// Adds up the rows of each bucket: a row for each bucket that has any, with its number (bigint), the count (bigint), and the sum of the rows' hashes (whatever the
    /// driver gives: it is compared as text).
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="bits">There are 2 to the power of it buckets.</param>
    Sql BucketSums(HashedRows rows, int bits);

    /// <summary>The rows of some buckets in the order of key's hash and row's hash: both (bigint), then the text of each loose column.</summary>
    Sql Hashes(HashedRows rows, BucketChoice buckets);

    /// <summary>
    /// The rows whose key hashes so, in the order of key's hash and row's hash: both (bigint), then for people the text of the key's columns, of the content's columns and of the
    /// loose ones. Two texts of a column are equal exactly when the values count as equal.
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="keyHashes">The hashes of keys, at least one.</param>
    /// <param name="most">Rows at most.</param>
    Sql Texts(HashedRows rows, IReadOnlyList<long> keyHashes, int most);
}
