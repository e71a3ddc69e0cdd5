using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <summary>
/// The lock of an operation on a live table: an advisory lock of the session, which ends with it. While it is held the session's <c>application_name</c> says who holds it,
/// because that is the one text of a session which every user may read (pg_stat_activity; the times and the address take pg_read_all_stats).
/// </summary>
/// <param name="session">Holds it.</param>
/// <param name="applicationName">What the session is called otherwise.</param>
/// <param name="live">The live table.</param>
internal sealed class PostgreSqlOperationLock(PostgreSqlSession session, string applicationName, TableName live) : IAsyncDisposable
{
    private const string Ours = "etltableops";
    private const string Moments = "yyyyMMdd'T'HHmmss'Z'";
    private readonly SqlParameter key = new("key", "etltableops:" + live);

    /// <summary>Takes it; null when another session has it.</summary>
    public async Task<IAsyncDisposable?> TryTakeAsync(string operation, CancellationToken token)
    {
        // Said before it is taken, so that whoever finds it taken can read by whom. The server cuts names at 63 bytes; what may be long stands last.
        var name = string.Create(CultureInfo.InvariantCulture, $"{Ours} {operation} {DateTime.UtcNow.ToString(Moments, CultureInfo.InvariantCulture)} {Environment.ProcessId}@{Environment.MachineName}");
        var sql = new Sql("SELECT pg_catalog.set_config('application_name', @name, false), pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended(@key, 0))", [key, new SqlParameter("name", name)]);
        if ((await session.QueryAsync(sql, r => r.GetBoolean(1), token).ConfigureAwait(false))[0]) return this;
        await session.ExecuteAsync(Renamed("SELECT"), token).ConfigureAwait(false);
        return null;
    }

    /// <summary>Who has it now; null when nobody has.</summary>
    public async Task<OperationHolder?> FindHolderAsync(CancellationToken token)
    {
        var sql = new Sql("""
            SELECT a.pid, a.usename::text, a.application_name, a.backend_start AT TIME ZONE 'UTC', pg_catalog.host(a.client_addr)
            FROM (SELECT pg_catalog.hashtextextended(@key, 0) AS of_table) k
            JOIN pg_catalog.pg_locks l ON l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
              AND l.classid::bigint = (k.of_table >> 32) & 4294967295 AND l.objid::bigint = k.of_table & 4294967295
              AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
            JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
            """, [key]);
        var found = await session.QueryAsync(sql, r => Read(r.GetInt32(0), r.IsDBNull(1) ? "?" : r.GetString(1), r.IsDBNull(2) ? "" : r.GetString(2),
            r.IsDBNull(3) ? null : r.GetDateTime(3), r.IsDBNull(4) ? null : r.GetString(4)), token).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await session.ExecuteAsync(Renamed("SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended(@key, 0)),"), CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException)
        {
            // The connection is gone and the lock with it, or its transaction is aborted; then the session's end frees it.
        }
    }

    private Sql Renamed(string select) =>
        new($"{select} pg_catalog.set_config('application_name', @name, false)", [key, new SqlParameter("name", applicationName)]);

    private static OperationHolder Read(int backend, string user, string name, DateTime? begun, string? address)
    {
        var at = $"session {backend.ToString(CultureInfo.InvariantCulture)} of the server" + (address is null ? "" : $" from {address}");
        if (name.Split(' ', 4) is [Ours, var operation, var since, var where] && where.Split('@', 2) is [var process, var host]
            && DateTime.TryParseExact(since, Moments, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var moment)
            && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return new OperationHolder(operation, user, host, id, moment) { Session = at };
        }

        // Not a session of this version of ours: what the server knows of it.
        return new OperationHolder(name.Length > 0 ? name : "another program", user, address ?? "?", 0, DateTime.SpecifyKind(begun ?? DateTime.UnixEpoch, DateTimeKind.Utc)) { Session = at };
    }
}
