using System.Diagnostics;
using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.Behaviour;

/// <summary>A sync says how far behind the shadow is, and waits while a load that the user names is too high.</summary>
public abstract class SyncScenarios : EngineScenarios
{
    private static readonly string[] Numbers = ["SELECT 'much'", "SELECT 1, 2", "SELECT event_id FROM allevents", "SELECT 1 FROM allevents WHERE event_id < 0", "SELECT nonsense FROM nowhere"];

    [Fact]
    public async Task It_says_how_many_changes_are_waiting_and_for_how_long()
    {
        await BeginAsync();
        await Task.Delay(1500, Token);
        var sync = await Operations.SyncAsync(new SyncRequest("allevents"), Token);
        Assert.Matches(@"20 changes so far, the oldest ([1-9]|[1-9]\d)\.\d s ago", sync.Plan.Summary);
        var synced = await RunAsync(sync);
        Assert.Equal(20, synced.RowsDone);
        Assert.Equal(0, synced.Lag);
        Assert.Equal(TimeSpan.Zero, synced.LagTime);
        Assert.Equal(TimeSpan.Zero, synced.TimeLeft);
        Assert.False(synced.FallsBehind);
    }

    [Fact]
    public async Task It_waits_while_the_load_is_above_the_limit_and_says_so()
    {
        await BeginAsync();
        var asked = 0;
        var watch = Stopwatch.StartNew();
        var synced = await RunAsync(await Operations.SyncAsync(new SyncRequest("allevents") { MaxLoad = 20, Load = _ => Task.FromResult(++asked < 3 ? 30.5 : 20) }, Token));
        Assert.Equal(20, synced.RowsDone);
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(1.9), watch.Elapsed.ToString());
        Assert.Equal(2, Told.Events.OfType<RunProgress>().Count(p => p.Remark == "waiting: the load is 30.5, above 20"));
    }

    [Fact]
    public async Task The_load_is_asked_for_by_a_statement_of_the_users()
    {
        await BeginAsync();
        Assert.Equal(20, (await RunAsync(await Operations.SyncAsync(new SyncRequest("allevents") { MaxLoad = 100, LoadQuery = "SELECT count(*) FROM allevents" }, Token))).RowsDone);
        // Refused at once, also where nothing is left to bring over.
        foreach (var query in Numbers)
            await FailsAsync(ErrorCode.BadInput, async () => await RunAsync(await Operations.SyncAsync(new SyncRequest("allevents") { MaxLoad = 100, LoadQuery = query }, Token)));
        await FailsAsync(ErrorCode.BadInput, () => Operations.SyncAsync(new SyncRequest("allevents") { MaxLoad = 100 }, Token));
        await FailsAsync(ErrorCode.BadInput, () => Operations.SyncAsync(new SyncRequest("allevents") { LoadQuery = "SELECT 1" }, Token));
        await SyncAsync();
        await ProveAsync();
    }

    [Fact]
    public async Task A_cancel_ends_the_wait_at_once()
    {
        await BeginAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Told.Hear = e =>
        {
            if (e is RunProgress { Remark: not null }) stop.CancelAfter(50);
        };
        var sync = await Operations.SyncAsync(new SyncRequest("allevents") { MaxLoad = 1, LoadQuery = "SELECT count(*) FROM allevents" }, Token);
        var watch = Stopwatch.StartNew();
        var failure = await Record.ExceptionAsync(() => sync.RunAsync(stop.Token));
        Assert.True(failure is OperationCanceledException or EtlException { Code: ErrorCode.Cancelled }, failure?.ToString());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), watch.Elapsed.ToString());
        Told.Hear = null;
        Assert.Equal(20, (await SyncAsync()).RowsDone);
    }

    private async Task BeginAsync()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        await World.ExecuteAsync("UPDATE allevents SET payload = 'changed' WHERE event_id <= 20");
    }
}
