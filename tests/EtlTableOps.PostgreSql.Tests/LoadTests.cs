using EtlTableOps.Composition;
using EtlTableOps.Observability;
using EtlTableOps.Shadows;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>A load in chunks has each row once, whatever is written to the live table between two of them.</summary>
public sealed class LoadTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Promise", "2")]
    public async Task A_row_that_moves_to_another_page_between_two_chunks_is_loaded_once(int sessions)
    {
        // One row a page, and more pages than a first chunk has.
        await Database.ExecuteAsync("""
            DROP SCHEMA public CASCADE;
            CREATE SCHEMA public;
            CREATE TABLE t (id bigint PRIMARY KEY, state int NOT NULL, filler text) WITH (autovacuum_enabled = off);
            ALTER TABLE t ALTER COLUMN filler SET STORAGE PLAIN;
            CREATE INDEX ON t (state);
            INSERT INTO t SELECT i, 0, repeat('f', 5000) FROM generate_series(1, 18000) i;
            ANALYZE t;
            """);
        var mover = new Mover(() => Database.ExecuteAsync("UPDATE t SET state = 1 WHERE id <= 50; DELETE FROM t WHERE id = 51").GetAwaiter().GetResult());
        var operations = new TableOperations(await EngineList.ConnectAsync(Database.ConnectionText, null, null, null, Token), mover);

        await (await operations.NewShadowAsync(new NewShadowRequest("t") { Sessions = sessions }, Token)).RunAsync(Token);

        Assert.True(mover.Moved, "the load was not in chunks");
        Assert.Equal(18000, await Database.ScalarAsync<long>("SELECT count(*) FROM t_new"));
        await new TableJob(Database, "t", Token).SyncAsync();
        await new TableJob(Database, "t", Token).ProveAsync();
        Assert.Equal(50, await Database.ScalarAsync<long>("SELECT count(*) FROM t_new WHERE state = 1"));
    }

    /// <summary>Writes once, as soon as the first chunk is in.</summary>
    private sealed class Mover(Action move) : IRunObserver
    {
        private int moved;

        public bool Moved => moved > 0;

        public void OnEvent(RunEvent happened)
        {
            if (happened is RunProgress { Done: > 0 } && Interlocked.Exchange(ref moved, 1) == 0) move();
        }
    }
}
