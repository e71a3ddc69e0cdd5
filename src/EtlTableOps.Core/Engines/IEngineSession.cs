using System.Data.Common;
using EtlTableOps.Checks;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>
/// One connection: executes what the dialect wrote and reads the catalog. Not for use by several threads at
/// once. Every failure of the database leaves it as an <see cref="Errors.EtlException"/> whose inner exception is the
/// driver's.
/// </summary>
public interface IEngineSession : IAsyncDisposable
{
    /// <summary>The engine's name.</summary>
    string EngineName { get; }

    /// <summary>What the engine of this version can do.</summary>
    EngineCapabilities Capabilities { get; }

    /// <summary>Writes this engine's SQL.</summary>
    IDialect Dialect { get; }

    /// <summary>Where we are and who we are.</summary>
    SessionInfo Info { get; }

    /// <summary>Opens another session to the same database as the same user.</summary>
    Task<IEngineSession> OpenAnotherAsync(CancellationToken token);

    /// <summary>Runs a statement and returns the rows that it changed (0 for DDL).</summary>
    Task<long> ExecuteAsync(Sql sql, CancellationToken token);

    /// <summary>
    /// Runs statements one after another, in one round trip where the driver can, and returns the rows changed in all. For the time
    /// under a lock, in which a round trip for each statement would be other people's wait.
    /// </summary>
    Task<long> ExecuteAllAsync(IReadOnlyList<Sql> statements, CancellationToken token);

    /// <summary>The columns that a query would return, with their types as far as the engine tells them; nothing is read.</summary>
    /// <exception cref="Errors.EtlException"><see cref="Errors.ErrorCode.StatementFailed"/> when the database does not accept it.</exception>
    Task<IReadOnlyList<Column>> DescribeQueryAsync(Sql query, CancellationToken token);

    /// <summary>Runs a query and maps its rows.</summary>
    Task<IReadOnlyList<T>> QueryAsync<T>(Sql sql, Func<DbDataReader, T> map, CancellationToken token);

    /// <summary>
    /// Runs a query whose rows are too many to be held at once: they come in batches, and the next one is fetched when it is asked for. Who ends before the last one leaves the
    /// transaction it ran in unfit for more where the engine knows no better.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<T>> StreamAsync<T>(Sql sql, Func<DbDataReader, T> map, CancellationToken token);

    /// <summary>Begins a transaction; disposing it without a commit rolls it back.</summary>
    /// <param name="mode">What it is for.</param>
    /// <param name="snapshot">A snapshot of <see cref="ExportSnapshotAsync"/> to read, or null.</param>
    /// <param name="token">Cancels the wait.</param>
    Task<ISessionTransaction> BeginAsync(TransactionMode mode, string? snapshot, CancellationToken token);

    /// <summary>Makes the current transaction's snapshot available to other sessions; null where there is no such thing.</summary>
    Task<string?> ExportSnapshotAsync(CancellationToken token);

    /// <summary>What state the running <see cref="TransactionMode.Snapshot"/> reads, with its time, for people: a proof says what it speaks of.</summary>
    /// <param name="live">The live side as it is read, which may be a former state.</param>
    /// <param name="token">Cancels.</param>
    Task<string> DescribeStateAsync(ContentQuery live, CancellationToken token);

    /// <summary>
    /// Reads what a table is and what hangs on it; null when the name resolves to nothing. The name may be
    /// without a schema: the returned shape's name is complete.
    /// </summary>
    /// <exception cref="Errors.EtlException"><see cref="Errors.ErrorCode.NotATable"/> for a view and the like.</exception>
    Task<TableShape?> ReadShapeAsync(TableName name, CancellationToken token);

    /// <summary>
    /// Rows that statements of this session over whole sides (<see cref="IDialect.Scan"/>, <see cref="IRowHashing.BucketSums"/>) have read by now, while they run too; null where the engine cannot say.
    /// Read from any thread.
    /// </summary>
    long? RowsRead => null;

    /// <summary>Which object carries this name now, as <see cref="TableShape.ObjectId"/> has it; null when none does.</summary>
    Task<string?> ReadObjectIdAsync(TableName name, CancellationToken token);

    /// <summary>Names of the journal tables that this user can read; one per schema that was worked in.</summary>
    Task<IReadOnlyList<TableName>> FindJournalsAsync(CancellationToken token);

    /// <summary>
    /// Takes the lock that keeps a second operation of ours off the same live table, on whatever machine it runs. It
    /// ends with its process. Null when another holds it.
    /// </summary>
    /// <param name="live">The live table.</param>
    /// <param name="operation">What is to be done, for whoever is refused meanwhile.</param>
    /// <param name="token">Cancels.</param>
    Task<IAsyncDisposable?> TryLockOperationAsync(TableName live, string operation, CancellationToken token);

    /// <summary>The same, to look whether an operation still runs.</summary>
    Task<IAsyncDisposable?> TryLockOperationAsync(TableName live, CancellationToken token) => TryLockOperationAsync(live, "look", token);

    /// <summary>Who holds that lock now; null when nobody does any more, or it cannot be seen.</summary>
    Task<OperationHolder?> FindOperationAsync(TableName live, CancellationToken token);

    /// <summary>Who holds locks that an exchange of this table has to wait for.</summary>
    Task<IReadOnlyList<LockHolder>> FindLockHoldersAsync(TableShape live, CancellationToken token);

    /// <summary>
    /// Begins a bulk load into a table, inside the current transaction. Conversion problems are thrown as
    /// <see cref="BadValueException"/>.
    /// </summary>
    Task<IBulkWriter> BeginBulkLoadAsync(TableShape table, IReadOnlyList<Column> columns, CancellationToken token);

    /// <summary>
    /// The same, for one of the many transactions of an import: <see cref="IBulkWriter.CompleteAsync"/> also notes which rows came in. Only asked for
    /// where the dialect has <see cref="IImportChunks"/>.
    /// </summary>
    /// <param name="table">The shadow.</param>
    /// <param name="columns">The columns that are given.</param>
    /// <param name="notes">Where rows are noted.</param>
    /// <param name="import">The number under which they are noted.</param>
    /// <param name="token">Cancels.</param>
    Task<IBulkWriter> BeginNotedLoadAsync(TableShape table, IReadOnlyList<Column> columns, ChangeLog notes, long import, CancellationToken token);

    /// <summary>Finds transactions that read a former state; null where an exchange hides no row from them.</summary>
    IOldSnapshots? OldSnapshots => null;

    /// <summary>The database's record of what statements cost; null where it keeps none.</summary>
    ICostHistory? CostHistory { get; }

    /// <summary>Loads files that the database reads by itself; null on an engine that reads none.</summary>
    IStagedLoads? StagedLoads { get; }

    /// <summary>
    /// What hangs on a live table and could not be carried to one whose columns have these types, with the reason; null when all can. It
    /// is tried out where that is the only way to know, and nothing of that stays.
    /// </summary>
    Task<Attachment?> FindUnfitAsync(TableShape live, IReadOnlyDictionary<string, string> types, CancellationToken token);

    /// <summary>Free bytes where the table's data lives; -1 when the engine cannot say.</summary>
    Task<long> FreeBytesAsync(CancellationToken token);

    /// <summary>Sorts a failure of the driver or of ours by what the runner does about it.</summary>
    FailureKind Classify(Exception failure);
}

/// <summary>A transaction of a session.</summary>
public interface ISessionTransaction : IAsyncDisposable
{
    /// <summary>Makes everything in it lasting.</summary>
    Task CommitAsync(CancellationToken token);
}

/// <summary>What a transaction is for.</summary>
public enum TransactionMode
{
    /// <summary>Reads of one and the same state.</summary>
    Snapshot,
    /// <summary>Writes whose statements all see one and the same state; used to drain a feed.</summary>
    SnapshotWrite,
    /// <summary>Writes; each statement sees what is committed when it begins.</summary>
    Write,
}

/// <summary>What is known about a session, for people and for the journal. Holds no secret.</summary>
/// <param name="Display">Where it leads, such as <c>postgresql://app@db1/sales</c>.</param>
/// <param name="Database">The database or file.</param>
/// <param name="User">The database's user; the operating system's where the engine has none.</param>
/// <param name="ServerVersion">The engine's version.</param>
public sealed record SessionInfo(string Display, string Database, string User, string ServerVersion)
{
    /// <summary>The role whose rights are used; null where the engine has none apart from the user.</summary>
    public string? Role { get; init; }

    /// <summary>What computes the session's statements, where that is chosen by name and paid for; else null.</summary>
    public string? Warehouse { get; init; }
}

/// <summary>A session of somebody else's that holds a lock.</summary>
/// <param name="Session">Its number or name.</param>
/// <param name="User">Its user.</param>
/// <param name="Since">When its transaction began, UTC.</param>
/// <param name="What">What it is doing, shortened.</param>
public sealed record LockHolder(string Session, string User, DateTime? Since, string What)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => Since is { } since
        ? $"{Session} ({User}, since {since:HH:mm:ss} UTC): {What}"
        : $"{Session} ({User}): {What}";
}

/// <summary>An operation of ours that holds a table's lock, as the lock itself tells it.</summary>
/// <param name="Operation">What it does: <c>switch</c>, <c>build</c> …</param>
/// <param name="User">The database's user; the operating system's where the engine has none.</param>
/// <param name="Host">The machine.</param>
/// <param name="ProcessId">The process on that machine.</param>
/// <param name="Since">Since when, UTC.</param>
public sealed record OperationHolder(string Operation, string User, string Host, int ProcessId, DateTime Since)
{
    /// <summary>The database's session of it, and where it comes from; null where there is no such thing.</summary>
    public string? Session { get; init; }

    /// <summary>One line for people.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Operation} by {User} on {Host}, process {ProcessId}, since {Since:yyyy-MM-dd HH:mm:ss} UTC{(Session is null ? "" : $" ({Session})")}");
}

/// <summary>What a failure means to the runner.</summary>
public enum FailureKind
{
    /// <summary>Anything else: not tried again.</summary>
    Fatal,
    /// <summary>A lock was not free, or a deadlock was broken: nothing happened, trying again is fine.</summary>
    Busy,
    /// <summary>A statement ran longer than we allowed it.</summary>
    TimedOut,
    /// <summary>The connection is gone; the fate of the last statement is unknown.</summary>
    ConnectionLost,
    /// <summary>A right is missing.</summary>
    NotPermitted,
    /// <summary>Data broke a constraint or did not fit its type.</summary>
    BadData,
    /// <summary>No space is left.</summary>
    NoSpace,
    /// <summary>The exported state that was to be read is not kept any more.</summary>
    SnapshotGone,
    /// <summary>What the statement makes is there already, or what it removes is gone.</summary>
    AlreadySo,
    /// <summary>Our own token asked for it.</summary>
    Cancelled,
}
