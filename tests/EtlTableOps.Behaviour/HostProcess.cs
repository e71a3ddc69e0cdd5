using System.Diagnostics;
using System.Globalization;

namespace EtlTableOps.Behaviour;

/// <summary>An operation of this tool in a process of its own, which can be frozen (SIGSTOP) and thawed.</summary>
public sealed class HostProcess : IDisposable
{
    private readonly Process process;
    private readonly Task<string> error;

    private HostProcess(Process process)
    {
        this.process = process;
        error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The process.</summary>
    public int Id => process.Id;

    /// <summary>Starts an operation on the table <c>allevents</c>, or on another one.</summary>
    /// <param name="world">Where.</param>
    /// <param name="operation">Which.</param>
    /// <param name="at">What happens to the process and when, as the host takes it.</param>
    /// <param name="stallBudget">The stall budget; null for the usual one.</param>
    public static HostProcess Start(EngineWorld world, string operation, string at, TimeSpan? stallBudget = null)
    {
        ArgumentNullException.ThrowIfNull(world);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "exec", Path.Combine(AppContext.BaseDirectory, "EtlTableOps.TestHost.dll"), world.ConnectionText, operation, "allevents", at }) start.ArgumentList.Add(argument);
        if (stallBudget is { } budget) start.ArgumentList.Add(budget.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, value) in world.HostEnvironment) start.Environment[name] = value;
        return new HostProcess(Process.Start(start) ?? throw new InvalidOperationException("The host did not start."));
    }

    /// <summary>Waits until the host has stopped itself, and returns where.</summary>
    public async Task<string> FrozenAsync(CancellationToken token)
    {
        var place = await process.StandardOutput.ReadLineAsync(token) ?? throw new InvalidOperationException($"The host ended: {await error}");

        // It says so before it is: a signal to go on that comes too early would be lost.
        while (!(await StateAsync(token)).StartsWith('T')) await Task.Delay(5, token);
        return place;
    }

    private async Task<string> StateAsync(CancellationToken token)
    {
        using var ps = Process.Start(new ProcessStartInfo("ps", ["-o", "state=", "-p", Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        return (await ps.StandardOutput.ReadToEndAsync(token)).Trim();
    }

    /// <summary>Sends a signal: STOP, CONT or KILL.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end: the exit code, and what it said of a failure.</summary>
    public async Task<(int Code, string Error)> EndAsync(CancellationToken token)
    {
        await process.WaitForExitAsync(token);
        return (process.ExitCode, await error);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }
}
