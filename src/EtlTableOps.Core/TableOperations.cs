using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Versions;

namespace EtlTableOps;

/// <summary>
/// The one door for front ends: every operation takes a request and returns it prepared, planned from reads alone,
/// to be shown, confirmed and run. Safe for concurrent use; each operation opens sessions of its own.
/// </summary>
public sealed class TableOperations
{
    private readonly EtlDatabase database;
    private readonly IRunObserver observer;

    /// <summary>Works on a database and tells an observer what happens.</summary>
    public TableOperations(EtlDatabase database, IRunObserver? observer = null)
    {
        this.database = database;
        this.observer = observer ?? SilentObserver.Instance;
    }

    /// <summary>The database that is worked on.</summary>
    public EtlDatabase Database => database;

    /// <summary>Builds a shadow table.</summary>
    public Task<PreparedOperation<ShadowTable>> NewShadowAsync(NewShadowRequest request, CancellationToken token) =>
        new ShadowBuilder(database, observer).PrepareAsync(request, token);

    /// <summary>Adds rows to a shadow table.</summary>
    public Task<PreparedOperation<ShadowTable>> ImportAsync(ImportRequest request, CancellationToken token) =>
        new ShadowImporter(database, observer).PrepareAsync(request, token);

    /// <summary>Brings a shadow table up to date from its feed.</summary>
    public Task<PreparedOperation<ShadowTable>> SyncAsync(SyncRequest request, CancellationToken token) =>
        new ShadowSynchronizer(database, observer).PrepareAsync(request, token);

    /// <summary>Proves that the shadow differs from the live table in exactly the declared way, and stores the proof.</summary>
    public Task<PreparedOperation<ShadowTestResult>> TestAsync(TestRequest request, CancellationToken token) =>
        new ShadowTester(database, observer).PrepareAsync(request, token);

    /// <summary>Compares two tables, of this database or of this and another, row by row. Reads alone.</summary>
    public Task<TableDifferences> CompareAsync(CompareRequest request, CancellationToken token) =>
        new TableComparer(database, observer).CompareAsync(request, token);

    /// <summary>Exchanges the names.</summary>
    public Task<PreparedOperation<TableSwap>> SwitchAsync(SwitchRequest request, CancellationToken token) =>
        new TableSwitcher(database, observer).PrepareAsync(request, token);

    /// <summary>Goes back to a kept version.</summary>
    public Task<PreparedOperation<TableSwap>> UndoAsync(UndoRequest request, CancellationToken token) =>
        new SwapUndoer(database, observer).PrepareAsync(request, token);

    /// <summary>Reads the journal, newest first.</summary>
    public Task<IReadOnlyList<TableSwap>> HistoryAsync(HistoryRequest request, CancellationToken token) =>
        new SwapHistory(database).ListAsync(request, token);

    /// <summary>Finishes or cleans up what was interrupted.</summary>
    public Task<PreparedOperation<IReadOnlyList<TableSwap>>> RepairAsync(RepairRequest request, CancellationToken token) =>
        new SwapRepairer(database, observer).PrepareAsync(request, token);

    /// <summary>Abandons a shadow table.</summary>
    public Task<PreparedOperation<ShadowTable>> RemoveShadowAsync(RemoveShadowRequest request, CancellationToken token) =>
        new ShadowRemover(database, observer).PrepareAsync(request, token);

    /// <summary>Lists the kept versions of a live table, or of all, newest first.</summary>
    public Task<IReadOnlyList<TableVersion>> VersionsAsync(string? table, CancellationToken token) =>
        new VersionKeeper(database, observer).ListAsync(table, token);

    /// <summary>Drops kept versions.</summary>
    public Task<PreparedOperation<IReadOnlyList<TableVersion>>> RemoveVersionsAsync(RemoveVersionsRequest request, CancellationToken token) =>
        new VersionKeeper(database, observer).PrepareRemovalAsync(request, token);
}
