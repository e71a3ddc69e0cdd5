using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>An undo keeps the rows that were written since the switch, or says which it cannot keep and why.</summary>
public abstract class LaterRowsScenarios : EngineScenarios
{
    private const string Written = """
        INSERT INTO {0} (event_id, event_ts, user_id, payload) VALUES (901, '2026-01-01 00:00:00', 1, 'new'), (902, '2026-01-01 00:00:00', 1, NULL);
        UPDATE {0} SET country = 'IT', amount = NULL WHERE event_id IN (1, 2);
        DELETE FROM {0} WHERE event_id = 3;
        UPDATE {0} SET event_id = 950 WHERE event_id = 4;
        DELETE FROM {0} WHERE event_id = 5;
        INSERT INTO {0} (event_id, event_ts, user_id, kind) VALUES (5, '2026-01-02 00:00:00', 2, 'again')
        """;

    [Fact]
    [Trait("Promise", "8")]
    public async Task Rows_written_since_are_in_the_table_that_comes_back()
    {
        await EventsTable.CreateAsync(World, 100);
        await ExpectAsync();
        await ReplaceAsync(Declared.Twice);
        await WriteAsync();

        var undo = await UndoAsync();

        // 1, 2, 3, 4, 5, 901, 902 and 950.
        Assert.Equal((8L, 0L, null), (undo.RowsKept, undo.RowsLeftBehind, undo.LeftBehindIn));
        Assert.Equal(await World.RowsAsync("SELECT * FROM expected"), await LiveRowsAsync());
        Assert.Equal(8, (await LastSwapAsync()).RowsKept);
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task A_column_that_the_change_dropped_keeps_its_values_and_new_rows_get_its_default()
    {
        await EventsTable.CreateAsync(World, 100);
        await ExpectAsync();
        await ReplaceAsync(new() { Drop = ["kind", "payload"] });
        await World.ExecuteAsync("UPDATE allevents SET country = 'IT' WHERE event_id IN (1, 2); INSERT INTO allevents (event_id, event_ts, user_id) VALUES (901, '2026-01-01 00:00:00', 1)");
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 5; INSERT INTO allevents (event_id, event_ts, user_id) VALUES (5, '2026-01-01 00:00:00', 1)");

        Assert.Equal(4, (await UndoAsync()).RowsKept);

        await World.ExecuteAsync("""
            UPDATE expected SET country = 'IT' WHERE event_id IN (1, 2);
            DELETE FROM expected WHERE event_id = 5;
            INSERT INTO expected (event_id, event_ts, user_id, kind) VALUES (901, '2026-01-01 00:00:00', 1, 'click'), (5, '2026-01-01 00:00:00', 1, 'click')
            """);
        Assert.Equal(await World.RowsAsync("SELECT * FROM expected"), await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task A_row_that_lacks_a_column_which_the_former_table_demands_is_refused()
    {
        await EventsTable.CreateAsync(World, 100);
        await ReplaceAsync(new() { Drop = ["user_id"] });
        await World.ExecuteAsync("UPDATE allevents SET country = 'IT' WHERE event_id = 1; INSERT INTO allevents (event_id, event_ts) VALUES (901, '2026-01-01 00:00:00')");
        var live = await LiveRowsAsync();

        var failure = await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync());

        Assert.StartsWith("1 rows", failure.Message, StringComparison.Ordinal);
        Assert.Contains("user_id", failure.Message, StringComparison.Ordinal);
        Assert.Equal(live, await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task What_the_change_computed_has_no_way_back_and_force_saves_such_rows_in_a_table_of_their_own()
    {
        await EventsTable.CreateAsync(World, 100);
        await ExpectAsync();
        await ReplaceAsync(new() { Set = [new SetColumn("user_id", "user_id + 1000")] });

        // The first is still what the change made of it; the others are not.
        await World.ExecuteAsync("""
            UPDATE allevents SET country = 'IT' WHERE event_id = 1;
            UPDATE allevents SET user_id = 7 WHERE event_id = 2;
            INSERT INTO allevents (event_id, event_ts, user_id) VALUES (901, '2026-01-01 00:00:00', 8)
            """);
        var unfit = await World.RowsAsync("SELECT * FROM allevents WHERE event_id IN (2, 901)");
        var failure = await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync());
        Assert.StartsWith("2 rows", failure.Message, StringComparison.Ordinal);
        Assert.Contains("user_id is computed", failure.Message, StringComparison.Ordinal);

        var plan = (await Operations.UndoAsync(new UndoRequest("allevents") { Force = true }, Token)).Plan;
        Assert.Contains(plan.Steps.Single(s => s.Name == "last-rows").Statements, s => s.Text.StartsWith("CREATE TABLE", StringComparison.Ordinal) && s.Text.Contains("_left_", StringComparison.Ordinal));
        var undo = await UndoAsync(force: true);

        Assert.Equal((1L, 2L), (undo.RowsKept, undo.RowsLeftBehind));
        Assert.Equal(unfit, await World.RowsAsync($"SELECT * FROM {undo.LeftBehindIn}"));
        await World.ExecuteAsync("UPDATE expected SET country = 'IT' WHERE event_id = 1");
        Assert.Equal(await World.RowsAsync("SELECT * FROM expected"), await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task A_new_row_with_the_key_of_one_that_the_change_left_out_is_refused()
    {
        await EventsTable.CreateAsync(World, 100);
        await ExpectAsync();
        await ReplaceAsync(new() { Where = "event_id > 50" });
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (10, '2026-01-01 00:00:00', 8); UPDATE allevents SET country = 'IT' WHERE event_id = 60");

        Assert.Contains("left out", (await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync())).Message, StringComparison.Ordinal);
        var undo = await UndoAsync(force: true);

        Assert.Equal((1L, 1L), (undo.RowsKept, undo.RowsLeftBehind));
        await World.ExecuteAsync("UPDATE expected SET country = 'IT' WHERE event_id = 60");
        Assert.Equal(await World.RowsAsync("SELECT * FROM expected"), await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task A_retyped_column_goes_back_where_its_values_fit()
    {
        await EventsTable.CreateAsync(World, 100);
        await ExpectAsync();
        await ReplaceAsync(new() { Alter = [new AlteredColumn("user_id", "bigint"), new AlteredColumn("country", "text")] });
        await World.ExecuteAsync("UPDATE allevents SET user_id = 77, country = 'IT' WHERE event_id = 1; INSERT INTO allevents (event_id, event_ts, user_id) VALUES (901, '2026-01-01 00:00:00', 8)");

        Assert.Equal(2, (await UndoAsync()).RowsKept);

        await World.ExecuteAsync("UPDATE expected SET user_id = 77, country = 'IT' WHERE event_id = 1; INSERT INTO expected (event_id, event_ts, user_id, kind) VALUES (901, '2026-01-01 00:00:00', 8, 'click')");
        Assert.Equal(await World.RowsAsync("SELECT * FROM expected"), await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Going_back_two_switches_brings_the_rows_of_both_times()
    {
        await EventsTable.CreateAsync(World, 100);
        await ExpectAsync();
        var first = await ReplaceAsync(Declared.Twice);
        await World.ExecuteAsync("UPDATE allevents SET country = 'IT' WHERE event_id = 1; DELETE FROM allevents WHERE event_id = 2");
        await ReplaceAsync(new() { Drop = ["twice"] });
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (901, '2026-01-01 00:00:00', 8)");

        Assert.Equal(3, (await UndoAsync(to: first.Version)).RowsKept);

        await World.ExecuteAsync("UPDATE expected SET country = 'IT' WHERE event_id = 1; DELETE FROM expected WHERE event_id = 2; INSERT INTO expected (event_id, event_ts, user_id, kind) VALUES (901, '2026-01-01 00:00:00', 8, 'click')");
        Assert.Equal(await World.RowsAsync("SELECT * FROM expected"), await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "2")]
    [Trait("Promise", "8")]
    public async Task Under_writers_no_row_is_lost_or_doubled_by_switches_and_undos()
    {
        await EventsTable.CreateAsync(World, 1000);
        await using var writers = await StartLedgerAsync(o => o with { Sessions = 3 });
        for (var i = 0; i < 5; i++)
        {
            await ReplaceAsync(Declared.Twice, r => r with { KeepVersions = 1, StallBudget = TimeSpan.FromSeconds(1) });
            await Task.Delay(150, Token);
            var undo = await RunAsync(await Operations.UndoAsync(new UndoRequest("allevents") { StallBudget = TimeSpan.FromSeconds(1) }, Token));
            Assert.Equal(0, undo.RowsLeftBehind);
        }
        await writers.StopAsync();
        await AgreesAsync(writers, "after five switches and undos");
        Assert.DoesNotContain(await World.DescribeAsync("allevents"), l => l.Contains("twice", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task More_rows_than_fit_under_the_lock_are_brought_over_before_it()
    {
        await EventsTable.CreateAsync(World, 5000);
        await ExpectAsync();
        await ReplaceAsync(Declared.Twice);
        await World.ExecuteAsync("UPDATE allevents SET country = 'IT' WHERE event_id <= 4000");

        var undo = await UndoAsync();

        Assert.Equal(4000, undo.RowsKept);
        Assert.True(undo.Stall!.RowsDrained < 4000, $"{undo.Stall.RowsDrained} rows were left for the lock");
        await World.ExecuteAsync("UPDATE expected SET country = 'IT' WHERE event_id <= 4000");
        Assert.Equal(await World.RowsAsync("SELECT * FROM expected"), await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task The_rows_are_kept_by_the_undo_that_comes_after_one_which_failed()
    {
        await EventsTable.CreateAsync(World, 300);
        await ExpectAsync();
        await ReplaceAsync(new() { Drop = ["payload"], Where = "event_id > 50" });
        await World.ExecuteAsync("UPDATE allevents SET country = 'IT' WHERE event_id IN (100, 101)");
        await using (var holder = await World.OpenConsumerAsync())
        {
            await holder.ExecuteAsync("BEGIN; UPDATE allevents SET amount = 1 WHERE event_id = 200");
            await FailsAsync(ErrorCode.LockNotObtained, async () => await RunAsync(await Operations.UndoAsync(new UndoRequest("allevents") { TryFor = TimeSpan.FromSeconds(1) }, Token)));
            await holder.ExecuteAsync("COMMIT");
        }
        await World.ExecuteAsync("UPDATE allevents SET country = 'FR' WHERE event_id IN (101, 102)");

        Assert.Equal(4, (await UndoAsync()).RowsKept);

        await World.ExecuteAsync("UPDATE expected SET country = 'IT' WHERE event_id = 100; UPDATE expected SET country = 'FR' WHERE event_id IN (101, 102); UPDATE expected SET amount = 1 WHERE event_id = 200");
        Assert.Equal(await World.RowsAsync("SELECT * FROM expected"), await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Rows_that_went_when_the_table_was_emptied_at_once_do_not_come_back()
    {
        await EventsTable.CreateAsync(World, 2000);
        await ExpectAsync();
        await ReplaceAsync(new() { Drop = ["payload"], Where = "event_id > 10" });
        const string again = "INSERT INTO {0} (event_id, event_ts, user_id, kind) VALUES (100, '2026-01-01 00:00:00', 1, 'again'), (3001, '2026-01-01 00:00:00', 1, 'new')";
        await World.ExecuteAsync("UPDATE allevents SET country = 'IT' WHERE event_id IN (50, 51)");
        await World.ExecuteAsync(World.EmptyStatement("allevents"));
        await World.ExecuteAsync(again.Replace("{0}", "allevents", StringComparison.Ordinal));

        var prepared = await Operations.UndoAsync(new UndoRequest("allevents"), Token);
        var undo = await RunAsync(prepared);

        // What the change left out was never in the table that was emptied; the row that came back under a key is another one, without the former's payload.
        await World.ExecuteAsync("DELETE FROM expected WHERE event_id > 10");
        await World.ExecuteAsync(again.Replace("{0}", "expected", StringComparison.Ordinal));
        Assert.Equal(await World.RowsAsync("SELECT * FROM expected"), await LiveRowsAsync());
        Assert.Equal((1991L, 0L), (undo.RowsKept, undo.RowsLeftBehind));
        Assert.Contains("1991 rows", prepared.Plan.Summary, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task A_table_that_is_emptied_while_it_goes_back_is_followed_too()
    {
        await EventsTable.CreateAsync(World, 3000);
        await ReplaceAsync(Declared.Twice);
        await World.ExecuteAsync("UPDATE allevents SET country = 'IT' WHERE event_id <= 500");
        var emptied = false;
        Told.Hear = e =>
        {
            if (emptied || e is not StepFinished { Step: "later-rows" }) return;
            emptied = true;
            World.ExecuteAsync(World.EmptyStatement("allevents")).GetAwaiter().GetResult();
            World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (1, '2026-01-01 00:00:00', 1)").GetAwaiter().GetResult();
        };

        var undo = await UndoAsync();

        Assert.True(emptied);
        Assert.Equal(["1"], await World.RowsAsync("SELECT event_id FROM allevents"));
        Assert.Equal(3000, undo.RowsKept);
    }

    [Theory]
    [Trait("Promise", "8")]
    [InlineData("repair")]
    [InlineData("build")]
    [InlineData("retention")]
    public async Task After_its_time_the_log_goes_with_the_next_command_and_an_undo_refuses(string next)
    {
        await EventsTable.CreateAsync(World, 100);
        await ReplaceAsync(Declared.Nothing);
        await ReplaceAsync(Declared.Twice, r => r with { Undoable = TimeSpan.FromSeconds(1) });
        var former = await World.RowsAsync("SELECT event_id FROM allevents");
        Assert.All(await Operations.VersionsAsync("allevents", Token), v => Assert.Equal((true, true), (v.KeepsLaterRows, v.UndoableUntil < DateTime.UtcNow.AddSeconds(2))));
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 1");
        await Task.Delay(1100, Token);

        // Nothing has ended it yet, and nothing that only reads does.
        Assert.Contains("1 rows", (await Operations.UndoAsync(new UndoRequest("allevents"), Token)).Plan.Summary, StringComparison.Ordinal);
        if (next == "repair")
        {
            var prepared = await Operations.RepairAsync(new RepairRequest { Table = "allevents" }, Token);
            Assert.Contains(prepared.Plan.Steps, s => s.Name == "remove-log");
            Assert.Contains("end their log", Assert.Single(await RunAsync(prepared)).Action, StringComparison.Ordinal);
            Assert.Empty(await RepairAsync());
        }
        else if (next == "build")
        {
            await BuildAsync(Declared.Nothing);
            await RemoveShadowAsync();
        }
        else
        {
            await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 1 }, Token));
        }

        Assert.DoesNotContain(await World.LeftoversAsync("allevents"), l => l.StartsWith("trigger", StringComparison.Ordinal) && !l.Contains("_old_", StringComparison.OrdinalIgnoreCase));
        Assert.All(await Operations.VersionsAsync("allevents", Token), v => Assert.Equal((false, null), (v.KeepsLaterRows, v.UndoableUntil)));
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 2");
        Assert.Contains("neither kept nor counted", (await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync())).Message, StringComparison.Ordinal);
        var undo = await UndoAsync(force: true);
        Assert.Equal((-1L, 0L), (undo.RowsLeftBehind, undo.RowsKept));
        Assert.Equal(former, await World.RowsAsync("SELECT event_id FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task A_switch_that_shall_not_be_undoable_leaves_no_log()
    {
        await EventsTable.CreateAsync(World, 100);
        var swap = await ReplaceAsync(Declared.Twice, r => r with { Undoable = TimeSpan.Zero });

        Assert.Null(swap.UndoableUntil);
        Assert.Empty(swap.Pending);
        Assert.DoesNotContain(await World.LeftoversAsync("allevents"), l => l.Contains("etltableops_guard", StringComparison.Ordinal));
        Assert.Contains("neither kept nor counted", (await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync())).Message, StringComparison.Ordinal);
        await UndoAsync(force: true);
        Assert.InRange((await LastSwapAsync()).UndoableUntil!.Value, DateTime.UtcNow.AddHours(23), DateTime.UtcNow.AddHours(24));
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task The_plan_of_an_undo_shows_how_rows_are_brought_over_and_does_nothing()
    {
        await EventsTable.CreateAsync(World, 50);
        await ReplaceAsync(Declared.Twice);
        await WriteAsync();
        var live = await LiveRowsAsync();

        var plan = (await Operations.UndoAsync(new UndoRequest("allevents"), Token)).Plan;

        Assert.Contains("8 rows", plan.Summary, StringComparison.Ordinal);
        Assert.Contains(plan.Steps, s => s.Name == "later-rows" && s.Statements.Any(q => q.Text.Contains("INSERT INTO", StringComparison.Ordinal)));
        Assert.Equal(live, await LiveRowsAsync());
    }

    /// <summary>The live table's rows as they should be after going back; a test writes to it what it wrote to the live table.</summary>
    private Task ExpectAsync() => World.ExecuteAsync("CREATE TABLE expected AS SELECT * FROM allevents");

    private async Task WriteAsync()
    {
        foreach (var table in new[] { "allevents", "expected" })
        {
            if (table == "expected" && !await ExistsAsync()) continue;
            await World.ExecuteAsync(Written.Replace("{0}", table, StringComparison.Ordinal));
        }
        if (await ExistsAsync()) await World.ExecuteAsync("UPDATE expected SET kind = 'click' WHERE kind IS NULL");

        async Task<bool> ExistsAsync()
        {
            try
            {
                await World.CountAsync("SELECT count(*) FROM expected");
                return true;
            }
            catch (System.Data.Common.DbException)
            {
                return false;
            }
        }
    }
}
