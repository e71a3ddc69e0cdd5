using System.Globalization;
using EtlTableOps.Benchmarks;
using EtlTableOps.Testing;

// dotnet run --project tests/EtlTableOps.Benchmarks -c Release -- [sqlite|postgresql] [rows] [runs] [characters more in each row]
var engine = args.Length > 0 ? args[0] : "sqlite";
var rows = args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : engine == "sqlite" ? 2_000_000 : 5_000_000;
var runs = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 3;
// On PostgreSQL the table is as large as the one of the peers' figures: 5 million rows, 660 MB.
var filling = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : engine == "sqlite" ? 0 : 44;

Console.WriteLine($"{engine}, {rows:N0} rows, {runs} runs, {Environment.ProcessorCount} processors; each ratio is of two times measured one after the other in the same run.");
if (engine == "sqlite")
{
    var folder = Directory.CreateTempSubdirectory("etl-bench-");
    try
    {
        await new Measures(new SqliteBench(folder.FullName, filling), rows, runs).RunAsync();
    }
    finally
    {
        folder.Delete(true);
    }
}
else
{
    await using var cluster = new PostgreSqlCluster();
    var name = await cluster.CreateDatabaseAsync();
    await new Measures(new PostgreSqlBench(cluster.ConnectionText(name), cluster.Connection(name), filling), rows, runs).RunAsync();
}
