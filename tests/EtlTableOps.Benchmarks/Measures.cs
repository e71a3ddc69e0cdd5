using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Shadows;

namespace EtlTableOps.Benchmarks;

/// <summary>Runs each measure and its bare counterpart in turn and prints the ratios.</summary>
internal sealed class Measures(Bench bench, long rows, int runs)
{
    private readonly Dictionary<string, List<(double Ours, double Bare)>> figures = [];

    public async Task RunAsync()
    {
        var database = await bench.OpenAsync();
        foreach (var sql in bench.CreateEvents(rows)) await RunSqlAsync(database, sql);
        await PrintSizeAsync(database, "allevents");
        var csv = await WriteCsvAsync(Math.Max(1000, rows / 5));
        try
        {
            for (var run = 1; run <= runs; run++)
            {
                Console.WriteLine($"run {run} of {runs} …");
                await RunOnceAsync(database, csv);
            }
        }
        finally
        {
            File.Delete(csv);
        }
        Print();
    }

    private async Task RunOnceAsync(EtlDatabase database, string csv)
    {
        var operations = new TableOperations(database);
        var change = new DeclaredChange { Add = [new AddedColumn("event_kind", "text", "event_type || '-' || country")] };

        // The bare way before and after ours, because a machine is not as fast in one minute as in the next.
        var bareBuild = await BareBuildAsync(database);
        await SettleAsync(database);
        var build = await RunAsync(operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = change }, default));
        var other = await BareBuildAsync(database);
        Add("build / CREATE TABLE AS", build, (bareBuild + other) / 2);
        var built = (await operations.HistoryAsync(new HistoryRequest { Table = "allevents", Statements = true }, default))[0];
        Console.WriteLine($"    its steps: {string.Join(", ", built.Lines.Select(l => $"{l.Step} {l.Seconds:0.00} s"))}");

        await SettleAsync(database);
        var scan = await TimeAsync(() => RunSqlAsync(database, bench.Scan));
        Add("test, both sides / two scans", await RunAsync(operations.TestAsync(new TestRequest("allevents"), default)), 2 * scan);

        foreach (var sql in bench.CreateLike("bare_import")) await RunSqlAsync(database, sql);
        var bareImport = await TimeAsync(() => bench.RawImportAsync(csv, "bare_import"));
        await RunSqlAsync(database, "DROP TABLE bare_import");
        await RunAsync(operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), default));
        await RunAsync(operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = new DeclaredChange { StructureOnly = true } }, default));
        await using (var source = RowSources.Open(csv, new RowFileOptions()))
        {
            Add("import CSV / the engine's own tool, same keys and index", await RunAsync(operations.ImportAsync(new ImportRequest("allevents") { Rows = source }, default)), bareImport);
        }
        await RunAsync(operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), default));

        await RunSqlAsync(database, "DROP INDEX ix_allevents_ts");
        bareBuild = await BareBuildAsync(database);
        await SettleAsync(database);
        Add("build without the index / CREATE TABLE AS", await RunAsync(operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = change }, default)), bareBuild);
        await RunAsync(operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), default));
        await RunSqlAsync(database, "CREATE INDEX ix_allevents_ts ON allevents (event_ts)");

        await RunAsync(operations.NewShadowAsync(new NewShadowRequest("allevents"), default));
        await RunAsync(operations.TestAsync(new TestRequest("allevents"), default));
        var swap = await (await operations.SwitchAsync(new SwitchRequest("allevents") { KeepVersions = 1 }, default)).RunAsync(default);
        Console.WriteLine($"  switch: lock held {swap.Stall!.HeldMilliseconds:0.0} ms");
        await RunSqlAsync(database, "UPDATE allevents SET payload = 'later' WHERE event_id <= 10000");
        swap = await (await operations.UndoAsync(new UndoRequest("allevents"), default)).RunAsync(default);
        Console.WriteLine($"  undo with {swap.RowsKept:N0} rows written since: lock held {swap.Stall!.HeldMilliseconds:0.0} ms, in all {swap.Elapsed.TotalSeconds:0.00} s");
    }

    private async Task<double> BareBuildAsync(EtlDatabase database)
    {
        await SettleAsync(database);
        var seconds = await TimeAsync(() => RunSqlAsync(database, "CREATE TABLE bare_copy AS SELECT *, event_type || '-' || country AS event_kind FROM allevents"));
        await PrintSizeAsync(database, "bare_copy");
        await RunSqlAsync(database, "DROP TABLE bare_copy");
        return seconds;
    }

    private Task SettleAsync(EtlDatabase database) => RunSqlAsync(database, bench.Settle);

    private static async Task<double> RunAsync<T>(Task<Plans.PreparedOperation<T>> preparing)
    {
        var watch = Stopwatch.StartNew();
        var prepared = await preparing;
        await prepared.RunAsync(default);
        return watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work();
        return watch.Elapsed.TotalSeconds;
    }

    private static async Task RunSqlAsync(EtlDatabase database, string sql)
    {
        await using var session = await database.OpenSessionAsync(default);
        await session.QueryAsync(new Sql(sql), _ => 0, default);
    }

    private async Task PrintSizeAsync(EtlDatabase database, string table)
    {
        if (bench.Size(table) is not { } sql) return;
        await using var session = await database.OpenSessionAsync(default);
        var bytes = (await session.QueryAsync(new Sql(sql), r => r.GetInt64(0), default))[0];
        Console.WriteLine($"    {table} without indexes: {bytes / 1048576.0:0} MB");
    }

    private static async Task<string> WriteCsvAsync(long rows)
    {
        var path = Path.Combine(Path.GetTempPath(), $"etl-bench-{Environment.ProcessId}.csv");
        await using var file = new StreamWriter(path);
        await file.WriteLineAsync(Bench.Columns.Replace(" ", "", StringComparison.Ordinal));
        for (var i = 0L; i < rows; i++)
        {
            var at = DateTime.UnixEpoch.AddSeconds(1_900_000_000 + i);
            await file.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{1_000_000_000 + i},{at:yyyy-MM-dd'T'HH:mm:ss'Z'},{i % 100_003},type{i % 12},C{i % 40},{i % 9973 / 100.0:0.00},\"payload, of event {i}\""));
        }
        return path;
    }

    private void Add(string name, double ours, double bare)
    {
        if (!figures.TryGetValue(name, out var list)) figures[name] = list = [];
        list.Add((ours, bare));
        Console.WriteLine($"  {name}: {ours:0.00} s / {bare:0.00} s = {ours / bare:0.00}");
    }

    private void Print()
    {
        Console.WriteLine();
        foreach (var (name, list) in figures)
        {
            var ratios = list.Select(f => f.Ours / f.Bare).Order().ToList();
            Console.WriteLine($"{name,-56} median ratio {ratios[ratios.Count / 2]:0.00}   (lowest {ratios[0]:0.00}, highest {ratios[^1]:0.00})");
        }
    }
}
