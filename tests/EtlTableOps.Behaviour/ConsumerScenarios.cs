using System.Collections.Concurrent;
using System.Globalization;
using EtlTableOps.Errors;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>Consumers at work all the while notice nothing, and lose nothing.</summary>
public abstract class ConsumerScenarios : EngineScenarios
{
    [Fact]
    [Trait("Promise", "1")]
    public async Task Readers_never_meet_a_missing_or_half_table_during_switches_and_undos()
    {
        await EventsTable.CreateAsync(World, 500);
        await World.ExecuteAsync("CREATE VIEW all_of_them AS SELECT event_id, user_id FROM allevents");
        var failures = new ConcurrentQueue<string>();
        var reads = 0L;
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            await using var consumer = await World.OpenConsumerAsync();
            var sql = (i % 2) == 0 ? "SELECT count(*) FROM allevents" : "SELECT count(*) FROM all_of_them";
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var rows = await consumer.NumberAsync(sql);
                    if (rows != 500) failures.Enqueue($"{sql}: {rows} rows");
                    Interlocked.Increment(ref reads);
                }
                catch (System.Data.Common.DbException e)
                {
                    failures.Enqueue($"{sql}: {e.Message}");
                }
                await Task.Delay(1, CancellationToken.None);
            }
        })).ToList();
        try
        {
            for (var round = 0; round < 10; round++)
            {
                await ReplaceAsync(Declared.Twice, r => r with { KeepVersions = 1 });
                await UndoAsync();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(readers);
        }
        Assert.Empty(failures);
        Assert.True(reads > 100, $"only {reads} reads");
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task No_row_of_writers_is_lost_doubled_or_stale_through_whole_jobs()
    {
        await EventsTable.CreateAsync(World, 1000);
        await using var writers = await StartLedgerAsync(o => o with { Sessions = 3 });
        await ReplaceAsync(new DeclaredChange { Add = [new AddedColumn("generation", "integer", "0")] }, r => r with { StallBudget = TimeSpan.FromSeconds(1) });
        for (var generation = 1; generation <= 4; generation++)
        {
            await BuildAsync(new DeclaredChange { Set = [new SetColumn("generation", generation.ToString(CultureInfo.InvariantCulture))] });
            if (generation % 2 == 0) await SyncAsync();
            await ProveAsync();
            await Task.Delay(100, Token);
            await SwitchAsync(with: r => r with { KeepVersions = 1, StallBudget = TimeSpan.FromSeconds(1) });
        }
        await writers.StopAsync();
        await AgreesAsync(writers, "after five switches");
        Assert.True(writers.Counts.Statements > 50, $"only {writers.Counts}");
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task An_undo_under_writers_is_refused_rather_than_losing_their_rows()
    {
        await EventsTable.CreateAsync(World, 300);
        await ReplaceAsync(new() { Query = "SELECT a.*, a.user_id * 2 AS twice FROM allevents AS a" }, r => r with { StallBudget = TimeSpan.FromSeconds(1) });
        await using var writers = await StartLedgerAsync(o => o with { Sessions = 2 });
        while (writers.Counts.Committed < 10) await Task.Delay(10, Token);
        await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync());
        await writers.StopAsync();
        await AgreesAsync(writers, "after a refused undo");
        Assert.Contains(await World.DescribeAsync("allevents"), l => l.Contains("twice", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task A_consumer_that_holds_the_table_is_neither_killed_nor_queued_behind()
    {
        await EventsTable.CreateAsync(World, 300);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        await using var holder = await World.OpenConsumerAsync();
        await holder.ExecuteAsync(HoldingTransaction);
        var failure = await FailsAsync(ErrorCode.LockNotObtained, () => SwitchAsync(with: r => r with { TryFor = TimeSpan.FromSeconds(2) }));
        Assert.False(failure.DurableChangeMade);
        await holder.ExecuteAsync("COMMIT");
        var swap = await SwitchAsync();
        Assert.True(swap.Stall!.LongestQueueMilliseconds < 1000);
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE payload = 'held'"));
    }

    /// <summary>Begins a transaction that writes to <c>allevents</c> (payload 'held' in one row) and stays open.</summary>
    protected virtual string HoldingTransaction => "BEGIN; UPDATE allevents SET payload = 'held' WHERE event_id = 1";
}
