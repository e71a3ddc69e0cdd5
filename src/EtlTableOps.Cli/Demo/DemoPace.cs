namespace EtlTableOps.Cli.Demo;

/// <summary>What the demo is doing, to say when a wait happened.</summary>
internal enum DemoPhase
{
    Calm,
    Build,
    Import,
    Sync,
    Test,
    Switch,
    Watch,
    Verify,
    Undo,
    After,
}

/// <summary>What all consumers share: the phase, the holding of the writers and the end.</summary>
internal sealed class DemoPace : IDisposable
{
    private readonly ManualResetEventSlim go = new(true);
    private readonly CancellationTokenSource abort = new();
    private readonly int writers;
    private int held;
    private volatile bool stopping;
    private volatile int phase;

    public DemoPace(int writers) => this.writers = writers;

    /// <summary>The current phase.</summary>
    public DemoPhase Phase
    {
        get => (DemoPhase)phase;
        set => phase = (int)value;
    }

    /// <summary>Whether the consumers shall end after their current statement.</summary>
    public bool Stopping => stopping;

    /// <summary>Ends a statement that does not end by itself.</summary>
    public CancellationToken Abort => abort.Token;

    /// <summary>Holds the writers; returns when all of them stand still, between two transactions.</summary>
    public async Task HoldAsync(CancellationToken token)
    {
        go.Reset();
        while (Volatile.Read(ref held) < writers) await Task.Delay(5, token);
    }

    /// <summary>Lets the writers go on.</summary>
    public void Release() => go.Set();

    /// <summary>A writer stands here while the writers are held; true when it had to.</summary>
    public bool WaitWhileHeld()
    {
        if (go.IsSet) return false;
        Interlocked.Increment(ref held);
        go.Wait();
        Interlocked.Decrement(ref held);
        return true;
    }

    public void Stop()
    {
        stopping = true;
        go.Set();
    }

    public void AbortAll() => abort.Cancel();

    public void Dispose()
    {
        go.Dispose();
        abort.Dispose();
    }
}
