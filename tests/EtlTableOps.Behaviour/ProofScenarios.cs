using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>Only what was proven goes live, and the proof finds whatever is not as declared.</summary>
public abstract class ProofScenarios : EngineScenarios
{
    public static TheoryData<string, string> Tampering => new()
    {
        { "a value", "UPDATE allevents_new SET payload = 'tampered' WHERE event_id = 17" },
        { "a null", "UPDATE allevents_new SET amount = NULL WHERE event_id = 17" },
        { "empty text for null", "UPDATE allevents_new SET payload = '' WHERE event_id = 18" },
        { "a missing row", "DELETE FROM allevents_new WHERE event_id = 17" },
        { "an extra row", "INSERT INTO allevents_new (event_id, event_ts, user_id) VALUES (5000, '2026-01-01 00:00:00', 1)" },
        { "two values exchanged", "UPDATE allevents_new SET user_id = CASE event_id WHEN 11 THEN 12 ELSE 11 END WHERE event_id IN (11, 12)" },
        { "a computed value", "UPDATE allevents_new SET twice = twice + 1 WHERE event_id = 17" },
        { "emptied", "DELETE FROM allevents_new" },
    };

    [Theory]
    [MemberData(nameof(Tampering))]
    [Trait("Promise", "4")]
    public async Task A_shadow_that_somebody_else_changed_is_refuted(string what, string tamper)
    {
        await EventsTable.CreateAsync(World, 200);
        await BuildAsync(Declared.Twice);
        await World.ExecuteAsync(tamper);
        var result = await TestAsync();
        Assert.False(result.Passed, what);
        Assert.Contains(result.Checks, c => c is { Name: "guard", Passed: false });
        Assert.Contains(result.Checks, c => c is { Name: "content", Passed: false });
        Assert.Equal(SwapState.Refuted, (await LastSwapAsync()).State);
        await FailsAsync(ErrorCode.TestFailed, () => SwitchAsync());
        Assert.Equal(200, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_change_that_was_taken_back_is_still_refuted_by_the_guard()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        await World.ExecuteAsync("UPDATE allevents_new SET user_id = user_id + 1 WHERE event_id = 1");
        await World.ExecuteAsync("UPDATE allevents_new SET user_id = user_id - 1 WHERE event_id = 1");
        var result = await TestAsync();
        Assert.Equal(World.SeesEveryWrite ? ["guard"] : [], result.Checks.Where(c => !c.Passed).Select(c => c.Name));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_pair_of_equal_rows_too_many_or_missing_does_not_cancel()
    {
        await World.ExecuteAsync("CREATE TABLE readings (sensor integer, value integer)");
        await World.ExecuteAsync("INSERT INTO readings VALUES (1, 10), (1, 10), (2, 20), (2, 20), (3, 30)");
        await BuildAsync(Declared.Nothing, table: "readings");
        await ProveAsync("readings");
        await World.ExecuteAsync("DELETE FROM readings_new WHERE sensor = 1");
        await World.ExecuteAsync("INSERT INTO readings_new VALUES (2, 20), (2, 20)");
        var result = await TestAsync("readings");
        Assert.Contains(result.Checks, c => c is { Name: "row-count", Passed: true });
        Assert.Contains(result.Checks, c => c is { Name: "content", Passed: false });
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_structure_that_was_changed_is_refuted()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        await World.ExecuteAsync("ALTER TABLE allevents_new ADD COLUMN sneaked_in text");
        var result = await TestAsync();
        Assert.False(result.Passed);
        Assert.Contains(result.Checks, c => !c.Passed && (c.Message + c.Found).Contains("sneaked_in", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task What_was_never_tested_does_not_go_live()
    {
        await EventsTable.CreateAsync(World, 50);
        await FailsAsync(ErrorCode.NoShadow, () => SwitchAsync());
        await BuildAsync(Declared.Twice);
        await FailsAsync(ErrorCode.NotProven, () => SwitchAsync());
        Assert.Equal(SwapState.Built, (await LastSwapAsync()).State);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task An_import_takes_the_proof_away()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        await using (var rows = new ListRows("objects", ["event_id", "event_ts", "user_id"], [["900", "2026-01-01 00:00:00", "1"]]))
            await ImportAsync(new ImportRequest("allevents") { Rows = rows });
        await FailsAsync(ErrorCode.NotProven, () => SwitchAsync());
        await ProveAsync();
        await SwitchAsync();
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_shadow_that_changed_after_its_test_does_not_go_live()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        await World.ExecuteAsync("UPDATE allevents_new SET payload = 'late' WHERE event_id = 3");
        await FailsAsync(ErrorCode.ShadowChanged, () => SwitchAsync());
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM allevents WHERE payload = 'late'"));
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_shadow_that_was_replaced_after_its_test_does_not_go_live()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        await World.ExecuteAsync("DROP TABLE allevents_new");
        await World.ExecuteAsync("CREATE TABLE allevents_new AS SELECT * FROM allevents");
        var failure = await Assert.ThrowsAsync<EtlException>(() => SwitchAsync());
        Assert.Contains(failure.Code, new[] { ErrorCode.ShadowChanged, ErrorCode.NotOurs });
        Assert.DoesNotContain(await World.DescribeAsync("allevents"), l => l.Contains("twice", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ALTER TABLE allevents ADD COLUMN meanwhile text")]
    [InlineData("CREATE INDEX meanwhile ON allevents (kind)")]
    [InlineData("CREATE VIEW meanwhile AS SELECT event_id FROM allevents")]
    [Trait("Promise", "3")]
    public async Task A_live_table_that_got_another_structure_after_the_test_is_not_switched(string meanwhile)
    {
        Assert.SkipUnless(World.HasIndexes || !meanwhile.Contains(" INDEX ", StringComparison.Ordinal), "This engine has no indexes.");
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        await World.ExecuteAsync(meanwhile);
        await FailsAsync(ErrorCode.LiveChanged, () => SwitchAsync());
        Assert.DoesNotContain(await World.DescribeAsync("allevents"), l => l.Contains("twice", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("UPDATE allevents SET payload = 'late' WHERE event_id = 3")]
    [InlineData("DELETE FROM allevents WHERE event_id = 3")]
    [InlineData("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 1)")]
    [Trait("Promise", "2")]
    public async Task Without_a_feed_rows_written_after_the_test_stop_the_switch(string write)
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice, r => r with { Feed = FeedKind.None });
        await ProveAsync();
        await World.ExecuteAsync(write);
        await FailsAsync(ErrorCode.LiveChanged, () => SwitchAsync());
        Assert.False((await TestAsync()).Passed);
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Without_a_feed_the_refusal_and_the_next_test_say_how_many_rows_differ()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice with { Where = "event_id <> 40" }, r => r with { Feed = FeedKind.None });
        await ImportAsync(new ImportRequest("allevents") { Query = "SELECT event_id + 500 AS event_id, event_ts, user_id, user_id * 2 AS twice FROM allevents WHERE event_id < 4" });
        await ProveAsync();
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id IN (3, 4)");
        await World.ExecuteAsync("UPDATE allevents SET payload = 'late' WHERE event_id BETWEEN 11 AND 17");
        await World.ExecuteAsync("UPDATE allevents SET payload = 'not kept' WHERE event_id = 40");
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 1)");
        var refusal = await FailsAsync(ErrorCode.LiveChanged, () => SwitchAsync());
        Assert.Contains("50 rows then, 49 rows now; by key: 1 row added (900), 2 removed, 7 changed (11; 12; 13; 14; 15 …)", refusal.Message, StringComparison.Ordinal);
        var content = Assert.Single((await TestAsync()).Checks, c => c.Name == "content");
        Assert.Contains("1 row missing (900), 2 extra, 7 changed (11; 12; 13; 14; 15 …)", content.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Without_a_feed_and_without_a_key_the_refusal_says_how_many_rows_there_are()
    {
        await World.ExecuteAsync("CREATE TABLE readings (sensor integer, value integer)");
        await World.ExecuteAsync("INSERT INTO readings VALUES (1, 10), (1, 10), (2, 20)");
        await BuildAsync(Declared.Nothing, r => r with { Feed = FeedKind.None }, "readings");
        await ProveAsync("readings");
        await World.ExecuteAsync("INSERT INTO readings VALUES (3, 30), (3, 30)");
        var refusal = await FailsAsync(ErrorCode.LiveChanged, () => SwitchAsync("readings"));
        Assert.Contains("3 rows then, 5 rows now; by whole row: 2 rows added (", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Without_a_feed_and_without_writes_the_switch_goes_on()
    {
        await EventsTable.CreateAsync(World, 50);
        var shadow = await BuildAsync(Declared.Twice, r => r with { Feed = FeedKind.None });
        Assert.Equal(FeedKind.None, shadow.Feed);
        await ProveAsync();
        Assert.Equal(SwapState.Switched, (await SwitchAsync()).State);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task With_a_feed_rows_written_after_the_test_come_along()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice with { Where = "event_id < 1000" });
        await ProveAsync();
        await World.ExecuteAsync("UPDATE allevents SET user_id = 96, event_id = 700 WHERE event_id = 3");
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 4");
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 1), (2000, '2026-01-01 00:00:00', 1)");
        var expected = await World.RowsAsync("SELECT event_id, event_ts, user_id, kind, country, amount, payload, user_id * 2 FROM allevents WHERE event_id < 1000");
        await SwitchAsync();
        Assert.Equal(expected, await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task A_live_table_that_was_emptied_at_once_is_followed()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        await World.ExecuteAsync("UPDATE allevents SET country = 'IT' WHERE event_id IN (1, 2)");
        await World.ExecuteAsync(World.EmptyStatement("allevents"));
        await World.ExecuteAsync($"INSERT INTO allevents ({EventsTable.Columns}) VALUES {EventsTable.Row(2, "again")}, {EventsTable.Row(901)}");
        await World.ExecuteAsync("UPDATE allevents SET country = 'FR' WHERE event_id = 901");
        var expected = await World.RowsAsync("SELECT event_id, event_ts, user_id, kind, country, amount, payload, user_id * 2 FROM allevents");

        await SwitchAsync();

        Assert.Equal(2, expected.Count);
        Assert.Equal(expected, await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Imported_rows_stay_when_the_live_table_is_emptied_and_the_test_still_proves_the_rest()
    {
        await EventsTable.CreateAsync(World, 50);
        await World.ExecuteAsync("CREATE TABLE more_events (event_id integer, event_ts timestamp, user_id integer)");
        await World.ExecuteAsync("INSERT INTO more_events VALUES (100001, '2026-01-02 03:04:05', 1), (100002, '2026-01-02 03:04:05', 2)");
        await BuildAsync(new() { Where = "event_id > 10" });
        await ImportAsync(new ImportRequest("allevents") { FromTable = "more_events" });
        await World.ExecuteAsync(World.EmptyStatement("allevents"));
        await World.ExecuteAsync($"INSERT INTO allevents ({EventsTable.Columns}) VALUES {EventsTable.Row(5)}, {EventsTable.Row(59)}, {EventsTable.Row(60)}");

        await ProveAsync();
        await World.ExecuteAsync(World.EmptyStatement("allevents"));
        await World.ExecuteAsync($"INSERT INTO allevents ({EventsTable.Columns}) VALUES {EventsTable.Row(5)}, {EventsTable.Row(61)}");
        await ProveAsync();
        await SwitchAsync();

        Assert.Equal(["100001", "100002", "61"], await World.RowsAsync("SELECT event_id FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task A_switch_that_was_done_is_not_done_again()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        var prepared = await Operations.SwitchAsync(new SwitchRequest("allevents"), Token);
        await SwitchAsync();
        await Assert.ThrowsAsync<EtlException>(() => RunAsync(prepared));
        await FailsAsync(ErrorCode.NoShadow, () => SwitchAsync());
        Assert.Contains(await World.DescribeAsync("allevents"), l => l.Contains("twice", StringComparison.Ordinal));
    }
}
