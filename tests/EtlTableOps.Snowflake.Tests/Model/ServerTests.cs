using System.Data.Common;
using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests.Model;

/// <summary>The protocol over the loopback, by the small client of the tests (snowflake-driver.md). The official driver is tried against the same server where it is found.</summary>
public sealed class ServerTests : IAsyncDisposable
{
    private readonly Account account = new();
    private readonly SnowflakeServer server;

    public ServerTests()
    {
        server = new SnowflakeServer(account.Model);
        account.Run("CREATE TABLE t (id integer, v text, n number(10,2), at timestamp, z timestamp_tz, b boolean, d date, x binary, f float)");
    }

    private ModelConnection Open(string more = "")
    {
        var connection = new ModelConnection { ConnectionString = server.ConnectionString + more };
        connection.Open();
        return connection;
    }

    private static int Run(DbConnection connection, string sql, params object?[] values)
    {
        using var command = Command(connection, sql, values);
        return command.ExecuteNonQuery();
    }

    private static object? One(DbConnection connection, string sql, params object?[] values)
    {
        using var command = Command(connection, sql, values);
        return command.ExecuteScalar();
    }

    private static DbCommand Command(DbConnection connection, string sql, object?[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var value in values)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = (command.Parameters.Count + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }
        return command;
    }

    [Fact]
    public void Values_go_there_and_back_as_the_same_types_in_process_and_over_the_wire()
    {
        using var remote = Open();
        using var local = new ModelConnection(account.Model);
        local.Open();
        var time = new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Unspecified).AddTicks(1234567);
        object[] values = [42L, "ä'🐦", 12.5m, time, new DateTimeOffset(time, TimeSpan.FromHours(2)), true, "2024-02-29", new byte[] { 1, 254 }, 2.5];
        Assert.Equal(1, Run(remote, "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values));
        foreach (var connection in new[] { remote, local })
        {
            using var command = Command(connection, "SELECT * FROM t", []);
            using var reader = command.ExecuteReader();
            Assert.True(reader.Read());
            values[6] = new DateTime(2024, 2, 29, 0, 0, 0, DateTimeKind.Unspecified);
            var read = new object[values.Length];
            reader.GetValues(read);
            Assert.Equal(values, read);
            Assert.Equal(values.Select(v => v.GetType()), Enumerable.Range(0, values.Length).Select(reader.GetFieldType));
        }
    }

    [Fact]
    public void An_error_has_its_code_state_and_statement()
    {
        using var connection = Open();
        var error = Assert.Throws<ModelDbException>(() => Run(connection, "SELECT * FROM nowhere"));
        Assert.Equal((2003, "42S02", account.Model.History[^1].Id), (error.ErrorCode, error.SqlState, error.QueryId));
        // As with the driver, whose property hides the base's.
        Assert.Null(((DbException)error).SqlState);
    }

    [Fact]
    public void Several_statements_need_their_count()
    {
        using var connection = Open();
        Assert.Equal(8, Assert.Throws<ModelDbException>(() => Run(connection, "INSERT INTO t (id) VALUES (1); SELECT 1")).ErrorCode);
        using var command = Command(connection, "INSERT INTO t (id) VALUES (1), (2); SELECT COUNT(*) FROM t; DELETE FROM t WHERE id = 1", []);
        var count = command.CreateParameter();
        (count.ParameterName, count.Value) = ("MULTI_STATEMENT_COUNT", 3);
        command.Parameters.Add(count);
        using var reader = command.ExecuteReader();
        Assert.Equal(2, reader.RecordsAffected);
        Assert.True(reader.NextResult());
        Assert.True(reader.Read());
        Assert.Equal(2L, reader.GetValue(0));
        Assert.True(reader.NextResult());
        Assert.False(reader.NextResult());
        Run(connection, "ALTER SESSION SET MULTI_STATEMENT_COUNT = 0");
        Assert.Equal(2, Run(connection, "INSERT INTO t (id) VALUES (5); DELETE FROM t WHERE id = 5"));
    }

    [Fact]
    public void A_dropped_answer_is_given_again_and_the_statement_runs_once()
    {
        using var connection = Open();
        var drops = 0;
        account.Model.Faults = m => m.Time == FaultTime.AfterExecution && drops++ == 0 ? Fault.Dropped : null;
        Assert.Equal(1, Run(connection, "INSERT INTO t (id) VALUES (1)"));
        Assert.Equal(1L, One(connection, "SELECT COUNT(*) FROM t"));
        Assert.Equal(1, account.Model.History.Count(q => q.Text.StartsWith("INSERT", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(FaultTime.BeforeExecution, 0L)]
    [InlineData(FaultTime.AfterExecution, 1L)]
    public void A_lost_connection_looks_like_a_cancel_nobody_asked_for(FaultTime time, long rows)
    {
        using var connection = Open();
        account.Model.Faults = m => m.Time == time ? Fault.Lost : null;
        var failure = Assert.Throws<AggregateException>(() => Run(connection, "INSERT INTO t (id) VALUES (1)"));
        Assert.IsType<TaskCanceledException>(failure.InnerException);
        Assert.Equal(System.Data.ConnectionState.Broken, connection.State);
        account.Model.Faults = null;
        using var another = Open();
        Assert.Equal(rows, One(another, "SELECT COUNT(*) FROM t"));
    }

    [Fact]
    public void An_expired_token_is_renewed_and_the_statement_goes_on()
    {
        using var connection = Open();
        server.ExpireTokens();
        Assert.Equal(1L, One(connection, "SELECT 1"));
        Assert.Contains(server.Requests, r => r.Contains("token-request", StringComparison.Ordinal));
        server.EndSessions();
        Assert.Equal(390111, Assert.Throws<ModelDbException>(() => One(connection, "SELECT 1")).ErrorCode);
    }

    [Fact]
    public void A_statement_that_takes_long_is_asked_for_again()
    {
        using var connection = Open();
        server.LongAfter = TimeSpan.FromMilliseconds(1);
        account.Model.Faults = m =>
        {
            // It ends when it was asked for.
            while (m.Time == FaultTime.BeforeExecution && !server.Requests.Any(r => r.EndsWith("/result", StringComparison.Ordinal))) Thread.Sleep(1);
            return null;
        };
        Assert.Equal(7L, One(connection, "SELECT 7"));
        Assert.Contains(server.Requests, r => r.EndsWith("/result", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_running_statement_can_be_cancelled()
    {
        using var connection = Open();
        account.Model.Faults = m => m.Time == FaultTime.BeforeExecution && m.Sql.Contains("slow", StringComparison.Ordinal) ? new Fault { Delay = TimeSpan.FromMinutes(5) } : null;
        using var command = Command(connection, "SELECT 'slow'", []);
        using var stop = new CancellationTokenSource();
        var running = command.ExecuteScalarAsync(stop.Token);
        while (account.Model.Sessions.All(s => s.RunningQueryId is null)) await Task.Yield();
        await stop.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => running);
        Assert.Equal(604, account.Model.History[^1].ErrorCode);
    }

    [Fact]
    public void A_wrong_password_is_refused_and_tokens_are_taken()
    {
        account.Model.Passwords["U"] = "other";
        var failure = Assert.Throws<ModelDbException>(() => Open());
        Assert.Equal(390100, Assert.IsType<ModelDbException>(failure.InnerException).ErrorCode);
        server.Tokens.Add("good");
        Open("authenticator=programmatic_access_token;token=good;").Dispose();
        Assert.Throws<ModelDbException>(() => Open("authenticator=oauth;token=bad;"));
    }

    [Fact]
    public void A_closed_session_rolls_back_and_an_abandoned_one_does_not()
    {
        var first = Open();
        Run(first, "BEGIN");
        Run(first, "UPDATE t SET id = 2");
        first.Close();
        using var second = Open();
        Run(second, "ALTER SESSION SET LOCK_TIMEOUT = 0");
        Run(second, "UPDATE t SET id = 3");
        var third = Open();
        Run(third, "BEGIN");
        Run(third, "UPDATE t SET id = 4");
        third.Abandon();
        Assert.Throws<ModelDbException>(() => Run(second, "UPDATE t SET id = 5"));
    }

    [Fact]
    public void Files_are_put_into_a_stage_and_loaded_once()
    {
        using var connection = Open();
        var folder = Directory.CreateTempSubdirectory("put it's here");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "rows.csv"), "1,a\n2,\"b,c\"\n3,\n4,\"\"\n");
            Run(connection, "CREATE TEMPORARY STAGE st FILE_FORMAT = (TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"')");
            using var put = Command(connection, $"PUT 'file://{folder.FullName.Replace("'", "\\'", StringComparison.Ordinal)}/rows.csv' @st/run AUTO_COMPRESS=TRUE", []);
            using (var reader = put.ExecuteReader())
            {
                Assert.True(reader.Read());
                Assert.Equal(("rows.csv.gz", "UPLOADED"), (reader.GetString(1), reader.GetString(6)));
            }
            Assert.Equal(4, Run(connection, "COPY INTO t (id, v) FROM (SELECT $1, $2 FROM @st/run)"));
            Assert.Equal(0, Run(connection, "COPY INTO t (id, v) FROM (SELECT $1, $2 FROM @st/run)"));
            Assert.Equal("1=a,2=b,c,3=∅,4=", One(connection, "SELECT LISTAGG(id || '=' || COALESCE(v, '∅'), ',') WITHIN GROUP (ORDER BY id) FROM t"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_bad_row_of_a_file_is_named()
    {
        using var connection = Open();
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "1\nx\n3\n");
            Run(connection, "CREATE TEMPORARY STAGE st");
            using var put = Command(connection, $"PUT 'file://{file}' @st", []);
            put.ExecuteNonQuery();
            var error = Assert.Throws<ModelDbException>(() => Run(connection, "COPY INTO t (id) FROM (SELECT $1 FROM @st)"));
            Assert.Equal(100038, error.ErrorCode);
            Assert.Contains("Row 2, column \"T\"[\"ID\":1]", error.Message, StringComparison.Ordinal);
            Assert.Equal(0L, One(connection, "SELECT COUNT(*) FROM t"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        account.Dispose();
    }
}
