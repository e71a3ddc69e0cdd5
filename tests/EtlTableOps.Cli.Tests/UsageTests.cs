namespace EtlTableOps.Cli.Tests;

/// <summary>What is not understood is told as such, and nothing is tried.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("no-such-command")]
    [InlineData("switch")]
    [InlineData("switch", "t", "--no-such-option")]
    [InlineData("switch", "t", "--try-for", "3x")]
    [InlineData("switch", "t", "--keep-versions", "0")]
    [InlineData("new-shadow", "t", "--add-column", "only_a_name")]
    [InlineData("new-shadow", "t", "--set-column", "no_sign")]
    [InlineData("new-shadow", "t", "--feed", "carrier-pigeon")]
    [InlineData("new-shadow", "t", "--method", "by-hand")]
    [InlineData("switch", "t", "--method", "by-hand")]
    [InlineData("new-shadow", "t", "--sessions", "-1")]
    [InlineData("import", "t")]
    [InlineData("import", "t", "--file", "a.csv", "--query", "SELECT 1")]
    [InlineData("import", "t", "--from-stage", "@landing")]
    [InlineData("import", "t", "--file", "a.parquet", "--file-format", "json")]
    [InlineData("import", "t", "--query", "SELECT 1", "--pattern", ".*")]
    [InlineData("new-shadow", "t", "--at", "2026-11-21T10:00:00", "--feed", "none")]
    [InlineData("new-shadow", "t", "--at", "2h", "--before", "3h", "--feed", "none")]
    [InlineData("versions", "t", "--keep", "3")]
    [InlineData("versions", "t", "--remove")]
    [InlineData("versions", "--remove", "--keep", "3")]
    [InlineData("test", "t", "--report", "result.pdf")]
    [InlineData("test", "t", "--report", "no-such-directory/result.html")]
    [InlineData("test", "t", "--distribution-rows", "-1")]
    [InlineData("test", "t", "--distribution-against", "yesterday")]
    [InlineData("demo", "--rows", "5")]
    [InlineData("repair", "--yes")]
    [InlineData("history", "--nix")]
    [InlineData("sync", "--bogus")]
    public async Task What_is_not_understood_ends_with_64_and_one_hint(params string[] arguments)
    {
        var run = (await Tool.RunAsync(arguments)).Exits(64);
        Assert.Empty(run.Out);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_gets_a_usage_error_as_json()
    {
        var error = (await Tool.RunAsync("switch", "t", "--try-for", "3x", "--json")).Exits(64).Json;
        Assert.False(error.GetProperty("ok").GetBoolean());
        Assert.Equal("switch", error.GetProperty("command").GetString());
        Assert.Equal(64, error.GetProperty("exitCode").GetInt32());
        Assert.Contains("3x", error.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_connection_every_command_asks_for_one_in_its_own_words()
    {
        var run = (await Tool.RunAsync("switch", "t", "--json")).Exits(64);
        Assert.Equal("NoConnection", run.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("--connection", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Connect-EtlDatabase", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_engine_is_told_with_the_known_ones()
    {
        var run = (await Tool.RunAsync("history", "--connection", "oracle:db")).Exits(64);
        Assert.Contains("'oracle'", run.Error, StringComparison.Ordinal);
        Assert.Contains("sqlite", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("new-shadow", "--add-column")]
    [InlineData("import", "--file")]
    [InlineData("sync", "--what-if")]
    [InlineData("test", "--json")]
    [InlineData("switch", "--stall-budget")]
    [InlineData("switch", "--recreate-pipes")]
    [InlineData("import", "--from-stage")]
    [InlineData("new-shadow", "--before")]
    [InlineData("undo", "--force")]
    [InlineData("history", "--statements")]
    [InlineData("repair", "--what-if")]
    [InlineData("versions", "--remove")]
    [InlineData("remove-shadow", "--yes")]
    [InlineData("demo", "--rows")]
    public async Task Each_command_explains_its_options(string command, string option)
    {
        var run = (await Tool.RunAsync(command, "--help")).Exits(0);
        Assert.Contains(option, run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_help_names_every_exit_code()
    {
        var run = (await Tool.RunAsync("--help")).Exits(0);
        foreach (var code in (string[])["0 ", "1 ", "2 ", "3 ", "4 ", "64 ", "130 "]) Assert.Contains(code, run.Out, StringComparison.Ordinal);
    }
}
