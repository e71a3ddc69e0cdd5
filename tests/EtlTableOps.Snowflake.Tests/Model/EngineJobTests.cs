using EtlTableOps.Engines;
using EtlTableOps.Shadows;
using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests.Model;

/// <summary>The statements of whole jobs run on the model, in this process and through the server.</summary>
public sealed class EngineJobTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_whole_job_there_and_back(bool overTheServer)
    {
        using var account = new Account();
        await using var server = overTheServer ? new SnowflakeServer(account.Model) : null;
        var driver = overTheServer ? ModelProviderFactory.Instance : new ModelProviderFactory(account.Model);
        var text = "snowflake:" + (server?.ConnectionString ?? "account=test;user=U;password=p;role=SYSADMIN;db=DB1;schema=S1;warehouse=WH;");
        var token = TestContext.Current.CancellationToken;
        account.Run("CREATE TABLE events (id integer NOT NULL PRIMARY KEY, kind text DEFAULT 'click', amount number(10,2), at timestamp) COMMENT = 'all events'");
        account.Run("INSERT INTO events SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()), 'k', 1.5, '2026-01-01' FROM TABLE(GENERATOR(ROWCOUNT => 1000))");
        account.Run("GRANT SELECT ON TABLE events TO ROLE R1");

        var database = await EtlDatabase.ConnectAsync(null, new SnowflakeEngine(driver, null), new ConnectionTarget(text["snowflake:".Length..]), token);
        var operations = new TableOperations(database);
        var change = new DeclaredChange { Add = [new AddedColumn("TWICE", "integer", "id * 2")], Where = "id > 100" };
        await (await operations.NewShadowAsync(new NewShadowRequest("events") { Change = change }, token)).RunAsync(token);
        account.Run("UPDATE events SET kind = 'changed' WHERE id = 500");
        account.Run("DELETE FROM events WHERE id = 501");
        account.Run("INSERT INTO events (id) VALUES (5000)");
        var result = await (await operations.TestAsync(new TestRequest("events"), token)).RunAsync(token);
        Assert.True(result.Passed, string.Join(Environment.NewLine, result.Checks.Where(c => !c.Passed).Select(c => $"{c.Name}: {c.Expected}, {c.Found}. {c.Message}")));
        account.Run("INSERT INTO events (id) VALUES (5001)");
        var swap = await (await operations.SwitchAsync(new SwitchRequest("events"), token)).RunAsync(token);
        Assert.Empty(swap.Differences);
        Assert.Equal("901 | 10002", account.Rows("SELECT COUNT(*), MAX(twice) FROM events")[0]);
        Assert.Equal("all events", account.Model.Table("EVENTS").Comment);
        Assert.Contains(account.Model.Table("EVENTS").Grants, g => g is { Privilege: "SELECT", Grantee: "R1" });
        account.Model.Faults = null;
        await (await operations.UndoAsync(new UndoRequest("events"), token)).RunAsync(token);
        Assert.Equal("1001 | 5001", account.Rows("SELECT COUNT(*), MAX(id) FROM events")[0]);
    }
}
