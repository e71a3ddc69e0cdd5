namespace EtlTableOps.Cli.Tests;

/// <summary>The README's first command.</summary>
public sealed class DemoTests
{
    [Fact]
    [Trait("Promise", "1")]
    [Trait("Promise", "2")]
    [Trait("Promise", "8")]
    public async Task The_demo_replaces_a_table_under_load_and_keeps_every_promise()
    {
        var run = (await Tool.RunAsync("demo", "--rows", "20000", "--json")).Exits(0);
        var report = run.Json;
        Assert.True(report.GetProperty("ok").GetBoolean());
        Assert.Equal(20_001, report.GetProperty("rows").GetInt64());
        Assert.Equal(0, report.GetProperty("failures").GetInt64());
        Assert.Equal(0, report.GetProperty("rowsLost").GetInt64());
        Assert.Equal(0, report.GetProperty("rowsDoubled").GetInt64());
        Assert.Equal(0, report.GetProperty("rowsWrong").GetInt64());
        Assert.Equal(0, report.GetProperty("brokenPromises").GetArrayLength());
        Assert.True(report.GetProperty("reads").GetInt64() > 100, "the readers hardly worked");
        Assert.True(report.GetProperty("writes").GetInt64() > 100, "the writers hardly worked");
        Assert.Equal(report.GetProperty("rowsWrittenBetween").GetInt64(), report.GetProperty("rowsKept").GetInt64());
        Assert.True(report.GetProperty("rowsKept").GetInt64() > 0, "nothing was written between switch and undo");
        Assert.Contains("Build the shadow", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_tells_a_person_what_it_did_and_leaves_nothing_but_what_it_was_asked_to_keep()
    {
        var temporary = Directory.CreateTempSubdirectory("etl-table-ops-demo-test-");
        try
        {
            var variables = new Dictionary<string, string> { ["TMPDIR"] = temporary.FullName, ["TMP"] = temporary.FullName };
            var run = (await Tool.RunAsync(["demo", "--rows", "2000", "--quiet", "--keep"], variables, null)).Exits(0);
            Assert.Contains("Every promise held", run.Out, StringComparison.Ordinal);
            Assert.Contains("kept all", run.Out, StringComparison.Ordinal);
            Assert.Empty(run.Error);
            Assert.All(run.Out.Split('\n'), line => Assert.True(line.TrimEnd().Length <= 80, $"wider than 80: {line}"));
            var kept = Assert.Single(temporary.GetDirectories());
            Assert.True(File.Exists(Path.Combine(kept.FullName, "events.db")));
            (await Tool.RunAsync("history", "--connection", "sqlite:" + Path.Combine(kept.FullName, "events.db"))).Exits(0);

            (await Tool.RunAsync(["demo", "--rows", "1000", "--quiet"], variables, null)).Exits(0);
            Assert.Single(temporary.GetDirectories());
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }
}
