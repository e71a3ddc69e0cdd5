using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests.Model;

/// <summary>Transactions, locks, faults and the query history (engines.md 1.4, 1.9 to 1.11).</summary>
public sealed class SessionTests : IDisposable
{
    private readonly Account account = new();

    public SessionTests()
    {
        account.Run("CREATE TABLE t (id integer, v integer)");
        account.Run("INSERT INTO t VALUES (1, 0)");
    }

    private ModelSession Other() => account.Model.OpenSession();

    [Fact]
    public void A_transaction_is_seen_when_it_is_committed_and_not_when_it_is_rolled_back()
    {
        var other = Other();
        account.Run("BEGIN");
        account.Run("INSERT INTO t VALUES (2, 0)");
        Assert.Equal("2", account.One("SELECT COUNT(*) FROM t"));
        Assert.Equal("1", Account.Lines(Account.Run(other, "SELECT COUNT(*) FROM t"))[0]);
        account.Run("ROLLBACK");
        Assert.Equal("1", account.One("SELECT COUNT(*) FROM t"));
        account.Run("BEGIN");
        account.Run("INSERT INTO t VALUES (3, 0)");
        Account.Run(other, "INSERT INTO t VALUES (4, 0)");
        account.Run("COMMIT");
        Assert.Equal("3", Account.Lines(Account.Run(other, "SELECT COUNT(*) FROM t"))[0]);
        account.Run("COMMIT");
    }

    [Fact]
    public void Ddl_commits_the_open_transaction()
    {
        account.Run("BEGIN");
        account.Run("INSERT INTO t VALUES (2, 0)");
        account.Run("COMMENT ON TABLE t IS 'x'");
        account.Run("ROLLBACK");
        Assert.Equal("2", account.One("SELECT COUNT(*) FROM t"));
    }

    [Theory]
    [InlineData("UPDATE t SET v = 2")]
    [InlineData("DELETE FROM t")]
    [InlineData("MERGE INTO t USING (SELECT 1 AS id) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 3")]
    public void Changes_of_rows_exclude_each_other_and_inserts_go_by(string second)
    {
        var other = Other();
        Account.Run(other, "ALTER SESSION SET LOCK_TIMEOUT = 0");
        account.Run("BEGIN");
        account.Run("UPDATE t SET v = 1");
        var error = Assert.Throws<ModelError>(() => Account.Run(other, second));
        Assert.Equal("57014", error.SqlState);
        Account.Run(other, "INSERT INTO t VALUES (2, 0)");
        account.Run("COMMIT");
        Account.Run(other, second);
    }

    [Fact]
    public async Task A_statement_waits_for_the_lock_and_sees_what_was_committed_meanwhile()
    {
        account.Run("BEGIN");
        account.Run("UPDATE t SET v = v + 1");
        var other = Other();
        var waiting = Task.Run(() => Account.Run(other, "UPDATE t SET v = v + 10"), TestContext.Current.CancellationToken);
        while (other.RunningQueryId is null) await Task.Yield();
        Assert.Equal("1", account.One("SELECT v FROM t"));
        account.Run("COMMIT");
        await waiting;
        Assert.Equal("11", account.One("SELECT v FROM t"));
    }

    [Fact]
    public void A_lost_session_leaves_its_transaction_open_until_the_server_ends_it()
    {
        account.Run("BEGIN");
        account.Run("UPDATE t SET v = 5");
        account.Session.Abandon();
        var other = Other();
        Account.Run(other, "ALTER SESSION SET LOCK_TIMEOUT = 0");
        Assert.Throws<ModelError>(() => Account.Run(other, "UPDATE t SET v = 6"));
        account.Model.AbortDetachedTransactions();
        Account.Run(other, "UPDATE t SET v = v + 6");
        Assert.Equal("6", Account.Lines(Account.Run(other, "SELECT v FROM t"))[0]);
    }

    [Theory]
    [InlineData(FaultTime.BeforeExecution, "false", "0")]
    [InlineData(FaultTime.BeforeCommit, "false", "9")]
    [InlineData(FaultTime.BeforeCommit, "true", "0")]
    [InlineData(FaultTime.AfterExecution, "false", "9")]
    public void A_connection_can_be_lost_at_every_time_of_a_statement(FaultTime time, string abortDetached, string value)
    {
        account.Run($"ALTER SESSION SET ABORT_DETACHED_QUERY = {abortDetached}");
        account.Model.Faults = m => m.Time == time ? Fault.Lost : null;
        Assert.Throws<ConnectionLostException>(() => account.Run("UPDATE t SET v = 9"));
        account.Model.Faults = null;
        Assert.Equal(390111, Assert.Throws<ModelError>(() => account.Run("SELECT 1")).Code);
        Assert.Equal(value, Account.Lines(Account.Run(Other(), "SELECT v FROM t"))[0]);
        Assert.Equal(value == "9" ? "SUCCESS" : "FAILED_WITH_ERROR", account.Model.History.Last(q => q.Text.StartsWith("UPDATE", StringComparison.Ordinal)).Status);
    }

    [Fact]
    public void Errors_can_be_put_in_place_of_an_answer()
    {
        account.Model.Faults = m => m.Time == FaultTime.BeforeExecution ? Fault.Of(ModelError.TimedOut(1)) : null;
        Assert.Equal("57014", account.Fails(630, "SELECT * FROM t").SqlState);
        account.Model.Faults = null;
        Assert.Equal("1", account.One("SELECT COUNT(*) FROM t"));
    }

    [Fact]
    public async Task A_statement_can_be_cancelled_and_its_time_can_be_up()
    {
        account.Model.Faults = m => m.Time == FaultTime.BeforeExecution && m.Sql.Contains("slow", StringComparison.Ordinal) ? new Fault { Delay = TimeSpan.FromMinutes(5) } : null;
        var running = Task.Run(() => Assert.Throws<ModelError>(() => account.Run("SELECT 'slow'")), TestContext.Current.CancellationToken);
        while (account.Session.RunningQueryId is null) await Task.Yield();
        account.Session.Cancel();
        Assert.Equal(604, (await running).Code);
        account.Run("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 1");
        account.Fails(630, "SELECT 'slow'");
    }

    [Fact]
    public void Metadata_needs_no_warehouse_and_data_does()
    {
        account.Run("CREATE TABLE u LIKE t");
        account.Run("ALTER WAREHOUSE wh SUSPEND");
        account.Fails(606, "SELECT * FROM t");
        account.Fails(606, "INSERT INTO t VALUES (1, 1)");
        account.Run("SHOW TABLES");
        account.Run("CREATE TABLE c CLONE t");
        account.Run("ALTER TABLE t SWAP WITH c");
        account.Run("ALTER WAREHOUSE wh RESUME");
        Assert.Equal("1", account.One("SELECT COUNT(*) FROM t"));
    }

    [Fact]
    public void The_history_tells_tags_ids_states_and_bytes()
    {
        account.Run("ALTER SESSION SET QUERY_TAG = 'run 7'");
        account.Run("SELECT COUNT(*) FROM t");
        var last = account.One("SELECT LAST_QUERY_ID()");
        Assert.Equal(account.Model.History[^2].Id, last);
        account.Fails(2003, "SELECT * FROM nowhere");
        account.Run("ALTER SESSION UNSET QUERY_TAG");
        Assert.Equal(
            ["SELECT COUNT(*) FROM t | SUCCESS | ∅ | true", "SELECT LAST_QUERY_ID() | SUCCESS | ∅ | false", "SELECT * FROM nowhere | FAILED_WITH_ERROR | 002003 | false"],
            account.Rows("SELECT QUERY_TEXT, EXECUTION_STATUS, ERROR_CODE, BYTES_SCANNED > 0 FROM TABLE(\"DB1\".INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 100)) WHERE QUERY_TAG = 'run 7' AND QUERY_TYPE = 'SELECT' ORDER BY START_TIME"));
    }

    [Fact]
    public void Privileges_tell_missing_from_insufficient_only_to_those_who_have_some()
    {
        var reader = account.Model.OpenSession(role: "R1");
        Account.Fails(reader, 2003, "SELECT * FROM t");
        account.Run("GRANT SELECT ON TABLE t TO ROLE R1");
        Account.Run(reader, "SELECT * FROM t");
        Account.Fails(reader, 3001, "DELETE FROM t");
        Account.Fails(reader, 3001, "ALTER TABLE t ADD COLUMN x integer");
        account.Fails(2003, "GRANT SELECT ON TABLE t TO ROLE NOBODY");
    }

    public void Dispose() => account.Dispose();
}
