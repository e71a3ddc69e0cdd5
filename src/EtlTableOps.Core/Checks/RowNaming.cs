using System.Data.Common;
using System.Globalization;
using EtlTableOps.Engines;

namespace EtlTableOps.Checks;

/// <summary>Reads the values of rows, and tells by them which rows differ and how.</summary>
internal sealed class RowNaming(ComparedPair pair)
{
    private readonly IReadOnlyList<string> names = [.. pair.StrictColumns, .. pair.LooseColumns.Select(l => l.Tolerance.Column)];

    /// <summary>The row that a reader stands on (<see cref="IRowHashing.Rows"/>).</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="row">The row's hash.</param>
    public ShownRow Read(DbDataReader reader, long row)
    {
        var keyCount = pair.Key.Count;
        var texts = Texts(reader, 2 + pair.Tolerances.Count, keyCount + names.Count);
        return new ShownRow(new RowKey(keyCount == 0 ? texts : texts[..keyCount]), row, texts[keyCount..]);
    }

    /// <summary>Some columns as text.</summary>
    public static string?[] Texts(DbDataReader reader, int from, int count)
    {
        if (count == 0) return [];
        var texts = new string?[count];
        for (var i = 0; i < count; i++) texts[i] = reader.IsDBNull(from + i) ? null : Convert.ToString(reader.GetValue(from + i), CultureInfo.InvariantCulture);
        return texts;
    }

    /// <summary>How rows of both sides differ.</summary>
    public IEnumerable<RowDifference> Compare(IReadOnlyList<ShownRow> expected, IReadOnlyList<ShownRow> actual)
    {
        var mine = expected.ToLookup(r => r.Key);
        var others = actual.ToLookup(r => r.Key);
        return expected.Concat(actual).Select(r => r.Key).Distinct().SelectMany(key => Compare(key, [.. mine[key]], [.. others[key]]));
    }

    /// <summary>The rows of one key: equal ones are put aside, and of the rest the first of one side is held against the first of the other.</summary>
    private IEnumerable<RowDifference> Compare(RowKey key, List<ShownRow> mine, List<ShownRow> others)
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

    private List<ValueDifference> Differences(ShownRow mine, ShownRow other)
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
}

/// <summary>A row with its values.</summary>
/// <param name="Key">Its key; the whole row where there is none.</param>
/// <param name="Hash">The hash of all that is compared to the letter.</param>
/// <param name="Values">Its values as text, those with a tolerance last.</param>
internal sealed record ShownRow(RowKey Key, long Hash, string?[] Values);

/// <summary>The values by which a row is told apart.</summary>
internal readonly struct RowKey(string?[] values) : IEquatable<RowKey>
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
