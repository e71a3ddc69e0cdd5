using System.Globalization;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>A column feeds the shadow without a trigger on the live table; what it does not show is found, and never lost in silence.</summary>
public abstract class ColumnFeedScenarios : InterruptionSteps
{
    private static readonly DeclaredChange Change = Declared.Twice with { Where = "user_id < 1000" };

    [Fact]
    [Trait("Promise", "2")]
    public async Task Rows_that_set_the_column_arrive_and_no_trigger_is_needed_until_the_test()
    {
        await CreateAsync(100);
        var built = await FeedAsync(Change);
        Assert.Equal(FeedKind.Column, built.Feed);
        Assert.DoesNotContain(await World.LeftoversAsync("allevents"), l => l.Contains("_feed_", StringComparison.Ordinal));

        await World.ExecuteAsync("INSERT INTO allevents (event_id, shop, user_id, payload, updated_at) VALUES (500, 1, 5, 'new', CURRENT_TIMESTAMP), (501, 1, 5000, 'not kept', CURRENT_TIMESTAMP)");
        await World.ExecuteAsync("UPDATE allevents SET payload = 'changed', updated_at = CURRENT_TIMESTAMP WHERE event_id = 7");
        await World.ExecuteAsync("UPDATE allevents SET user_id = 2000, updated_at = CURRENT_TIMESTAMP WHERE event_id = 8");
        var synced = await SyncAsync();
        Assert.True(synced.RowsDone >= 4, $"{synced.RowsDone} rows");
        Assert.Equal(0, synced.Lag);
        await SameAsShadowAsync();
        Assert.DoesNotContain(await World.LeftoversAsync("allevents"), l => l.Contains("_feed_", StringComparison.Ordinal));

        // A second time changes nothing.
        var before = await World.RowsAsync("SELECT * FROM allevents_new");
        await SyncAsync();
        Assert.Equal(before, await World.RowsAsync("SELECT * FROM allevents_new"));

        await World.ExecuteAsync("UPDATE allevents SET payload = 'before the test', updated_at = CURRENT_TIMESTAMP WHERE event_id = 9");
        await ProveAsync();
        Assert.Contains(await World.LeftoversAsync("allevents"), l => l.Contains("_feed_", StringComparison.Ordinal));

        // From here on the log is the feed: it sees what the column does not show.
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 10");
        await World.ExecuteAsync("UPDATE allevents SET payload = 'column left alone' WHERE event_id = 11");
        await World.ExecuteAsync("UPDATE allevents SET event_id = 900 WHERE event_id = 12");
        await SyncAsync();
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 13");
        await SwitchAsync();
        Assert.Equal(98, await World.CountAsync("SELECT count(*) FROM allevents"));
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id IN (8, 10, 12, 13, 501)"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE payload = 'column left alone' AND twice = user_id * 2"));
        await UndoAsync();
        await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
        await NothingLeftAsync();
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task What_the_column_does_not_show_is_counted_by_the_test_and_stops_the_switch()
    {
        await CreateAsync(100);
        await FeedAsync(Declared.Twice);
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id IN (3, 4)");
        await World.ExecuteAsync("UPDATE allevents SET payload = 'column left alone' WHERE event_id IN (20, 21, 22)");
        await World.ExecuteAsync("UPDATE allevents SET event_id = 700 WHERE event_id = 30");
        await SyncAsync();

        var result = await TestAsync();
        Assert.False(result.Passed);
        var content = Assert.Single(result.Checks, c => c.Name == "content");
        Assert.True(content.Message.Contains("1 row missing (1, 700), 3 extra (1, 3; 1, 4; 1, 30), 3 changed (1, 20; 1, 21; 1, 22)", StringComparison.Ordinal), content.Message);
        Assert.Contains("updated_at", content.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(await World.LeftoversAsync("allevents"), l => l.Contains("_feed_", StringComparison.Ordinal));
        Assert.Equal(SwapState.Refuted, (await LastSwapAsync()).State);
        await FailsAsync(ErrorCode.TestFailed, () => SwitchAsync());

        // What was only not marked can be marked, and what was deleted put back.
        await World.ExecuteAsync("UPDATE allevents SET updated_at = CURRENT_TIMESTAMP WHERE event_id IN (20, 21, 22, 700)");
        Assert.Contains("0 rows missing, 3 extra (1, 3; 1, 4; 1, 30), 0 changed", Assert.Single((await TestAsync()).Checks, c => c.Name == "content").Message, StringComparison.Ordinal);
        await World.ExecuteAsync("INSERT INTO allevents (event_id, shop, user_id, payload, updated_at) VALUES (3, 1, 3, 'back', CURRENT_TIMESTAMP), (4, 1, 4, 'back', CURRENT_TIMESTAMP), (30, 1, 4, 'back', CURRENT_TIMESTAMP)");
        await ProveAsync();
        await SwitchAsync();
        Assert.Equal(101, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task What_is_written_while_the_test_hands_over_is_in_the_log()
    {
        await CreateAsync(100);
        await FeedAsync(Declared.Twice);
        await World.ExecuteAsync("UPDATE allevents SET payload = 'changed', updated_at = CURRENT_TIMESTAMP WHERE event_id <= 5");
        Told.Hear = e =>
        {
            var sql = e switch
            {
                StepFinished { Step: "feed-log" } => "DELETE FROM allevents WHERE event_id IN (1, 50)",
                StepFinished { Step: "apply" } => "UPDATE allevents SET event_id = 700 WHERE event_id = 60",
                StepStarted { Step: "compare" } => "UPDATE allevents SET payload = 'column left alone' WHERE event_id = 2",
                _ => null,
            };
            if (sql is not null) Task.Run(() => World.ExecuteAsync(sql)).Wait(Token);
        };
        await ProveAsync();
        Told.Hear = null;
        await SwitchAsync();
        Assert.Equal(98, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id IN (1, 50, 60)"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 2 AND payload = 'column left alone'"));
    }

    [Fact]
    public async Task A_row_whose_place_under_another_unique_key_is_taken_by_a_deleted_one_is_found_by_the_test()
    {
        await CreateAsync(20);
        await World.ExecuteAsync("CREATE UNIQUE INDEX allevents_payload ON allevents (payload)");
        await FeedAsync(Declared.Twice);
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 5");
        await World.ExecuteAsync("INSERT INTO allevents (event_id, shop, user_id, payload, updated_at) VALUES (500, 1, 5, 'row 5', CURRENT_TIMESTAMP)");
        await SyncAsync();
        Assert.Contains("1 row missing (1, 500), 1 extra (1, 5), 0 changed", Assert.Single((await TestAsync()).Checks, c => c.Name == "content").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_growing_number_feeds_as_well_with_an_index_in_batches_and_without_one(bool indexed)
    {
        await World.ExecuteAsync("CREATE TABLE allevents (event_id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL, version bigint NOT NULL)");
        await InsertAsync(1, 2000, "{0}, {0}, {0}");
        if (indexed) await World.ExecuteAsync("CREATE INDEX allevents_version ON allevents (version)");
        var build = await Operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = Declared.Twice, FeedColumn = "VERSION", FeedOverlap = TimeSpan.Zero }, Token);
        Assert.Equal(indexed ? 0 : 1, build.Plan.Notes.Count(n => n.Contains("reads the whole table", StringComparison.Ordinal)));
        await RunAsync(build);
        await InsertAsync(2001, 9000, "{0}, {0}, {0}");
        await World.ExecuteAsync("UPDATE allevents SET user_id = 1, version = 20000 WHERE event_id <= 1000");
        var synced = await SyncAsync();
        Assert.InRange(synced.RowsDone, 8000, 30_000);
        Assert.Equal(0, synced.Lag);
        await SameAsShadowAsync();
        await ProveAsync();
        await SwitchAsync();
        Assert.Equal(9000, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));
    }

    [Fact]
    public async Task A_sync_that_is_cut_off_goes_on_where_it_was()
    {
        await CreateAsync(100);
        await FeedAsync(Declared.Twice);
        await World.ExecuteAsync("UPDATE allevents SET payload = 'changed', updated_at = CURRENT_TIMESTAMP WHERE event_id <= 50");
        for (var boundary = 1; ; boundary++)
        {
            var (ended, place) = await HostAsync("sync", boundary.ToString(CultureInfo.InvariantCulture));
            await RepairUntilFreeAsync();
            if (ended) break;
            Assert.True(boundary < 50, place);
        }
        await SameAsShadowAsync();
        await ProveAsync();
    }

    [Fact]
    [Trait("Promise", "6")]
    public async Task A_test_that_is_killed_while_it_hands_over_leaves_no_log_after_a_repair()
    {
        await CreateAsync(50);
        for (var boundary = 1; ; boundary++)
        {
            await FeedAsync(Declared.Twice);
            await World.ExecuteAsync("UPDATE allevents SET payload = 'changed', updated_at = CURRENT_TIMESTAMP WHERE event_id <= 5");
            var (ended, place) = await HostAsync("test", boundary.ToString(CultureInfo.InvariantCulture));
            await RepairUntilFreeAsync();
            var state = (await LastSwapAsync()).State;
            if (state != SwapState.Proven)
                Assert.DoesNotContain(await World.LeftoversAsync("allevents"), l => l.Contains("_feed_", StringComparison.Ordinal));
            await ProveAsync();
            await RemoveShadowAsync();
            await NothingLeftAsync(when: $"test, killed {place} (boundary {boundary})");
            if (ended) break;
            Assert.True(boundary < 50, place);
        }
    }

    [Fact]
    [Trait("Promise", "6")]
    public async Task A_test_that_fails_while_it_hands_over_takes_its_log_off()
    {
        await CreateAsync(50);
        await FeedAsync(Declared.Twice);
        for (var boundary = 1; ; boundary++)
        {
            Told.Clear();
            Told.FailAt = boundary;
            var failure = await Record.ExceptionAsync(() => TestAsync());
            var ended = Told.Boundaries < boundary;
            Told.Clear();
            if (ended) break;
            Assert.IsType<InjectedFaultException>(failure);
            Assert.True((await LastSwapAsync()).State == SwapState.Proven
                || !(await World.LeftoversAsync("allevents")).Any(l => l.Contains("_feed_", StringComparison.Ordinal)), $"boundary {boundary}");
            Assert.True(boundary < 50, "a test without an end");
            if ((await LastSwapAsync()).State == SwapState.Proven) break;
        }
        await ProveAsync();
        await RemoveShadowAsync();
        await NothingLeftAsync();
    }

    [Fact]
    [Trait("Promise", "6")]
    public async Task An_interrupted_hand_over_is_gone_on_with_by_the_next_test_and_removed_with_the_shadow()
    {
        await CreateAsync(50);
        await FeedAsync(Declared.Twice);
        // The second boundary is the end of the step that installs the log; on some engines others come before it.
        for (var boundary = 2; ; boundary++)
        {
            await HostAsync("test", boundary.ToString(CultureInfo.InvariantCulture));
            if ((await World.LeftoversAsync("allevents")).Any(l => l.Contains("_feed_", StringComparison.Ordinal))) break;
            Assert.True(boundary < 10, "the log was never installed");
        }
        World.EndDeadSessions();
        await FreeAsync();
        Assert.NotEqual(SwapState.Proven, (await LastSwapAsync()).State);
        await FailsAsync(ErrorCode.NotProven, () => SwitchAsync());
        await World.ExecuteAsync("UPDATE allevents SET payload = 'changed', updated_at = CURRENT_TIMESTAMP WHERE event_id <= 5");
        await SyncAsync();
        await ProveAsync();
        await RemoveShadowAsync();
        await NothingLeftAsync();
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task What_is_shown_is_what_is_run()
    {
        await CreateAsync(50);
        await ShownAsync(await Operations.NewShadowAsync(Request(Declared.Twice), Token));
        await World.ExecuteAsync("UPDATE allevents SET payload = 'changed', updated_at = CURRENT_TIMESTAMP WHERE event_id <= 5");
        await ShownAsync(await Operations.SyncAsync(new SyncRequest("allevents"), Token));
        var everything = await World.EverythingAsync();
        var test = await Operations.TestAsync(new TestRequest("allevents"), Token);
        Assert.Equal(everything, await World.EverythingAsync());
        var shown = Shown(test.Plan);
        Told.Clear();
        await RunAsync(test);
        Assert.Empty(Told.Statements.Except(shown));
        Assert.Contains(test.Plan.Steps, s => s.Name == "feed-log");
    }

    [Fact]
    public async Task What_cannot_feed_is_refused()
    {
        await CreateAsync(10);
        await FailsAsync(ErrorCode.BadInput, () => BuildAsync(Declared.Nothing, r => r with { Feed = FeedKind.Column }));
        await FailsAsync(ErrorCode.BadInput, () => BuildAsync(Declared.Nothing, r => r with { Feed = FeedKind.TriggerLog, FeedColumn = "updated_at" }));
        await FailsAsync(ErrorCode.ColumnNotFound, () => BuildAsync(Declared.Nothing, r => r with { FeedColumn = "nowhere" }));
        await World.ExecuteAsync("ALTER TABLE allevents ADD COLUMN seen timestamp");
        var nulls = await FailsAsync(ErrorCode.FeedNotPossible, () => BuildAsync(Declared.Nothing, r => r with { FeedColumn = "seen" }));
        Assert.Contains("10 rows", nulls.Message, StringComparison.Ordinal);
        await World.ExecuteAsync("CREATE TABLE readings (at timestamp NOT NULL, value integer)");
        await FailsAsync(ErrorCode.FeedNotPossible, () => BuildAsync(Declared.Nothing, r => r with { FeedColumn = "at" }, "readings"));
        await NothingLeftAsync();
    }

    [Fact]
    public async Task Imported_rows_stay_and_a_later_row_under_their_key_is_refused()
    {
        await CreateAsync(20);
        await FeedAsync(Declared.Twice);
        await ImportAsync(new ImportRequest("allevents") { Query = "SELECT event_id + 500 AS event_id, shop, user_id, 'imported' || event_id AS payload, updated_at, user_id * 2 AS twice FROM allevents" });
        await World.ExecuteAsync("UPDATE allevents SET payload = 'changed', updated_at = CURRENT_TIMESTAMP WHERE event_id = 3");
        await SyncAsync();
        await ProveAsync();
        await World.ExecuteAsync("INSERT INTO allevents (event_id, shop, user_id, payload, updated_at) VALUES (505, 1, 5, 'taken', CURRENT_TIMESTAMP)");
        await FailsAsync(ErrorCode.ImportedKeyTaken, () => SyncAsync());
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 505");
        await RemoveShadowAsync();
        await NothingLeftAsync();
    }

    protected virtual string TimeType => "timestamp";

    private async Task CreateAsync(int rows)
    {
        await World.ExecuteAsync($"CREATE TABLE allevents (event_id integer NOT NULL, shop integer NOT NULL, user_id integer NOT NULL, payload text, updated_at {TimeType} NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (shop, event_id))");
        await World.ExecuteAsync("CREATE INDEX allevents_updated ON allevents (updated_at)");
        await InsertAsync(1, rows, "{0}, 1, {0}, 'row {0}', '2026-01-02 {1:00}:{2:00}:00'");
    }

    private async Task InsertAsync(int first, int last, string row)
    {
        foreach (var chunk in Enumerable.Range(first, last - first + 1).Chunk(1000))
            await World.ExecuteAsync($"INSERT INTO allevents VALUES {string.Join(", ", chunk.Select(i => "(" + string.Format(CultureInfo.InvariantCulture, row, i, i / 60 % 24, i % 60) + ")"))}");
    }

    private static NewShadowRequest Request(DeclaredChange change) => new("allevents") { Change = change, Feed = FeedKind.Column, FeedColumn = "updated_at" };

    private async Task<ShadowTable> FeedAsync(DeclaredChange change) => await RunAsync(await Operations.NewShadowAsync(Request(change), Token));

    private async Task SameAsShadowAsync() => Assert.Equal(
        await World.RowsAsync("SELECT event_id, user_id, user_id * 2 FROM allevents WHERE user_id < 1000"),
        await World.RowsAsync("SELECT event_id, user_id, twice FROM allevents_new WHERE user_id < 1000"));

    private async Task FreeAsync()
    {
        for (var tries = 0; ; tries++)
        {
            var failure = await Record.ExceptionAsync(() => SyncAsync());
            if (failure is null) return;
            Assert.True(failure is EtlException { Code: ErrorCode.OperationInProgress } && tries < 600, failure.ToString());
            await Task.Delay(50, Token);
        }
    }

    private static List<string> Shown(Plan plan) => [.. plan.Steps.SelectMany(s => s.Statements).SelectMany(s => s.All).Select(s => s.Text)];

    private async Task ShownAsync<T>(PreparedOperation<T> operation)
    {
        Told.Clear();
        var shown = Shown(operation.Plan);
        await RunAsync(operation);
        Assert.Empty(Told.Statements.Except(shown));
        Assert.Empty(shown.Except(Told.Statements));
    }
}
