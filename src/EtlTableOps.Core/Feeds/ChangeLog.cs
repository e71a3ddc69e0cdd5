using EtlTableOps.Tables;

namespace EtlTableOps.Feeds;

/// <summary>How later writes to the live table reach the shadow.</summary>
public enum FeedKind
{
    /// <summary>They do not; the switch refuses when there were any.</summary>
    None,
    /// <summary>Triggers on the live table log the keys of changed rows.</summary>
    TriggerLog,
    /// <summary>The engine's own record of the live table's changes, read from a position on.</summary>
    ChangeTracking,
    /// <summary>A column that every insert and update sets shows which rows are new; the test puts a trigger log in its place.</summary>
    Column,
}

/// <summary>
/// A log of changed rows of one table. Two are used: the <em>feed</em> on the live table, drained into the
/// shadow; and the <em>guard</em> on the shadow, which proves before the switch that nobody else wrote to it, and counts
/// after the switch what was written under the live name.
/// </summary>
/// <param name="Watched">The table whose changes are logged.</param>
/// <param name="Log">The log's table, in the same schema.</param>
/// <param name="Key">The columns that identify a row; empty when the watched table has no key, then rows are only counted.</param>
public sealed record ChangeLog(TableName Watched, TableName Log, IReadOnlyList<Column> Key)
{
    /// <summary>The watched table's <see cref="TableShape.Collisions"/>: rows that are displaced in silence must be logged too.</summary>
    public IReadOnlyList<string> Collisions { get; init; } = [];

    /// <summary>The moment of the past at which it begins; null for that of its making.</summary>
    public Shadows.PastMoment? Since { get; init; }

    /// <summary>Whether rows are brought over by it; else it only counts.</summary>
    public bool IsFeed { get; init; }

    /// <summary>
    /// Whether the log has ended and only its count is wanted: its table was set aside since. Read by engines that keep no rows in the log and would
    /// otherwise ask the table itself.
    /// </summary>
    public bool Ended { get; init; }

    /// <summary>Whether the engine keeps its own record of the watched table's changes already, so that nothing has to be switched on.</summary>
    public bool Tracked { get; init; }

    /// <summary>Whether nobody wants to know how many different keys it holds: where that costs a sort, the number of changes is given instead.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool KeysUncounted { get; init; }

    /// <summary>Whether the watched table is partitioned, where that needs another kind of trigger.</summary>
    public bool Partitioned { get; init; }

    /// <summary>Whether something on the watched table may give a row another key than the statement said: <see cref="Attachment.ChangesRows"/>.</summary>
    public bool MayMoveKeys { get; init; }
}

/// <summary>What a log holds.</summary>
/// <param name="Changes">Row changes logged and not yet applied.</param>
/// <param name="Keys">Different rows among them.</param>
/// <param name="Position">The highest position.</param>
/// <param name="Broken">True when rows changed in a way that left nothing to find them by, or may have changed unseen.</param>
public sealed record LogState(long Changes, long Keys, long Position, bool Broken)
{
    /// <summary>
    /// The last position at which the watched table, or a part of it, was emptied at once (<c>TRUNCATE</c>): which rows went then, only a comparison of
    /// all keys tells. 0 for never, and where such a thing is logged row by row.
    /// </summary>
    public long EmptiedAt { get; init; }

    /// <summary>What is said of a blind log.</summary>
    internal const string BlindReason = "triggers of its log were disabled or dropped, and what was written meanwhile is not logged";

    /// <summary>Whether it is broken because its triggers were disabled or dropped, so that nobody knows what was written meanwhile.</summary>
    public bool Blind { get; init; }

    /// <summary>Whether nobody wrote to the watched table.</summary>
    public bool Untouched => Changes == 0 && EmptiedAt == 0 && !Broken;
}
