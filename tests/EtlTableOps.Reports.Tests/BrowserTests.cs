namespace EtlTableOps.Reports.Tests;

/// <summary>The page in a real browser, from a file.</summary>
/// <remarks>With <c>ETLTABLEOPS_TEST_PICTURES</c> a folder, what was seen is kept there.</remarks>
public sealed class BrowserTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("passed", 1280, false)]
    [InlineData("failed", 1280, true)]
    [InlineData("failed", 360, false)]
    [InlineData("hostile", 360, true)]
    [InlineData("comparison", 360, true)]
    public async Task It_reads_well_and_is_silent(string which, int width, bool dark)
    {
        if (Browser.Path is null) Assert.Skip("There is no Chromium on the PATH.");
        var folder = Directory.CreateTempSubdirectory("etltableops-report-").FullName;
        try
        {
            var file = Path.Combine(folder, "report.html");
            var report = which switch
            {
                "passed" => Samples.Of(Samples.Passed),
                "failed" => Samples.Of(Samples.Failed),
                "hostile" => Samples.Of(Samples.Hostile),
                _ => Report.Of(Samples.Differences, at: Samples.At),
            };
            await ReportFile.At(file).WriteAsync(report, Token);
            await using var browser = await Browser.StartAsync(Token);
            await browser.OpenAsync(file, width, dark, Token);
            await browser.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)", Token);

            if (Environment.GetEnvironmentVariable("ETLTABLEOPS_TEST_PICTURES") is { Length: > 0 } kept)
                await File.WriteAllBytesAsync(Path.Combine(kept, $"{which}-{width}-{(dark ? "dark" : "light")}.png"), await browser.PictureAsync(Token), Token);

            // The page itself was asked for, and nothing else.
            var asked = browser.Events.Where(e => e["method"]!.GetValue<string>() == "Network.requestWillBeSent").Select(e => e["params"]!["request"]!["url"]!.GetValue<string>());
            Assert.Equal([new Uri(file).AbsoluteUri], asked);
            var complaints = browser.Events.Where(e => e["method"]!.GetValue<string>() is "Log.entryAdded" or "Runtime.exceptionThrown" or "Runtime.consoleAPICalled");
            Assert.Empty(complaints.Select(e => e.ToJsonString()));

            Assert.Equal(0, Number(await browser.EvaluateAsync("document.scripts.length", Token)));
            Assert.Equal(width, Number(await browser.EvaluateAsync("innerWidth", Token)));
            var wide = await browser.EvaluateAsync("[...document.querySelectorAll('main *')].filter(e => !e.closest('.unseen, thead, pre, svg') && e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 80)).join('\\n')", Token);
            Assert.Equal("", wide!.GetValue<string>());
            Assert.True(Number(await browser.EvaluateAsync("document.documentElement.scrollWidth", Token)) <= width);

            // The style was let through by the policy, and follows the reader's light.
            var light = await browser.EvaluateAsync("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b)", Token);
            if (dark) Assert.InRange(Number(light), 1, 150);
            else Assert.InRange(Number(light), 600, 765);
            var faint = await browser.EvaluateAsync(Contrast, Token);
            Assert.Equal("", faint!.GetValue<string>());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task On_paper_nothing_stays_folded_and_the_ground_is_white()
    {
        if (Browser.Path is null) Assert.Skip("There is no Chromium on the PATH.");
        var file = Path.Combine(Path.GetTempPath(), $"etltableops-report-{Guid.NewGuid():N}.html");
        try
        {
            await ReportFile.At(file).WriteAsync(Samples.Of(Samples.Failed), Token);
            await using var browser = await Browser.StartAsync(Token);
            await browser.OpenAsync(file, 1280, dark: true, Token);
            const string folded = "[...document.querySelectorAll('details')].filter(d => d.getBoundingClientRect().height < 60).length";
            Assert.NotEqual(0, Number(await browser.EvaluateAsync(folded, Token)));
            await browser.PrintAsync(Token);
            Assert.Equal(0, Number(await browser.EvaluateAsync(folded, Token)));
            Assert.Equal("rgb(255, 255, 255)", (await browser.EvaluateAsync("getComputedStyle(document.body).backgroundColor", Token))!.GetValue<string>());
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Texts whose contrast to what is behind them is below 4.5, which WCAG 2.2 asks for (1.4.3).</summary>
    private const string Contrast = """
        (() => {
          const parse = c => (c.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
          const lum = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const back = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
          const found = new Set();
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            const e = walk.currentNode.parentElement;
            if (!walk.currentNode.data.trim() || e.closest('style, svg')) continue;
            const a = lum(parse(getComputedStyle(e).color)), b = lum(back(e));
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) found.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
          }
          return [...found].join('\n');
        })()
        """;

    private static double Number(System.Text.Json.Nodes.JsonNode? node) => node!.GetValue<double>();
}
