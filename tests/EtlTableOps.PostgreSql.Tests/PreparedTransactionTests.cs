using EtlTableOps.Errors;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>A transaction that is prepared and not committed belongs to no session, and keeps its locks.</summary>
public sealed class PreparedTransactionTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    [Fact]
    [Trait("Promise", "9")]
    public async Task One_that_holds_the_table_is_named_and_what_it_wrote_is_kept()
    {
        if (await Database.ScalarAsync<string>("SELECT current_setting('max_prepared_transactions')") == "0") Assert.Skip("The server allows no prepared transactions.");
        var job = new TableJob(Database, "kept", Token);
        await Database.ExecuteAsync("DROP TABLE IF EXISTS kept; CREATE TABLE kept (id int PRIMARY KEY, v text); INSERT INTO kept SELECT i, 'v' FROM generate_series(1, 100) i");
        await job.BuildAsync();
        await job.ProveAsync();
        await using (var writer = await Database.OpenAsync())
        {
            foreach (var sql in (string[])["BEGIN", "UPDATE kept SET v = 'prepared' WHERE id = 1", "PREPARE TRANSACTION 'etl kept'"])
            {
                await using var command = new Npgsql.NpgsqlCommand(sql, writer);
                await command.ExecuteNonQueryAsync(Token);
            }
        }
        try
        {
            var refused = await Assert.ThrowsAsync<EtlException>(() => job.RunAsync(o => o.SwitchAsync(new SwitchRequest("kept") { TryFor = TimeSpan.FromMilliseconds(300) }, Token)));
            Assert.Equal(ErrorCode.LockNotObtained, refused.Code);
            Assert.Contains("prepared transaction etl kept (", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            await Database.ExecuteAsync("COMMIT PREPARED 'etl kept'");
        }
        await job.SwitchAsync();
        Assert.Equal("prepared", await Database.ScalarAsync<string>("SELECT v FROM kept WHERE id = 1"));
    }
}
