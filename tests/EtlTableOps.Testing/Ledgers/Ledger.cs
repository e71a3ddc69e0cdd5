using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;

namespace EtlTableOps.Testing.Ledgers;

/// <summary>
/// Sessions that write to a table all the while and keep their own account of what was committed: whatever is done to the table meanwhile, it has to
/// agree with the account on every row. Each session works under keys of its own, so that the account needs no order of commits across sessions.
/// </summary>
/// <param name="open">Opens a plain connection to the database.</param>
/// <param name="table">The table.</param>
/// <param name="options">What the sessions do.</param>
public sealed class Ledger(Func<Task<Consumer>> open, LedgerTable table, LedgerOptions options) : IAsyncDisposable
{
    /// <summary>Where sessions leave the number of their last commit, when the server may go away.</summary>
    internal const string ProbeTable = "ledger_commits";

    private readonly Account account = new();
    private readonly ConcurrentQueue<string> failures = new();
    private readonly CancellationTokenSource stop = new();
    private readonly List<LedgerWriter> writers = [];
    private readonly List<Task> running = [];
    private readonly SemaphoreSlim pausing = new(1, 1);
    private long emptied;
    private int usual;
    private volatile bool hiding;
    private volatile bool pauseWanted;

    /// <summary>What went wrong for a session; each is a broken promise.</summary>
    public IReadOnlyCollection<string> Failures => failures;

    /// <summary>Statements that were run, and pieces of work that were committed or rolled back.</summary>
    public LedgerCounts Counts => writers.Aggregate(new LedgerCounts(0, 0, 0, 0, 0), (sum, w) => sum + w.Counts);

    /// <summary>How often the table, or a part of it, was emptied at once.</summary>
    public long Emptied => Interlocked.Read(ref emptied);

    /// <summary>Rows that are to be in the table.</summary>
    public int Rows => account.Count;

    /// <summary>Whether rows that <see cref="LedgerOptions.Hides"/> names may be missing at the moment.</summary>
    public bool Hiding
    {
        get => hiding;
        set => hiding = value;
    }

    internal LedgerTable Table => table;

    internal LedgerOptions Options => options;

    internal Account Account => account;

    internal CancellationToken Stopped => stop.Token;

    /// <summary>Somebody waits for the sessions to come to an end of what they do.</summary>
    internal bool PauseWanted => pauseWanted;

    /// <summary>Takes the rows that are there into the account, and lets the sessions begin.</summary>
    public async Task StartAsync()
    {
        // A driver that blocks its caller while a file is locked takes a thread for each session; one that holds the lock must not wait for the pool to grow.
        ThreadPool.GetMinThreads(out var threads, out var ports);
        ThreadPool.SetMinThreads(Math.Max(threads, options.Sessions + 30), ports);
        await using (var consumer = await open())
        {
            if (options.IsLost is not null)
            {
                await consumer.ExecuteAsync($"CREATE TABLE {ProbeTable} (writer integer NOT NULL PRIMARY KEY, last bigint NOT NULL)");
                for (var i = 0; i < options.Sessions; i++) await consumer.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {ProbeTable} VALUES ({i}, 0)"));
            }
            account.Commit((await ReadAsync(consumer)).ToDictionary(r => r.Id, r => (LedgerRow?)r));
        }
        usual = account.Count;
        var highest = account.Rows.Select(r => r.Id).DefaultIfEmpty(0).Max();
        for (var i = 0; i < options.Sessions; i++)
        {
            var writer = new LedgerWriter(this, i, highest);
            writers.Add(writer);
            running.Add(Task.Run(writer.WorkAsync));
        }
        if (options.Emptying.Count > 0) running.Add(Task.Run(EmptyAsync));
    }

    /// <summary>Waits until no session is in the middle of something, and keeps them there.</summary>
    public async Task PauseAsync()
    {
        await pausing.WaitAsync();
        pauseWanted = true;
        await Task.WhenAll(writers.Select(w => w.Turn.WaitAsync()));
    }

    /// <summary>Lets the sessions go on.</summary>
    public void Resume()
    {
        pauseWanted = false;
        foreach (var writer in writers) writer.Turn.Release();
        pausing.Release();
    }

    /// <summary>Stops and waits for the last commit.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(running);
    }

    /// <summary>
    /// How the table differs from the account: rows that were lost, doubled, left at an older value, or that came back; none when all is well. Sessions are to be paused or stopped.
    /// </summary>
    /// <param name="elsewhere">A connection to read by, such as to a copy of the database; null for one of the ledger's own.</param>
    public async Task<IReadOnlyList<string>> DifferencesAsync(Consumer? elsewhere = null)
    {
        await using var own = elsewhere is null ? await open() : null;
        return account.Differences(await ReadAsync(elsewhere ?? own!), row => hiding && options.Hides(row));
    }

    /// <summary>Ids of rows that have been as they are since before a moment (<see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>).</summary>
    public IReadOnlyList<LedgerRow> UnchangedSince(long timestamp) => account.UnchangedSince(timestamp);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var writer in writers) writer.Dispose();
        stop.Dispose();
        pausing.Dispose();
    }

    internal Task<Consumer> OpenAsync() => open();

    internal bool Failed(string failure)
    {
        failures.Enqueue(failure);
        return failures.Count > 20;
    }

    private async Task EmptyAsync()
    {
        var random = new Random(options.Seed);
        while (true)
        {
            await Task.Delay(random.Next(1500, 9000), stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested) return;
            // An empty table proves little: it has to fill again first.
            if (account.Count < usual / 2) continue;
            var (sql, concerns) = options.Emptying[random.Next(options.Emptying.Count)];
            await PauseAsync();
            try
            {
                await using var consumer = await open();
                await consumer.ExecuteAsync(options.Begin);
                // Rows that a change has left out are not in the table that is emptied.
                var there = (await ReadAsync(consumer)).Where(concerns).Select(r => r.Id).ToList();
                await consumer.ExecuteAsync(sql);
                await Task.Delay(random.Next((int)options.LateBy.TotalMilliseconds + 1), CancellationToken.None);
                var keep = random.Next(4) == 0;
                await consumer.ExecuteAsync(keep ? "ROLLBACK" : "COMMIT");
                if (keep) continue;
                account.Commit(there.ToDictionary(id => id, _ => (LedgerRow?)null));
                foreach (var writer in writers) writer.Emptied(there);
                Interlocked.Increment(ref emptied);
            }
            catch (DbException e)
            {
                if (Failed($"{sql}: {e.Message}")) return;
            }
            finally
            {
                Resume();
            }
        }
    }

    private async Task<IReadOnlyList<LedgerRow>> ReadAsync(Consumer consumer)
    {
        var rows = new List<LedgerRow>();
        await using var command = consumer.Connection.CreateCommand();
        command.CommandText = $"SELECT {table.Id}, {table.Number}, {table.Text} FROM {table.Name}";
        command.CommandTimeout = 60;
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(new LedgerRow(Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture), Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture),
                await reader.IsDBNullAsync(2) ? null : reader.GetString(2)));
        }
        return rows;
    }
}

/// <summary>What sessions of a ledger have done.</summary>
/// <param name="Statements">Statements.</param>
/// <param name="Committed">Pieces of work that were committed.</param>
/// <param name="RolledBack">Pieces of work that were rolled back.</param>
/// <param name="Lost">Times that the server went away.</param>
/// <param name="Probed">Commits without an answer that had to be looked up.</param>
public sealed record LedgerCounts(long Statements, long Committed, long RolledBack, long Lost, long Probed)
{
    /// <summary>The sum of both.</summary>
    public static LedgerCounts operator +(LedgerCounts a, LedgerCounts b) =>
        new(a.Statements + b.Statements, a.Committed + b.Committed, a.RolledBack + b.RolledBack, a.Lost + b.Lost, a.Probed + b.Probed);

    /// <summary>The sum of both.</summary>
    public static LedgerCounts Add(LedgerCounts left, LedgerCounts right) => left + right;
}
