using EtlTableOps.Observability;

namespace EtlTableOps.PowerShell.Pipeline;

/// <summary>
/// Takes events on any thread and hands them to the pipeline thread, which alone may write to PowerShell's streams.
/// Of progress only the latest counts, so a fast run cannot pile it up.
/// </summary>
internal sealed class EventQueue : IRunObserver
{
    private readonly object gate = new();
    private Queue<RunEvent> events = new();
    private RunProgress? progress;

    public void OnEvent(RunEvent happened)
    {
        lock (gate)
        {
            if (happened is RunProgress latest) progress = latest;
            else events.Enqueue(happened);
            Monitor.Pulse(gate);
        }
    }

    /// <summary>On the pipeline thread: writes what comes until the work ends, then the rest.</summary>
    public void DrainUntil(Task work, Action<RunEvent> write)
    {
        _ = work.ContinueWith(_ => Wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (true)
        {
            lock (gate)
            {
                while (events.Count == 0 && progress is null && !work.IsCompleted) Monitor.Wait(gate);
            }
            var last = work.IsCompleted;
            DrainNow(write);
            if (last) return;
        }
    }

    /// <summary>On the pipeline thread: writes what is there.</summary>
    public void DrainNow(Action<RunEvent> write)
    {
        Queue<RunEvent> taken;
        RunProgress? latest;
        lock (gate)
        {
            (taken, events) = (events, new Queue<RunEvent>());
            (latest, progress) = (progress, null);
        }
        foreach (var happened in taken) write(happened);
        if (latest is not null) write(latest);
    }

    private void Wake()
    {
        lock (gate) Monitor.Pulse(gate);
    }
}
