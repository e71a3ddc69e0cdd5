using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace EtlTableOps.PowerShell.Tests;

/// <summary>One Pester test as it came out.</summary>
public sealed record PesterTest(string Name, string Result, string Message);

/// <summary>Runs the real PowerShell with Pester on the built module, where both are found.</summary>
internal static class PesterHost
{
    private const string SnowflakeDriver = "ETLTABLEOPS_SNOWFLAKE_DRIVER";
    private static readonly Lazy<string?> WhyMissing = new(Look);

    /// <summary>Why no test can run, or null.</summary>
    public static string? Missing => WhyMissing.Value;

    /// <summary>The names of all tests, without running any.</summary>
    public static IReadOnlyList<PesterTest> List() => Run(["-List"], []);

    /// <summary>Runs all tests.</summary>
    /// <param name="postgres">A connection to a database for them, or null.</param>
    /// <param name="snowflake">A connection to a model's server for them.</param>
    public static IReadOnlyList<PesterTest> RunAll(string? postgres, string snowflake)
    {
        var environment = new Dictionary<string, string>
        {
            ["ETLTABLEOPS_TEST_SNOWFLAKE"] = snowflake,
            // It would ask a cloud's metadata service where it runs.
            ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true",
        };
        if (Environment.GetEnvironmentVariable(SnowflakeDriver) is null or "") environment[SnowflakeDriver] = Path.Combine(AppContext.BaseDirectory, "fake-driver");
        if (postgres is not null) environment["ETLTABLEOPS_TEST_POSTGRES"] = postgres;
        return Run([], environment);
    }

    private static List<PesterTest> Run(IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        var output = Path.GetTempFileName();
        try
        {
            var script = Path.Combine(Metadata("PesterTests"), "Invoke-Tests.ps1");
            environment["ETLTABLEOPS_TEST_MODULE"] = Metadata("Module");
            var (code, said) = Execute(["-NoProfile", "-NonInteractive", "-File", script, "-Output", output, .. arguments], environment);
            if (code != 0) throw new InvalidOperationException($"pwsh ended with {code}: {said}");
            return [.. File.ReadLines(output).Select(line => JsonSerializer.Deserialize<PesterTest>(line)!)];
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static string? Look()
    {
        try
        {
            var (code, said) = Execute(["-NoProfile", "-NonInteractive", "-Command", "if (-not (Get-Module -ListAvailable Pester | Where-Object Version -ge '5.5')) { 'Pester 5.5 or later is not installed.'; exit 1 }"], []);
            return code == 0 ? null : said.Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "PowerShell (pwsh) is not installed.";
        }
    }

    private static (int Code, string Said) Execute(IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("pwsh", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // The test host's own settings for .NET are not PowerShell's.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("DOTNET_", StringComparison.Ordinal) || k is "MSBuildSDKsPath").ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.Environment["NO_COLOR"] = "1";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said + error.Result);
    }

    private static string Metadata(string key) =>
        typeof(PesterHost).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
