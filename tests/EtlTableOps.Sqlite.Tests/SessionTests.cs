using System.Diagnostics;
using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite.Tests;

public sealed class SessionTests : TestFile
{
    [Fact]
    public async Task A_file_that_is_not_there_is_made_only_when_that_is_said()
    {
        var missing = System.IO.Path.Combine(Folder.FullName, "missing.db");
        foreach (var text in new[] { "sqlite:" + missing, "sqlite:Data Source=" + missing })
        {
            var refused = await Assert.ThrowsAsync<EtlException>(() => EngineList.ConnectAsync(text, null, null, null, Token));
            Assert.Equal(ErrorCode.ConnectionFailed, refused.Code);
            Assert.Contains("Mode=ReadWriteCreate", refused.Remedy, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(missing));
        Assert.Equal("missing.db", (await EngineList.ConnectAsync($"sqlite:{missing};Mode=ReadWriteCreate", null, null, null, Token)).Name);
    }

    [Theory]
    [InlineData("sqlite::memory:")]
    [InlineData("sqlite:")]
    [InlineData("sqlite:x.db;Nonsense=1")]
    public async Task What_leads_nowhere_is_refused(string text) =>
        Assert.Equal(ErrorCode.BadInput, (await Assert.ThrowsAsync<EtlException>(() => EngineList.ConnectAsync(text, null, null, null, Token))).Code);

    [Fact]
    public async Task A_file_that_is_no_database_is_a_typed_error()
    {
        var path = System.IO.Path.Combine(Folder.FullName, "text.db");
        await File.WriteAllTextAsync(path, new string('x', 5000), Token);
        Assert.Equal(ErrorCode.ConnectionFailed, (await Assert.ThrowsAsync<EtlException>(() => EngineList.ConnectAsync("sqlite:" + path, null, null, null, Token))).Code);
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task A_long_statement_ends_at_once_when_it_is_cancelled()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        stop.CancelAfter(200);
        var watch = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<EtlException>(() => Session.QueryAsync(new Sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"), r => r.GetInt64(0), stop.Token));
        Assert.Equal(ErrorCode.Cancelled, failure.Code);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    [Fact]
    public async Task A_second_session_reads_the_state_that_the_first_one_sees()
    {
        Run("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
        var first = await Session.BeginAsync(TransactionMode.Snapshot, null, Token);
        await using var ends = first;
        var snapshot = await Session.ExportSnapshotAsync(Token);
        Assert.NotNull(snapshot);
        Run("INSERT INTO t VALUES (2)");
        await using var second = await Session.OpenAnotherAsync(Token);
        await using var reads = await second.BeginAsync(TransactionMode.Snapshot, snapshot, Token);
        Assert.Equal(1L, await CountAsync(Session));
        Assert.Equal(1L, await CountAsync(second));
        await using var third = await Session.OpenAnotherAsync(Token);
        Assert.Equal(2L, await CountAsync(third));
    }

    [Fact]
    public async Task A_state_that_the_log_does_not_keep_any_more_is_told_apart()
    {
        Run("CREATE TABLE t (a); INSERT INTO t VALUES (1); PRAGMA wal_checkpoint(PASSIVE)");
        var first = await Session.BeginAsync(TransactionMode.Snapshot, null, Token);
        await using var ends = first;
        var snapshot = await Session.ExportSnapshotAsync(Token);
        Assert.NotNull(snapshot);

        // Nobody reads the log, all of it is in the file: it begins anew with the next commit.
        Run("INSERT INTO t VALUES (2)");
        await using var second = await Session.OpenAnotherAsync(Token);
        var failure = await Assert.ThrowsAsync<EtlException>(() => second.BeginAsync(TransactionMode.Snapshot, snapshot, Token));
        Assert.Equal(FailureKind.SnapshotGone, second.Classify(failure));
        await using var other = await second.BeginAsync(TransactionMode.Snapshot, null, Token);
        Assert.Equal(2L, await CountAsync(second));
        Assert.Equal(1L, await CountAsync(Session));
    }

    private static async Task<long> CountAsync(IEngineSession session) => (await session.QueryAsync(new Sql("SELECT count(*) FROM t"), r => r.GetInt64(0), Token))[0];

    [Fact]
    public async Task A_locked_database_is_busy_and_a_statement_of_DDL_changes_no_rows()
    {
        Run("CREATE TABLE t (a)");
        Assert.Equal(3, await Session.ExecuteAsync(new Sql("INSERT INTO t VALUES (1), (2), (3)"), Token));
        Assert.Equal(0, await Session.ExecuteAsync(new Sql("CREATE INDEX i ON t (a)"), Token));
        Run("BEGIN IMMEDIATE");
        var failure = await Assert.ThrowsAsync<EtlException>(() => Session.BeginAsync(TransactionMode.Write, null, Token));
        Assert.Equal(FailureKind.Busy, Session.Classify(failure));
        Run("ROLLBACK");
        var transaction = await Session.BeginAsync(TransactionMode.Write, null, Token);
        await transaction.DisposeAsync();
    }

    [Fact]
    public async Task The_operations_lock_is_one_for_all_spellings_and_leaves_no_file()
    {
        await using var other = await Database.OpenSessionAsync(Token);
        var held = await Session.TryLockOperationAsync(new TableName(null, "Events"), Token);
        Assert.NotNull(held);
        Assert.Null(await other.TryLockOperationAsync(new TableName(null, "EVENTS"), Token));
        await using (await other.TryLockOperationAsync(new TableName(null, "others"), Token)) Assert.Equal(2, Folder.GetFiles("*.lock").Length);
        await held.DisposeAsync();
        await using (var again = await other.TryLockOperationAsync(new TableName(null, "events"), Token)) Assert.NotNull(again);
        Assert.Empty(Folder.GetFiles("*.lock"));
    }

    [Fact]
    public async Task Of_many_that_take_the_lock_in_turn_never_two_have_it()
    {
        var inside = 0;
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            await using var session = await Database.OpenSessionAsync(Token);
            for (var i = 0; i < 100; i++)
            {
                var held = await session.TryLockOperationAsync(new TableName(null, "t"), Token);
                if (held is null) continue;
                Assert.Equal(1, Interlocked.Increment(ref inside));
                Interlocked.Increment(ref taken);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                await held.DisposeAsync();
            }
        }, Token)));
        Assert.True(taken > 0);
    }

    [Fact]
    public async Task Bulk_values_are_stored_by_their_columns_type()
    {
        Run("CREATE TABLE t (i INTEGER, r REAL, n decimal(10,2), s TEXT, d timestamp, f BOOLEAN, b BLOB, x)");
        await WriteAsync(["12", "1.5", "10.50", "12", "2026-01-02 03:04:05", "true", "0x00ff", "12"], ["-7", "2", "3", "", "2026", "N", "raw", null], [5, 2.5, 3.25m, true, new DateTime(2026, 1, 2, 3, 4, 5), false, new byte[] { 1 }, 9L]);
        Assert.Equal(
        [
            "integer|12|real|1.5|real|10.5|text|12|text|2026-01-02 03:04:05|integer|1|blob|00FF|text|12",
            "integer|-7|real|2|integer|3|text||integer|2026|integer|0|text|726177|null|null",
            "integer|5|real|2.5|real|3.25|text|1|text|2026-01-02 03:04:05|integer|0|blob|01|integer|9",
        ], Rows("SELECT typeof(i), i, typeof(r), r, typeof(n), n, typeof(s), s, typeof(d), d, typeof(f), f, typeof(b), hex(b), typeof(x), x FROM t"));
    }

    [Theory]
    [InlineData("i INTEGER", "abc")]
    [InlineData("i INTEGER", "7.5")]
    [InlineData("i INTEGER", "")]
    [InlineData("i INTEGER", "9223372036854775808")]
    [InlineData("i REAL", "NaN")]
    [InlineData("i decimal(10,2)", "1,5")]
    [InlineData("i BLOB", "0xzz")]
    [InlineData("i TEXT NOT NULL", null)]
    [InlineData("i INT CHECK (i < 5)", "9")]
    [InlineData("i INT UNIQUE", "1")]
    public async Task A_value_that_does_not_fit_is_named(string column, string? value)
    {
        Run($"CREATE TABLE t ({column}, z)");
        var failure = await Assert.ThrowsAsync<BadValueException>(() => WriteAsync(["1", "z"], [value, "z"]));
        Assert.Equal(1, failure.Row);
        if (!column.Contains("CHECK", StringComparison.Ordinal)) Assert.Equal("i", failure.Column);
    }

    private async Task WriteAsync(params object?[][] rows)
    {
        var shape = await ShapeAsync("t");
        var transaction = await Session.BeginAsync(TransactionMode.Write, null, Token);
        await using (transaction)
        {
            await using var writer = await Session.BeginBulkLoadAsync(shape, [.. shape.Columns.Take(rows[0].Length)], Token);
            foreach (var row in rows) await writer.WriteAsync(row, Token);
            Assert.Equal(rows.Length, await writer.CompleteAsync(Token));
            await transaction.CommitAsync(Token);
        }
    }
}
