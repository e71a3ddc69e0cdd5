using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Switching;
using EtlTableOps.Testing.Ledgers;

namespace EtlTableOps.Behaviour;

/// <summary>How an operation is cut off, and what must be true afterwards.</summary>
public abstract partial class InterruptionSteps : EngineScenarios
{
    private int more = 2;
    private IReadOnlyList<string> original = [];
    private IReadOnlyList<string> structure = [];
    private IReadOnlyList<string> objects = [];

    /// <summary>Writers that are at work meanwhile; null when the table stays as it is. Their statements decide what the live table must hold.</summary>
    protected Ledger? Writers { get; set; }

    /// <summary>Whether those writers are paused already, so that the table can be compared as it is.</summary>
    protected bool WritersPaused { get; set; }

    private static TimeSpan Budget => TimeSpan.FromSeconds(2);

    /// <summary>The way that shadows are built for.</summary>
    protected virtual ExchangeMethod Method => ExchangeMethod.Swap;

    /// <summary>SIGKILL of a process at each boundary.</summary>
    protected async Task KilledAtEachBoundaryAsync(string operation)
    {
        await BeginAsync(200);
        for (var boundary = 1; ; boundary++)
        {
            await SetUpAsync(operation);
            var (ended, place) = await HostAsync(operation, boundary.ToString(CultureInfo.InvariantCulture));
            await WholeAfterAsync(operation, $"{operation}, killed {place} (boundary {boundary})");
            if (ended) break;
            Assert.True(boundary < 100, "an operation without an end");
        }
    }

    /// <summary>SIGKILL at any moment.</summary>
    protected async Task KilledAtAnyMomentAsync(string operation)
    {
        await BeginAsync(operation == "build" ? 20_000 : 500);
        if (operation == "import") await MoreAsync(60_000);
        await SetUpAsync(operation);
        var watch = Stopwatch.StartNew();
        await HostAsync(operation, "60000ms");
        var whole = watch.ElapsedMilliseconds;
        await WholeAfterAsync(operation, $"{operation}, not killed");
        var random = new Random();
        for (var round = 0; round < Effort.Kills * 2; round++)
        {
            await SetUpAsync(operation);
            var after = random.NextInt64(whole / 8, whole + 1);
            await HostAsync(operation, $"{after}ms");
            await WholeAfterAsync(operation, $"{operation}, killed after {after} of {whole} ms");
        }
    }

    /// <summary>SIGKILL of a process at any moment, with writers at work all the while.</summary>
    protected async Task KilledUnderWritersAsync(params string[] operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        await BeginAsync(1000);
        Writers = await StartLedgerAsync();
        await using (Writers)
        {
            var random = new Random(Effort.Seed);
            var whole = new Dictionary<string, long>();
            for (var round = 0; round < Effort.Kills * 2; round++)
            {
                var operation = operations[round % operations.Length];
                await SetUpAsync(operation);
                // The first of each is let through, to know how long there is for the others.
                var after = whole.TryGetValue(operation, out var length) ? random.NextInt64(length / 8, length + 1) : 60_000;
                var watch = Stopwatch.StartNew();
                var (_, place) = await HostAsync(operation, $"{after}ms");
                whole.TryAdd(operation, watch.ElapsedMilliseconds);
                await WholeAfterAsync(operation, $"{operation}, killed {place} (round {round}, seed {Effort.Seed})");
            }
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {Effort.Seed}, {Effort.Kills * 2} rounds, {Writers.Counts}");
        }
    }

    /// <summary>What an operation met when it was disturbed in its course: whatever it was, it must end well or with one of these codes.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="disturb">Called within the operation at each boundary of a step, with its number and place.</param>
    /// <param name="codes">Codes of failures that are as they should be.</param>
    protected async Task<EtlException?> DisturbedAsync(string operation, Action<int, string> disturb, params ErrorCode[] codes)
    {
        ArgumentNullException.ThrowIfNull(disturb);
        Told.Clear();
        var boundary = 0;
        Told.Hear = happened =>
        {
            if (happened is StepStarted started) disturb(Interlocked.Increment(ref boundary), "before " + started.Step);
            if (happened is StepFinished finished) disturb(Interlocked.Increment(ref boundary), "after " + finished.Step);
        };
        try
        {
            var failure = await Record.ExceptionAsync(() => OperateAsync(operation));
            Assert.True(failure is null || (failure is EtlException e && codes.Contains(e.Code)), $"{operation} was disturbed, and ended by: {failure}");
            return (EtlException?)failure;
        }
        finally
        {
            Told.Hear = null;
        }
    }

    /// <summary>Makes the table and remembers it.</summary>
    protected async Task BeginAsync(int rows)
    {
        await EventsTable.CreateAsync(World, rows);
        await World.ExecuteAsync("CREATE VIEW of_users AS SELECT user_id, count(*) AS events FROM allevents GROUP BY user_id");
        await World.ExecuteAsync("CREATE TABLE more_events (event_id integer, event_ts timestamp, user_id integer)");
        await World.ExecuteAsync("INSERT INTO more_events VALUES (100001, '2026-01-02 03:04:05', 1), (100002, '2026-01-02 03:04:05', 2)");
        await RememberAsync();
    }

    /// <summary>What there is now must be there, and nothing else, after an interruption too.</summary>
    protected async Task RememberAsync()
    {
        original = await LiveRowsAsync();
        structure = await World.DescribeAsync("allevents");
        objects = await World.ObjectsAsync();
    }

    /// <summary>Lets there be as many rows to import that the import has a middle.</summary>
    private async Task MoreAsync(int rows)
    {
        foreach (var chunk in Enumerable.Range(3, rows - 2).Chunk(1000))
            await World.ExecuteAsync($"INSERT INTO more_events VALUES {string.Join(", ", chunk.Select(i => $"({100000 + i}, '2026-01-02 03:04:05', 3)"))}");
        more = rows;
    }

    /// <summary>A fault inside the process at each boundary of a step.</summary>
    protected async Task InProcessAsync(string operation)
    {
        await BeginAsync(100);
        for (var boundary = 1; ; boundary++)
        {
            await SetUpAsync(operation);
            Told.Clear();
            Told.FailAt = boundary;
            var failure = await Record.ExceptionAsync(() => OperateAsync(operation));
            var ended = Told.Boundaries < boundary;
            Told.Clear();
            if (!ended) Assert.True(failure is InjectedFaultException or EtlException, failure?.ToString() ?? $"{operation}: the fault at boundary {boundary} was swallowed");
            else Assert.Null(failure);
            if (failure is EtlException { Code: not ErrorCode.CleanUpPending } other) Assert.Fail(other.ToString());
            if (failure is EtlException pending) Assert.True(pending.DurableChangeMade);
            await WholeAfterAsync(operation, $"{operation}, failed at boundary {boundary}");
            if (ended) break;
            Assert.True(boundary < 100, "an operation without an end");
        }
    }

    private async Task OperateAsync(string operation)
    {
        switch (operation)
        {
            case "build":
                await BuildAsync(Declared.Twice);
                break;
            case "import":
                await ImportAsync(new ImportRequest("allevents") { FromTable = "more_events" });
                break;
            case "sync":
                await SyncAsync();
                break;
            case "test":
                await TestAsync();
                break;
            case "switch":
                await SwitchAsync(with: r => r with { KeepVersions = 1, StallBudget = Budget });
                break;
            default:
                await BackAsync();
                break;
        }
    }

    private async Task<TableSwap> BackAsync() => await RunAsync(await Operations.UndoAsync(new UndoRequest("allevents") { StallBudget = Budget }, Token));

    /// <summary>Does what must be done before the operation.</summary>
    protected async Task SetUpAsync(string operation)
    {
        if (operation == "build") return;
        await BuildAsync(Declared.Twice, r => r with { Method = Method });
        if (operation == "sync") await World.ExecuteAsync("UPDATE allevents SET payload = payload WHERE event_id < 10");
        if (operation is "switch" or "undo") await ProveAsync();
        if (operation == "undo") await SwitchAsync(with: r => r with { StallBudget = Budget });
    }

    /// <summary>Runs the operation in a process that kills itself; whether it came to its end all the same.</summary>
    protected async Task<(bool Ended, string Place)> HostAsync(string operation, string death)
    {
        using var process = StartHost(operation, death);
        return await EndAsync(process);
    }

    /// <summary>Starts the operation in a process of its own that kills itself at some boundary, or after a time.</summary>
    protected Process StartHost(string operation, string death)
    {
        var host = Path.Combine(AppContext.BaseDirectory, "EtlTableOps.TestHost.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "exec", host, World.ConnectionText, operation, "allevents", death }) start.ArgumentList.Add(argument);
        foreach (var (name, value) in World.HostEnvironment) start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException("The host did not start.");
    }

    /// <summary>Waits for its end: whether it came to it by itself, and else where it was killed.</summary>
    protected static async Task<(bool Ended, string Place)> EndAsync(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        var error = process.StandardError.ReadToEndAsync(Token);
        var output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        var killed = output.Trim();
        Assert.True(process.ExitCode == 0 || killed.Length > 0, $"The host failed by itself ({process.ExitCode}): {await error}");
        return (process.ExitCode == 0, killed);
    }
}
