using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.Journal;

/// <summary>
/// What an operation works with: a session, the live table as it is now, its journal, and, where the operation changes something,
/// the lock that keeps other operations of ours away.
/// </summary>
internal sealed class TableScope : IAsyncDisposable
{
    private readonly IAsyncDisposable? held;

    private TableScope(IEngineSession session, TableShape live, JournalStore journal, bool journalExists, IAsyncDisposable? held)
    {
        Session = session;
        Live = live;
        Journal = journal;
        JournalExists = journalExists;
        this.held = held;
    }

    public IEngineSession Session { get; }

    public IDialect Dialect => Session.Dialect;

    public TableShape Live { get; }

    public JournalStore Journal { get; }

    public bool JournalExists { get; }

    /// <summary>Opens a scope that only reads.</summary>
    public static Task<TableScope> ReadAsync(EtlDatabase database, string table, CancellationToken token) =>
        OpenAsync(database, dialect => TableName.Parse(table, dialect.Folding), null, token);

    /// <summary>Opens a scope for work on a table that was planned; refuses when another operation works on it.</summary>
    public static Task<TableScope> WorkAsync(EtlDatabase database, TableName live, string operation, CancellationToken token) =>
        OpenAsync(database, _ => live, operation, token);

    /// <summary>The swaps of this live table, newest first; none where there is no journal yet.</summary>
    public async Task<IReadOnlyList<SwapRecord>> SwapsAsync(CancellationToken token) =>
        JournalExists ? await Journal.ListAsync(Live.Name, token).ConfigureAwait(false) : [];

    /// <summary>The shadow that is being prepared, in whatever state; null when there is none.</summary>
    public async Task<SwapRecord?> FindShadowAsync(CancellationToken token)
    {
        var swaps = await SwapsAsync(token).ConfigureAwait(false);
        return swaps.FirstOrDefault(s => s is { Operation: SwapOperation.Switch, State: SwapState.Building or SwapState.Built or SwapState.Proven or SwapState.Refuted });
    }

    /// <summary>
    /// Refuses while an exchange is in doubt, or, where its rest is not one transaction, unfinished: what would be begun now could get the names that the
    /// rest still has to deal with.
    /// </summary>
    public async Task RefuseUnfinishedAsync(CancellationToken token)
    {
        var unfinished = (await SwapsAsync(token).ConfigureAwait(false)).FirstOrDefault(s =>
            s.State == SwapState.Switching || (s.State is SwapState.Switched or SwapState.Proven && s.Details.Pending.Count > 0 && !Session.Capabilities.TransactionalDdl));
        if (unfinished is not null)
        {
            throw new EtlException(ErrorCode.WrongState, unfinished.Id, Live.Name, "an exchange that was interrupted or is under way", "finished",
                "If its process is dead, run Repair-TableSwap: it asks the database which table is live, then finishes or takes back.") { SwapId = unfinished.Id };
        }
    }

    /// <summary>The shadow, which must be there and built.</summary>
    public async Task<SwapRecord> RequireShadowAsync(CancellationToken token)
    {
        await RefuseUnfinishedAsync(token).ConfigureAwait(false);
        var record = await FindShadowAsync(token).ConfigureAwait(false)
            ?? throw new EtlException(ErrorCode.NoShadow, Live.Name);
        if (record.State == SwapState.Building)
        {
            throw new EtlException(ErrorCode.WrongState, record.Id, Live.Name, "still being built, or its build was interrupted", "built",
                "Wait for the build to end; if its process is dead, run Repair-TableSwap and build anew.") { SwapId = record.Id };
        }
        if (record.Details.Importing is { } import)
        {
            throw new EtlException(ErrorCode.WrongState, record.Id, Live.Name, $"taking an import of {import.Source}, or that import was interrupted", "whole",
                "Wait for the import to end; if its process is dead, run Repair-TableSwap: it takes back what came in.") { SwapId = record.Id };
        }
        return record;
    }

    /// <summary>A table that must be there.</summary>
    public async Task<TableShape> RequireTableAsync(TableName name, CancellationToken token) =>
        await Session.ReadShapeAsync(name, token).ConfigureAwait(false)
        ?? throw new EtlException(ErrorCode.TableNotFound, name, Session.Info.Display);

    /// <summary>Reads a record again and refuses when it is not the one that was planned with.</summary>
    public async Task<SwapRecord> RereadAsync(SwapRecord planned, CancellationToken token)
    {
        var now = await Journal.ReadAsync(planned.Id, token).ConfigureAwait(false);
        if (now?.Revision != planned.Revision)
        {
            throw new EtlException(ErrorCode.OperationInProgress, Live.Name,
                now is null ? "its journal line is gone" : JournalStore.ChangedBy(now)) { SwapId = planned.Id };
        }
        return now;
    }

    public async ValueTask DisposeAsync()
    {
        if (held is not null) await held.DisposeAsync().ConfigureAwait(false);
        await Session.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Takes the operation's lock, or refuses by the name of who has it: not whom the journal has last, who may have written nothing yet.</summary>
    private static async Task<IAsyncDisposable> LockAsync(IEngineSession session, TableName live, string operation, CancellationToken token)
    {
        for (var tries = 1; ; tries++)
        {
            if (await session.TryLockOperationAsync(live, operation, token).ConfigureAwait(false) is { } held) return held;
            var holder = await session.FindOperationAsync(live, token).ConfigureAwait(false);

            // Gone in between, so that the lock may be free; or about to say who it is.
            if (holder is null && tries < 5) await Task.Delay(TimeSpan.FromMilliseconds(20), token).ConfigureAwait(false);
            else throw new EtlException(ErrorCode.OperationInProgress, live, holder?.ToString() ?? "who it is cannot be seen");
        }
    }

    private static async Task<TableScope> OpenAsync(EtlDatabase database, Func<IDialect, TableName> name, string? operation, CancellationToken token)
    {
        var session = await database.OpenSessionAsync(token).ConfigureAwait(false);
        try
        {
            return await OpenAsync(session, name(session.Dialect), operation, token).ConfigureAwait(false);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<TableScope> OpenAsync(IEngineSession session, TableName name, string? operation, CancellationToken token)
    {
        var live = await session.ReadShapeAsync(name, token).ConfigureAwait(false)
            ?? throw new EtlException(ErrorCode.TableNotFound, name, session.Info.Display);
        var journal = new JournalStore(session, live.Name.Schema);
        var exists = await journal.ExistsAsync(token).ConfigureAwait(false);
        if (operation is null) return new TableScope(session, live, journal, exists, null);

        var held = await LockAsync(session, live.Name, operation, token).ConfigureAwait(false);
        try
        {
            // What was read before the lock may be out of date: another operation may have ended in between.
            live = await session.ReadShapeAsync(live.Name, token).ConfigureAwait(false)
                ?? throw new EtlException(ErrorCode.TableNotFound, name, session.Info.Display);
            return new TableScope(session, live, journal, await journal.ExistsAsync(token).ConfigureAwait(false), held);
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
