using EtlTableOps.Behaviour;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests.Behaviour;

/// <summary>A shadow of the live table as it was: left so by declaration, or brought up to date from there.</summary>
public sealed class PastStateTests : EngineScenarios
{
    private SnowflakeModel Model => ((SnowflakeWorld)World).Model;

    protected override EngineWorld NewWorld() => new SnowflakeWorld();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await EventsTable.CreateAsync(World, 100);
    }

    [Theory]
    [InlineData("clone", true)]
    [InlineData("clone", false)]
    [InlineData("insert", true)]
    [InlineData("insert", false)]
    [Trait("Promise", "4")]
    public async Task A_former_state_goes_live_and_what_came_since_is_in_the_version(string way, bool tracked)
    {
        if (tracked) await World.ExecuteAsync("ALTER TABLE allevents SET CHANGE_TRACKING = TRUE");
        var then = Now();
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id <= 40");
        await World.ExecuteAsync("UPDATE allevents SET payload = 'spoilt' WHERE event_id > 90");
        var change = way == "clone" ? new DeclaredChange() : new DeclaredChange { Set = [new SetColumn("country", "UPPER(country)")] };
        var prepared = await Operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = change with { AsOf = PastMoment.Parse(then, before: false) }, Feed = FeedKind.None }, Token);
        Assert.Contains(prepared.Plan.Notes, n => n.Contains(tracked ? "50 rows that were changed since" : "cannot say", StringComparison.Ordinal));
        await RunAsync(prepared);
        Assert.Equal(100, (await ProveAsync()).Rows);
        Assert.Contains((await Operations.SwitchAsync(new SwitchRequest("allevents"), Token)).Plan.Notes, n => n.Contains("stays behind", StringComparison.Ordinal));
        var swap = await SwitchAsync();
        Assert.Empty(swap.Differences);
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents"));
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM allevents WHERE payload = 'spoilt'"));
        Assert.Equal(10, await World.CountAsync($"SELECT count(*) FROM {swap.Version} WHERE payload = 'spoilt'"));
        await UndoAsync();
        Assert.Equal(60, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Theory]
    [InlineData(true, 100)]
    [InlineData(false, 60)]
    public async Task A_statement_is_a_moment_too(bool before, int rows)
    {
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id <= 40");
        var statement = Model.History.Last(q => q.Text.StartsWith("DELETE", StringComparison.Ordinal)).Id;
        await BuildAsync(new DeclaredChange { AsOf = PastMoment.Parse(statement, before) }, r => r with { Feed = FeedKind.None });
        Assert.Equal(rows, (await ProveAsync()).Rows);
        await SwitchAsync();
        Assert.Equal(rows, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_former_state_is_not_proven_by_what_the_table_is_now()
    {
        var then = Now();
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id <= 40");
        await BuildAsync(new DeclaredChange { AsOf = PastMoment.Parse(then, before: false) }, r => r with { Feed = FeedKind.None });
        await World.ExecuteAsync("DELETE FROM allevents_new WHERE event_id <= 40");
        Assert.False((await TestAsync()).Passed);
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Rows_that_come_after_the_test_stop_the_switch()
    {
        var then = Now();
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id <= 40");
        await BuildAsync(new DeclaredChange { AsOf = PastMoment.Parse(then, before: false) }, r => r with { Feed = FeedKind.None });
        await ProveAsync();
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 4)");
        await FailsAsync(ErrorCode.LiveChanged, () => SwitchAsync());
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task With_a_feed_it_is_brought_up_to_date_from_there()
    {
        await World.ExecuteAsync("ALTER TABLE allevents SET CHANGE_TRACKING = TRUE");
        await Task.Delay(20, Token);
        var then = Now();
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id <= 40");
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 4)");
        var built = await BuildAsync(Declared.Twice with { AsOf = PastMoment.Parse(then, before: false) }, r => r with { Feed = FeedKind.ChangeTracking });
        Assert.Equal(100, built.Rows);
        await ProveAsync();
        Assert.Equal(41, (await SyncAsync()).RowsDone);
        Assert.Equal(61, (await ProveAsync()).Rows);
        await SwitchAsync();
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 900 AND twice = 8"));
    }

    [Fact]
    public async Task What_cannot_be_meant_or_read_is_refused()
    {
        var hour = PastMoment.Parse("1h", before: false);
        Assert.Contains("-Feed None", (await FailsAsync(ErrorCode.BadInput, () => BuildAsync(new DeclaredChange { AsOf = hour }))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read as it was", (await FailsAsync(ErrorCode.BadInput, () => At(new DeclaredChange { AsOf = hour }))).Message, StringComparison.Ordinal);
        Assert.Contains("future", (await FailsAsync(ErrorCode.BadInput, () => At(new DeclaredChange { AsOf = PastMoment.Parse("2999-01-01T00:00:00Z", before: false) }))).Message, StringComparison.Ordinal);
        await FailsAsync(ErrorCode.BadInput, () => At(new DeclaredChange { AsOf = hour, StructureOnly = true }));
        await FailsAsync(ErrorCode.BadInput, () => At(new DeclaredChange { AsOf = hour, Query = "SELECT * FROM allevents" }));
        await FailsAsync(ErrorCode.FeedNotPossible, () => At(new DeclaredChange { AsOf = PastMoment.Parse("01b2c3d4-0000-1234-0000-000123456789", before: true) }, FeedKind.ChangeTracking));
        var then = Now();
        await FailsAsync(ErrorCode.FeedNotPossible, () => At(new DeclaredChange { AsOf = PastMoment.Parse(then, before: false) }, FeedKind.ChangeTracking));
        await World.ExecuteAsync("ALTER TABLE allevents ADD COLUMN later integer");
        Assert.Contains("other columns", (await FailsAsync(ErrorCode.BadInput, () => At(new DeclaredChange { AsOf = PastMoment.Parse(then, before: false) }))).Message, StringComparison.Ordinal);
        Assert.Equal(0, SwapCount);
    }

    private int SwapCount => Model.Items("TABLE").Count(t => t.Name.StartsWith("ALLEVENTS_", StringComparison.Ordinal));

    private Task<ShadowTable> At(DeclaredChange change, FeedKind feed = FeedKind.None) => BuildAsync(change, r => r with { Feed = feed });

    /// <summary>The server's time, as a user would write it.</summary>
    private string Now() => DateTimeOffset.UnixEpoch.AddTicks((Model.Now() / 100) + 1).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
