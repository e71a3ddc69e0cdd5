using System.Diagnostics;
using EtlTableOps.Testing;

namespace EtlTableOps.Benchmarks;

/// <summary>
/// What consumers bear while a table is exchanged under their hands: 1,000 statements a second, a quarter updates, counted from the time at which each was due. By us, by
/// two renames, and by pg_repack where it is installed; with nobody in the way, and behind somebody who reads the table in a long transaction.
/// </summary>
internal sealed class Stall(Bench bench, Report report, long rows)
{
    private const int Rate = 1000;

    public async Task RunAsync(int runs, int readerSeconds)
    {
        await bench.RunSqlAsync([.. bench.CreateEvents("allevents", rows)]);
        await bench.RunSqlAsync([.. bench.CreateLike("allevents_naive"), "INSERT INTO allevents_naive SELECT * FROM allevents"]);
        if (bench.Repack is null) Console.WriteLine("  pg_repack is not installed for this engine: left out.");
        for (var run = 1; run <= runs; run++)
        {
            await MeasureAsync(run, "nobody in the way", "no exchange", 0, () => Task.Delay(TimeSpan.FromSeconds(5)));
            foreach (var (circumstances, seconds) in new[] { ("nobody in the way", 0), ($"behind a reader of {readerSeconds} s", readerSeconds) })
            {
                await OursAsync(run, circumstances, seconds);
                await MeasureAsync(run, circumstances, "two renames in a transaction", seconds, () => bench.RunSqlAsync([.. bench.Renames]));
                if (bench.Repack is { } repack) await MeasureAsync(run, circumstances, "pg_repack", seconds, () => repack("public.allevents"));
            }
        }
        await bench.RunSqlAsync("DROP TABLE allevents", "DROP TABLE allevents_naive");
    }

    private async Task OursAsync(int run, string circumstances, int reader)
    {
        var operations = new TableOperations(await bench.ConnectAsync());
        await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("allevents"), default));
        await Bench.TimeAsync(() => operations.TestAsync(new TestRequest("allevents"), default));
        await MeasureAsync(run, circumstances, Report.Ours + ", switch", reader, () => Bench.TimeAsync(() => operations.SwitchAsync(new SwitchRequest("allevents") { KeepVersions = 1 }, default)));
        await MeasureAsync(run, circumstances, Report.Ours + ", undo that keeps later rows", reader, () => Bench.TimeAsync(() => operations.UndoAsync(new UndoRequest("allevents"), default)));
        await Bench.TimeAsync(() => operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, default));
    }

    private async Task MeasureAsync(int run, string circumstances, string way, int readerSeconds, Func<Task> exchange)
    {
        await bench.SettleAsync();
        await using var load = new FixedRateLoad(bench.Open, Bench.Consumers("allevents", rows), Rate);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var from = FixedRateLoad.Now;
        var reader = readerSeconds > 0 ? ReadForAsync(readerSeconds) : Task.CompletedTask;
        if (readerSeconds > 0) await Task.Delay(500);
        var watch = Stopwatch.StartNew();
        await exchange();
        var seconds = watch.Elapsed.TotalSeconds;
        await reader;
        await Task.Delay(TimeSpan.FromSeconds(1));
        var to = FixedRateLoad.Now;
        await load.StopAsync();
        var bore = load.Between(from, to);
        report.Add("longest wait of a consumer", way, rows, run, "ms", bore.Longest.TotalMilliseconds, circumstances);
        report.Add("failed statements of consumers", way, rows, run, "count", bore.Failed, circumstances);
        Console.WriteLine($"    {bore.Statements:N0} statements, 99.9 % within {bore.P999.TotalMilliseconds:0.0} ms, longest by itself {bore.LongestAlone.TotalMilliseconds:0} ms, exchange {seconds:0.0} s {bore.FirstFailure}");
    }

    /// <summary>A transaction that read the table and stays open.</summary>
    private async Task ReadForAsync(int seconds)
    {
        // By hand: SQLite's driver begins its own transactions as a writer's.
        await using var connection = bench.Open();
        await ReadAsync("BEGIN");
        await ReadAsync("SELECT max(event_id) FROM allevents");
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        await ReadAsync("COMMIT");

        async Task ReadAsync(string sql)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteScalarAsync();
        }
    }
}
