using EtlTableOps.Feeds;
using EtlTableOps.Testing;

namespace EtlTableOps.Benchmarks;

/// <summary>
/// What a feed costs those who write to the live table: tables of the same rows, with and without one, take turns at random under one load of a fixed rate, so that all of them bear the same machine;
/// and each by itself takes as much as goes.
/// </summary>
internal sealed class Writes(Bench bench, Report report, long rows)
{
    private const int Rate = 500;
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(8);

    public async Task RunAsync(int runs)
    {
        var operations = new TableOperations(await bench.ConnectAsync());
        // Ours alone is the trigger log: the ratios are of it.
        List<(string Table, string Way)> ways = [("plain", "no feed"), ("logged", Report.Ours), ("columned", Report.Ours + ", by a column")];
        foreach (var (table, _) in ways) await bench.RunSqlAsync([.. bench.CreateEvents(table, rows)]);
        await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("logged") { Feed = FeedKind.TriggerLog }, default));
        await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("columned") { Feed = FeedKind.Column, FeedColumn = "event_ts" }, default));
        if (bench.RepackLog("repacked") is { Count: > 0 } log)
        {
            await bench.RunSqlAsync([.. bench.CreateEvents("repacked", rows), .. log]);
            ways.Add(("repacked", "pg_repack's log"));
        }

        for (var run = 1; run <= runs; run++)
        {
            await bench.SettleAsync();
            var reports = await LoadAsync([.. ways.Select(w => Bench.Consumers(w.Table, rows)[0])], Rate, Together);
            foreach (var (way, load) in ways.Zip(reports))
            {
                report.Add($"an update by key at {Rate} a second, median", way.Way, rows, run, "ms", load.MedianAlone.TotalMilliseconds);
                report.Add($"an update by key at {Rate} a second, mean", way.Way, rows, run, "ms", load.MeanAlone.TotalMilliseconds);
            }

            // The order changes from run to run, so that no way always comes first.
            foreach (var (table, way) in run % 2 == 0 ? ways.AsEnumerable().Reverse() : ways)
            {
                await bench.SettleAsync();
                var most = (await LoadAsync([Bench.Consumers(table, rows)[0]], 1_000_000, Alone))[0];
                report.Add("updates by key, as many as go", way, rows, run, "rows/s", most.Statements / Alone.TotalSeconds);
            }
        }
        foreach (var table in new[] { "logged", "columned" }) await Bench.TimeAsync(() => operations.RemoveShadowAsync(new RemoveShadowRequest(table), default));
        foreach (var (table, _) in ways) await bench.RunSqlAsync($"DROP TABLE IF EXISTS {table}_log", $"DROP TABLE {table}");
    }

    private async Task<IReadOnlyList<LoadReport>> LoadAsync(IReadOnlyList<LoadStatement> statements, double rate, TimeSpan phase)
    {
        await using var load = new FixedRateLoad(bench.Open, statements, rate, 4);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var from = FixedRateLoad.Now;
        await Task.Delay(phase);
        var to = FixedRateLoad.Now;
        await load.StopAsync();
        // A saturated load is never due in time; what counts there is how many ended.
        IReadOnlyList<LoadReport> reports = rate > 100_000 ? [load.EndedBetween(from, to)] : [.. statements.Select((_, i) => load.Between(from, to, i))];
        return reports.FirstOrDefault(r => r.Failed > 0) is { } failed ? throw new InvalidOperationException($"{failed.Failed} statements failed: {failed.FirstFailure}") : reports;
    }
}
