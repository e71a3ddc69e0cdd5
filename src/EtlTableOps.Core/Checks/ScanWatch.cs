using System.Diagnostics;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks;

/// <summary>
/// Tells while both sides are read how long it has taken, and how far it is where the engine counts: a scan is one statement, of which most engines say nothing before its end.
/// </summary>
internal static class ScanWatch
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(500);

    /// <summary>Reads, and tells meanwhile.</summary>
    /// <param name="observer">Is told.</param>
    /// <param name="operation">What is done.</param>
    /// <param name="title">The step, for people.</param>
    /// <param name="rows">About so many rows are read; -1 when nobody knows.</param>
    /// <param name="counted">Rows that were read by now; null where that cannot be asked.</param>
    /// <param name="read">The reading.</param>
    public static async Task<T> TellAsync<T>(IRunObserver observer, string operation, string title, long rows, Func<long?> counted, Func<Task<T>> read)
    {
        using var stop = new CancellationTokenSource();
        var telling = TellAsync(observer, operation, title, rows, counted, stop.Token);
        try
        {
            return await read().ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await telling.ConfigureAwait(false);
        }
    }

    private static async Task TellAsync(IRunObserver observer, string operation, string title, long rows, Func<long?> counted, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var before = counted();
        while (true)
        {
            try
            {
                await Task.Delay(Often, token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            observer.OnEvent(counted() - before is { } done
                ? new RunProgress(operation, title, done, Math.Max(rows, done), watch.Elapsed)
                : new RunProgress(operation, title, 0, -1, watch.Elapsed) { InRows = false, Remark = $"{Human.Duration(watch.Elapsed)} so far{(rows > 0 ? $", about {Human.Count(rows)} rows to read" : "")}" });
        }
    }
}
