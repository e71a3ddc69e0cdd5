using System.Globalization;
using EtlTableOps.Testing;

namespace EtlTableOps.Benchmarks;

/// <summary>How the cost of each step grows with the rows of the table, and with the rate at which others write to it.</summary>
internal sealed class Growth(Bench bench, Report report)
{
    private const string ByRows = "seconds by rows";
    private const string LocksByRows = "lock held by rows";
    private const string ByRate = "seconds by writes a second";
    private const string LocksByRate = "lock held by writes a second";

    public static bool IsGrowth(string measure) => measure is ByRows or LocksByRows or ByRate or LocksByRate;

    /// <summary>Where a figure stands on the axis of what grows.</summary>
    public static double Along(Figure figure) => figure.Measure is ByRows or LocksByRows ? figure.Rows : double.Parse(figure.Case, CultureInfo.InvariantCulture);

    public static string Label(Figure figure, double along) => figure.Measure is ByRows or LocksByRows ? string.Create(CultureInfo.InvariantCulture, $"{along / 1e6:0.#} M rows") : string.Create(CultureInfo.InvariantCulture, $"{along:0}/s");

    public async Task RunAsync(int runs, IReadOnlyList<long> sizes, IReadOnlyList<int> rates, long rowsForRates)
    {
        foreach (var rows in sizes)
        {
            await bench.RunSqlAsync([.. bench.CreateEvents("allevents", rows)]);
            for (var run = 1; run <= runs; run++) await RunOnceAsync(run, rows, ByRows, LocksByRows, "");
            await bench.RunSqlAsync("DROP TABLE allevents");
        }
        foreach (var rate in rates)
        {
            await bench.RunSqlAsync([.. bench.CreateEvents("allevents", rowsForRates)]);
            for (var run = 1; run <= runs; run++)
            {
                await using var load = rate == 0 ? null : new FixedRateLoad(bench.Open, [Bench.Consumers("allevents", rowsForRates)[0]], rate, 4, run);
                if (load is not null) await Task.Delay(TimeSpan.FromSeconds(1));
                await RunOnceAsync(run, rowsForRates, ByRate, LocksByRate, rate.ToString(CultureInfo.InvariantCulture));
                if (load is null) continue;
                var bore = await load.StopAsync();
                Console.WriteLine($"    {bore.Statements:N0} writes, {bore.Failed} failed, longest wait {bore.Longest.TotalMilliseconds:0} ms {bore.FirstFailure}");
            }
            await bench.RunSqlAsync("DROP TABLE allevents");
        }
    }

    private async Task RunOnceAsync(int run, long rows, string seconds, string locks, string circumstances)
    {
        var operations = new TableOperations(await bench.ConnectAsync());
        await bench.SettleAsync();
        var (_, build) = await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("allevents"), default));
        var (_, sync) = await Bench.TimeAsync(() => operations.SyncAsync(new SyncRequest("allevents"), default));
        var (_, test) = await Bench.TimeAsync(() => operations.TestAsync(new TestRequest("allevents"), default));
        var (there, switching) = await Bench.TimeAsync(() => operations.SwitchAsync(new SwitchRequest("allevents") { KeepVersions = 1 }, default));
        var (back, undo) = await Bench.TimeAsync(() => operations.UndoAsync(new UndoRequest("allevents"), default));
        foreach (var (way, value) in new[] { ("build", build), ("sync", sync), ("test", test), ("switch", switching), ("undo", undo) }) report.Add(seconds, way, rows, run, "s", value, circumstances);
        report.Add(locks, "switch", rows, run, "ms", there.Stall!.HeldMilliseconds, circumstances);
        report.Add(locks, "undo", rows, run, "ms", back.Stall!.HeldMilliseconds, circumstances);
        await Bench.TimeAsync(() => operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, default));
    }
}
