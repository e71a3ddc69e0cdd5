using System.Globalization;
using EtlTableOps.Shadows;

namespace EtlTableOps.Benchmarks;

/// <summary>The job on a quiet table, each step beside the engine's own way, in turn.</summary>
internal sealed class Job(Bench bench, Report report, long rows)
{
    public async Task RunAsync(int runs)
    {
        await bench.RunSqlAsync([.. bench.CreateEvents("allevents", rows)]);
        if (bench.Size("allevents") is { } size) Console.WriteLine($"    allevents without indexes: {await bench.NumberAsync(size) / 1048576.0:0} MB");
        var csv = await WriteCsvAsync(Math.Max(1000, rows / 5));
        try
        {
            for (var run = 1; run <= runs; run++)
            {
                Console.WriteLine($"run {run} of {runs} …");
                await RunOnceAsync(run, csv);
            }
        }
        finally
        {
            File.Delete(csv);
        }
        await bench.RunSqlAsync("DROP TABLE allevents");
    }

    private async Task RunOnceAsync(int run, string csv)
    {
        var operations = new TableOperations(await bench.ConnectAsync());
        var change = new DeclaredChange { Add = [new AddedColumn("event_kind", "text", "event_type || '-' || country")] };

        // The bare way before and after ours, because a machine is not as fast in one minute as in the next.
        var bare = await BareBuildAsync();
        await bench.SettleAsync();
        var (_, build) = await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = change }, default));
        bare = (bare + await BareBuildAsync()) / 2;
        Both(run, "build", build, "CREATE TABLE AS", bare);
        var built = (await operations.HistoryAsync(new HistoryRequest { Table = "allevents", Statements = true }, default))[0];
        Console.WriteLine($"    its steps: {string.Join(", ", built.Lines.Select(l => $"{l.Step} {l.Seconds:0.00} s"))}");

        await bench.SettleAsync();
        var scan = await bench.RunSqlAsync(bench.Scan("allevents"), bench.Scan("allevents"));
        var (_, test) = await Bench.TimeAsync(() => operations.TestAsync(new TestRequest("allevents"), default));
        Both(run, "test of both tables, every value", test, $"{bench.ScanName}, twice", scan);

        await bench.RunSqlAsync([.. bench.CreateLike("bare_import")]);
        await bench.SettleAsync();
        var before = System.Diagnostics.Stopwatch.StartNew();
        await bench.RawImportAsync(csv, "bare_import");
        var bareImport = before.Elapsed.TotalSeconds;
        await bench.RunSqlAsync("DROP TABLE bare_import");
        await RemoveAsync(operations);
        await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = new DeclaredChange { StructureOnly = true } }, default));
        await bench.SettleAsync();
        await using (var source = Composition.RowSources.Open(csv, new Composition.RowFileOptions()))
        {
            var (_, import) = await Bench.TimeAsync(() => operations.ImportAsync(new ImportRequest("allevents") { Rows = source }, default));
            Both(run, "import of a CSV, a fifth of the rows", import, bench.ImportName, bareImport);
        }
        await RemoveAsync(operations);

        await bench.RunSqlAsync("DROP INDEX ix_allevents_ts");
        bare = await BareBuildAsync();
        await bench.SettleAsync();
        (_, build) = await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = change }, default));
        bare = (bare + await BareBuildAsync()) / 2;
        Both(run, "build of a table with its key alone", build, "CREATE TABLE AS", bare);
        await RemoveAsync(operations);
        await bench.RunSqlAsync("CREATE INDEX ix_allevents_ts ON allevents (event_ts)");

        await bench.SettleAsync();
        (_, build) = await Bench.TimeAsync(() => operations.NewShadowAsync(new NewShadowRequest("allevents"), default));
        (_, test) = await Bench.TimeAsync(() => operations.TestAsync(new TestRequest("allevents"), default));
        var (swap, switching) = await Bench.TimeAsync(() => operations.SwitchAsync(new SwitchRequest("allevents") { KeepVersions = 1 }, default));
        report.Add("a whole exchange of an unchanged table", Report.Ours + ": build, test, switch", rows, run, "s", build + test + switching);
        report.Add("lock held by the switch", Report.Ours, rows, run, "ms", swap.Stall!.HeldMilliseconds);
        await bench.RunSqlAsync("UPDATE allevents SET payload = 'later' WHERE event_id <= 10000");
        (swap, var undo) = await Bench.TimeAsync(() => operations.UndoAsync(new UndoRequest("allevents"), default));
        if (swap.RowsKept != 10_000) throw new InvalidOperationException($"The undo kept {swap.RowsKept} rows of 10,000.");
        report.Add("undo that keeps 10,000 later rows", Report.Ours, rows, run, "s", undo);
        report.Add("lock held by that undo", Report.Ours, rows, run, "ms", swap.Stall!.HeldMilliseconds);
        await Bench.TimeAsync(() => operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, default));
        if (bench.Repack is not { } repack) return;
        await bench.SettleAsync();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await repack("public.allevents");
        report.Add("a whole exchange of an unchanged table", "pg_repack (no test)", rows, run, "s", watch.Elapsed.TotalSeconds);
    }

    private void Both(int run, string measure, double ours, string way, double other)
    {
        report.Add(measure, Report.Ours, rows, run, "s", ours);
        report.Add(measure, way, rows, run, "s", other);
        Console.WriteLine($"    ratio {ours / other:0.00}");
    }

    private static async Task RemoveAsync(TableOperations operations) => await Bench.TimeAsync(() => operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), default));

    private async Task<double> BareBuildAsync()
    {
        await bench.SettleAsync();
        var seconds = await bench.RunSqlAsync("CREATE TABLE bare_copy AS SELECT *, event_type || '-' || country AS event_kind FROM allevents");
        await bench.RunSqlAsync("DROP TABLE bare_copy");
        return seconds;
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
}
