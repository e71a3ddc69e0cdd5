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
    /// Whether values of this type are whole numbers by whose ranges the rows of a table can be cut (<see cref="KeyCut.ByValue"/>), a bucket's rows then being found by an index.
    /// </summary>
    bool HasRanges(string type);

    /// <summary>
    /// Adds up the rows of each bucket: a row for each bucket that has any, with its number (bigint), the count (bigint), and the sum of the rows' hashes (whatever the
    /// driver gives: it is compared as text).
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="cut">What the buckets are. By value only where <see cref="HasRanges"/>; what is no whole number there is in bucket 0.</param>
    Sql BucketSums(HashedRows rows, KeyCut cut);

    /// <summary>
    /// Rows in the order of key's hash and row's hash: both (bigint), then the text of each loose column; where they are to be shown, then for people the text of the key's columns, of the
    /// content's columns and of the loose ones. Two such texts of a column are equal exactly when the values count as equal.
    /// </summary>
    Sql Rows(HashedRows rows, RowChoice choice);
}
