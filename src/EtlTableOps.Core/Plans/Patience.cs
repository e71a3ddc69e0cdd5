using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.Plans;

/// <summary>
/// Tries again what a busy database refused. Our statements ask for locks without waiting in a queue, because others would queue behind us; so the
/// waiting is done here, in gaps in which nobody is held up.
/// </summary>
internal static class Patience
{
    /// <summary>How long a step is tried for.</summary>
    private static readonly TimeSpan For = TimeSpan.FromSeconds(60);

    /// <summary>Begins a transaction that writes, once the database is free for it.</summary>
    public static Task<ISessionTransaction> BeginWriteAsync(IEngineSession session, CancellationToken token) =>
        WhileBusyAsync(session, () => session.BeginAsync(TransactionMode.Write, null, token), token);

    /// <summary>Runs something that leaves nothing behind when it fails as busy, until it is done or the patience is at its end.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.LockNotObtained"/> when it stays busy.</exception>
    public static async Task<T> WhileBusyAsync<T>(IEngineSession session, Func<Task<T>> attempt, CancellationToken token, TimeSpan? patience = null)
    {
        var watch = Stopwatch.StartNew();
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (EtlException e) when (!token.IsCancellationRequested && e.Code != ErrorCode.LockNotObtained && session.Classify(e) == FailureKind.Busy)
            {
                if (watch.Elapsed >= (patience ?? For))
                    throw new EtlException(ErrorCode.LockNotObtained, e, session.Info.Database, Human.Duration(patience ?? For), tries, "others, who were not made to wait");
                await Task.Delay(Random.Shared.Next(5, 40), token).ConfigureAwait(false);
            }
        }
    }
}
