using EtlTableOps.Feeds;
using EtlTableOps.Testing;

namespace EtlTableOps.Benchmarks;

/// <summary>What a feed costs those who write to the live table: the same fixed rate with and without it, and as much as goes.</summary>
internal sealed class Writes(Bench bench, Report report, long rows)
{
    private const int Rate = 500;
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(10);

    public async Task RunAsync(int runs)
    {
        await bench.RunSqlAsync([.. bench.CreateEvents("allevents", rows)]);
        var writes = new[] { Bench.Consumers("allevents", rows)[0] };
        var operations = new TableOperations(await bench.ConnectAsync());
        for (var run = 1; run <= runs; run++)
        {
            // The order changes from run to run, so that neither way always comes first.
            foreach (var feed in run % 2 == 0 ? new FeedKind?[] { FeedKind.Column, FeedKind.TriggerLog, null } : [null, FeedKind.TriggerLog, FeedKind.Column])
            {
                if (feed is { } kind) await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("allevents") { Feed = kind, FeedColumn = kind == FeedKind.Column ? "event_ts" : null }, default));
                await bench.SettleAsync();
                var way = feed switch { null => "no feed", FeedKind.Column => Report.Ours + ", by a column", _ => Report.Ours + ", trigger log" };
                var fixedRate = await LoadAsync(writes, Rate);
                report.Add($"an update by key at {Rate} a second", way, rows, run, "ms", fixedRate.MeanAlone.TotalMilliseconds);
                var most = await LoadAsync(writes, 1_000_000);
                report.Add("updates by key, as many as go", way, rows, run, "rows/s", most.Statements / Phase.TotalSeconds);
                if (feed is not null) await Bench.TimeAsync(() => operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), default));
            }
        }
        await bench.RunSqlAsync("DROP TABLE allevents");
    }

    private async Task<LoadReport> LoadAsync(IReadOnlyList<LoadStatement> statements, double rate)
    {
        await using var load = new FixedRateLoad(bench.Open, statements, rate, 4);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var from = FixedRateLoad.Now;
        await Task.Delay(Phase);
        var to = FixedRateLoad.Now;
        await load.StopAsync();
        // A saturated load is never due in time; what counts there is how many ended.
        var report = rate > 100_000 ? load.EndedBetween(from, to) : load.Between(from, to);
        return report.Failed == 0 ? report : throw new InvalidOperationException($"{report.Failed} statements failed: {report.FirstFailure}");
    }
}
