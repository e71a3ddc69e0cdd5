using System.Diagnostics;
using EtlTableOps.Observability;

namespace EtlTableOps.TestHost;

/// <summary>
/// Kills this process (SIGKILL: no handler, no clean-up, no flush) at the n-th boundary of a step that it hears of, or after a time.
/// </summary>
internal sealed class Death : IRunObserver
{
    private readonly int at;
    private int heard;

    private Death(int at) => this.at = at;

    public static Death AtEvent(int number) => new(number);

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
        if (place is not null && Interlocked.Increment(ref heard) == at) Die(place);
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
