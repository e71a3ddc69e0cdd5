using System.Diagnostics;
using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;

namespace EtlTableOps.Switching;

/// <summary>What a switch does under the lock: nobody else wrote to the shadow, the last changes are brought over, the journal says so.</summary>
internal sealed class SwitchWork(TableScope scope, SwapRecord record, ShadowBlueprint blueprint, IRunObserver observer) : IExchangeWork
{
    /// <summary>Rows a second that a first drain under the lock is trusted with, until one was measured.</summary>
    private const double AssumedRate = 10_000;

    private double rate = AssumedRate;
    private SwapRecord record = record;

    public ShadowBlueprint Blueprint => blueprint;

    public required ExchangeBlueprint Exchange { get; init; }

    public required TimeSpan StallBudget { get; init; }

    /// <summary>How long later rows are to be logged; null for the usual.</summary>
    public TimeSpan? Undoable { get; init; }

    /// <summary>How long a busy database is borne with while the last changes are brought over outside the lock.</summary>
    public required TimeSpan Patience { get; init; }

    /// <summary>The record as the exchange's transaction wrote it.</summary>
    public SwapRecord? Written { get; private set; }

    /// <summary>Whether the live table was found to be another than the one that was tested.</summary>
    public bool LiveDiffers { get; private set; }

    /// <summary>
    /// The refusal with the rows in which the live table differs from the tested one, by key where there is one. Reads both tables, so it is for the time when the lock has been let
    /// go.
    /// </summary>
    public async Task<EtlException> CountDifferencesAsync(EtlException refusal, CancellationToken token)
    {
        var imported = record.Details.Imports.Sum(i => ContentSum.Parse(i.Content).Rows);
        if (ShadowPair.Of(blueprint, scope.Dialect, [], imported) is not { } pair) return refusal;
        var transaction = await scope.Session.BeginAsync(TransactionMode.Snapshot, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var side = await ReadSide.OfAsync(scope.Session, token).ConfigureAwait(false);
            var differences = await PairComparer.CompareAsync(pair, side, side, new SearchLimits(CompareRequest.DefaultMaxDifferences, null), SilentObserver.Instance, "switch", token).ConfigureAwait(false);
            var live = await scope.Session.ReadContentAsync(ShadowComparison.LiveContent(scope.Dialect, scope.Live), token).ConfigureAwait(false);
            return new EtlException(ErrorCode.LiveChanged, refusal, record.Live, Differs(ContentSum.Parse(record.Details.Proof!.Live!), live, differences), refusal.Remedy) { SwapId = record.Id };
        }
    }

    /// <summary>What the shadow lacks was added to the live table, and what it has beyond it was removed there.</summary>
    private static string Differs(ContentSum tested, ContentSum live, TableDifferences? differences) =>
        $"rows were written to it ({tested.Rows} rows then, {live.Rows} rows now{(differences is null ? $", {Math.Abs(live.Rows - tested.Rows)} {(live.Rows < tested.Rows ? "fewer" : "more")}, contents differ" : $"; by {(differences.Key.Count == 0 ? "whole row" : "key")}: {differences.Describe("added", "removed", "changed")}")})";

    /// <summary>The drain for the plan; its position is known only under the lock.</summary>
    public IEnumerable<PlanStep> DrainSteps() => blueprint.Feed is null
        ? [new PlanStep("compare-live", "Read the live table once more: nobody may have written to it since the test", [scope.Dialect.ContentSum(ShadowComparison.LiveContent(scope.Dialect, scope.Live))]) { Scope = StepScope.Exchange }]
        : [new PlanStep("drain", "Bring the last changes over", scope.Dialect.Drain(blueprint, long.MaxValue)) { Scope = StepScope.Exchange }];

    /// <summary>
    /// What is done after the exchange: the dialect's steps; the notes of imports go, which nothing is brought over for any more; and the guard, where nobody wants later rows logged.
    /// </summary>
    public IReadOnlyList<PlanStep> AfterSteps(ExchangeSteps steps) =>
    [
        .. steps.After,
        .. record.Details.ImportNotes is { } notes ? [new PlanStep("remove-notes", "Remove the notes of what was imported", scope.Dialect.DropTable(notes.Log))] : Array.Empty<PlanStep>(),
        .. Undoable == TimeSpan.Zero ? [new PlanStep("remove-log", "Remove the guard: what is written from now on is not to be logged", scope.Dialect.RemoveLog(blueprint.Guard with { Watched = record.Live }))] : Array.Empty<PlanStep>(),
    ];

    /// <summary>Refuses when somebody else wrote to the shadow since its test.</summary>
    public async Task RequireUntouchedAsync(IEngineSession session, CancellationToken token)
    {
        var guard = await session.ReadLogAsync(blueprint.Guard, token).ConfigureAwait(false);
        if (!guard.Untouched)
            throw new EtlException(ErrorCode.ShadowChanged, record.Incoming, guard.Blind ? "triggers of its guard were disabled or dropped, so that nobody knows who wrote to it" : guard.Broken || guard.EmptiedAt > 0 ? "it was emptied" : $"{guard.Changes} rows were written by somebody else") { SwapId = record.Id };
        if (blueprint.Feed is not null) await session.ReadFeedAsync(blueprint, token).ConfigureAwait(false);
    }

    public async Task<LockedWork?> DecideAsync(IEngineSession session, CancellationToken token)
    {
        await RequireUntouchedAsync(session, token).ConfigureAwait(false);
        if (blueprint.Feed is null)
        {
            var live = await session.ReadContentAsync(ShadowComparison.LiveContent(session.Dialect, scope.Live), token).ConfigureAwait(false);
            var tested = ContentSum.Parse(record.Details.Proof!.Live!);
            if (live != tested)
            {
                LiveDiffers = true;
                throw new EtlException(ErrorCode.LiveChanged, record.Live, Differs(tested, live, null), "Build the shadow anew; with a feed (-Feed) later writes are brought over.") { SwapId = record.Id };
            }
            return new LockedWork([], 0);
        }
        var feed = await session.ReadFeedAsync(blueprint, token).ConfigureAwait(false);

        // To find what went when the table was emptied at once, the whole shadow is read.
        var load = feed.EmptiedAt > 0 ? feed.Changes + Math.Max(record.Details.Rows, Exchange.Incoming.EstimatedRows) : feed.Changes;
        if (load / rate > StallBudget.TotalSeconds / 2) return null;
        if (feed.Changes > 0) await ImportedRows.RefuseOverwritingAsync(session, record, Exchange.Incoming, blueprint, feed.Position, token).ConfigureAwait(false);
        return new LockedWork(feed.Changes == 0 ? [] : session.Dialect.Drain(blueprint, feed.Position), feed.Changes);
    }

    public async Task PrepareAgainAsync(CancellationToken token) => await CatchUpAsync(token).ConfigureAwait(false);

    /// <summary>Brings over what the feed holds, outside the lock, and returns the changes applied.</summary>
    public async Task<long> CatchUpAsync(CancellationToken token)
    {
        if (blueprint.Feed is null) return 0;
        var watch = Stopwatch.StartNew();
        var applied = (await ShadowSynchronizer.CatchUpAsync(scope, ShadowFeeds.Open(scope, record, Exchange.Incoming, blueprint), blueprint, observer, token, Patience).ConfigureAwait(false)).Applied;
        if (applied >= 1000) rate = Math.Max(AssumedRate / 10, applied / watch.Elapsed.TotalSeconds);
        return applied;
    }

    public IReadOnlyList<Sql> JournalWrites(StallReport soFar)
    {
        var after = AfterSteps(scope.Dialect.Exchange(Exchange));
        var (sql, written) = scope.Journal.PrepareUpdate(record with
        {
            State = SwapState.Switched,
            VersionTable = Exchange.Version,
            Version = VersionState.Kept,
            Details = record.Details with
            {
                FeedLog = null,
                ImportNotes = null,
                OutgoingNames = Exchange.OutgoingNames,
                SwitchedAt = DateTime.UtcNow,
                GuardLog = Undoable == TimeSpan.Zero ? null : record.Details.GuardLog,
                UndoableUntil = Undoable == TimeSpan.Zero ? null : SwapDetails.EndOfLog(Undoable, scope.Dialect.LaterRows is not null),
                LogEndedAt = Undoable == TimeSpan.Zero ? DateTime.UtcNow : null,
                Stall = soFar,
                Pending = SwapFinisher.Pending(after),
                TakeBack = [],
            },
        });
        Written = written;
        var line = scope.Journal.PrepareLine(record.Id, "switch", "exchange", scope.Dialect.Exchange(Exchange).Locked.SelectMany(s => s.Statements), 0, TimeSpan.FromSeconds(soFar.WaitedSeconds));
        return [sql, line];
    }

    public async Task AnnounceAsync(CancellationToken token)
    {
        var steps = scope.Dialect.Exchange(Exchange);
        record = await scope.Journal.SaveAsync(record with
        {
            State = SwapState.Switching,
            VersionTable = Exchange.Version,
            Details = record.Details with { Method = Exchange.Method, OutgoingNames = Exchange.OutgoingNames, Pending = SwapFinisher.Pending(AfterSteps(steps)), TakeBack = SwapFinisher.Pending(steps.TakeBack) },
        }, token).ConfigureAwait(false);
    }

    public async Task TakeBackAsync(IEngineSession session, CancellationToken token)
    {
        var journal = scope.Journal.On(session);
        record = await journal.SaveAsync(SwapFinisher.NotDone(record), token).ConfigureAwait(false);
        record = await SwapFinisher.FinishAsync(session, journal, record, "switch", observer, token).ConfigureAwait(false);
    }

    public async Task<bool> WasDoneAsync(JournalStore journal, CancellationToken token) =>
        (await journal.ReadAsync(record.Id, token).ConfigureAwait(false))?.State == SwapState.Switched;
}
