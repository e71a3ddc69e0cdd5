using System.Data;
using System.Data.Common;
using System.Globalization;
using EtlTableOps.Checks;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>
/// What every session over ADO.NET does alike: run statements, map rows, turn failures into typed ones. Engines derive from it.
/// Transactions are plain statements, because a shown plan must hold everything that is run.
/// </summary>
public abstract partial class DbSession : IEngineSession
{
    /// <summary>Takes an open connection; the session disposes it.</summary>
    protected DbSession(DbConnection connection, SessionInfo info)
    {
        Connection = connection;
        Info = info;
    }

    /// <inheritdoc/>
    public abstract string EngineName { get; }

    /// <inheritdoc/>
    public abstract EngineCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public abstract IDialect Dialect { get; }

    /// <inheritdoc/>
    public SessionInfo Info { get; }

    /// <inheritdoc/>
    public virtual IStagedLoads? StagedLoads => null;

    /// <inheritdoc/>
    public virtual ICostHistory? CostHistory => null;

    /// <summary>The driver's connection.</summary>
    protected DbConnection Connection { get; }

    /// <summary>Whether a transaction of <see cref="BeginAsync"/> is open.</summary>
    protected bool InTransaction { get; private set; }

    /// <inheritdoc/>
    public async Task<long> ExecuteAsync(Sql sql, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(sql);
        foreach (var first in sql.Before) await ExecuteAsync(first, token).ConfigureAwait(false);
        try
        {
            var command = CreateCommand(sql);
            await using (command.ConfigureAwait(false))
            {
                return Math.Max(0, await RunAsync(command, static (c, t) => c.ExecuteNonQueryAsync(t), token).ConfigureAwait(false));
            }
        }
        catch (Exception e) when (e is not EtlException)
        {
            throw Translate(e, sql, token);
        }
    }

    /// <inheritdoc/>
    public virtual async Task<long> ExecuteAllAsync(IReadOnlyList<Sql> statements, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(statements);
        var rows = 0L;
        foreach (var sql in statements) rows += await ExecuteAsync(sql, token).ConfigureAwait(false);
        return rows;
    }

    /// <inheritdoc/>
    public virtual async Task<IReadOnlyList<Column>> DescribeQueryAsync(Sql query, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(query);
        try
        {
            var command = CreateCommand(query);
            await using (command.ConfigureAwait(false))
            {
                return await RunAsync(command, async (c, t) =>
                {
                    var reader = await c.ExecuteReaderAsync(CommandBehavior.SchemaOnly, t).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        return (IReadOnlyList<Column>)Enumerable.Range(0, reader.FieldCount)
                            .Select(i => new Column(reader.GetName(i), reader.GetDataTypeName(i), true))
                            .ToList();
                    }
                }, token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not EtlException)
        {
            throw Translate(e, query, token);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(Sql sql, Func<DbDataReader, T> map, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(map);
        foreach (var first in sql.Before) await ExecuteAsync(first, token).ConfigureAwait(false);
        try
        {
            var command = CreateCommand(sql);
            await using (command.ConfigureAwait(false))
            {
                return await RunAsync(command, async (c, t) =>
                {
                    var rows = new List<T>();
                    var reader = await c.ExecuteReaderAsync(t).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(t).ConfigureAwait(false)) rows.Add(map(reader));
                    }
                    return (IReadOnlyList<T>)rows;
                }, token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not EtlException)
        {
            throw Translate(e, sql, token);
        }
    }

    /// <inheritdoc/>
    public async Task<ISessionTransaction> BeginAsync(TransactionMode mode, string? snapshot, CancellationToken token)
    {
        foreach (var sql in BeginStatements(mode, snapshot))
        {
            await ExecuteAsync(sql, token).ConfigureAwait(false);
            if (!InTransaction && snapshot is not null) Adopt(snapshot);
            InTransaction = true;
        }
        return new Transaction(this);
    }

    /// <inheritdoc/>
    public abstract Task<IEngineSession> OpenAnotherAsync(CancellationToken token);

    /// <inheritdoc/>
    public virtual Task<string?> ExportSnapshotAsync(CancellationToken token) => Task.FromResult<string?>(null);

    /// <inheritdoc/>
    public abstract Task<TableShape?> ReadShapeAsync(TableName name, CancellationToken token);

    /// <inheritdoc/>
    public virtual long? RowsRead => null;

    /// <inheritdoc/>
    public virtual async Task<string?> ReadObjectIdAsync(TableName name, CancellationToken token) =>
        await QueryAsync(Dialect.ObjectIdOf(name), r => r.GetString(0), token).ConfigureAwait(false) is [var id] ? id : null;

    /// <inheritdoc/>
    public abstract Task<IReadOnlyList<TableName>> FindJournalsAsync(CancellationToken token);

    /// <inheritdoc/>
    public abstract Task<IAsyncDisposable?> TryLockOperationAsync(TableName live, string operation, CancellationToken token);

    /// <inheritdoc/>
    public virtual IOldSnapshots? OldSnapshots => null;

    /// <inheritdoc/>
    public abstract Task<OperationHolder?> FindOperationAsync(TableName live, CancellationToken token);

    /// <inheritdoc/>
    public abstract Task<IReadOnlyList<LockHolder>> FindLockHoldersAsync(TableShape live, CancellationToken token);

    /// <inheritdoc/>
    public abstract Task<IBulkWriter> BeginBulkLoadAsync(TableShape table, IReadOnlyList<Column> columns, CancellationToken token);

    /// <inheritdoc/>
    public virtual Task<IBulkWriter> BeginNotedLoadAsync(TableShape table, IReadOnlyList<Column> columns, ChangeLog notes, long import, CancellationToken token) =>
        throw new NotSupportedException("This engine imports in one transaction.");

    /// <inheritdoc/>
    public virtual Task<string> DescribeStateAsync(ContentQuery live, CancellationToken token) =>
        Task.FromResult(string.Create(CultureInfo.InvariantCulture, $"one read transaction over both tables, begun {DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC"));

    /// <inheritdoc/>
    public virtual Task<Attachment?> FindUnfitAsync(TableShape live, IReadOnlyDictionary<string, string> types, CancellationToken token) => Task.FromResult<Attachment?>(null);

    /// <inheritdoc/>
    public virtual Task<long> FreeBytesAsync(CancellationToken token) => Task.FromResult(-1L);

    /// <inheritdoc/>
    public abstract FailureKind Classify(Exception failure);

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets the transaction that just began read a snapshot, where that is not said in <see cref="BeginStatements"/>.</summary>
    protected virtual void Adopt(string snapshot)
    {
    }

    /// <summary>The statements that begin a transaction of this mode.</summary>
    protected abstract IReadOnlyList<Sql> BeginStatements(TransactionMode mode, string? snapshot);

    /// <summary>Runs the driver's call; an engine whose driver ignores a token overrides this to interrupt it.</summary>
    protected virtual Task<TOut> RunAsync<TOut>(DbCommand command, Func<DbCommand, CancellationToken, Task<TOut>> call, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(call);
        return call(command, token);
    }

    /// <summary>Makes the driver's command; there is no time limit of the driver's, limits are the server's or the token's.</summary>
    protected virtual DbCommand CreateCommand(Sql sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        var command = Connection.CreateCommand();
        command.CommandText = sql.Text;
        command.CommandTimeout = 0;
        foreach (var given in sql.Parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = given.Name;
            parameter.Value = given.Value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }
        return command;
    }

    /// <summary>
    /// Turns a driver's failure into a typed one. Whether it was a cancel is told by our own token and never by the exception, which
    /// drivers throw for lost servers too.
    /// </summary>
    protected EtlException Translate(Exception failure, Sql sql, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(sql);
        var what = Shorten(sql.Text);
        if (token.IsCancellationRequested) return new EtlException(ErrorCode.Cancelled, failure);
        var said = Explain(failure);
        return Classify(failure) switch
        {
            FailureKind.ConnectionLost => new EtlException(ErrorCode.ConnectionLost, failure, what, said),
            FailureKind.NotPermitted => new EtlException(ErrorCode.NotPermitted, failure, Info.User, said, $"Grant the right that the message names to {Info.User}, or connect as a user who has it."),
            _ => new EtlException(ErrorCode.StatementFailed, failure, said, what),
        };
    }

    /// <summary>What the database said, for people. An engine overrides it where the driver's message leaves out what helps.</summary>
    protected virtual string Explain(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.Message;
    }

    private static string Shorten(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 160 ? line : line[..157] + "…";
    }

    private sealed class Transaction(DbSession session) : ISessionTransaction
    {
        private bool ended;

        public async Task CommitAsync(CancellationToken token)
        {
            await session.ExecuteAsync(new Sql("COMMIT"), token).ConfigureAwait(false);
            ended = true;
            session.InTransaction = false;
        }

        public async ValueTask DisposeAsync()
        {
            if (ended) return;
            ended = true;
            session.InTransaction = false;
            try
            {
                // A rollback must not be cancelled: an open transaction would go on holding its locks.
                await session.ExecuteAsync(new Sql("ROLLBACK"), CancellationToken.None).ConfigureAwait(false);
            }
            catch (EtlException)
            {
                // The connection is gone, and with it the transaction; the failure that led here is on its way already.
            }
        }
    }
}
