using System.Globalization;
using EtlTableOps.Observability;

namespace EtlTableOps;

/// <summary>
/// What an operation's statements cost, by the database's own record of them. Statements of the catalog alone (a clone, an exchange of names) count and have scanned
/// nothing.
/// </summary>
/// <param name="Statements">Statements that ended well.</param>
/// <param name="BytesScanned">Bytes that they read.</param>
/// <param name="ExecutionTime">The time that they were at work, one after another.</param>
public sealed record Cost(long Statements, long BytesScanned, TimeSpan ExecutionTime)
{
    /// <summary>Partitions of tables that they read; null where the database does not tell.</summary>
    public long? PartitionsScanned { get; init; }

    /// <summary>Partitions that these tables have; null where the database does not tell.</summary>
    public long? PartitionsTotal { get; init; }

    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        var partitions = PartitionsScanned is { } scanned ? string.Create(CultureInfo.InvariantCulture, $", {Human.Count(scanned)} of {Human.Count(PartitionsTotal ?? scanned)} partitions") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Human.Bytes(BytesScanned)} scanned{partitions}, {Human.Duration(ExecutionTime)} of execution in {Statements} statements");
    }
}
