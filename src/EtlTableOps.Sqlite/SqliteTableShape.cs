using EtlTableOps.Engines;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>A table with the facts that only this engine's dialect needs.</summary>
internal sealed record SqliteTableShape : TableShape
{
    /// <summary>The stored text.</summary>
    public required string CreateSql { get; init; }

    /// <summary>The stored text, taken apart.</summary>
    public required CreateTableText Text { get; init; }

    /// <summary>
    /// The text that this table has, or had, under the live name, as its mark keeps it; null for a table without a mark. It differs from the stored
    /// text by the foreign keys, which only a live table has.
    /// </summary>
    public string? LiveSql { get; init; }

    /// <summary>Indexes made by CREATE INDEX.</summary>
    public required IReadOnlyList<SqliteIndex> Indexes { get; init; }

    /// <summary>The user's triggers on this table, with their texts.</summary>
    public required IReadOnlyList<SqliteTrigger> Triggers { get; init; }

    /// <summary>The triggers that are marks of ours.</summary>
    public required IReadOnlyList<string> MarkTriggers { get; init; }

    /// <summary>Foreign keys from this table.</summary>
    public required IReadOnlyList<SqliteForeignKey> References { get; init; }

    /// <summary>Foreign keys of other tables to this one.</summary>
    public required IReadOnlyList<SqliteForeignKey> ReferencedBy { get; init; }

    /// <summary>Whether it was declared WITHOUT ROWID.</summary>
    public bool WithoutRowid { get; init; }

    /// <summary>A name by which the row number can be asked for; null where there is none, or where columns have taken all its names.</summary>
    public string? RowidName { get; init; }

    /// <summary>Whether the database keeps its highest row number (AUTOINCREMENT).</summary>
    public bool AutoIncrement { get; init; }

    /// <summary>Statistics tables that the database has.</summary>
    public required IReadOnlyList<string> StatisticsTables { get; init; }

    /// <summary>What a load can walk along, or null.</summary>
    public LoadPath? Path { get; init; }
}

/// <summary>Whole numbers along which a table's rows lie.</summary>
/// <param name="Position">The row number or first key column, as SQL.</param>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest.</param>
internal sealed record LoadPath(SqlText Position, long First, long Last);

/// <summary>An index.</summary>
internal sealed record SqliteIndex(string Name, string Sql, IReadOnlyList<string> Columns);

/// <summary>A trigger.</summary>
internal sealed record SqliteTrigger(string Name, string Sql);

/// <summary>A foreign key.</summary>
/// <param name="Child">The table that has it.</param>
/// <param name="ChildColumns">Its columns.</param>
/// <param name="Parent">The table that it points to.</param>
/// <param name="ParentColumns">The columns there; empty when that table or its key is not there.</param>
/// <param name="Rule">What it says, as text.</param>
internal sealed record SqliteForeignKey(string Child, IReadOnlyList<string> ChildColumns, string Parent, IReadOnlyList<string> ParentColumns, string Rule);
