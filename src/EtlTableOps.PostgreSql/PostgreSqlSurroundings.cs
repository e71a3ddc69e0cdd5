using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <summary>What a session asks about its surroundings: names, lock holders, space, types. Works under any search_path.</summary>
internal sealed class PostgreSqlSurroundings(PostgreSqlSession session)
{
    /// <summary>Finds the schema of an unqualified name on the user's own path; null when nothing has it.</summary>
    public async Task<TableName?> ResolveAsync(string name, CancellationToken token)
    {
        var sql = new Sql("""
            SELECT n.nspname::text, c.relname::text
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(pg_catalog.quote_ident(@name))
            """, [new SqlParameter("name", name)]);
        var found = await session.QueryAsync(sql, r => new TableName(r.GetString(0), r.GetString(1)), token).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Journals that the user can read.</summary>
    public Task<IReadOnlyList<TableName>> FindJournalsAsync(CancellationToken token) =>
        session.QueryAsync(new Sql("""
            SELECT n.nspname::text, c.relname::text
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relname = 'etltableops_journal' AND c.relkind = 'r' AND c.relpersistence <> 't'
              AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
            ORDER BY 1
            """), r => new TableName(r.GetString(0), r.GetString(1)), token);

    /// <summary>Schemas that hold the operator by which values of a column of the table are equal, and are not on the session's search_path: those of extensions, mostly.</summary>
    public Task<IReadOnlyList<string>> FindUnseenOperatorsAsync(TableName table, CancellationToken token) =>
        session.QueryAsync(new Sql("""
            WITH RECURSIVE types AS (
              SELECT a.atttypid AS oid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = @schema AND c.relname = @name AND a.attnum > 0 AND NOT a.attisdropped
              UNION SELECT t.typbasetype FROM types JOIN pg_catalog.pg_type t ON t.oid = types.oid WHERE t.typtype = 'd')
            SELECT DISTINCT n.nspname::text
            FROM types JOIN pg_catalog.pg_opclass k ON k.opcintype = types.oid AND k.opcdefault JOIN pg_catalog.pg_am m ON m.oid = k.opcmethod
              JOIN pg_catalog.pg_amop s ON s.amopfamily = k.opcfamily AND s.amoplefttype = types.oid AND s.amoprighttype = types.oid AND s.amopstrategy = CASE m.amname WHEN 'btree' THEN 3 ELSE 1 END
              JOIN pg_catalog.pg_operator o ON o.oid = s.amopopr JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
            WHERE m.amname IN ('btree', 'hash') AND NOT pg_catalog.pg_operator_is_visible(o.oid) AND n.nspname <> ALL (pg_catalog.current_schemas(true))
            ORDER BY 1
            """, [new SqlParameter("schema", table.Schema), new SqlParameter("name", table.Name)]), r => r.GetString(0), token);

    /// <summary>
    /// Sessions, and prepared transactions, that hold a lock on the table, its partitions or a table tied to it by a foreign key: an exchange
    /// locks all of these.
    /// </summary>
    public Task<IReadOnlyList<LockHolder>> FindLockHoldersAsync(TableName table, CancellationToken token)
    {
        var sql = new Sql("""
            WITH RECURSIVE family(oid) AS (
              SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = @schema AND c.relname = @name
              UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family f ON f.oid = i.inhparent
            ), tied(oid) AS (
              SELECT oid FROM family
              UNION SELECT k.conrelid FROM pg_catalog.pg_constraint k JOIN family f ON f.oid = k.confrelid WHERE k.contype = 'f'
              UNION SELECT k.confrelid FROM pg_catalog.pg_constraint k JOIN family f ON f.oid = k.conrelid WHERE k.contype = 'f'
            )
            -- A prepared transaction may end between the two views, and then its lock has no name.
            SELECT COALESCE(l.pid::text, 'prepared transaction ' || MIN(p.gid), 'prepared transaction'), COALESCE(MIN(a.usename::text), MIN(p.owner::text), '?'),
                   MIN(COALESCE(a.xact_start, p.prepared)) AT TIME ZONE 'UTC', COALESCE(MIN(a.state), CASE WHEN l.pid IS NULL THEN 'prepared' ELSE MIN(a.backend_type) END, '?'),
                   COALESCE(MIN(a.query), '')
            FROM pg_catalog.pg_locks l
            JOIN tied t ON t.oid = l.relation
            LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
            -- A prepared transaction keeps the virtual number of the session that made it; only its lock on its own number says which it is.
            LEFT JOIN (SELECT x.virtualtransaction, g.gid, g.owner, g.prepared FROM pg_catalog.pg_locks x JOIN pg_catalog.pg_prepared_xacts g ON g.transaction = x.transactionid
                       WHERE x.pid IS NULL AND x.locktype = 'transactionid') p ON l.pid IS NULL AND l.virtualtransaction = p.virtualtransaction
            WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
              AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
            GROUP BY l.pid, l.virtualtransaction
            ORDER BY 3 NULLS LAST
            """, [new SqlParameter("schema", table.Schema), new SqlParameter("name", table.Name)]);
        return session.QueryAsync(sql, r => new LockHolder(
            r.GetString(0),
            r.GetString(1),
            r.IsDBNull(2) ? null : DateTime.SpecifyKind(r.GetDateTime(2), DateTimeKind.Utc),
            Doing(r.GetString(3), r.GetString(4))), token);
    }

    /// <summary>
    /// The table's columns with what their types are stored as. A domain with a rule of its own has no binary form here: only of a text does
    /// the server say which value broke the rule.
    /// </summary>
    public Task<IReadOnlyList<PostgreSqlColumnType>> ReadColumnTypesAsync(TableName table, CancellationToken token)
    {
        var sql = new Sql("""
            WITH RECURSIVE t AS (
              SELECT a.attname::text AS name, y.oid, y.typtype, y.typbasetype, a.atttypmod AS typmod, y.typtypmod, y.typnotnull, y.typreceive, false AS judged
              FROM pg_catalog.pg_attribute a
              JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
              WHERE n.nspname = @schema AND c.relname = @name AND a.attnum > 0 AND NOT a.attisdropped
              UNION ALL
              SELECT t.name, y.oid, y.typtype, y.typbasetype, t.typtypmod, y.typtypmod, y.typnotnull, y.typreceive,
                     t.judged OR t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid)
              FROM t JOIN pg_catalog.pg_type y ON y.oid = t.typbasetype WHERE t.typtype = 'd'
            )
            SELECT t.name, CASE WHEN NOT t.judged AND r.pronamespace = 'pg_catalog'::pg_catalog.regnamespace THEN r.proname::text ELSE '' END, t.typmod,
                   pg_catalog.current_setting('TimeZone')
            FROM t LEFT JOIN pg_catalog.pg_proc r ON r.oid = t.typreceive
            WHERE t.typtype <> 'd'
            """, [new SqlParameter("schema", table.Schema), new SqlParameter("name", table.Name)]);
        return session.QueryAsync(sql, r => new PostgreSqlColumnType(r.GetString(0), r.IsDBNull(1) ? "" : r.GetString(1), r.GetInt32(2), r.GetString(3)), token);
    }

    /// <summary>
    /// Free bytes on the volume of the server's data; -1 unless the server is on this machine, lets this user know its directory, and that
    /// directory is proven to be the server's own by its system identifier.
    /// </summary>
    public async Task<long> FreeBytesAsync(CancellationToken token)
    {
        var sql = new Sql("""
            SELECT s.setting, (SELECT c.system_identifier FROM pg_catalog.pg_control_system() c), d.dattablespace = 1663
            FROM pg_catalog.pg_settings s, pg_catalog.pg_database d
            WHERE s.name = 'data_directory' AND d.datname = pg_catalog.current_database()
            """);
        try
        {
            var found = await session.QueryAsync(sql, r => (Directory: r.IsDBNull(0) ? "" : r.GetString(0), Identifier: r.GetInt64(1), Default: r.GetBoolean(2)), token).ConfigureAwait(false);
            if (found is not [{ Directory.Length: > 0, Default: true } data]) return -1;
            var control = Path.Combine(data.Directory, "global", "pg_control");
            if (!File.Exists(control)) return -1;
            var identifier = new byte[8];
            var file = File.OpenRead(control);
            await using (file.ConfigureAwait(false)) await file.ReadExactlyAsync(identifier, token).ConfigureAwait(false);
            return BitConverter.ToInt64(identifier) == data.Identifier ? new DriveInfo(data.Directory).AvailableFreeSpace : -1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Errors.EtlException { Code: Errors.ErrorCode.NotPermitted })
        {
            // Not ours to see, and an estimate is no reason to fail.
            return -1;
        }
    }

    /// <summary>What a session is doing, in one line.</summary>
    public static string Doing(string state, string query)
    {
        var line = string.Join(' ', query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        // What an idle session shows is its last statement, not what it does.
        var text = line.Length == 0 ? state : state == "active" ? line : $"{state}, last: {line}";
        return text.Length <= 80 ? text : text[..79] + "…";
    }
}

/// <summary>What a column's values are sent as: the type's own, or that below its domains.</summary>
/// <param name="Column">The column.</param>
/// <param name="Receive">The server's function that reads the type's binary form; empty when it is none of the server's own.</param>
/// <param name="Modifier">The type's modifier (length, precision), -1 for none.</param>
/// <param name="TimeZone">The session's time zone.</param>
internal sealed record PostgreSqlColumnType(string Column, string Receive, int Modifier, string TimeZone);
