using EtlTableOps.Shadows;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>What an operation asks of the catalog is about its table: a database of very many objects is not read whole for it.</summary>
public sealed class LargeCatalogTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    [Fact]
    public async Task A_table_among_very_many_is_found_without_reading_what_depends_on_all_others()
    {
        await Database.ExecuteAsync("""
            DROP SCHEMA public CASCADE;
            CREATE SCHEMA public;
            CREATE TABLE t (id bigint PRIMARY KEY, kind text NOT NULL);
            CREATE VIEW of_t AS SELECT kind, count(*) FROM t GROUP BY kind;
            CREATE VIEW of_that AS SELECT kind FROM of_t;
            INSERT INTO t SELECT i, 'Kind' || i % 3 FROM generate_series(1, 100) i;
            CREATE TABLE another (id bigint, kind text);
            DO $$ BEGIN FOR i IN 1..2000 LOOP EXECUTE format('CREATE VIEW another_%s AS SELECT id, kind FROM another', i); END LOOP; END $$;
            """);
        await Database.ExecuteAsync("ANALYZE pg_catalog.pg_depend; ANALYZE pg_catalog.pg_rewrite; ANALYZE pg_catalog.pg_class; ANALYZE pg_catalog.pg_type");
        var job = new TableJob(Database, "t", Token);
        await SettledAsync();
        var before = await ScansAsync();
        await job.ReplaceAsync(new DeclaredChange { Alter = [new AlteredColumn("kind", "varchar(20)")] });
        await job.UndoAsync();
        await SettledAsync();
        Assert.Equal(before, await ScansAsync());
    }

    private Task<long> ScansAsync() => Database.ScalarAsync<long>("SELECT seq_scan FROM pg_stat_sys_tables WHERE relname = 'pg_depend'");

    /// <summary>A session tells what it scanned at its end at the latest.</summary>
    private async Task SettledAsync()
    {
        for (var i = 0; i < 200 && await Database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()") > 0; i++) await Task.Delay(50, Token);
    }
}
