using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Imports;

/// <summary>What an import takes, matched with the shadow's columns.</summary>
/// <param name="Name">What it is, for people and the journal.</param>
/// <param name="Columns">The shadow's columns that it fills, the numbered ones last; none while a file that only the database can read was not handed over yet.</param>
/// <param name="Numbered">Columns that get the database's next numbers.</param>
/// <param name="Statements">The statements that take the rows; none where they travel through a bulk load.</param>
internal sealed record ImportSource(string Name, IReadOnlyList<Column> Columns, IReadOnlyList<(Column Column, SqlText Next)> Numbered, IReadOnlyList<Sql> Statements)
{
    /// <summary>What a person should know before.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
