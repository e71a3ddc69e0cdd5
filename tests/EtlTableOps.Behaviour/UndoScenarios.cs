using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>The way back, and what is kept for it.</summary>
public abstract class UndoScenarios : EngineScenarios
{
    private const string SixRows = """
        INSERT INTO allevents (event_id, event_ts, user_id) VALUES (901, '2026-01-01 00:00:00', 1), (902, '2026-01-01 00:00:00', 1), (903, '2026-01-01 00:00:00', 1);
        UPDATE allevents SET payload = 'later' WHERE event_id IN (1, 2);
        DELETE FROM allevents WHERE event_id = 3
        """;

    /// <summary>A query does not say which row comes from which, so that what is written afterwards cannot be brought along.</summary>
    private static DeclaredChange NoWayBack { get; } = new() { Query = "SELECT * FROM allevents" };

    [Fact]
    [Trait("Promise", "8")]
    public async Task Undo_brings_the_former_table_back_as_it_was()
    {
        await EventsTable.CreateAsync(World, 300);
        var before = (await World.DescribeAsync("allevents"), await LiveRowsAsync());
        var swap = await ReplaceAsync(new() { Drop = ["payload"], Where = "event_id > 100" });
        var undo = await UndoAsync();
        Assert.Equal((SwapOperation.Undo, SwapState.Switched, 0L), (undo.Operation, undo.State, undo.RowsLeftBehind));
        Assert.Empty(undo.Differences);
        Assert.Equal(before.Item2, await LiveRowsAsync());
        Assert.Equal(before.Item1, await World.DescribeAsync("allevents"));
        var history = await Operations.HistoryAsync(new HistoryRequest { Id = swap.SwapId }, Token);
        Assert.Equal((SwapState.Undone, VersionState.Restored), (history[0].State, history[0].VersionState));
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Rows_written_since_stop_an_undo_with_their_exact_count()
    {
        await EventsTable.CreateAsync(World, 100);
        await ReplaceAsync(NoWayBack);
        await World.ExecuteAsync(SixRows);
        var live = await LiveRowsAsync();
        var failure = await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync());
        Assert.StartsWith("6 rows", failure.Message, StringComparison.Ordinal);
        Assert.Equal(live, await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task With_force_they_stay_behind_and_are_counted_and_can_still_be_read()
    {
        await EventsTable.CreateAsync(World, 100);
        var before = await LiveRowsAsync();
        await ReplaceAsync(NoWayBack);
        await World.ExecuteAsync(SixRows);
        var live = await LiveRowsAsync();
        var undo = await UndoAsync(force: true);
        Assert.Equal(6, undo.RowsLeftBehind);
        Assert.Equal(before, await LiveRowsAsync());
        Assert.Equal(live, await World.RowsAsync($"SELECT * FROM {undo.Version}"));
        Assert.Equal(6, (await LastSwapAsync()).RowsLeftBehind);
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Undo_goes_to_any_kept_version_by_its_name_or_its_swap()
    {
        await EventsTable.CreateAsync(World, 100);
        var original = await LiveRowsAsync();
        var first = await ReplaceAsync(new() { Add = [new AddedColumn("generation", "integer", "1")] });
        var second = await ReplaceAsync(new() { Set = [new SetColumn("generation", "2")] });
        await ReplaceAsync(new() { Set = [new SetColumn("generation", "3")] });

        await UndoAsync(to: second.Version);
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents WHERE generation = 1"));
        await UndoAsync(to: first.SwapId);
        Assert.Equal(original, await LiveRowsAsync());
        await FailsAsync(ErrorCode.NoVersion, () => UndoAsync(to: "no_such_version"));
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task An_undo_can_itself_be_undone()
    {
        await EventsTable.CreateAsync(World, 100);
        await ReplaceAsync(Declared.Twice);
        var switched = (await World.DescribeAsync("allevents"), await LiveRowsAsync());
        var undo = await UndoAsync();

        // Without a name it is not clear what would be undone; the message says which name to give.
        var unclear = await FailsAsync(ErrorCode.NoVersion, () => UndoAsync());
        Assert.Contains(undo.Version!.Split('.')[^1], unclear.Remedy, StringComparison.Ordinal);
        await UndoAsync(to: undo.Version);
        Assert.Equal(switched.Item2, await LiveRowsAsync());
        Assert.Equal(switched.Item1, await World.DescribeAsync("allevents"));
    }

    [Fact]
    public async Task There_is_no_undo_where_nothing_was_switched()
    {
        await EventsTable.CreateAsync(World, 10);
        await FailsAsync(ErrorCode.NoVersion, () => UndoAsync());
        await BuildAsync(Declared.Twice);
        await FailsAsync(ErrorCode.NoVersion, () => UndoAsync());
    }

    [Fact]
    public async Task Only_as_many_versions_are_kept_as_the_switch_was_told()
    {
        await EventsTable.CreateAsync(World, 20);
        var names = new List<string>();
        for (var generation = 1; generation <= 4; generation++)
        {
            var change = generation == 1 ? new DeclaredChange { Add = [new AddedColumn("generation", "integer", "1")] } : new() { Set = [new SetColumn("generation", $"{generation}")] };
            names.Add((await ReplaceAsync(change, r => r with { KeepVersions = 2 })).Version!);
        }
        var kept = await Operations.VersionsAsync("allevents", Token);
        Assert.Equal([names[3], names[2]], kept.Select(v => v.Version));
        Assert.All(kept, v => Assert.True(v.Age >= TimeSpan.Zero && v.Age < TimeSpan.FromMinutes(10)));
        foreach (var gone in names.Take(2))
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => World.CountAsync($"SELECT count(*) FROM {gone}"));
        await UndoAsync();
        Assert.Equal(20, await World.CountAsync("SELECT count(*) FROM allevents WHERE generation = 3"));
    }

    [Fact]
    [Trait("Promise", "11")]
    public async Task Versions_are_dropped_by_number_or_by_name_and_never_what_is_not_ours()
    {
        await EventsTable.CreateAsync(World, 20);
        var first = await ReplaceAsync(Declared.Twice);
        var second = await ReplaceAsync(new() { Set = [new SetColumn("twice", "0")] });
        await World.ExecuteAsync("CREATE TABLE allevents_old_20200101T000000Z (precious integer)");
        var removed = await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Version = first.Version }, Token));
        Assert.Equal([first.Version], removed.Where(v => v.Removed).Select(v => v.Version));
        Assert.Equal([second.Version], (await Operations.VersionsAsync("allevents", Token)).Select(v => v.Version));
        await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
        Assert.Empty(await Operations.VersionsAsync("allevents", Token));
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM allevents_old_20200101T000000Z"));
        Assert.Equal(20, await World.CountAsync("SELECT count(*) FROM allevents"));
        await FailsAsync(ErrorCode.NoVersion, () => UndoAsync());
        Assert.Equal(VersionState.Removed, (await LastSwapAsync()).VersionState);
    }

    [Fact]
    [Trait("Promise", "11")]
    public async Task A_version_that_somebody_replaced_is_not_dropped()
    {
        await EventsTable.CreateAsync(World, 20);
        var swap = await ReplaceAsync(Declared.Twice);
        await World.ExecuteAsync($"DROP TABLE {swap.Version}");
        await World.ExecuteAsync($"CREATE TABLE {swap.Version} (precious integer)");
        await World.ExecuteAsync($"INSERT INTO {swap.Version} VALUES (42)");
        try
        {
            await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
        }
        catch (EtlException e)
        {
            Assert.Equal(ErrorCode.NotOurs, e.Code);
        }
        Assert.Equal(42, await World.CountAsync($"SELECT precious FROM {swap.Version}"));
    }

    [Fact]
    public async Task A_version_that_is_gone_is_no_way_back()
    {
        await EventsTable.CreateAsync(World, 20);
        var swap = await ReplaceAsync(Declared.Twice);
        await World.ExecuteAsync($"DROP TABLE {swap.Version}");
        await FailsAsync(ErrorCode.NoVersion, () => UndoAsync());
        Assert.Equal(20, await World.CountAsync("SELECT count(twice) FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Writes_after_an_undo_go_to_the_table_that_came_back()
    {
        await EventsTable.CreateAsync(World, 20);
        await ReplaceAsync(Declared.Twice);
        await UndoAsync();
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (901, '2026-01-01 00:00:00', 1)");
        await ReplaceAsync(Declared.Twice);
        Assert.Equal(21, await World.CountAsync("SELECT count(*) FROM allevents"));
    }
}
