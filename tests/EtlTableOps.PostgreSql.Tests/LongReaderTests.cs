using EtlTableOps.Shadows;
using EtlTableOps.Testing;
using Npgsql;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>Behind a transaction that keeps the table for long, nobody is made to queue behind us for a lock that cannot come.</summary>
public sealed class LongReaderTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    [Fact]
    [Trait("Promise", "9")]
    public async Task Nobody_queues_behind_a_switch_that_a_long_reader_holds_up()
    {
        await Database.ExecuteAsync("""
            DROP SCHEMA public CASCADE;
            CREATE SCHEMA public;
            CREATE TABLE t (id bigint PRIMARY KEY, kind text NOT NULL);
            INSERT INTO t SELECT i, 'Kind' || i % 3 FROM generate_series(1, 1000) i;
            """);
        var job = new TableJob(Database, "t", Token);
        await job.BuildAsync(new DeclaredChange());
        await job.ProveAsync();

        await using var reader = await Database.OpenAsync();
        await using var transaction = await reader.BeginTransactionAsync(Token);
        await using (var read = new NpgsqlCommand("SELECT count(*) FROM t", reader)) await read.ExecuteScalarAsync(Token);
        var switching = job.SwitchAsync();

        // From the sixth second on short waits would be mixed in; they would be seen as requests that are not granted.
        await using var watcher = await Database.OpenAsync();
        await using var look = new NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND NOT granted", watcher);
        var queued = 0L;
        for (var until = DateTime.UtcNow.AddSeconds(9); DateTime.UtcNow < until; await Task.Delay(5, Token)) queued += (long)(await look.ExecuteScalarAsync(Token))!;
        Assert.False(switching.IsCompleted);
        await transaction.CommitAsync(Token);
        var swap = await switching;

        Assert.Equal(0, queued);
        Assert.Contains(swap.Stall!.HeldBefore, h => h.StartsWith(reader.ProcessID.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }
}
