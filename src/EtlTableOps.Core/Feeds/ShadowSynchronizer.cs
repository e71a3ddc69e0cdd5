using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

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
            var record = await scope.RequireShadowAsync(token).ConfigureAwait(false);
            var blueprint = await ResolveAsync(scope, record, token).ConfigureAwait(false);
            var state = await scope.Session.ReadFeedAsync(blueprint, token).ConfigureAwait(false);
            var plan = new Plan(Operation, scope.Live.Name, record.Id,
            [
                new PlanStep("apply", $"Bring {state.Changes} logged changes over, batch by batch", scope.Dialect.Drain(blueprint, state.Position)) { CountsRows = true },
            ])
            {
                Summary = $"Bring shadow table {record.Incoming} up to date with {record.Live} ({state.Changes} logged changes)",
            };
            return new PreparedOperation<ShadowTable>(plan, t => RunAsync(record, t));
        }
    }

    /// <summary>The blueprint of a shadow that has a feed.</summary>
    private static async Task<ShadowBlueprint> ResolveAsync(TableScope scope, SwapRecord record, CancellationToken token)
    {
        if (record.Details.Feed == FeedKind.None)
            throw new EtlException(ErrorCode.FeedNotPossible, "None", record.Live, "the shadow was built without a feed.", "Build it anew with a feed (-Feed) and -Force.") { SwapId = record.Id };
        return await new BlueprintResolver(scope.Session, scope.Live).ResolveAsync(record, SwitchRequest.DefaultStallBudget, token).ConfigureAwait(false);
    }

    private async Task<ShadowTable> RunAsync(SwapRecord planned, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var scope = await TableScope.WorkAsync(database, planned.Live, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            var blueprint = await ResolveAsync(scope, record, token).ConfigureAwait(false);
            var (applied, left) = await CatchUpAsync(scope, record, blueprint, observer, token).ConfigureAwait(false);
            return ShadowBuilder.Describe(database, record, watch.Elapsed, applied, left) with { Cost = await scope.Session.ReadCostAsync(observer, token).ConfigureAwait(false) };
        }
    }

    /// <summary>Applies the log until little is left, and returns the changes applied and those that came in meanwhile.</summary>
    public static async Task<(long Applied, long Left)> CatchUpAsync(
        TableScope scope, SwapRecord record, ShadowBlueprint blueprint, IRunObserver observer, CancellationToken token, TimeSpan? patience = null)
    {
        var session = scope.Session;
        var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
        var aim = session.Capabilities.SingleWriter ? blueprint.StallBudget / 2 : TimeSpan.FromSeconds(1);
        var watch = Stopwatch.StartNew();
        var applied = 0L;
        long batch = session.Capabilities.SingleWriter ? FirstBatchOfSingleWriter : FirstBatch;
        var state = await session.ReadFeedAsync(blueprint, token).ConfigureAwait(false);
        var total = state.Changes;
        const string title = "Bring logged changes over";
        observer.OnEvent(new StepStarted(Operation, "apply", title));
        var smallest = (Changes: state.Changes, Pass: 0);
        for (var pass = 0; state.Changes > 0 && pass - smallest.Pass < PassesWithoutGain; pass++)
        {
            if (pass == 0)
            {
                foreach (var sql in scope.Dialect.Drain(blueprint, state.Position)) observer.OnEvent(new StatementRun(sql.Text));
            }
            var take = session.Capabilities.CountedPositions ? Math.Min(batch, state.Changes) : state.Changes;
            var before = watch.Elapsed;
            await ApplyAsync(session, record, shadow, blueprint, take == state.Changes ? state.Position : state.Position - state.Changes + take, patience, token).ConfigureAwait(false);
            var elapsed = watch.Elapsed - before;
            var left = await session.ReadFeedAsync(blueprint, token).ConfigureAwait(false);
            applied += take;
            total = Math.Max(total, applied + left.Changes);
            observer.OnEvent(new RunProgress(Operation, title, applied, total, watch.Elapsed));
            batch = (long)Math.Clamp(take * (aim / elapsed), Math.Max(100, batch / 2.0), batch * 2.0);
            state = left;
            if (left.Changes < smallest.Changes) smallest = (left.Changes, pass);
            if (left.Changes <= SmallLag && pass >= 3) break;
        }
        if (applied > 0)
        {
            // Nothing done is nothing to tell, and a line would need the lock that a switch is about to try for with care.
            var line = scope.Journal.PrepareLine(blueprint.SwapId, Operation, "apply", scope.Dialect.Drain(blueprint, state.Position), applied, watch.Elapsed);
            await Patience.WhileBusyAsync(session, () => session.ExecuteAsync(line, token), token, patience).ConfigureAwait(false);
        }
        observer.OnEvent(new StepFinished(Operation, "apply", title, watch.Elapsed, applied));
        return (applied, state.Changes);
    }

    private static Task<long> ApplyAsync(IEngineSession session, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint, long upto, TimeSpan? patience, CancellationToken token) =>
        Patience.WhileBusyAsync(session, async () =>
        {
            var transaction = await session.BeginAsync(TransactionMode.SnapshotWrite, null, token).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await ImportedRows.RefuseOverwritingAsync(session, record, shadow, blueprint, upto, token).ConfigureAwait(false);
                var rows = await session.ExecuteAllAsync(session.Dialect.Drain(blueprint, upto), token).ConfigureAwait(false);
                await transaction.CommitAsync(token).ConfigureAwait(false);
                await session.ExecuteAllAsync(session.Dialect.SettleLog(blueprint.Guard), CancellationToken.None).ConfigureAwait(false);
                return rows;
            }
        }, token, patience);
}
