using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>The job that the product is for, from the first command to the way back.</summary>
public abstract class WholeJobScenarios : EngineScenarios
{
    [Fact]
    [Trait("Promise", "4")]
    public async Task Build_import_sync_test_switch_and_undo_do_what_they_say()
    {
        await EventsTable.CreateAsync(World, 1000);
        var before = await LiveRowsAsync();
        var expected = (await World.RowsAsync("SELECT event_id, event_ts, user_id, kind, country, amount, payload, user_id * 2 FROM allevents WHERE event_id > 300 AND event_id <> 500")).ToList();

        var shadow = await BuildAsync(Declared.Twice with { Where = "event_id > 300" });
        Assert.Equal((SwapState.Built, 700L, World.UsualFeed), (shadow.State, shadow.RowsDone, shadow.Feed));
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 500");
        await World.ExecuteAsync("UPDATE allevents SET payload = 'changed while it was built' WHERE event_id IN (100, 600)");
        await World.ExecuteAsync($"INSERT INTO allevents ({EventsTable.Columns}) VALUES {EventsTable.Row(2000)}");
        var synced = await SyncAsync();
        Assert.Equal(0, synced.Lag);
        await using (var rows = new ListRows("objects", ["event_id", "event_ts", "user_id", "kind"], [["3000", "2026-02-03 04:05:06", "7", "view"], [3001L, "2026-02-03 04:05:06", "8", "view"]]))
            Assert.Equal(2, (await ImportAsync(new ImportRequest("allevents") { Rows = rows })).RowsDone);
        var proof = await ProveAsync();
        Assert.Equal(702, proof.Rows);

        var swap = await SwitchAsync();
        Assert.Equal((SwapState.Switched, VersionState.Kept), (swap.State, swap.VersionState));
        Assert.Empty(swap.Differences);
        Assert.NotNull(swap.Stall);
        Assert.True(swap.Stall.Tries >= 1 && swap.Stall.HeldMilliseconds > 0);
        Assert.Equal(702, await World.CountAsync("SELECT count(*) FROM allevents"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 600 AND payload = 'changed while it was built' AND twice = user_id * 2"));
        Assert.Equal(2, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id IN (3000, 3001) AND twice IS NULL"));
        var unchanged = await World.RowsAsync("SELECT * FROM allevents WHERE event_id <= 1000 AND event_id <> 600");
        Assert.Equal(expected.Count - 1, unchanged.Count);
        Assert.Empty(unchanged.Except(expected));

        var undone = await UndoAsync();
        Assert.Equal(SwapOperation.Undo, undone.Operation);
        var after = await LiveRowsAsync();
        Assert.Equal(1000, after.Count);
        Assert.Equal(997, after.Intersect(before).Count());
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 2000"));
    }

    [Fact]
    public async Task The_journal_tells_the_whole_story_to_another_connection()
    {
        await EventsTable.CreateAsync(World, 50);
        var swap = await ReplaceAsync(Declared.Twice with { Where = "event_id > 10" });
        await UndoAsync();

        var other = new TableOperations(await World.ConnectAsync());
        var all = await other.HistoryAsync(new HistoryRequest { Table = "allevents", Statements = true }, Token);
        Assert.Equal([SwapOperation.Undo, SwapOperation.Switch], all.Select(s => s.Operation));
        var first = all[1];
        Assert.Equal((swap.SwapId, SwapState.Undone), (first.SwapId, first.State));
        Assert.Equal(Declared.Twice.Add, first.Change.Add);
        Assert.Equal("event_id > 10", first.Change.Where);
        Assert.NotEmpty(first.User);
        Assert.Equal(Environment.MachineName, first.Host);
        Assert.Contains(first.Lines, l => l.Operation == "build" && l.Statements.Contains("allevents_new", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(first.Lines, l => l.Operation == "switch");
        Assert.Equal([.. Enumerable.Range(1, first.Lines.Count).Select(i => (long)i)], first.Lines.Select(l => l.Line));
        var one = await other.HistoryAsync(new HistoryRequest { Id = swap.SwapId }, Token);
        Assert.Equal(swap.SwapId, Assert.Single(one).SwapId);
    }

    [Fact]
    public async Task A_database_without_a_journal_has_an_empty_history()
    {
        await EventsTable.CreateAsync(World, 1);
        Assert.Empty(await Operations.HistoryAsync(new HistoryRequest(), Token));
        Assert.Empty(await Operations.VersionsAsync(null, Token));
        Assert.Empty(await RepairAsync(null));
    }

    [Fact]
    public async Task A_rebuild_without_any_difference_is_a_change_too()
    {
        await EventsTable.CreateAsync(World, 400);
        var before = await LiveRowsAsync();
        await ReplaceAsync(Declared.Nothing);
        Assert.Equal(before, await LiveRowsAsync());
    }

    [Fact]
    public async Task One_swap_follows_another_on_the_same_table()
    {
        await EventsTable.CreateAsync(World, 200);
        await ReplaceAsync(Declared.Twice);
        await ReplaceAsync(new DeclaredChange { Drop = ["twice"], Add = [new AddedColumn("thrice", "integer", "user_id * 3")] });
        await ReplaceAsync(new DeclaredChange { Set = [new SetColumn("thrice", "user_id * 4")] });
        Assert.Equal(200, await World.CountAsync("SELECT count(*) FROM allevents WHERE thrice = user_id * 4"));
        Assert.Equal(3, (await Operations.VersionsAsync("allevents", Token)).Count);
    }

    [Fact]
    public async Task A_shadow_that_is_removed_leaves_nothing_but_its_line_in_the_journal()
    {
        await EventsTable.CreateAsync(World, 100);
        var described = await World.DescribeAsync("allevents");
        await BuildAsync(Declared.Twice);
        Assert.NotEmpty(await World.LeftoversAsync("allevents"));
        await RemoveShadowAsync();
        await NothingLeftAsync();
        Assert.Equal(described, await World.DescribeAsync("allevents"));
        Assert.Equal(SwapState.Abandoned, (await LastSwapAsync()).State);
        await FailsAsync(ErrorCode.NoShadow, () => RemoveShadowAsync());
    }

    [Fact]
    public async Task A_second_shadow_is_refused_and_with_force_takes_the_first_ones_place()
    {
        await EventsTable.CreateAsync(World, 100);
        var first = await BuildAsync(Declared.Twice);
        var failure = await FailsAsync(ErrorCode.ShadowExists, () => BuildAsync(Declared.Nothing));
        Assert.Equal(first.SwapId, failure.SwapId);
        var second = await BuildAsync(Declared.Nothing, r => r with { Force = true, ShadowName = "another_name" });
        Assert.NotEqual(first.SwapId, second.SwapId);
        Assert.EndsWith("another_name", second.Shadow.TrimEnd('"'), StringComparison.OrdinalIgnoreCase);
        await ProveAsync();
        await RemoveShadowAsync();
        await NothingLeftAsync();
    }

    [Fact]
    public async Task Progress_is_told_with_steps_that_begin_and_end()
    {
        await EventsTable.CreateAsync(World, 300);
        await ReplaceAsync(Declared.Twice);
        var begun = Told.Events.OfType<Observability.StepStarted>().Select(s => (s.Operation, s.Step)).ToList();
        var ended = Told.Events.OfType<Observability.StepFinished>().Select(s => (s.Operation, s.Step)).ToList();
        Assert.Equal(begun, ended);
        Assert.Contains(begun, s => s.Operation == "build");
        Assert.Contains(begun, s => s.Operation == "switch");
        Assert.DoesNotContain(Told.Events, e => e is Observability.RunWarning);
    }
}
