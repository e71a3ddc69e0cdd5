using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;

namespace EtlTableOps.Switching;

/// <summary>
/// Waits, before an exchange and without any lock, for transactions that read a state from before the incoming table was filled: they would find it empty under the live name.
/// </summary>
/// <param name="scope">Where it works.</param>
/// <param name="observer">Is told for whom it waits.</param>
internal sealed class OldSnapshotWait(TableScope scope, IRunObserver observer)
{
    /// <summary>Rows that came into the incoming table of late and are too few to wait for whoever does not see them; as many as may be brought over under the lock.</summary>
    public const long Few = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>A moment before which nobody may have begun to read; null where that does not matter.</summary>
    public async Task<string?> NowAsync(CancellationToken token) =>
        scope.Session.OldSnapshots is { } snapshots ? await snapshots.ReadMomentAsync(token).ConfigureAwait(false) : null;

    /// <summary>Waits until nobody reads a state from before the moment, and says for whom it waited.</summary>
    /// <param name="swapId">The swap.</param>
    /// <param name="moment">The moment; null for none.</param>
    /// <param name="tryFor">How long at most.</param>
    /// <param name="ignore">Looks once, waits for nobody and goes on.</param>
    /// <param name="token">Cancels.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.OldSnapshots"/> when they do not end.</exception>
    public async Task<IReadOnlyList<string>> WaitAsync(string swapId, string? moment, TimeSpan tryFor, bool ignore, CancellationToken token)
    {
        if (scope.Session.OldSnapshots is not { } snapshots || moment is null) return [];
        var found = await snapshots.FindOlderAsync(scope.Live, moment, token).ConfigureAwait(false);
        if (found.Count == 0) return [];
        var names = found.Select(h => h.ToString()).ToList();
        if (ignore)
        {
            observer.OnEvent(new RunWarning($"These transactions read an older state and may find rows of {scope.Live.Name} missing, or none in it, until they end: {string.Join("; ", names)}"));
            return names;
        }
        observer.OnEvent(new RunWarning($"Waiting for transactions that read a state from before {scope.Live.Name}'s new rows: {string.Join("; ", names)}"));
        for (var watch = Stopwatch.StartNew(); found.Count > 0;)
        {
            if (watch.Elapsed >= tryFor)
                throw new EtlException(ErrorCode.OldSnapshots, scope.Live.Name, Human.Duration(tryFor), string.Join("; ", found)) { SwapId = swapId };
            await Task.Delay(Pause, token).ConfigureAwait(false);

            // One that is once not found holds no such state, and whoever comes in addition holds a newer one: so only those remain that are found each time.
            var again = (await snapshots.FindOlderAsync(scope.Live, moment, token).ConfigureAwait(false)).Select(h => (h.Session, h.Since)).ToHashSet();
            found = [.. found.Where(h => again.Contains((h.Session, h.Since)))];
        }
        return names;
    }
}
