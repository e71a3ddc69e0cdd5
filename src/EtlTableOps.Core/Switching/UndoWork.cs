using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Tables;

namespace EtlTableOps.Switching;

/// <summary>What an undo does under the lock: counts what was written since, and lets the journal say what is live now.</summary>
/// <param name="scope">Where it works.</param>
/// <param name="target">The swap that set the version aside.</param>
/// <param name="since">The exchanges from that swap on, oldest first; each has a log of what was written after it.</param>
/// <param name="force">Goes on although rows would be left behind.</param>
/// <param name="observer">Is told what is taken back.</param>
internal sealed class UndoWork(TableScope scope, SwapRecord target, IReadOnlyList<SwapRecord> since, bool force, IRunObserver observer) : IExchangeWork
{
    public required ExchangeBlueprint Exchange { get; init; }

    /// <summary>
    /// A shadow that is being prepared from the present live table, or null. Going back takes its ground away: its feed ends in the exchange, and
    /// it counts as refuted.
    /// </summary>
    public SwapRecord? Preparing { get; init; }

    /// <summary>What was written since and how it fits into the version; null when there is no way to bring it along.</summary>
    public LaterRows? LaterRows { get; init; }

    /// <summary>Brings the rows written since along; null when there is no way to.</summary>
    public LaterRowsBringer? Later { get; init; }

    /// <summary>Why there is no way to bring them along.</summary>
    public string? WhyNotLater { get; init; }

    /// <summary>The table into which rows go that do not fit into the version; made only when there are any.</summary>
    public TableName? Aside { get; init; }

    /// <summary>Rows that did not fit, as counted under the lock.</summary>
    public long Unfit { get; private set; }

    /// <summary>The exchanges whose logs hold what was written since.</summary>
    public IReadOnlyList<SwapRecord> Since => since;

    /// <summary>The undo's record before the exchange.</summary>
    public SwapRecord? Begun { get; set; }

    /// <summary>The record as the exchange's transaction wrote it.</summary>
    public SwapRecord? Written { get; private set; }

    /// <summary>Rows written under the live name since the version was set aside; -1 when a log of that time is gone, or the table was emptied at once and nothing tells which rows went.</summary>
    public async Task<long> CountWrittenAsync(IEngineSession session, CancellationToken token)
    {
        var (rows, emptied) = await CountLoggedAsync(session, since, Exchange.Live.Name, token).ConfigureAwait(false);
        if (rows < 0 || !emptied) return rows;
        return Later is null ? -1 : rows + await Later.CountEmptiedAsync(session, token).ConfigureAwait(false);
    }

    /// <summary>Rows that are logged after these exchanges, -1 when a log of that time is gone; and whether the table was emptied at once, of which no row is logged.</summary>
    /// <param name="session">Reads the logs.</param>
    /// <param name="since">The exchanges, oldest first.</param>
    /// <param name="live">The live name while the last of them is the present one; null when it was exchanged too.</param>
    /// <param name="token">Cancels the reading.</param>
    public static async Task<(long Rows, bool Emptied)> CountLoggedAsync(IEngineSession session, IReadOnlyList<SwapRecord> since, TableName? live, CancellationToken token)
    {
        var rows = 0L;
        var emptied = false;
        foreach (var swap in since)
        {
            if (swap.Details.GuardLog is not { } log) return (-1, emptied);
            var open = live is not null && swap == since[^1];
            var state = await session.ReadLogAsync(open ? log with { Watched = live! } : log with { Ended = true }, token).ConfigureAwait(false);
            if (state.Broken) return (-1, emptied);
            rows += state.Keys;
            emptied |= state.EmptiedAt > 0;
        }
        return (rows, emptied);
    }

    /// <summary>Refuses when rows would be left behind and nobody said that this is fine; returns the number of rows written since.</summary>
    public async Task<long> RefuseLossAsync(IEngineSession session, CancellationToken token)
    {
        var rows = await CountWrittenAsync(session, token).ConfigureAwait(false);
        if (rows == 0 || force) return rows;
        if (rows < 0 && since.FirstOrDefault(r => r.Details.LogEndedAt is not null)?.Details.LogEndedAt is { } ended)
            throw Refusal("An unknown number of", string.Create(CultureInfo.InvariantCulture, $" (since {ended:yyyy-MM-dd HH:mm:ss} UTC, as -Undoable said, their keys have not been logged, so that they can be neither kept nor counted; Compare-Table shows in which rows both tables differ)"));
        if (rows < 0) throw Refusal("An unknown number of", " (the log that would know is gone, or the table was emptied at once and there is no way to tell which rows went, or triggers of the log were disabled or dropped meanwhile)");
        if (Later is null) throw Refusal(rows.ToString(CultureInfo.InvariantCulture), $" ({WhyNotLater})");
        await RefuseUnfitAsync(session, token).ConfigureAwait(false);
        return rows;
    }

    private async Task RefuseUnfitAsync(IEngineSession session, CancellationToken token)
    {
        var (unfit, why) = await Later!.CountUnfitAsync(session, token).ConfigureAwait(false);
        if (unfit > 0) throw Refusal(unfit.ToString(CultureInfo.InvariantCulture), $" ({why})");
    }

    private EtlException Refusal(string rows, string why) =>
        new(ErrorCode.RowsWrittenSince, rows, Exchange.Live.Name, Exchange.Version, why) { SwapId = target.Id };

    public async Task<LockedWork?> DecideAsync(IEngineSession session, CancellationToken token)
    {
        // Whoever accepts the loss does not need its number under the lock: nobody adds to the logs after the exchange, and counting
        // them can take longer than anybody should wait.
        if (Later is null)
        {
            if (!force) await RefuseLossAsync(session, token).ConfigureAwait(false);
            return new LockedWork([], 0);
        }
        if ((await CountLoggedAsync(session, since, Exchange.Live.Name, token).ConfigureAwait(false)).Rows < 0 && !force) throw Refusal("An unknown number of", " (rows changed in a way that left no key to find them by, or triggers of the log were disabled or dropped meanwhile)");
        if (await Later.LastAsync(session, null, token).ConfigureAwait(false) is not { } last) return null;
        if (!force) await RefuseUnfitAsync(session, token).ConfigureAwait(false);
        else Unfit = (await Later.CountUnfitAsync(session, token).ConfigureAwait(false)).Rows;
        return Unfit == 0 ? last : await Later.LastAsync(session, Aside, token).ConfigureAwait(false);
    }

    public Task PrepareAgainAsync(CancellationToken token) => Later?.BringAsync(token) ?? Task.CompletedTask;

    public IReadOnlyList<Sql> JournalWrites(StallReport soFar)
    {
        var steps = scope.Dialect.Exchange(Exchange);
        var (own, written) = scope.Journal.PrepareUpdate(Begun! with
        {
            State = SwapState.Switched,
            VersionTable = Exchange.Version,
            Version = VersionState.Kept,
            Details = Begun!.Details with
            {
                OutgoingNames = Exchange.OutgoingNames,
                SwitchedAt = DateTime.UtcNow,
                UndoableUntil = SwapDetails.EndOfLog(null, scope.Dialect.LaterRows is not null),
                Stall = soFar,
                Pending = SwapFinisher.Pending(steps.After),
                TakeBack = [],
            },
        });
        Written = written;
        var others = TakenBack(target, since, Preparing, Exchange.SwapId).Select(r => scope.Journal.PrepareUpdate(r).Sql);
        var line = scope.Journal.PrepareLine(Begun!.Id, "undo", "exchange", steps.Locked.SelectMany(s => s.Statements), 0, TimeSpan.FromSeconds(soFar.WaitedSeconds));
        return [own, .. others, line];
    }

    /// <summary>What going back to a version takes back, as the journal has it afterwards: swaps, and a shadow whose ground is gone.</summary>
    public static IEnumerable<SwapRecord> TakenBack(SwapRecord target, IEnumerable<SwapRecord> since, SwapRecord? preparing, string undoId)
    {
        foreach (var swap in since.Where(r => r.State == SwapState.Switched || r.Id == target.Id))
        {
            yield return swap with { State = SwapState.Undone, Version = swap.Id == target.Id ? VersionState.Restored : swap.Version };
        }
        if (preparing is null) yield break;
        yield return preparing with
        {
            State = preparing.State == SwapState.Building ? SwapState.Building : SwapState.Refuted,
            Details = preparing.Details with { Feed = FeedKind.None, FeedLog = null, Proof = null, LastError = $"the live table was exchanged by undo {undoId}" },
        };
    }

    public async Task AnnounceAsync(CancellationToken token)
    {
        var steps = scope.Dialect.Exchange(Exchange);
        Begun = await scope.Journal.SaveAsync(Begun! with
        {
            State = SwapState.Switching,
            VersionTable = Exchange.Version,
            Details = Begun!.Details with { OutgoingNames = Exchange.OutgoingNames, Pending = SwapFinisher.Pending(steps.After), TakeBack = SwapFinisher.Pending(steps.TakeBack) },
        }, token).ConfigureAwait(false);
    }

    public async Task TakeBackAsync(IEngineSession session, CancellationToken token)
    {
        var journal = scope.Journal.On(session);
        Begun = await journal.SaveAsync(SwapFinisher.NotDone(Begun!), token).ConfigureAwait(false);
        Begun = await SwapFinisher.FinishAsync(session, journal, Begun, "undo", observer, token).ConfigureAwait(false);
    }

    public async Task<bool> WasDoneAsync(JournalStore journal, CancellationToken token) =>
        (await journal.ReadAsync(Exchange.SwapId, token).ConfigureAwait(false))?.State == SwapState.Switched;
}
