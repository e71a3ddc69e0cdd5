namespace EtlTableOps.Observability;

/// <summary>Something that happened while an operation ran.</summary>
public abstract record RunEvent;

/// <summary>A step begins.</summary>
public sealed record StepStarted(string Operation, string Step, string Title) : RunEvent;

/// <summary>A step ended well.</summary>
public sealed record StepFinished(string Operation, string Step, string Title, TimeSpan Elapsed, long Rows) : RunEvent;

/// <summary>How far long work has come.</summary>
/// <param name="Operation">What is done.</param>
/// <param name="Title">The current step, for people.</param>
/// <param name="Done">Rows done.</param>
/// <param name="Total">Rows in all; -1 when not known.</param>
/// <param name="Elapsed">Time so far.</param>
public sealed record RunProgress(string Operation, string Title, long Done, long Total, TimeSpan Elapsed) : RunEvent
{
    /// <summary>Whether <see cref="Done"/> and <see cref="Total"/> are rows; else they are a share of the work (blocks and the like).</summary>
    public bool InRows { get; init; } = true;

    /// <summary>More to say than figures: how far behind the work is, why it waits. Null for nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>Rows a second that come in meanwhile, and have to be done as well.</summary>
    public double Incoming { get; init; }

    /// <summary>Rows a second so far.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? Done / Elapsed.TotalSeconds : 0;

    /// <summary>0 to 100, or -1 when the total is not known.</summary>
    public int Percent => Total > 0 ? (int)Math.Clamp(Done * 100 / Total, 0, 100) : -1;

    /// <summary>Time left at this rate, or null.</summary>
    public TimeSpan? Left => Total > 0 && Done > 0 && (Incoming <= 0 || Rate > Incoming)
        ? TimeSpan.FromSeconds(Math.Max(0, Total - Done) / Math.Max(Rate - Math.Max(0, Incoming), 0.001))
        : null;
}

/// <summary>A statement that is about to run, for those who want to see all of them.</summary>
public sealed record StatementRun(string Text) : RunEvent;

/// <summary>Something worth knowing.</summary>
public sealed record RunNote(string Text) : RunEvent;

/// <summary>Something that may have an unwanted effect.</summary>
public sealed record RunWarning(string Text) : RunEvent;

/// <summary>Hears of what an operation does. Called on any thread; must not block or throw.</summary>
public interface IRunObserver
{
    /// <summary>Takes one event.</summary>
    void OnEvent(RunEvent happened);
}

/// <summary>Hears nothing.</summary>
public sealed class SilentObserver : IRunObserver
{
    /// <summary>The one instance.</summary>
    public static SilentObserver Instance { get; } = new();

    private SilentObserver()
    {
    }

    /// <inheritdoc/>
    public void OnEvent(RunEvent happened)
    {
    }
}
