using System.Text;
using EtlTableOps.Composition;
using EtlTableOps.Imports;

namespace EtlTableOps.Files.Tests;

/// <summary>Reads sources to the end, for tests.</summary>
internal static class Rows
{
    public static IRowSource Csv(string text, RowFileOptions? options = null) =>
        Csv(Encoding.UTF8.GetBytes(text), options);

    public static IRowSource Csv(byte[] bytes, RowFileOptions? options = null) =>
        RowSources.Open(new MemoryStream(bytes), "rows.csv", (options ?? new RowFileOptions()) with { Format = RowFileFormat.Csv });

    public static IRowSource JsonLines(string text, RowFileOptions? options = null) => JsonLines(Encoding.UTF8.GetBytes(text), options);

    public static IRowSource JsonLines(byte[] bytes, RowFileOptions? options = null) =>
        RowSources.Open(new MemoryStream(bytes), "rows.jsonl", (options ?? new RowFileOptions()) with { Format = RowFileFormat.JsonLines });

    public static async Task<(IReadOnlyList<string> Columns, List<Row> All)> ReadAllAsync(IRowSource source)
    {
        await using (source)
        {
            var columns = await source.ReadColumnsAsync(TestContext.Current.CancellationToken);
            var values = new object?[columns.Count];
            var rows = new List<Row>();
            while (await source.ReadAsync(values, TestContext.Current.CancellationToken))
                rows.Add(new Row(source.Line, Array.ConvertAll(values, v => (string?)v)));
            return (columns, rows);
        }
    }

    /// <summary>Reads until it fails: the failure and the line at which the source stood.</summary>
    public static async Task<(BadValueException Failure, long Line)> FailAsync(IRowSource source)
    {
        await using (source)
        {
            var failure = await Assert.ThrowsAsync<BadValueException>(async () =>
            {
                var columns = await source.ReadColumnsAsync(TestContext.Current.CancellationToken);
                var values = new object?[columns.Count];
                while (await source.ReadAsync(values, TestContext.Current.CancellationToken))
                {
                    // Good rows before the bad one.
                }
            });
            return (failure, source.Line);
        }
    }
}

internal sealed record Row(long Line, IReadOnlyList<string?> Values);
