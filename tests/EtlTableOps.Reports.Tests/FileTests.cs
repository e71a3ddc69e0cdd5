using System.Text;
using System.Text.Json;
using EtlTableOps.Errors;

namespace EtlTableOps.Reports.Tests;

/// <summary>Where a report goes, and in which form.</summary>
public sealed class FileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("etltableops-report-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("a.html", ReportFormat.Html)]
    [InlineData("A.HTM", ReportFormat.Html)]
    [InlineData("TEST-a.xml", ReportFormat.JUnit)]
    [InlineData("a.md", ReportFormat.Markdown)]
    [InlineData("a.b.json", ReportFormat.Json)]
    public void The_ending_says_the_form(string name, ReportFormat format) => Assert.Equal(format, ReportFile.At(Path.Combine(folder, name)).Format);

    [Theory]
    [InlineData("a.pdf")]
    [InlineData("a")]
    [InlineData("nowhere/a.html")]
    public void What_cannot_be_written_is_refused_before_any_work(string name)
    {
        var error = Assert.Throws<EtlException>(() => ReportFile.At(Path.Combine(folder, name)));
        Assert.Equal(ErrorCode.BadInput, error.Code);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(folder, "a.html"));
        Assert.Throws<EtlException>(() => ReportFile.At(Path.Combine(folder, "a.html")));
    }

    [Theory]
    [InlineData("a.html")]
    [InlineData("a.xml")]
    [InlineData("a.md")]
    [InlineData("a.json")]
    public async Task It_takes_the_place_of_the_former_one_whole_and_leaves_nothing_else(string name)
    {
        var path = Path.Combine(folder, name);
        await File.WriteAllTextAsync(path, "former", Token);
        await ReportFile.At(path).WriteAsync(Samples.Of(Samples.Failed), Token);
        var bytes = await File.ReadAllBytesAsync(path, Token);
        Assert.NotEqual(0xEF, bytes[0]);
        Assert.Contains("sales.allevents", new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(folder));
    }

    [Fact]
    public async Task A_report_that_cannot_be_written_says_so_and_leaves_the_former_one()
    {
        var path = Path.Combine(folder, "a.json");
        var file = ReportFile.At(path);
        Directory.CreateDirectory(path);
        var error = await Assert.ThrowsAsync<EtlException>(() => file.WriteAsync(Samples.Of(Samples.Passed), Token));
        Assert.Equal(ErrorCode.ReportNotWritten, error.Code);
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void The_json_has_a_version_and_everything_that_was_found()
    {
        using var json = JsonDocument.Parse(ReportFile.Render(Samples.Of(Samples.Hostile), ReportFormat.Json));
        var root = json.RootElement;
        Assert.Equal(("etltableops-report/1", "test", false), (root.GetProperty("schema").GetString(), root.GetProperty("kind").GetString(), root.GetProperty("passed").GetBoolean()));
        Assert.Equal("2026-11-21T20:15:00Z", root.GetProperty("at").GetString());
        var result = root.GetProperty("result");
        Assert.Equal(31.4, result.GetProperty("elapsedSeconds").GetDouble());
        Assert.False(result.TryGetProperty("connection", out _));
        Assert.Equal("Changed", result.GetProperty("differences").GetProperty("rows")[0].GetProperty("kind").GetString());
        Assert.Equal("quantiles", result.GetProperty("distributions")[1].GetProperty("measure").GetString());
        Assert.Equal(101, result.GetProperty("distributions")[1].GetProperty("live").GetProperty("quantiles").GetArrayLength());

        using var comparison = JsonDocument.Parse(ReportFile.Render(Report.Of(Samples.Differences, at: Samples.At), ReportFormat.Json));
        Assert.Equal("comparison", comparison.RootElement.GetProperty("kind").GetString());
        Assert.Equal(8, comparison.RootElement.GetProperty("result").GetProperty("total").GetInt64());
    }
}
