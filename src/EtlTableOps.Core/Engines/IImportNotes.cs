using EtlTableOps.Feeds;
using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>
/// Writes the SQL of an import's notes: which rows of a shadow were imported. By them a later write of the live table under an imported row's key
/// is told from an ordinary change.
/// </summary>
public interface IImportNotes
{
    /// <summary>Creates the table of the notes, unless it is there.</summary>
    /// <param name="notes">The shadow, the table of the notes and the key that identifies a row.</param>
    /// <param name="shadow">The shadow as it was read.</param>
    IReadOnlyList<Sql> InstallNotes(ChangeLog notes, TableShape shadow);

    /// <summary>
    /// Notes the rows that the running transaction has inserted; null where the bulk writer notes them by itself
    /// (<see cref="IEngineSession.BeginNotedLoadAsync"/>).
    /// </summary>
    Sql? NoteOwnRows(ChangeLog notes);

    /// <summary>
    /// Rows of the live table that a feed would bring over onto imported rows: one row with their number (bigint) and the key of one of them
    /// (text, null for none). Parameter <c>@upto</c>: the highest position of the feed that is looked at.
    /// </summary>
    Sql CountOverwritten(ChangeLog notes, TableShape shadow, ChangeLog feed);
}

/// <summary>
/// For an engine with one writer at a time: the import is cut into transactions that keep to the stall budget, and what came in can be taken back by
/// the notes.
/// </summary>
public interface IImportChunks : IImportNotes
{
    /// <summary>
    /// Copies the rows of a table or query aside, into a table that this session alone has and that no other writer waits for.
    /// </summary>
    IReadOnlyList<Sql> StageRows(IReadOnlyList<SqlText> values, SqlText from);

    /// <summary>
    /// Reads a page of what was copied aside: a position (bigint) and the values, in the order of the positions. Parameters <c>@above</c>: the last
    /// position read; <c>@count</c>: rows at most.
    /// </summary>
    Sql ReadStaged(int values);

    /// <summary>A query for the rows that came in with an import, with all columns of the shadow.</summary>
    SqlText RowsOf(ChangeLog notes, TableShape shadow, long import);

    /// <summary>
    /// Takes rows of an import out of the shadow again, with their notes; repeated until the last statement changes nothing. Parameters
    /// <c>@import</c>: the import; <c>@count</c>: notes at most.
    /// </summary>
    IReadOnlyList<Sql> TakeBack(ChangeLog notes, TableShape shadow);

    /// <summary>
    /// Tells the planner how many rows there are now. Statistics from before the import would have it read all of a table that was small then, once for
    /// each note.
    /// </summary>
    IReadOnlyList<Sql> CollectStatistics(TableName shadow);

    /// <summary>Settings of the session that writes the pieces, run once before the first.</summary>
    IReadOnlyList<Sql> PrepareSession { get; }

    /// <summary>What another session repeats while the pieces are written (<see cref="Plans.ChunkRange.Meanwhile"/>).</summary>
    Sql Meanwhile { get; }

    /// <summary>A query of one whole number that changes when others have written.</summary>
    Sql Others { get; }
}
