using System.Globalization;
using System.Text;

namespace EtlTableOps.Benchmarks;

/// <summary>One measured value.</summary>
/// <param name="Measure">What was measured, such as <c>build</c>.</param>
/// <param name="Way">Whose way it was: ours, or what it is held against.</param>
/// <param name="Case">Under which circumstances; empty where there is one only.</param>
/// <param name="Rows">Rows of the live table.</param>
/// <param name="Run">Which run, from 1.</param>
/// <param name="Unit">Unit of <paramref name="Value"/>: <c>s</c>, <c>ms</c>, <c>rows/s</c>, <c>count</c>.</param>
/// <param name="Value">The value.</param>
internal sealed record Figure(string Measure, string Way, string Case, long Rows, int Run, string Unit, double Value);

/// <summary>Collects what is measured; prints it as it comes, and at the end leaves raw numbers, a table and a picture in a folder.</summary>
internal sealed class Report(string engine, string server, string folder)
{
    /// <summary>The way that the tool itself goes.</summary>
    public const string Ours = "EtlTableOps";

    private readonly List<Figure> figures = [];

    public IReadOnlyList<Figure> Figures => figures;

    public string Title => string.Create(CultureInfo.InvariantCulture, $"{server}, {Environment.ProcessorCount} processors, {DateTime.UtcNow:yyyy-MM-dd}");

    public void Add(string measure, string way, long rows, int run, string unit, double value, string circumstances = "")
    {
        figures.Add(new Figure(measure, way, circumstances, rows, run, unit, value));
        Console.WriteLine($"  {measure}{(circumstances.Length > 0 ? $" ({circumstances})" : "")}, {way}: {Number(value)} {unit}");
    }

    /// <summary>Writes the three files and prints the table.</summary>
    public void Write()
    {
        Directory.CreateDirectory(folder);
        var raw = new StringBuilder("engine,measure,way,case,rows,run,unit,value\n");
        foreach (var f in figures) raw.AppendLine(CultureInfo.InvariantCulture, $"{engine},{Field(f.Measure)},{Field(f.Way)},{Field(f.Case)},{f.Rows},{f.Run},{f.Unit},{f.Value:0.######}");
        var table = Table();
        File.WriteAllText(Path.Combine(folder, "figures.csv"), raw.ToString());
        File.WriteAllText(Path.Combine(folder, "report.md"), $"# {engine}: {Title}\n\n{table}");
        File.WriteAllText(Path.Combine(folder, "report.svg"), new Picture(this).Draw());
        Console.WriteLine();
        Console.WriteLine(table);
        Console.WriteLine($"Raw numbers, this table and a picture: {Path.GetFullPath(folder)}");
    }

    private static string Field(string text) => text.Contains(',', StringComparison.Ordinal) ? $"\"{text}\"" : text;

    /// <summary>Median, lowest and highest of each way, and its ratio to ours within the same run.</summary>
    private string Table()
    {
        var text = new StringBuilder("| measure | rows | way | median | lowest – highest | runs | ours / this, in the same run |\n|---|---|---|---|---|---|---|\n");
        foreach (var same in figures.GroupBy(f => (f.Measure, f.Case, f.Rows, f.Way, f.Unit)))
        {
            var values = same.Select(f => f.Value).Order().ToList();
            var ratios = same.Key.Way == Ours ? [] : same
                .Select(f => (f.Value, Ours: figures.Find(o => o.Way == Ours && (o.Measure, o.Case, o.Rows, o.Run, o.Unit) == (f.Measure, f.Case, f.Rows, f.Run, f.Unit))?.Value))
                .Where(p => p is { Ours: not null, Value: > 0 }).Select(p => p.Ours!.Value / p.Value).Order().ToList();
            var ratio = ratios.Count == 0 ? "" : $"{Median(ratios):0.00} ({ratios[0]:0.00} – {ratios[^1]:0.00})";
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {same.Key.Measure}{(same.Key.Case.Length > 0 ? ", " + same.Key.Case : "")} | {same.Key.Rows:N0} | {same.Key.Way} | {Number(Median(values))} {same.Key.Unit} | {Number(values[0])} – {Number(values[^1])} | {values.Count} | {ratio} |");
        }
        return text.ToString();
    }

    /// <summary>The middle one of sorted values; of an even number the mean of the two in the middle.</summary>
    public static double Median(IReadOnlyList<double> sorted) => (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;

    public static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
