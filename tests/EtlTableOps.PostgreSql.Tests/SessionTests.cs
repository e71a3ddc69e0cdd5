using System.Diagnostics;
using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

public sealed class SessionTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    [Fact]
    public async Task A_session_says_where_it_leads()
    {
        await using var session = await OpenSessionAsync();

        Assert.Equal(Database.ConnectionText, session.Info.Display);
        Assert.Equal(Database.Name, session.Info.Database);
        Assert.Equal(Database.Cluster.User, session.Info.User);
        Assert.NotEmpty(session.Info.ServerVersion);
    }

    [Fact]
    public async Task Text_forms_of_values_do_not_depend_on_the_roles_settings()
    {
        await Database.ExecuteAsync($"""
            ALTER DATABASE {Database.Name} SET DateStyle = 'German, DMY'; ALTER DATABASE {Database.Name} SET IntervalStyle = 'iso_8601';
            ALTER DATABASE {Database.Name} SET bytea_output = 'escape'; ALTER DATABASE {Database.Name} SET extra_float_digits = -3;
            ALTER DATABASE {Database.Name} SET statement_timeout = '1s'
            """);
        try
        {
            await using var session = await OpenSessionAsync();
            var sql = new Sql(@"SELECT ROW('03/02/2020'::date, interval '1 day 02:03:04', '\x61'::bytea, (0.1::float8 + 0.2::float8))::text, current_setting('statement_timeout')");
            var row = (await session.QueryAsync(sql, r => (r.GetString(0), r.GetString(1)), Token))[0];

            // The order of day and month in input stays the user's.
            Assert.Equal(("(2020-02-03,\"1 day 02:03:04\",\"\\\\x61\",0.30000000000000004)", "0"), row);
        }
        finally
        {
            await Database.ExecuteAsync($"ALTER DATABASE {Database.Name} RESET ALL");
        }
    }

    [Fact]
    public async Task An_unqualified_name_is_found_on_the_users_path_and_the_path_stays()
    {
        await Database.ExecuteAsync($"""CREATE SCHEMA "My Place"; CREATE TABLE "My Place"."T one"(a int); ALTER DATABASE {Database.Name} SET search_path = "My Place", public""");
        try
        {
            await using var session = await OpenSessionAsync();

            var shape = await session.ReadShapeAsync(new TableName(null, "T one"), Token);
            Assert.Equal(new TableName("My Place", "T one"), shape?.Name);
            Assert.Equal("\"My Place\", public", await PathAsync(session));

            await using (var transaction = await session.BeginAsync(TransactionMode.Write, null, Token))
            {
                Assert.NotNull(await session.ReadShapeAsync(new TableName(null, "T one"), Token));
                Assert.Equal("\"My Place\", public", await PathAsync(session));
            }
            Assert.Equal("\"My Place\", public", await PathAsync(session));
            Assert.Null(await session.ReadShapeAsync(new TableName(null, "no such table"), Token));
        }
        finally
        {
            await Database.ExecuteAsync($"ALTER DATABASE {Database.Name} RESET ALL");
        }
    }

    [Fact]
    public async Task A_second_session_reads_the_first_ones_snapshot()
    {
        await Database.ExecuteAsync("CREATE TABLE snap(a int)");
        await using var first = await OpenSessionAsync();
        await using var second = await first.OpenAnotherAsync(Token);
        await using var one = await first.BeginAsync(TransactionMode.Snapshot, null, Token);
        var snapshot = await first.ExportSnapshotAsync(Token);
        await Database.ExecuteAsync("INSERT INTO snap VALUES (1)");

        await using (var two = await second.BeginAsync(TransactionMode.SnapshotWrite, snapshot, Token))
        {
            Assert.Equal(0, await CountAsync(second, "snap"));
        }
        await using var three = await second.BeginAsync(TransactionMode.Snapshot, null, Token);
        Assert.Equal(1, await CountAsync(second, "snap"));
    }

    [Fact]
    public async Task Only_one_operation_at_a_time_gets_the_lock_of_a_table()
    {
        await using var first = await OpenSessionAsync();
        await using var second = await OpenSessionAsync();
        var table = new TableName("public", "locked one");

        var held = await first.TryLockOperationAsync(table, Token);
        Assert.NotNull(held);
        Assert.Null(await second.TryLockOperationAsync(table, Token));
        Assert.NotNull(await second.TryLockOperationAsync(table.WithName("another"), Token));

        await held.DisposeAsync();
        Assert.NotNull(await second.TryLockOperationAsync(table, Token));
    }

    [Fact]
    public async Task Journals_are_found_in_every_schema_that_may_be_read()
    {
        await Database.ExecuteAsync($"""
            CREATE SCHEMA a; CREATE SCHEMA "B b"; CREATE SCHEMA hidden;
            CREATE TABLE a.etltableops_journal(x int); CREATE TABLE "B b".etltableops_journal(x int); CREATE TABLE hidden.etltableops_journal(x int);
            GRANT USAGE ON SCHEMA a, "B b" TO {PostgreSqlCluster.SecretRole}; GRANT SELECT ON a.etltableops_journal, "B b".etltableops_journal TO {PostgreSqlCluster.SecretRole}
            """);
        await using var session = await OpenSessionAsync(PostgreSqlCluster.SecretRole, PostgreSqlCluster.SecretPassword);

        Assert.Equal([new("B b", "etltableops_journal"), new("a", "etltableops_journal")], (await session.FindJournalsAsync(Token)).OrderBy(t => t.Schema, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Lock_holders_are_named_with_what_they_do_also_behind_a_foreign_key()
    {
        await Database.ExecuteAsync("CREATE TABLE held(id int PRIMARY KEY); CREATE TABLE child(id int REFERENCES held)");
        await using var reader = await Database.OpenAsync();
        await using var transaction = await reader.BeginTransactionAsync(Token);
        await using (var command = new Npgsql.NpgsqlCommand("SELECT 'a rather long statement of somebody else that reads' AS why, c.* FROM child c /* and goes on for long */", reader)) await command.ExecuteNonQueryAsync(Token);
        await using var session = await OpenSessionAsync();
        var shape = (await session.ReadShapeAsync(new TableName("public", "held"), Token))!;

        var holder = Assert.Single(await session.FindLockHoldersAsync(shape, Token));

        Assert.Equal(reader.ProcessID.ToString(System.Globalization.CultureInfo.InvariantCulture), holder.Session);
        Assert.Equal(Database.Cluster.User, holder.User);
        Assert.StartsWith("idle in transaction, last: SELECT 'a rather", holder.What, StringComparison.Ordinal);
        Assert.True(holder.What.Length <= 80);
        Assert.InRange(holder.Since!.Value, DateTime.UtcNow.AddMinutes(-2), DateTime.UtcNow.AddSeconds(5));
    }

    [Fact]
    public async Task A_batch_under_a_lock_names_the_statement_that_failed()
    {
        await using var session = await OpenSessionAsync();
        await using var transaction = await session.BeginAsync(TransactionMode.Write, null, Token);

        var e = await Assert.ThrowsAsync<EtlException>(() => session.ExecuteAllAsync([new Sql("CREATE TABLE fresh(a int)"), new Sql("INSERT INTO fresh VALUES (1)"), new Sql("SELECT 1 / 0 AS bad")], Token));

        Assert.Equal(ErrorCode.StatementFailed, e.Code);
        Assert.Contains("SELECT 1 / 0 AS bad", e.Message, StringComparison.Ordinal);
        Assert.Equal(FailureKind.BadData, session.Classify(e));
    }

    [Fact]
    public async Task A_batch_reports_the_rows_changed_in_all()
    {
        await using var session = await OpenSessionAsync();
        await using var transaction = await session.BeginAsync(TransactionMode.Write, null, Token);

        Assert.Equal(3, await session.ExecuteAllAsync([
            new Sql("CREATE TABLE counted(a int, b text)"), new Sql("INSERT INTO counted VALUES (1), (2)"), new Sql("UPDATE counted SET b = @b WHERE a = @a", [new("b", "x"), new("a", 2L)])], Token));
    }

    [Fact]
    public async Task A_query_is_described_without_being_run()
    {
        await Database.ExecuteAsync("CREATE TYPE public.\"Mood x\" AS ENUM ('a'); CREATE DOMAIN public.positive AS int");
        await using var session = await OpenSessionAsync();

        var columns = await session.DescribeQueryAsync(new Sql("""
            SELECT 1/0 AS a, 'x' AS "B b", 1.5::numeric(10,2) AS c, 'y'::varchar(7) AS d, now()::timestamp(3) AS e, 'a'::"Mood x" AS f, ARRAY[1] AS g, now() AS h
            """), Token);

        Assert.Equal(
            [("a", "integer"), ("B b", "text"), ("c", "numeric(10,2)"), ("d", "character varying(7)"), ("e", "timestamp(3) without time zone"), ("f", "public.\"Mood x\""), ("g", "integer[]"), ("h", "timestamp with time zone")],
            columns.Select(c => (c.Name, c.Type)));
    }

    [Fact]
    public async Task Rows_that_a_policy_would_hide_are_an_error_and_never_left_out()
    {
        await Database.ExecuteAsync($"CREATE TABLE guarded(a int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; GRANT SELECT ON guarded TO {PostgreSqlCluster.SecretRole}; INSERT INTO guarded VALUES (1)");
        await using var session = await OpenSessionAsync(PostgreSqlCluster.SecretRole, PostgreSqlCluster.SecretPassword);

        var e = await Assert.ThrowsAsync<EtlException>(() => CountAsync(session, "guarded"));

        Assert.Equal(ErrorCode.NotPermitted, e.Code);
    }

    [Fact]
    public async Task A_cancel_ends_a_running_statement_at_once_and_the_session_goes_on()
    {
        await using var session = await OpenSessionAsync();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = session.ExecuteAsync(new Sql("SELECT pg_sleep(30)"), cancel.Token);
        await Task.Delay(200, Token);

        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        var e = await Assert.ThrowsAsync<EtlException>(() => running);

        Assert.Equal(ErrorCode.Cancelled, e.Code);
        Assert.Equal(FailureKind.Cancelled, session.Classify(e));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"took {clock.Elapsed}");
        Assert.Equal("pg_catalog, public", (await session.QueryAsync(new Sql("SELECT 'pg_catalog, public'::text"), r => r.GetString(0), Token))[0]);
    }

    [Fact]
    public async Task A_cancel_comes_back_at_once_although_the_server_is_frozen()
    {
        var session = await OpenSessionAsync();
        var backend = (await session.QueryAsync(new Sql("SELECT pg_backend_pid()"), r => r.GetInt32(0), Token))[0];
        var postmaster = await Database.ScalarAsync<int>("SELECT (regexp_split_to_array(pg_read_file('postmaster.pid'), '\n'))[1]::int");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var transaction = await session.BeginAsync(TransactionMode.Write, null, Token);
        var running = session.ExecuteAsync(new Sql("SELECT pg_sleep(30)"), cancel.Token);
        await Task.Delay(200, Token);
        await Database.Cluster.SignalAsync(backend, "STOP");
        await Database.Cluster.SignalAsync(postmaster, "STOP");
        try
        {
            var clock = Stopwatch.StartNew();
            var cancelling = Task.Run(cancel.Cancel, Token);
            var e = await Assert.ThrowsAsync<EtlException>(() => running);
            await cancelling;
            await transaction.DisposeAsync();
            await session.DisposeAsync();

            Assert.Equal(ErrorCode.Cancelled, e.Code);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"took {clock.Elapsed}");
        }
        finally
        {
            await Database.Cluster.SignalAsync(postmaster, "CONT");
            await Database.Cluster.SignalAsync(backend, "CONT");
        }
        // Left behind, but not for ever: once the server answers, the connection is closed and its transaction ends.
        for (var clock = Stopwatch.StartNew(); await Database.ScalarAsync<long>($"SELECT count(*) FROM pg_stat_activity WHERE pid = {backend}") > 0;)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), "the abandoned connection is still there");
            await Task.Delay(100, Token);
        }
    }

    [Fact]
    public async Task A_killed_backend_is_a_lost_connection()
    {
        await using var session = await OpenSessionAsync();
        var running = session.ExecuteAsync(new Sql("SELECT pg_sleep(30)"), Token);
        await Task.Delay(200, Token);
        await Database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%' AND pid <> pg_backend_pid()");

        var e = await Assert.ThrowsAsync<EtlException>(() => running);
        Assert.Equal(ErrorCode.ConnectionLost, e.Code);
        var again = await Assert.ThrowsAsync<EtlException>(() => session.ExecuteAsync(new Sql("SELECT 1"), Token));
        Assert.Equal(ErrorCode.ConnectionLost, again.Code);
    }

    [Theory]
    [InlineData("LOCK TABLE busy NOWAIT", FailureKind.Busy, ErrorCode.StatementFailed)]
    [InlineData("SET LOCAL statement_timeout = 50; SELECT pg_sleep(5)", FailureKind.TimedOut, ErrorCode.StatementFailed)]
    [InlineData("INSERT INTO busy2 VALUES (NULL)", FailureKind.BadData, ErrorCode.StatementFailed)]
    [InlineData("SELECT 'x'::int", FailureKind.BadData, ErrorCode.StatementFailed)]
    [InlineData("SELECT * FROM nothing_of_the_kind", FailureKind.Fatal, ErrorCode.StatementFailed)]
    [InlineData("SET TRANSACTION READ ONLY; CREATE TABLE never(a int)", FailureKind.NotPermitted, ErrorCode.NotPermitted)]
    public async Task A_failure_is_sorted_by_what_it_means(string sql, FailureKind kind, ErrorCode code)
    {
        await Database.ExecuteAsync("CREATE TABLE IF NOT EXISTS busy(a int); CREATE TABLE IF NOT EXISTS busy2(a int NOT NULL)");
        await using var other = await Database.OpenAsync();
        await using var theirs = await other.BeginTransactionAsync(Token);
        await using (var command = new Npgsql.NpgsqlCommand("SELECT * FROM busy", other)) await command.ExecuteNonQueryAsync(Token);
        await using var session = await OpenSessionAsync();
        await using var transaction = await session.BeginAsync(TransactionMode.Write, null, Token);

        var e = await Assert.ThrowsAsync<EtlException>(() => session.ExecuteAsync(new Sql(sql), Token));

        Assert.Equal((kind, code), (session.Classify(e), e.Code));
    }

    [Fact]
    public async Task Free_space_is_told_where_the_server_is_on_this_machine()
    {
        Assert.SkipUnless(Database.Cluster.IsOwn && Environment.IsPrivilegedProcess, "Only root may read another user's data directory.");
        await using var session = await OpenSessionAsync();
        Assert.True(await session.FreeBytesAsync(Token) > 0);

        await using var stranger = await OpenSessionAsync(PostgreSqlCluster.SecretRole, PostgreSqlCluster.SecretPassword);
        Assert.Equal(-1, await stranger.FreeBytesAsync(Token));
    }

    private static async Task<string> PathAsync(IEngineSession session) =>
        (await session.QueryAsync(new Sql("SELECT current_setting('search_path')"), r => r.GetString(0), Token))[0];

    private static async Task<long> CountAsync(IEngineSession session, string table) =>
        (await session.QueryAsync(Sql.Write(session.Dialect, $"SELECT count(*) FROM {new Id(table)}"), r => r.GetInt64(0), Token))[0];
}
