using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Shadows;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>TRUNCATE says nothing of the rows that it takes; feed, test, switch and undo follow it nevertheless.</summary>
[Trait("Promise", "2")]
public sealed class EmptiedTableTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private TableJob Job => new(Database, "items", Token);

    [Fact]
    public async Task A_cascade_through_a_foreign_key_is_followed()
    {
        await CreateAsync(1000);
        await Database.ExecuteAsync("CREATE TABLE owners (id int PRIMARY KEY); INSERT INTO owners SELECT generate_series(0, 9); ALTER TABLE items ADD CONSTRAINT of_owner FOREIGN KEY (owner) REFERENCES owners");
        await Job.BuildAsync();
        await Database.ExecuteAsync("TRUNCATE owners RESTART IDENTITY CASCADE; INSERT INTO owners VALUES (1); INSERT INTO items VALUES (7, 1, 'again')");
        await Job.ProveAsync();
        await Job.SwitchAsync();
        Assert.Equal("7 again", await ContentAsync());
        await Database.ExecuteAsync("TRUNCATE owners CASCADE; INSERT INTO owners VALUES (2); INSERT INTO items VALUES (8, 2, 'last')");
        var undo = await Job.RunAsync(o => o.UndoAsync(new UndoRequest("items"), Token));
        Assert.Equal(("8 last", 2L), (await ContentAsync(), undo.RowsKept));
    }

    [Fact]
    public async Task Batches_that_end_before_and_after_the_emptying_bring_over_the_same()
    {
        await CreateAsync(20_000);
        await Job.BuildAsync(new DeclaredChange { Where = "id % 3 <> 0", Add = [new AddedColumn("twice", "int", "owner * 2")] });
        await Database.ExecuteAsync("UPDATE items SET what = 'first' WHERE id <= 9000");
        await Database.ExecuteAsync("TRUNCATE items; INSERT INTO items SELECT i, i % 10, 'new ' || i FROM generate_series(5000, 12000) i");
        await Database.ExecuteAsync("DELETE FROM items WHERE id % 7 = 0; UPDATE items SET id = id + 100000 WHERE id % 11 = 0");
        Assert.Equal(0, (await Job.SyncAsync()).Lag);
        var expected = await Database.ScalarAsync<string>("SELECT md5(string_agg(concat_ws('|', id, owner, what, owner * 2), ',' ORDER BY id)) FROM items WHERE id % 3 <> 0");
        Assert.Equal(expected, await Database.ScalarAsync<string>("SELECT md5(string_agg(concat_ws('|', id, owner, what, twice), ',' ORDER BY id)) FROM items_new"));
        await Job.ProveAsync();
    }

    [Fact]
    public async Task A_test_whose_snapshot_is_older_than_the_emptying_compares_anew()
    {
        await CreateAsync(1000);
        await Job.BuildAsync();
        await using var other = await Database.OpenAsync();
        Task? commit = null;
        var told = new Heard(e =>
        {
            if (commit is not null || e is not StepStarted { Operation: "test", Step: "compare" }) return;
            Run("BEGIN; TRUNCATE items; INSERT INTO items VALUES (1, 1, 'new')");
            // The test's snapshot is taken, and it waits for the table by then.
            commit = Task.Run(async () =>
            {
                while (await Database.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'items'::regclass") == 0) await Task.Delay(10);
                Run("COMMIT");
            }, Token);
        });
        var operations = new TableOperations(await EngineList.ConnectAsync(Database.ConnectionText, null, null, null, Token), told);

        var result = await (await operations.TestAsync(new TestRequest("items"), Token)).RunAsync(Token);

        await commit!;
        Assert.True(result.Passed, string.Join("\n", result.Checks.Where(c => !c.Passed)));
        Assert.Equal(1, result.Rows);
        await Job.SwitchAsync();
        Assert.Equal("1 new", await ContentAsync());

        void Run(string sql)
        {
            using var command = other.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task What_went_from_a_large_table_is_looked_for_outside_the_lock()
    {
        await CreateAsync(100_000);
        await Job.BuildAsync();
        await Job.ProveAsync();
        var emptied = false;
        var told = new Heard(e =>
        {
            // The feed was brought over for the last time before the lock.
            if (emptied || e is not StepStarted { Operation: "switch", Step: "exchange" }) return;
            emptied = true;
            Database.ExecuteAsync("TRUNCATE items; INSERT INTO items VALUES (1, 1, 'new')").GetAwaiter().GetResult();
        });
        var operations = new TableOperations(await EngineList.ConnectAsync(Database.ConnectionText, null, null, null, Token), told);

        var swap = await (await operations.SwitchAsync(new SwitchRequest("items"), Token)).RunAsync(Token);

        Assert.True(emptied);
        Assert.Equal("1 new", await ContentAsync());
        Assert.True(swap.Stall!.Tries >= 2, "the lock was not let go");
        Assert.Equal(0, swap.Stall.RowsDrained);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_shadow_that_somebody_emptied_does_not_go_live()
    {
        await CreateAsync(1000);
        await Job.BuildAsync();
        await Job.ProveAsync();
        await Database.ExecuteAsync("TRUNCATE items_new");
        Assert.Equal(ErrorCode.ShadowChanged, (await Assert.ThrowsAsync<EtlException>(Job.SwitchAsync)).Code);
        Assert.Contains((await Job.TestAsync()).Checks, c => c is { Name: "guard", Passed: false });
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Where_nothing_tells_which_rows_went_an_undo_is_refused()
    {
        await Database.ExecuteAsync("DROP TABLE IF EXISTS items CASCADE; CREATE TABLE items (id int, owner int, what text); INSERT INTO items VALUES (1, 1, 'a')");
        await Job.ReplaceAsync();
        await Database.ExecuteAsync("TRUNCATE items");
        var failure = await Assert.ThrowsAsync<EtlException>(() => Job.RunAsync(o => o.UndoAsync(new UndoRequest("items"), Token)));
        Assert.Equal(ErrorCode.RowsWrittenSince, failure.Code);
        Assert.StartsWith("An unknown number of", failure.Message, StringComparison.Ordinal);
        await Job.UndoAsync();
    }

    private async Task CreateAsync(int rows)
    {
        await Database.ExecuteAsync("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        await Database.ExecuteAsync($"CREATE TABLE items (id int PRIMARY KEY, owner int NOT NULL, what text); INSERT INTO items SELECT i, i % 10, 'item ' || i FROM generate_series(1, {rows}) i; ANALYZE items");
    }

    private Task<string?> ContentAsync() => Database.ScalarAsync<string>("SELECT string_agg(id || ' ' || what, ',' ORDER BY id) FROM items");

    private sealed class Heard(Action<RunEvent> hear) : IRunObserver
    {
        public void OnEvent(RunEvent happened) => hear(happened);
    }
}
