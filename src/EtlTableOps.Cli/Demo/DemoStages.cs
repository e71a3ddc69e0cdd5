using System.Diagnostics;
using EtlTableOps.Observability;

namespace EtlTableOps.Cli.Demo;

/// <summary>
/// Runs the demo's stages one after another: sets the phase for the consumers, tells the display, takes the time. The steps of
/// an operation inside a stage are its progress, not lines of their own.
/// </summary>
internal sealed class DemoStages(IRunObserver display) : IRunObserver
{
    private const string Operation = "demo";

    private readonly List<(DemoStage Stage, DemoPhase? Phase)> stages = [];
    private string title = "";

    /// <summary>The consumers, once they work.</summary>
    public DemoCrowd? Crowd { get; set; }

    /// <summary>Warnings of the operations: a demo without any has none.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Runs a stage; the work returns its rows.</summary>
    public async Task RunAsync(string name, string what, DemoPhase? phase, Func<Task<long>> work)
    {
        title = what;
        if (Crowd is not null && phase is { } now) Crowd.Pace.Phase = now;
        display.OnEvent(new StepStarted(Operation, name, what));
        var watch = Stopwatch.StartNew();
        var rows = await work();
        stages.Add((new DemoStage(name, what, watch.Elapsed, rows, null, null), phase));
        display.OnEvent(new StepFinished(Operation, name, what, watch.Elapsed, rows));
    }

    /// <summary>The stages with the waits in them. Once the consumers have ended.</summary>
    public IReadOnlyList<DemoStage> Finish(DemoCrowd crowd) =>
    [
        .. stages.Select(s => s.Phase is not { } phase ? s.Stage : s.Stage with
        {
            LongestReadMs = crowd.LongestRead(phase).TotalMilliseconds,
            LongestWriteMs = crowd.LongestWrite(phase).TotalMilliseconds,
        }),
    ];

    /// <inheritdoc/>
    public void OnEvent(RunEvent happened)
    {
        switch (happened)
        {
            case RunProgress progress:
                display.OnEvent(progress with { Title = title });
                break;
            case RunWarning warning:
                Warnings.Add(warning.Text);
                display.OnEvent(warning);
                break;
            case StatementRun:
                display.OnEvent(happened);
                break;
            default:
                break;
        }
    }
}
