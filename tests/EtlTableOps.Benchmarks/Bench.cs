using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Composition;
using EtlTableOps.Engines;
using Npgsql;

namespace EtlTableOps.Benchmarks;

/// <summary>What an engine's own way is for each measure.</summary>
internal abstract class Bench
{
    public abstract Task<EtlDatabase> OpenAsync();

    /// <summary>Statements that make <c>allevents</c> with its rows, primary key and one index.</summary>
    public abstract IEnumerable<string> CreateEvents(long rows);

    /// <summary>Statements that make an empty table with the same keys and index.</summary>
    public abstract IEnumerable<string> CreateLike(string table);

    /// <summary>The engine's own tool adds the rows of a CSV file to a table.</summary>
    public abstract Task RawImportAsync(string file, string table);

    /// <summary>A query of the bytes that a table takes without its indexes; null where that is not known.</summary>
    public virtual string? Size(string table) => null;

    /// <summary>Writes to disk what an earlier measure left in memory, so that the next one does not pay for it.</summary>
    public abstract string Settle { get; }

    /// <summary>A scan of the table to hold the checksum against.</summary>
    public abstract string Scan { get; }

    public const string Columns = "event_id, event_ts, user_id, event_type, country, amount, payload";
}

internal sealed class SqliteBench(string folder, int filling) : Bench
{
    private readonly string file = Path.Combine(folder, "bench.db");

    public override string Scan => "SELECT sum(event_id), sum(user_id), sum(amount), sum(length(event_type)), sum(length(payload)) FROM allevents";

    public override string Settle => "PRAGMA wal_checkpoint(TRUNCATE)";

    public override Task<EtlDatabase> OpenAsync() =>
        EngineList.ConnectAsync($"sqlite:Data Source={file};Mode=ReadWriteCreate", null, null, null, default);

    public override IEnumerable<string> CreateEvents(long rows) =>
    [
        "PRAGMA journal_mode=WAL",
        "CREATE TABLE allevents (event_id INTEGER PRIMARY KEY, event_ts TEXT NOT NULL, user_id INTEGER NOT NULL, event_type TEXT NOT NULL, country TEXT, amount NUMERIC, payload TEXT)",
        string.Create(CultureInfo.InvariantCulture, $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) INSERT INTO allevents SELECT i, strftime('%Y-%m-%dT%H:%M:%S', 1700000000 + i * 7, 'unixepoch'), i * 7919 % 100003, 'type' || i % 12, 'C' || i % 40, i % 9973 / 100.0, 'payload of event ' || i || '{new string('.', filling)}' FROM n"),
        "CREATE INDEX ix_allevents_ts ON allevents (event_ts)",
    ];

    public override IEnumerable<string> CreateLike(string table) =>
    [
        $"CREATE TABLE {table} (event_id INTEGER PRIMARY KEY, event_ts TEXT NOT NULL, user_id INTEGER NOT NULL, event_type TEXT NOT NULL, country TEXT, amount NUMERIC, payload TEXT)",
        $"CREATE INDEX ix_{table} ON {table} (event_ts)",
    ];

    public override async Task RawImportAsync(string csv, string table)
    {
        using var shell = Process.Start(new ProcessStartInfo("sqlite3", [file, ".mode csv", $".import --skip 1 \"{csv}\" {table}"]) { RedirectStandardError = true })!;
        await shell.WaitForExitAsync();
    }
}

internal sealed class PostgreSqlBench(string text, string npgsql, int filling) : Bench
{
    public override string Scan => "SELECT count(*) FROM allevents";

    public override string Settle => "CHECKPOINT";

    public override string Size(string table) => $"SELECT pg_table_size('{table}')";

    public override Task<EtlDatabase> OpenAsync() => EngineList.ConnectAsync(text, null, null, null, default);

    public override IEnumerable<string> CreateEvents(long rows) =>
    [
        "CREATE TABLE allevents (event_id bigint PRIMARY KEY, event_ts timestamptz NOT NULL, user_id integer NOT NULL, event_type text NOT NULL, country varchar(8), amount numeric(12,2), payload text)",
        string.Create(CultureInfo.InvariantCulture, $"INSERT INTO allevents SELECT i, timestamptz '2024-01-01' + i * interval '7 seconds', i * 7919 % 100003, 'type' || i % 12, 'C' || i % 40, i % 9973 / 100.0, 'payload of event ' || i || '{new string('.', filling)}' FROM generate_series(1::bigint, {rows}) AS i"),
        "CREATE INDEX ix_allevents_ts ON allevents (event_ts)",
        "VACUUM (ANALYZE) allevents",
    ];

    public override IEnumerable<string> CreateLike(string table) => [$"CREATE TABLE {table} (LIKE allevents INCLUDING ALL)"];

    public override async Task RawImportAsync(string csv, string table)
    {
        var target = new NpgsqlConnectionStringBuilder(npgsql);
        using var psql = Process.Start(new ProcessStartInfo("psql",
            ["-X", "-q", "-h", target.Host!, "-p", target.Port.ToString(CultureInfo.InvariantCulture), "-U", target.Username!, "-d", target.Database!, "-c", $"\\copy {table} ({Columns}) from '{csv}' with (format csv, header)"]))!;
        await psql.WaitForExitAsync();
        if (psql.ExitCode != 0) throw new InvalidOperationException("psql failed.");
    }
}
