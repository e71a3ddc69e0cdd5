using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Versions;
using EtlTableOps.Tables;

namespace EtlTableOps.Journal;

/// <summary>
/// Finds what was interrupted and finishes or cleans it up: a build that never ended is abandoned, an import in many pieces is taken out again, an undo that never exchanged is taken back, the work
/// after an exchange is done. The operation's lock tells a dead process from one that still works.
/// </summary>
internal sealed class SwapRepairer(EtlDatabase database, IRunObserver observer)
{
    private const string Operation = "repair";
    private const string LogOver = "the time in which an undo keeps later rows is over: end their log";

    public async Task<PreparedOperation<IReadOnlyList<TableSwap>>> PrepareAsync(RepairRequest request, CancellationToken token)
    {
        var session = await database.OpenSessionAsync(token).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var all = await SwapHistory.ReadAllAsync(session, request.Table, token).ConfigureAwait(false);
            var over = all.GroupBy(r => r.Live).Select(g => VersionKeeper.Open(g)).OfType<SwapRecord>().Where(VersionKeeper.IsOver).ToList();
            var broken = all.Where(r => NeedsRepair(r) || over.Contains(r)).ToList();
            var steps = new List<PlanStep>();
            foreach (var record in broken.Where(NeedsRepair)) steps.AddRange(await StepsAsync(session, record, token).ConfigureAwait(false));
            foreach (var record in over) steps.Add(VersionKeeper.PruneStep(session.Dialect, record));
            var plan = new Plan(Operation, broken.Count > 0 ? broken[0].Live : new TableName(null, request.Table ?? "*"), broken.Count > 0 ? broken[0].Id : "", steps)
            {
                Summary = broken.Count == 0
                    ? "Nothing to repair"
                    : $"Repair {string.Join(", ", broken.Select(r => $"swap {r.Id} of {r.Live} ({What(r)})"))}",
            };
            return new PreparedOperation<IReadOnlyList<TableSwap>>(plan, t => RunAsync(broken, t));
        }
    }

    private static bool NeedsRepair(SwapRecord record) =>
        record.State is SwapState.Building or SwapState.Switching || IsImporting(record) || HandOver.IsUnderWay(record) || (record.State is SwapState.Switched or SwapState.Undone or SwapState.Proven && record.Details.Pending.Count > 0);

    private static bool IsImporting(SwapRecord record) => record is { State: SwapState.Built or SwapState.Proven or SwapState.Refuted, Details.Importing: not null };

    private static string What(SwapRecord record) => record switch
    {
        { State: SwapState.Building, Operation: SwapOperation.Switch } => "interrupted build: clean up",
        { State: SwapState.Building } => "interrupted undo: take back",
        { State: SwapState.Proven, Details.Pending.Count: > 0 } => "interrupted exchange: take back",
        { State: SwapState.Switching } => "interrupted exchange: ask the database which table is live, then finish or take back",
        _ when IsImporting(record) => "interrupted import: take back",
        _ when HandOver.IsUnderWay(record) => "interrupted test: take its log off the live table",
        _ when record.Details.Pending.Count == 0 => LogOver,
        _ => "done, work after it is pending: finish",
    };

    private static async Task<IReadOnlyList<PlanStep>> StepsAsync(IEngineSession session, SwapRecord record, CancellationToken token)
    {
        if (record is { State: SwapState.Building, Operation: SwapOperation.Switch }) return await ShadowRemover.StepsAsync(session, record, token).ConfigureAwait(false);
        if (!IsImporting(record) && HandOver.IsUnderWay(record)) return [HandOver.TakeBackStep(session.Dialect, record)];
        if (!IsImporting(record)) return Steps(session.Dialect, record);
        return session.Dialect.ImportNotes is IImportChunks chunks && await session.ReadShapeAsync(record.Incoming, token).ConfigureAwait(false) is { } shadow
            ? [ChunkedImport.TakeBackStep(chunks, record, shadow)]
            : [];
    }

    private static IReadOnlyList<PlanStep> Steps(IDialect dialect, SwapRecord record) => record switch
    {
        { State: SwapState.Building, Details.GuardLog: { } guard } => [.. SwapFinisher.Steps(record), new PlanStep("remove-guard", "Remove the undo's guard", dialect.RemoveLog(guard))],
        _ => SwapFinisher.Steps(record),
    };

    private async Task<IReadOnlyList<TableSwap>> RunAsync(IReadOnlyList<SwapRecord> broken, CancellationToken token)
    {
        var repaired = new List<TableSwap>();
        foreach (var planned in broken)
        {
            repaired.Add(await RepairAsync(planned, token).ConfigureAwait(false));
        }
        return repaired;
    }

    private async Task<TableSwap> RepairAsync(SwapRecord planned, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        TableScope scope;
        try
        {
            scope = await TableScope.WorkAsync(database, planned.Live, Operation, token).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code == ErrorCode.OperationInProgress)
        {
            return SwapFinisher.Describe(database, planned, watch.Elapsed) with { Action = $"left alone: {e.Message}" };
        }
        await using (scope.ConfigureAwait(false))
        {
            // The operation may have ended between the plan and our lock; then there is nothing left to do.
            var record = await scope.Journal.ReadAsync(planned.Id, token).ConfigureAwait(false) ?? planned;
            var over = VersionKeeper.Open(await scope.SwapsAsync(token).ConfigureAwait(false)) is { } open && open.Id == record.Id && VersionKeeper.IsOver(open);
            if (over)
            {
                await new VersionKeeper(database, observer).PruneLogsAsync(scope, token).ConfigureAwait(false);
                record = await scope.Journal.ReadAsync(planned.Id, token).ConfigureAwait(false) ?? record;
            }
            if (over && !NeedsRepair(record)) return SwapFinisher.Describe(database, record, watch.Elapsed) with { Action = LogOver };
            if (!NeedsRepair(record)) return SwapFinisher.Describe(database, record, watch.Elapsed) with { Action = "nothing to do: it ended by itself" };
            var action = What(record);
            record = record switch
            {
                { State: SwapState.Building, Operation: SwapOperation.Switch } => await ShadowRemover.AbandonAsync(scope, record, observer, token).ConfigureAwait(false),
                { State: SwapState.Building } => await SwapUndoer.AbandonAsync(scope, record, observer, token).ConfigureAwait(false),
                { State: SwapState.Switching } => await ResolveAsync(scope, record, token).ConfigureAwait(false),
                _ when IsImporting(record) && scope.Dialect.ImportNotes is IImportChunks chunks => await new ChunkedImport(scope, chunks, observer)
                    .TakeBackAsync(record, await scope.Session.ReadShapeAsync(record.Incoming, token).ConfigureAwait(false), record.Details.GuardLog, token).ConfigureAwait(false),
                _ when HandOver.IsUnderWay(record) => await HandOver.TakeBackAsync(scope, record, Operation, observer, token).ConfigureAwait(false),
                _ => await SwapFinisher.FinishAsync(scope, record, Operation, observer, token).ConfigureAwait(false),
            };
            return SwapFinisher.Describe(database, record, watch.Elapsed) with { Action = action };
        }
    }

    /// <summary>An overwrite is one transaction with the journal's line: as long as the line does not say that it was done, it was not.</summary>
    private async Task<SwapRecord> ResolveOverwriteAsync(TableScope scope, SwapRecord record, CancellationToken token)
    {
        await ExchangeProbe.WaitForEndAsync(scope.Session, record.Id, record.Live).ConfigureAwait(false);
        record = await scope.Journal.ReadAsync(record.Id, token).ConfigureAwait(false) ?? record;
        if (record.State == SwapState.Switching) record = await scope.Journal.SaveAsync(SwapFinisher.NotDone(record), token).ConfigureAwait(false);
        return record.State == SwapState.Building
            ? await SwapUndoer.AbandonAsync(scope, record, observer, token).ConfigureAwait(false)
            : await SwapFinisher.FinishAsync(scope, record, Operation, observer, token).ConfigureAwait(false);
    }

    /// <summary>An exchange that was announced: done, then the journal learns it and the rest is finished; not done, then it is as before.</summary>
    private async Task<SwapRecord> ResolveAsync(TableScope scope, SwapRecord record, CancellationToken token)
    {
        if (record.Details.Method == ExchangeMethod.Overwrite) return await ResolveOverwriteAsync(scope, record, token).ConfigureAwait(false);
        var swaps = await scope.SwapsAsync(token).ConfigureAwait(false);
        var target = record.Details.UndoOf is { } id ? swaps.First(r => r.Id == id) : null;
        var mark = target is null ? new Mark(MarkRole.Shadow, record.Id) : new Mark(MarkRole.Version, target.Id);
        if (!await ExchangeProbe.WasDoneAsync(scope.Session, record.Live, record.Incoming, mark, record.Id).ConfigureAwait(false))
        {
            record = await scope.Journal.SaveAsync(SwapFinisher.NotDone(record), token).ConfigureAwait(false);
            return target is null
                ? await SwapFinisher.FinishAsync(scope, record, Operation, observer, token).ConfigureAwait(false)
                : await SwapUndoer.AbandonAsync(scope, record, observer, token).ConfigureAwait(false);
        }
        var transaction = await Patience.BeginWriteAsync(scope.Session, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (target is not null)
            {
                var since = swaps.Where(r => r.Id != record.Id && r.Details.SwitchedAt >= target.Details.SwitchedAt).ToList();
                var preparing = swaps.FirstOrDefault(r => r is { Operation: SwapOperation.Switch, Details.FeedLog: not null });
                foreach (var taken in UndoWork.TakenBack(target, since, preparing, record.Id)) await scope.Journal.UpdateAsync(taken, token).ConfigureAwait(false);
            }
            record = await scope.Journal.UpdateAsync(record with
            {
                State = SwapState.Switched,
                Version = VersionState.Kept,
                Details = record.Details with { SwitchedAt = record.Changed, FeedLog = null, TakeBack = [] },
            }, token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
        }
        return await SwapFinisher.FinishAsync(scope, record, Operation, observer, token).ConfigureAwait(false);
    }
}
