using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Plans;

/// <summary>
/// Tries again what a busy database refused. Our statements ask for locks without waiting in a queue, because others would queue behind us; so the
/// waiting is done here, in gaps in which nobody is held up.
/// </summary>
internal static class Patience
{
    /// <summary>How long a step is tried for.</summary>
    private static readonly TimeSpan For = TimeSpan.FromSeconds(60);

    /// <summary>Runs something that leaves nothing behind when it fails as busy, until it is done or the patience is at its end.</summary>
    public static async Task<T> WhileBusyAsync<T>(IEngineSession session, Func<Task<T>> attempt, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (EtlException e) when (watch.Elapsed < For && !token.IsCancellationRequested && session.Classify(e) == FailureKind.Busy)
            {
                await Task.Delay(Random.Shared.Next(5, 40), token).ConfigureAwait(false);
            }
        }
    }
}
