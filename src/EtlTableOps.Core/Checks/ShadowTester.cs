using System.Diagnostics;
using EtlTableOps.Checks.Custom;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>
/// Proves the contract: the shadow is the declared change applied to the live table, plus what was imported, and nothing else. Everything is
/// read in one snapshot, and the verdict is stored in the journal, where the switch looks for it.
/// </summary>
internal sealed class ShadowTester(EtlDatabase database, IRunObserver observer)
{
    private const string Operation = "test";

    public async Task<PreparedOperation<ShadowTestResult>> PrepareAsync(TestRequest request, CancellationToken token)
    {
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RequireShadowAsync(token).ConfigureAwait(false);
            var blueprint = await ResolveAsync(scope, record, token).ConfigureAwait(false);
            // A tolerance that does not fit is refused before anything is read.
            ShadowPair.Of(blueprint, scope.Dialect, request.Tolerances, record.Details.Imports.Sum(i => ContentSum.Parse(i.Content).Rows));
            var settle = scope.Dialect.Settle(record.Incoming);
            List<PlanStep> handOver = [];
            if (ShadowFeeds.IsByColumn(record))
            {
                var feed = ShadowFeeds.Open(scope, record, await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false), blueprint);
                handOver = [.. HandOver.Steps(scope.Dialect, record, scope.Live), new PlanStep("apply", feed.Title, feed.Shown)];
                // The log that the comparison leaves out is there by then.
                blueprint = blueprint with { Feed = BlueprintResolver.FeedLog(scope.Live, record.Id) };
            }
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            var custom = await CustomChecks.ResolveAsync(scope.Session, blueprint, shadow, request.Checks, token).ConfigureAwait(false);
            var additive = record.Details.Imports.Count > 0;
            var statements = new List<Sql>(scope.Dialect.Scan(new TableScan(blueprint.ActualContent(scope.Dialect) with { Additive = additive }) { Measures = custom.Measures }).All);
            if (!blueprint.StructureOnly) statements.InsertRange(0, scope.Dialect.ContentSum(blueprint.ExpectedContent with { Additive = additive }).All);
            statements.AddRange(scope.Dialect.IntegrityChecks(scope.Live, blueprint).Select(c => c.CountViolations));
            if (request.Distribution is { Against: DistributionBase.Last }) await ProfileArchive.LastAsync(scope, record, token).ConfigureAwait(false);
            if (request.Distribution is { } distribution)
                statements.AddRange(new DistributionReader(scope.Live, shadow, distribution, blueprint.AsOf) { Feed = blueprint.Feed }.Plan(scope.Dialect));
            statements.AddRange(custom.Statements(scope.Dialect));
            var compare = new PlanStep("compare", "Compare the shadow with the declared change of the live table", statements);
            var plan = new Plan(Operation, scope.Live.Name, record.Id, [.. settle is null ? Array.Empty<PlanStep>() : [settle], .. handOver, compare])
            {
                Summary = $"Test shadow table {record.Incoming} of {record.Live}",
                Notes =
                [
                    "No row of either table is written, and of the verdict one line in the journal.",
                    .. handOver.Count > 0 ? ["The trigger log takes the column's place as the feed: it is installed before the comparison, and stays when nothing differs."] : Array.Empty<string>(),
                    "Where the sums differ, the rows that do are searched for and named.",
                    .. request.Tolerances.Select(t => $"Tolerance: {t}."),
                    .. scope.Session.Capabilities.ReadsHoldUpCommits ? ["This database lets nobody commit while somebody reads: other writers wait until both tables are read."] : Array.Empty<string>(),
                ],
            };
            return new PreparedOperation<ShadowTestResult>(plan, t => RunAsync(request, record, settle, t));
        }
    }

    private static async Task<ShadowBlueprint> ResolveAsync(TableScope scope, SwapRecord record, CancellationToken token)
    {
        try
        {
            return await new BlueprintResolver(scope.Session, scope.Live).ResolveAsync(record, SwitchRequest.DefaultStallBudget, token).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code is ErrorCode.ColumnNotFound or ErrorCode.BadInput or ErrorCode.CannotCarryOver or ErrorCode.ColumnExists)
        {
            throw new EtlException(ErrorCode.LiveChanged, e, scope.Live.Name, $"the declared change does not fit it any more: {e.Message}", "Build the shadow anew with New-ShadowTable -Force.") { SwapId = record.Id };
        }
    }

    private async Task<ShadowTestResult> RunAsync(TestRequest request, SwapRecord planned, PlanStep? settle, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var record = await PrepareShadowAsync(planned, settle, token).ConfigureAwait(false);
        if (!record.Details.HandingOver) return await CompareAsync(request, record, watch, token).ConfigureAwait(false);
        try
        {
            var result = await CompareAsync(request, record, watch, token).ConfigureAwait(false);
            if (!result.Passed) await TakeLogBackAsync(record, token).ConfigureAwait(false);
            return result;
        }
        catch (Exception e)
        {
            await HandOver.TakeBackAfterAsync(e, record.Live, observer, () => TakeLogBackAsync(record, CancellationToken.None)).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What is done to the tables before they are compared. A log on the live table makes it another one to whoever looks, so that the comparison opens it anew.</summary>
    private async Task<SwapRecord> PrepareShadowAsync(SwapRecord planned, PlanStep? settle, CancellationToken token)
    {
        var scope = await TableScope.WorkAsync(database, planned.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            var blueprint = await ResolveAsync(scope, record, token).ConfigureAwait(false);
            if (settle is not null) await new StepRunner(scope.Session, scope.Journal, observer, Operation, record.Id).RunAsync(settle, token).ConfigureAwait(false);
            return ShadowFeeds.IsByColumn(record) ? await HandOver.BeginAsync(scope, record, blueprint, Operation, observer, token).ConfigureAwait(false) : record;
        }
    }

    private async Task TakeLogBackAsync(SwapRecord known, CancellationToken token)
    {
        var scope = await TableScope.WorkAsync(database, known.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            if (await scope.Journal.ReadAsync(known.Id, token).ConfigureAwait(false) is { } record && HandOver.IsUnderWay(record))
                await HandOver.TakeBackAsync(scope, record, Operation, observer, token).ConfigureAwait(false);
        }
    }

    private async Task<ShadowTestResult> CompareAsync(TestRequest request, SwapRecord planned, Stopwatch watch, CancellationToken token)
    {
        var scope = await TableScope.WorkAsync(database, planned.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            var blueprint = await ResolveAsync(scope, record, token).ConfigureAwait(false);
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            observer.OnEvent(new StepStarted(Operation, "compare", "Compare the shadow with the declared change"));

            var moment = await new OldSnapshotWait(scope, observer).NowAsync(token).ConfigureAwait(false);
            var custom = await CustomChecks.ResolveAsync(scope.Session, blueprint, shadow, request.Checks, token).ConfigureAwait(false);
            var content = await new ShadowComparison(scope, record, shadow, blueprint, custom, observer) { Distribution = request.Distribution, Tolerances = request.Tolerances, Limits = new SearchLimits(request.MaxDifferences, request.TimeLimit) }.RunAsync(token).ConfigureAwait(false);
            List<ShadowCheck> checks =
            [
                .. StructureChecks.Run(record, blueprint, shadow),
                .. content.Checks,
                .. await LogChecks.RunAsync(scope, record, shadow, blueprint, token).ConfigureAwait(false),
            ];

            var passed = checks.TrueForAll(c => c.Passed);
            var proof = new Proof
            {
                Passed = passed,
                At = DateTime.UtcNow,
                Shadow = content.Shadow.ToString(),
                Live = content.Live?.ToString(),
                LiveSeconds = content.LiveSeconds,
                Moment = moment,
                ShadowObject = shadow.ObjectId,
                LiveObject = scope.Live.ObjectId,
                LiveFingerprint = TableFingerprint.Of(scope.Live),
                ShadowFingerprint = TableFingerprint.Of(shadow),
                Checks = [.. checks.Select(c => $"{(!c.Passed ? "FAILED" : c.Warned ? "warned" : "passed")} {c.Name}: {c.Message}")],
                Definitions = [.. request.Checks.Select(d => d.ToString())],
            };
            record = await StoreAsync(scope, record, blueprint, proof, content.Distributions, watch.Elapsed, token).ConfigureAwait(false);
            observer.OnEvent(new StepFinished(Operation, "compare", "Compare the shadow with the declared change", watch.Elapsed, content.Shadow.Rows));
            return new ShadowTestResult
            {
                Connection = database,
                Table = database.Show(record.Live),
                Shadow = database.Show(record.Incoming),
                SwapId = record.Id,
                Passed = passed,
                Checks = checks,
                Elapsed = watch.Elapsed,
                Rows = content.Shadow.Rows,
                Snapshot = content.Snapshot,
                Differences = content.Differences,
                Distributions = content.Distributions,
                Structure = [.. StructureComparison.Run(record, blueprint, shadow)],
                Statements = content.Statements,
                Cost = await scope.Session.ReadCostAsync(observer, token).ConfigureAwait(false),
            };
        }
    }

    private static async Task<SwapRecord> StoreAsync(TableScope scope, SwapRecord record, ShadowBlueprint blueprint, Proof proof, IReadOnlyList<ColumnDrift> distributions, TimeSpan elapsed, CancellationToken token)
    {
        var transaction = await Patience.BeginWriteAsync(scope.Session, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            record = await scope.Journal.UpdateAsync(record with
            {
                State = proof.Passed ? SwapState.Proven : SwapState.Refuted,
                Details = record.Details with { Proof = proof, HandingOver = record.Details.HandingOver && !proof.Passed },
            }, token).ConfigureAwait(false);
            await scope.Journal.AppendAsync(record.Id, Operation, proof.Passed ? "passed" : "failed", scope.Dialect.ContentSum(blueprint.ActualContent(scope.Dialect)).All, ContentSum.Parse(proof.Shadow).Rows, elapsed, token).ConfigureAwait(false);
            if (distributions.Count > 0) await ProfileArchive.KeepAsync(scope.Journal, record.Id, Operation, distributions.Select(d => d.Shadow).OfType<ColumnProfile>(), token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
            return record;
        }
    }
}
