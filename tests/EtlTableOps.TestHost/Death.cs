using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Observability;

namespace EtlTableOps.TestHost;

/// <summary>
/// Kills this process (SIGKILL: no handler, no clean-up, no flush) at the n-th boundary of a step that it hears of, or after a time.
/// </summary>
internal sealed class Death : IRunObserver
{
    private readonly int at;
    private readonly Action<string> end;
    private int heard;

    private Death(int at, Action<string>? end = null)
    {
        this.at = at;
        this.end = end ?? Die;
    }

    public static Death AtEvent(int number) => new(number);

    /// <summary>Not death but frost: the process stops itself (SIGSTOP) until somebody lets it go on.</summary>
    public static Death FrozenAtEvent(int number) => new(number, Freeze);

    public static Death Never() => new(int.MaxValue);

    public static Death After(TimeSpan time)
    {
        var timer = new Thread(() =>
        {
            Thread.Sleep(time);
            Die("after " + time);
        }) { IsBackground = true };
        timer.Start();
        return new Death(int.MaxValue);
    }

    public void OnEvent(RunEvent happened)
    {
        var place = happened switch
        {
            StepStarted s => "before " + s.Step,
            StepFinished f => "after " + f.Step,
            _ => null,
        };
        if (place is not null && Interlocked.Increment(ref heard) == at) end(place);
    }

    private static void Freeze(string place)
    {
        Console.Out.WriteLine(place);
        Console.Out.Flush();
        using var kill = Process.Start("kill", ["-STOP", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static void Die(string place)
    {
        // The place is said first, so that a failing test can name it.
        Console.Out.WriteLine(place);
        Console.Out.Flush();
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
