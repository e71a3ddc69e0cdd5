using System.Globalization;
using System.Numerics;
using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>Reads content sums, and what is measured beside them.</summary>
internal static class ContentReader
{
    /// <summary>The content of one side, computed by the engine.</summary>
    public static async Task<ContentSum> ReadContentAsync(this IEngineSession session, ContentQuery query, CancellationToken token) =>
        (await session.ReadScanAsync(new TableScan(query), token).ConfigureAwait(false)).Content;

    /// <summary>The content of one side with measures of the same rows.</summary>
    public static async Task<ScanResult> ReadScanAsync(this IEngineSession session, TableScan scan, CancellationToken token)
    {
        const int sums = 3;
        var rows = await session.QueryAsync(session.Dialect.Scan(scan), r => new ScanResult(
            new ContentSum(Convert.ToInt64(r.GetValue(0), CultureInfo.InvariantCulture), Number(r.GetValue(1)), Number(r.GetValue(2))),
            [.. Enumerable.Range(sums, scan.Measures.Count).Select(i => r.IsDBNull(i) ? null : r.GetValue(i))]), token).ConfigureAwait(false);
        return rows[0];
    }

    private static BigInteger Number(object value) => value switch
    {
        long number => number,
        int number => number,
        decimal number => new BigInteger(number),
        BigInteger number => number,
        _ => BigInteger.Parse(Convert.ToString(value, CultureInfo.InvariantCulture)!, CultureInfo.InvariantCulture),
    };
}
