using EtlTableOps.Errors;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>What hangs on the name stays on it.</summary>
public abstract class DependentScenarios : EngineScenarios
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await EventsTable.CreateAsync(World, 200);
        await World.ExecuteAsync("CREATE TABLE users (user_id integer NOT NULL PRIMARY KEY)");
        await World.ExecuteAsync($"INSERT INTO users (user_id) VALUES {string.Join(", ", Enumerable.Range(0, 97).Select(i => $"({i})"))}");
        await World.ExecuteAsync("CREATE TABLE audit (what text)");
        await World.ExecuteAsync("""
            CREATE TABLE orders (
              order_id integer NOT NULL PRIMARY KEY,
              user_id integer NOT NULL REFERENCES users (user_id),
              reference varchar(40) UNIQUE,
              total numeric(12,2) DEFAULT 0 CHECK (total >= 0),
              parent integer REFERENCES orders (order_id),
              net numeric(12,2) GENERATED ALWAYS AS (total * 0.8) STORED,
              CONSTRAINT total_is_sane CHECK (total < 1000000))
            """);
        await World.ExecuteAsync("CREATE TABLE order_lines (order_id integer NOT NULL REFERENCES orders (order_id) ON DELETE CASCADE, line integer NOT NULL, PRIMARY KEY (order_id, line))");
        await World.ExecuteAsync("CREATE INDEX orders_by_user ON orders (user_id, total DESC)");
        await World.ExecuteAsync("CREATE UNIQUE INDEX orders_lower ON orders (lower(reference))");
        await World.ExecuteAsync("CREATE INDEX orders_some ON orders (total) WHERE total > 10");
        await World.ExecuteAsync($"INSERT INTO orders (order_id, user_id, reference, total, parent) VALUES {string.Join(", ", Enumerable.Range(1, 200).Select(i => $"({i}, {i % 97}, 'R{i}', {i}.5, {(i > 10 ? (i / 2).ToString(System.Globalization.CultureInfo.InvariantCulture) : "NULL")})"))}");
        await World.ExecuteAsync($"INSERT INTO order_lines VALUES {string.Join(", ", Enumerable.Range(1, 200).Select(i => $"({i}, 1)"))}");
        await World.ExecuteAsync("CREATE VIEW big_orders AS SELECT order_id, total FROM orders WHERE total > 100");
        await World.ExecuteAsync("CREATE VIEW biggest_order AS SELECT max(total) AS total FROM big_orders");
        await World.ExecuteAsync(World.AuditTrigger("orders_audit", "orders"));
        await World.AddDependentsAsync();
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task All_of_it_follows_the_name_there_and_back_and_there_again()
    {
        var before = (await World.DescribeAsync("orders"), await LiveRowsAsync("orders"), await World.DescribeAsync("order_lines"), await World.DescribeAsync("users"));
        for (var round = 1; round <= 2; round++)
        {
            var swap = await ReplaceAsync(Declared.Nothing, table: "orders");
            Assert.Empty(swap.Differences);
            Assert.Empty(swap.Pending);
            await SameAsync($"after switch {round}");
            await WorksAsync(1000 * round);
            var undo = await UndoAsync("orders", force: true);
            Assert.Empty(undo.Differences);
            await SameAsync($"after undo {round}");
            Assert.Equal(before.Item2, await LiveRowsAsync("orders"));
        }
        await WorksAsync(9000);

        async Task SameAsync(string when)
        {
            Assert.True(before.Item1.SequenceEqual(await World.DescribeAsync("orders")), $"{when}:{Environment.NewLine}{Difference(before.Item1, await World.DescribeAsync("orders"))}");
            Assert.Equal(before.Item3, await World.DescribeAsync("order_lines"));
            Assert.Equal(before.Item4, await World.DescribeAsync("users"));
        }
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task It_follows_a_change_of_columns_that_it_does_not_use()
    {
        var before = await World.DescribeAsync("orders");
        await ReplaceAsync(new DeclaredChange { Add = [new AddedColumn("note", "text", "'n' || order_id")], Where = "order_id <> 999" }, table: "orders");
        var lost = before.Except(await World.DescribeAsync("orders"));
        Assert.Empty(lost);
        await WorksAsync(2000);
        Assert.Equal(200, await World.CountAsync("SELECT count(*) FROM orders WHERE note = 'n' || order_id"));
    }

    [Theory]
    [InlineData("total")]
    [InlineData("order_id")]
    [Trait("Promise", "5")]
    public async Task A_column_that_a_dependent_uses_is_not_dropped(string column)
    {
        var before = await World.DescribeAsync("orders");
        var failure = await FailsAsync(ErrorCode.CannotCarryOver, () => BuildAsync(new DeclaredChange { Drop = [column] }, table: "orders"));
        Assert.Contains(column, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, await World.DescribeAsync("orders"));
        await NothingLeftAsync("orders");
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task An_index_of_a_dropped_column_goes_with_it_and_is_said_before()
    {
        await World.ExecuteAsync("CREATE INDEX by_payload ON allevents (payload)");
        var operation = await Operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = new DeclaredChange { Drop = ["payload"] } }, Token);
        Assert.Contains(operation.Plan.Notes, n => n.Contains("by_payload", StringComparison.Ordinal));
        await RunAsync(operation);
        await ProveAsync();
        var swap = await SwitchAsync();
        Assert.Empty(swap.Differences);
        var after = await World.DescribeAsync("allevents");
        Assert.DoesNotContain(after, l => l.Contains("by_payload", StringComparison.Ordinal));
        Assert.Contains(after, l => l.Contains("ix_allevents_ts", StringComparison.Ordinal));
        await UndoAsync();
        Assert.Contains(await World.DescribeAsync("allevents"), l => l.Contains("by_payload", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_row_that_a_foreign_key_needs_is_missed_by_the_test()
    {
        await BuildAsync(new DeclaredChange { Where = "order_id < 150 OR order_id > 180" }, table: "orders");
        var result = await TestAsync("orders");
        Assert.False(result.Passed);
        Assert.Contains(result.Checks, c => !c.Passed && c.Name != "content" && c.Name != "row-count");
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task Triggers_of_the_table_do_not_run_for_rows_that_this_tool_moves()
    {
        await World.ExecuteAsync("DELETE FROM audit");
        await BuildAsync(Declared.Nothing, table: "orders");
        await using (var rows = new ListRows("objects", ["order_id", "user_id"], [["5000", "1"]]))
            await ImportAsync(new ImportRequest("orders") { Rows = rows });
        await World.ExecuteAsync("UPDATE orders SET reference = 'changed' WHERE order_id = 7");
        await SyncAsync("orders");
        await ProveAsync("orders");
        await SwitchAsync("orders");
        await UndoAsync("orders");
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM audit"));
    }

    private async Task WorksAsync(int id)
    {
        var audited = await World.CountAsync("SELECT count(*) FROM audit");
        await World.ExecuteAsync($"INSERT INTO orders (order_id, user_id, reference, total, parent) VALUES ({id}, 1, 'N{id}', 700, 5)");
        Assert.Equal(audited + 1, await World.CountAsync("SELECT count(*) FROM audit"));
        Assert.Equal(1, await World.CountAsync($"SELECT count(*) FROM big_orders WHERE order_id = {id}"));
        Assert.Equal(700, await World.CountAsync("SELECT total FROM biggest_order"));
        Assert.Equal(1, await World.CountAsync($"SELECT count(*) FROM orders WHERE order_id = {id} AND net = 560"));
        await RefusedAsync($"INSERT INTO orders (order_id, user_id) VALUES ({id}, 1)");
        await RefusedAsync($"INSERT INTO orders (order_id, user_id, reference) VALUES ({id + 1}, 1, 'n{id}')");
        await RefusedAsync($"INSERT INTO orders (order_id, user_id) VALUES ({id + 1}, 12345)");
        await RefusedAsync($"INSERT INTO orders (order_id, user_id, total) VALUES ({id + 1}, 1, 2000000)");
        await RefusedAsync($"INSERT INTO orders (order_id, user_id, parent) VALUES ({id + 1}, 1, 77777)");
        await RefusedAsync("INSERT INTO order_lines VALUES (77777, 1)");
        await World.ExecuteAsync($"INSERT INTO order_lines VALUES ({id}, 1)");
        await World.ExecuteAsync($"DELETE FROM orders WHERE order_id = {id}");
        Assert.Equal(0, await World.CountAsync($"SELECT count(*) FROM order_lines WHERE order_id = {id}"));
    }

    private async Task RefusedAsync(string sql) =>
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => World.ExecuteAsync(sql));

    private static string Difference(IReadOnlyList<string> before, IReadOnlyList<string> after) =>
        string.Join(Environment.NewLine, before.Except(after).Select(l => "- " + l).Concat(after.Except(before).Select(l => "+ " + l)));
}
