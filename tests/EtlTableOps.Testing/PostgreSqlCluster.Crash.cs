using System.Diagnostics;
using System.Globalization;

namespace EtlTableOps.Testing;

/// <content>A durable server that is killed and started again.</content>
public sealed partial class PostgreSqlCluster
{
    /// <summary>Kills a durable server with all its processes at once, so that none can write anything any more; or lets it end as an immediate shutdown does.</summary>
    public async Task CrashAsync(bool immediateShutdown = false)
    {
        Assert.SkipUnless(Durable && OperatingSystem.IsLinux(), "Only a durable server is killed, and its processes are found in /proc.");
        var postmaster = int.Parse((await File.ReadAllLinesAsync(Path.Combine(SocketDirectory!, "data", "postmaster.pid")))[0], CultureInfo.InvariantCulture);
        if (immediateShutdown)
        {
            await SignalAsync(postmaster, "QUIT");
            await GoneAsync([postmaster]);
            return;
        }
        // Frozen, it starts no further process while we look for those that it has.
        await SignalAsync(postmaster, "STOP");
        int[] all = [postmaster, .. ChildrenOf(postmaster)];
        // All in one go; those that have ended by themselves since are no matter.
        using (var kill = Process.Start("/bin/sh", ["-c", $"kill -KILL {string.Join(' ', all)} 2>/dev/null"])) await kill.WaitForExitAsync();
        await GoneAsync(all);
    }

    /// <summary>Starts a server that was crashed, and waits until it has recovered and answers.</summary>
    public async Task StartAgainAsync()
    {
        await keeper!.StandardInput.WriteLineAsync("again");
        await keeper.StandardInput.FlushAsync();
        await AnswersAsync(keeper, server!.ConnectionString);
    }

    private static IEnumerable<int> ChildrenOf(int parent)
    {
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var process) && StatusOf(process) is { } status && status.Parent == parent) yield return process;
        }
    }

    private static async Task GoneAsync(int[] processes)
    {
        var clock = Stopwatch.StartNew();
        // A zombie is as dead as can be: it waits for its parent alone.
        while (processes.Any(p => StatusOf(p) is { State: not ('Z' or 'X') }))
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(30)) throw new InvalidOperationException("The server's processes did not end.");
            await Task.Delay(5);
        }
    }

    /// <summary>State and parent of a process; null when there is none.</summary>
    private static (char State, int Parent)? StatusOf(int process)
    {
        try
        {
            // Its name is in parentheses and may hold anything, so that the rest begins behind the last one.
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            var rest = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (rest[0][0], int.Parse(rest[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
