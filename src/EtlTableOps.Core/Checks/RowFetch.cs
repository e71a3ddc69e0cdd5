using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks;

/// <summary>Brings over the rows under keys that were found to differ among too many for their values to come along.</summary>
internal sealed class RowFetch(ComparedPair pair, ReadSide expected, ReadSide actual, IRunObserver observer)
{
    private const int KeysAtOnce = 10_000;

    /// <summary>Rows at most for each key that is fetched, on average: a key that is no key must not bring the table over.</summary>
    private const int RowsForKey = 4;

    private readonly RowNaming naming = new(pair);

    /// <summary>The rows that differ, in the order of the keys' hashes.</summary>
    /// <param name="findings">The keys.</param>
    /// <param name="within">Where they are among the key's values, if that is known.</param>
    /// <param name="most">Rows at most.</param>
    /// <param name="token">Cancels.</param>
    public async Task<IReadOnlyList<RowDifference>> ReadAsync(IReadOnlyList<KeyFinding> findings, BucketChoice? within, int most, CancellationToken token)
    {
        var differences = new List<RowDifference>();
        foreach (var keys in findings.Select(f => f.Key).Chunk(KeysAtOnce))
        {
            var (first, second) = await ReadSide.ReadBothAsync(expected, actual, (s, e, t) => ReadAsync(s, e, keys, within, t), token).ConfigureAwait(false);
            differences.AddRange(naming.Compare(first, second));
            if (differences.Count >= most) break;
        }
        return differences.Count > most ? differences[..most] : differences;
    }

    private async Task<IReadOnlyList<ShownRow>> ReadAsync(IEngineSession session, bool isExpected, long[] keys, BucketChoice? within, CancellationToken token)
    {
        var sql = session.Dialect.Rows(pair.Split(isExpected) with { Within = within }, new RowChoice { KeyHashes = keys, Shown = true, Most = (keys.Length * RowsForKey) + 1000 });
        observer.OnEvent(new StatementRun(sql.Text));
        return await session.QueryAsync(sql, r => naming.Read(r, Convert.ToInt64(r.GetValue(1), CultureInfo.InvariantCulture)), token).ConfigureAwait(false);
    }
}
