using System.Management.Automation;
using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.PowerShell.Pipeline;

/// <summary>
/// The one pump. Work runs on other threads under this cmdlet's token; everything that it has to say is written by the
/// pipeline thread, here. <see cref="StopProcessing"/> only cancels, and whatever ends a cmdlet early (Ctrl+C,
/// <c>Select-Object -First</c>, a preference of Stop) cancels the work and waits for its end, so that none is left behind.
/// </summary>
public abstract class EtlCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly EventQueue events = new();
    private Task running = Task.CompletedTask;
    private bool progressShown;

    /// <summary>Ends what may still run and frees what is held. PowerShell calls it.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ctrl+C: asks the work to end. Never waits.</summary>
    protected override void StopProcessing() => Cancel();

    /// <summary>Ends what may still run and frees what is held.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        // An upstream command that fails ends the pipeline without our EndProcessing: then the work is still there.
        AbandonWork();
        stop.Dispose();
    }

    private protected IRunObserver Observer => events;

    private protected CancellationToken StopToken => stop.Token;

    /// <summary>What the progress bar is titled with.</summary>
    private protected virtual string Activity => MyInvocation.MyCommand.Name;

    /// <summary>Runs work to its end while its events are written, and returns its result.</summary>
    private protected T Await<T>(Func<CancellationToken, Task<T>> work)
    {
        var task = Begin(work);
        Finish(task);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Begins work that goes on between two records.</summary>
    private protected Task<T> Begin<T>(Func<CancellationToken, Task<T>> work)
    {
        var token = stop.Token;
        var task = Task.Run(() => work(token), token);
        running = task;
        return task;
    }

    /// <summary>Writes events until a task ends, however it ends, and takes the progress bar away.</summary>
    private protected void Finish(Task task)
    {
        try
        {
            Wait(task);
        }
        finally
        {
            EndProgress();
        }
    }

    /// <summary>Writes events until a task ends, however it ends.</summary>
    private protected void Wait(Task task)
    {
        try
        {
            events.DrainUntil(task, Write);
        }
        catch
        {
            // A stream's preference or a downstream command ends us from inside a write.
            AbandonWork();
            throw;
        }
    }

    /// <summary>Writes the events that are there, between two records.</summary>
    private protected void WritePending() => events.DrainNow(Write);

    /// <summary>
    /// Runs one record's part. A failure of the operation becomes an error record and the next record goes on; one after which
    /// nothing may be tried again ends the command.
    /// </summary>
    private protected void Attempt(object? target, Action part, bool terminating = false)
    {
        try
        {
            part();
        }
        catch (EtlException e) when (e.Code == ErrorCode.Cancelled && stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (EtlException e)
        {
            var record = ErrorRecords.From(e, target);
            if (terminating || e.OwnershipUnknown) ThrowTerminatingError(record);
            WriteError(record);
        }
    }

    /// <summary>Has something done on the pipeline thread, where alone a script may run, while work goes on on another.</summary>
    private protected async Task<T> AskPipelineAsync<T>(Func<T> answer, CancellationToken token)
    {
        var question = new PipelineQuestion<T>(answer);
        events.OnEvent(question);
        return await question.Answer.WaitAsync(token).ConfigureAwait(false);
    }

    private void Cancel()
    {
        try
        {
            // The callbacks (interrupting a driver) run on other threads: a slow one must not hold up Ctrl+C.
            _ = stop.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // Ctrl+C came as the command ended by itself; there is nothing to stop any more.
        }
    }

    private void AbandonWork()
    {
        if (running.IsCompleted) return;
        Cancel();
        // Its outcome is of no interest any more, but it must be over before the next command runs.
        running.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
            .Wait(CancellationToken.None);
    }

    private void Write(RunEvent happened)
    {
        switch (happened)
        {
            case IPipelineQuestion question:
                question.Ask();
                break;
            case RunProgress progress:
                WriteProgress(Describe(progress));
                progressShown = true;
                break;
            case StepStarted step:
                WriteVerbose($"{step.Operation}: {step.Title} …");
                break;
            case StepFinished step:
                WriteVerbose(step.Rows > 0
                    ? $"{step.Operation}: {step.Title} took {Human.Duration(step.Elapsed)}, {Human.Count(step.Rows)} rows."
                    : $"{step.Operation}: {step.Title} took {Human.Duration(step.Elapsed)}.");
                break;
            case StatementRun statement:
                WriteDebug(statement.Text);
                break;
            case RunNote note:
                WriteVerbose(note.Text);
                break;
            case RunWarning warning:
                WriteWarning(warning.Text);
                break;
        }
    }

    private ProgressRecord Describe(RunProgress progress)
    {
        var status = progress switch
        {
            { InRows: false } => progress.Title,
            { Total: > 0 } => $"{progress.Title}: {Human.Count(progress.Done)} of {Human.Count(progress.Total)} rows, {Human.Count((long)progress.Rate)} rows/s",
            _ => $"{progress.Title}: {Human.Count(progress.Done)} rows, {Human.Count((long)progress.Rate)} rows/s",
        };
        if (progress.Remark is { } remark) status += $", {remark}";
        var record = new ProgressRecord(1, Activity, status)
        {
            PercentComplete = progress.Percent,
        };
        if (progress.Left is { } left) record.SecondsRemaining = (int)Math.Min(left.TotalSeconds, int.MaxValue);
        return record;
    }

    private void EndProgress()
    {
        if (!progressShown) return;
        progressShown = false;
        try
        {
            WriteProgress(new ProgressRecord(1, Activity, "Done") { RecordType = ProgressRecordType.Completed });
        }
        catch (PipelineStoppedException)
        {
            // The pipeline is stopping, and its host takes the bar away itself.
        }
    }
}
