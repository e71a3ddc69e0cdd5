using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;
using EtlTableOps.Versions;

namespace EtlTableOps.Switching;

/// <summary>Makes a kept version the live table again. The table that it replaces is kept as a version in its turn.</summary>
internal sealed class SwapUndoer(EtlDatabase database, IRunObserver observer)
{
    private const string Operation = "undo";

    public async Task<PreparedOperation<TableSwap>> PrepareAsync(UndoRequest request, CancellationToken token)
    {
        if (request.StallBudget <= TimeSpan.Zero || request.TryFor <= TimeSpan.Zero) throw new EtlException(ErrorCode.BadInput, "The stall budget and the time to try must be longer than nothing.");
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            await scope.RefuseUnfinishedAsync(token).ConfigureAwait(false);
            var target = await FindTargetAsync(scope, request.To, token).ConfigureAwait(false);
            var id = SwapId.New();
            var work = await LoadAsync(scope, target, id, request, null, token).ConfigureAwait(false);
            var written = await work.CountWrittenAsync(scope.Session, token).ConfigureAwait(false);
            var steps = scope.Dialect.Exchange(work.Exchange);
            // What hangs on the object stays on it when only its rows go.
            var notes = work.Exchange.Method == ExchangeMethod.Overwrite ? [] : TableFingerprint.Differences(
                scope.Live.Attachments.Where(a => a.OnShadow),
                TableFingerprint.UnderOwnNames(work.Exchange.Incoming.Attachments.Where(a => a.OnShadow), work.Exchange.IncomingNames));
            var plan = new Plan(Operation, scope.Live.Name, id,
            [
                GuardStep(scope.Dialect, work.Exchange),
                .. LaterSteps(scope.Dialect, work, first: true),
                new PlanStep("lock", "Lock without queueing; tried again until it is free", scope.Dialect.LockForExchange(work.Exchange, null)) { Scope = StepScope.Exchange },
                .. LaterSteps(scope.Dialect, work, first: false),
                .. steps.Before,
                .. steps.Locked,
                .. steps.After,
                .. VersionKeeper.PruneSteps(scope.Dialect, await scope.SwapsAsync(token).ConfigureAwait(false), [target.Id], DateTime.MaxValue),
            ])
            {
                Summary = (work.Exchange.Method == ExchangeMethod.Overwrite
                        ? $"Go back: {scope.Live.Name} gets the rows of {work.Exchange.Incoming.Name} again and stays the object that it is; its present rows are kept as {work.Exchange.Version}"
                        : $"Go back: {work.Exchange.Incoming.Name} becomes {scope.Live.Name} again; the present table is kept as {work.Exchange.Version}")
                    + (written > 0 ? $", with {written.ToString(CultureInfo.InvariantCulture)} rows written since" : ""),
                Notes = [.. OverwriteRules.Notes(work.Exchange), .. notes.Select(n => $"The version has otherwise: {n}")],
            };
            return new PreparedOperation<TableSwap>(plan, t => RunAsync(target, id, request, work.Exchange.Version, t));
        }
    }

    private static IEnumerable<PlanStep> LaterSteps(IDialect dialect, UndoWork work, bool first)
    {
        if (work.LaterRows is not { } rows) yield break;
        yield return new PlanStep(first ? "later-rows" : "last-rows", first ? "Bring rows written since into the version" : "Bring the last of them",
            LaterRowsBringer.Statements(dialect, rows, work.Exchange.Guard!, first, !first && rows is { LeaveUnfit: true, Reasons.Count: > 0 } ? work.Aside : null)) { Scope = first ? StepScope.OwnTransaction : StepScope.Exchange };
    }

    private static PlanStep GuardStep(IDialect dialect, ExchangeBlueprint exchange) =>
        new("guard", "Count what will be written under the live name from then on", dialect.InstallLog(exchange.Guard!));

    /// <summary>The last switch that was not undone, or the kept version that was asked for.</summary>
    private static async Task<SwapRecord> FindTargetAsync(TableScope scope, string? to, CancellationToken token)
    {
        if (to is not null) return await VersionKeeper.FindAsync(scope, to, token).ConfigureAwait(false);
        var swaps = await scope.SwapsAsync(token).ConfigureAwait(false);
        var kept = swaps.Where(r => r.Version == VersionState.Kept).MaxBy(r => r.Details.SwitchedAt);
        return swaps
            .Where(r => r is { Operation: SwapOperation.Switch, State: SwapState.Switched, Version: VersionState.Kept })
            .MaxBy(r => r.Details.SwitchedAt)
            ?? throw new EtlException(ErrorCode.NoVersion, scope.Live.Name, kept is null ? " to go back to" : " that a switch set aside: the last one was undone already")
            {
                Remedy = kept is null ? EtlException.TextsOf(ErrorCode.NoVersion).Remedy! : $"To take back that undo, name the version that it set aside: Undo-TableSwap -To {kept.VersionTable!.Name}",
            };
    }

    private async Task<UndoWork> LoadAsync(TableScope scope, SwapRecord target, string id, UndoRequest request, TableName? shown, CancellationToken token)
    {
        var choices = request.Choices;
        var version = await scope.Session.ReadShapeAsync(target.VersionTable!, token).ConfigureAwait(false)
            ?? throw new EtlException(ErrorCode.NoVersion, scope.Live.Name, $" {target.VersionTable}: the table is gone");
        if (!(version.Mark is { Role: MarkRole.Version } mark && mark.SwapId == target.Id))
            throw new EtlException(ErrorCode.NotOurs, version.Name) { SwapId = target.Id };
        if (target.Details.Method == ExchangeMethod.Overwrite) await OverwriteRules.RefuseVersionAsync(scope.Session, scope.Live, version, token).ConfigureAwait(false);
        else RefuseBrokenDependents(scope.Live, version, choices);
        await BlueprintResolver.RefuseUnfitAsync(scope.Session, scope.Live, version.Columns.ToDictionary(c => c.Name, c => c.Type, StringComparer.Ordinal), token).ConfigureAwait(false);

        var swaps = await scope.SwapsAsync(token).ConfigureAwait(false);
        var exchanged = swaps.Where(r => r.Details.SwitchedAt is not null).OrderBy(r => r.Details.SwitchedAt).ToList();
        var preparing = swaps.FirstOrDefault(r => r is { Operation: SwapOperation.Switch, Details.FeedLog: not null });
        List<SwapRecord> since = [.. exchanged.Where(r => r.Details.SwitchedAt >= target.Details.SwitchedAt)];
        var guard = new BlueprintResolver(scope.Session, version).GuardLog(version.Name, id, version.RowKey);
        var (later, whyNot) = new LaterRowsResolver(scope.Dialect, scope.Live, version).Resolve(id, since);
        later = later is null ? null : later with { LeaveUnfit = request.Force };
        return new UndoWork(scope, target, since, request.Force, observer)
        {
            Preparing = preparing,
            LaterRows = later,
            Later = later is null ? null : new LaterRowsBringer(scope, later, guard, request.StallBudget, observer),
            WhyNotLater = whyNot,
            Aside = scope.Live.Name.WithName(SwapId.WithSuffix(scope.Live.Name.Name, $"_left_{SwapId.Tail(id)}", scope.Session.Capabilities.MaxNameBytes)),
            Exchange = new ExchangeBlueprint
            {
                SwapId = id,
                Method = target.Details.Method,
                StallBudget = request.StallBudget,
                Live = scope.Live,
                Choices = choices,
                Incoming = version,
                Version = await VersionNames.FreeAsync(scope, id, shown, token).ConfigureAwait(false),
                IncomingNames = target.Details.OutgoingNames,
                OutgoingNames = SwapId.KeptNames(scope.Live, id, outgoing: true, scope.Session.Capabilities.MaxNameBytes),
                Feed = preparing?.Details.FeedLog,
                Guard = guard,
                OutgoingGuard = exchanged[^1].Details.GuardLog is { } log ? log with { Watched = scope.Live.Name } : null,
            },
        };
    }

    /// <summary>What was hung on the name since the switch may use columns that the old version has not.</summary>
    private static void RefuseBrokenDependents(TableShape live, TableShape version, DependentChoices choices)
    {
        foreach (var attachment in live.Attachments.Where(a => !a.OnShadow))
        {
            RefuseUnchosen(attachment, choices);
            var lacking = attachment.Columns.FirstOrDefault(n => version.FindColumn(n) is not { } there || (there.Type != live.FindColumn(n)?.Type && !attachment.SurvivesRetype));
            if (lacking is not null)
                throw new EtlException(ErrorCode.CannotCarryOver, $"{attachment.Kind} {attachment.Name}", $"it uses column {lacking}, which the version has not, or with another type.", "Drop it or change it before going back.");
        }
    }

    /// <summary>Refuses what cannot follow, unless the user said what to do with it.</summary>
    public static void RefuseUnchosen(Attachment attachment, DependentChoices choices)
    {
        if (attachment.CannotFollow is not { } reason) return;
        if (attachment.Choice != DependentChoices.None && choices.HasFlag(attachment.Choice)) return;
        throw new EtlException(ErrorCode.CannotCarryOver, $"{attachment.Kind} {attachment.Name}", reason, attachment.Remedy ?? "Drop it, and make it again afterwards.");
    }

    private async Task<TableSwap> RunAsync(SwapRecord target, string id, UndoRequest request, TableName shown, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        SwapRecord record;
        IReadOnlyList<SwapRecord> since;
        IReadOnlyList<Attachment> before;
        long? unfit;
        long? emptied;
        TableName? aside;
        string? exchanging;
        var scope = await TableScope.WorkAsync(database, target.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            target = await scope.RereadAsync(target, token).ConfigureAwait(false);
            exchanging = await scope.Session.KnownAsAsync(token).ConfigureAwait(false);
            var work = await LoadAsync(scope, target, id, request, shown, token).ConfigureAwait(false);
            await work.RefuseLossAsync(scope.Session, token).ConfigureAwait(false);
            record = await scope.Journal.InsertAsync(new SwapRecord
            {
                Id = id,
                Operation = SwapOperation.Undo,
                Live = target.Live,
                Incoming = work.Exchange.Incoming.Name,
                State = SwapState.Building,
                Details = new SwapDetails { Method = work.Exchange.Method, GuardLog = work.Exchange.Guard, IncomingNames = work.Exchange.IncomingNames, UndoOf = target.Id },
            }, token).ConfigureAwait(false);
            try
            {
                await new StepRunner(scope.Session, scope.Journal, observer, Operation, id).RunAsync(GuardStep(scope.Dialect, work.Exchange), token).ConfigureAwait(false);
                work.Begun = record;
                await work.PrepareAgainAsync(token).ConfigureAwait(false);

                // The version itself is older than any of them; what was brought into it just now they would not see.
                var wait = new OldSnapshotWait(scope, observer);
                var moment = work.Later?.Brought > OldSnapshotWait.Few ? await wait.NowAsync(token).ConfigureAwait(false) : null;
                var snapshots = await wait.WaitAsync(id, moment, request.TryFor, request.IgnoreOldSnapshots, token).ConfigureAwait(false);
                var runner = new ExchangeRunner(database, scope, work.Exchange, work, observer) { Operation = Operation, StallBudget = request.StallBudget, TryFor = request.TryFor };
                var stall = await runner.RunAsync(token).ConfigureAwait(false) with { OldSnapshots = snapshots };
                record = work.Written! with { Details = work.Written!.Details with { Stall = stall } };
                since = work.Since;
                unfit = work.Later is null ? null : work.Unfit;
                emptied = work.Later?.EmptiedRows;
                aside = unfit > 0 ? work.Aside : null;
            }
            catch (EtlException e) when (!e.OwnershipUnknown && e.Code != ErrorCode.CleanUpPending)
            {
                await TakeBackAsync(scope, work.Begun ?? record, e).ConfigureAwait(false);
                throw;
            }
            before = [.. scope.Live.Attachments.Where(a => !a.OnShadow)];
            work.Exchange.Warn(observer);
        }
        return await SwapFinisher.AfterExchangeAsync(record, () => FinishAsync(record, since, (unfit, aside), emptied, before, exchanging, watch, token)).ConfigureAwait(false);
    }

    /// <summary>An undo that did not come to its exchange leaves nothing behind, as far as the connection still allows.</summary>
    private async Task TakeBackAsync(TableScope scope, SwapRecord record, EtlException failure)
    {
        try
        {
            await AbandonAsync(scope, record, observer, CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException e)
        {
            failure.TellDurableChange();
            observer.OnEvent(new RunWarning($"The interrupted undo could not be cleaned up ({e.Message}). Run Repair-TableSwap."));
        }
    }

    /// <summary>Removes the guard of an undo that was not done; the version itself stays as it is.</summary>
    public static async Task<SwapRecord> AbandonAsync(TableScope scope, SwapRecord record, IRunObserver observer, CancellationToken token)
    {
        // While it is being taken back, what is pending is what was made for its exchange.
        if (record.State == SwapState.Building) record = await SwapFinisher.FinishAsync(scope, record, Operation, observer, token).ConfigureAwait(false);
        if (record.Details.GuardLog is { } guard)
        {
            await new StepRunner(scope.Session, scope.Journal, observer, Operation, record.Id)
                .RunAsync(new PlanStep("remove-guard", "Remove the undo's guard", scope.Dialect.RemoveLog(guard)), token).ConfigureAwait(false);
        }
        return await scope.Journal.SaveAsync(record with { State = SwapState.Abandoned, Details = record.Details with { GuardLog = null } }, token).ConfigureAwait(false);
    }

    private async Task<TableSwap> FinishAsync(SwapRecord record, IReadOnlyList<SwapRecord> since, (long? Rows, TableName? Aside) unfit, long? emptiedRows, IReadOnlyList<Attachment> before, string? exchanging, Stopwatch watch, CancellationToken token)
    {
        var scope = await TableScope.WorkAsync(database, record.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var stall = record.Details.Stall;
            record = await SwapFinisher.FinishAsync(scope, record, Operation, observer, token).ConfigureAwait(false);
            var (written, emptied) = await UndoWork.CountLoggedAsync(scope.Session, since, null, token).ConfigureAwait(false);
            if (emptied && written >= 0) written = emptiedRows is { } gone ? written + gone : -1;
            var left = written < 0 ? written : unfit.Rows ?? written;
            var live = await scope.RequireTableAsync(record.Live, token).ConfigureAwait(false);
            var differences = TableFingerprint.Differences(before, live.Attachments.Where(a => !a.OnShadow));
            foreach (var difference in differences) observer.OnEvent(new RunWarning($"After going back: {difference}"));
            record = await scope.Journal.SaveAsync(record with { Details = record.Details with { Stall = stall, RowsLeftBehind = left, RowsKept = Math.Max(0, written - left), LeftBehindIn = unfit.Aside, Differences = differences } }, token).ConfigureAwait(false);
            await new VersionKeeper(database, observer).PruneLogsAsync(scope, token).ConfigureAwait(false);
            return SwapFinisher.Describe(database, record, watch.Elapsed) with { Cost = await scope.Session.ReadCostAsync(observer, token, exchanging).ConfigureAwait(false) };
        }
    }
}
