using System.Text.Json;

namespace EtlTableOps.Cli.Tests;

/// <summary>The tool ships libraries of others, and says whose and under which licence.</summary>
public sealed class NoticesTests
{
    [Fact]
    public void Every_package_whose_libraries_are_shipped_is_named_with_version_and_licence()
    {
        // What the tool's own list of dependencies says is what its package carries.
        using var list = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "etl-table-ops.deps.json")));
        var target = list.RootElement.GetProperty("targets").GetProperty(list.RootElement.GetProperty("runtimeTarget").GetProperty("name").GetString()!);
        var shipped = list.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(l => l.Value.GetProperty("type").GetString() == "package" && target.GetProperty(l.Name).EnumerateObject().Any(p => p.Name is "runtime" or "runtimeTargets" or "native" or "resources"))
            .Select(l => l.Name).ToList();
        Assert.True(shipped.Count > 5);

        var notices = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "THIRD-PARTY-NOTICES.txt"));
        foreach (var package in shipped)
        {
            var at = Array.IndexOf(notices, package.Replace('/', ' '));
            Assert.True(at > 0, $"{package} is shipped and not named");
            Assert.Matches("^Licence: .+", notices[at + 1]);
        }
    }

    [Fact]
    public void A_licence_that_a_package_brings_is_there_word_for_word()
    {
        var notices = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "THIRD-PARTY-NOTICES.txt")).ReplaceLineEndings("\n");
        Assert.Contains("---- LICENSE.TXT\n", notices, StringComparison.Ordinal);
        Assert.Contains("The above copyright notice and this permission notice shall be included in all\ncopies or substantial portions of the Software.\n\nTHE SOFTWARE IS PROVIDED", notices, StringComparison.Ordinal);
        // At a semicolon MSBuild would part the text.
        Assert.Contains("PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,", notices, StringComparison.Ordinal);
    }
}
