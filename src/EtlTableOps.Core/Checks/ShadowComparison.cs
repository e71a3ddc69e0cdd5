using System.Diagnostics;
using EtlTableOps.Checks.Custom;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>What is read of the rows for a test: both sides in one snapshot, and what follows from them.</summary>
internal sealed class ShadowComparison(TableScope scope, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint, CustomChecks custom, IRunObserver observer)
{
    /// <summary>Comparisons at most, where the live table is emptied during each.</summary>
    private const int Rounds = 5;

    private readonly List<string> statements = [];

    /// <summary>The distributions that were asked for; null for none.</summary>
    public DistributionRequest? Distribution { get; init; }

    /// <summary>How far values may be apart.</summary>
    public IReadOnlyList<Tolerance> Tolerances { get; init; } = [];

    /// <summary>When the search for differing rows ends.</summary>
    public SearchLimits Limits { get; init; } = new(CompareRequest.DefaultMaxDifferences, null);

    private bool Additive => record.Details.Imports.Count > 0;

    private ContentQuery Expected => blueprint.ExpectedContent with { Additive = Additive };

    private ContentQuery Actual => blueprint.ActualContent(scope.Dialect) with { Additive = Additive };

    /// <summary>
    /// Which rows went when the live table was emptied at once no key in the log says, so that they cannot be left out of the comparison: such a change is brought
    /// over before it, and the comparison is made anew when another one came in meanwhile.
    /// </summary>
    /// <remarks>
    /// Also read after the comparison: a snapshot from before the table was emptied does not know of it and finds the table empty nevertheless.
    /// </remarks>
    public async Task<ComparedShadow> RunAsync(CancellationToken token)
    {
        for (var round = 1; ; round++)
        {
            // By the log, also where a column feeds until this test has passed: nothing else knows of it.
            if (await IsEmptiedAsync(token).ConfigureAwait(false)) await ShadowSynchronizer.CatchUpAsync(scope, new LogFeed(scope.Session, record, shadow, blueprint), blueprint, observer, token).ConfigureAwait(false);
            statements.Clear();
            var compared = await CompareOrBlameAsync(token).ConfigureAwait(false);
            if (!await IsEmptiedAsync(token).ConfigureAwait(false)) return compared;
            if (round < Rounds) continue;
            var rest = new ShadowCheck("rest", false, "a live table that is not emptied meanwhile", $"emptied during each of {Rounds} comparisons", "The live table was emptied at once again and again while it was compared; test when that is over.");
            return compared with { Checks = [.. compared.Checks, rest] };
        }
    }

    private async Task<bool> IsEmptiedAsync(CancellationToken token) =>
        blueprint.Feed is { } feed && (await scope.Session.ReadLogAsync(feed, token).ConfigureAwait(false)).EmptiedAt > 0;

    /// <summary>All checks share a statement, so that one of them can make it fail on a row that it does not expect; then it is found and named.</summary>
    private async Task<ComparedShadow> CompareOrBlameAsync(CancellationToken token)
    {
        try
        {
            return await CompareAsync(token).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code == ErrorCode.StatementFailed && custom.Measures.Count > 0)
        {
            throw await custom.BlameAsync(scope.Session, e, token).ConfigureAwait(false);
        }
    }

    /// <summary>Both sides and the integrity checks in one snapshot; side by side on two sessions where the engine can share it.</summary>
    private async Task<ComparedShadow> CompareAsync(CancellationToken token)
    {
        var session = scope.Session;
        var transaction = await session.BeginAsync(TransactionMode.Snapshot, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var state = await session.DescribeStateAsync(Expected, token).ConfigureAwait(false);
            var (expected, actual, elapsed) = await ReadSidesAsync(token).ConfigureAwait(false);
            var imported = record.Details.Imports.Select(i => ContentSum.Parse(i.Content)).Aggregate(ContentSum.Empty, (a, b) => a + b);
            var behind = blueprint.Feed is { } log ? (await session.ReadLogAsync(log, token).ConfigureAwait(false)).Keys : 0;
            var differences = expected.Content + imported == actual.Content ? null : await FindDifferencesAsync(imported.Rows, token).ConfigureAwait(false);
            List<ShadowCheck> checks =
            [
                .. ContentChecks(expected.Content, imported, actual.Content, behind, elapsed, differences),
                .. await CheckIntegrityAsync(token).ConfigureAwait(false),
                .. await custom.JudgeAsync(session, actual, elapsed, Note, token).ConfigureAwait(false),
            ];
            var (live, liveSeconds) = await ReadLiveAsync(token).ConfigureAwait(false);
            var distributions = Distribution is null ? [] : await ReadDistributionsAsync(Distribution, token).ConfigureAwait(false);
            return new ComparedShadow(checks, actual.Content)
            {
                Differences = differences,
                Distributions = distributions,
                Live = live,
                LiveSeconds = liveSeconds,
                Snapshot = state,
                Statements = [.. statements],
            };
        }
    }

    /// <summary>One statement for each side, however much is asked of it.</summary>
    private async Task<(ScanResult Expected, ScanResult Actual, TimeSpan Elapsed)> ReadSidesAsync(CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var (expectedScan, actualScan) = (new TableScan(Expected), new TableScan(Actual) { Measures = custom.Measures });
        if (!blueprint.StructureOnly) Note(scope.Dialect.Scan(expectedScan));
        Note(scope.Dialect.Scan(actualScan));
        var side = await ReadSide.OfAsync(scope.Session, token).ConfigureAwait(false);
        var rows = Math.Max(scope.Live.EstimatedRows, 0) + Math.Max(shadow.EstimatedRows, 0);
        var (expected, actual) = await ScanWatch.TellAsync(observer, "test", "Read both sides", rows > 0 ? rows : -1, () => ReadSide.CountRows(side, side), () => ReadSide.ReadBothAsync(side, side, (s, isExpected, t) => (isExpected, blueprint.StructureOnly) switch
        {
            (true, true) => Task.FromResult(new ScanResult(ContentSum.Empty, [])),
            (true, false) => s.ReadScanAsync(expectedScan, t),
            _ => s.ReadScanAsync(actualScan, t),
        }, token)).ConfigureAwait(false);
        return (expected, actual, watch.Elapsed);
    }

    private async Task<IReadOnlyList<ShadowCheck>> CheckIntegrityAsync(CancellationToken token)
    {
        var checks = new List<ShadowCheck>();
        foreach (var check in scope.Dialect.IntegrityChecks(scope.Live, blueprint))
        {
            var watch = Stopwatch.StartNew();
            Note(check.CountViolations);
            var violations = (await scope.Session.QueryAsync(check.CountViolations, r => r.GetInt64(0), token).ConfigureAwait(false))[0];
            checks.Add(new ShadowCheck(check.Name, violations == 0, "0 rows", $"{violations} rows", violations == 0 ? check.Meaning : $"{violations} rows break it: {check.Meaning}") { Elapsed = watch.Elapsed });
        }
        return checks;
    }

    /// <summary>Without a feed the switch must see for itself that the live table is the one that was tested.</summary>
    private async Task<(ContentSum? Live, double Seconds)> ReadLiveAsync(CancellationToken token)
    {
        if (blueprint.Feed is not null) return (null, 0);
        var watch = Stopwatch.StartNew();
        var query = LiveContent(scope.Dialect, scope.Live);
        Note(scope.Dialect.ContentSum(query));
        var live = await scope.Session.ReadContentAsync(query, token).ConfigureAwait(false);
        return (live, watch.Elapsed.TotalSeconds);
    }

    /// <summary>The live table as the rows of the comparison were read: at the feed's position, where that is how.</summary>
    private async Task<IReadOnlyList<ColumnDrift>> ReadDistributionsAsync(DistributionRequest request, CancellationToken token)
    {
        var found = await new DistributionReader(scope.Live, shadow, request, blueprint.AsOf) { Feed = blueprint.Feed }.ReadAsync(scope.Session, token).ConfigureAwait(false);
        foreach (var sql in found.Statements) Note(sql);
        if (request.Against == DistributionBase.Live) return found.Columns;
        var last = await ProfileArchive.LastAsync(scope, record, token).ConfigureAwait(false);
        return [.. found.Columns.Select(last.Compare)];
    }

    private void Note(Sql sql) => statements.AddRange(sql.All.Select(s => s.Text));

    /// <summary>The live table's own content, all of it, as it is.</summary>
    public static ContentQuery LiveContent(IDialect dialect, TableShape live) => new()
    {
        From = live.Name,
        Additive = false,
        Columns = [.. live.Columns.Where(c => !c.IsGenerated).Select(c => new ContentColumn(SqlText.Write(dialect, $"{new Id(c.Name)}"), c.Type, c.Collation))],
    };

    /// <summary>The rows that differ, looked for once the sums do; null where there is nothing to compare with.</summary>
    private async Task<TableDifferences?> FindDifferencesAsync(long imported, CancellationToken token)
    {
        if (ShadowPair.Of(blueprint, scope.Dialect, Tolerances, imported) is not { } pair) return null;
        var side = await ReadSide.OfAsync(scope.Session, token).ConfigureAwait(false);
        return await PairComparer.CompareAsync(pair, side, side, Limits, observer, "test", token).ConfigureAwait(false);
    }

    /// <summary>What differs, and what it means where a column fed the shadow: that is what it does not show.</summary>
    private string Tell(TableDifferences? found) => found is null ? "" : $" By {(found.Key.Count == 0 ? "whole row" : "key")}: {found.Describe()}{(found.EndedBy is { } ended ? $" ({ended})" : "")}." + (record.Details.HandingOver
        ? $" Column {record.Details.FeedColumn} does not show deleted rows, changed keys, rows that came late and updates that leave it alone. Set it in the rows that are missing or changed, then test again; where rows were deleted, build anew with -Feed TriggerLog and -Force."
        : "");

    private IEnumerable<ShadowCheck> ContentChecks(ContentSum expected, ContentSum imported, ContentSum actual, long behind, TimeSpan elapsed, TableDifferences? found)
    {
        var all = expected + imported;
        // Rows whose change is logged and not yet brought over are compared on neither side.
        var aside = behind > 0 ? $", {behind} still to be brought over aside" : "";
        var declared = (imported.Rows == 0 ? $"{expected.Rows} rows" : $"{expected.Rows} rows and {imported.Rows} imported") + aside;
        yield return new ShadowCheck("row-count", all.Rows == actual.Rows, declared, $"{actual.Rows} rows{aside}",
            all.Rows == actual.Rows ? "As many rows as declared." : $"{Math.Abs(actual.Rows - all.Rows)} {(Math.Abs(actual.Rows - all.Rows) == 1 ? "row" : "rows")} too {(actual.Rows > all.Rows ? "many" : "few")}.") { Elapsed = elapsed };
        var tolerated = Tolerances.Count > 0 && found is { Equal: true };
        var within = string.Join(", ", Tolerances);
        var (shouldBe, message) = (Short(all), Tolerances.Count) switch
        {
            var (sums, _) when all == actual => (sums, "Every value is as declared (sums of two hashes of each row)" + (Tolerances.Count > 0 ? $", without need of the tolerances: {within}." : ".")),
            var (sums, _) when tolerated => ($"{sums}, {within}", $"Every value is as declared within the tolerances: {within}. Beyond them the rows were compared by key."),
            var (sums, count) => (count > 0 ? $"{sums}, {within}" : sums, $"Some values, or whole rows, are not as declared{(count > 0 ? $" within the tolerances ({within})" : "")}.{Tell(found)}"),
        };
        yield return new ShadowCheck("content", all == actual || tolerated, shouldBe, Short(actual), message) { Elapsed = elapsed + (found?.Elapsed ?? TimeSpan.Zero) };

        static string Short(ContentSum sum) => $"{sum.First & 0xFFFF_FFFF:x8}-{sum.Second & 0xFFFF_FFFF:x8}";
    }
}

/// <summary>What a comparison found.</summary>
/// <param name="Checks">Its checks.</param>
/// <param name="Shadow">The shadow's content.</param>
internal sealed record ComparedShadow(IReadOnlyList<ShadowCheck> Checks, ContentSum Shadow)
{
    /// <summary>The live table's own content, where the switch has to see it again; else null.</summary>
    public ContentSum? Live { get; init; }

    /// <summary>Seconds that it took to read.</summary>
    public double LiveSeconds { get; init; }

    /// <summary>The state that was read, for people.</summary>
    public string Snapshot { get; init; } = "";

    /// <summary>The statements that read rows, in their order.</summary>
    public IReadOnlyList<string> Statements { get; init; } = [];

    /// <summary>The rows that differ; null where they do not, or were not looked for.</summary>
    public TableDifferences? Differences { get; init; }

    /// <summary>The columns' distributions, where they were asked for.</summary>
    public IReadOnlyList<ColumnDrift> Distributions { get; init; } = [];
}
