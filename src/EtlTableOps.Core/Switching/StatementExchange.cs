using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Switching;

/// <summary>
/// The exchange on an engine whose DDL takes part in no transaction: the journal announces it, one statement exchanges the names, the journal says
/// that it was done. A second such statement would take the first one back, so after anything but a plain success the server is asked which
/// object carries the live name, and nothing is repeated before that is known (promise 7). An overwrite is no DDL: it is one transaction with the journal's line, so the journal
/// is what is asked.
/// </summary>
internal sealed class StatementExchange(EtlDatabase database, TableScope scope, ExchangeBlueprint exchange, IExchangeWork work, IRunObserver observer)
{
    private const string Step = "exchange";
    private static readonly TimeSpan RestGap = TimeSpan.FromMilliseconds(500);

    private readonly Stopwatch watch = new();
    private int tries;
    private long lastDrained;

    public required string Operation { get; init; }

    public required TimeSpan TryFor { get; init; }

    /// <summary>Exchanges the names and returns what it cost others.</summary>
    public async Task<StallReport> RunAsync(CancellationToken token)
    {
        var title = Overwrites ? $"Overwrite {exchange.Live.Name} with the rows of {exchange.Incoming.Name}" : $"Exchange the names: {exchange.Incoming.Name} becomes {exchange.Live.Name}";
        var steps = scope.Dialect.Exchange(exchange);
        var statements = steps.Locked.SelectMany(s => s.Statements).ToList();
        observer.OnEvent(new StepStarted(Operation, Step, title));
        foreach (var sql in statements) observer.OnEvent(new StatementRun(sql.Text));
        watch.Start();
        var drained = await PrepareAsync(token).ConfigureAwait(false);
        await ExchangeRunner.RequireSameTablesAsync(scope.Session, exchange, token).ConfigureAwait(false);
        foreach (var check in scope.Dialect.ExchangeChecks(exchange))
        {
            var lost = (await scope.Session.QueryAsync(check.CountViolations, r => Convert.ToInt64(r.GetValue(0), System.Globalization.CultureInfo.InvariantCulture), token).ConfigureAwait(false))[0];
            if (lost > 0) throw new EtlException(ErrorCode.CannotCarryOver, check.Name, check.Meaning, "Consume or wait for what is outstanding, then run the command again; nothing was changed.") { SwapId = exchange.SwapId };
        }
        await work.AnnounceAsync(token).ConfigureAwait(false);
        await BringToRestAsync(token).ConfigureAwait(false);
        while (true)
        {
            tries++;
            var before = watch.Elapsed;
            if (await TryAsync(statements, token).ConfigureAwait(false) is not { } journal)
            {
                await PauseAsync(token).ConfigureAwait(false);
                continue;
            }
            var report = new StallReport
            {
                Tries = tries,
                WaitedSeconds = before.TotalSeconds,
                HeldMilliseconds = (watch.Elapsed - before).TotalMilliseconds,
                RowsDrained = drained + lastDrained,
            };
            if (!Overwrites) await ConcludeAsync(journal, report).ConfigureAwait(false);
            else if (journal != scope.Session) await journal.DisposeAsync().ConfigureAwait(false);
            observer.OnEvent(new StepFinished(Operation, Step, title, watch.Elapsed, report.RowsDrained));
            return report;
        }
    }

    private bool Overwrites => exchange.Method == ExchangeMethod.Overwrite;

    /// <summary>Brings the last changes over, as far as that can be done before the names are exchanged; returns how many.</summary>
    private async Task<long> PrepareAsync(CancellationToken token)
    {
        while (true)
        {
            token.ThrowIfCancellationRequested();
            if (await work.DecideAsync(scope.Session, token).ConfigureAwait(false) is { } first)
            {
                if (first.Statements.Count == 0) return first.Rows;
                var transaction = await scope.Session.BeginAsync(TransactionMode.SnapshotWrite, null, token).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    await scope.Session.ExecuteAllAsync(first.Statements, token).ConfigureAwait(false);
                    await transaction.CommitAsync(token).ConfigureAwait(false);
                }
                if (exchange.Guard is { } guard) await scope.Session.ExecuteAllAsync(scope.Dialect.SettleLog(guard), token).ConfigureAwait(false);
                return first.Rows;
            }
            await work.PrepareAgainAsync(token).ConfigureAwait(false);
        }
    }

    /// <summary>Does what the exchange needs and cannot have in it, and waits until all that was stopped has come to rest. What fails here leaves the names, and is taken back.</summary>
    private async Task BringToRestAsync(CancellationToken token)
    {
        var steps = scope.Dialect.Exchange(exchange);
        try
        {
            await new StepRunner(scope.Session, scope.Journal, observer, Operation, exchange.SwapId).RunAsync(steps.Before, token).ConfigureAwait(false);
            var waiting = Stopwatch.StartNew();
            foreach (var check in steps.Rest)
            {
                while ((await scope.Session.QueryAsync(check.CountViolations, r => Convert.ToInt64(r.GetValue(0), System.Globalization.CultureInfo.InvariantCulture), token).ConfigureAwait(false))[0] > 0)
                {
                    if (waiting.Elapsed >= TryFor)
                        throw new EtlException(ErrorCode.CannotCarryOver, check.Name, check.Meaning, "Wait until it has come to rest, or give it longer (-TryFor, --try-for), then run the command again; the names are as they were.") { SwapId = exchange.SwapId };
                    await Task.Delay(RestGap, token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException e)
        {
            var cancelled = new EtlException(ErrorCode.Cancelled, e) { SwapId = exchange.SwapId };
            await TakeBackAsync(scope.Session, cancelled).ConfigureAwait(false);
            throw cancelled;
        }
        catch (EtlException e)
        {
            await TakeBackAsync(scope.Session, e).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A gap before the next try. Who gives up here has a shadow that is proven still.</summary>
    private async Task PauseAsync(CancellationToken token)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200 * Math.Min(tries, 10)), token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            var cancelled = new EtlException(ErrorCode.Cancelled, e) { SwapId = exchange.SwapId };
            await TakeBackAsync(scope.Session, cancelled).ConfigureAwait(false);
            throw cancelled;
        }
    }

    /// <summary>
    /// Runs the statement once. Returns the session on which the journal is to be written: ours, or a new one after a doubt; null when the table was busy and it
    /// was certainly not done.
    /// </summary>
    private async Task<IEngineSession?> TryAsync(List<Sql> statements, CancellationToken token)
    {
        try
        {
            if (Overwrites) await OverwriteAsync(statements, token).ConfigureAwait(false);
            else await scope.Session.ExecuteAllAsync(statements, token).ConfigureAwait(false);
            return scope.Session;
        }
        catch (EtlException e)
        {
            observer.OnEvent(new RunWarning($"The exchange did not end plainly ({e.Code}); asking the server {(Overwrites ? "whether the journal says that it was done" : "which table carries the name")}."));
            var session = await ExchangeProbe.OpenAsync(database, exchange.Live.Name, e, observer).ConfigureAwait(false);
            if (await WasDoneAsync(session).ConfigureAwait(false)) return session;
            await using (session.ConfigureAwait(false))
            {
                var busy = scope.Session.Classify(e) == FailureKind.Busy;
                if (busy && watch.Elapsed < TryFor && !token.IsCancellationRequested) return null;
                await TakeBackAsync(session, e).ConfigureAwait(false);
                if (!busy || token.IsCancellationRequested) throw;
                throw new EtlException(ErrorCode.LockNotObtained, e, exchange.Live.Name, Human.Duration(TryFor), tries, e.Cause) { SwapId = exchange.SwapId };
            }
        }
    }

    /// <summary>The rows and the journal's line in one transaction. Its commit is not cancelled.</summary>
    private async Task OverwriteAsync(List<Sql> statements, CancellationToken token)
    {
        var transaction = await scope.Session.BeginAsync(TransactionMode.Write, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // Once more, so that next to nothing is left to be brought over afterwards, when consumers would miss it for a moment.
            if (exchange is { Feed: not null, Change: not null } && await work.DecideAsync(scope.Session, token).ConfigureAwait(false) is { } last)
            {
                await scope.Session.ExecuteAllAsync(last.Statements, token).ConfigureAwait(false);
                lastDrained = last.Rows;
            }
            await scope.Session.ExecuteAllAsync(statements, token).ConfigureAwait(false);
            await WriteJournalAsync(scope.Session, new StallReport { Tries = tries, WaitedSeconds = watch.Elapsed.TotalSeconds }).ConfigureAwait(false);
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task WriteJournalAsync(IEngineSession session, StallReport report)
    {
        foreach (var sql in work.JournalWrites(report))
        {
            if (await session.ExecuteAsync(sql, CancellationToken.None).ConfigureAwait(false) != 1)
                throw new EtlException(ErrorCode.OperationInProgress, exchange.Live.Name, "its journal line was changed by somebody else in the meantime") { SwapId = exchange.SwapId };
        }
    }

    private async Task<bool> WasDoneAsync(IEngineSession session)
    {
        try
        {
            if (!Overwrites) return await ExchangeProbe.WasDoneAsync(session, exchange).ConfigureAwait(false);
            await ExchangeProbe.WaitForEndAsync(session, exchange.SwapId, exchange.Live.Name).ConfigureAwait(false);
            return await work.WasDoneAsync(new JournalStore(session, exchange.Live.Name.Schema), CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException e)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            if (e.OwnershipUnknown) throw;
            throw new EtlException(ErrorCode.OwnershipUnknown, e, exchange.Live.Name, e.Message) { OwnershipUnknown = true, SwapId = exchange.SwapId };
        }
    }

    /// <summary>
    /// What was announced is certainly not done. If not even that can be written, a repair finds it out once more. The journal's row is changed first: as long as an overwrite's
    /// transaction is open somewhere, it holds that row, so what was made for it is never taken away from under it.
    /// </summary>
    private async Task TakeBackAsync(IEngineSession session, EtlException failure)
    {
        try
        {
            await work.TakeBackAsync(session, CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException e)
        {
            failure.TellDurableChange();
            observer.OnEvent(new RunWarning($"The exchange was not done, but the journal could not be told ({e.Message}). Run Repair-TableSwap."));
        }
    }

    /// <summary>The journal learns that the exchange was done. Not cancelled: what is true must be written down.</summary>
    private async Task ConcludeAsync(IEngineSession session, StallReport report)
    {
        try
        {
            var transaction = await session.BeginAsync(TransactionMode.Write, null, CancellationToken.None).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await WriteJournalAsync(session, report).ConfigureAwait(false);
                await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (EtlException e)
        {
            throw new EtlException(ErrorCode.CleanUpPending, e, exchange.Live.Name, e.Message) { DurableChangeMade = true, SwapId = exchange.SwapId };
        }
        finally
        {
            if (session != scope.Session) await session.DisposeAsync().ConfigureAwait(false);
        }
    }
}
