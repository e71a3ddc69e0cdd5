using System.Text.RegularExpressions;
using EtlTableOps.Checks;

namespace EtlTableOps.Reports.Tests;

/// <summary>What stands in a pull request or a job's summary.</summary>
public sealed class MarkdownTests
{
    private static string Text(ShadowTestResult test) => ReportFile.Render(Samples.Of(test), ReportFormat.Markdown);

    [Fact]
    public void The_verdict_the_failed_checks_and_the_differing_rows_can_be_read()
    {
        var text = Text(Samples.Failed);
        Assert.StartsWith("## ❌ Failed: sales.allevents&#95;new against sales.allevents\n", text, StringComparison.Ordinal);
        Assert.Contains("| columns | 8 columns | 9 columns | unexpected sneaked&#95;in |", text, StringComparison.Ordinal);
        Assert.Contains("| changed | event&#95;id &#39;17&#39; | amount | <code>&#39;1250.00&#39;</code> | <code>&#39;1205.00&#39;</code> |", text, StringComparison.Ordinal);
        Assert.Contains("*NULL*", text, StringComparison.Ordinal);
        // What nobody sees is written out, and long values show where they part.
        Assert.Contains("<code>&#39;cafe&#91;U&#43;0301&#93;&#39;</code>", text, StringComparison.Ordinal);
        Assert.Contains($"<code>&#39;…{new string('x', 40)}A{new string('y', 79)}…&#39;</code> | <code>&#39;…{new string('x', 40)}B", text, StringComparison.Ordinal);
        Assert.Contains("| kind | 2.08 | alarm |", text, StringComparison.Ordinal);
        Assert.Contains("<summary>2 checks passed</summary>", text, StringComparison.Ordinal);
        Assert.StartsWith("## ✅ Passed", Text(Samples.Passed), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_line_of_a_table_has_as_many_cells_as_its_head()
    {
        foreach (var test in new[] { Samples.Passed, Samples.Failed, Samples.Hostile })
        {
            var cells = 0;
            foreach (var line in Text(test).Split('\n'))
            {
                var bars = line.Count(c => c == '|');
                if (!line.StartsWith('|')) cells = 0;
                else if (cells == 0) cells = bars;
                else Assert.True(cells == bars, line);
            }
        }
    }

    [Fact]
    public void Text_of_the_data_can_mean_nothing_else()
    {
        var text = Text(Samples.Hostile);
        Assert.DoesNotMatch(@"<(?!/?(details|summary|code|sub)>)", text);
        Assert.DoesNotContain("@somebody", text, StringComparison.Ordinal);
        Assert.DoesNotContain("#17", Regex.Replace(text, "&#[0-9]+;", ""), StringComparison.Ordinal);
        Assert.DoesNotContain("www.", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
        Assert.DoesNotContain('`', text);
        Assert.DoesNotContain('\u202E', text);
        Assert.Contains("&#91;U&#43;202E&#93;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_fits_into_a_comment()
    {
        var value = new string('|', 10_000);
        var rows = Enumerable.Range(0, 5000).Select(i => new RowDifference(DifferenceKind.Changed, [new NamedValue("id", $"{i}")], [new ValueDifference("v", value, value + "x")]));
        Assert.InRange(Text(Samples.Failed with { Differences = Samples.Differences with { Rows = [.. rows] } }).Length, 1000, 65_000);
        var many = Text(Samples.Failed with { Checks = [.. Enumerable.Range(0, 200).Select(i => new ShadowCheck($"check {i}", false, value, value, value))] });
        Assert.InRange(many.Length, 1000, 65_000);
        Assert.Contains("more lines, for which a comment has no room", many, StringComparison.Ordinal);
    }
}
