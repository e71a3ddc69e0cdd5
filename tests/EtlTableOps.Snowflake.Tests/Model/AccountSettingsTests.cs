using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Shadows;
using EtlTableOps.Snowflake.Testing;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake.Tests.Model;

/// <summary>What an account's administrator may have set otherwise than Snowflake does, and where the service ends without a word.</summary>
public sealed class AccountSettingsTests : IDisposable
{
    private const string Text = "account=test;user=U;password=p;role=SYSADMIN;db=DB1;schema=S1;warehouse=WH;";
    private readonly Account account = new();

    private SnowflakeEngine Engine => new(new ModelProviderFactory(account.Model), null);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => account.Dispose();

    [Fact]
    [Trait("Promise", "4")]
    public async Task Parameters_of_the_account_change_nothing_of_the_job()
    {
        account.Run("CREATE TABLE \"Events\" (\"Id\" integer NOT NULL PRIMARY KEY, kind text)");
        account.Run("INSERT INTO \"Events\" SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()), 'k' FROM TABLE(GENERATOR(ROWCOUNT => 100))");
        account.Run("ALTER SESSION SET AUTOCOMMIT = TRUE");
        account.Run("ALTER SESSION SET QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE");
        foreach (var (name, value) in new[]
        {
            ("QUOTED_IDENTIFIERS_IGNORE_CASE", "true"), ("AUTOCOMMIT", "false"), ("ERROR_ON_NONDETERMINISTIC_MERGE", "false"), ("TIMEZONE", "Asia/Kolkata"), ("ABORT_DETACHED_QUERY", "false"),
        })
        {
            account.Model.Parameters[name] = value;
        }
        var operations = new TableOperations(await EtlDatabase.ConnectAsync(null, Engine, new ConnectionTarget(Text), Token));
        await (await operations.NewShadowAsync(new NewShadowRequest("\"Events\"") { Change = new DeclaredChange { Where = "\"Id\" > 10" } }, Token)).RunAsync(Token);
        account.Run("INSERT INTO \"Events\" VALUES (500, 'later')");
        Assert.True((await (await operations.TestAsync(new TestRequest("\"Events\""), Token)).RunAsync(Token)).Passed);
        await (await operations.SwitchAsync(new SwitchRequest("\"Events\""), Token)).RunAsync(Token);
        Assert.Equal("91 | 500", account.Rows("SELECT COUNT(*), MAX(\"Id\") FROM \"Events\"")[0]);
        Assert.Contains(account.Model.Items("TABLE"), t => t.Name == "etltableops_journal");
        Assert.DoesNotContain(account.Model.Items("TABLE"), t => t.Name is "EVENTS" or "ETLTABLEOPS_JOURNAL");
    }

    [Fact]
    public async Task A_semicolon_in_a_condition_starts_no_other_statement_whatever_the_account_allows()
    {
        account.Run("CREATE TABLE events (id integer)");
        account.Run("CREATE TABLE taken (id integer)");
        account.Model.Parameters["MULTI_STATEMENT_COUNT"] = "0";
        var operations = new TableOperations(await EtlDatabase.ConnectAsync(null, Engine, new ConnectionTarget(Text), Token));
        await Assert.ThrowsAsync<EtlException>(() => operations.NewShadowAsync(new NewShadowRequest("events") { Change = new DeclaredChange { Where = "1=1); DROP TABLE taken; SELECT (1" } }, Token));
        Assert.Contains(account.Model.Items("TABLE"), t => t.Name == "TAKEN");
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task A_list_that_the_service_cuts_is_read_schema_by_schema_and_what_stays_unread_is_said()
    {
        account.Run("CREATE TABLE events (id integer)");
        account.Run("CREATE SCHEMA a_many");
        for (var i = 0; i < 10_000; i++) account.Run($"CREATE VIEW a_many.v{i} AS SELECT 1 AS one");
        account.Run("CREATE VIEW s1.z_last AS SELECT id FROM s1.events");
        account.Run("CREATE VIEW a_many.zz AS SELECT id FROM s1.events");
        await using var session = await Engine.OpenAsync(new ConnectionTarget(Text), Token);
        var table = Assert.IsType<SnowflakeTable>(await session.ReadShapeAsync(new TableName("S1", "EVENTS"), Token));
        Assert.Contains(table.Attachments, a => a.Kind == AttachmentKind.View && a.Name.Contains("Z_LAST", StringComparison.Ordinal));
        Assert.Equal(["views of schema A_MANY after the first 10000 (SHOW lists no more)"], table.Unread);
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task Rights_of_shares_and_of_the_databases_roles_are_given_to_a_table_made_anew()
    {
        account.Run("CREATE TABLE events (id integer)");
        account.Run("GRANT SELECT ON TABLE events TO DATABASE ROLE db1.reader");
        account.Run("GRANT SELECT ON TABLE events TO SHARE to_partners");
        var operations = new TableOperations(await EtlDatabase.ConnectAsync(null, Engine, new ConnectionTarget(Text), Token));
        await (await operations.NewShadowAsync(new NewShadowRequest("events") { Change = new DeclaredChange { Query = "SELECT id FROM events" } }, Token)).RunAsync(Token);
        Assert.Equal(account.Model.Table("EVENTS").Grants.Select(g => (g.GrantedTo, g.Grantee)), account.Model.Table("EVENTS_NEW").Grants.Select(g => (g.GrantedTo, g.Grantee)));
        Assert.Equal(2, account.Model.Table("EVENTS_NEW").Grants.Count);
    }

    [Fact]
    public async Task A_statement_that_is_longer_than_the_service_takes_is_refused_before_anything_is_made()
    {
        account.Run("CREATE TABLE events (id integer)");
        var operations = new TableOperations(await EtlDatabase.ConnectAsync(null, Engine, new ConnectionTarget(Text), Token));
        var list = string.Join(", ", Enumerable.Range(1_000_000, 130_000));
        var failure = await Assert.ThrowsAsync<EtlException>(() => operations.NewShadowAsync(new NewShadowRequest("events") { Change = new DeclaredChange { Where = $"id IN ({list})" } }, Token));
        Assert.Equal(ErrorCode.NotSupported, failure.Code);
        Assert.Contains("the service takes 1,000,000", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(account.Model.Items("TABLE"), t => t.Name == "EVENTS_NEW");
    }
}
