using System.Text.RegularExpressions;
using System.Xml.Linq;
using EtlTableOps.Checks;

namespace EtlTableOps.Reports.Tests;

/// <summary>The rules of the schema that Jenkins publishes (junit-10.xsd), and what Azure DevOps and GitHub's reporters read of it.</summary>
public sealed class JUnitTests
{
    private static readonly Dictionary<string, string[]> Children = new()
    {
        ["testsuites"] = ["testsuite"],
        ["testsuite"] = ["properties", "testcase", "system-out", "system-err", "testsuite"],
        ["properties"] = ["property"],
        ["property"] = [],
        ["testcase"] = ["skipped", "error", "failure", "system-out", "system-err"],
        ["failure"] = [],
        ["system-out"] = [],
    };

    private static readonly Dictionary<string, (string[] Must, string[] May)> Attributes = new()
    {
        ["testsuites"] = ([], ["name", "time", "tests", "failures", "disabled", "errors"]),
        ["testsuite"] = (["name"], ["tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url", "version"]),
        ["properties"] = ([], []),
        ["property"] = (["name", "value"], []),
        ["testcase"] = (["name", "classname"], ["time", "status", "class", "file", "line", "assertions", "group", "url"]),
        ["failure"] = ([], ["type", "message"]),
        ["system-out"] = ([], []),
    };

    public static TheoryData<string> All => new("passed", "failed", "hostile", "comparison");

    [Theory]
    [MemberData(nameof(All))]
    public void It_keeps_the_rules_of_the_schema(string which)
    {
        var text = Render(which);
        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?>", text, StringComparison.Ordinal);
        var root = XDocument.Parse(text).Root!;
        Assert.Equal("testsuites", root.Name.LocalName);
        foreach (var element in root.DescendantsAndSelf())
        {
            var name = element.Name.LocalName;
            Assert.All(element.Elements(), child => Assert.Contains(child.Name.LocalName, Children[name]));
            var (must, may) = Attributes[name];
            var given = element.Attributes().Select(a => a.Name.LocalName).ToList();
            Assert.Empty(must.Except(given));
            Assert.Empty(given.Except(must).Except(may));
            if (element.Attribute("time") is { } time) Assert.Matches(@"^[0-9]+\.[0-9]{3}$", time.Value);
        }
        var suite = Assert.Single(root.Elements());
        var cases = suite.Elements("testcase").ToList();
        Assert.Equal($"{cases.Count}", suite.Attribute("tests")!.Value);
        Assert.Equal($"{cases.Count(c => c.Element("failure") is not null)}", suite.Attribute("failures")!.Value);
        Assert.Equal("0", suite.Attribute("errors")!.Value);
        Assert.Matches(@"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$", suite.Attribute("timestamp")!.Value);
        // A reporter knows a test by its class and name.
        var names = cases.Select(c => (c.Attribute("classname")!.Value, c.Attribute("name")!.Value)).ToList();
        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public void A_check_is_a_test_with_its_time_and_what_it_found()
    {
        var suite = XDocument.Parse(Render("failed")).Root!.Element("testsuite")!;
        var content = suite.Elements("testcase").Single(c => c.Attribute("name")!.Value == "content");
        Assert.Equal("18.200", content.Attribute("time")!.Value);
        var failure = content.Element("failure")!;
        Assert.Equal("Some values, or whole rows, are not as declared.", failure.Attribute("message")!.Value);
        Assert.Contains("expected: 0a1b2c3d-99aabbcc", failure.Value, StringComparison.Ordinal);
        Assert.Contains("changed event_id '17': amount '1250.00' → '1205.00'", failure.Value, StringComparison.Ordinal);
        var warning = suite.Elements("testcase").Single(c => c.Attribute("name")!.Value == "null_fraction (country)");
        Assert.Null(warning.Element("failure"));
        Assert.Contains("warning: More rows without a value", warning.Element("system-out")!.Value, StringComparison.Ordinal);
        Assert.Contains(suite.Elements("testcase"), c => c.Attribute("name")!.Value == "drift (kind)" && c.Element("system-out")!.Value.Contains("alarm", StringComparison.Ordinal));
    }

    [Fact]
    public void What_XML_cannot_hold_does_not_break_it()
    {
        var failure = XDocument.Parse(Render("hostile")).Descendants("failure").First();
        Assert.Contains("<script>alert(1)</script>", failure.Attribute("message")!.Value, StringComparison.Ordinal);
        Assert.Contains("␁␛[31m\uFFFD", failure.Attribute("message")!.Value, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex(@"&#x(0?[0-8BCEF]|1[0-9A-F]);"), Render("hostile"));
    }

    private static string Render(string which) => ReportFile.Render(which switch
    {
        "passed" => Samples.Of(Samples.Passed),
        "failed" => Samples.Of(Samples.Failed),
        "hostile" => Samples.Of(Samples.Hostile),
        _ => Report.Of(Samples.Differences, at: Samples.At),
    }, ReportFormat.JUnit);
}
