using System.Collections.Concurrent;
using System.Globalization;

namespace EtlTableOps.Behaviour;

/// <summary>
/// Consumers that insert, update and delete rows of <c>allevents</c> all the while, each in its own range of keys, and keep a ledger of what was
/// committed: in the end the table and the ledger have to agree on every row.
/// </summary>
internal sealed class Writers(EngineWorld world) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<int, string?> ledger = new();
    private readonly ConcurrentQueue<string> failures = new();
    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> running = [];
    private long statements;

    /// <summary>What went wrong for a consumer; each is a broken promise.</summary>
    public IReadOnlyCollection<string> Failures => failures;

    /// <summary>Statements that were committed.</summary>
    public long Statements => Interlocked.Read(ref statements);

    /// <summary>Takes the rows that are there into the ledger, and starts.</summary>
    public async Task StartAsync(int writers)
    {
        await using var consumer = await world.OpenConsumerAsync();
        foreach (var line in await consumer.QueryAsync("SELECT event_id, payload FROM allevents")) Take(line, ledger);
        for (var writer = 0; writer < writers; writer++)
        {
            var number = writer;
            running.Add(Task.Run(() => WorkAsync(number, writers)));
        }
    }

    /// <summary>Stops and waits for the last statement.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(running);
    }

    /// <summary>How the table and the ledger differ; empty when no row was lost, doubled or left at an older value.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync()
    {
        await using var consumer = await world.OpenConsumerAsync();
        var table = new ConcurrentDictionary<int, string?>();
        var differences = new List<string>();
        foreach (var line in await consumer.QueryAsync("SELECT event_id, payload FROM allevents"))
        {
            if (!Take(line, table)) differences.Add($"doubled: {line}");
        }
        differences.AddRange(ledger.Where(row => !table.ContainsKey(row.Key)).Select(row => $"lost: {row.Key} = {row.Value}"));
        differences.AddRange(table.Where(row => !ledger.ContainsKey(row.Key)).Select(row => $"came back: {row.Key} = {row.Value}"));
        differences.AddRange(table.Where(row => ledger.TryGetValue(row.Key, out var value) && value != row.Value).Select(row => $"stale: {row.Key} = {row.Value}, not {ledger[row.Key]}"));
        return differences;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
    }

    private static bool Take(string line, ConcurrentDictionary<int, string?> rows)
    {
        var bar = line.IndexOf(" | ", StringComparison.Ordinal);
        return rows.TryAdd(int.Parse(line.AsSpan(0, bar), CultureInfo.InvariantCulture), line[(bar + 3)..]);
    }

    private async Task WorkAsync(int writer, int writers)
    {
        var random = new Random(writer);
        var mine = ledger.Keys.Where(id => id % writers == writer).ToList();
        var next = 1_000_000 + writer;
        await using var consumer = await world.OpenConsumerAsync();
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var value = string.Create(CultureInfo.InvariantCulture, $"writer {writer}, statement {n}");
            var at = mine.Count > 0 ? random.Next(mine.Count) : 0;
            try
            {
                switch (mine.Count == 0 ? 0 : random.Next(4))
                {
                    case 0:
                        await consumer.ExecuteAsync($"INSERT INTO allevents ({EventsTable.Columns}) VALUES {EventsTable.Row(next, value)}");
                        ledger[next] = value;
                        mine.Add(next);
                        next += writers;
                        break;
                    case 1:
                        await RequireOneAsync(consumer, $"DELETE FROM allevents WHERE event_id = {mine[at]}");
                        ledger.TryRemove(mine[at], out _);
                        mine.RemoveAt(at);
                        break;
                    default:
                        await RequireOneAsync(consumer, $"UPDATE allevents SET payload = '{value}' WHERE event_id = {mine[at]}");
                        ledger[mine[at]] = value;
                        break;
                }
                Interlocked.Increment(ref statements);
            }
            catch (Exception e) when (e is System.Data.Common.DbException or InvalidOperationException)
            {
                failures.Enqueue($"{value}: {e.Message}");
                if (failures.Count > 20) return;
            }
            await Task.Delay(random.Next(4), CancellationToken.None);
        }
    }

    private static async Task RequireOneAsync(Consumer consumer, string sql)
    {
        var rows = await consumer.ExecuteAsync(sql);
        if (rows != 1) throw new InvalidOperationException($"{rows} rows by: {sql}");
    }
}
