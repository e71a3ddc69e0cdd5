using System.Diagnostics;
using System.Text.Json;

namespace EtlTableOps.Cli.Tests;

/// <summary>What a run of the command line gave back.</summary>
public sealed record ToolRun(int ExitCode, string Out, string Error)
{
    /// <summary>The last line of the standard output, as a program reads it.</summary>
    public JsonElement Json
    {
        get
        {
            var line = Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
            return JsonDocument.Parse(line).RootElement;
        }
    }

    /// <summary>Fails with everything that was printed unless the exit code is this one.</summary>
    public ToolRun Exits(int code)
    {
        Assert.True(code == ExitCode, $"exit code {ExitCode}, expected {code}\n--- out\n{Out}\n--- error\n{Error}");
        return this;
    }
}

/// <summary>Runs the built command line as a process of its own, as a shell or a scheduler does.</summary>
public static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Runs it to its end.</summary>
    public static Task<ToolRun> RunAsync(params string[] arguments) => RunAsync(arguments, null, null);

    /// <summary>Runs it to its end with variables and a standard input.</summary>
    public static async Task<ToolRun> RunAsync(string[] arguments, IReadOnlyDictionary<string, string>? variables, string? input)
    {
        using var process = Start(arguments, variables);
        return await EndAsync(process, input);
    }

    /// <summary>
    /// A run that a shell has put into the background ignores Ctrl+C, and so would whatever it starts; the tool as a user starts it does not. GNU's env gives it the default.
    /// </summary>
    private static bool IgnoresInterrupt { get; } = OperatingSystem.IsLinux()
        && File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } ignored
        && (ulong.Parse(ignored["SigIgn:".Length..].Trim(), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture) & 2) != 0;

    /// <summary>Starts it.</summary>
    public static Process Start(string[] arguments, IReadOnlyDictionary<string, string>? variables = null)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(IgnoresInterrupt ? "env" : host)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
            StandardErrorEncoding = System.Text.Encoding.UTF8,
        };
        if (IgnoresInterrupt)
        {
            start.ArgumentList.Add("--default-signal=INT");
            start.ArgumentList.Add(host);
        }
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "etl-table-ops.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment.Remove("ETLTABLEOPS_CONNECTION");
        start.Environment.Remove("ETLTABLEOPS_PASSWORD");
        foreach (var (name, value) in variables ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException("the command line did not start");
    }

    /// <summary>Waits for its end.</summary>
    public static async Task<ToolRun> EndAsync(Process process, string? input = null)
    {
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"the command line did not end within {Patience}");
        }
        return new ToolRun(process.ExitCode, await output, await error);
    }
}
