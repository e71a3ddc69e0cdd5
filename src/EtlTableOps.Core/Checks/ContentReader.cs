using System.Globalization;
using System.Numerics;
using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>Reads content sums.</summary>
internal static class ContentReader
{
    /// <summary>The content of one side, computed by the engine.</summary>
    public static async Task<ContentSum> ReadContentAsync(this IEngineSession session, ContentQuery query, CancellationToken token)
    {
        var rows = await session.QueryAsync(session.Dialect.ContentSum(query), r => new ContentSum(
            Convert.ToInt64(r.GetValue(0), CultureInfo.InvariantCulture), Number(r.GetValue(1)), Number(r.GetValue(2))), token).ConfigureAwait(false);
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
