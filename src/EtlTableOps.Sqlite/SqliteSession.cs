using System.Data;
using System.Data.Common;
using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Tables;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EtlTableOps.Sqlite;

/// <summary>
/// One connection to a database file. The driver runs everything on the calling thread, so each call is given a thread of the pool and is interrupted
/// through the library when its token is cancelled.
/// </summary>
internal sealed class SqliteSession : DbSession
{
    /// <summary>How long SQLite itself polls for a lock; all longer waiting is done in gaps, by the runner or below.</summary>
    private const string Poll = "PRAGMA busy_timeout = 25";

    private const string FirstRead = "SELECT 1 FROM sqlite_schema LIMIT 1";

    /// <summary>A commit that must wait for readers (rollback journal) keeps new readers out meanwhile, so it is not tried for long.</summary>
    private static readonly TimeSpan CommitFor = TimeSpan.FromMilliseconds(100);

    /// <summary>SQLite has no queue: who waits for its one write lock keeps nobody waiting.</summary>
    private static readonly TimeSpan BeginFor = TimeSpan.FromMilliseconds(500);

    /// <summary>A read, or a single write outside a transaction, holds nothing while it waits.</summary>
    private static readonly TimeSpan AloneFor = TimeSpan.FromSeconds(20);

    private readonly SqliteConnection connection;
    private readonly SqliteConnectionStringBuilder target;
    private readonly nint[] counters;

    public SqliteSession(SqliteConnection connection, SqliteConnectionStringBuilder target)
        : base(connection, Describe(connection, target))
    {
        this.connection = connection;
        this.target = target;
        var wal = string.Equals(Scalar(connection, "PRAGMA journal_mode"), "wal", StringComparison.OrdinalIgnoreCase);
        Capabilities = SqliteEngine.CapabilitiesOf(wal);
        Scalar(connection, Poll);
        Scalar(connection, "PRAGMA foreign_keys = OFF");
        Scalar(connection, "PRAGMA cache_size = -65536");
        // With a write-ahead log NORMAL loses nothing that a crash of the process could take, and a power cut takes the latest commits of all
        // alike; the file's own mode is never changed.
        if (wal) Scalar(connection, "PRAGMA synchronous = NORMAL");
        counters = [SqliteFunctions.Register(Handle.DangerousGetHandle()), SqliteRowFunctions.Register(Handle.DangerousGetHandle())];
    }

    /// <inheritdoc/>
    public override string EngineName => "sqlite";

    /// <inheritdoc/>
    public override EngineCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public override IDialect Dialect => SqliteDialect.Instance;

    /// <inheritdoc/>
    /// <remarks>Our aggregates are called for each row. Their counts live as long as the connection.</remarks>
    public override unsafe long? RowsRead => connection.State == ConnectionState.Open ? counters.Sum(c => Volatile.Read(ref *(long*)c)) : null;

    /// <summary>The library's handle.</summary>
    internal sqlite3 Handle => connection.Handle ?? throw new ObjectDisposedException(nameof(SqliteSession));

    private string FilePath => Info.Display["sqlite:".Length..];

    /// <inheritdoc/>
    public override Task<IEngineSession> OpenAnotherAsync(CancellationToken token) => SqliteEngine.OpenAsync(target, token);

    /// <inheritdoc/>
    public override Task<TableShape?> ReadShapeAsync(TableName name, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new SqliteCatalog(this).ReadAsync(name, token);
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<TableName>> FindJournalsAsync(CancellationToken token) =>
        await QueryAsync(new Sql("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'etltableops_journal'"), r => new TableName(null, r.GetString(0)), token).ConfigureAwait(false);

    /// <inheritdoc/>
    public override Task<IAsyncDisposable?> TryLockOperationAsync(TableName live, string operation, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(live);
        return Task.FromResult(OperationLock.TryTake(FilePath, live, new OperationHolder(operation, Info.User, Environment.MachineName, Environment.ProcessId, DateTime.UtcNow)));
    }

    /// <inheritdoc/>
    public override Task<OperationHolder?> FindOperationAsync(TableName live, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(live);
        return Task.FromResult(OperationLock.FindHolder(FilePath, live));
    }

    /// <inheritdoc/>
    /// <remarks>SQLite keeps no list of who holds its locks.</remarks>
    public override Task<IReadOnlyList<LockHolder>> FindLockHoldersAsync(TableShape live, CancellationToken token) =>
        Task.FromResult<IReadOnlyList<LockHolder>>([]);

    /// <inheritdoc/>
    public override Task<IBulkWriter> BeginBulkLoadAsync(TableShape table, IReadOnlyList<Column> columns, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(columns);
        return Task.FromResult<IBulkWriter>(new SqliteBulkWriter(connection, table, columns, null));
    }

    /// <inheritdoc/>
    public override Task<IBulkWriter> BeginNotedLoadAsync(TableShape table, IReadOnlyList<Column> columns, ChangeLog notes, long import, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(notes);
        return Task.FromResult<IBulkWriter>(new SqliteBulkWriter(connection, table, columns, new SqliteRowNotes(connection, table, notes, import)));
    }

    /// <inheritdoc/>
    public override Task<long> FreeBytesAsync(CancellationToken token)
    {
        try
        {
            return Task.FromResult(new DriveInfo(Path.GetDirectoryName(FilePath)!).AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // An estimate that the system does not give is no reason to fail.
            return Task.FromResult(-1L);
        }
    }

    /// <inheritdoc/>
    public override FailureKind Classify(Exception failure) => SqliteFailures.Classify(failure);

    /// <inheritdoc/>
    /// <remarks>The driver knows no query that is only described; the library's prepared statement tells it.</remarks>
    public override Task<IReadOnlyList<Column>> DescribeQueryAsync(Sql query, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(query);
        var rc = raw.sqlite3_prepare_v2(Handle, query.Text, out var statement, out var rest);
        using (statement)
        {
            try
            {
                SqliteException.ThrowExceptionForRC(rc, Handle);
                if (!string.IsNullOrWhiteSpace(rest.TrimEnd(';', ' ', '\n'))) throw new SqliteException("more than one statement", 1);
                if (raw.sqlite3_stmt_readonly(statement) == 0) throw new SqliteException("it is no query", 1);
                return Task.FromResult<IReadOnlyList<Column>>([.. Enumerable.Range(0, raw.sqlite3_column_count(statement)).Select(i =>
                    new Column(raw.sqlite3_column_name(statement, i).utf8_to_string(), raw.sqlite3_column_decltype(statement, i).utf8_to_string() ?? "", true))]);
            }
            catch (SqliteException e)
            {
                throw Translate(e, query, token);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Only a write-ahead log keeps a state beside the latest one. A log without a single commit has none to name.</remarks>
    public override Task<string?> ExportSnapshotAsync(CancellationToken token) =>
        Task.FromResult(Capabilities.ReadersPassExchange && SqliteNative.GetSnapshot(Handle.DangerousGetHandle()) is { } snapshot ? Convert.ToHexString(snapshot) : null);

    /// <inheritdoc/>
    protected override void Adopt(string snapshot)
    {
        var rc = SqliteNative.OpenSnapshot(Handle.DangerousGetHandle(), Convert.FromHexString(snapshot));
        if (rc == 0) return;
        raw.sqlite3_exec(Handle, "ROLLBACK");
        throw Translate(new SqliteException("the snapshot cannot be read", rc & 0xFF, rc), new Sql("BEGIN"), CancellationToken.None);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Sql> BeginStatements(TransactionMode mode, string? snapshot) => mode switch
    {
        // A deferred transaction takes its snapshot with the first read; later it would not be one state for all that follow.
        TransactionMode.Snapshot => [new Sql("BEGIN"), new Sql(FirstRead)],
        // Never a deferred one for writes: it fails at once with SQLITE_BUSY_SNAPSHOT when somebody committed after its first read.
        _ => [new Sql("BEGIN IMMEDIATE")],
    };

    /// <inheritdoc/>
    protected override DbCommand CreateCommand(Sql sql)
    {
        var command = base.CreateCommand(sql);
        // Below zero the driver never sleeps and tries again by itself, which it would do for 150 ms at a time and deaf to any token.
        command.CommandTimeout = -1;
        return command;
    }

    /// <inheritdoc/>
    protected override async Task<TOut> RunAsync<TOut>(DbCommand command, Func<DbCommand, CancellationToken, Task<TOut>> call, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(call);
        var patience = PatienceFor(command.CommandText);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await RunOnceAsync(command, call, token).ConfigureAwait(false);
            }
            catch (SqliteException e) when (SqliteFailures.IsBusy(e) && watch.Elapsed < patience && !token.IsCancellationRequested)
            {
                await Task.Delay(5, token).ConfigureAwait(false);
            }
        }
    }

    private static async Task<TOut> RunOnceAsync<TOut>(DbCommand command, Func<DbCommand, CancellationToken, Task<TOut>> call, sqlite3 handle, CancellationToken token)
    {
        var before = raw.sqlite3_total_changes(handle);
        TOut result;
        var registration = token.Register(static h => raw.sqlite3_interrupt((sqlite3)h!), handle);
        await using (registration.ConfigureAwait(false))
        {
            result = await Task.Run(() => call(command, token), token).ConfigureAwait(false);
        }
        // The library's count of changes is that of the last statement which changed rows; a DDL statement leaves it as it was.
        return result is int && raw.sqlite3_total_changes(handle) == before ? (TOut)(object)0 : result;
    }

    private Task<TOut> RunOnceAsync<TOut>(DbCommand command, Func<DbCommand, CancellationToken, Task<TOut>> call, CancellationToken token) =>
        RunOnceAsync(command, call, Handle, token);

    private TimeSpan PatienceFor(string text)
    {
        if (text == "COMMIT") return CommitFor;
        if (text == "BEGIN IMMEDIATE") return BeginFor;
        // Outside a transaction, and at the first read of one, a refused statement has taken nothing that it could hold while it waits.
        return raw.sqlite3_get_autocommit(Handle) != 0 || text == FirstRead ? AloneFor : TimeSpan.Zero;
    }

    private static SessionInfo Describe(SqliteConnection connection, SqliteConnectionStringBuilder target)
    {
        var file = Scalar(connection, "SELECT file FROM pragma_database_list WHERE name = 'main'");
        var path = string.IsNullOrEmpty(file) ? target.DataSource : file;
        return new SessionInfo("sqlite:" + path, Path.GetFileName(path), Environment.UserName, connection.ServerVersion);
    }

    private static string? Scalar(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.CommandTimeout = -1;
        return command.ExecuteScalar() as string;
    }
}
