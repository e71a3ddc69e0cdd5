using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>Promise 2: whatever way a row changes, its key stands in the log.</summary>
public sealed class ChangeLogTests : TestFile
{
    private ChangeLog log = null!;

    [Fact]
    [Trait("Promise", "2")]
    public async Task A_row_that_REPLACE_displaces_by_another_unique_column_is_logged()
    {
        await LogAsync("CREATE TABLE t(id INTEGER PRIMARY KEY, u TEXT UNIQUE COLLATE NOCASE, v)", "INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3)");
        Run("INSERT OR REPLACE INTO t VALUES (9, 'TWO', 9)");
        Assert.Equal(["2", "9"], Keys());
        Run("UPDATE OR REPLACE t SET u = 'three' WHERE id = 1");
        Assert.Equal(["1", "2", "3", "9"], Keys());
        Assert.Equal(["1|three|1", "9|TWO|9"], Rows("SELECT * FROM t"));
    }

    [Fact]
    public async Task A_row_that_IGNORE_left_alone_is_not_counted()
    {
        await LogAsync("CREATE TABLE t(id INTEGER PRIMARY KEY, u TEXT UNIQUE, v)", "INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2)");
        Run("INSERT OR IGNORE INTO t VALUES (9, 'two', 9)");
        Assert.Equal(new LogState(0, 0, 0, false), await StateAsync());
        Run("INSERT INTO t VALUES (10, 'ten', 9)");
        Assert.Equal(["10"], Keys());
        Run("INSERT INTO t VALUES (11, 'two', 4) ON CONFLICT (u) DO UPDATE SET v = 5");
        Assert.Equal(["10", "2"], Keys());
        Assert.Equal(2, (await StateAsync()).Changes);
    }

    [Fact]
    public async Task Unique_expressions_and_partial_indexes_displace_too()
    {
        await LogAsync("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INT); CREATE UNIQUE INDEX e ON t (lower(a), b % 10 DESC); CREATE UNIQUE INDEX p ON t (b) WHERE a IS NULL", "INSERT INTO t VALUES (1, 'x', 1), (2, NULL, 2)");
        Run("REPLACE INTO t VALUES (3, 'X', 11)");
        Run("REPLACE INTO t VALUES (4, NULL, 2)");
        Assert.Equal(["1", "2", "3", "4"], Keys());
    }

    [Fact]
    public async Task A_changed_key_is_logged_under_both_and_counts_once()
    {
        await LogAsync("CREATE TABLE t(a TEXT, b INT, v, PRIMARY KEY (a, b)) WITHOUT ROWID", "INSERT INTO t VALUES ('x', 1, 0), ('y', 2, 0)");
        Run("UPDATE t SET b = 5 WHERE a = 'x'; DELETE FROM t WHERE a = 'y'");
        Assert.Equal(["x|1", "x|5", "y|2"], Rows($"SELECT DISTINCT k1, k2 FROM {log.Log.Name} WHERE seq > 0 ORDER BY 1, 2"));
        var state = await StateAsync();
        Assert.Equal((2L, 3L, false), (state.Changes, state.Keys, state.Broken));
    }

    [Fact]
    public async Task A_null_in_the_key_breaks_the_log()
    {
        await LogAsync("CREATE TABLE t(id TEXT PRIMARY KEY, v)", "INSERT INTO t VALUES ('a', 1)");
        Run("UPDATE t SET v = 2");
        Assert.False((await StateAsync()).Broken);
        Run("INSERT INTO t VALUES (NULL, 1)");
        Assert.True((await StateAsync()).Broken);
    }

    [Fact]
    public async Task A_log_with_a_trigger_gone_is_broken_and_a_detached_one_is_not()
    {
        await LogAsync("CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, 1)");
        Run($"DROP TRIGGER {log.Log.Name}_update");
        Assert.True((await StateAsync()).Broken);
        await Session.ExecuteAllAsync(Session.Dialect.DetachLog(log), Token);
        Assert.False((await StateAsync()).Broken);
        await Session.ExecuteAllAsync(Session.Dialect.RemoveLog(log), Token);
        await Session.ExecuteAllAsync(Session.Dialect.RemoveLog(log), Token);
        Assert.Equal("0", One("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'etltableops%' OR name = 'sqlite_sequence'"));
    }

    [Fact]
    public async Task A_statement_that_fails_leaves_nothing_in_the_log()
    {
        await LogAsync("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)", "INSERT INTO t VALUES (1, 1), (2, 2)");
        Assert.ThrowsAny<Exception>(() => Run("INSERT INTO t VALUES (3, 3), (4, 1)"));
        Assert.Equal(0, (await StateAsync()).Changes);
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Displaced_and_swapped_rows_come_through_a_whole_replacement()
    {
        Run("CREATE TABLE t(id INTEGER PRIMARY KEY, u TEXT UNIQUE, v INT)");
        Run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT i, 'u' || i, i FROM n");
        await BuildAsync("t");
        Run("REPLACE INTO t VALUES (900, 'u5', 1), (901, 'u6', 1)");
        Run("UPDATE t SET u = 'tmp' WHERE id = 10; UPDATE t SET u = 'u10' WHERE id = 11; UPDATE t SET u = 'u11' WHERE id = 10");
        Run("DELETE FROM t WHERE id BETWEEN 100 AND 120; UPDATE t SET id = 3000 WHERE id = 50");
        var expected = Rows("SELECT * FROM t ORDER BY id");
        await ProveAsync("t");
        await SwitchAsync("t");
        Assert.Equal(expected, Rows("SELECT * FROM t ORDER BY id"));
        Assert.Equal("ok", One("PRAGMA integrity_check"));
    }

    private async Task LogAsync(string create, string fill)
    {
        Run(create);
        Run(fill);
        var shape = await ShapeAsync("t");
        log = new ChangeLog(shape.Name, new TableName(null, "etltableops_feed_test"), [.. shape.RowKey!.Columns.Select(c => shape.FindColumn(c)!)]) { Collisions = shape.Collisions };
        await Session.ExecuteAllAsync(Session.Dialect.InstallLog(log), Token);
    }

    private IReadOnlyList<string> Keys() => Rows($"SELECT DISTINCT k1 FROM {log.Log.Name} WHERE seq > 0 ORDER BY CAST(k1 AS TEXT)");

    private async Task<LogState> StateAsync() =>
        (await Session.QueryAsync(Session.Dialect.ReadLog(log), r => new LogState(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3) != 0), Token))[0];
}
