using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Cli.Output;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Tables;

namespace EtlTableOps.Cli.Demo;

/// <summary>
/// The whole job on a table of its own while readers and writers work: build, import, bring over, prove, switch, verify, undo,
/// verify. Every figure of the report is measured from outside, by the consumers and their ledger.
/// </summary>
internal sealed class DemoRun
{
    private static readonly string Table = DemoWorld.Events.Name;

    private readonly EtlDatabase database;
    private static readonly TimeSpan LargestBudget = TimeSpan.FromSeconds(2);

    private readonly DemoEvents events;
    private readonly string filePath;
    private readonly DemoLedger ledger;
    private readonly DemoStages stages;
    private readonly TableOperations operations;
    private readonly List<string> broken = [];
    private readonly List<DemoVerdict> verdicts = [];
    private TimeSpan stallBudget;

    public DemoRun(EtlDatabase database, DemoEvents events, string filePath, IRunObserver display)
    {
        this.database = database;
        this.events = events;
        this.filePath = filePath;
        ledger = new DemoLedger(events);
        stages = new DemoStages(display);
        operations = new TableOperations(database, stages);
    }

    /// <summary>How long the consumers work before, between and after.</summary>
    public TimeSpan Dwell { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Runs it in a world that was created already.</summary>
    public async Task<DemoReport> RunAsync(DemoWorld world, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        await stages.RunAsync("create", $"Make {Table}", null, async () =>
        {
            await world.CreateAsync(stages, token);
            return events.Rows;
        });
        await stages.RunAsync("file", "Write a CSV of new events", null, async () =>
        {
            await DemoFile.WriteAsync(filePath, events, token);
            return events.FileRows;
        });
        await using var crowd = await DemoCrowd.StartAsync(database, events, ledger, token);
        stages.Crowd = crowd;
        await stages.RunAsync("calm", "Watch the consumers alone", DemoPhase.Calm, () => WaitAsync(token));
        await PrepareShadowAsync(token);

        var switched = await ExchangeAsync("switch", "Switch", DemoPhase.Switch, budget => operations.SwitchAsync(new SwitchRequest(Table) { StallBudget = budget }, token), token);
        await stages.RunAsync("watch", "Let the consumers use it", DemoPhase.Watch, () => WaitAsync(token));
        await VerifyAsync("verify-switch", "Verify every row", crowd, () => new DemoVerification(database, DemoWorld.Events, ledger.Switched(), true).ReadAllAsync(token), token);
        crowd.Pace.Release();
        // Writes after the verification, so that there is something to bring along whatever was before.
        await stages.RunAsync("write", "Let them write more", DemoPhase.Watch, () => WaitAsync(token));

        var undone = await ExchangeAsync("undo", "Undo", DemoPhase.Undo, budget => operations.UndoAsync(new UndoRequest(Table) { StallBudget = budget }, token), token);
        await stages.RunAsync("after", "Let the consumers go on", DemoPhase.After, () => WaitAsync(token));
        await VerifyAsync("verify-undo", "Verify every row again", crowd, () => new DemoVerification(database, DemoWorld.Events, ledger.Original(), false).ReadAllAsync(token), token);
        await crowd.StopAsync();

        var report = new DemoReport
        {
            Database = database.Display,
            Rows = events.Rows + 1,
            RowsSwitched = verdicts[0].Rows,
            RowsUndone = verdicts[1].Rows,
            Stages = stages.Finish(crowd),
            Elapsed = watch.Elapsed,
            Reads = crowd.Reads,
            Writes = crowd.Writes,
            Failures = crowd.Failed,
            FailureMessages = crowd.Failures,
            RowsLost = verdicts.Sum(v => v.Lost),
            RowsDoubled = verdicts.Sum(v => v.Doubled),
            RowsWrong = verdicts.Sum(v => v.Wrong),
            RowsVerified = verdicts.Sum(v => v.Rows),
            RowsKept = undone.RowsKept,
            RowsWrittenBetween = ledger.Keys(Era.Switched).Count,
            SwitchHeldMs = switched.Stall?.HeldMilliseconds ?? 0,
            UndoHeldMs = undone.Stall?.HeldMilliseconds ?? 0,
            StallBudgetMs = stallBudget.TotalMilliseconds,
            LongestStallMs = Worst(crowd, DemoPhase.Switch, DemoPhase.Undo),
            CalmStallMs = Worst(crowd, DemoPhase.Calm),
            BrokenPromises = broken,
        };
        Judge(report, [.. switched.Differences, .. undone.Differences]);
        return report;
    }

    private async Task PrepareShadowAsync(CancellationToken token)
    {
        var request = new NewShadowRequest(Table) { Change = DemoChange.For(events), Feed = FeedKind.TriggerLog };
        await DoAsync("build", "Build the shadow", DemoPhase.Build, () => operations.NewShadowAsync(request, token), s => s.RowsDone, token);
        await using (var rows = Composition.RowSources.Open(filePath, new Composition.RowFileOptions()))
        {
            await DoAsync("import", "Import the CSV", DemoPhase.Import, () => operations.ImportAsync(new ImportRequest(Table) { Rows = rows }, token), s => s.RowsDone, token);
        }
        await DoAsync("sync", "Bring over what changed", DemoPhase.Sync, () => operations.SyncAsync(new SyncRequest(Table), token), s => s.RowsDone, token);
        var test = await DoAsync("test", "Prove it", DemoPhase.Test, () => operations.TestAsync(new TestRequest(Table), token), t => t.Rows, token);
        if (!test.Passed)
            throw new EtlException(ErrorCode.TestFailed, test.Shadow, string.Join("; ", test.Checks.Where(c => !c.Passed).Select(c => $"{c.Name}: expected {c.Expected}, found {c.Found}")));
    }

    private async Task<T> DoAsync<T>(string name, string title, DemoPhase phase, Func<Task<PreparedOperation<T>>> prepare, Func<T, long> rows, CancellationToken token)
    {
        T? result = default;
        await stages.RunAsync(name, title, phase, async () =>
        {
            result = await (await prepare()).RunAsync(token);
            return rows(result);
        });
        return result!;
    }

    /// <summary>
    /// An exchange within the usual stall budget. On a machine that is too busy for it the tool refuses, and the demo does
    /// what an operator does: allows more, and says so.
    /// </summary>
    private async Task<TableSwap> ExchangeAsync(string name, string title, DemoPhase phase, Func<TimeSpan, Task<PreparedOperation<TableSwap>>> prepare, CancellationToken token)
    {
        TableSwap? swap = null;
        await stages.RunAsync(name, title, phase, async () =>
        {
            for (var budget = SwitchRequest.DefaultStallBudget; swap is null; budget *= 3)
            {
                try
                {
                    swap = await (await prepare(budget)).RunAsync(token);
                    stallBudget = budget > stallBudget ? budget : stallBudget;
                }
                catch (EtlException e) when (e.Code == ErrorCode.StallBudgetExceeded && budget < LargestBudget)
                {
                    stages.OnEvent(new RunWarning($"This machine is too busy for a stall budget of {Human.Duration(budget)}; nothing was changed, and more is allowed."));
                }
            }
            return 0;
        });
        return swap!;
    }

    private async Task<long> WaitAsync(CancellationToken token)
    {
        await Task.Delay(Dwell, token);
        return 0;
    }

    private Task VerifyAsync(string name, string title, DemoCrowd crowd, Func<Task<DemoVerdict>> verify, CancellationToken token) =>
        stages.RunAsync(name, title, DemoPhase.Verify, async () =>
        {
            await crowd.Pace.HoldAsync(token);
            var verdict = await verify();
            verdicts.Add(verdict);
            return verdict.Rows;
        });

    private void Judge(DemoReport report, IReadOnlyList<string> differences)
    {
        if (report.Failures > 0) broken.Add($"1: {Human.Count(report.Failures)} statements of the consumers failed");
        if (report.RowsLost > 0) broken.Add($"2: {Figures.Rows(report.RowsLost)} lost");
        if (report.RowsDoubled > 0) broken.Add($"2: {Figures.Rows(report.RowsDoubled)} doubled or not to be there");
        if (report.RowsWrong > 0) broken.Add($"2: {Figures.Rows(report.RowsWrong)} with another content than was committed");
        broken.AddRange(differences.Select(d => "5: " + d));
        if (report.RowsKept != report.RowsWrittenBetween)
        {
            broken.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"8: the undo brought {report.RowsKept} rows along, the writers' ledger has {report.RowsWrittenBetween}"));
        }
    }

    private static double Worst(DemoCrowd crowd, params DemoPhase[] phases) =>
        phases.Max(p => Math.Max(crowd.LongestRead(p).TotalMilliseconds, crowd.LongestWrite(p).TotalMilliseconds));
}
