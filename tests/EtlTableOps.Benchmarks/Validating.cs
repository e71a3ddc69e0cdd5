using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Benchmarks;

/// <summary>What validation costs: the content of one table, with twenty checks beside it, and finding one wrong row among all, beside what people write themselves.</summary>
internal sealed class Validating(Bench bench, Report report, long rows)
{
    private const string Other = "allevents_other";

    /// <summary>Twenty as people have them: values that must be there, parts without one, ranges, lists.</summary>
    private static readonly IReadOnlyList<ScanMeasure> Twenty =
    [
        .. Bench.Columns.Split(", ").Concat(["amount", "country", "payload"]).Select(column => new ScanMeasure(ScanMeasureKind.Values, new SqlText(column))),
        .. new[]
        {
            "event_id < 1", "user_id < 0 OR user_id > 200000", "user_id < 0", "amount < 0", "amount < 0 OR amount > 1000", "amount > 100000",
            "event_type NOT IN ('type0', 'type1', 'type2', 'type3', 'type4', 'type5', 'type6', 'type7', 'type8', 'type9', 'type10', 'type11')",
            "country NOT IN ('C0', 'C1', 'C2', 'C3', 'C4')", "country IN ('XX', 'YY')", "event_type = ''",
        }.Select(condition => new ScanMeasure(ScanMeasureKind.Rows, new SqlText(condition))),
    ];

    public async Task RunAsync(int runs)
    {
        await bench.RunSqlAsync([.. bench.CreateEvents("allevents", rows)]);
        await bench.RunSqlAsync([.. bench.CreateLike(Other), $"INSERT INTO {Other} SELECT * FROM allevents", bench.Analyze(Other)]);
        var database = await bench.ConnectAsync();
        for (var run = 1; run <= runs; run++)
        {
            await bench.SettleAsync();
            report.Add("reading one table", bench.ScanName, rows, run, "s", await bench.RunSqlAsync(bench.Scan("allevents")));
            foreach (var (alone, way) in bench.OneProcess is null ? new[] { (false, "") } : [(true, " (one process)"), (false, " (as many as the server takes)")])
            {
                report.Add("content of one table" + way, Report.Ours, rows, run, "s", await ScanAsync(database, alone, []));
                report.Add("content of one table" + way, Report.Ours + ", with 20 checks", rows, run, "s", await ScanAsync(database, alone, Twenty));
            }
            var equal = await CompareAsync(database);
            report.Add("comparing two tables by row", Report.Ours + ", equal", rows, run, "s", equal.Elapsed.TotalSeconds);
            var wrong = rows / 2 + run;
            await bench.RunSqlAsync($"UPDATE {Other} SET payload = 'wrong' WHERE event_id = {wrong}");
            var found = await CompareAsync(database);
            if (!equal.Equal || found.Rows is not [{ Key: [{ Value: { } key }] }] || key != wrong.ToString(System.Globalization.CultureInfo.InvariantCulture)) throw new InvalidOperationException($"Row {wrong} was not found: {found.Verdict}");
            report.Add("comparing two tables by row", Report.Ours + ", one row wrong", rows, run, "s", found.Elapsed.TotalSeconds);
            foreach (var (way, sql) in bench.OtherComparisons("allevents", Other)) report.Add("comparing two tables by row", way, rows, run, "s", await bench.RunSqlAsync(sql));
            await bench.RunSqlAsync($"UPDATE {Other} SET payload = (SELECT a.payload FROM allevents AS a WHERE a.event_id = {wrong}) WHERE event_id = {wrong}");
        }
        await bench.RunSqlAsync("DROP TABLE allevents", $"DROP TABLE {Other}");
    }

    private static async Task<TableDifferences> CompareAsync(EtlDatabase database) => await new TableOperations(database).CompareAsync(new CompareRequest("allevents", Other), default);

    private async Task<double> ScanAsync(EtlDatabase database, bool alone, IReadOnlyList<ScanMeasure> measures)
    {
        await using var session = await database.OpenSessionAsync(default);
        if (alone) await session.ExecuteAsync(new Sql(bench.OneProcess!), default);
        var table = (await session.ReadShapeAsync(TableName.Parse("allevents", session.Dialect.Folding), default))!;
        var content = new ContentQuery { From = table.Name, Columns = [.. table.Columns.Select(c => new ContentColumn(SqlText.Write(session.Dialect, $"{new Id(c.Name)}"), c.Type, c.Collation))] };
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await session.QueryAsync(session.Dialect.Scan(new TableScan(content) { Measures = measures }), r => r.GetValue(0), default);
        return watch.Elapsed.TotalSeconds;
    }
}
