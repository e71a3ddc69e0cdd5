using System.Text.RegularExpressions;
using System.Xml.Linq;
using EtlTableOps.Checks;

namespace EtlTableOps.Reports.Tests;

/// <summary>The page says what was found, and nothing of the data can be anything but text in it.</summary>
public sealed partial class HtmlTests
{
    private static string Page(ShadowTestResult test) => ReportFile.Render(Samples.Of(test), ReportFormat.Html);

    [Fact]
    public void The_verdict_comes_first_and_what_failed_before_what_passed()
    {
        var page = Page(Samples.Failed);
        int[] order = [.. new[] { "<strong>Failed</strong>", "<h1>2 of 5 checks failed", "id=\"failed\"", "unexpected sneaked_in", "id=\"warnings\"", "id=\"rows\"", "id=\"structure\"", "id=\"distributions\"", "id=\"passed\"", "id=\"timings\"", "id=\"statements\"" }
            .Select(part => page.IndexOf(part, StringComparison.Ordinal))];
        Assert.DoesNotContain(-1, order);
        Assert.Equal(order.Order(), order);
        Assert.Contains("<strong>Passed</strong>", Page(Samples.Passed), StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"failed\"", Page(Samples.Passed), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_whole_and_asks_nothing_of_anybody()
    {
        var page = Page(Samples.Failed);
        Assert.Contains("default-src 'none'; style-src 'sha256-", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(?i)<script|<link|<iframe|<img|\bsrc\s*=|href\s*=|url\(|@import|\bstyle\s*=|\son\w+\s*=|https?://", page);
    }

    [Fact]
    public void Text_of_the_data_is_text_wherever_it_stands()
    {
        var page = Page(Samples.Hostile);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\u001b", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.Contains("<code class=\"cp\">U+202E</code>", page, StringComparison.Ordinal);
        Assert.Contains("[U+202E]", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', page);
        // Every attribute that was written is one of ours: nothing broke out of its quotes.
        var names = Attribute().Matches(page).Select(m => m.Groups[1].Value).Distinct();
        Assert.DoesNotContain(names, n => n.StartsWith("on", StringComparison.Ordinal));
        Parse(page);
    }

    public static TheoryData<string> All => new("passed", "failed", "hostile", "empty", "comparison");

    [Theory]
    [MemberData(nameof(All))]
    public void Every_element_is_closed_and_every_picture_and_table_has_its_name(string which)
    {
        var body = Parse(Render(which)).Root!;
        Assert.Single(body.Descendants("h1"));
        Assert.All(body.Descendants("svg"), s => Assert.True(s.Attribute("aria-hidden") is not null || s.Attribute("aria-label")?.Value.Length > 0));
        Assert.All(body.Descendants("table"), t => Assert.NotNull(t.Element("caption")));
        Assert.All(body.Descendants("thead").SelectMany(h => h.Descendants("th")), h => Assert.NotNull(h.Attribute("scope")));
        Assert.All(body.Descendants("section"), s => Assert.Contains(body.Descendants("h2"), h => h.Attribute("id")?.Value == s.Attribute("aria-labelledby")?.Value));
        var ids = body.Descendants().Attributes("id").Select(a => a.Value).ToList();
        Assert.Equal(ids.Distinct(), ids);
        Assert.DoesNotContain("NaN", body.Value, StringComparison.Ordinal);
        Assert.All(body.Descendants("path").Attributes("d"), d => Assert.Matches(@"^[MLHVZa-z0-9 .,-]+$", d.Value));
    }

    [Fact]
    public void The_letters_that_differ_are_marked_and_those_nobody_sees_are_written_out()
    {
        var page = Page(Samples.Failed);
        Assert.Contains("<bdi class=\"v\">12<del>5</del>0.00</bdi>", page, StringComparison.Ordinal);
        Assert.Contains("<del>quick</del>", Page(Samples.Failed with { Differences = Samples.Differences with { Rows = [new RowDifference(DifferenceKind.Changed, [], [new ValueDifference("v", "the quick fox", "the 2941 fox")])] } }), StringComparison.Ordinal);
        Assert.Contains("<bdi class=\"v\">120<ins>5</ins>.00</bdi>", page, StringComparison.Ordinal);
        Assert.Contains("hello world<ins><span class=\"sp\">␣</span></ins>", page, StringComparison.Ordinal);
        Assert.Contains("<code class=\"cp\">U+0301</code>", page, StringComparison.Ordinal);
        Assert.Contains("<em class=\"null\">NULL</em>", page, StringComparison.Ordinal);
        Assert.Contains("<em class=\"null\">empty</em>", page, StringComparison.Ordinal);
        Assert.Contains("xxx<del>A</del>yyy", page, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('x', 200), page, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_size_does_not_grow_with_the_rows_that_differ()
    {
        RowDifference Row(int i) => new(DifferenceKind.Changed, [new NamedValue("id", $"{i}")], [new ValueDifference("v", new string('a', 100_000), new string('b', 100_000))]);
        var many = Samples.Failed with { Differences = Samples.Differences with { Rows = [.. Enumerable.Range(0, 10_000).Select(Row)] } };
        Assert.InRange(Page(many).Length, 10_000, 1_000_000);
        Assert.Contains("9,800 more", Page(many), StringComparison.Ordinal);
    }

    [Fact]
    public void What_drifts_most_stands_first_with_its_word_and_figure()
    {
        var page = Page(Samples.Passed);
        Assert.Matches(@"alarm [0-9.]+", page);
        Assert.True(page.IndexOf("<span>amount</span>", StringComparison.Ordinal) < page.IndexOf("<span>user_id</span>", StringComparison.Ordinal));
        Assert.Contains("aria-label=\"Where the values of amount lie between", page, StringComparison.Ordinal);
    }

    private static string Render(string which) => which switch
    {
        "passed" => Page(Samples.Passed),
        "failed" => Page(Samples.Failed),
        "hostile" => Page(Samples.Hostile),
        "empty" => Page(Samples.Passed with { Checks = [], Distributions = [DriftMeasure.Compare("c", Empty, Empty)], Structure = [], Statements = [], Rows = 0, Snapshot = "" }),
        _ => ReportFile.Render(Report.Of(Samples.Differences, at: Samples.At), ReportFormat.Html),
    };

    private static ColumnProfile Empty { get; } = new() { Column = "c", Type = "text", Rows = 0, Nulls = 0, Distinct = 0, TopIsAll = true };

    /// <summary>The page is XML too but for its void elements in the head.</summary>
    private static XDocument Parse(string page) => XDocument.Parse("<body>" + page[(page.IndexOf("<main>", StringComparison.Ordinal))..(page.IndexOf("</main>", StringComparison.Ordinal) + 7)] + "</body>");

    [GeneratedRegex(@"<[a-z0-9]+(?:\s+([a-zA-Z-]+)(?:=""[^""]*"")?)+")]
    private static partial Regex Attribute();
}
