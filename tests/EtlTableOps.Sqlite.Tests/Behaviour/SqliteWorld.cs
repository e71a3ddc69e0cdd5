using EtlTableOps.Behaviour;
using EtlTableOps.Testing;
using EtlTableOps.Testing.Ledgers;
using Microsoft.Data.Sqlite;

namespace EtlTableOps.Sqlite.Tests.Behaviour;

/// <summary>A fresh file in WAL mode, as an application with readers and writers has it, for one scenario.</summary>
/// <param name="mode">How the file is journalled.</param>
/// <param name="copy">A folder that has the file already; null for a new one.</param>
internal sealed class SqliteWorld(string mode = "WAL", DirectoryInfo? copy = null) : EngineWorld
{
    private readonly DirectoryInfo folder = copy ?? Directory.CreateTempSubdirectory("etltableops-");

    public override bool IsScan(string statement) => statement.Contains("etltableops_sums(", StringComparison.Ordinal);

    // A division by zero is null here.
    public override string FailsOn(string column, string value) => $"json_extract(CASE WHEN {column} = {value} THEN '{{' ELSE '{{}}' END, '$') IS NOT NULL";

    public override string ConnectionText => "sqlite:" + File;

    /// <summary>One writer at a time: a transaction that stays open stops all others.</summary>
    public override LedgerOptions LedgerOptions => new() { Begin = "BEGIN IMMEDIATE", LateBy = TimeSpan.FromMilliseconds(30) };

    public override int LongestName => 200;

    /// <summary>The folder with the file and what belongs to it.</summary>
    public DirectoryInfo Folder => folder;

    private string File => Path.Combine(folder.FullName, "events.db");

    public override async ValueTask StartAsync()
    {
        await using var connection = await OpenAsync(SqliteOpenMode.ReadWriteCreate);
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = " + mode;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The driver looks every 150 ms whether a locked file is free; SQLite's own busy_timeout, as the driver's library is built, sleeps for whole seconds.</summary>
    public override async Task<Consumer> OpenConsumerAsync() => new(await OpenAsync(SqliteOpenMode.ReadWrite));

    public override Task<IReadOnlyList<string>> LeftoversAsync(string live) => RowsAsync($"""
        SELECT type || ' ' || name || ' on ' || tbl_name FROM sqlite_schema
        WHERE (name LIKE 'etltableops%' AND name NOT IN ('etltableops_journal', 'etltableops_journal_lines'))
          OR (type = 'table' AND name LIKE 'allevents_new%' AND sql LIKE '%twice%')
          OR (type = 'index' AND name GLOB '*__[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]')
        """);

    public override Task<IReadOnlyList<string>> ObjectsAsync() => RowsAsync("SELECT type || ' ' || name || ' on ' || tbl_name FROM sqlite_schema WHERE tbl_name NOT LIKE 'etltableops_journal%' AND name NOT LIKE 'sqlite_stat%'");

    public override async Task<IReadOnlyList<string>> DescribeAsync(string table)
    {
        var name = Literal(table);
        var lines = new List<string>(await RowsAsync($"""
            SELECT 'column ' || cid || ' ' || name || ' ' || type || CASE WHEN "notnull" THEN ' not null' ELSE '' END || coalesce(' default ' || dflt_value, '') || ' pk ' || pk || ' hidden ' || hidden FROM pragma_table_xinfo({name})
            UNION ALL
            SELECT 'foreign key ' || "from" || ' to ' || "table" || ' ' || coalesce("to", '') || ' ' || on_update || ' ' || on_delete FROM pragma_foreign_key_list({name})
            UNION ALL
            SELECT 'referenced by ' || m.name || ' ' || f."from" || ' to ' || coalesce(f."to", '') || ' ' || f.on_delete FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND lower(f."table") = lower({name}) AND m.name NOT LIKE '%\_old\_%' ESCAPE '\' AND m.name NOT LIKE '%\_new' ESCAPE '\' AND m.name <> {name}
            UNION ALL
            SELECT 'index ' || CASE WHEN i.origin = 'c' THEN i.name ELSE i.origin END || ' unique ' || i."unique" || ' partial ' || i.partial || ' ' || (SELECT group_concat(coalesce(x.name, '(expression)') || CASE WHEN x."desc" THEN ' desc' ELSE '' END || ' ' || x.coll) FROM pragma_index_xinfo(i.name) x WHERE x.key) FROM pragma_index_list({name}) i
            UNION ALL
            SELECT 'view ' || name || ' ' || sql FROM sqlite_schema WHERE type = 'view' AND instr(sql, {name})
            """));
        foreach (var text in await RowsAsync($"SELECT sql FROM sqlite_schema WHERE tbl_name = {name} AND sql IS NOT NULL AND type IN ('trigger', 'index') AND name NOT LIKE 'etltableops%'"))
            lines.Add("text " + Plain(text));
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    public override async Task<IReadOnlyList<string>> EverythingAsync()
    {
        var all = new List<string>(await RowsAsync("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema"));
        foreach (var table in await RowsAsync("SELECT name FROM sqlite_schema WHERE type = 'table'"))
            all.AddRange((await RowsAsync($"SELECT * FROM {Quote(table)}")).Select(r => $"{table}: {r}"));
        return all;
    }

    public override string YearOf(string column) => $"CAST(strftime('%Y', {column}) AS integer)";

    public override string EmptyStatement(string table) => $"DELETE FROM {table}";

    public override string AuditTrigger(string name, string table) => $"CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN INSERT INTO audit VALUES ('inserted'); END";

    public override Task AddDependentsAsync() => ExecuteAsync("""
        CREATE TRIGGER orders_check BEFORE UPDATE OF total ON orders WHEN new.total < 0 BEGIN SELECT RAISE(ABORT, 'below zero'); END;
        CREATE TRIGGER users_gone AFTER DELETE ON users BEGIN DELETE FROM orders WHERE user_id = old.user_id; END;
        CREATE TRIGGER big_orders_insert INSTEAD OF INSERT ON big_orders BEGIN INSERT INTO orders (order_id, user_id, total) VALUES (new.order_id, 1, new.total); END;
        CREATE INDEX orders_expression ON orders (total * 2, reference COLLATE NOCASE)
        """);

    public override ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private static string Plain(string sql) => string.Join(' ', sql.Replace("\"", "", StringComparison.Ordinal).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private async Task<SqliteConnection> OpenAsync(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = File, Mode = mode, Pooling = false, ForeignKeys = true, DefaultTimeout = 30 }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
