using System.Diagnostics;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks;

/// <summary>Compares two sides row by row: the search by hashes, then the values of what it found.</summary>
internal static class PairComparer
{
    /// <summary>What differs, at most as much as the limits allow.</summary>
    public static async Task<TableDifferences> CompareAsync(ComparedPair pair, ReadSide expected, ReadSide actual, SearchLimits limits, IRunObserver observer, string operation, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var search = new RowSearch(pair, expected, actual, limits, observer, operation);
        await search.RunAsync(token).ConfigureAwait(false);
        var rows = search.Named.Take(limits.MaxDifferences).ToList();
        if (search.Unnamed.Count > 0 && rows.Count < limits.MaxDifferences) rows.AddRange(await new RowFetch(pair, expected, actual, observer).ReadAsync(search.Unnamed, search.UnnamedWithin, limits.MaxDifferences - rows.Count, token).ConfigureAwait(false));
        return new TableDifferences
        {
            Expected = pair.ExpectedName,
            Actual = pair.ActualName,
            Key = pair.Key,
            Columns = pair.Columns,
            ExpectedRows = search.ExpectedRows,
            ActualRows = search.ActualRows,
            Changed = search.Found.Sum(f => f.Changed),
            Missing = search.Found.Sum(f => f.Missing),
            Extra = Math.Max(0, search.Extra - pair.Imported),
            Duplicated = search.Found.Sum(f => f.Duplicated),
            Complete = search.EndedBy is null,
            EndedBy = search.EndedBy,
            Rows = [.. rows.OrderBy(r => r.Kind).ThenBy(r => r, RowOrder.Instance)],
            ChangedByColumn = rows.Where(r => r.Kind == DifferenceKind.Changed).SelectMany(r => r.Values).GroupBy(v => v.Column).OrderByDescending(g => g.Count()).ToDictionary(g => g.Key, g => (long)g.Count()),
            Notes = pair.Notes,
            Elapsed = watch.Elapsed,
        };
    }

    /// <summary>By key: numbers as numbers, everything else as text.</summary>
    private sealed class RowOrder : IComparer<RowDifference>
    {
        public static RowOrder Instance { get; } = new();

        public int Compare(RowDifference? x, RowDifference? y)
        {
            foreach (var (a, b) in x!.Key.Zip(y!.Key))
            {
                var order = decimal.TryParse(a.Value, System.Globalization.CultureInfo.InvariantCulture, out var first) && decimal.TryParse(b.Value, System.Globalization.CultureInfo.InvariantCulture, out var second)
                    ? first.CompareTo(second)
                    : string.CompareOrdinal(a.Value, b.Value);
                if (order != 0) return order;
            }
            return 0;
        }
    }
}
