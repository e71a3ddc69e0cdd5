using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Observability;
using Spectre.Console;

namespace EtlTableOps.Cli.Output;

/// <summary>How much is told while an operation runs.</summary>
internal enum Detail
{
    /// <summary>Warnings alone.</summary>
    Quiet,
    /// <summary>Steps and progress.</summary>
    Normal,
    /// <summary>Every statement too.</summary>
    Verbose,
}

/// <summary>
/// Shows what an operation does while it runs, on the standard error: bars in place on a terminal, a line for each
/// step elsewhere.
/// </summary>
internal sealed class RunDisplay(Terminal terminal, Detail detail) : IRunObserver
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    private readonly object gate = new();
    private readonly FactsColumn facts = new();
    private readonly Stopwatch sinceLine = Stopwatch.StartNew();
    private ProgressContext? live;
    private readonly Dictionary<string, (string Title, ProgressTask Task)> running = [];

    // Statements between moving bars would be torn apart, so with all of them shown there are lines only.
    private bool Draws => terminal.CanDraw && detail == Detail.Normal;

    /// <summary>Runs the work with the display on.</summary>
    public async Task<T> WhileAsync<T>(Func<Task<T>> work)
    {
        if (!Draws) return await work();
        return await terminal.Error.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 16 }, facts)
            .StartAsync(async context =>
            {
                lock (gate) live = context;
                try
                {
                    return await work();
                }
                finally
                {
                    lock (gate)
                    {
                        foreach (var (_, task) in running.Values) task.StopTask();
                        running.Clear();
                        live = null;
                    }
                }
            });
    }

    /// <inheritdoc/>
    public void OnEvent(RunEvent happened)
    {
        lock (gate)
        {
            switch (happened)
            {
                case RunWarning warning:
                    Line("warning: " + warning.Text);
                    break;
                case var _ when detail == Detail.Quiet:
                    break;
                case StatementRun statement when detail == Detail.Verbose:
                    Line(Indent(statement.Text));
                    break;
                case RunNote note:
                    Line("  note: " + note.Text);
                    break;
                case StepStarted step:
                    Begin(step);
                    break;
                case RunProgress progress:
                    Advance(progress);
                    break;
                case StepFinished step:
                    Finish(step);
                    break;
                default:
                    break;
            }
        }
    }

    private void Begin(StepStarted step)
    {
        sinceLine.Restart();
        if (live is null)
        {
            if (detail == Detail.Verbose) Line($"{step.Operation}: {step.Title}");
            return;
        }
        Stop(step.Step);
        var task = live.AddTask(Fit(step.Title));
        task.IsIndeterminate = true;
        running[step.Step] = (step.Title, task);
    }

    private void Advance(RunProgress progress)
    {
        // What belongs to no step by its title belongs to the only one that runs.
        if ((running.Values.FirstOrDefault(r => r.Title == progress.Title).Task ?? (running.Count == 1 ? running.Values.First().Task : null)) is { } task)
        {
            if (progress.Total > 0)
            {
                task.IsIndeterminate = false;
                task.MaxValue = progress.Total;
                task.Value = Math.Min(progress.Done, progress.Total);
            }
            facts.Set(task, Facts(progress));
            return;
        }
        if (live is not null || sinceLine.Elapsed < LineEvery) return;
        sinceLine.Restart();
        Line($"  {progress.Title}: {Facts(progress)}");
    }

    private void Finish(StepFinished step)
    {
        var said = step.Rows > 0 ? $"{Figures.Rows(step.Rows)} in {Human.Duration(step.Elapsed)}" : Human.Duration(step.Elapsed);
        Stop(step.Step);
        // A finished step is a line that stays; only what runs is drawn in place, so that no screen is too short.
        Line($"  {step.Title}: {said}");
    }

    private void Stop(string step)
    {
        if (running.Remove(step, out var shown)) shown.Task.StopTask();
    }

    private static string Facts(RunProgress progress)
    {
        if (!progress.InRows)
        {
            if (progress.Percent < 0) return progress.Remark ?? "";
            return progress.Left is { } rest
                ? string.Create(CultureInfo.InvariantCulture, $"{progress.Percent} %, {Human.Duration(rest)} left")
                : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, progress.Percent)} %");
        }
        var done = progress.Total > 0 ? $"{Human.Count(progress.Done)} of {Figures.Rows(progress.Total)}" : Figures.Rows(progress.Done);
        var remark = progress.Remark is null ? "" : $", {progress.Remark}";
        return progress.Left is { } left
            ? $"{done}, {Figures.Rate(progress.Rate)}, {Human.Duration(left)} left{remark}"
            : $"{done}, {Figures.Rate(progress.Rate)}{remark}";
    }

    private void Line(string text)
    {
        // Not through the console's own wrapping where nobody looks: a log's line stays one line.
        if (terminal.CanDraw) terminal.Error.WriteLine(text);
        else terminal.Error.Profile.Out.Writer.WriteLine(text);
    }

    private static string Fit(string title) => Markup.Escape(title.Length <= 34 ? title : title[..33] + "…");

    private static string Indent(string sql) => "    " + sql.Replace("\n", "\n    ", StringComparison.Ordinal);
}
