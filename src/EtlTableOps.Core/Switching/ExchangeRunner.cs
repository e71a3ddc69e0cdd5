using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Switching;

/// <summary>What differs between a switch and an undo, seen from the exchange.</summary>
internal interface IExchangeWork
{
    /// <summary>
    /// Under the lock: checks what must be true now, and says what else must run. Throws to refuse; null lets the lock go, so that
    /// <see cref="PrepareAgainAsync"/> can do outside what would take too long inside.
    /// </summary>
    Task<LockedWork?> DecideAsync(IEngineSession session, CancellationToken token);

    /// <summary>Outside the lock, before a further try.</summary>
    Task PrepareAgainAsync(CancellationToken token);

    /// <summary>The journal's changes that are committed with the exchange; made before the lock is taken.</summary>
    IReadOnlyList<Sql> JournalWrites(StallReport soFar);

    /// <summary>
    /// Where the exchange is a statement by itself: notes in the journal that it is about to be run, with all that comes after it, so that whoever
    /// finds it interrupted can finish it.
    /// </summary>
    Task AnnounceAsync(CancellationToken token);

    /// <summary>Takes the announcement back after an exchange that was certainly not done, and what was made for it.</summary>
    Task TakeBackAsync(IEngineSession session, CancellationToken token);

    /// <summary>Whether the journal, asked on a new session after a doubtful commit, says that the exchange was done.</summary>
    Task<bool> WasDoneAsync(JournalStore journal, CancellationToken token);
}

/// <summary>Work to do under the lock before the names are exchanged.</summary>
/// <param name="Statements">Statements such as the last catch-up.</param>
/// <param name="Rows">Rows that they concern.</param>
internal sealed record LockedWork(IReadOnlyList<Sql> Statements, long Rows);

/// <summary>
/// Tries for the lock without making others queue, and under it exchanges the names in one transaction with the journal's
/// line. What others may have to wait is bounded by the stall budget, in the wait for the lock and under it.
/// </summary>
internal sealed class ExchangeRunner(EtlDatabase database, TableScope scope, ExchangeBlueprint exchange, IExchangeWork work, IRunObserver observer)
{
    private const int OverBudgetTries = 5;
    private static readonly TimeSpan PoliteFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongHold = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeFor = TimeSpan.FromSeconds(60);
    private readonly Stopwatch watch = new();
    private readonly List<string> heldBefore = [];
    private Dictionary<(string, DateTime), TimeSpan> holders = [];
    private int tries;
    private int overBudget;
    private TimeSpan longestQueue;

    public required string Operation { get; init; }

    public required TimeSpan StallBudget { get; init; }

    public required TimeSpan TryFor { get; init; }

    /// <summary>Exchanges the names and returns what it cost others.</summary>
    public async Task<StallReport> RunAsync(CancellationToken token)
    {
        if (!scope.Session.Capabilities.TransactionalDdl)
            return await new StatementExchange(database, scope, exchange, work, observer) { Operation = Operation, TryFor = TryFor }.RunAsync(token).ConfigureAwait(false);
        var steps = scope.Dialect.Exchange(exchange);
        var locked = steps.Locked.SelectMany(s => s.Statements).ToList();
        observer.OnEvent(new StepStarted(Operation, "exchange", $"Exchange the names: {exchange.Incoming.Name} becomes {exchange.Live.Name}"));
        foreach (var sql in scope.Dialect.LockForExchange(exchange, null).Concat(locked)) observer.OnEvent(new StatementRun(sql.Text));
        watch.Start();
        while (true)
        {
            token.ThrowIfCancellationRequested();
            if (await TryOnceAsync(locked, token).ConfigureAwait(false) is { } report)
            {
                observer.OnEvent(new StepFinished(Operation, "exchange", "Exchange the names", watch.Elapsed, report.RowsDrained));
                return report;
            }
            if (watch.Elapsed >= TryFor)
            {
                throw new EtlException(ErrorCode.LockNotObtained, exchange.Live.Name, Human.Duration(TryFor), tries, heldBefore.Count > 0 ? string.Join("; ", heldBefore) : "(the engine does not say)") { SwapId = exchange.SwapId };
            }
        }
    }

    private async Task<StallReport?> TryOnceAsync(List<Sql> locked, CancellationToken token)
    {
        tries++;
        // Polling makes nobody wait but can starve; after a while short waits are mixed in, each followed by a gap that is
        // longer than the wait, so that others are never held up most of the time. Behind a transaction that has held the table for long
        // a short wait would gain nothing, and others would bear it: there polling alone goes on until it has ended.
        TimeSpan? wait = watch.Elapsed < PoliteFor || tries % 2 == 0 || IsHeldForLong ? null : StallBudget / 2;
        var journal = work.JournalWrites(Report(TimeSpan.Zero, 0));
        var before = (Elapsed: watch.Elapsed, Over: overBudget);
        var letGo = false;
        try
        {
            var transaction = await scope.Session.BeginAsync(TransactionMode.Write, null, token).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await scope.Session.ExecuteAllAsync(scope.Dialect.LockForExchange(exchange, wait), token).ConfigureAwait(false);
                var since = watch.Elapsed;
                if (wait is not null) Longest(since - before.Elapsed);
                if (await UnderLockAsync(locked, journal, token).ConfigureAwait(false) is { } rows)
                {
                    await CommitAsync(transaction).ConfigureAwait(false);
                    Longest(watch.Elapsed - since);
                    return Report(watch.Elapsed - since, rows) with { WaitedSeconds = since.TotalSeconds };
                }
                letGo = true;
            }
        }
        catch (EtlException e) when (scope.Session.Classify(e) == FailureKind.Busy && !token.IsCancellationRequested)
        {
            if (wait is not null) Longest(watch.Elapsed - before.Elapsed);
            await RememberHoldersAsync(token).ConfigureAwait(false);
            var gap = wait is { } waited ? waited * 6 : TimeSpan.FromMilliseconds(Random.Shared.Next(10, 30));
            await Task.Delay(gap, token).ConfigureAwait(false);
        }
        if (letGo)
        {
            // A machine that is busy for a moment is quieter later; and whoever bore this try shall not bear the next one right after it.
            if (overBudget > before.Over) await Task.Delay(TimeSpan.FromSeconds(Math.Min(5, StallBudget.TotalSeconds * 10 * overBudget)), token).ConfigureAwait(false);
            await work.PrepareAgainAsync(token).ConfigureAwait(false);
        }
        return null;
    }

    /// <summary>Everything between lock and commit; null when the lock is to be let go and tried for again.</summary>
    private async Task<long?> UnderLockAsync(List<Sql> locked, IReadOnlyList<Sql> journal, CancellationToken token)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(token);
        budget.CancelAfter(StallBudget);
        try
        {
            await RequireSameTablesAsync(scope.Session, exchange, budget.Token).ConfigureAwait(false);
            if (await work.DecideAsync(scope.Session, budget.Token).ConfigureAwait(false) is not { } first) return null;
            await scope.Session.ExecuteAllAsync([.. first.Statements, .. locked], budget.Token).ConfigureAwait(false);
            foreach (var sql in journal)
            {
                if (await scope.Session.ExecuteAsync(sql, budget.Token).ConfigureAwait(false) != 1)
                    throw new EtlException(ErrorCode.OperationInProgress, exchange.Live.Name, "its journal line was changed by somebody else in the meantime") { SwapId = exchange.SwapId };
            }
            return first.Rows;
        }
        catch (Exception e) when (budget.IsCancellationRequested && !token.IsCancellationRequested && (e is EtlException { Code: ErrorCode.Cancelled } or OperationCanceledException || scope.Session.Classify(e) == FailureKind.TimedOut))
        {
            if (++overBudget < OverBudgetTries) return null;
            throw new EtlException(ErrorCode.StallBudgetExceeded, e, exchange.Live.Name, $"more than {Human.Duration(StallBudget)}, measured {OverBudgetTries} times", Human.Duration(StallBudget),
                "Allow more with -StallBudget, or switch at a quieter time.") { SwapId = exchange.SwapId };
        }
    }

    /// <summary>Refuses when a name of the exchange leads to another object than the one that was planned with.</summary>
    public static async Task RequireSameTablesAsync(IEngineSession session, ExchangeBlueprint exchange, CancellationToken token)
    {
        foreach (var table in new[] { exchange.Live, exchange.Incoming })
        {
            if (await session.ReadObjectIdAsync(table.Name, token).ConfigureAwait(false) != table.ObjectId)
                throw new EtlException(ErrorCode.LiveChanged, table.Name, "another object carries that name now", "Look with Get-TableSwap who did it, then test again.") { SwapId = exchange.SwapId };
        }
    }

    /// <summary>
    /// A commit is not cancelled, and a lost answer is not a failure: the server is asked what is true, once the old session is certainly
    /// gone.
    /// </summary>
    private async Task CommitAsync(ISessionTransaction transaction)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException e) when (scope.Session.Classify(e) == FailureKind.ConnectionLost)
        {
            observer.OnEvent(new RunWarning("The connection was lost while the exchange was committed; asking the server what is true."));
            if (!await ProbeAsync().ConfigureAwait(false))
                throw new EtlException(ErrorCode.ConnectionLost, e, "commit of the exchange", "the server says that it was not done; nothing was changed") { SwapId = exchange.SwapId };
        }
    }

    private async Task<bool> ProbeAsync()
    {
        var probing = Stopwatch.StartNew();
        EtlException? silence = null;
        while (true)
        {
            try
            {
                var session = await database.OpenSessionAsync(CancellationToken.None).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    // The operation's lock ends with the session that held it: having it proves that nothing of that session is under way.
                    var held = await session.TryLockOperationAsync(exchange.Live.Name, CancellationToken.None).ConfigureAwait(false);
                    if (held is not null)
                    {
                        await using (held.ConfigureAwait(false))
                        {
                            return await work.WasDoneAsync(new JournalStore(session, exchange.Live.Name.Schema), CancellationToken.None).ConfigureAwait(false);
                        }
                    }
                }
            }
            catch (EtlException e)
            {
                // Whatever keeps it from answering, as long as it has not answered nobody knows: no other failure may come of it.
                silence = e;
                observer.OnEvent(new RunWarning($"The server does not answer yet: {e.Message}"));
            }
            if (probing.Elapsed >= ProbeFor)
                throw new EtlException(ErrorCode.OwnershipUnknown, silence, exchange.Live.Name, "the connection was lost while the exchange was committed, and the server could not be asked since") { OwnershipUnknown = true, SwapId = exchange.SwapId };
            await Task.Delay(TimeSpan.FromMilliseconds(500)).ConfigureAwait(false);
        }
    }

    /// <summary>Whether one and the same transaction was in the way at every try for some time, by our own clock.</summary>
    private bool IsHeldForLong => holders.Values.Any(since => watch.Elapsed - since >= LongHold);

    private async Task RememberHoldersAsync(CancellationToken token)
    {
        var earlier = holders;
        holders = [];
        foreach (var holder in await scope.Session.FindLockHoldersAsync(exchange.Live, token).ConfigureAwait(false))
        {
            if (holder.Since is { } began) holders[(holder.Session, began)] = earlier.GetValueOrDefault((holder.Session, began), watch.Elapsed);
            var line = holder.ToString();
            if (heldBefore.Count < 10 && !heldBefore.Contains(line)) heldBefore.Add(line);
        }
    }

    private void Longest(TimeSpan queue)
    {
        if (queue > longestQueue) longestQueue = queue;
    }

    private StallReport Report(TimeSpan held, long rows) => new()
    {
        Tries = tries,
        WaitedSeconds = watch.Elapsed.TotalSeconds,
        HeldMilliseconds = held.TotalMilliseconds,
        LongestQueueMilliseconds = longestQueue.TotalMilliseconds,
        HeldBefore = [.. heldBefore],
        RowsDrained = rows,
    };
}
