using System.Globalization;
using EtlTableOps.Feeds;

namespace EtlTableOps.Benchmarks;

/// <summary>Catching up: as many updates as inserts, set by set, brought over by each feed and by the upsert that people write themselves.</summary>
internal sealed class Sync(Bench bench, Report report, long rows)
{
    /// <summary>Every changed row gets a later time, that of its change; no row of the table has one before.</summary>
    public static readonly string Since = Now()[.."yyyy-MM-dd".Length];

    public async Task RunAsync(int runs)
    {
        await bench.RunSqlAsync([.. bench.CreateEvents("allevents", rows)]);
        var many = Math.Min(200_000, rows / 10);
        for (var run = 1; run <= runs; run++)
        {
            foreach (var feed in new[] { FeedKind.TriggerLog, FeedKind.Column }) await RunOnceAsync(feed, many, run);
        }
        await bench.RunSqlAsync("DROP TABLE allevents");
    }

    private async Task RunOnceAsync(FeedKind feed, long many, int run)
    {
        var measure = $"catching up with {many:N0} updates and {many:N0} inserts";
        await bench.RunSqlAsync([.. bench.CreateLike("allevents_upsert"), "INSERT INTO allevents_upsert SELECT * FROM allevents"]);
        var operations = new TableOperations(await bench.ConnectAsync());
        await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("allevents") { Feed = feed, FeedColumn = feed == FeedKind.Column ? "event_ts" : null }, default));
        await bench.SettleAsync();
        await ChangeAsync(many, run);
        await bench.SettleAsync();
        if (feed == FeedKind.TriggerLog)
        {
            report.Add(measure, "one upsert by time, no bookkeeping", rows, run, "rows/s", 2 * many / await bench.RunSqlAsync(bench.Upsert("allevents", "allevents_upsert")));
            await bench.SettleAsync();
        }
        var (synced, seconds) = await Bench.TimeAsync(() => operations.SyncAsync(new SyncRequest("allevents"), default));

        // What little is left at the end is for the switch.
        if (synced.RowsDone + synced.Lag < 2 * many) throw new InvalidOperationException($"{synced.RowsDone} changes were brought over, {2 * many} were made.");
        report.Add(measure, Report.Ours + (feed == FeedKind.Column ? ", by a column" : ", trigger log"), rows, run, "rows/s", 2 * many / seconds);
        var (proof, _) = await Bench.TimeAsync(() => operations.TestAsync(new TestRequest("allevents"), default));
        if (!proof.Passed) throw new InvalidOperationException("The shadow is not what was declared.");

        await Bench.TimeAsync(() => operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), default));
        await bench.RunSqlAsync("DROP TABLE allevents_upsert", $"DELETE FROM allevents WHERE event_id > {rows}", $"UPDATE allevents SET event_ts = '2023-01-01' WHERE event_ts >= '{Since}'");
    }

    /// <summary>Spread over the whole table, as changes are.</summary>
    private async Task ChangeAsync(long many, int run) => await bench.RunSqlAsync(
        string.Create(CultureInfo.InvariantCulture, $"UPDATE allevents SET amount = {run}, event_ts = '{Now()}' WHERE event_id % {rows / many} = 0"),
        string.Create(CultureInfo.InvariantCulture, $"INSERT INTO allevents SELECT event_id + {2 * rows}, '{Now()}', user_id, event_type, country, amount, payload FROM allevents WHERE event_id % {rows / many} = 1 AND event_id <= {rows}"));

    private static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
}
