using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>
/// How one side of a comparison is read: where the engine can share the state that a transaction sees, by sessions of its own each time, so that both sides are read at once and a read that
/// is broken off takes nothing else along; else by that transaction's session.
/// </summary>
/// <param name="Session">The session whose transaction holds the state.</param>
/// <param name="Snapshot">The state's name for other sessions; null where it cannot be shared.</param>
internal sealed record ReadSide(IEngineSession Session, string? Snapshot)
{
    /// <summary>The side as it is read in the session's running transaction.</summary>
    public static async Task<ReadSide> OfAsync(IEngineSession session, CancellationToken token) => new(session, await session.ExportSnapshotAsync(token).ConfigureAwait(false));

    /// <summary>A session that sees the side's state, until it is given back.</summary>
    public async Task<ReadLease> RentAsync(CancellationToken token)
    {
        if (Snapshot is null) return new ReadLease(Session, null);
        var apart = await Session.OpenAnotherAsync(token).ConfigureAwait(false);
        try
        {
            return new ReadLease(apart, await apart.BeginAsync(TransactionMode.Snapshot, Snapshot, token).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            var gone = apart.Classify(e) == FailureKind.SnapshotGone;
            await apart.DisposeAsync().ConfigureAwait(false);
            // Nobody else can see the state any more; the transaction itself still does.
            if (gone) return new ReadLease(Session, null);
            throw;
        }
    }

    /// <summary>Rows that both sides' sessions have read by now; null where one cannot say.</summary>
    public static long? CountRows(ReadSide expected, ReadSide actual) => ReferenceEquals(expected.Session, actual.Session) ? expected.Session.RowsRead : expected.Session.RowsRead + actual.Session.RowsRead;

    /// <summary>Reads both sides: at the same time where that is possible, else one after the other.</summary>
    /// <param name="expected">One side.</param>
    /// <param name="actual">The other one.</param>
    /// <param name="read">Reads a side; told whether it is the first.</param>
    /// <param name="token">Cancels both.</param>
    public static async Task<(T Expected, T Actual)> ReadBothAsync<T>(ReadSide expected, ReadSide actual, Func<IEngineSession, bool, CancellationToken, Task<T>> read, CancellationToken token)
    {
        var first = await expected.RentAsync(token).ConfigureAwait(false);
        await using (first.ConfigureAwait(false))
        {
            var second = await actual.RentAsync(token).ConfigureAwait(false);
            await using (second.ConfigureAwait(false))
            {
                if (ReferenceEquals(first.Session, second.Session)) return (await read(first.Session, true, token).ConfigureAwait(false), await read(first.Session, false, token).ConfigureAwait(false));
                var results = new T[2];
                await Plans.SideBySide.RunAsync(2, async (number, stop) => results[number] = await read(number == 0 ? first.Session : second.Session, number == 0, stop).ConfigureAwait(false), token).ConfigureAwait(false);
                return (results[0], results[1]);
            }
        }
    }
}

/// <summary>A session to read with. Giving it back closes it where it was opened for this.</summary>
internal sealed class ReadLease(IEngineSession session, ISessionTransaction? transaction) : IAsyncDisposable
{
    public IEngineSession Session => session;

    public async ValueTask DisposeAsync()
    {
        if (transaction is null) return;
        await transaction.DisposeAsync().ConfigureAwait(false);
        await session.DisposeAsync().ConfigureAwait(false);
    }
}
