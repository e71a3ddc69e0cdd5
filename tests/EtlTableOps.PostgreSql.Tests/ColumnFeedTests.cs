using System.Collections.Concurrent;
using System.Globalization;
using EtlTableOps.Behaviour;
using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.PostgreSql.Tests.Behaviour;
using EtlTableOps.Testing;
using Npgsql;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>A column feed under writers that commit in another order than they began.</summary>
public sealed class ColumnFeedTests(PostgreSqlCluster cluster) : EngineScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);

    public static TheoryData<string, string, string> Columns => new()
    {
        { "timestamptz NOT NULL", "now()", "" },
        { "timestamp NOT NULL", "now()", "" },
        { "timestamp NOT NULL", "now()", "SET TimeZone = 'America/Los_Angeles'" },
        { "timestamp NOT NULL", "now()", "SET TimeZone = 'Asia/Tokyo'" },
        { "date NOT NULL", "current_date", "" },
        { "bigint NOT NULL", "nextval('versions')", "" },
        { "numeric(20,0) NOT NULL", "nextval('versions')", "" },
        { "xid8 NOT NULL", "pg_current_xact_id()", "" },
    };

    [Theory]
    [MemberData(nameof(Columns))]
    [Trait("Promise", "2")]
    public async Task Whoever_began_first_and_commits_last_is_not_lost(string type, string now, string setting)
    {
        await CreateAsync(type, now, 50, setting);
        await BuildAsync(Declared.Twice, r => r with { FeedColumn = "at", FeedOverlap = TimeSpan.Zero });
        await using var first = await World.OpenConsumerAsync();
        await using var second = await World.OpenConsumerAsync();
        if (setting.Length > 0) await first.ExecuteAsync(setting);
        if (setting.Length > 0) await second.ExecuteAsync(setting);
        await first.ExecuteAsync("BEGIN");
        await first.ExecuteAsync($"INSERT INTO allevents VALUES (1001, 1, {now})");
        await first.ExecuteAsync($"UPDATE allevents SET user_id = 77, at = {now} WHERE event_id = 5");
        for (var i = 0; i < 3; i++)
        {
            await second.ExecuteAsync($"INSERT INTO allevents VALUES ({2001 + i}, 2, {now})");
            await SyncAsync();
        }
        Assert.Equal(3, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE event_id > 2000"));
        await first.ExecuteAsync("COMMIT");
        await second.ExecuteAsync($"INSERT INTO allevents VALUES (3001, 3, {now})");
        await SyncAsync();
        await SameAsync();
        await ProveAsync();
        await SwitchAsync();
        Assert.Equal(55, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));
    }

    [Theory]
    [InlineData("timestamptz NOT NULL", "now()")]
    [InlineData("bigint NOT NULL", "nextval('versions')")]
    [InlineData("xid8 NOT NULL", "pg_current_xact_id()")]
    [Trait("Promise", "2")]
    public async Task Twelve_writers_lose_no_row(string type, string now)
    {
        await CreateAsync(type, now, 200);
        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var committed = 0L;
        var writers = Enumerable.Range(0, 12).Select(w => Task.Run(() => WriteAsync(w))).ToList();
        await BuildAsync(Declared.Twice, r => r with { FeedColumn = "at", FeedOverlap = TimeSpan.Zero });
        for (var until = DateTime.UtcNow.AddSeconds(6); DateTime.UtcNow < until;) await SyncAsync();
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        Assert.Empty(failures);
        Assert.True(committed > 200, $"only {committed} transactions");
        await SyncAsync();
        var lost = await World.CountAsync("SELECT count(*) FROM allevents a LEFT JOIN allevents_new n USING (event_id) WHERE n.user_id IS DISTINCT FROM a.user_id");
        Assert.Equal(0, lost);
        await SameAsync();
        await ProveAsync();

        async Task WriteAsync(int writer)
        {
            var random = new Random(writer);
            await using var consumer = await World.OpenConsumerAsync();
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                try
                {
                    await consumer.ExecuteAsync("BEGIN");
                    await consumer.ExecuteAsync($"INSERT INTO allevents VALUES ({10_000 + (writer * 100_000) + n}, {random.Next(1000)}, {now})");
                    await Task.Delay(random.Next(60), CancellationToken.None);
                    await consumer.ExecuteAsync($"UPDATE allevents SET user_id = {random.Next(1000)}, at = {now} WHERE event_id = {1 + writer + (12 * random.Next(16))}");
                    if (random.Next(3) == 0) await Task.Delay(random.Next(300), CancellationToken.None);
                    await consumer.ExecuteAsync(random.Next(10) == 0 ? "ROLLBACK" : "COMMIT");
                    Interlocked.Increment(ref committed);
                }
                catch (PostgresException e)
                {
                    failures.Enqueue(e.Message);
                    return;
                }
            }
        }
    }

    [Fact]
    public async Task Where_other_roles_transactions_cannot_be_dated_the_window_stays_and_no_row_is_lost()
    {
        await CreateAsync("timestamptz NOT NULL", "now()", 20);
        await World.ExecuteAsync("DO $$ BEGIN CREATE ROLE column_feeder LOGIN PASSWORD 'feeder'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$");
        await World.ExecuteAsync("ALTER TABLE allevents OWNER TO column_feeder; GRANT CREATE ON SCHEMA public TO column_feeder");
        var database = await EngineList.ConnectAsync(World.ConnectionText, null, "column_feeder", "feeder", Token);
        var operations = new TableOperations(database, Told);
        await RunAsync(await operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = Declared.Twice, FeedColumn = "at", FeedOverlap = TimeSpan.Zero }, Token));

        await using var first = await World.OpenConsumerAsync();
        await first.ExecuteAsync("BEGIN");
        await first.ExecuteAsync("INSERT INTO allevents VALUES (1001, 1, now())");
        await World.ExecuteAsync("INSERT INTO allevents VALUES (1002, 1, now())");
        Told.Clear();
        var held = await RunAsync(await operations.SyncAsync(new SyncRequest("allevents"), Token));
        Assert.Contains(Told.Events.OfType<Observability.RunNote>(), n => n.Text.Contains("pg_read_all_stats", StringComparison.Ordinal));
        Assert.Equal(FeedKind.Column, held.Feed);
        await World.ExecuteAsync("INSERT INTO allevents VALUES (1003, 1, now())");
        await RunAsync(await operations.SyncAsync(new SyncRequest("allevents"), Token));
        await first.ExecuteAsync("COMMIT");
        await RunAsync(await operations.SyncAsync(new SyncRequest("allevents"), Token));
        await SameAsync();
        await RunAsync(await operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), Token));
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task A_table_that_is_emptied_before_or_while_the_test_hands_over_does_not_come_back()
    {
        await CreateAsync("timestamptz NOT NULL", "now()", 20);
        await BuildAsync(Declared.Twice, r => r with { FeedColumn = "at", FeedOverlap = TimeSpan.Zero });
        await World.ExecuteAsync("TRUNCATE allevents");
        await World.ExecuteAsync("INSERT INTO allevents VALUES (7, 7, now()), (500, 1, now())");
        Assert.Contains("0 rows missing, 19 extra (1; 2; 3; 4; 5 …), 0 changed", Assert.Single((await TestAsync()).Checks, c => c.Name == "content").Message, StringComparison.Ordinal);
        await RemoveShadowAsync();

        await BuildAsync(Declared.Twice, r => r with { FeedColumn = "at", FeedOverlap = TimeSpan.Zero });
        Told.Hear = e =>
        {
            if (e is Observability.StepFinished { Step: "feed-log" }) Task.Run(() => World.ExecuteAsync("TRUNCATE allevents; INSERT INTO allevents VALUES (8, 8, now())")).Wait(Token);
        };
        await ProveAsync();
        Told.Hear = null;
        await SwitchAsync();
        Assert.Equal(["8"], await World.RowsAsync("SELECT event_id FROM allevents"));
    }

    [Fact]
    public async Task A_column_of_text_feeds_nothing()
    {
        await CreateAsync("text NOT NULL", "'a'", 5);
        var failure = await FailsAsync(ErrorCode.FeedNotPossible, () => BuildAsync(Declared.Nothing, r => r with { FeedColumn = "at" }));
        Assert.Contains("TriggerLog", failure.Remedy, StringComparison.Ordinal);
    }

    private async Task CreateAsync(string type, string now, int rows, string setting = "")
    {
        await World.ExecuteAsync("CREATE SEQUENCE versions");
        await World.ExecuteAsync($"CREATE TABLE allevents (event_id integer PRIMARY KEY, user_id integer NOT NULL, at {type})");
        await World.ExecuteAsync("CREATE INDEX allevents_at ON allevents (at)");
        await World.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"{setting}; INSERT INTO allevents SELECT i, i, {now} FROM generate_series(1, {rows}) i"));
    }

    private async Task SameAsync() => Assert.Equal(await World.RowsAsync("SELECT event_id, user_id, at, user_id * 2 FROM allevents"), await World.RowsAsync("SELECT event_id, user_id, at, twice FROM allevents_new"));
}
