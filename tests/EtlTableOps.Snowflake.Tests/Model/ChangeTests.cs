using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests.Model;

/// <summary>Change tracking, streams and time travel (engines.md 1.6).</summary>
public sealed class ChangeTests : IDisposable
{
    private readonly Account account = new();

    public ChangeTests()
    {
        account.Run("CREATE TABLE t (id integer, v text)");
        account.Run("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
        account.Run("ALTER TABLE t SET CHANGE_TRACKING = TRUE");
    }

    [Fact]
    public void Changes_are_net_and_an_update_is_two_rows()
    {
        var start = account.Now();
        account.Run("UPDATE t SET v = 'x' WHERE id = 1");
        account.Run("UPDATE t SET v = 'y' WHERE id = 1");
        account.Run("DELETE FROM t WHERE id = 2");
        account.Run("INSERT INTO t VALUES (4, 'd'), (5, 'e')");
        account.Run("DELETE FROM t WHERE id = 5");
        account.Run("UPDATE t SET v = 'z' WHERE id = 3");
        account.Run("UPDATE t SET v = 'c' WHERE id = 3");
        Assert.Equal(["1 | a | DELETE | true", "1 | y | INSERT | true", "2 | b | DELETE | false", "4 | d | INSERT | false"],
            account.Rows($"SELECT id, v, METADATA$ACTION, METADATA$ISUPDATE FROM t CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => {start}) ORDER BY id, METADATA$ACTION"));
        Assert.Equal(["4", "5"], account.Rows($"SELECT id FROM t CHANGES (INFORMATION => APPEND_ONLY) AT (TIMESTAMP => {start}) ORDER BY id"));
    }

    [Fact]
    public void The_start_is_exclusive_and_the_end_inclusive()
    {
        account.Run("UPDATE t SET v = 'x' WHERE id = 1");
        var first = account.Model.History[^1].Id;
        account.Run("UPDATE t SET v = 'y' WHERE id = 2");
        var second = account.Model.History[^1].Id;
        account.Run("UPDATE t SET v = 'z' WHERE id = 3");
        Assert.Equal(["2"], account.Rows($"SELECT DISTINCT id FROM t CHANGES (INFORMATION => DEFAULT) AT (STATEMENT => '{first}') END (STATEMENT => '{second}')"));
    }

    [Fact]
    public void Tracking_that_was_off_then_is_an_error()
    {
        var before = account.Now();
        account.Run("CREATE TABLE u (id integer)");
        account.Fails(707, $"SELECT * FROM u CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => {account.Now()})");
        account.Run("ALTER TABLE u SET CHANGE_TRACKING = TRUE");
        account.Fails(707, $"SELECT * FROM u CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => {before})");
    }

    [Fact]
    public void A_clone_has_the_same_row_ids_and_a_history_of_its_own()
    {
        var start = account.Now();
        account.Run("UPDATE t SET v = 'x' WHERE id = 1");
        account.Run("CREATE TABLE c CLONE t");
        account.Fails(707, $"SELECT * FROM c CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => {start})");
        var later = account.Now();
        account.Run("UPDATE t SET v = 'both' WHERE id = 2");
        account.Run("UPDATE c SET v = 'both' WHERE id = 2");
        var ids = new[] { "t", "c" }.Select(n => account.One($"SELECT MAX(METADATA$ROW_ID) FROM {n} CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => {later})")).ToList();
        Assert.Equal(ids[0], ids[1]);
    }

    [Fact]
    public void Time_travel_ends_at_the_creation_and_sees_nothing_with_retention_zero()
    {
        account.Fails(707, "SELECT * FROM t AT (TIMESTAMP => TO_TIMESTAMP_LTZ(1, 9))");
        var now = account.Now();
        account.Run("DELETE FROM t");
        Assert.Equal("3", account.One($"SELECT COUNT(*) FROM t AT (TIMESTAMP => {now})"));
        account.Run("ALTER TABLE t SET DATA_RETENTION_TIME_IN_DAYS = 0");
        account.Fails(707, $"SELECT COUNT(*) FROM t AT (TIMESTAMP => {now})");
    }

    [Fact]
    public void A_time_must_be_a_timestamp() => account.Fails(2098, "SELECT * FROM t AT (TIMESTAMP => '2026-01-01')");

    [Fact]
    public void A_stream_moves_on_when_a_statement_that_reads_it_commits()
    {
        account.Run("CREATE STREAM s ON TABLE t");
        account.Run("CREATE TABLE into_t (id integer)");
        account.Run("INSERT INTO t VALUES (9, 'n')");
        Assert.Equal("1", account.One("SELECT COUNT(*) FROM s"));
        Assert.Equal("1", account.One("SELECT COUNT(*) FROM s"));
        account.Run("BEGIN");
        account.Run("INSERT INTO into_t SELECT id FROM s");
        account.Run("ROLLBACK");
        Assert.Equal("true", account.One("SELECT SYSTEM$STREAM_HAS_DATA('S')"));
        account.Run("INSERT INTO into_t SELECT id FROM s");
        Assert.Equal("false", account.One("SELECT SYSTEM$STREAM_HAS_DATA('S')"));
        Assert.Equal(["9"], account.Rows("SELECT id FROM into_t"));
    }

    [Fact]
    public void Insert_overwrite_keeps_the_object_and_changes_every_row()
    {
        account.Run("CREATE STREAM s ON TABLE t");
        account.Run("INSERT OVERWRITE INTO t (id, v) SELECT id, v FROM t");
        Assert.Equal(["DELETE | 3", "INSERT | 3"], account.Rows("SELECT METADATA$ACTION, COUNT(*) FROM s GROUP BY 1 ORDER BY 1"));
    }

    [Fact]
    public void Changes_in_an_open_transaction_are_not_there_yet()
    {
        var start = account.Now();
        account.Run("BEGIN");
        account.Run("DELETE FROM t WHERE id = 1");
        Assert.Equal("2", account.One("SELECT COUNT(*) FROM t"));
        Assert.Equal("0", Account.Lines(Account.Run(account.Model.OpenSession(), $"SELECT COUNT(*) FROM t CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => {start})"))[0]);
        account.Run("COMMIT");
        Assert.Equal("1", account.One($"SELECT COUNT(*) FROM t CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => {start})"));
    }

    [Fact]
    public void A_coarse_clock_gives_several_commits_one_time()
    {
        account.Model.Tick = TimeSpan.FromMinutes(10);
        account.Run("CREATE TABLE u (id integer) CHANGE_TRACKING = TRUE");
        account.Run("SET moment = (SELECT CURRENT_TIMESTAMP())");
        account.Run("INSERT INTO u VALUES (1)");
        // What is committed at the very time of the start is not among the changes.
        Assert.Equal("0", account.One("SELECT COUNT(*) FROM u CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $moment)"));
    }

    public void Dispose() => account.Dispose();
}
