using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.Plans;

/// <summary>Does work with another session at its side that repeats a statement until the work has ended.</summary>
internal static class Beside
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(10);

    /// <summary>Runs the work; without a statement it runs alone. What fails at its side is no failure of the work.</summary>
    public static async Task RunAsync(IEngineSession session, Sql? statement, IRunObserver observer, Func<Task> work, CancellationToken token)
    {
        if (statement is null)
        {
            await work().ConfigureAwait(false);
            return;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var beside = RepeatAsync(session, statement, observer, stop.Token);
        try
        {
            await work().ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await beside.ConfigureAwait(false);
        }
    }

    private static async Task RepeatAsync(IEngineSession session, Sql statement, IRunObserver observer, CancellationToken token)
    {
        try
        {
            var apart = await session.OpenAnotherAsync(token).ConfigureAwait(false);
            await using (apart.ConfigureAwait(false))
            {
                while (true)
                {
                    await apart.QueryAsync(statement, _ => 0, token).ConfigureAwait(false);
                    await Task.Delay(Between, token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The work has ended.
        }
        catch (EtlException e)
        {
            if (!token.IsCancellationRequested) observer.OnEvent(new RunNote($"The load goes on without the work beside it: {e.Message}"));
        }
    }
}
