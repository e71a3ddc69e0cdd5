using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

public sealed class ClusterTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    [Fact]
    public async Task A_fresh_database_answers() =>
        Assert.Equal(Database.Name, await Database.ScalarAsync<string>("SELECT current_database()"));
}
