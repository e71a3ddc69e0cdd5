using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;

namespace EtlTableOps.Plans;

/// <summary>
/// Runs a plan's steps outside the exchange: each in its transaction together with its journal line, or in chunks, and tells the
/// observer.
/// </summary>
internal sealed class StepRunner(IEngineSession session, JournalStore journal, IRunObserver observer, string operation, string swapId)
{
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);

    /// <summary>Rows in all, for progress; -1 when not known.</summary>
    public long TotalRows { get; init; } = -1;

    /// <summary>A statement that makes what is there, or removes what is gone, counts as done; for steps that are repeated.</summary>
    public bool TakesDoneAsDone { get; init; }

    /// <summary>Whose turn it is to write the journal among runners side by side: a line's number follows from the lines that are there.</summary>
    private SemaphoreSlim? Turn { get; init; }

    /// <summary>Runs the steps and returns the rows of those that count.</summary>
    public async Task<long> RunAsync(IEnumerable<PlanStep> steps, CancellationToken token)
    {
        var rows = 0L;
        var all = steps.ToList();
        for (var i = 0; i < all.Count;)
        {
            var step = all[i];
            var abreast = step.Abreast < 2 ? [] : all.Skip(i).TakeWhile(s => s.Abreast == step.Abreast).ToList();
            if (abreast.Count > 1)
            {
                await RunAbreastAsync(abreast, step.Abreast, token).ConfigureAwait(false);
                i += abreast.Count;
                continue;
            }
            var changed = await RunAsync(step, token).ConfigureAwait(false);
            if (step.CountsRows) rows += changed;
            i++;
        }
        return rows;
    }

    /// <summary>Runs one step and returns the rows that it changed.</summary>
    public Task<long> RunAsync(PlanStep step, CancellationToken token) => RunAsync(step, null, token);

    /// <summary>
    /// Runs one step and, in the same transaction, what must be true with it and not without: a change of the swap's own row.
    /// </summary>
    public Task<long> RunAsync(PlanStep step, Func<Task>? within, CancellationToken token)
    {
        Announce(step);
        return RunAnnouncedAsync(step, within, token);
    }

    private async Task RunAbreastAsync(IEnumerable<PlanStep> steps, int sessions, CancellationToken token)
    {
        var waiting = new Queue<PlanStep>(steps);
        using var turn = new SemaphoreSlim(1, 1);
        await SideBySide.RunAsync(Math.Min(sessions, waiting.Count), async (number, stop) =>
        {
            if (number == 0)
            {
                await WorkAsync(session, stop).ConfigureAwait(false);
                return;
            }
            var apart = await session.OpenAnotherAsync(stop).ConfigureAwait(false);
            await using (apart.ConfigureAwait(false)) await WorkAsync(apart, stop).ConfigureAwait(false);
        }, token).ConfigureAwait(false);

        async Task WorkAsync(IEngineSession worker, CancellationToken stop)
        {
            var runner = new StepRunner(worker, journal.On(worker), observer, operation, swapId) { TotalRows = TotalRows, TakesDoneAsDone = TakesDoneAsDone, Turn = turn };
            while (Take() is { } step) await runner.RunAnnouncedAsync(step, null, stop).ConfigureAwait(false);
        }

        PlanStep? Take()
        {
            // Told as they are taken: in the plan's order, whichever session is the first to do something.
            lock (waiting)
            {
                if (!waiting.TryDequeue(out var step)) return null;
                Announce(step);
                return step;
            }
        }
    }

    private void Announce(PlanStep step)
    {
        observer.OnEvent(new StepStarted(operation, step.Name, step.Title));
        foreach (var sql in step.Statements.SelectMany(s => s.All)) observer.OnEvent(new StatementRun(sql.Text));
    }

    private async Task<long> RunAnnouncedAsync(PlanStep step, Func<Task>? within, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var rows = step switch
        {
            { Chunks: { } chunks } => await new ChunkRunner(session, observer, operation, step, chunks, TotalRows).RunAsync(token).ConfigureAwait(false),
            { Scope: StepScope.NoTransaction } => await Patience.WhileBusyAsync(session, () => ExecuteAsync(step, token), token).ConfigureAwait(false),
            _ => -1,
        };
        if (rows < 0)
        {
            rows = await Patience.WhileBusyAsync(session, () => InTransactionAsync(step, within, watch, token), token).ConfigureAwait(false);
        }
        else
        {
            var line = journal.PrepareLine(swapId, operation, step.Name, step.Statements, rows, watch.Elapsed);
            await Patience.WhileBusyAsync(session, () => session.ExecuteAsync(line, token), token).ConfigureAwait(false);
        }
        observer.OnEvent(new StepFinished(operation, step.Name, step.Title, watch.Elapsed, rows));
        return rows;
    }

    private async Task<long> InTransactionAsync(PlanStep step, Func<Task>? within, Stopwatch watch, CancellationToken token)
    {
        var transaction = await session.BeginAsync(TransactionMode.Write, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var rows = await ExecuteAsync(step, token).ConfigureAwait(false);
            if (Turn is not null) await Turn.WaitAsync(token).ConfigureAwait(false);
            try
            {
                await journal.AppendAsync(swapId, operation, step.Name, step.Statements, rows, watch.Elapsed, token).ConfigureAwait(false);
                if (within is not null) await within().ConfigureAwait(false);
                await transaction.CommitAsync(token).ConfigureAwait(false);
            }
            finally
            {
                Turn?.Release();
            }
            return rows;
        }
    }

    private async Task<long> ExecuteAsync(PlanStep step, CancellationToken token)
    {
        if (step.Progress is not { } question) return await ExecuteStatementsAsync(step, token).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var watching = WatchAsync(step, question, stop.Token);
        try
        {
            return await ExecuteStatementsAsync(step, token).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }
    }

    /// <summary>Asks from another session how far a long statement is. What it cannot learn is not shown; the work goes on without.</summary>
    private async Task WatchAsync(PlanStep step, Sql question, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            // Most steps are over before anyone wants to know.
            await Task.Delay(Often, token).ConfigureAwait(false);
            var apart = await session.OpenAnotherAsync(token).ConfigureAwait(false);
            await using (apart.ConfigureAwait(false))
            {
                while (true)
                {
                    var found = await apart.QueryAsync(question, r => (Done: r.GetInt64(0), Total: r.GetInt64(1)), token).ConfigureAwait(false);
                    if (found.Count > 0) observer.OnEvent(new RunProgress(operation, step.Title, found[0].Done, found[0].Total, watch.Elapsed) { InRows = false });
                    await Task.Delay(Often, token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The step has ended.
        }
        catch (EtlException e)
        {
            if (!token.IsCancellationRequested) observer.OnEvent(new RunNote($"No progress of '{step.Title}' can be shown: {e.Message}"));
        }
    }

    private async Task<long> ExecuteStatementsAsync(PlanStep step, CancellationToken token)
    {
        var rows = 0L;
        foreach (var sql in step.Statements)
        {
            try
            {
                rows += await session.ExecuteAsync(sql, token).ConfigureAwait(false);
            }
            catch (EtlException e) when (TakesDoneAsDone && !step.Strict && session.Classify(e) == FailureKind.AlreadySo)
            {
                observer.OnEvent(new RunNote($"Done before: {e.Message}"));
            }
        }
        return rows;
    }
}
