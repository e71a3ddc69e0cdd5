using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;

namespace EtlTableOps;

/// <summary>A shadow table and how it stands.</summary>
public sealed record ShadowTable
{
    /// <summary>The database, so that the next command of a pipeline finds it.</summary>
    public EtlDatabase? Connection { get; init; }

    /// <summary>The live table.</summary>
    public required string Table { get; init; }

    /// <summary>The shadow table.</summary>
    public required string Shadow { get; init; }

    /// <summary>The swap.</summary>
    public required string SwapId { get; init; }

    /// <summary>Where it stands.</summary>
    public required SwapState State { get; init; }

    /// <summary>Rows in the shadow by the journal's account.</summary>
    public long Rows { get; init; }

    /// <summary>How long the last command took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Rows that the last command built, imported or brought over.</summary>
    public long RowsDone { get; init; }

    /// <summary>Rows a second of the last command.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? RowsDone / Elapsed.TotalSeconds : 0;

    /// <summary>The feed.</summary>
    public FeedKind Feed { get; init; }

    /// <summary>Rows changed in the live table that the shadow does not have yet.</summary>
    public long Lag { get; init; }

    /// <summary>
    /// For how long the oldest change that the shadow may lack has been waiting; null where nobody knows. A feed by a column counts from the moment up to which nothing can be missing any more.
    /// </summary>
    public TimeSpan? LagTime { get; init; }

    /// <summary>How long a sync would take for what is left, at the last one's pace and with what comes in meanwhile; null where nothing was measured, or where it <see cref="FallsBehind"/>.</summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>Whether changes came in faster than the last sync brought them over: it does not catch up.</summary>
    public bool FallsBehind { get; init; }

    /// <summary>What was declared.</summary>
    public DeclaredChange Change { get; init; } = new();

    /// <summary>Rows that imports added.</summary>
    public long RowsImported { get; init; }

    /// <summary>What the command's statements cost; null where the database keeps no record of it, or it could not be read.</summary>
    public Cost? Cost { get; init; }
}

/// <summary>What a test found.</summary>
public sealed record ShadowTestResult
{
    /// <summary>The database, so that the next command of a pipeline finds it.</summary>
    public EtlDatabase? Connection { get; init; }

    /// <summary>The live table.</summary>
    public required string Table { get; init; }

    /// <summary>The shadow table.</summary>
    public required string Shadow { get; init; }

    /// <summary>The swap.</summary>
    public required string SwapId { get; init; }

    /// <summary>Whether every check passed, so that the shadow may go live.</summary>
    public required bool Passed { get; init; }

    /// <summary>The checks, in their order.</summary>
    public required IReadOnlyList<ShadowCheck> Checks { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Rows of the shadow that were compared; those whose change is still to be brought over are not among them.</summary>
    public long Rows { get; init; }

    /// <summary>The state that the verdict speaks of, for people: <c>one snapshot of both tables, 2026-11-20 20:15:00 UTC</c>.</summary>
    public string Snapshot { get; init; } = "";

    /// <summary>The rows that differ, where the content does; null where it does not.</summary>
    public TableDifferences? Differences { get; init; }

    /// <summary>The columns' distributions in the live table and in the shadow, where they were asked for.</summary>
    public IReadOnlyList<ColumnDrift> Distributions { get; init; } = [];

    /// <summary>
    /// The difference in structure, a line for each column and for each thing that hangs on the table (keys, indexes, checks, rights, options, dependents) that is not as it was: what was
    /// declared, what was found. What is beyond the declaration is not as declared.
    /// </summary>
    public IReadOnlyList<StructureDifference> Structure { get; init; } = [];

    /// <summary>The statements that read the rows, in the order in which they were run.</summary>
    public IReadOnlyList<string> Statements { get; init; } = [];

    /// <summary>What the command's statements cost; null where the database keeps no record of it, or it could not be read.</summary>
    public Cost? Cost { get; init; }
}

/// <summary>One check of a test.</summary>
/// <param name="Name">Short and stable: <c>columns</c>, <c>row-count</c>, <c>content</c> …</param>
/// <param name="Passed">The verdict; true also for a warning.</param>
/// <param name="Expected">What the declaration asks for.</param>
/// <param name="Found">What is there.</param>
/// <param name="Message">What that means, for people.</param>
public sealed record ShadowCheck(string Name, bool Passed, string Expected, string Found, string Message)
{
    /// <summary>How long it took; of checks that were read in one scan, the scan's time.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Whether something was found that the user only wants to be told of.</summary>
    public bool Warned { get; init; }

    /// <summary>Whether the user defined it; the others are the contract's own.</summary>
    public bool Custom { get; init; }

    /// <summary>The column that it is about; null for the table.</summary>
    public string? Column { get; init; }

    /// <summary>Where it is defined (<c>checks.yml:12</c>); null for the contract's own, and for one given as a parameter.</summary>
    public string? DefinedAt { get; init; }
}

/// <summary>A column of the shadow, or something that hangs on it, against the live table's.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Live">As the live table has it (<c>integer NOT NULL</c>); null for an added one.</param>
/// <param name="Declared">As it was declared; null for a dropped one.</param>
/// <param name="Shadow">As it is; null where it is not there.</param>
/// <param name="AsDeclared">Whether it is what was declared.</param>
public sealed record StructureDifference(string Name, string? Live, string? Declared, string? Shadow, bool AsDeclared)
{
    /// <summary>What it is: <c>column</c>, <c>key</c>, <c>index</c>, <c>check</c>, <c>foreign key</c>, <c>trigger</c>, <c>policy</c>, <c>grant</c>, <c>view</c> and so on.</summary>
    public string Kind { get; init; } = "column";
}

/// <summary>A swap, as it was done or as the journal has it.</summary>
public sealed record TableSwap
{
    /// <summary>The database, so that the next command of a pipeline finds it.</summary>
    public EtlDatabase? Connection { get; init; }

    /// <summary>The swap's id.</summary>
    public required string SwapId { get; init; }

    /// <summary>The live table.</summary>
    public required string Table { get; init; }

    /// <summary>Switch or undo.</summary>
    public required SwapOperation Operation { get; init; }

    /// <summary>How the incoming table takes, or took, the live one's place.</summary>
    public ExchangeMethod Method { get; init; }

    /// <summary>Where it stands.</summary>
    public required SwapState State { get; init; }

    /// <summary>The table that went live, by its name before.</summary>
    public required string Incoming { get; init; }

    /// <summary>Where the former live table is kept; null before the exchange.</summary>
    public string? Version { get; init; }

    /// <summary>What became of that version.</summary>
    public VersionState VersionState { get; init; }

    /// <summary>When it was begun, UTC.</summary>
    public DateTime Begun { get; init; }

    /// <summary>When it last changed, UTC.</summary>
    public DateTime Changed { get; init; }

    /// <summary>Who worked on it last.</summary>
    public string User { get; init; } = "";

    /// <summary>On which machine.</summary>
    public string Host { get; init; } = "";

    /// <summary>What the exchange cost others; null before it.</summary>
    public StallReport? Stall { get; init; }

    /// <summary>Until when what is written since is logged, so that an undo keeps it, UTC; null for no end, or where nothing is logged (any more).</summary>
    public DateTime? UndoableUntil { get; init; }

    /// <summary>What hung on the name before and does not now, or differs; empty when all of it followed.</summary>
    public IReadOnlyList<string> Differences { get; init; } = [];

    /// <summary>For an undo: rows written since the switch that stayed behind in the table set aside.</summary>
    public long RowsLeftBehind { get; init; }

    /// <summary>For an undo: rows written since the switch (inserted, changed or deleted) that were brought along.</summary>
    public long RowsKept { get; init; }

    /// <summary>For a forced undo: the table that has, as they were, the rows which did not fit into the version; null when all did.</summary>
    public string? LeftBehindIn { get; init; }

    /// <summary>Steps still to be done (<c>Repair-TableSwap</c> does them).</summary>
    public IReadOnlyList<string> Pending { get; init; } = [];

    /// <summary>Versions that retention dropped.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>What was declared.</summary>
    public DeclaredChange Change { get; init; } = new();

    /// <summary>The journal's lines, where they were asked for.</summary>
    public IReadOnlyList<JournalLine> Lines { get; init; } = [];

    /// <summary>What a repair did, or why nothing was to be done; null elsewhere.</summary>
    public string? Action { get; init; }

    /// <summary>How long the command took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>What the statements of a switch or an undo cost; null where the database keeps no record of it, or it could not be read.</summary>
    public Cost? Cost { get; init; }
}

/// <summary>A kept version of a live table.</summary>
public sealed record TableVersion
{
    /// <summary>The database, so that the next command of a pipeline finds it.</summary>
    public EtlDatabase? Connection { get; init; }

    /// <summary>The live table.</summary>
    public required string Table { get; init; }

    /// <summary>The version's table name.</summary>
    public required string Version { get; init; }

    /// <summary>The swap that set it aside.</summary>
    public required string SwapId { get; init; }

    /// <summary>When it was set aside, UTC.</summary>
    public DateTime Retired { get; init; }

    /// <summary>How long ago.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>Rows by the engine's estimate; -1 when it has none.</summary>
    public long Rows { get; init; } = -1;

    /// <summary>Bytes with indexes; -1 when not known.</summary>
    public long Bytes { get; init; } = -1;

    /// <summary>Whether what was written since is logged without a gap, so that an undo to this version can keep it.</summary>
    public bool KeepsLaterRows { get; init; }

    /// <summary>Until when that is so for sure, UTC: with the first command after it the log may end. Null for no end, or where it is not so.</summary>
    public DateTime? UndoableUntil { get; init; }

    /// <summary>True after it was dropped by this command.</summary>
    public bool Removed { get; init; }

    /// <summary>Until when the database itself can bring a dropped version back, UTC; null where it cannot, or where it was not dropped.</summary>
    public DateTime? RecoverableUntil { get; init; }
}
