using EtlTableOps.Shadows;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>Options of columns: those that somebody declared are carried, those that the server keeps for itself (15.20 and its siblings: a version of each column) are not.</summary>
public sealed class ColumnOptionTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    [Fact]
    public async Task What_the_server_notes_on_columns_by_itself_is_neither_carried_nor_compared()
    {
        await Database.ExecuteAsync("""
            DROP SCHEMA public CASCADE;
            CREATE SCHEMA public;
            CREATE TABLE t (id bigint PRIMARY KEY, kind text NOT NULL);
            ALTER TABLE t ALTER kind SET (n_distinct = 7);
            INSERT INTO t SELECT i, 'Kind' || i % 3 FROM generate_series(1, 100) i;
            """);

        // Each release changes the columns' versions: with a key made after the load, and with a type changed by the declaration.
        foreach (var change in new[] { new DeclaredChange(), new DeclaredChange { Alter = [new AlteredColumn("kind", "varchar(20)")] }, new DeclaredChange() })
        {
            var job = new TableJob(Database, "t", Token);
            await job.BuildAsync(change);
            await job.ProveAsync();
            var swap = await job.SwitchAsync();
            Assert.Empty(swap.Differences);
        }

        Assert.Equal("n_distinct=7", await Database.ScalarAsync<string>("SELECT string_agg(o, ' ') FROM pg_attribute, unnest(attoptions) o WHERE attrelid = 't'::regclass AND attname = 'kind' AND o NOT LIKE 'pg\\_%'"));
        Assert.Equal(0L, await Database.ScalarAsync<long>("SELECT count(*) FROM etltableops_journal_lines WHERE statements::text LIKE '%pg\\_attver%'"));
    }
}
