using EtlTableOps.Shadows;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>Keys of types whose operators are in a schema that is not on our session's search_path, as where extensions have a schema of their own.</summary>
[Trait("Promise", "2")]
public sealed class ExtensionTypeTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private TableJob Job => new(Database, "named", Token);

    [Fact]
    public async Task A_key_without_case_stays_one_through_feed_switch_and_undo()
    {
        await Database.ExecuteAsync("""
            CREATE SCHEMA IF NOT EXISTS ext; CREATE EXTENSION IF NOT EXISTS citext SCHEMA ext; DROP TABLE IF EXISTS named;
            CREATE TABLE named (k ext.citext PRIMARY KEY, v text); INSERT INTO named SELECT 'key' || i, 'v' FROM generate_series(1, 300) i
            """);
        await Job.BuildAsync(new DeclaredChange { Add = [new AddedColumn("w", "int", "length(v)")] });
        await Database.ExecuteAsync("UPDATE named SET k = 'KEY5' WHERE k::text = 'key5'; DELETE FROM named WHERE k::text = 'key6'; INSERT INTO named VALUES ('KEY6', 'new')");
        await Job.ProveAsync();
        await Database.ExecuteAsync("UPDATE named SET k = 'KEY7' WHERE k::text = 'key7'");
        await Job.SwitchAsync();
        Assert.Equal("KEY5 v,KEY6 new,KEY7 v", await FoundAsync());
        await Database.ExecuteAsync("UPDATE named SET k = 'Key5' WHERE k::text = 'KEY5'; DELETE FROM named WHERE k::text = 'KEY6'; INSERT INTO named VALUES ('Key6', 'newer')");
        await Job.RunAsync(o => o.UndoAsync(new UndoRequest("named"), Token));
        Assert.Equal("Key5 v,Key6 newer,KEY7 v", await FoundAsync());

        async Task<string?> FoundAsync()
        {
            Assert.Equal(300, await Database.ScalarAsync<long>("SELECT count(*) FROM named"));
            return await Database.ScalarAsync<string>("SELECT string_agg(k::text || ' ' || v, ',' ORDER BY lower(k::text)) FROM named WHERE lower(k::text) IN ('key5', 'key6', 'key7')");
        }
    }

    [Fact]
    public async Task Writers_of_a_partitioned_table_go_on_whatever_the_type_of_its_key()
    {
        await Database.ExecuteAsync("""
            CREATE SCHEMA IF NOT EXISTS ext; CREATE EXTENSION IF NOT EXISTS ltree SCHEMA ext; DROP TABLE IF EXISTS named;
            CREATE TABLE named (k ext.ltree, n int, v text, PRIMARY KEY (k, n)) PARTITION BY RANGE (n);
            CREATE TABLE named_a PARTITION OF named FOR VALUES FROM (0) TO (100); CREATE TABLE named_b PARTITION OF named DEFAULT;
            INSERT INTO named SELECT ('a.b' || i)::ext.ltree, i, 'v' FROM generate_series(1, 300) i
            """);
        await Job.BuildAsync();
        await WriteAsync(5);
        await Job.ProveAsync();
        await Job.SwitchAsync();
        await WriteAsync(40);
        await Job.RunAsync(o => o.UndoAsync(new UndoRequest("named"), Token));
        Assert.Equal("a.b5 5 z,x.y 5 q,a.b40 40 z,x.y 40 q,q.q 156 v,q.q 191 v", await Database.ScalarAsync<string>(
            "SELECT string_agg(concat_ws(' ', k, n, v), ',' ORDER BY n, k::text) FROM named WHERE v <> 'v' OR k::text = 'q.q'"));
        Assert.Equal(300, await Database.ScalarAsync<long>("SELECT count(*) FROM named"));
    }

    private Task WriteAsync(int n) => Database.ExecuteAsync(
        $"UPDATE named SET v = 'z' WHERE n = {n}; UPDATE named SET k = 'q.q', n = n + 150 WHERE n = {n} + 1; DELETE FROM named WHERE n = {n} + 2; INSERT INTO named VALUES ('x.y', {n}, 'q')");
}
