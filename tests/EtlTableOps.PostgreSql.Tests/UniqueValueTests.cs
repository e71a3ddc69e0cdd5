using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>Rows exchange the values of another unique key while they are brought over in batches: a batch may hold one of them and not the other.</summary>
[Trait("Promise", "2")]
public sealed class UniqueValueTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    // The first batch ends among the three changes of an exchange, and a row further back has a value of one in the first.
    private const string Exchange = """
        UPDATE places SET v = 'a' WHERE id <= 1999;
        UPDATE places SET place = -1 WHERE id = 5000; UPDATE places SET place = 5000 WHERE id = 5001; UPDATE places SET place = 5001 WHERE id = 5000;
        UPDATE places SET v = 'b' WHERE id BETWEEN 2000 AND 4500;
        UPDATE places SET place = -1 WHERE id = 1; UPDATE places SET place = 1 WHERE id = 4999; UPDATE places SET place = 4999 WHERE id = 1
        """;

    private TableJob Job => new(Database, "places", Token);

    [Theory]
    [InlineData("UNIQUE (place)")]
    [InlineData("EXCLUDE USING btree (place WITH =) DEFERRABLE INITIALLY DEFERRED")]
    public async Task They_are_brought_over_and_back(string key)
    {
        await Database.ExecuteAsync($"DROP TABLE IF EXISTS places; CREATE TABLE places (id int PRIMARY KEY, place int, v text, {key}); INSERT INTO places SELECT i, i FROM generate_series(1, 6000) i");
        await Job.BuildAsync();
        await Database.ExecuteAsync(Exchange);
        Assert.Equal(0, (await Job.SyncAsync()).Lag);
        var expected = await ContentAsync();
        await Job.ProveAsync();
        await Job.SwitchAsync();
        Assert.Equal(expected, await ContentAsync());

        await Database.ExecuteAsync(Exchange);
        expected = await ContentAsync();
        await Job.RunAsync(o => o.UndoAsync(new UndoRequest("places"), Token));
        Assert.Equal(expected, await ContentAsync());
    }

    private Task<string?> ContentAsync() => Database.ScalarAsync<string>("SELECT md5(string_agg(concat_ws('|', id, place, v), ',' ORDER BY id)) FROM places");
}
