using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks;

/// <summary>Brings over the rows under the keys that were found to differ, and tells by their values which rows differ and how.</summary>
internal sealed class RowFetch(ComparedPair pair, ReadSide expected, ReadSide actual, IRunObserver observer)
{
    private const int KeysAtOnce = 10_000;

    /// <summary>Rows at most for each key that is fetched, on average: a key that is no key must not bring the table over.</summary>
    private const int RowsForKey = 4;

    private readonly IReadOnlyList<string> names = [.. pair.StrictColumns, .. pair.LooseColumns.Select(l => l.Tolerance.Column)];

    /// <summary>The rows that differ, in the order of the keys' hashes.</summary>
    public async Task<IReadOnlyList<RowDifference>> ReadAsync(IReadOnlyList<KeyFinding> findings, int most, CancellationToken token)
    {
        var differences = new List<RowDifference>();
        foreach (var keys in findings.Select(f => f.Key).Chunk(KeysAtOnce))
        {
            var (first, second) = await ReadSide.ReadBothAsync(expected, actual, (s, e, t) => ReadAsync(s, e, keys, t), token).ConfigureAwait(false);
            var others = second.ToLookup(r => r.Key);
            var mine = first.ToLookup(r => r.Key);
            foreach (var key in first.Concat(second).Select(r => r.Key).Distinct()) differences.AddRange(Compare(key, [.. mine[key]], [.. others[key]]));
            if (differences.Count >= most) break;
        }
        return differences.Count > most ? differences[..most] : differences;
    }

    private async Task<IReadOnlyList<FetchedRow>> ReadAsync(IEngineSession session, bool isExpected, long[] keys, CancellationToken token)
    {
        var rows = pair.Split(isExpected);
        var sql = session.Dialect.Texts(rows, keys, (keys.Length * RowsForKey) + 1000);
        observer.OnEvent(new StatementRun(sql.Text));
        var keyCount = rows.Key.Count;
        return await session.QueryAsync(sql, r =>
        {
            var texts = new string?[keyCount + names.Count];
            for (var i = 0; i < texts.Length; i++) texts[i] = r.IsDBNull(i + 2) ? null : Convert.ToString(r.GetValue(i + 2), CultureInfo.InvariantCulture);
            return new FetchedRow(new RowKey([.. (keyCount == 0 ? texts : texts.Take(keyCount))]), Convert.ToInt64(r.GetValue(1), CultureInfo.InvariantCulture), texts[keyCount..]);
        }, token).ConfigureAwait(false);
    }

    /// <summary>The rows of one key: equal ones are put aside, and of the rest the first of one side is held against the first of the other.</summary>
    private IEnumerable<RowDifference> Compare(RowKey key, List<FetchedRow> mine, List<FetchedRow> others)
    {
        var (expectedTimes, actualTimes) = (mine.Count, others.Count);
        foreach (var row in mine.ToList())
        {
            var partner = others.FindIndex(o => o.Hash == row.Hash && Differences(row, o).Count == 0);
            if (partner < 0) continue;
            mine.Remove(row);
            others.RemoveAt(partner);
        }
        var named = (pair.Key.Count == 0 ? names : pair.Key).Zip(key.Values, (n, v) => new NamedValue(n, v)).ToList();
        var both = Math.Min(mine.Count, others.Count);
        for (var i = 0; i < both; i++) yield return Make(DifferenceKind.Changed, Differences(mine[i], others[i]));
        if (mine.Count > both) yield return Make(DifferenceKind.Missing, [.. names.Select((n, c) => new ValueDifference(n, mine[both].Values[c], null))]);
        if (others.Count > both) yield return Make(expectedTimes == 0 ? DifferenceKind.Extra : DifferenceKind.Duplicated, [.. names.Select((n, c) => new ValueDifference(n, null, others[both].Values[c]))]);

        RowDifference Make(DifferenceKind kind, IReadOnlyList<ValueDifference> values) => new(kind, named, values) { ExpectedTimes = expectedTimes, ActualTimes = actualTimes };
    }

    private List<ValueDifference> Differences(FetchedRow mine, FetchedRow other)
    {
        var differences = new List<ValueDifference>();
        for (var i = 0; i < names.Count; i++)
        {
            var (e, a) = (mine.Values[i], other.Values[i]);
            if (string.Equals(e, a, StringComparison.Ordinal)) continue;
            if (pair.Tolerances.TryGetValue(names[i], out var loose) && loose.Tolerance.Allows(e, a)) continue;
            differences.Add(new ValueDifference(names[i], e, a));
        }
        return differences;
    }

    private sealed record FetchedRow(RowKey Key, long Hash, string?[] Values);

    private readonly struct RowKey(string?[] values) : IEquatable<RowKey>
    {
        public string?[] Values { get; } = values;

        public bool Equals(RowKey other) => Values.AsSpan().SequenceEqual(other.Values);

        public override bool Equals(object? obj) => obj is RowKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (var value in Values) hash.Add(value);
            return hash.ToHashCode();
        }
    }
}
