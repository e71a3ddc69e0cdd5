using System.Management.Automation;
using EtlTableOps.Observability;

namespace EtlTableOps.PowerShell.Pipeline;

/// <summary>Something that only the pipeline thread can answer.</summary>
internal interface IPipelineQuestion
{
    /// <summary>On the pipeline thread: answers.</summary>
    void Ask();
}

/// <summary>A question with its answer; a failure to answer is the asker's, a stopped pipeline also the pipeline's own.</summary>
internal sealed record PipelineQuestion<T>(Func<T> Find) : RunEvent, IPipelineQuestion
{
    private readonly TaskCompletionSource<T> found = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer, once it is there.</summary>
    public Task<T> Answer => found.Task;

    public void Ask()
    {
        try
        {
            found.TrySetResult(Find());
        }
        catch (PipelineStoppedException)
        {
            found.TrySetCanceled();
            throw;
        }
        catch (Exception e)
        {
            found.TrySetException(e);
        }
    }
}
