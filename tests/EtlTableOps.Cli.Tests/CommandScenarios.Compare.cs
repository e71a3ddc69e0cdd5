using System.Text.Json;

namespace EtlTableOps.Cli.Tests;

/// <content>Two tables compared from a shell.</content>
public abstract partial class CommandScenarios
{
    [Fact]
    public async Task Tables_are_compared_and_the_exit_code_says_whether_they_are_equal()
    {
        await ExecuteAsync("CREATE TABLE copied (event_id integer NOT NULL PRIMARY KEY, kind text NOT NULL, amount numeric(10,2), note text)");
        await ExecuteAsync("INSERT INTO copied SELECT * FROM allevents");
        var before = await StateAsync();
        var equal = (await RunAsync("compare", "allevents", "copied")).Exits(0);
        Assert.Contains($"equal: {Rows} rows, 4 columns", equal.Out, StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync());

        await ExecuteAsync("UPDATE copied SET amount = amount + 0.01 WHERE event_id = 7");
        await ExecuteAsync("DELETE FROM copied WHERE event_id = 9");
        var differ = (await RunAsync("compare", "allevents", "copied")).Exits(2);
        Assert.Contains("2 rows differ: 1 changed (amount), 1 missing", differ.Out, StringComparison.Ordinal);
        Assert.Contains("event_id=9", differ.Out, StringComparison.Ordinal);

        var json = JsonDocument.Parse((await RunAsync("compare", "allevents", "copied", "--json")).Exits(2).Out.TrimEnd().Split('\n')[^1]).RootElement;
        Assert.Equal((false, 2, 1, 1), (json.GetProperty("equal").GetBoolean(), json.GetProperty("exitCode").GetInt32(), json.GetProperty("changed").GetInt32(), json.GetProperty("missing").GetInt32()));
        Assert.Equal("7", json.GetProperty("rows")[0].GetProperty("key")[0].GetProperty("value").GetString());

        (await RunAsync("compare", "allevents", "copied", "--where", "event_id < 9", "--tolerance", "amount=0.01")).Exits(0);
        (await RunAsync("compare", "allevents", "copied", "--exclude-column", "amount", "--where", "event_id < 9", "--to-connection", Connection)).Exits(0);
        (await RunAsync("compare", "allevents", "copied", "--max-differences", "1", "--time-limit", "10m", "--columns", "amount", "--key", "event_id")).Exits(2);
    }

    [Fact]
    public async Task A_comparison_that_makes_no_sense_is_a_usage_error()
    {
        (await RunAsync("compare", "allevents")).Exits(64);
        (await RunAsync("compare", "allevents", "nobody")).Exits(1);
        (await RunAsync("compare", "allevents", "allevents", "--tolerance", "amount=much")).Exits(64);
        (await RunAsync("compare", "allevents", "allevents", "--tolerance", "event_id=1")).Exits(64);
        (await RunAsync("compare", "allevents", "allevents", "--max-differences", "0")).Exits(64);
        (await RunAsync("compare", "allevents", "allevents", "--time-limit", "soon")).Exits(64);
    }

    [Fact]
    public async Task A_test_takes_tolerances_and_names_the_rows_that_differ()
    {
        (await RunAsync("new-shadow", "allevents", "--feed", "none")).Exits(0);
        await ExecuteAsync("UPDATE allevents SET amount = amount + 0.01 WHERE event_id = 7");
        var json = JsonDocument.Parse((await RunAsync("test", "allevents", "--json")).Exits(2).Out.TrimEnd().Split('\n')[^1]).RootElement;
        Assert.Equal("7", json.GetProperty("differences").GetProperty("rows")[0].GetProperty("key")[0].GetProperty("value").GetString());
        Assert.Contains("event_id=7", (await RunAsync("test", "allevents", "--max-differences", "5", "--time-limit", "10m")).Exits(2).Out, StringComparison.Ordinal);
        Assert.Contains("amount within 0.01", (await RunAsync("test", "allevents", "--tolerance", "amount=0.01", "--json")).Exits(0).Out, StringComparison.Ordinal);
    }
}
