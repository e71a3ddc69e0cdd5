using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Benchmarks;
using EtlTableOps.Testing;

// dotnet run --project tests/EtlTableOps.Benchmarks -c Release -- sqlite|postgresql [job] [validate] [sync] [writes] [stall] [growth] [--rows N] [--runs N] [--filling N] [--out folder]
string[] measures = ["job", "validate", "sync", "writes", "stall", "growth"];
var options = new Dictionary<string, string>(StringComparer.Ordinal);
var chosen = new List<string>();
for (var i = 0; i < args.Length; i++)
{
    if (args[i].StartsWith("--", StringComparison.Ordinal) && i + 1 < args.Length) options[args[i][2..]] = args[++i];
    else chosen.Add(args[i]);
}
var engine = chosen.Find(c => c is "sqlite" or "postgresql") ?? "sqlite";
chosen.Remove(engine);
if (chosen.Except(measures).Concat(options.Keys.Except(["rows", "runs", "filling", "out"])).ToList() is { Count: > 0 } unknown)
{
    Console.Error.WriteLine($"Not known: {string.Join(", ", unknown)}. Usage: [sqlite|postgresql] [{string.Join("] [", measures)}] [--rows N] [--runs N] [--filling N] [--out folder]");
    return 64;
}
if (chosen.Count == 0) chosen.AddRange(measures);
chosen = [.. measures.Where(chosen.Contains)];

var rows = Number("rows", engine == "sqlite" ? 2_000_000 : 5_000_000);
var runs = (int)Number("runs", 3);
// On PostgreSQL the table is as large as the one of the peers' figures: 5 million rows, 660 MB.
var filling = (int)Number("filling", engine == "sqlite" ? 0 : 44);
var folder = options.GetValueOrDefault("out", Path.Combine("artifacts", "benchmarks", engine));
var watch = Stopwatch.StartNew();
if (engine == "sqlite")
{
    var place = Directory.CreateTempSubdirectory("etl-bench-");
    try
    {
        var bench = new SqliteBench(place.FullName, filling);
        var report = await BeginAsync(bench, "SELECT 'SQLite ' || sqlite_version()");
        foreach (var measure in chosen) await MeasureAsync(bench, report, measure);
    }
    finally
    {
        place.Delete(true);
    }
}
else
{
    Report? report = null;
    foreach (var durably in new[] { false, true })
    {
        // A commit that waits for the disk is what a writer pays anyway: what a feed adds to it is only seen on a server that waits.
        var on = chosen.Where(m => m == "writes" == durably).ToList();
        if (on.Count == 0) continue;
        await using var cluster = new PostgreSqlCluster { Durable = durably };
        var name = await cluster.CreateDatabaseAsync();
        var bench = new PostgreSqlBench(cluster.ConnectionText(name), cluster.Connection(name), filling, cluster.PathOf("pg_repack"));
        report ??= await BeginAsync(bench, "SELECT 'PostgreSQL ' || current_setting('server_version')");
        foreach (var measure in on) await MeasureAsync(bench, report, measure);
    }
}
return 0;

async Task<Report> BeginAsync(Bench bench, string version)
{
    await using var connection = bench.Open();
    await using var command = connection.CreateCommand();
    command.CommandText = version;
    var report = new Report(engine, (string)(await command.ExecuteScalarAsync())!, folder);
    Console.WriteLine($"{report.Title}; {rows:N0} rows, {runs} runs. Ways are compared within one run.");
    return report;
}

async Task MeasureAsync(Bench bench, Report report, string measure)
{
    Console.WriteLine($"{measure} ({watch.Elapsed:hh\\:mm\\:ss})");
    await (measure switch
    {
        "job" => new Job(bench, report, rows).RunAsync(runs),
        "validate" => new Validating(bench, report, rows).RunAsync(runs),
        "sync" => new Sync(bench, report, rows).RunAsync(runs),
        "writes" => new Writes(bench, report, Math.Min(rows, 1_000_000)).RunAsync(2 * runs),
        "stall" => new Stall(bench, report, rows).RunAsync(runs, 25),
        _ => new Growth(bench, report).RunAsync(1, engine == "sqlite" ? [100_000, 1_000_000, rows] : [100_000, 1_000_000, rows, 2 * rows], engine == "sqlite" ? [0, 50, 100, 200] : [0, 250, 500, 1000], Math.Min(rows, 1_000_000)),
    });
    report.Write();
}

long Number(string option, long otherwise) => options.TryGetValue(option, out var value) ? long.Parse(value, CultureInfo.InvariantCulture) : otherwise;
