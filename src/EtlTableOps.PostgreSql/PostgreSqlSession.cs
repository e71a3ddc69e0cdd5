using System.Data;
using System.Data.Common;
using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Tables;
using Npgsql;

namespace EtlTableOps.PostgreSql;

/// <summary>
/// One connection to PostgreSQL. Its <c>search_path</c> and <c>TimeZone</c> stay the user's, because expressions that users declare mean
/// what they mean in their own sessions; only schemas of types that a table has are taken in at the end of the path. What the text form of values depends on is pinned.
/// </summary>
internal sealed class PostgreSqlSession : DbSession
{
    // How long a cancel may take on a server that answers; after that the connection is left behind.
    private static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RollbackLimit = TimeSpan.FromSeconds(5);

    private readonly NpgsqlConnection connection;
    private readonly NpgsqlConnectionStringBuilder settings;
    private readonly PostgreSqlSurroundings places;
    private readonly HashSet<string> widened = new(StringComparer.Ordinal);
    private bool abandoned;

    private PostgreSqlSession(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, SessionInfo info, int majorVersion)
        : base(connection, info)
    {
        this.connection = connection;
        this.settings = settings;
        Dialect = new PostgreSqlDialect(majorVersion);
        places = new PostgreSqlSurroundings(this);
    }

    /// <inheritdoc/>
    public override string EngineName => "postgresql";

    /// <inheritdoc/>
    public override EngineCapabilities Capabilities => PostgreSqlEngine.Facts;

    /// <inheritdoc/>
    public override IDialect Dialect { get; }

    /// <summary>Makes a session of an open connection: pins its settings and learns where it leads.</summary>
    public static async Task<PostgreSqlSession> BeginAsync(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, CancellationToken token)
    {
        var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        await using (batch.ConfigureAwait(false))
        {
            foreach (var statement in Pinned) batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "SELECT pg_catalog.current_setting('server_version_num')::int, pg_catalog.current_setting('server_version'), current_user::text, pg_catalog.current_database()::text"));
            var reader = await batch.ExecuteReaderAsync(token).ConfigureAwait(false);
            int version;
            SessionInfo info;
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(token).ConfigureAwait(false);
                version = reader.GetInt32(0);
                var user = reader.GetString(2);
                var database = reader.GetString(3);
                info = new SessionInfo(PostgreSqlConnectionText.Display(settings, user, database), database, user, reader.GetString(1));
            }
            if (version < 120000)
            {
                throw new EtlException(ErrorCode.NotSupported, "PostgreSQL " + info.ServerVersion, "version 12 is the oldest that is supported",
                    "Upgrade the server.");
            }
            await LimitDeadPeersAsync(connection, settings, version / 10000, token).ConfigureAwait(false);
            return new PostgreSqlSession(connection, settings, info, version / 10000);
        }
    }

    /// <inheritdoc/>
    public override async Task<IEngineSession> OpenAnotherAsync(CancellationToken token)
    {
        var other = await PostgreSqlEngine.OpenAsync(settings, token).ConfigureAwait(false);
        foreach (var schema in widened) await ((PostgreSqlSession)other).WidenAsync(schema, token).ConfigureAwait(false);
        return other;
    }

    /// <inheritdoc/>
    public override async Task<long> ExecuteAllAsync(IReadOnlyList<Sql> statements, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(statements);
        // Outside a transaction a batch would make one of its own around all of them, which is not what the plan shows.
        if (!InTransaction || statements.Count < 2) return await base.ExecuteAllAsync(statements, token).ConfigureAwait(false);
        try
        {
            var batch = new NpgsqlBatch(connection) { Timeout = 0 };
            await using (batch.ConfigureAwait(false))
            {
                foreach (var sql in statements)
                {
                    var command = new NpgsqlBatchCommand(sql.Text);
                    foreach (var given in sql.Parameters) command.Parameters.Add(new NpgsqlParameter(given.Name, given.Value ?? DBNull.Value));
                    batch.BatchCommands.Add(command);
                }
                return Math.Max(0, await InterruptibleAsync(t => batch.ExecuteNonQueryAsync(t), null, token).ConfigureAwait(false));
            }
        }
        catch (Exception e) when (e is not EtlException)
        {
            var failed = e is PostgresException { BatchCommand: { } at } ? new Sql(at.CommandText) : statements[0];
            throw Translate(e, failed, token);
        }
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<Column>> DescribeQueryAsync(Sql query, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(query);
        try
        {
            var found = new List<(string Name, string Shown, uint Type)>();
            var command = CreateCommand(query);
            await using (command.ConfigureAwait(false))
            {
                await RunAsync(command, async (c, t) =>
                {
                    var reader = (NpgsqlDataReader)await c.ExecuteReaderAsync(CommandBehavior.SchemaOnly, t).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        for (var i = 0; i < reader.FieldCount; i++) found.Add((reader.GetName(i), reader.GetDataTypeName(i), reader.GetDataTypeOID(i)));
                        return true;
                    }
                }, token).ConfigureAwait(false);
            }
            // The driver's names do not quote and do not qualify, the server's do; the driver alone knows length and precision.
            var columns = new List<Column>(found.Count);
            var names = new Dictionary<uint, string>();
            foreach (var (name, shown, type) in found)
            {
                if (!names.TryGetValue(type, out var own)) names[type] = own = await TypeNameAsync(type, token).ConfigureAwait(false);
                columns.Add(new Column(name, WithFacets(own, shown), true));
            }
            return columns;
        }
        catch (Exception e) when (e is not EtlException)
        {
            throw Translate(e, query, token);
        }
    }

    /// <inheritdoc/>
    public override async Task<string?> ExportSnapshotAsync(CancellationToken token) =>
        (await QueryAsync(new Sql("SELECT pg_catalog.pg_export_snapshot()"), r => r.GetString(0), token).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    /// <remarks>The snapshot is taken by the transaction's first statement, just after its beginning, which is what <c>now()</c> says.</remarks>
    public override async Task<string> DescribeStateAsync(ContentQuery live, CancellationToken token) =>
        (await QueryAsync(new Sql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'), pg_catalog.txid_current_snapshot()::text"),
            r => $"one REPEATABLE READ snapshot of both tables, {r.GetString(0)} UTC (transactions {r.GetString(1)})", token).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public override async Task<TableShape?> ReadShapeAsync(TableName name, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(name);
        // A name without a schema is looked up as the user's own statements would, before the path is narrowed.
        var full = name.Schema is null ? await places.ResolveAsync(name.Name, token).ConfigureAwait(false) : name;
        if (full is null) return null;

        // With nothing but pg_catalog on the path the server writes every other name with its schema.
        TableShape? table;
        var path = await SetPathAsync("pg_catalog", token).ConfigureAwait(false);
        try
        {
            table = await PostgreSqlCatalog.ReadAsync(this, full, token).ConfigureAwait(false);
        }
        finally
        {
            await RestorePathAsync(path).ConfigureAwait(false);
        }
        if (table is not null && table.Columns.Any(c => c.Type.Contains('.', StringComparison.Ordinal)))
        {
            foreach (var schema in await places.FindUnseenOperatorsAsync(full, token).ConfigureAwait(false)) await WidenAsync(schema, token).ConfigureAwait(false);
        }
        return table;
    }

    /// <summary>
    /// Takes a schema in at the end of the <c>search_path</c>. Whether two values are equal is then what their type says: an extension's type whose operators are not found is compared
    /// as text, which for citext is another comparison than that of the table's keys, or not at all.
    /// </summary>
    private async Task WidenAsync(string schema, CancellationToken token)
    {
        var sql = new Sql("SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', nullif(pg_catalog.current_setting('search_path'), ''), pg_catalog.quote_ident(@schema)), false)", [new SqlParameter("schema", schema)]);
        await QueryAsync(sql, r => r.GetString(0), token).ConfigureAwait(false);
        widened.Add(schema);
    }

    /// <inheritdoc/>
    public override Task<Attachment?> FindUnfitAsync(TableShape live, IReadOnlyDictionary<string, string> types, CancellationToken token) =>
        new PostgreSqlRehearsal(this).FindUnfitAsync((PostgreSqlTable)live, types, token);

    /// <inheritdoc/>
    public override Task<IReadOnlyList<TableName>> FindJournalsAsync(CancellationToken token) => places.FindJournalsAsync(token);

    /// <inheritdoc/>
    public override Task<IAsyncDisposable?> TryLockOperationAsync(TableName live, string operation, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(live);
        return new PostgreSqlOperationLock(this, settings.ApplicationName!, live).TryTakeAsync(operation, token);
    }

    /// <inheritdoc/>
    public override Task<OperationHolder?> FindOperationAsync(TableName live, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(live);
        return new PostgreSqlOperationLock(this, settings.ApplicationName!, live).FindHolderAsync(token);
    }

    /// <inheritdoc/>
    public override IOldSnapshots OldSnapshots => new PostgreSqlSnapshots(this);

    /// <inheritdoc/>
    public override Task<IReadOnlyList<LockHolder>> FindLockHoldersAsync(TableShape live, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(live);
        return places.FindLockHoldersAsync(live.Name, token);
    }

    /// <inheritdoc/>
    public override async Task<IBulkWriter> BeginBulkLoadAsync(TableShape table, IReadOnlyList<Column> columns, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(table);
        var types = await places.ReadColumnTypesAsync(table.Name, token).ConfigureAwait(false);
        return new PostgreSqlBulkWriter(this, connection, table.Name, PostgreSqlBulkColumn.Of(table.Name, columns, types));
    }

    /// <inheritdoc/>
    public override Task<long> FreeBytesAsync(CancellationToken token) => places.FreeBytesAsync(token);

    /// <inheritdoc/>
    public override FailureKind Classify(Exception failure) => PostgreSqlFailures.Classify(failure);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        // Closing an abandoned connection would wait for the server that does not answer; it is closed when its last call ends.
        if (!abandoned) await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Runs a call of the driver so that our token ends the wait at once. The driver's own cancel blocks its caller until the server has taken
    /// the request, which on a frozen server is never; so it is asked from another thread and given a short time.
    /// </summary>
    internal async Task<TOut> InterruptibleAsync<TOut>(Func<CancellationToken, Task<TOut>> call, TimeSpan? limit, CancellationToken token)
    {
        if (abandoned || connection.FullState is ConnectionState.Closed or ConnectionState.Broken)
            throw new NpgsqlException("The connection is closed.", new IOException("The connection is closed."));
        token.ThrowIfCancellationRequested();
        // Not disposed: after an abandoned call it is still in use.
        var stop = new CancellationTokenSource();
        var running = call(stop.Token);
        try
        {
            return limit is { } most
                ? await running.WaitAsync(most, token).ConfigureAwait(false)
                : await running.WaitAsync(token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException && !running.IsCompleted)
        {
            _ = Task.Run(stop.Cancel, CancellationToken.None);
            try
            {
                // The statement may have ended before the cancel reached it; then its result counts.
                return await running.WaitAsync(CancelGrace, CancellationToken.None).ConfigureAwait(false);
            }
            catch (TimeoutException) when (!running.IsCompleted)
            {
                Abandon(running);
                if (e is OperationCanceledException) throw new OperationCanceledException("The server did not answer the cancel in time; its connection was left.", token);
                throw new NpgsqlException("The server did not answer in time.", e);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException && running.IsCompletedSuccessfully)
        {
            // It ended in the same moment as the token: what was done was done, and a commit above all must be told as one.
            return await running.ConfigureAwait(false);
        }
    }

    /// <summary>Turns a failure of the bulk writer into a typed one.</summary>
    internal EtlException Failed(Exception failure, Sql sql, CancellationToken token) => Translate(failure, sql, token);

    /// <inheritdoc/>
    protected override string Explain(Exception failure) => PostgreSqlFailures.Explain(failure);

    /// <inheritdoc/>
    protected override Task<TOut> RunAsync<TOut>(DbCommand command, Func<DbCommand, CancellationToken, Task<TOut>> call, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(call);
        // A rollback has no token, and a frozen server must not hold us in it: leaving the connection rolls back as well.
        TimeSpan? limit = command.CommandText == "ROLLBACK" ? RollbackLimit : null;
        return InterruptibleAsync(t => call(command, t), limit, token);
    }

    /// <inheritdoc/>
    /// <remarks>The driver's cancel blocks its caller until the server has taken it, and closing a reader waits for the server: on a frozen one the connection is left behind instead.</remarks>
    protected override async Task LeaveAsync(DbCommand command, DbDataReader reader)
    {
        var leaving = Task.Run(() => base.LeaveAsync(command, reader));
        try
        {
            await leaving.WaitAsync(CancelGrace).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!leaving.IsCompleted)
        {
            Abandon(leaving);
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Sql> BeginStatements(TransactionMode mode, string? snapshot)
    {
        var begin = mode switch
        {
            TransactionMode.Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            TransactionMode.SnapshotWrite => "BEGIN ISOLATION LEVEL REPEATABLE READ",
            _ => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        var statements = new List<Sql> { new(begin) };
        if (snapshot is not null) statements.Add(Sql.Write(Dialect, $"SET TRANSACTION SNAPSHOT {new SqlLiteral(snapshot)}"));
        // It holds no lock that anybody waits for, and it is idle while others read its snapshot.
        if (mode == TransactionMode.Snapshot) statements.Add(new Sql("SET LOCAL idle_in_transaction_session_timeout = 0"));
        return statements;
    }

    // Text forms of values must not depend on the role's or the database's settings. Not pinned on purpose: search_path and TimeZone (see the
    // class), and lock_timeout, which is the dialect's. DateStyle is set without an order, so that 01/02 goes on to mean what it means to the user.
    private static readonly string[] Pinned =
    [
        "SET standard_conforming_strings = on",
        "SET DateStyle = 'ISO'",
        "SET IntervalStyle = 'postgres'",
        "SET extra_float_digits = 1",
        "SET bytea_output = 'hex'",
        // A policy would silently hide rows from the copy; with this the server refuses instead.
        "SET row_security = off",
        "SET statement_timeout = 0",
        // A client that is frozen in a transaction must not keep its locks.
        "SET idle_in_transaction_session_timeout = '60s'",
    ];

    private static async Task LimitDeadPeersAsync(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, int majorVersion, CancellationToken token)
    {
        // A statement that nobody waits for any more, such as the index build of a process that was killed, ends soon and not when it is done.
        if (majorVersion >= 14) await SetIfKnownAsync(connection, "SET client_connection_check_interval = '5s'", token).ConfigureAwait(false);
        if (!settings.Host!.StartsWith('/'))
            await SetIfKnownAsync(connection, "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '60s'", token).ConfigureAwait(false);
    }

    private static async Task SetIfKnownAsync(NpgsqlConnection connection, string settings, CancellationToken token)
    {
        try
        {
            var command = new NpgsqlCommand(settings, connection);
            await using (command.ConfigureAwait(false)) await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
        }
        catch (PostgresException)
        {
            // The server's system has no such settings; its own defaults notice a dead client later.
        }
    }

    private void Abandon(Task running)
    {
        abandoned = true;
        _ = running.ContinueWith(static (ended, state) =>
        {
            // Observed, or it would surface as an unobserved failure; whatever it is, its caller has left.
            _ = ended.Exception;
            ((NpgsqlConnection)state!).DisposeAsync().AsTask().ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }, connection, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task<string> SetPathAsync(string path, CancellationToken token)
    {
        // In a transaction the setting ends with it; outside there is nothing for a local one to end with.
        var sql = new Sql("SELECT pg_catalog.current_setting('search_path'), pg_catalog.set_config('search_path', @path, @local)",
            [new SqlParameter("path", path), new SqlParameter("local", InTransaction)]);
        return (await QueryAsync(sql, r => r.GetString(0), token).ConfigureAwait(false))[0];
    }

    private async Task RestorePathAsync(string path)
    {
        try
        {
            await SetPathAsync(path, CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException)
        {
            // The transaction is aborted, and its rollback restores the path; or the connection is gone. The cause is on its way already.
        }
    }

    private async Task<string> TypeNameAsync(uint type, CancellationToken token)
    {
        var path = await SetPathAsync("pg_catalog", token).ConfigureAwait(false);
        try
        {
            // 705 is the type of a bare literal, which becomes text wherever it is stored.
            return type == 705 ? "text" : (await QueryAsync(new Sql("SELECT pg_catalog.format_type(@type::oid, NULL)", [new SqlParameter("type", (long)type)]), r => r.GetString(0), token).ConfigureAwait(false))[0];
        }
        finally
        {
            await RestorePathAsync(path).ConfigureAwait(false);
        }
    }

    private static string WithFacets(string type, string shown)
    {
        var open = shown.IndexOf('(', StringComparison.Ordinal);
        if (open < 0) return type;
        var close = shown.IndexOf(')', open);
        var facets = shown[open..(close + 1)].Replace(" ", "", StringComparison.Ordinal);
        // timestamp(3) without time zone, numeric(10,2)[]: they stand behind the first word of the type, not at its end.
        foreach (var tail in new[] { " without time zone", " with time zone", "[]" })
        {
            if (type.EndsWith(tail, StringComparison.Ordinal)) return type[..^tail.Length] + facets + tail;
        }
        return type + facets;
    }
}
