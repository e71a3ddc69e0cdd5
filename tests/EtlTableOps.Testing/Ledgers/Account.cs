using System.Collections.Concurrent;
using System.Diagnostics;

namespace EtlTableOps.Testing.Ledgers;

/// <summary>What was committed: each row as its last writer left it. For several threads, each with keys of its own.</summary>
internal sealed class Account
{
    private readonly ConcurrentDictionary<long, Entry> rows = new();

    private sealed record Entry(LedgerRow Row, long CommittedAt);

    public IEnumerable<LedgerRow> Rows => rows.Values.Select(e => e.Row);

    public int Count => rows.Count;

    /// <summary>Takes over what a commit has changed: rows by their key, null for those that are gone.</summary>
    public void Commit(IReadOnlyDictionary<long, LedgerRow?> changes)
    {
        var now = Stopwatch.GetTimestamp();
        foreach (var (id, row) in changes)
        {
            if (row is null) rows.TryRemove(id, out _);
            else rows[id] = new Entry(row, now);
        }
    }

    /// <summary>Rows that have been as they are since before that moment.</summary>
    public IReadOnlyList<LedgerRow> UnchangedSince(long timestamp) => [.. rows.Values.Where(e => e.CommittedAt < timestamp).Select(e => e.Row)];

    /// <summary>How a table differs from the account.</summary>
    public IReadOnlyList<string> Differences(IReadOnlyList<LedgerRow> table, Func<LedgerRow, bool> mayBeMissing)
    {
        var differences = new List<string>();
        var found = new Dictionary<long, LedgerRow>(table.Count);
        foreach (var row in table)
        {
            if (!found.TryAdd(row.Id, row)) differences.Add($"doubled: key {row.Id}: found {found[row.Id]} and {row}");
            if (!rows.TryGetValue(row.Id, out var expected)) differences.Add($"came back: key {row.Id}: expected no row, found {row}");
            else if (expected.Row != row) differences.Add($"stale: key {row.Id}: expected {expected.Row}, found {row}");
        }
        differences.AddRange(Rows.Where(r => !found.ContainsKey(r.Id) && !mayBeMissing(r)).Select(r => $"lost: key {r.Id}: expected {r}, found none"));
        return differences;
    }
}
