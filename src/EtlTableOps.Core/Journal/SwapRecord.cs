using System.Text.Json.Serialization;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Journal;

/// <summary>Where a swap stands.</summary>
public enum SwapState
{
    /// <summary>The shadow is being built. Found with a dead process, it is cleaned up.</summary>
    Building,
    /// <summary>The shadow is built and not tested yet, or changed since its test.</summary>
    Built,
    /// <summary>The test passed.</summary>
    Proven,
    /// <summary>The test failed.</summary>
    Refuted,
    /// <summary>The exchange is under way on an engine where it is more than one transaction.</summary>
    Switching,
    /// <summary>The names are exchanged.</summary>
    Switched,
    /// <summary>A later undo took it back.</summary>
    Undone,
    /// <summary>Given up; nothing of it is left but this line.</summary>
    Abandoned,
}

/// <summary>Which way a swap went.</summary>
public enum SwapOperation
{
    /// <summary>A shadow went live.</summary>
    Switch,
    /// <summary>A kept version went live again.</summary>
    Undo,
}

/// <summary>What became of the version that a swap set aside.</summary>
public enum VersionState
{
    /// <summary>There is none yet.</summary>
    None,
    /// <summary>It is kept under <see cref="SwapRecord.VersionTable"/>.</summary>
    Kept,
    /// <summary>It is the live table again.</summary>
    Restored,
    /// <summary>It was dropped.</summary>
    Removed,
}

/// <summary>One swap as the journal knows it. The journal's table has its first members as columns, the rest as a JSON document.</summary>
public sealed record SwapRecord
{
    /// <summary>Sortable by time, unique: <c>20261120T201500Z-3f2a9c01</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Switch or undo.</summary>
    public required SwapOperation Operation { get; init; }

    /// <summary>The live table.</summary>
    public required TableName Live { get; init; }

    /// <summary>The table that goes, or went, live: the shadow's name, or the version's at an undo.</summary>
    public required TableName Incoming { get; init; }

    /// <summary>The name under which the former live table is kept; null before the exchange.</summary>
    public TableName? VersionTable { get; init; }

    /// <summary>What became of that version.</summary>
    public VersionState Version { get; init; }

    /// <summary>Where it stands.</summary>
    public required SwapState State { get; init; }

    /// <summary>Goes up with every change; a writer that read an older one loses.</summary>
    public long Revision { get; init; }

    /// <summary>When it was begun, UTC.</summary>
    public DateTime Begun { get; init; }

    /// <summary>When its line last changed, UTC.</summary>
    public DateTime Changed { get; init; }

    /// <summary>The machine that worked on it last.</summary>
    public string Host { get; init; } = "";

    /// <summary>The process on that machine.</summary>
    public int ProcessId { get; init; }

    /// <summary>The database's user that worked on it last.</summary>
    public string User { get; init; } = "";

    /// <summary>The remaining facts.</summary>
    public SwapDetails Details { get; init; } = new();

    /// <summary>The record once an import is in: what was proven before is void.</summary>
    internal SwapRecord WithImport(string source, Checks.ContentSum content) => this with
    {
        State = SwapState.Built,
        Details = Details with
        {
            Rows = Details.Rows + content.Rows,
            Imports = [.. Details.Imports, new ImportRecord(source, content.ToString(), DateTime.UtcNow)],
            Importing = null,
            Proof = null,
        },
    };
}

/// <summary>The part of a swap's record that the journal stores as JSON.</summary>
public sealed record SwapDetails
{
    /// <summary>How the incoming table takes, or took, the live one's place.</summary>
    public ExchangeMethod Method { get; init; }

    /// <summary>What was declared.</summary>
    public DeclaredChange Change { get; init; } = new();

    /// <summary>The feed.</summary>
    public FeedKind Feed { get; init; }

    /// <summary>The column that feeds, where a column does; else null.</summary>
    public string? FeedColumn { get; init; }

    /// <summary>How far the column's window reaches back; null for the default.</summary>
    public TimeSpan? FeedOverlap { get; init; }

    /// <summary>How far the column was brought over; written in the transaction of the rows that it covers, and read by the feed alone.</summary>
    public string? FeedPosition { get; init; }

    /// <summary>Whether a test is putting the log in the column's place: until it has passed, the log is there on approval.</summary>
    public bool HandingOver { get; init; }

    /// <summary>The feed's log, while it exists.</summary>
    public ChangeLog? FeedLog { get; init; }

    /// <summary>The guard's log, while it exists.</summary>
    public ChangeLog? GuardLog { get; init; }

    /// <summary>The notes of which rows were imported, while they exist; null before the first import.</summary>
    public ChangeLog? ImportNotes { get; init; }

    /// <summary>The import that is under way or was interrupted, on an engine where it is more than one transaction; null for none.</summary>
    public UnfinishedImport? Importing { get; init; }

    /// <summary>Under which names the incoming table's objects are kept until the exchange.</summary>
    public IReadOnlyList<KeptName> IncomingNames { get; init; } = [];

    /// <summary>Under which names the objects of the version that was set aside are kept.</summary>
    public IReadOnlyList<KeptName> OutgoingNames { get; init; } = [];

    /// <summary>Rows that the build and the imports put into the shadow.</summary>
    public long Rows { get; init; }

    /// <summary>How long the build took, seconds.</summary>
    public double BuildSeconds { get; init; }

    /// <summary>Imports, in their order.</summary>
    public IReadOnlyList<ImportRecord> Imports { get; init; } = [];

    /// <summary>The last test's proof.</summary>
    public Proof? Proof { get; init; }

    /// <summary>When the names were exchanged, UTC; null before.</summary>
    public DateTime? SwitchedAt { get; init; }

    /// <summary>Until when what is written since is logged, UTC; null for no end, or none from the beginning.</summary>
    public DateTime? UndoableUntil { get; init; }

    /// <summary>When that log was ended although it was not complete, UTC: what was written since then nobody knows. Null when it was not.</summary>
    public DateTime? LogEndedAt { get; init; }

    /// <summary>The end of a log of later rows that begins now.</summary>
    /// <param name="given">What was asked for.</param>
    /// <param name="costs">Whether the log costs writers something here.</param>
    internal static DateTime? EndOfLog(TimeSpan? given, bool costs)
    {
        var time = given ?? (costs ? SwitchRequest.DefaultUndoable : TimeSpan.MaxValue);
        return time > DateTime.MaxValue - DateTime.UtcNow ? null : DateTime.UtcNow + time;
    }

    /// <summary>What the exchange measured.</summary>
    public StallReport? Stall { get; init; }

    /// <summary>Steps after the exchange that are still to be done.</summary>
    public IReadOnlyList<PendingStep> Pending { get; init; } = [];

    /// <summary>While an exchange is under way: what takes back what was made for it, in case that it is not done.</summary>
    public IReadOnlyList<PendingStep> TakeBack { get; init; } = [];

    /// <summary>Fingerprint of the live table when the shadow was built.</summary>
    public string LiveFingerprint { get; init; } = "";

    /// <summary>Fingerprint of the shadow as it was built.</summary>
    public string ShadowFingerprint { get; init; } = "";

    /// <summary>What hung on the live name before the exchange and does not now, or differs; empty when promise 5 held.</summary>
    public IReadOnlyList<string> Differences { get; init; } = [];

    /// <summary>For an undo: the swap that it took back.</summary>
    public string? UndoOf { get; init; }

    /// <summary>For an undo: rows written since the switch that stayed behind.</summary>
    public long RowsLeftBehind { get; init; }

    /// <summary>For an undo: rows written since the switch that were brought along.</summary>
    public long RowsKept { get; init; }

    /// <summary>For an undo: the table that has the rows which did not fit into the version, or null.</summary>
    public TableName? LeftBehindIn { get; init; }

    /// <summary>The failure that ended the last attempt, or null.</summary>
    public string? LastError { get; init; }
}

/// <summary>A step that an interruption would leave undone, with what it runs; it can be repeated.</summary>
/// <param name="Name">The step's name.</param>
/// <param name="Title">What it does, for people.</param>
/// <param name="Statements">Its statements.</param>
public sealed record PendingStep(string Name, string Title, IReadOnlyList<string> Statements)
{
    /// <summary>Whether nothing of it may pass for done that fails (<see cref="Plans.PlanStep.Strict"/>).</summary>
    public bool Strict { get; init; }
}

/// <summary>An import as the journal keeps it.</summary>
/// <param name="Source">The file, table or query.</param>
/// <param name="Content">Rows and sums of what came in (<see cref="Checks.ContentSum"/> as text).</param>
/// <param name="At">When, UTC.</param>
public sealed record ImportRecord(string Source, string Content, DateTime At);

/// <summary>An import of which a part may be in.</summary>
/// <param name="Source">The file, table or query.</param>
/// <param name="Number">The number under which its rows are noted.</param>
public sealed record UnfinishedImport(string Source, long Number);

/// <summary>What a passed or failed test stated.</summary>
public sealed record Proof
{
    /// <summary>Whether every check passed.</summary>
    public required bool Passed { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTime At { get; init; }

    /// <summary>Rows and sums of the shadow (<see cref="Checks.ContentSum"/> as text).</summary>
    public required string Shadow { get; init; }

    /// <summary>The live table's own content at the time, for a switch without a feed; null with one.</summary>
    public string? Live { get; init; }

    /// <summary>Seconds that <see cref="Live"/> took to compute, to foresee the stall of computing it again.</summary>
    public double LiveSeconds { get; init; }

    /// <summary>When all that was tested was committed, as the engine tells moments (<see cref="Engines.IOldSnapshots"/>); null where that does not matter.</summary>
    public string? Moment { get; init; }

    /// <summary>Which object the shadow was.</summary>
    public required string ShadowObject { get; init; }

    /// <summary>Which object the live table was.</summary>
    public required string LiveObject { get; init; }

    /// <summary>Fingerprint of the live table's structure and of all that hung on it.</summary>
    public required string LiveFingerprint { get; init; }

    /// <summary>Fingerprint of the shadow's structure.</summary>
    public required string ShadowFingerprint { get; init; }

    /// <summary>The checks in one line each.</summary>
    public IReadOnlyList<string> Checks { get; init; } = [];

    /// <summary>What the user's own checks were, in one line each.</summary>
    public IReadOnlyList<string> Definitions { get; init; } = [];
}

/// <summary>What an exchange cost other people.</summary>
public sealed record StallReport
{
    /// <summary>Times that the lock was tried for.</summary>
    public int Tries { get; init; }

    /// <summary>Seconds from the first try to the lock.</summary>
    public double WaitedSeconds { get; init; }

    /// <summary>Milliseconds that the lock was held.</summary>
    public double HeldMilliseconds { get; init; }

    /// <summary>Milliseconds that others may have queued behind our tries, at most, in one piece.</summary>
    public double LongestQueueMilliseconds { get; init; }

    /// <summary>Who held the lock before us, as seen at the tries that failed.</summary>
    public IReadOnlyList<string> HeldBefore { get; init; } = [];

    /// <summary>Transactions with an older state of the database that were waited for before the exchange, or ignored on request: they would have found rows missing.</summary>
    public IReadOnlyList<string> OldSnapshots { get; init; } = [];

    /// <summary>Rows brought over inside the exchange.</summary>
    public long RowsDrained { get; init; }
}

/// <summary>Serialises the journal's document without reflection over unknown types.</summary>
[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SwapDetails))]
[JsonSerializable(typeof(Checks.KeptProfiles))]
internal sealed partial class JournalJson : JsonSerializerContext;
