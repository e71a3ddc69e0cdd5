using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;

namespace EtlTableOps.Feeds;

/// <summary>Brings a shadow up to date from its feed, in short transactions, until hardly anything is left.</summary>
internal sealed class ShadowSynchronizer(EtlDatabase database, IRunObserver observer)
{
    private const string Operation = "sync";
    private const int FirstBatch = 2_000;

    /// <summary>Where others wait for each batch, the first one must be small whatever a change costs.</summary>
    private const int FirstBatchOfSingleWriter = 200;

    /// <summary>What is left may be drained inside the switch; below this the loop need not chase busy writers for ever.</summary>
    private const long SmallLag = 200;

    /// <summary>Writers that are faster than the feed would keep the loop going for ever.</summary>
    private const int PassesWithoutGain = 100;

    public async Task<PreparedOperation<ShadowTable>> PrepareAsync(SyncRequest request, CancellationToken token)
    {
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            if (LoadBrake.Of(scope.Session, request, observer) is { } refused) await refused.DisposeAsync().ConfigureAwait(false);
            var record = await scope.RequireShadowAsync(token).ConfigureAwait(false);
            var blueprint = await ResolveAsync(scope, record, token).ConfigureAwait(false);
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            var feed = ShadowFeeds.Open(scope, record, shadow, blueprint);
            var state = await feed.ReadAsync(token).ConfigureAwait(false);
            var plan = new Plan(Operation, scope.Live.Name, record.Id,
            [
                new PlanStep("apply", $"{feed.Title}, batch by batch: {state.Changes} so far", feed.Shown) { CountsRows = true },
            ])
            {
                Summary = $"Bring shadow table {record.Incoming} up to date with {record.Live} ({state.Changes} changes so far{(state is { Changes: > 0, Age: { } age } ? $", the oldest {Human.Duration(age)} ago" : "")})",
            };
            return new PreparedOperation<ShadowTable>(plan, t => RunAsync(record, request, t));
        }
    }

    /// <summary>The blueprint of a shadow that has a feed.</summary>
    private static async Task<ShadowBlueprint> ResolveAsync(TableScope scope, SwapRecord record, CancellationToken token)
    {
        if (record.Details.Feed == FeedKind.None)
            throw new EtlException(ErrorCode.FeedNotPossible, "None", record.Live, "the shadow was built without a feed.", "Build it anew with a feed (-Feed) and -Force.") { SwapId = record.Id };
        return await new BlueprintResolver(scope.Session, scope.Live).ResolveAsync(record, SwitchRequest.DefaultStallBudget, token).ConfigureAwait(false);
    }

    private async Task<ShadowTable> RunAsync(SwapRecord planned, SyncRequest request, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var scope = await TableScope.WorkAsync(database, planned.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            var blueprint = await ResolveAsync(scope, record, token).ConfigureAwait(false);
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            var feed = ShadowFeeds.Open(scope, record, shadow, blueprint);
            var brake = LoadBrake.Of(scope.Session, request, observer);
            CaughtUp done;
            try
            {
                // A query that gives no number is a mistake also on the day on which there is nothing to wait for.
                if (brake is not null) await brake.AskAsync(token).ConfigureAwait(false);
                done = await CatchUpAsync(scope, feed, blueprint, observer, token, brake: brake).ConfigureAwait(false);
            }
            finally
            {
                if (brake is not null) await brake.DisposeAsync().ConfigureAwait(false);
            }
            record = feed.Record;
            if (done.Applied > OldSnapshotWait.Few && record.Details.Proof is { Moment: not null } proof)
            {
                var moment = await new OldSnapshotWait(scope, observer).NowAsync(token).ConfigureAwait(false);
                record = await scope.Journal.SaveAsync(record with { Details = record.Details with { Proof = proof with { Moment = moment } } }, token).ConfigureAwait(false);
            }
            return ShadowBuilder.Describe(database, record, watch.Elapsed, done.Applied, done.Left.Changes) with
            {
                LagTime = done.Left.Age,
                TimeLeft = done.TimeLeft,
                FallsBehind = done.FallsBehind,
                Cost = await scope.Session.ReadCostAsync(observer, token).ConfigureAwait(false),
            };
        }
    }

    /// <summary>Brings a feed's changes over until little is left, and returns what was brought over and what came in meanwhile.</summary>
    public static async Task<CaughtUp> CatchUpAsync(
        TableScope scope, IFeed feed, ShadowBlueprint blueprint, IRunObserver observer, CancellationToken token, TimeSpan? patience = null, LoadBrake? brake = null)
    {
        var session = scope.Session;
        var aim = session.Capabilities.SingleWriter ? blueprint.StallBudget / 2 : TimeSpan.FromSeconds(1);
        var watch = Stopwatch.StartNew();
        var applied = 0L;
        long batch = session.Capabilities.SingleWriter ? FirstBatchOfSingleWriter : FirstBatch;
        var state = await feed.ReadAsync(token).ConfigureAwait(false);
        var first = state.Changes;
        var total = first;
        var statements = feed.Shown;
        observer.OnEvent(new StepStarted(Operation, "apply", feed.Title));
        var smallest = (state.Changes, Pass: 0);
        var (worked, came) = (TimeSpan.Zero, 0L);
        for (var pass = 0; state.Due && pass - smallest.Pass < PassesWithoutGain; pass++)
        {
            if (pass == 0)
            {
                foreach (var sql in statements) observer.OnEvent(new StatementRun(sql.Text));
            }
            if (brake is not null) await brake.WaitAsync(Operation, feed.Title, applied, total, watch, token).ConfigureAwait(false);
            var before = watch.Elapsed;
            var take = await feed.BringAsync(state, batch, patience, token).ConfigureAwait(false);
            var elapsed = watch.Elapsed - before;
            var left = await feed.ReadAsync(token).ConfigureAwait(false);
            applied += take;
            total = Math.Max(total, applied + left.Changes);
            worked += elapsed;
            came = Math.Max(0, applied + left.Changes - first);
            observer.OnEvent(new RunProgress(Operation, feed.Title, applied, total, watch.Elapsed) { Incoming = came / Math.Max(0.001, watch.Elapsed.TotalSeconds), Remark = Behind(left, applied, came, worked, watch.Elapsed) });
            batch = (long)Math.Clamp(take * (aim / elapsed), Math.Max(100, batch / 2.0), batch * 2.0);
            state = left;
            if (left.Changes < smallest.Changes) smallest = (left.Changes, pass);
            if (left.Changes <= SmallLag && pass >= 3 && !feed.InPass) break;
        }
        if (applied > 0)
        {
            // Nothing done is nothing to tell, and a line would need the lock that a switch is about to try for with care.
            var line = scope.Journal.PrepareLine(blueprint.SwapId, Operation, "apply", statements, applied, watch.Elapsed);
            await Patience.WhileBusyAsync(session, () => session.ExecuteAsync(line, token), token, patience).ConfigureAwait(false);
        }
        if (feed.HeldBack is { } reason) observer.OnEvent(new RunNote($"The feed read its rows and did not move on, because {reason}: the next pass reads them again."));
        observer.OnEvent(new StepFinished(Operation, "apply", feed.Title, watch.Elapsed, applied));
        var (paceOut, paceIn) = Paces(applied, came, worked, watch.Elapsed);
        var falls = state.Changes > SmallLag && paceOut > 0 && paceIn >= paceOut;
        return new CaughtUp(applied, state, state.Changes == 0 ? TimeSpan.Zero : paceOut > paceIn ? TimeSpan.FromSeconds(Math.Min(state.Changes / (paceOut - paceIn), TimeSpan.FromDays(365).TotalSeconds)) : null, falls);
    }

    /// <summary>Changes a second that are brought over while nothing makes the work wait, and that come in all the while.</summary>
    private static (double Out, double In) Paces(long applied, long came, TimeSpan worked, TimeSpan elapsed) =>
        (worked > TimeSpan.Zero ? applied / worked.TotalSeconds : 0, elapsed > TimeSpan.Zero ? came / elapsed.TotalSeconds : 0);

    private static string? Behind(FeedState left, long applied, long came, TimeSpan worked, TimeSpan elapsed)
    {
        var (paceOut, paceIn) = Paces(applied, came, worked, elapsed);
        var behind = left.Age is { } age ? $"{Human.Duration(age)} behind" : null;
        return left.Changes > SmallLag && paceIn >= paceOut ? (behind is null ? "" : behind + ", ") + "does not catch up" : behind;
    }
}

/// <summary>What a catch-up did.</summary>
/// <param name="Applied">Changes brought over.</param>
/// <param name="Left">What is left.</param>
/// <param name="TimeLeft">How long that would take; null where it would never end.</param>
/// <param name="FallsBehind">Whether more came in than was brought over.</param>
internal sealed record CaughtUp(long Applied, FeedState Left, TimeSpan? TimeLeft, bool FallsBehind);
