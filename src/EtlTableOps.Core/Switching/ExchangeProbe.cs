using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Tables;

namespace EtlTableOps.Switching;

/// <summary>
/// Asks the server what became of an exchange that is a statement by itself: which object carries the live name now. Two facts must agree, the object's
/// identity and the mark that it brought along; anything else is for a human.
/// </summary>
internal static class ExchangeProbe
{
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(500);

    /// <summary>A new session, as soon as the server answers.</summary>
    public static async Task<IEngineSession> OpenAsync(EtlDatabase database, TableName live, EtlException doubt, IRunObserver observer)
    {
        var asking = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await database.OpenSessionAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (EtlException e) when (asking.Elapsed < AskFor)
            {
                observer.OnEvent(new RunWarning($"The server does not answer yet: {e.Message}"));
            }
            catch (EtlException e)
            {
                throw new EtlException(ErrorCode.OwnershipUnknown, e, live, "the exchange ended in doubt, and the server could not be asked since") { OwnershipUnknown = true, SwapId = doubt.SwapId };
            }
            await Task.Delay(Gap).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the incoming table carries the live name; waits until no statement of the swap is under way.</summary>
    public static async Task<bool> WasDoneAsync(IEngineSession session, ExchangeBlueprint exchange)
    {
        await WaitForEndAsync(session, exchange.SwapId, exchange.Live.Name).ConfigureAwait(false);
        var now = await session.ReadShapeAsync(exchange.Live.Name, CancellationToken.None).ConfigureAwait(false);
        if (now is not null && now.ObjectId == exchange.Incoming.ObjectId && now.Mark == exchange.Incoming.Mark) return true;
        if (now is not null && now.ObjectId == exchange.Live.ObjectId && now.Mark == exchange.Live.Mark) return false;
        throw Unknown(exchange.Live.Name, exchange.SwapId, now);
    }

    /// <summary>The same from the journal's facts alone, for a repair on another machine.</summary>
    /// <param name="session">Asks.</param>
    /// <param name="live">The live name.</param>
    /// <param name="incoming">The name that the incoming table had before.</param>
    /// <param name="mark">The mark that it carries.</param>
    /// <param name="swapId">The swap.</param>
    public static async Task<bool> WasDoneAsync(IEngineSession session, TableName live, TableName incoming, Mark mark, string swapId)
    {
        await WaitForEndAsync(session, swapId, live).ConfigureAwait(false);
        var now = await session.ReadShapeAsync(live, CancellationToken.None).ConfigureAwait(false);
        if (now?.Mark == mark) return true;
        var there = await session.ReadShapeAsync(incoming, CancellationToken.None).ConfigureAwait(false);
        if (now is not null && there?.Mark == mark) return false;
        throw Unknown(live, swapId, now);
    }

    /// <summary>Waits until the server works on no statement of the swap's exchange any more.</summary>
    public static async Task WaitForEndAsync(IEngineSession session, string swapId, TableName live)
    {
        if (session.Dialect.StillRunning(swapId) is not { } question) return;
        var waiting = Stopwatch.StartNew();

        // Asked twice in a row: a statement that was on its way when the connection broke may only then have begun.
        for (var quiet = 0; quiet < 2;)
        {
            var running = (await session.QueryAsync(question, r => Convert.ToInt64(r.GetValue(0), System.Globalization.CultureInfo.InvariantCulture), CancellationToken.None).ConfigureAwait(false))[0];
            quiet = running == 0 ? quiet + 1 : 0;
            if (quiet == 2) return;
            if (waiting.Elapsed > AskFor)
                throw new EtlException(ErrorCode.OwnershipUnknown, live, "the server still works on the exchange") { OwnershipUnknown = true, SwapId = swapId };
            await Task.Delay(Gap).ConfigureAwait(false);
        }
    }

    private static EtlException Unknown(TableName live, string swapId, TableShape? now) =>
        new(ErrorCode.OwnershipUnknown, live, now is null ? "no table has that name" : $"it is neither the table that it was nor the one that was to come (created {now.ObjectId}, mark {now.Mark?.ToString() ?? "none"})") { OwnershipUnknown = true, SwapId = swapId };
}
