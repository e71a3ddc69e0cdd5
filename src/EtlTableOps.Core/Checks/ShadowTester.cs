using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
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

    /// <summary>Comparisons at most, where the live table is emptied during each.</summary>
    private const int Rounds = 5;

    public async Task<PreparedOperation<ShadowTestResult>> PrepareAsync(TestRequest request, CancellationToken token)
    {
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RequireShadowAsync(token).ConfigureAwait(false);
            var blueprint = await ResolveAsync(scope, record, token).ConfigureAwait(false);
            var settle = scope.Dialect.Settle(record.Incoming);
            List<PlanStep> handOver = [];
            if (ShadowFeeds.IsByColumn(record))
            {
                var feed = ShadowFeeds.Open(scope, record, await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false), blueprint);
                handOver = [.. HandOver.Steps(scope.Dialect, record, scope.Live), new PlanStep("apply", feed.Title, feed.Shown)];
                // The log that the comparison leaves out is there by then.
                blueprint = blueprint with { Feed = BlueprintResolver.FeedLog(scope.Live, record.Id) };
            }
            var additive = record.Details.Imports.Count > 0;
            var statements = new List<Sql>(scope.Dialect.ContentSum(blueprint.ActualContent(scope.Dialect) with { Additive = additive }).All);
            if (!blueprint.StructureOnly) statements.InsertRange(0, scope.Dialect.ContentSum(blueprint.ExpectedContent with { Additive = additive }).All);
            statements.AddRange(scope.Dialect.IntegrityChecks(scope.Live, blueprint).Select(c => c.CountViolations));
            var compare = new PlanStep("compare", "Compare the shadow with the declared change of the live table", statements);
            var plan = new Plan(Operation, scope.Live.Name, record.Id, [.. settle is null ? Array.Empty<PlanStep>() : [settle], .. handOver, compare])
            {
                Summary = $"Test shadow table {record.Incoming} of {record.Live}",
                Notes =
                [
                    "No row of either table is written, and of the verdict one line in the journal.",
                    .. handOver.Count > 0 ? ["The trigger log takes the column's place as the feed: it is installed before the comparison, and stays when nothing differs."] : Array.Empty<string>(),
                    .. scope.Session.Capabilities.ReadsHoldUpCommits ? ["This database lets nobody commit while somebody reads: other writers wait until both tables are read."] : Array.Empty<string>(),
                ],
            };
            return new PreparedOperation<ShadowTestResult>(plan, t => RunAsync(record, settle, t));
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

    private async Task<ShadowTestResult> RunAsync(SwapRecord planned, PlanStep? settle, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var record = await PrepareShadowAsync(planned, settle, token).ConfigureAwait(false);
        if (!record.Details.HandingOver) return await CompareAsync(record, watch, token).ConfigureAwait(false);
        try
        {
            var result = await CompareAsync(record, watch, token).ConfigureAwait(false);
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

    private async Task<ShadowTestResult> CompareAsync(SwapRecord planned, Stopwatch watch, CancellationToken token)
    {
        var scope = await TableScope.WorkAsync(database, planned.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            var blueprint = await ResolveAsync(scope, record, token).ConfigureAwait(false);
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            observer.OnEvent(new StepStarted(Operation, "compare", "Compare the shadow with the declared change"));

            var moment = await new OldSnapshotWait(scope, observer).NowAsync(token).ConfigureAwait(false);
            List<ShadowCheck> checks = [.. StructureChecks.Run(record, blueprint, shadow)];
            var content = await CompareWholeAsync(scope, record, shadow, blueprint, checks, token).ConfigureAwait(false);
            await CheckLogsAsync(scope, record, shadow, blueprint, checks, token).ConfigureAwait(false);

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
                Checks = [.. checks.Select(c => $"{(c.Passed ? "passed" : "FAILED")} {c.Name}: {c.Message}")],
            };
            record = await StoreAsync(scope, record, blueprint, proof, watch.Elapsed, token).ConfigureAwait(false);
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
                Cost = await scope.Session.ReadCostAsync(observer, token).ConfigureAwait(false),
            };
        }
    }

    private static async Task<SwapRecord> StoreAsync(TableScope scope, SwapRecord record, ShadowBlueprint blueprint, Proof proof, TimeSpan elapsed, CancellationToken token)
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
            await transaction.CommitAsync(token).ConfigureAwait(false);
            return record;
        }
    }

    /// <summary>
    /// Which rows went when the live table was emptied at once no key in the log says, so that they cannot be left out of the comparison: such a change is brought
    /// over before it, and the comparison is made anew when another one came in meanwhile.
    /// </summary>
    /// <remarks>
    /// Also read after the comparison: a snapshot from before the table was emptied does not know of it and finds the table empty nevertheless.
    /// </remarks>
    private async Task<(ContentSum Shadow, ContentSum? Live, double LiveSeconds)> CompareWholeAsync(
        TableScope scope, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint, List<ShadowCheck> checks, CancellationToken token)
    {
        for (var round = 1; ; round++)
        {
            // By the log, also where a column feeds until this test has passed: nothing else knows of it.
            if (await IsEmptiedAsync().ConfigureAwait(false)) await ShadowSynchronizer.CatchUpAsync(scope, new LogFeed(scope.Session, record, shadow, blueprint), blueprint, observer, token).ConfigureAwait(false);
            var found = new List<ShadowCheck>();
            var content = await CompareContentAsync(scope, record, blueprint, found, token).ConfigureAwait(false);
            var again = await IsEmptiedAsync().ConfigureAwait(false);
            if (again && round < Rounds) continue;
            checks.AddRange(found);
            if (again) checks.Add(new ShadowCheck("rest", false, "a live table that is not emptied meanwhile", $"emptied during each of {Rounds} comparisons", "The live table was emptied at once again and again while it was compared; test when that is over."));
            return content;
        }

        async Task<bool> IsEmptiedAsync() => blueprint.Feed is { } feed && (await scope.Session.ReadLogAsync(feed, token).ConfigureAwait(false)).EmptiedAt > 0;
    }

    /// <summary>Both sides and the integrity checks in one snapshot; side by side on two sessions where the engine can share it.</summary>
    private static async Task<(ContentSum Shadow, ContentSum? Live, double LiveSeconds)> CompareContentAsync(
        TableScope scope, SwapRecord record, ShadowBlueprint blueprint, List<ShadowCheck> checks, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var session = scope.Session;
        var additive = record.Details.Imports.Count > 0;
        var expectedQuery = blueprint.ExpectedContent with { Additive = additive };
        var actualQuery = blueprint.ActualContent(scope.Dialect) with { Additive = additive };
        ContentSum expected, actual;
        ContentSum? live = null;
        var liveSeconds = 0.0;
        var transaction = await session.BeginAsync(TransactionMode.Snapshot, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var snapshot = session.Capabilities.SharedSnapshots ? await session.ExportSnapshotAsync(token).ConfigureAwait(false) : null;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
            var other = snapshot is null ? null : ReadApartAsync(session, snapshot, actualQuery, stop.Token);
            try
            {
                expected = blueprint.StructureOnly ? ContentSum.Empty : await session.ReadContentAsync(expectedQuery, token).ConfigureAwait(false);
                actual = other is null ? await session.ReadContentAsync(actualQuery, token).ConfigureAwait(false) : await other.ConfigureAwait(false);
            }
            catch
            {
                await stop.CancelAsync().ConfigureAwait(false);
                if (other is not null) await other.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
                throw;
            }

            var imported = record.Details.Imports.Select(i => ContentSum.Parse(i.Content)).Aggregate(ContentSum.Empty, (a, b) => a + b);
            var behind = blueprint.Feed is { } log ? (await session.ReadLogAsync(log, token).ConfigureAwait(false)).Keys : 0;
            var differences = expected + imported == actual || RowComparison.Of(blueprint, scope.Dialect) is not { } comparison
                ? null
                : (await session.CompareAsync(comparison, token).ConfigureAwait(false)).WithoutImported(imported.Rows);
            AddContentChecks(checks, expected, imported, actual, behind, watch.Elapsed, Tell(record, differences));
            foreach (var check in scope.Dialect.IntegrityChecks(scope.Live, blueprint))
            {
                var before = watch.Elapsed;
                var violations = (await session.QueryAsync(check.CountViolations, r => r.GetInt64(0), token).ConfigureAwait(false))[0];
                checks.Add(new ShadowCheck(check.Name, violations == 0, "0 rows", $"{violations} rows", violations == 0 ? check.Meaning : $"{violations} rows break it: {check.Meaning}") { Elapsed = watch.Elapsed - before });
            }
            if (blueprint.Feed is null)
            {
                // Without a feed the switch must see for itself that the live table is the one that was tested.
                var before = watch.Elapsed;
                live = await session.ReadContentAsync(LiveContent(scope.Dialect, scope.Live), token).ConfigureAwait(false);
                liveSeconds = (watch.Elapsed - before).TotalSeconds;
            }
        }
        return (actual, live, liveSeconds);
    }

    /// <summary>The live table's own content, all of it, as it is.</summary>
    public static ContentQuery LiveContent(IDialect dialect, TableShape live) => new()
    {
        From = live.Name,
        Additive = false,
        Columns = [.. live.Columns.Where(c => !c.IsGenerated).Select(c => new ContentColumn(SqlText.Write(dialect, $"{new Id(c.Name)}"), c.Type, c.Collation))],
    };

    private static async Task<ContentSum> ReadApartAsync(IEngineSession session, string snapshot, ContentQuery query, CancellationToken token)
    {
        var apart = await session.OpenAnotherAsync(token).ConfigureAwait(false);
        await using (apart.ConfigureAwait(false))
        {
            var transaction = await apart.BeginAsync(TransactionMode.Snapshot, snapshot, token).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                return await apart.ReadContentAsync(query, token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What differs by key, and what it means where a column fed the shadow: that is what it does not show.</summary>
    private static string Tell(SwapRecord record, RowDifferences? differences) => differences is null ? "" : $" By key: {differences}." + (record.Details.HandingOver
        ? $" Column {record.Details.FeedColumn} does not show deleted rows, changed keys, rows that came late and updates that leave it alone. Set it in the rows that are missing or changed, then test again; where rows were deleted, build anew with -Feed TriggerLog and -Force."
        : "");

    private static void AddContentChecks(List<ShadowCheck> checks, ContentSum expected, ContentSum imported, ContentSum actual, long behind, TimeSpan elapsed, string differences)
    {
        var all = expected + imported;
        // Rows whose change is logged and not yet brought over are compared on neither side.
        var aside = behind > 0 ? $", {behind} still to be brought over aside" : "";
        var declared = (imported.Rows == 0 ? $"{expected.Rows} rows" : $"{expected.Rows} rows and {imported.Rows} imported") + aside;
        checks.Add(new ShadowCheck("row-count", all.Rows == actual.Rows, declared, $"{actual.Rows} rows{aside}",
            all.Rows == actual.Rows ? "As many rows as declared." : $"{Math.Abs(actual.Rows - all.Rows)} rows too {(actual.Rows > all.Rows ? "many" : "few")}.") { Elapsed = elapsed });
        checks.Add(new ShadowCheck("content", all == actual, Short(all), Short(actual),
            all == actual ? "Every value is as declared (sums of two hashes of each row)." : "Some values, or whole rows, are not as declared." + differences) { Elapsed = elapsed });

        static string Short(ContentSum sum) => $"{sum.First & 0xFFFF_FFFF:x8}-{sum.Second & 0xFFFF_FFFF:x8}";
    }

    private static async Task CheckLogsAsync(TableScope scope, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint, List<ShadowCheck> checks, CancellationToken token)
    {
        var guard = await scope.Session.ReadLogAsync(blueprint.Guard, token).ConfigureAwait(false);
        var untouched = guard.Untouched;
        checks.Add(new ShadowCheck("guard", untouched, "0 writes", guard.Broken || guard.EmptiedAt > 0 ? "emptied at once" : $"{guard.Changes} writes",
            untouched ? "Nobody but this tool wrote to the shadow." : "Somebody else wrote to the shadow after it was built."));
        if (blueprint.Feed is not { } feed) return;
        var state = await scope.Session.ReadLogAsync(feed, token).ConfigureAwait(false);
        checks.Add(new ShadowCheck("feed", !state.Broken, "whole", state.Broken ? "broken" : $"whole, {state.Changes} changes to come",
            state.Broken ? "Rows of the live table changed in a way that left no key to find them by." : "Later changes of the live table are logged and are brought over before the names are exchanged."));
        if (record.Details.ImportNotes is null) return;
        var (rows, example) = await ImportedRows.CountOverwrittenAsync(scope.Session, record, shadow, blueprint, long.MaxValue, token).ConfigureAwait(false);
        checks.Add(new ShadowCheck("imported-keys", rows == 0, "0 rows", $"{rows} rows",
            rows == 0 ? "No later row of the live table has the key of an imported row." : $"The live table has written rows under keys of imported rows, for example {example}."));
    }
}
