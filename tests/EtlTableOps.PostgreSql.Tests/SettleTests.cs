using EtlTableOps.Shadows;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>A shadow goes live with statistics and a visibility map of all that came into it, so that neither a planner nor autovacuum meets it unprepared.</summary>
public sealed class SettleTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    [Fact]
    public async Task What_was_imported_into_an_empty_shadow_is_known_to_the_planner_once_it_is_proven()
    {
        await Database.ExecuteAsync("""
            DROP SCHEMA public CASCADE;
            CREATE SCHEMA public;
            CREATE TABLE t (id bigint PRIMARY KEY, kind text NOT NULL) WITH (autovacuum_enabled = off);
            CREATE TABLE more (id bigint, kind text) WITH (autovacuum_enabled = off);
            INSERT INTO more SELECT i, 'kind' || i % 3 FROM generate_series(1, 20000) i;
            """);
        var job = new TableJob(Database, "t", Token);
        await job.BuildAsync(new DeclaredChange { StructureOnly = true });
        await job.RunAsync(o => o.ImportAsync(new ImportRequest("t") { FromTable = "more" }, Token));

        // VACUUM marks only pages that everybody may see, and the server's own workers hold a snapshot now and then.
        for (var tries = 0; tries < 20; tries++)
        {
            await job.ProveAsync();
            if (await Database.ScalarAsync<bool>("SELECT relallvisible = relpages FROM pg_class WHERE relname = 't_new'")) break;
            await Task.Delay(500, Token);
        }

        Assert.Equal(3.0f, await Database.ScalarAsync<float>("SELECT n_distinct FROM pg_stats WHERE schemaname = 'public' AND tablename = 't_new' AND attname = 'kind'"));
        Assert.True(await Database.ScalarAsync<bool>("SELECT relpages > 0 AND relallvisible = relpages AND reltuples = 20000 FROM pg_class WHERE relname = 't_new'"));
    }

    [Fact]
    public async Task A_built_shadow_is_known_to_the_planner_that_brings_later_rows_over()
    {
        await Database.ExecuteAsync("""
            DROP SCHEMA public CASCADE;
            CREATE SCHEMA public;
            CREATE TABLE t (id bigint PRIMARY KEY, kind text NOT NULL) WITH (autovacuum_enabled = off);
            CREATE INDEX ON t (lower(kind));
            INSERT INTO t SELECT i, 'Kind' || i % 3 FROM generate_series(1, 20000) i;
            """);

        await new TableJob(Database, "t", Token).BuildAsync();

        Assert.Equal(3.0f, await Database.ScalarAsync<float>("SELECT n_distinct FROM pg_stats WHERE schemaname = 'public' AND tablename = 't_new' AND attname = 'kind'"));
        Assert.Equal(1L, await Database.ScalarAsync<long>("SELECT count(*) FROM pg_statistic s JOIN pg_index i ON i.indexrelid = s.starelid WHERE i.indrelid = 't_new'::regclass"));
    }
}
