using EtlTableOps.Behaviour;
using EtlTableOps.Testing;
using EtlTableOps.Testing.Ledgers;
using Npgsql;

namespace EtlTableOps.PostgreSql.Tests.Behaviour;

/// <summary>A fresh database of the tests' server for one scenario.</summary>
internal sealed class PostgreSqlWorld(PostgreSqlCluster cluster) : EngineWorld
{
    private string? name;

    public override string ConnectionText => cluster.ConnectionText(Name);

    public override LedgerOptions LedgerOptions => new() { Work = LedgerWork.Common | LedgerWork.Merges | LedgerWork.Copies, Copy = CopyAsync };

    /// <summary>The same on a server that may be killed.</summary>
    public LedgerOptions MortalLedgerOptions => LedgerOptions with
    {
        IsLost = e => e is NpgsqlException and not PostgresException or PostgresException { SqlState: "57P01" or "57P02" or "57P03" },
    };

    public override int LongestName => 63;

    private string Name => name ?? throw new InvalidOperationException("The world was not started.");

    public override async ValueTask StartAsync() => name = await cluster.CreateDatabaseAsync();

    public override async Task<Consumer> OpenConsumerAsync()
    {
        var connection = new NpgsqlConnection(cluster.Connection(Name));
        await connection.OpenAsync();
        return new Consumer(connection);
    }

    public override Task<IReadOnlyList<string>> LeftoversAsync(string live) => RowsAsync($"""
        SELECT 'relation ' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
          AND ((c.relname LIKE 'etltableops\_%' AND c.relname NOT LIKE 'etltableops\_journal%')
            OR c.relname ~ '__[0-9a-f]{"{8}"}$'
            OR (c.relname LIKE {Literal(live)} || '\_new%' AND obj_description(c.oid, 'pg_class') LIKE 'etltableops:%')
            OR obj_description(c.oid, 'pg_class') LIKE '%etltableops:%')
        UNION ALL
        SELECT 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass FROM pg_trigger t WHERE t.tgname LIKE 'etltableops\_%'
        UNION ALL
        SELECT 'function ' || p.proname FROM pg_proc p WHERE p.proname LIKE 'etltableops\_%'
        UNION ALL
        SELECT 'type ' || t.typname FROM pg_type t WHERE t.typname LIKE 'etltableops\_%' AND t.typname NOT LIKE 'etltableops\_journal%'
        """);

    public override Task<IReadOnlyList<string>> ObjectsAsync() => RowsAsync("""
        SELECT n.nspname || ' ' || c.relkind::text || ' ' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relname NOT LIKE 'etltableops\_journal%'
        UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_t%'
        UNION ALL SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass FROM pg_trigger
        UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND ltrim(typname, '_') NOT LIKE 'etltableops\_journal%'
        UNION ALL SELECT 'constraint ' || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'etltableops\_journal%'
        UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
        UNION ALL SELECT 'session of ours: ' || state || ': ' || query FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'etltableops'
        UNION ALL SELECT 'lock of ours' FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts WHERE database = current_database()
        """);

    public override Task<IReadOnlyList<string>> DescribeAsync(string table) => RowsAsync($"""
        WITH t AS (SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relname = {Literal(table)})
        SELECT 'column ' || a.attnum || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
          || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || ' ' || a.attidentity::text || a.attgenerated::text
          || coalesce(' collate ' || nullif(co.collname, 'default'), '') || coalesce(' -- ' || col_description(t.oid, a.attnum), '') || coalesce(' acl ' || a.attacl::text, '') AS line
        FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
          LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum LEFT JOIN pg_collation co ON co.oid = a.attcollation
        UNION ALL
        SELECT 'constraint ' || con.conname || ' ' || pg_get_constraintdef(con.oid) || CASE WHEN con.convalidated THEN '' ELSE ' NOT VALID' END FROM t JOIN pg_constraint con ON con.conrelid = t.oid
        UNION ALL
        SELECT 'referenced by ' || con.conrelid::regclass || ' ' || con.conname || ' ' || pg_get_constraintdef(con.oid) || CASE WHEN con.convalidated THEN '' ELSE ' NOT VALID' END FROM t JOIN pg_constraint con ON con.confrelid = t.oid
        UNION ALL
        SELECT 'index ' || pg_get_indexdef(i.indexrelid) || coalesce(' -- ' || obj_description(i.indexrelid, 'pg_class'), '') || CASE WHEN i.indisreplident THEN ' replica identity' ELSE '' END
          || CASE WHEN i.indisclustered THEN ' clustered' ELSE '' END || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END FROM t JOIN pg_index i ON i.indrelid = t.oid
        UNION ALL
        SELECT 'trigger ' || g.tgenabled::text || ' ' || pg_get_triggerdef(g.oid) FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgname NOT LIKE 'etltableops\_%'
        UNION ALL
        SELECT 'policy ' || p.polname || ' ' || p.polcmd::text || ' ' || p.polpermissive::text || coalesce(' using ' || pg_get_expr(p.polqual, p.polrelid), '') || coalesce(' check ' || pg_get_expr(p.polwithcheck, p.polrelid), '') FROM t JOIN pg_policy p ON p.polrelid = t.oid
        UNION ALL
        SELECT 'statistics ' || pg_get_statisticsobjdef(s.oid) FROM t JOIN pg_statistic_ext s ON s.stxrelid = t.oid
        UNION ALL
        SELECT 'publication ' || p.pubname FROM t JOIN pg_publication_rel r ON r.prrelid = t.oid JOIN pg_publication p ON p.oid = r.prpubid
        UNION ALL
        SELECT 'view ' || v.oid::regclass || ' ' || pg_get_viewdef(v.oid) || coalesce(v.reloptions::text, '') || coalesce(v.relacl::text, '') FROM pg_class v JOIN pg_namespace n ON n.oid = v.relnamespace AND n.nspname = 'public'
          WHERE v.relkind IN ('v', 'm') AND pg_get_viewdef(v.oid) LIKE '%' || {Literal(table)} || '%'
        UNION ALL
        SELECT 'sequence ' || d.objid::regclass || ' of column ' || d.refobjsubid FROM t JOIN pg_depend d ON d.refobjid = t.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        UNION ALL
        SELECT 'table ' || relowner::regrole || ' acl ' || coalesce((SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(relacl) x), 'default') || ' rls ' || relrowsecurity::text || relforcerowsecurity::text
          || ' options ' || coalesce(reloptions::text, '') || ' replica ' || relreplident::text || ' persistence ' || relpersistence::text || coalesce(' -- ' || obj_description(oid, 'pg_class'), '') FROM t
        """);

    public override async Task<IReadOnlyList<string>> EverythingAsync()
    {
        var tables = await RowsAsync("SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.relkind = 'r'");
        var all = new List<string>(await RowsAsync("SELECT c.relkind::text || ' ' || c.relname || ' ' || c.relfilenode || coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger UNION ALL SELECT 'function ' || proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"));
        foreach (var table in tables) all.AddRange((await RowsAsync($"SELECT xmin, * FROM {table}")).Select(r => $"{table}: {r}"));
        return all;
    }

    public override string YearOf(string column) => $"CAST(extract(year FROM {column}) AS integer)";

    public override string AuditTrigger(string name, string table) => $"""
        CREATE FUNCTION {name}_fn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES ('inserted'); RETURN NULL; END $$;
        CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}_fn()
        """;

    public override Task AddDependentsAsync() => ExecuteAsync("""
        DO $$ BEGIN CREATE ROLE behaviour_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
        GRANT SELECT ON orders TO behaviour_reader;
        GRANT UPDATE (reference) ON orders TO behaviour_reader;
        GRANT SELECT ON big_orders TO PUBLIC;
        ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
        CREATE POLICY cheap ON orders FOR SELECT TO behaviour_reader USING (total < 500);
        COMMENT ON TABLE orders IS 'What people ordered';
        COMMENT ON COLUMN orders.total IS 'In euros';
        COMMENT ON INDEX orders_by_user IS 'For the dashboard';
        ALTER TABLE orders ADD COLUMN number bigint GENERATED BY DEFAULT AS IDENTITY;
        CREATE SEQUENCE orders_ticket_seq;
        ALTER TABLE orders ADD COLUMN ticket integer NOT NULL DEFAULT nextval('orders_ticket_seq');
        ALTER SEQUENCE orders_ticket_seq OWNED BY orders.ticket;
        CREATE STATISTICS orders_stats (dependencies) ON user_id, total FROM orders;
        CREATE PUBLICATION orders_pub FOR TABLE orders;
        CREATE UNIQUE INDEX orders_number ON orders (number);
        ALTER TABLE orders ALTER COLUMN number SET NOT NULL;
        ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_number;
        ALTER TABLE orders SET (fillfactor = 80);
        CREATE VIEW barrier WITH (security_barrier) AS SELECT order_id FROM orders WHERE total > 0
        """);

    public override async ValueTask DisposeAsync()
    {
        if (name is not null) await cluster.DropDatabaseAsync(name);
    }

    private static async Task CopyAsync(Consumer consumer, string into, IReadOnlyList<LedgerRow> rows)
    {
        await using var copy = await ((NpgsqlConnection)consumer.Connection).BeginTextImportAsync($"COPY {into} FROM STDIN");
        foreach (var row in rows) await copy.WriteAsync(FormattableString.Invariant($"{row.Id}\t2026-01-02 03:04:05\t{row.Number}\t{row.Text}\n"));
    }

    private static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
}
