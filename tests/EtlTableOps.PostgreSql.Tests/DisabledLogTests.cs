using EtlTableOps.Errors;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>Whoever disables a table's triggers for a time, as a load by pg_restore --disable-triggers does, disables our logs too. What was written then is not logged, and that must be seen.</summary>
[Trait("Promise", "2")]
public sealed class DisabledLogTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private TableJob Job => new(Database, "blind", Token);

    [Theory]
    [InlineData("")]
    [InlineData(" PARTITION BY RANGE (id)")]
    public async Task A_feed_that_was_disabled_for_a_time_is_broken(string partitions)
    {
        await CreateAsync(partitions);
        await Job.BuildAsync();
        await Job.ProveAsync();
        await WriteUnseenAsync(partitions.Length == 0 ? "blind" : "blind_a");

        var refused = await Assert.ThrowsAsync<EtlException>(Job.SwitchAsync);
        Assert.Equal(ErrorCode.FeedBroken, refused.Code);
        Assert.Contains("disabled or dropped", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.FeedBroken, (await Assert.ThrowsAsync<EtlException>(Job.SyncAsync)).Code);

        // Built anew, with triggers that watch, it goes.
        await Job.ReplaceAsync();
        Assert.Equal(10, await Database.ScalarAsync<long>("SELECT count(*) FROM blind WHERE v = 'unseen'"));
    }

    [Fact]
    public async Task Writes_to_the_shadow_past_a_disabled_guard_are_refused()
    {
        await CreateAsync("");
        await Job.BuildAsync();
        await Job.ProveAsync();
        await WriteUnseenAsync("blind_new");
        Assert.Equal(ErrorCode.ShadowChanged, (await Assert.ThrowsAsync<EtlException>(Job.SwitchAsync)).Code);
        Assert.Contains((await Job.TestAsync()).Checks, c => c is { Name: "guard", Passed: false, Found: "not watched all the time" });
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Later_rows_past_a_disabled_log_are_an_unknown_number()
    {
        await CreateAsync("");
        await Job.ReplaceAsync();
        await WriteUnseenAsync("blind");
        var refused = await Assert.ThrowsAsync<EtlException>(() => Job.RunAsync(o => o.UndoAsync(new UndoRequest("blind"), Token)));
        Assert.Equal(ErrorCode.RowsWrittenSince, refused.Code);
        Assert.StartsWith("An unknown number of rows", refused.Message, StringComparison.Ordinal);
        await Job.UndoAsync();
    }

    private Task WriteUnseenAsync(string table) =>
        Database.ExecuteAsync($"ALTER TABLE {table} DISABLE TRIGGER ALL; UPDATE {table} SET v = 'unseen' WHERE id <= 10; ALTER TABLE {table} ENABLE TRIGGER ALL");

    private Task CreateAsync(string partitions) => Database.ExecuteAsync($"""
        DROP TABLE IF EXISTS blind; CREATE TABLE blind (id int PRIMARY KEY, v text){partitions};
        {(partitions.Length == 0 ? "" : "CREATE TABLE blind_a PARTITION OF blind FOR VALUES FROM (0) TO (500); CREATE TABLE blind_b PARTITION OF blind DEFAULT;")}
        INSERT INTO blind SELECT i, 'v' FROM generate_series(1, 1000) i
        """);
}
