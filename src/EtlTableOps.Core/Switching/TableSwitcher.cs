using System.Diagnostics;
using EtlTableOps.Checks;
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

/// <summary>Makes a proven shadow the live table.</summary>
internal sealed class TableSwitcher(EtlDatabase database, IRunObserver observer)
{
    private const string Operation = "switch";

    public async Task<PreparedOperation<TableSwap>> PrepareAsync(SwitchRequest request, CancellationToken token)
    {
        if (request.KeepVersions < 1) throw new EtlException(ErrorCode.BadInput, "At least one version is kept: without it there is no way back.");
        if (request.Undoable < TimeSpan.Zero) throw new EtlException(ErrorCode.BadInput, "The time in which an undo keeps later rows cannot be less than nothing.");
        if (request.StallBudget <= TimeSpan.Zero || request.TryFor <= TimeSpan.Zero) throw new EtlException(ErrorCode.BadInput, "The stall budget and the time to try must be longer than nothing.");
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await FindAsync(scope, request, token).ConfigureAwait(false);
            if (record.State == SwapState.Switched)
            {
                var done = new Plan(Operation, scope.Live.Name, record.Id, []) { Summary = $"Nothing to do: swap {record.Id} of {record.Live} is done" };
                return new PreparedOperation<TableSwap>(done, _ => Task.FromResult(SwapFinisher.Describe(database, record)));
            }
            RequireProven(record);
            var work = await LoadAsync(scope, record, request, null, token).ConfigureAwait(false);
            var retire = await VersionKeeper.ChooseAsync(scope, request.KeepVersions - 1, token).ConfigureAwait(false);
            var prune = VersionKeeper.PruneSteps(scope.Dialect, await scope.SwapsAsync(token).ConfigureAwait(false), retire.Select(r => r.Id), DateTime.MaxValue);
            var steps = scope.Dialect.Exchange(work.Exchange);
            var lockStep = new PlanStep("lock", "Lock without queueing; tried again until it is free", scope.Dialect.LockForExchange(work.Exchange, null)) { Scope = StepScope.Exchange };
            var plan = new Plan(Operation, scope.Live.Name, record.Id, [lockStep, .. work.DrainSteps(), .. steps.Before, .. steps.Locked, .. work.AfterSteps(steps), .. await VersionKeeper.StepsAsync(scope, retire, token).ConfigureAwait(false), .. prune])
            {
                Summary = work.Exchange.Method == ExchangeMethod.Overwrite
                    ? $"Overwrite the rows of {record.Live} with those of its proven shadow {record.Incoming}; keep the former rows as {work.Exchange.Version}"
                    : $"Exchange {record.Live} with its proven shadow {record.Incoming}; keep the old one as {work.Exchange.Version}",
                Notes = [.. LeftBehind(record, work.Exchange.Version), .. OverwriteRules.Notes(work.Exchange), .. retire.Select(r => $"Version {r.VersionTable} is dropped afterwards (-KeepVersions {request.KeepVersions}).")],
            };
            return new PreparedOperation<TableSwap>(plan, t => RunAsync(record, request, work.Exchange.Version, t));
        }
    }

    private static IEnumerable<string> LeftBehind(SwapRecord record, TableName version)
    {
        if (record.Details is { Change.AsOf: { } moment, Feed: Feeds.FeedKind.None })
            yield return $"{record.Live} becomes what it was {moment}, with the declared change. What was written since stays behind, in {version}.";
    }

    private static async Task<SwapRecord> FindAsync(TableScope scope, SwitchRequest request, CancellationToken token)
    {
        if (request.SwapId is null) return await scope.RequireShadowAsync(token).ConfigureAwait(false);
        var record = (await scope.SwapsAsync(token).ConfigureAwait(false)).FirstOrDefault(r => r.Id == request.SwapId)
            ?? throw new EtlException(ErrorCode.SwapNotFound, request.SwapId);
        return record.State is SwapState.Undone or SwapState.Abandoned or SwapState.Building
            ? throw new EtlException(ErrorCode.WrongState, record.Id, record.Live, record.State, "proven", "Build and test a shadow with New-ShadowTable and Test-ShadowTable.") { SwapId = record.Id }
            : record;
    }

    private static void RequireProven(SwapRecord record)
    {
        if (record.Details.Proof is { Passed: false } failed)
            throw new EtlException(ErrorCode.TestFailed, record.Incoming, string.Join("; ", failed.Checks.Where(c => c.StartsWith("FAILED", StringComparison.Ordinal)))) { SwapId = record.Id };
        if (record.State != SwapState.Proven)
            throw new EtlException(ErrorCode.NotProven, record.Incoming) { SwapId = record.Id };
    }

    private async Task<SwitchWork> LoadAsync(TableScope scope, SwapRecord record, SwitchRequest request, TableName? shown, CancellationToken token)
    {
        var proof = record.Details.Proof!;
        var method = request.Method ?? record.Details.Method;
        OverwriteRules.RefuseUnsupported(scope.Session.Capabilities, method);
        if (method == ExchangeMethod.Swap)
        {
            if (record.Details.Method != ExchangeMethod.Swap)
            {
                throw new EtlException(ErrorCode.NotSupported, "-Method Swap", $"{record.Incoming} was built and tested to give {record.Live} its rows, and not to take its place with rights and dependents.",
                    "Leave -Method away, or build the shadow anew without -Method Overwrite.") { SwapId = record.Id };
            }
            foreach (var attachment in scope.Live.Attachments) SwapUndoer.RefuseUnchosen(attachment, request.Choices);
        }
        var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
        if (scope.Live.ObjectId != proof.LiveObject || TableFingerprint.Of(scope.Live) != proof.LiveFingerprint)
            throw new EtlException(ErrorCode.LiveChanged, record.Live, "its structure, rights or dependents are not those that were tested", "Run Test-ShadowTable again; it says whether the shadow still fits.") { SwapId = record.Id };
        if (shadow.ObjectId != proof.ShadowObject || TableFingerprint.Of(shadow) != proof.ShadowFingerprint)
            throw new EtlException(ErrorCode.ShadowChanged, record.Incoming, "its structure or rights are not those that were tested") { SwapId = record.Id };
        var blueprint = await new BlueprintResolver(scope.Session, scope.Live).ResolveAsync(record, request.StallBudget, token).ConfigureAwait(false);
        if (method == ExchangeMethod.Overwrite) await OverwriteRules.RefuseChangeAsync(scope.Session, scope.Live, blueprint.Columns, shadow, token).ConfigureAwait(false);
        if (blueprint.Feed is null && TimeSpan.FromSeconds(proof.LiveSeconds) > request.StallBudget)
        {
            throw new EtlException(ErrorCode.StallBudgetExceeded, record.Live, $"{proof.LiveSeconds:0.0} s (without a feed the live table must be read once more under the lock)", $"{request.StallBudget.TotalMilliseconds:0} ms",
                "Build the shadow with a feed (-Feed), or keep writers away and allow more with -StallBudget.") { SwapId = record.Id };
        }
        var previous = (await scope.SwapsAsync(token).ConfigureAwait(false)).Where(r => r.Details.SwitchedAt is not null).MaxBy(r => r.Details.SwitchedAt);
        var work = new SwitchWork(scope, record, blueprint, observer)
        {
            Exchange = new ExchangeBlueprint
            {
                SwapId = record.Id,
                Method = method,
                StallBudget = request.StallBudget,
                Live = scope.Live,
                Incoming = shadow,
                Version = await VersionNames.FreeAsync(scope, record.Id, shown, token).ConfigureAwait(false),
                IncomingNames = record.Details.IncomingNames,
                OutgoingNames = SwapId.KeptNames(scope.Live, record.Id, outgoing: true, scope.Session.Capabilities.MaxNameBytes),
                Choices = request.Choices,
                Change = blueprint,
                Feed = blueprint.Feed,
                Guard = blueprint.Guard,
                OutgoingGuard = previous?.Details.GuardLog is { } log ? log with { Watched = scope.Live.Name } : null,
            },
            StallBudget = request.StallBudget,
            Undoable = request.Undoable,
            Patience = request.TryFor,
        };
        await work.RequireUntouchedAsync(scope.Session, token).ConfigureAwait(false);
        return work;
    }

    private async Task<TableSwap> RunAsync(SwapRecord planned, SwitchRequest request, TableName version, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        SwapRecord record;
        IReadOnlyList<Attachment> before;
        string? exchanging;
        var scope = await TableScope.WorkAsync(database, planned.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            exchanging = await scope.Session.KnownAsAsync(token).ConfigureAwait(false);
            var work = await LoadAsync(scope, record, request, version, token).ConfigureAwait(false);
            var snapshots = await WaitAsync(scope, record, work, request, token).ConfigureAwait(false);
            var runner = new ExchangeRunner(database, scope, work.Exchange, work, observer) { Operation = Operation, StallBudget = request.StallBudget, TryFor = request.TryFor };
            StallReport stall;
            try
            {
                stall = await runner.RunAsync(token).ConfigureAwait(false) with { OldSnapshots = snapshots };
            }
            catch (EtlException e) when (e.Code == ErrorCode.LiveChanged && work.LiveDiffers)
            {
                throw await work.CountDifferencesAsync(e, token).ConfigureAwait(false);
            }
            record = work.Written! with { Details = work.Written!.Details with { Stall = stall } };
            work.Exchange.Warn(observer);
            before = StructureChecks.Comparable(scope.Live.Attachments.Where(a => StructureChecks.Survives(a, work.Blueprint)), work.Blueprint);
        }

        // The exchange stands. From here on a failure or Ctrl+C leaves work for a repair and never a doubt about the live table.
        return await SwapFinisher.AfterExchangeAsync(record, () => FinishAsync(record, before, request, exchanging, watch, token)).ConfigureAwait(false);
    }

    /// <summary>Brings over what the feed holds, and waits for whoever would not see what is in the shadow by then.</summary>
    private async Task<IReadOnlyList<string>> WaitAsync(TableScope scope, SwapRecord record, SwitchWork work, SwitchRequest request, CancellationToken token)
    {
        var wait = new OldSnapshotWait(scope, observer);
        var applied = await work.CatchUpAsync(token).ConfigureAwait(false);
        var moment = applied > OldSnapshotWait.Few ? await wait.NowAsync(token).ConfigureAwait(false) : record.Details.Proof!.Moment;
        var waited = await wait.WaitAsync(record.Id, moment, request.TryFor, request.IgnoreOldSnapshots, token).ConfigureAwait(false);
        if (waited.Count > 0) await work.CatchUpAsync(token).ConfigureAwait(false);
        return waited;
    }

    private async Task<TableSwap> FinishAsync(SwapRecord record, IReadOnlyList<Attachment> before, SwitchRequest request, string? exchanging, Stopwatch watch, CancellationToken token)
    {
        var scope = await TableScope.WorkAsync(database, record.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var stall = record.Details.Stall;
            record = await SwapFinisher.FinishAsync(scope, record, Operation, observer, token).ConfigureAwait(false);
            var live = await scope.RequireTableAsync(record.Live, token).ConfigureAwait(false);
            var retyped = record.Details.Change.Alter.Select(a => live.FindColumn(a.Name)?.Name).ToHashSet();
            var after = live.Attachments.Select(a => a.Columns.Any(retyped.Contains) ? a with { Definition = "on a retyped column" } : a);
            var differences = TableFingerprint.Differences(before, after);
            foreach (var difference in differences) observer.OnEvent(new RunWarning($"After the switch: {difference}"));
            record = await scope.Journal.SaveAsync(record with { Details = record.Details with { Stall = stall, Differences = differences } }, token).ConfigureAwait(false);
            var removed = await new VersionKeeper(database, observer).RemoveAsync(scope, await VersionKeeper.ChooseAsync(scope, request.KeepVersions, token).ConfigureAwait(false), token).ConfigureAwait(false);
            return SwapFinisher.Describe(database, record, watch.Elapsed) with
            {
                Removed = [.. removed.Select(r => database.Show(r.VersionTable!))],
                Cost = await scope.Session.ReadCostAsync(observer, token, exchanging).ConfigureAwait(false),
            };
        }
    }
}
