using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>Reads two sides of one state at the same time, where the engine lets a second session see what the first one sees; else one after the other.</summary>
internal static class BothSides
{
    /// <summary>Reads both. When one fails, the other is cancelled and has ended before the failure is thrown.</summary>
    /// <param name="session">A session in a transaction of <see cref="TransactionMode.Snapshot"/>, which reads the first.</param>
    /// <param name="first">Reads one side.</param>
    /// <param name="second">Reads the other one, on whichever session it is given.</param>
    /// <param name="token">Cancels both.</param>
    public static async Task<(TFirst First, TSecond Second)> ReadAsync<TFirst, TSecond>(
        IEngineSession session, Func<IEngineSession, CancellationToken, Task<TFirst>> first, Func<IEngineSession, CancellationToken, Task<TSecond>> second, CancellationToken token)
        where TSecond : class
    {
        var snapshot = await session.ExportSnapshotAsync(token).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var apart = snapshot is null ? null : ReadApartAsync(session, snapshot, second, stop.Token);
        try
        {
            var one = await first(session, token).ConfigureAwait(false);
            var other = apart is null ? null : await apart.ConfigureAwait(false);
            return (one, other ?? await second(session, token).ConfigureAwait(false));
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            if (apart is not null) await apart.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Null when the state is not kept for a second reader any more.</summary>
    private static async Task<T?> ReadApartAsync<T>(IEngineSession session, string snapshot, Func<IEngineSession, CancellationToken, Task<T>> read, CancellationToken token)
        where T : class
    {
        var apart = await session.OpenAnotherAsync(token).ConfigureAwait(false);
        await using (apart.ConfigureAwait(false))
        {
            ISessionTransaction transaction;
            try
            {
                transaction = await apart.BeginAsync(TransactionMode.Snapshot, snapshot, token).ConfigureAwait(false);
            }
            catch (Exception e) when (apart.Classify(e) == FailureKind.SnapshotGone)
            {
                return null;
            }
            await using (transaction.ConfigureAwait(false))
            {
                return await read(apart, token).ConfigureAwait(false);
            }
        }
    }
}
