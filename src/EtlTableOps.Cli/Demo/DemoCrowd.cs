using EtlTableOps.Engines;

namespace EtlTableOps.Cli.Demo;

/// <summary>The readers and writers that work on the live table all the while.</summary>
internal sealed class DemoCrowd : IAsyncDisposable
{
    public const int Readers = 4;
    public const int Writers = 2;

    private const double ReadsPerSecond = 30;
    private const double WritesPerSecond = 40;

    private readonly List<DemoConsumer> readers = [];
    private readonly List<DemoConsumer> writers = [];
    private readonly List<IEngineSession> sessions = [];
    private bool stopped;

    private DemoCrowd()
    {
    }

    /// <summary>What they share.</summary>
    public DemoPace Pace { get; } = new(Writers);

    /// <summary>Statements of all together, a second.</summary>
    public static double PerSecond => (Readers * ReadsPerSecond) + (Writers * WritesPerSecond);

    /// <summary>Statements of the readers.</summary>
    public long Reads => readers.Sum(c => c.Done);

    /// <summary>Transactions of the writers.</summary>
    public long Writes => writers.Sum(c => c.Done);

    /// <summary>Those that failed or read what cannot be.</summary>
    public long Failed => readers.Concat(writers).Sum(c => c.Failed);

    /// <summary>What the first failures said.</summary>
    public IReadOnlyList<string> Failures => [.. readers.Concat(writers).SelectMany(c => c.Failures)];

    /// <summary>Opens a connection for each and sets them to work.</summary>
    public static async Task<DemoCrowd> StartAsync(EtlDatabase database, DemoEvents events, DemoLedger ledger, CancellationToken token)
    {
        // An embedded engine keeps a thread of the pool for each of its statements; the pool grows too slowly for so many at once.
        ThreadPool.SetMinThreads(2 * (Readers + Writers), 2 * (Readers + Writers));
        var crowd = new DemoCrowd();
        try
        {
            for (var i = 0; i < Readers; i++)
                crowd.readers.Add(new DemoReader(await crowd.OpenAsync(database, token), crowd.Pace, ReadsPerSecond, i, events));
            for (var i = 0; i < Writers; i++)
                crowd.writers.Add(new DemoWriter(await crowd.OpenAsync(database, token), crowd.Pace, WritesPerSecond, i, Writers, events, ledger));
        }
        catch
        {
            await crowd.DisposeAsync();
            throw;
        }
        foreach (var consumer in crowd.readers.Concat(crowd.writers)) consumer.Start();
        return crowd;
    }

    /// <summary>The readers' longest wait in a phase.</summary>
    public TimeSpan LongestRead(DemoPhase phase) => readers.Max(c => c.Longest(phase));

    /// <summary>The writers' longest wait in a phase.</summary>
    public TimeSpan LongestWrite(DemoPhase phase) => writers.Max(c => c.Longest(phase));

    /// <summary>Lets each finish its statement and ends them.</summary>
    public async Task StopAsync()
    {
        if (stopped) return;
        stopped = true;
        Pace.Stop();
        await Task.Run(() =>
        {
            var all = readers.Concat(writers).ToList();
            if (all.TrueForAll(c => c.Join(TimeSpan.FromSeconds(10)))) return;
            Pace.AbortAll();
            foreach (var consumer in all) consumer.Join(TimeSpan.FromSeconds(5));
        });
    }

    public async ValueTask DisposeAsync()
    {
        // Without threads there is nothing to wait for: the start failed half-way.
        if (readers.Count + writers.Count == Readers + Writers) await StopAsync();
        foreach (var session in sessions) await session.DisposeAsync();
        Pace.Dispose();
    }

    private async Task<IEngineSession> OpenAsync(EtlDatabase database, CancellationToken token)
    {
        var session = await database.OpenSessionAsync(token);
        sessions.Add(session);
        return session;
    }
}
