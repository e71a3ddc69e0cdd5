using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace EtlTableOps.Reports.Tests;

/// <summary>A real headless Chromium with one page, driven by its own protocol (Chrome DevTools Protocol).</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private readonly Process process;
    private readonly string profile;
    private readonly ClientWebSocket socket = new();
    private int last;

    private Browser(Process process, string profile) => (this.process, this.profile) = (process, profile);

    /// <summary>What the page told since it was opened: requests, errors, policy violations.</summary>
    public List<JsonObject> Events { get; } = [];

    /// <summary>Where one is installed; null where none is.</summary>
    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => System.IO.Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    public static async Task<Browser> StartAsync(CancellationToken token)
    {
        var profile = Directory.CreateTempSubdirectory("etltableops-browser-").FullName;
        string[] options =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
            "--disable-dev-shm-usage", "--remote-debugging-port=0", $"--user-data-dir={profile}", "about:blank",
        ];
        var process = Process.Start(new ProcessStartInfo(Path!, options) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.ErrorDataReceived += static (_, _) => { };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var browser = new Browser(process, profile);
        try
        {
            await browser.ConnectAsync(token);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a file at a width, in light or dark, and waits until it is there.</summary>
    public async Task OpenAsync(string file, int width, bool dark, CancellationToken token)
    {
        await CallAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = width < 500 }, token);
        await CallAsync("Emulation.setEmulatedMedia", new JsonObject { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }) }, token);
        Events.Clear();
        await CallAsync("Page.navigate", new JsonObject { ["url"] = new Uri(file).AbsoluteUri }, token);
        while (!Events.Exists(e => e["method"]!.GetValue<string>() == "Page.loadEventFired")) Events.Add(await ReadAsync(token));
    }

    /// <summary>Evaluates an expression in the page; for the test alone, the page itself may run nothing.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression, CancellationToken token)
    {
        var answer = await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true }, token);
        Assert.Null(answer["exceptionDetails"]);
        return answer["result"]!["value"];
    }

    /// <summary>Shows the page as it would be printed.</summary>
    public Task PrintAsync(CancellationToken token) => CallAsync("Emulation.setEmulatedMedia", new JsonObject { ["media"] = "print" }, token);

    /// <summary>The whole page as a picture.</summary>
    public async Task<byte[]> PictureAsync(CancellationToken token) =>
        Convert.FromBase64String((await CallAsync("Page.captureScreenshot", new JsonObject { ["captureBeyondViewport"] = true }, token))["data"]!.GetValue<string>());

    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }
        await process.WaitForExitAsync();
        process.Dispose();
        try
        {
            Directory.Delete(profile, recursive: true);
        }
        catch (IOException)
        {
            // A process of its tree may still write; the folder is a temporary one.
        }
    }

    private async Task ConnectAsync(CancellationToken token)
    {
        var told = System.IO.Path.Combine(profile, "DevToolsActivePort");
        while (!File.Exists(told) || (await File.ReadAllLinesAsync(told, token)).Length < 2)
        {
            if (process.HasExited) throw new InvalidOperationException($"{Path} ended at once with {process.ExitCode}.");
            await Task.Delay(50, token);
        }
        var port = (await File.ReadAllLinesAsync(told, token))[0];
        using var http = new HttpClient();
        JsonNode? page = null;
        while (page is null)
        {
            page = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json/list"), token))!.AsArray().FirstOrDefault(p => p!["type"]!.GetValue<string>() == "page");
            if (page is null) await Task.Delay(50, token);
        }
        await socket.ConnectAsync(new Uri(page["webSocketDebuggerUrl"]!.GetValue<string>()), token);
        foreach (var room in new[] { "Page", "Network", "Runtime", "Log" }) await CallAsync(room + ".enable", [], token);
    }

    private async Task<JsonObject> CallAsync(string method, JsonObject parameters, CancellationToken token)
    {
        var id = ++last;
        var text = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters }.ToJsonString();
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, token);
        while (true)
        {
            var message = await ReadAsync(token);
            if (message["id"]?.GetValue<int>() != id)
            {
                Events.Add(message);
                continue;
            }
            return message["result"]?.AsObject() ?? throw new InvalidOperationException(message.ToJsonString());
        }
    }

    private async Task<JsonObject> ReadAsync(CancellationToken token)
    {
        using var whole = new MemoryStream();
        var buffer = new byte[1 << 16];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer.AsMemory(), token);
            whole.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(whole.ToArray())!.AsObject();
    }
}
