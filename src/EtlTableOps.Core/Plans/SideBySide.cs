using System.Runtime.ExceptionServices;

namespace EtlTableOps.Plans;

/// <summary>Runs pieces of work at once that are worth nothing without each other.</summary>
internal static class SideBySide
{
    /// <summary>
    /// Runs the work <paramref name="count"/> times at once, each with its number from 0 on, and returns when all have ended. When one fails the
    /// others are cancelled, and it is its failure that is thrown and not theirs.
    /// </summary>
    public static async Task RunAsync(int count, Func<int, CancellationToken, Task> work, CancellationToken token)
    {
        ExceptionDispatchInfo? first = null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        await Task.WhenAll(Enumerable.Range(0, count).Select(RunOneAsync)).ConfigureAwait(false);
        first?.Throw();

        async Task RunOneAsync(int number)
        {
            try
            {
                await work(number, stop.Token).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref first, ExceptionDispatchInfo.Capture(e), null);
                await stop.CancelAsync().ConfigureAwait(false);
            }
        }
    }
}
