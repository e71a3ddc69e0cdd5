using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;

namespace EtlTableOps;

/// <summary>Asks for a shadow table.</summary>
/// <param name="Table">The live table as the user writes it.</param>
public sealed record NewShadowRequest(string Table)
{
    /// <summary>What shall differ.</summary>
    public DeclaredChange Change { get; init; } = new();

    /// <summary>The shadow's name, in the live table's schema; null for the live name with <c>_new</c>.</summary>
    public string? ShadowName { get; init; }

    /// <summary>The feed; null takes the engine's default where the table allows it, else none.</summary>
    public FeedKind? Feed { get; init; }

    /// <summary>For <see cref="FeedKind.Column"/>, which it implies: the column that every insert and update of the live table sets.</summary>
    public string? FeedColumn { get; init; }

    /// <summary>For <see cref="FeedKind.Column"/>: how much further back than the oldest transaction rows are read again; null for <see cref="ColumnFeed.DefaultOverlap"/>.</summary>
    public TimeSpan? FeedOverlap { get; init; }

    /// <summary>How it is to take the live table's place. What that asks of the change is refused before anything is built.</summary>
    public ExchangeMethod Method { get; init; }

    /// <summary>Abandons an earlier shadow of the same live table first.</summary>
    public bool Force { get; init; }

    /// <summary>How long other people's statements may be made to wait.</summary>
    public TimeSpan StallBudget { get; init; } = SwitchRequest.DefaultStallBudget;

    /// <summary>Sessions that load, and build indexes, side by side where the engine can; 0 for two.</summary>
    public int Sessions { get; init; }
}

/// <summary>Asks for rows to be added to a shadow. Exactly one source is given.</summary>
/// <param name="Table">The live table.</param>
public sealed record ImportRequest(string Table)
{
    /// <summary>Rows from a file or a pipeline. The importer does not dispose it.</summary>
    public IRowSource? Rows { get; init; }

    /// <summary>Files that the database reads by itself.</summary>
    public StagedFiles? Staged { get; init; }

    /// <summary>Another table of the same database.</summary>
    public string? FromTable { get; init; }

    /// <summary>A SQL query of the same database.</summary>
    public string? Query { get; init; }
}

/// <summary>Asks for the shadow to be brought up to date from its feed.</summary>
/// <param name="Table">The live table.</param>
public sealed record SyncRequest(string Table)
{
    /// <summary>The highest load at which the next batch is begun; null for no limit. Goes together with <see cref="LoadQuery"/> or <see cref="Load"/>.</summary>
    public double? MaxLoad { get; init; }

    /// <summary>SQL that returns the load: one number. Asked before each batch, and each second while the work waits.</summary>
    public string? LoadQuery { get; init; }

    /// <summary>What else tells the load.</summary>
    public Func<CancellationToken, Task<double>>? Load { get; init; }
}

/// <summary>Asks for the proof of a shadow.</summary>
/// <param name="Table">The live table.</param>
public sealed record TestRequest(string Table)
{
    /// <summary>How far values may be apart, by column of the shadow. Needs a key that the change leaves as it is.</summary>
    public IReadOnlyList<Tolerance> Tolerances { get; init; } = [];

    /// <summary>Where content differs: after so many differing rows the search for them ends.</summary>
    public int MaxDifferences { get; init; } = CompareRequest.DefaultMaxDifferences;

    /// <summary>Where content differs: after so long the search for the differing rows ends, and what was not looked at counts as differing. Null for no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Also profiles columns of both tables and says how far they are apart; null does not.</summary>
    public Checks.DistributionRequest? Distribution { get; init; }

    /// <summary>Checks of the user's, beside the contract's own. One that fails fails the test, unless it only warns.</summary>
    public IReadOnlyList<Checks.Custom.CheckDefinition> Checks { get; init; } = [];
}

/// <summary>Asks for two tables to be compared row by row. Nothing is written.</summary>
/// <param name="Table">The table that is compared against: what there should be.</param>
/// <param name="OtherTable">The table that is compared: what there is.</param>
public sealed record CompareRequest(string Table, string OtherTable)
{
    /// <summary>How many differing rows are looked for where nothing is given.</summary>
    public const int DefaultMaxDifferences = 100;

    /// <summary>The database of <see cref="OtherTable"/>, which may be another engine's; null for the same.</summary>
    public EtlDatabase? To { get; init; }

    /// <summary>The columns that tell rows apart; none for a key that both tables have, or one of them.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>Only these columns are compared, and the key; none for all that both tables have.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>These columns are not compared.</summary>
    public IReadOnlyList<string> ExcludeColumns { get; init; } = [];

    /// <summary>A condition in SQL: only rows of either table for which it is true are compared. Null for all.</summary>
    public string? Where { get; init; }

    /// <summary>How far values may be apart, by column. Needs a key.</summary>
    public IReadOnlyList<Tolerance> Tolerances { get; init; } = [];

    /// <summary>After so many differing rows the search ends; the counts are then the least that there are.</summary>
    public int MaxDifferences { get; init; } = DefaultMaxDifferences;

    /// <summary>After so long the search ends, likewise; the rows found by then are still fetched. Null for no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }
}

/// <summary>Asks for the exchange of names.</summary>
/// <param name="Table">The live table.</param>
public sealed record SwitchRequest(string Table)
{
    /// <summary>The stall budget where none is given: 100 milliseconds.</summary>
    public static readonly TimeSpan DefaultStallBudget = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a lock is tried for where nothing is given: 60 seconds.</summary>
    public static readonly TimeSpan DefaultTryFor = TimeSpan.FromSeconds(60);

    /// <summary>How long later rows are logged where nothing is given: 24 hours.</summary>
    public static readonly TimeSpan DefaultUndoable = TimeSpan.FromHours(24);

    /// <summary>
    /// The swap that is meant, or null for the shadow that is being prepared. With it the command can be repeated: a swap that is done
    /// already is reported as done, and never done again.
    /// </summary>
    public string? SwapId { get; init; }

    /// <summary>How long other people's statements may be made to wait, in one piece.</summary>
    public TimeSpan StallBudget { get; init; } = DefaultStallBudget;

    /// <summary>How long the lock is tried for before giving up.</summary>
    public TimeSpan TryFor { get; init; } = DefaultTryFor;

    /// <summary>
    /// Goes on although transactions read a state from before the shadow was filled: until they end, they may find rows of the table missing, or none in it.
    /// </summary>
    public bool IgnoreOldSnapshots { get; init; }

    /// <summary>How the shadow takes the live table's place; null for the way that it was built for.</summary>
    public ExchangeMethod? Method { get; init; }

    /// <summary>Kept versions after the switch; older ones are dropped.</summary>
    public int KeepVersions { get; init; } = 3;

    /// <summary>
    /// How long an undo shall be able to keep the rows that are written after the switch: the keys of these rows are logged for as long. Nothing logs none; null for the usual:
    /// <see cref="DefaultUndoable"/> where the log costs writers something, as long as a version is kept where it does not.
    /// </summary>
    public TimeSpan? Undoable { get; init; }

    /// <summary>What shall be done with things that cannot follow by themselves.</summary>
    public DependentChoices Choices { get; init; }
}

/// <summary>Asks to go back to a kept version.</summary>
/// <param name="Table">The live table.</param>
public sealed record UndoRequest(string Table)
{
    /// <summary>The version's table name or its swap's id; null for the one before.</summary>
    public string? To { get; init; }

    /// <summary>Goes on although rows were written since; they stay in the table that is set aside.</summary>
    public bool Force { get; init; }

    /// <summary>
    /// Goes on although transactions read a state from before many rows were brought along: until they end, they may find these rows missing.
    /// </summary>
    public bool IgnoreOldSnapshots { get; init; }

    /// <summary>What shall be done with things that cannot follow by themselves.</summary>
    public DependentChoices Choices { get; init; }

    /// <summary>How long other people's statements may be made to wait, in one piece.</summary>
    public TimeSpan StallBudget { get; init; } = SwitchRequest.DefaultStallBudget;

    /// <summary>How long the lock is tried for before giving up.</summary>
    public TimeSpan TryFor { get; init; } = SwitchRequest.DefaultTryFor;
}

/// <summary>Asks for the journal.</summary>
public sealed record HistoryRequest
{
    /// <summary>Only this live table, or null for all.</summary>
    public string? Table { get; init; }

    /// <summary>Only this swap, or null for all.</summary>
    public string? Id { get; init; }

    /// <summary>With the statements that were run.</summary>
    public bool Statements { get; init; }
}

/// <summary>Asks for what was interrupted to be finished or cleaned up.</summary>
public sealed record RepairRequest
{
    /// <summary>Only this live table, or null for all.</summary>
    public string? Table { get; init; }
}

/// <summary>Asks for a shadow to be abandoned.</summary>
/// <param name="Table">The live table.</param>
public sealed record RemoveShadowRequest(string Table);

/// <summary>Asks for kept versions to be dropped.</summary>
/// <param name="Table">The live table.</param>
public sealed record RemoveVersionsRequest(string Table)
{
    /// <summary>How many of the newest are kept; null when <see cref="Version"/> is given.</summary>
    public int? Keep { get; init; }

    /// <summary>One version to drop: its table name or its swap's id.</summary>
    public string? Version { get; init; }
}
