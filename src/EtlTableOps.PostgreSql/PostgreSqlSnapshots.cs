using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <summary>
/// Finds transactions with an old snapshot (REPEATABLE READ, SERIALIZABLE) by <c>backend_xmin</c>, the oldest transaction that was running when the session's oldest snapshot was taken.
/// </summary>
/// <remarks>
/// The server shows neither a session's isolation level nor what its snapshot sees, so what can be is ruled out. A snapshot whose xmin is not below the moment's next transaction sees all that was
/// committed by then; one below it may see it too, where an older writer was still at work, and then the transaction's begin tells. A statement that is a transaction by itself has locked its
/// tables already: the exchange waits for it, or it does not read the table. Whoever holds a lock on the table is waited for by the exchange itself. At READ COMMITTED a
/// session has no snapshot between two statements, and is not found then, unless the driver leaves the last statement's portal open (extended protocol): its snapshot stays with that, and it cannot be told
/// from an old one. A statement is by itself when it began with its transaction; in the extended protocol a moment lies between the two. Sessions of other users are visible to members of their role and of pg_read_all_stats; without that they are not looked at.
/// </remarks>
internal sealed class PostgreSqlSnapshots(PostgreSqlSession session) : IOldSnapshots
{
    /// <inheritdoc/>
    public async Task<string> ReadMomentAsync(CancellationToken token)
    {
        var sql = new Sql("SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()), (EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint");
        return (await session.QueryAsync(sql, r => string.Create(CultureInfo.InvariantCulture, $"{r.GetInt64(0)} {r.GetInt64(1)}"), token).ConfigureAwait(false))[0];
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LockHolder>> FindOlderAsync(TableShape live, string moment, CancellationToken token)
    {
        var parts = moment.Split(' ');
        var sql = new Sql("""
            WITH RECURSIVE family(oid) AS (
              SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = @schema AND c.relname = @name
              UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family f ON f.oid = i.inhparent
            )
            SELECT a.pid, a.usename::text, a.xact_start AT TIME ZONE 'UTC', a.application_name, a.state, a.query
            FROM pg_catalog.pg_stat_activity a
            WHERE a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_catalog.pg_backend_pid()
              AND a.backend_xmin IS NOT NULL AND ((a.backend_xmin::text::bigint - @xid) & 4294967295) >= 2147483648
              AND EXTRACT(epoch FROM a.xact_start) * 1000000 < @at
              AND (a.state <> 'active' OR a.query_start > a.xact_start + interval '250 milliseconds')
              AND a.application_name <> 'etltableops' AND a.application_name NOT LIKE 'etltableops %'
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l JOIN family f ON f.oid = l.relation WHERE l.locktype = 'relation' AND l.granted AND l.pid = a.pid)
            ORDER BY a.xact_start
            """,
            [
                new SqlParameter("schema", live.Name.Schema), new SqlParameter("name", live.Name.Name),
                new SqlParameter("xid", long.Parse(parts[0], CultureInfo.InvariantCulture)), new SqlParameter("at", long.Parse(parts[1], CultureInfo.InvariantCulture)),
            ]);
        return session.QueryAsync(sql, r => new LockHolder(
            r.GetInt32(0).ToString(CultureInfo.InvariantCulture), r.IsDBNull(1) ? "?" : r.GetString(1), DateTime.SpecifyKind(r.GetDateTime(2), DateTimeKind.Utc),
            PostgreSqlSurroundings.Doing(r.GetString(4), r.IsDBNull(5) ? "" : r.GetString(5)) + (r.IsDBNull(3) || r.GetString(3).Length == 0 ? "" : $" [{r.GetString(3)}]")), token);
    }
}
