using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Plans;
using EtlTableOps.Testing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace EtlTableOps.Benchmarks;

/// <summary>A database to measure in, and what its own way is for each measure.</summary>
internal abstract class Bench
{
    public const string Columns = "event_id, event_ts, user_id, event_type, country, amount, payload";

    public abstract Task<EtlDatabase> ConnectAsync();

    /// <summary>A connection of the engine's own driver.</summary>
    public abstract DbConnection Open();

    /// <summary>Statements that make a table with rows, primary key and one index.</summary>
    public abstract IEnumerable<string> CreateEvents(string table, long rows);

    /// <summary>Statements that make an empty table with the same keys and index as <c>allevents</c>.</summary>
    public abstract IEnumerable<string> CreateLike(string table);

    /// <summary>The engine's own tool adds the rows of a CSV file to a table.</summary>
    public abstract Task RawImportAsync(string file, string table);

    /// <summary>A query of the bytes that a table takes without its indexes; null where that is not known.</summary>
    public virtual string? Size(string table) => null;

    /// <summary>Writes to disk what an earlier measure left in memory, so that the next one does not pay for it.</summary>
    public abstract string Settle { get; }

    /// <summary>A scan of the table to hold the checksum against.</summary>
    public abstract string Scan(string table);

    /// <summary>What <see cref="Scan"/> is, in words.</summary>
    public abstract string ScanName { get; }

    /// <summary>The engine's own tool for <see cref="RawImportAsync"/>, in words.</summary>
    public abstract string ImportName { get; }

    /// <summary>The two renames that people write themselves, in one transaction that waits for its lock.</summary>
    public abstract IEnumerable<string> Renames { get; }

    /// <summary>Two hundred thousand rows of another table are brought over by their time, as people write it themselves.</summary>
    public abstract string Upsert(string from, string into);

    /// <summary>Replaces a table by pg_repack; null where that is not installed.</summary>
    public virtual Func<string, Task>? Repack => null;

    /// <summary>Logs the writes to a table of events as pg_repack does while it copies, into a table of the same name with <c>_log</c>; empty where that is not installed.</summary>
    public virtual IReadOnlyList<string> RepackLog(string table) => [];

    /// <summary>Tells the planner what is in a table.</summary>
    public virtual string Analyze(string table) => $"ANALYZE {table}";

    /// <summary>Keeps a session's statements to one process; null where they never take more.</summary>
    public virtual string? OneProcess => null;

    /// <summary>Ways in which people find the rows that two tables do not have in common.</summary>
    public virtual IEnumerable<(string Way, string Sql)> OtherComparisons(string table, string other) =>
        [("EXCEPT both ways", $"SELECT count(*) FROM (SELECT * FROM (SELECT * FROM {table} EXCEPT SELECT * FROM {other}) UNION ALL SELECT * FROM (SELECT * FROM {other} EXCEPT SELECT * FROM {table}))")];

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed; its own words.</exception>
    protected static async Task RunProgramAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program}: {errors}");
    }

    /// <summary>Runs SQL on a connection of its own and returns the seconds.</summary>
    public async Task<double> RunSqlAsync(params string[] statements)
    {
        await using var connection = Open();
        var watch = Stopwatch.StartNew();
        foreach (var sql in statements)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync();
        }
        return watch.Elapsed.TotalSeconds;
    }

    public async Task<long> NumberAsync(string sql)
    {
        await using var connection = Open();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    public Task SettleAsync() => RunSqlAsync(Settle);

    /// <summary>Prepares and runs an operation; returns its result and the seconds of both.</summary>
    public static async Task<(T Result, double Seconds)> TimeAsync<T>(Func<Task<PreparedOperation<T>>> preparing)
    {
        var watch = Stopwatch.StartNew();
        var prepared = await preparing();
        var result = await prepared.RunAsync(default);
        return (result, watch.Elapsed.TotalSeconds);
    }

    /// <summary>A quarter updates by key, three quarters reads of eleven rows by index: the load of the peers' figures.</summary>
    public static IReadOnlyList<LoadStatement> Consumers(string table, long rows) =>
    [
        new LoadStatement(1, random => string.Create(CultureInfo.InvariantCulture, $"UPDATE {table} SET amount = {random.Next(1000)} WHERE event_id = {random.NextInt64(1, rows + 1)}")),
        new LoadStatement(3, random => random.NextInt64(1, Math.Max(2, rows - 10)) is var from ? string.Create(CultureInfo.InvariantCulture, $"SELECT * FROM {table} WHERE event_id BETWEEN {from} AND {from + 10}") : ""),
    ];
}

internal sealed class SqliteBench(string folder, int filling) : Bench
{
    private const string Shape = "(event_id INTEGER PRIMARY KEY, event_ts TEXT NOT NULL, user_id INTEGER NOT NULL, event_type TEXT NOT NULL, country TEXT, amount NUMERIC, payload TEXT)";

    private readonly string file = Path.Combine(folder, "bench.db");

    public override string ScanName => "sum of five columns";

    public override string ImportName => "sqlite3 .import";

    public override string Settle => "PRAGMA wal_checkpoint(TRUNCATE)";

    public override IEnumerable<string> Renames => ["PRAGMA legacy_alter_table = ON", "BEGIN IMMEDIATE", "ALTER TABLE allevents RENAME TO allevents_naive_old", "ALTER TABLE allevents_naive RENAME TO allevents", "ALTER TABLE allevents_naive_old RENAME TO allevents_naive", "COMMIT"];

    public override string Scan(string table) => $"SELECT sum(event_id), sum(user_id), sum(amount), sum(length(event_type)), sum(length(payload)) FROM {table}";

    public override Task<EtlDatabase> ConnectAsync() =>
        EngineList.ConnectAsync($"sqlite:Data Source={file};Mode=ReadWriteCreate", null, null, null, default);

    public override DbConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={file};Default Timeout=30");
        connection.Open();
        return connection;
    }

    public override IEnumerable<string> CreateEvents(string table, long rows) =>
    [
        "PRAGMA journal_mode=WAL",
        $"CREATE TABLE {table} {Shape}",
        string.Create(CultureInfo.InvariantCulture, $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) INSERT INTO {table} SELECT i, strftime('%Y-%m-%dT%H:%M:%S', 1700000000 + i * 7, 'unixepoch'), i * 7919 % 100003, 'type' || i % 12, 'C' || i % 40, i % 9973 / 100.0, 'payload of event ' || i || '{new string('.', filling)}' FROM n"),
        $"CREATE INDEX ix_{table}_ts ON {table} (event_ts)",
    ];

    public override IEnumerable<string> CreateLike(string table) => [$"CREATE TABLE {table} {Shape}", $"CREATE INDEX ix_{table}_ts ON {table} (event_ts)"];

    public override string Upsert(string from, string into) =>
        $"INSERT INTO {into} SELECT * FROM {from} WHERE event_ts >= '{Sync.Since}' ON CONFLICT (event_id) DO UPDATE SET event_ts = excluded.event_ts, user_id = excluded.user_id, event_type = excluded.event_type, country = excluded.country, amount = excluded.amount, payload = excluded.payload";

    public override Task RawImportAsync(string csv, string table) => RunProgramAsync("sqlite3", file, ".mode csv", $".import --skip 1 \"{csv}\" {table}");
}

internal sealed class PostgreSqlBench(string text, string npgsql, int filling, string? repack) : Bench
{
    public override string ScanName => "count(*)";

    public override string ImportName => "psql \\copy";

    public override string Settle => "CHECKPOINT";

    public override IEnumerable<string> Renames => ["BEGIN; ALTER TABLE allevents RENAME TO allevents_naive_old; ALTER TABLE allevents_naive RENAME TO allevents; ALTER TABLE allevents_naive_old RENAME TO allevents_naive; COMMIT"];

    public override string Scan(string table) => $"SELECT count(*) FROM {table}";

    public override string Analyze(string table) => $"VACUUM (ANALYZE) {table}";

    public override string? OneProcess => "SET max_parallel_workers_per_gather = 0";

    public override IEnumerable<(string Way, string Sql)> OtherComparisons(string table, string other)
    {
        yield return ("data-diff's formula, both tables, first level only", $"SELECT {Md5(table)}, {Md5(other)}");
        yield return ("FULL OUTER JOIN of whole rows", $"SELECT count(*) FROM {table} AS a FULL OUTER JOIN {other} AS b ON a.event_id = b.event_id WHERE a IS DISTINCT FROM b");
        yield return ("EXCEPT both ways", $"SELECT count(*) FROM ((SELECT * FROM {table} EXCEPT SELECT * FROM {other}) UNION ALL (SELECT * FROM {other} EXCEPT SELECT * FROM {table})) AS d");

        static string Md5(string table) => $"(SELECT sum(('x' || substring(md5(concat_ws('|', {Columns})), 18))::bit(60)::bigint) FROM {table})";
    }

    public override string Size(string table) => $"SELECT pg_table_size('{table}')";

    public override Task<EtlDatabase> ConnectAsync() => EngineList.ConnectAsync(text, null, null, null, default);

    public override DbConnection Open()
    {
        var connection = new NpgsqlConnection(npgsql);
        connection.Open();
        return connection;
    }

    public override IEnumerable<string> CreateEvents(string table, long rows) =>
    [
        $"CREATE TABLE {table} (event_id bigint PRIMARY KEY, event_ts timestamptz NOT NULL, user_id integer NOT NULL, event_type text NOT NULL, country varchar(8), amount numeric(12,2), payload text)",
        string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {table} SELECT i, timestamptz '2024-01-01' + i * interval '7 seconds', i * 7919 % 100003, 'type' || i % 12, 'C' || i % 40, i % 9973 / 100.0, 'payload of event ' || i || '{new string('.', filling)}' FROM generate_series(1::bigint, {rows}) AS i"),
        $"CREATE INDEX ix_{table}_ts ON {table} (event_ts)",
        $"VACUUM (ANALYZE) {table}",
    ];

    public override IEnumerable<string> CreateLike(string table) => [$"CREATE TABLE {table} (LIKE allevents INCLUDING ALL)"];

    public override string Upsert(string from, string into) =>
        $"INSERT INTO {into} SELECT * FROM {from} WHERE event_ts >= '{Sync.Since}' ON CONFLICT (event_id) DO UPDATE SET event_ts = excluded.event_ts, user_id = excluded.user_id, event_type = excluded.event_type, country = excluded.country, amount = excluded.amount, payload = excluded.payload";

    public override Func<string, Task>? Repack => repack is null ? null : async table =>
    {
        await RunSqlAsync("CREATE EXTENSION IF NOT EXISTS pg_repack");
        await RunProgramAsync(repack, [.. Target, "-t", table, "-n", "-D"]);
    };

    public override IReadOnlyList<string> RepackLog(string table) => repack is null ? [] :
    [
        "CREATE EXTENSION IF NOT EXISTS pg_repack",
        $"CREATE TYPE {table}_pk AS (event_id bigint)",
        $"CREATE TABLE {table}_log (id bigserial PRIMARY KEY, pk {table}_pk, row {table})",
        $"CREATE TRIGGER repack_trigger AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION repack.repack_trigger('INSERT INTO public.{table}_log(pk, row) VALUES (CASE WHEN $1 IS NULL THEN NULL ELSE (ROW($1.event_id)::public.{table}_pk) END, $2)')",
    ];

    private string[] Target => new NpgsqlConnectionStringBuilder(npgsql) is var to ? ["-h", to.Host!, "-p", to.Port.ToString(CultureInfo.InvariantCulture), "-U", to.Username!, "-d", to.Database!] : [];

    public override Task RawImportAsync(string file, string table) =>
        RunProgramAsync("psql", ["-X", "-q", .. Target, "-c", $"\\copy {table} ({Columns}) from '{file}' with (format csv, header)"]);
}
