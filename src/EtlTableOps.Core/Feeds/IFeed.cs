using EtlTableOps.Engines;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Feeds;

/// <summary>
/// How later writes to a live table reach its shadow, batch by batch. How far it has come is the feed's own affair; it is stored in the transaction of the rows that it
/// covers, so that an interruption neither loses nor needs anything.
/// </summary>
internal interface IFeed
{
    /// <summary>The swap's record as the last batch left it.</summary>
    SwapRecord Record { get; }

    /// <summary>What bringing over is called, for people.</summary>
    string Title { get; }

    /// <summary>The statements of a batch, as a plan shows them.</summary>
    IReadOnlyList<Sql> Shown { get; }

    /// <summary>Whether a pass over many rows has begun and has more batches to come.</summary>
    bool InPass { get; }

    /// <summary>Why the feed cannot come any further at present, in words; null when nothing holds it back.</summary>
    string? HeldBack { get; }

    /// <summary>What is still to be brought over.</summary>
    Task<FeedState> ReadAsync(CancellationToken token);

    /// <summary>Brings about so many changes over in one transaction, and returns how many they were.</summary>
    Task<long> BringAsync(FeedState state, long changes, TimeSpan? patience, CancellationToken token);
}

/// <summary>What a feed has still to bring over.</summary>
/// <param name="Changes">Changes that are known of.</param>
/// <param name="Age">For how long the oldest of them, or of those that cannot be known of yet, has been waiting; null when nobody knows.</param>
/// <param name="Due">Whether there is anything to do.</param>
internal sealed record FeedState(long Changes, TimeSpan? Age, bool Due);

/// <summary>Opens feeds.</summary>
internal static class ShadowFeeds
{
    /// <summary>The feed that brings a shadow up to date now: a column's until its hand-over was proven, from then on the log.</summary>
    public static IFeed Open(TableScope scope, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint) =>
        blueprint.Window is { } window && IsByColumn(record)
            ? new ColumnFeedReader(scope.Session, scope.Journal, record, blueprint, window)
            : new LogFeed(scope.Session, record, shadow, blueprint);

    /// <summary>Whether a column feeds the shadow, and not yet the log that its test puts in its place.</summary>
    public static bool IsByColumn(SwapRecord record) => record.Details is { Feed: FeedKind.Column } details && (details.FeedLog is null || details.HandingOver);
}
