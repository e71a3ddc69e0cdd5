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
    /// <summary>
    /// While others write a gap is at least as long as the longest sleep of somebody who has waited for a piece of work by asking again and again, so
    /// that nobody sleeps through it.
    /// </summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(25);

    /// <summary>Pieces without a write of somebody else's after which the pauses become short.</summary>
    private const int QuietPieces = 20;

    private long? writes;
    private int quiet = QuietPieces;

    /// <summary>Pauses after a piece of work that took so long.</summary>
    public async Task PauseAsync(IEngineSession session, TimeSpan worked, CancellationToken token)
    {
        if (share <= 0) return;
        var pause = worked * share;
        if (others is null || await IsQuietAsync(session, others, token).ConfigureAwait(false)) pause = others is null ? pause : pause / 10;
        else if (pause < LongestSleep) pause = LongestSleep;
        await Task.Delay(pause, token).ConfigureAwait(false);
    }

    private async Task<bool> IsQuietAsync(IEngineSession session, Sql question, CancellationToken token)
    {
        var now = (await session.QueryAsync(question, r => r.GetInt64(0), token).ConfigureAwait(false))[0];
        quiet = writes is null || now == writes ? quiet + 1 : 0;
        writes = now;
        return quiet > QuietPieces;
    }
}
