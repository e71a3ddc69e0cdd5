using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Testing.Ledgers;

namespace EtlTableOps.Behaviour;

/// <summary>What all scenarios share: a fresh database, and the operations in one line each.</summary>
public abstract class EngineScenarios : IAsyncLifetime
{
    private EngineWorld? world;
    private EtlDatabase? database;

    /// <summary>The database of this scenario.</summary>
    protected EngineWorld World => world ?? throw new InvalidOperationException("The scenario was not begun.");

    /// <summary>The same, as this tool sees it.</summary>
    protected EtlDatabase Database => database ?? throw new InvalidOperationException("The scenario was not begun.");

    /// <summary>Ends with the test.</summary>
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What the last operations told.</summary>
    protected Recorder Told { get; } = new();

    /// <summary>The operations under test.</summary>
    protected TableOperations Operations => new(Database, Told);

    /// <summary>Makes the engine's world.</summary>
    protected abstract EngineWorld NewWorld();

    /// <inheritdoc/>
    public virtual async ValueTask InitializeAsync()
    {
        world = NewWorld();
        await world.StartAsync();
        database = await world.ConnectAsync();
    }

    /// <summary>Goes on in another world, such as a copy of this one; returns the one that was left, for whoever wants to go back.</summary>
    protected async Task<EngineWorld> EnterAsync(EngineWorld other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var left = World;
        (world, database) = (other, await other.ConnectAsync());
        return left;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (world is not null) await world.DisposeAsync();
    }

    protected async Task<ShadowTable> BuildAsync(DeclaredChange change, Func<NewShadowRequest, NewShadowRequest>? with = null, string table = "allevents")
    {
        var request = new NewShadowRequest(table) { Change = change };
        return await RunAsync(await Operations.NewShadowAsync(with?.Invoke(request) ?? request, Token));
    }

    protected async Task<ShadowTestResult> TestAsync(string table = "allevents") => await RunAsync(await Operations.TestAsync(new TestRequest(table), Token));

    /// <summary>Tests, and fails with the checks that did not pass.</summary>
    protected async Task<ShadowTestResult> ProveAsync(string table = "allevents")
    {
        var result = await TestAsync(table);
        Assert.True(result.Passed, string.Join(Environment.NewLine, result.Checks.Where(c => !c.Passed).Select(c => $"{c.Name}: expected {c.Expected}, found {c.Found}. {c.Message}")));
        return result;
    }

    protected async Task<TableSwap> SwitchAsync(string table = "allevents", Func<SwitchRequest, SwitchRequest>? with = null)
    {
        var request = new SwitchRequest(table);
        return await RunAsync(await Operations.SwitchAsync(with?.Invoke(request) ?? request, Token));
    }

    protected async Task<TableSwap> UndoAsync(string table = "allevents", string? to = null, bool force = false) =>
        await RunAsync(await Operations.UndoAsync(new UndoRequest(table) { To = to, Force = force }, Token));

    protected async Task<ShadowTable> ImportAsync(ImportRequest request) => await RunAsync(await Operations.ImportAsync(request, Token));

    protected async Task<ShadowTable> SyncAsync(string table = "allevents") => await RunAsync(await Operations.SyncAsync(new SyncRequest(table), Token));

    protected async Task<ShadowTable> RemoveShadowAsync(string table = "allevents") => await RunAsync(await Operations.RemoveShadowAsync(new RemoveShadowRequest(table), Token));

    protected async Task<IReadOnlyList<TableSwap>> RepairAsync(string? table = "allevents") => await RunAsync(await Operations.RepairAsync(new RepairRequest { Table = table }, Token));

    /// <summary>The journal's newest line of a table.</summary>
    protected async Task<TableSwap> LastSwapAsync(string table = "allevents") => (await Operations.HistoryAsync(new HistoryRequest { Table = table }, Token))[0];

    /// <summary>Builds, proves and switches in one go.</summary>
    protected async Task<TableSwap> ReplaceAsync(DeclaredChange change, Func<SwitchRequest, SwitchRequest>? with = null, string table = "allevents")
    {
        await BuildAsync(change, table: table);
        await ProveAsync(table);
        return await SwitchAsync(table, with);
    }

    /// <summary>Writers begin to work on <c>allevents</c>, and keep their own account of what they committed.</summary>
    protected async Task<Ledger> StartLedgerAsync(Func<LedgerOptions, LedgerOptions>? with = null, LedgerTable? table = null)
    {
        var options = World.LedgerOptions with { Seed = Effort.Seed };
        var ledger = new Ledger(World.OpenConsumerAsync, table ?? EventsTable.Ledger, with?.Invoke(options) ?? options);
        await ledger.StartAsync();
        return ledger;
    }

    /// <summary>The table is what its writers committed, and none of their statements failed. They go on afterwards, if they were at work.</summary>
    protected static async Task AgreesAsync(Ledger ledger, string when)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        await ledger.PauseAsync();
        try
        {
            var wrong = ledger.Failures.Concat(await ledger.DifferencesAsync()).ToList();
            Assert.True(wrong.Count == 0, $"{when}, seed {Effort.Seed} (ETLTABLEOPS_TEST_SEED): {wrong.Count} things wrong:{Environment.NewLine}{string.Join(Environment.NewLine, wrong.Take(20))}");
        }
        finally
        {
            ledger.Resume();
        }
    }

    /// <summary>Runs a prepared operation.</summary>
    protected static Task<T> RunAsync<T>(PreparedOperation<T> operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return operation.RunAsync(Token);
    }

    /// <summary>The operation fails with this code, and its texts are for people.</summary>
    protected static async Task<EtlException> FailsAsync(ErrorCode code, Func<Task> operation)
    {
        var failure = await Assert.ThrowsAsync<EtlException>(operation);
        Assert.True(code == failure.Code, $"Expected {code}, got {failure.Code}: {failure.Message}{Environment.NewLine}{failure}");
        Assert.NotEmpty(failure.Remedy);
        return failure;
    }

    /// <summary>Nothing of ours but the journal is in the database.</summary>
    protected async Task NothingLeftAsync(string table = "allevents", string when = "")
    {
        var left = await World.LeftoversAsync(table);
        Assert.True(left.Count == 0, $"{when} left behind: {string.Join(", ", left)}");
    }

    /// <summary>What is in the live table, whole.</summary>
    protected Task<IReadOnlyList<string>> LiveRowsAsync(string table = "allevents") => World.RowsAsync($"SELECT * FROM {table}");
}

/// <summary>Keeps what operations told, and can fail at a boundary of a step.</summary>
public sealed class Recorder : IRunObserver
{
    private readonly List<RunEvent> events = [];
    private int boundaries;

    /// <summary>Fails at the boundary of this number; 0 for never.</summary>
    public int FailAt { get; set; }

    /// <summary>Boundaries of steps met so far.</summary>
    public int Boundaries => boundaries;

    /// <summary>Hears each event at once.</summary>
    public Action<RunEvent>? Hear { get; set; }

    /// <summary>What was told so far.</summary>
    public IReadOnlyList<RunEvent> Events
    {
        get
        {
            lock (events) return [.. events];
        }
    }

    /// <summary>Statements that were run, in order.</summary>
    public IReadOnlyList<string> Statements => [.. Events.OfType<StatementRun>().Select(s => s.Text)];

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        lock (events) events.Clear();
        boundaries = 0;
        FailAt = 0;
    }

    /// <inheritdoc/>
    public void OnEvent(RunEvent happened)
    {
        lock (events) events.Add(happened);
        Hear?.Invoke(happened);
        if (happened is not (StepStarted or StepFinished)) return;
        // Steps may run side by side.
        var number = Interlocked.Increment(ref boundaries);
        if (number == FailAt) throw new InjectedFaultException($"at boundary {number} ({happened})");
    }
}

/// <summary>A fault that a test put in.</summary>
public sealed class InjectedFaultException(string where) : Exception(where);
