using EtlTableOps.Engines;

namespace EtlTableOps.Plans;

/// <summary>
/// How long work that keeps other writers out pauses between two pieces, so that they get in: a share of the piece's time while others write, or did so
/// lately, and little otherwise.
/// </summary>
/// <param name="share">The pause as a share of the time that the piece took.</param>
/// <param name="others">A query of one whole number that changes when others have written; null always pauses in full.</param>
internal sealed class Gaps(double share, Sql? others)
{
    /// <summary>Pieces without a write of somebody else's after which the pauses become short.</summary>
    private const int QuietPieces = 20;

    private long? writes;
    private int quiet = QuietPieces;

    /// <summary>Pauses after a piece of work that took so long.</summary>
    public async Task PauseAsync(IEngineSession session, TimeSpan worked, CancellationToken token)
    {
        if (share <= 0) return;
        await Task.Delay(worked * await ShareAsync(session, token).ConfigureAwait(false), token).ConfigureAwait(false);
    }

    private async Task<double> ShareAsync(IEngineSession session, CancellationToken token)
    {
        if (others is null) return share;
        var now = (await session.QueryAsync(others, r => r.GetInt64(0), token).ConfigureAwait(false))[0];
        quiet = writes is null || now == writes ? quiet + 1 : 0;
        writes = now;
        return quiet > QuietPieces ? share / 10 : share;
    }
}
