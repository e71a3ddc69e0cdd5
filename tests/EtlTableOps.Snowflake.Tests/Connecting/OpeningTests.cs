using System.Data;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake.Tests.Connecting;

public sealed class OpeningTests : IDisposable
{
    private readonly Files files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task A_session_is_tagged_and_set_before_anything_else_and_says_where_it_is()
    {
        var driver = new ScriptedDriver(Facts("SALES"));
        files.Write(".snowflake/connections.toml", "[prod]\naccount = \"a\"\nuser = \"u\"\nquery_tag = \"it's\"\n[prod.session_parameters]\nTIMEZONE = \"Europe/Berlin\"\nWEEK_START = 1");
        var database = await EtlDatabase.ConnectAsync(null, new SnowflakeEngine(driver, files.Surroundings), new ConnectionTarget("prod"), CancellationToken.None);
        Assert.Equal(("SALES", "ETL", "LOADER", "WH", "9.1"), (database.Database, database.User, database.Role, database.Warehouse, database.ServerVersion));
        Assert.Equal("snowflake://ETL@a/SALES/PUBLIC?role=LOADER&warehouse=WH", database.Display);
        Assert.Equal(["ALTER SESSION SET TIMEZONE = 'Europe/Berlin'", "ALTER SESSION SET WEEK_START = 1"], driver.Statements.Take(2));
        Assert.Matches("""^ALTER SESSION SET QUERY_TAG = '\{"app":"etltableops","run":"[0-9a-f]{32}","tag":"it\\\\u0027s"\}'$""", driver.Statements[2]);
        Assert.True(driver.Statements.LastIndexOf("ALTER SESSION SET TIMEZONE = 'UTC'") > 2);
        Assert.StartsWith("SELECT CURRENT_VERSION()", driver.Statements[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_database_it_says_how_to_give_one()
    {
        var engine = new SnowflakeEngine(new ScriptedDriver(Facts(null)), files.Surroundings);
        var failure = await Assert.ThrowsAsync<EtlException>(() => engine.OpenAsync(new ConnectionTarget("account=a;user=u;password=p"), CancellationToken.None));
        Assert.Equal(ErrorCode.BadInput, failure.Code);
        Assert.Contains("database=NAME", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_said_is_told_from_under_the_drivers_wrappings()
    {
        var server = new ServerFailure(390100, "Error: Incorrect username or password was specified. SqlState: 08006, VendorCode: 390100, QueryId: ");
        var failure = await OpenAsync(new ServerFailure(270001, "Error: Snowflake Internal Error: Unable to connect", new AggregateException(new ServerFailure(270001, "Unable to connect", server))), "hidden");
        Assert.Equal(ErrorCode.ConnectionFailed, failure.Code);
        Assert.Contains("Incorrect username or password was specified. (390100)", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.InnerException);
        failure = await OpenAsync(new ServerFailure(270001, "Unable to connect", new TaskCanceledException("cancelled", new HttpRequestException("Name or service not known"))), "hidden");
        Assert.Contains("Name or service not known", failure.Message, StringComparison.Ordinal);
        failure = await OpenAsync(new AggregateException(new TaskCanceledException("A task was canceled.")), "hidden");
        Assert.Contains("no answer in time", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_that_repeats_a_secret_loses_it()
    {
        var failure = await OpenAsync(new ServerFailure(270001, "outside", new InvalidOperationException("cannot read the key pa55word")), "pa55word");
        Assert.Contains("cannot read the key ***", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pa55word", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancel_is_told_as_one()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var engine = new SnowflakeEngine(new ScriptedDriver(Facts("D")), files.Surroundings);
        var failure = await Assert.ThrowsAsync<EtlException>(() => engine.OpenAsync(new ConnectionTarget("account=a"), stop.Token));
        Assert.Equal(ErrorCode.Cancelled, failure.Code);
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task A_list_without_the_column_that_tells_tables_apart_is_refused()
    {
        var driver = new ScriptedDriver(sql => sql.StartsWith("SHOW TABLES", StringComparison.Ordinal) ? ScriptedDriver.Row(("name", "T"), ("created_at", "2026-01-01")) : Facts("D")(sql));
        await using var session = await new SnowflakeEngine(driver, files.Surroundings).OpenAsync(new ConnectionTarget("account=a;user=u;password=p"), CancellationToken.None);
        var failure = await Assert.ThrowsAsync<EtlException>(() => session.ReadObjectIdAsync(new Tables.TableName("S", "T"), CancellationToken.None));
        Assert.Equal(ErrorCode.NotSupported, failure.Code);
        Assert.Contains("no column created_on", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tag_never_grows_beyond_what_the_server_takes()
    {
        foreach (var own in new[] { new string('x', 5000), new string('"', 5000), new string('é', 1990) })
        {
            var tag = SnowflakeEngine.Tag("run", own);
            Assert.InRange(tag.Length, 1900, 2000);
            using var read = System.Text.Json.JsonDocument.Parse(tag);
            Assert.StartsWith(read.RootElement.GetProperty("tag").GetString()!, own, StringComparison.Ordinal);
        }
    }

    private async Task<EtlException> OpenAsync(Exception failure, string password)
    {
        var engine = new SnowflakeEngine(new ScriptedDriver(Facts("D")) { OpenFailure = failure }, files.Surroundings);
        return await Assert.ThrowsAsync<EtlException>(() => engine.OpenAsync(new ConnectionTarget($"account=a;user=u;password={password}"), CancellationToken.None));
    }

    private static Func<string, DataTable?> Facts(string? database) => sql => sql.StartsWith("SELECT CURRENT_VERSION()", StringComparison.Ordinal)
        ? ScriptedDriver.Row(("v", "9.1"), ("u", "ETL"), ("r", "LOADER"), ("w", "WH"), ("d", database), ("s", "PUBLIC"), ("a", "AB1"))
        : null;
}
