using System.Diagnostics;
using EtlTableOps.Engines;

namespace EtlTableOps.Cli.Demo;

/// <summary>
/// A consumer of the live table on a connection of its own, at a steady pace, knowing nothing of what goes on. Its waits are
/// counted from the moment at which a statement was due, so that queueing behind an earlier one counts.
/// </summary>
internal abstract class DemoConsumer
{
    private readonly TimeSpan[] longest = new TimeSpan[Enum.GetValues<DemoPhase>().Length];
    private readonly DemoPace pace;
    private readonly double perSecond;
    private readonly Thread thread;

    protected DemoConsumer(IEngineSession session, DemoPace pace, double perSecond, string name)
    {
        Session = session;
        this.pace = pace;
        this.perSecond = perSecond;
        // A thread of its own: an embedded engine blocks it, and a borrowed one would be missing elsewhere.
        thread = new Thread(Work) { IsBackground = true, Name = name };
    }

    /// <summary>Statements (a writer's: transactions) that were tried.</summary>
    public long Done { get; private set; }

    /// <summary>Those that failed.</summary>
    public long Failed { get; private set; }

    /// <summary>What the first failures said.</summary>
    public List<string> Failures { get; } = [];

    protected IEngineSession Session { get; }

    /// <summary>Whether it stands still while the writers are held.</summary>
    protected virtual bool CanBeHeld => false;

    public void Start() => thread.Start();

    public bool Join(TimeSpan atMost) => thread.Join(atMost);

    /// <summary>The longest wait in a phase.</summary>
    public TimeSpan Longest(DemoPhase phase) => longest[(int)phase];

    /// <summary>One statement, or one transaction.</summary>
    protected abstract Task WorkOnceAsync(long number, CancellationToken token);

    private void Work()
    {
        var interval = Stopwatch.Frequency / perSecond;
        var begin = Stopwatch.GetTimestamp();
        var turn = 0L;
        while (!pace.Stopping)
        {
            if (CanBeHeld && pace.WaitWhileHeld())
            {
                begin = Stopwatch.GetTimestamp();
                turn = 0;
            }
            var due = begin + (long)(turn++ * interval);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.Zero) Thread.Sleep(early);
            var phase = pace.Phase;
            Once(turn);
            var waited = Stopwatch.GetElapsedTime(due);
            // A statement that spans two phases counts for both: a short one ends before those whom it delayed.
            Note(phase, waited);
            Note(pace.Phase, waited);
        }
    }

    private void Once(long turn)
    {
        try
        {
            Done++;
            WorkOnceAsync(turn, pace.Abort).GetAwaiter().GetResult();
        }
        catch (Exception e) when (!pace.Abort.IsCancellationRequested)
        {
            Failed++;
            if (Failures.Count < 5) Failures.Add($"{thread.Name}, during '{pace.Phase}': {e.Message}");
        }
        catch (Exception)
        {
            // The demo itself was cancelled in the middle of this statement.
        }
    }

    private void Note(DemoPhase phase, TimeSpan waited)
    {
        if (waited > longest[(int)phase]) longest[(int)phase] = waited;
    }
}
