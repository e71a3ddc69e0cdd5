using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks;

/// <summary>
/// Finds the keys under which two sides differ. First one statement for each side adds up the rows in buckets by their key's hash; then the rows of the buckets that do not agree come over as
/// two hashes each, in the same order from both sides, and are merged. What is held at any time is the sums of the buckets, one batch of rows of each side, and what was found.
/// </summary>
internal sealed class RowSearch(ComparedPair pair, ReadSide expected, ReadSide actual, SearchLimits limits, IRunObserver observer, string operation)
{
    private const int FewestBits = 4;
    private const int MostBits = 16;
    private const int RowsInBucket = 1024;

    /// <summary>A list of more buckets than this is too long for a statement.</summary>
    private const int MostInList = 4096;

    /// <summary>
    /// Rows of the first part; each one after it is larger. So a search that soon has found as many rows as it was asked for has not sorted the whole table for it, and one that goes to the end
    /// reads the table few times.
    /// </summary>
    private const long FirstPart = 64 * 1024;

    private const int Growth = 8;

    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly List<KeyFinding> found = [];
    private TimeSpan told;
    private long merged;
    private long toMerge;

    /// <summary>What was found, by key's hash.</summary>
    public IReadOnlyList<KeyFinding> Found => found;

    /// <summary>Rows of the first side; known once the buckets are.</summary>
    public long ExpectedRows { get; private set; }

    /// <summary>Rows of the second side.</summary>
    public long ActualRows { get; private set; }

    /// <summary>Extra rows, those that were only counted included.</summary>
    public long Extra { get; private set; }

    /// <summary>Why the search ended early; null when it did not.</summary>
    public string? EndedBy { get; private set; }

    private long Counting => found.Sum(f => f.Changed + f.Missing + f.Duplicated) + Math.Max(0, Extra - pair.Imported);

    /// <summary>Searches. Cancelled by the token, and ended by the limits.</summary>
    public async Task RunAsync(CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        if (limits.TimeLimit is { } most) limit.CancelAfter(most);
        try
        {
            var bits = BitsFor(pair.EstimatedRows);
            observer.OnEvent(new RunProgress(operation, "Add up both sides", 0, pair.EstimatedRows, watch.Elapsed));
            // The timer may be late.
            if (watch.Elapsed >= limits.TimeLimit) await limit.CancelAsync().ConfigureAwait(false);
            limit.Token.ThrowIfCancellationRequested();
            var (first, second) = await ReadSide.ReadBothAsync(expected, actual, (s, e, t) => ReadBucketsAsync(s, e, bits, t), limit.Token).ConfigureAwait(false);
            ExpectedRows = first.Values.Sum(b => b.Rows);
            ActualRows = second.Values.Sum(b => b.Rows);
            var parts = Parts(first, second, bits);
            foreach (var part in parts)
            {
                if (!await SearchAsync(part, limit.Token).ConfigureAwait(false)) return;
            }
        }
        catch (Exception e) when (limit.IsCancellationRequested && !token.IsCancellationRequested && e is OperationCanceledException or Errors.EtlException { Code: Errors.ErrorCode.Cancelled })
        {
            EndedBy = string.Create(CultureInfo.InvariantCulture, $"the time limit of {Human.Duration(limits.TimeLimit!.Value)} was reached");
        }
    }

    /// <summary>About a thousand rows to a bucket: few enough to look at each of them, and the sums of all buckets are little beside the table.</summary>
    private static int BitsFor(long rows)
    {
        var bits = FewestBits;
        while (bits < MostBits && (RowsInBucket << bits) < (rows < 0 ? int.MaxValue : rows)) bits++;
        return bits;
    }

    private async Task<Dictionary<long, BucketSum>> ReadBucketsAsync(IEngineSession session, bool isExpected, int bits, CancellationToken token)
    {
        var sql = session.Dialect.BucketSums(isExpected ? pair.Expected : pair.Actual, bits);
        observer.OnEvent(new StatementRun(sql.Text));
        var rows = await session.QueryAsync(sql, r => (Bucket: Number(r.GetValue(0)), Sum: new BucketSum(Number(r.GetValue(1)), Convert.ToString(r.GetValue(2), CultureInfo.InvariantCulture)!)), token).ConfigureAwait(false);
        return rows.ToDictionary(r => r.Bucket, r => r.Sum);
    }

    /// <summary>The buckets that differ, in parts that grow.</summary>
    private List<BucketChoice> Parts(Dictionary<long, BucketSum> first, Dictionary<long, BucketSum> second, int bits)
    {
        var parts = new List<BucketChoice>();
        var part = new List<long>();
        var (rows, size) = (0L, FirstPart);
        foreach (var bucket in first.Keys.Union(second.Keys).Order())
        {
            var (e, a) = (first.GetValueOrDefault(bucket), second.GetValueOrDefault(bucket));
            if (e == a) continue;
            if (part.Count > 0 && (rows + e.Rows + a.Rows > size || (part.Count >= MostInList && bucket - part[0] != part.Count)))
            {
                parts.Add(new BucketChoice(bits, part));
                if (rows + e.Rows + a.Rows > size) size *= Growth;
                (part, rows) = ([], 0);
            }
            part.Add(bucket);
            rows += e.Rows + a.Rows;
            toMerge += e.Rows + a.Rows;
        }
        if (part.Count > 0) parts.Add(new BucketChoice(bits, part));
        return parts;
    }

    /// <summary>Merges one part; false when enough was found.</summary>
    private async Task<bool> SearchAsync(BucketChoice part, CancellationToken token)
    {
        var mine = await expected.RentAsync(token).ConfigureAwait(false);
        await using (mine.ConfigureAwait(false))
        {
            var others = await actual.RentAsync(token).ConfigureAwait(false);
            await using (others.ConfigureAwait(false))
            {
                var first = Open(mine.Session, true);
                await using (first.ConfigureAwait(false))
                {
                    var second = Open(others.Session, false);
                    await using (second.ConfigureAwait(false))
                    {
                        // The engine sorts before it gives the first row: both sides at once, where they have a session each.
                        var together = !ReferenceEquals(mine.Session, others.Session);
                        var fetching = first.NextAsync().AsTask();
                        if (!together) await fetching.ConfigureAwait(false);
                        await Task.WhenAll(fetching, second.NextAsync().AsTask()).ConfigureAwait(false);
                        return await MergeAsync(first, second, token).ConfigureAwait(false);
                    }
                }
            }
        }

        RowCursor Open(IEngineSession session, bool isExpected)
        {
            var rows = pair.Split(isExpected);
            var sql = session.Dialect.Hashes(rows, part);
            observer.OnEvent(new StatementRun(sql.Text));
            var loose = rows.Loose.Count;
            return new RowCursor(session.StreamAsync(sql, r => new HashedRow(Number(r.GetValue(0)), Number(r.GetValue(1)), Texts(r, 2, loose)), token), token);
        }
    }

    private async Task<bool> MergeAsync(RowCursor first, RowCursor second, CancellationToken token)
    {
        var group = new KeyGroup(pair);
        while (first.Has || second.Has)
        {
            var key = !second.Has || (first.Has && first.Current.Key <= second.Current.Key) ? first.Current.Key : second.Current.Key;
            group.Begin(key);
            while (first.Has && first.Current.Key == key)
            {
                // Of rows with the same key the one with the smaller hash comes first, on both sides.
                while (second.Has && second.Current.Key == key && second.Current.Row < first.Current.Row) await TakeAsync(second, isExpected: false).ConfigureAwait(false);
                await TakeAsync(first, isExpected: true).ConfigureAwait(false);
            }
            while (second.Has && second.Current.Key == key) await TakeAsync(second, isExpected: false).ConfigureAwait(false);
            if (group.End() is not { } finding) continue;
            Extra += finding.Extra;
            if (finding.Extra == 0 || pair.Imported == 0 || finding.Total > finding.Extra) found.Add(finding);
            if (Counting < limits.MaxDifferences) continue;
            EndedBy = string.Create(CultureInfo.InvariantCulture, $"{limits.MaxDifferences} differing {(limits.MaxDifferences == 1 ? "row was" : "rows were")} found, as many as asked for");
            return false;
        }
        return true;

        async ValueTask TakeAsync(RowCursor cursor, bool isExpected)
        {
            group.Add(cursor.Current, isExpected);
            merged++;
            if ((merged & 0xFFF) == 0) Tell(token);
            await cursor.NextAsync().ConfigureAwait(false);
        }
    }

    private void Tell(CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        if (watch.Elapsed - told < TimeSpan.FromMilliseconds(250)) return;
        told = watch.Elapsed;
        observer.OnEvent(new RunProgress(operation, "Compare the rows of what differs", merged, toMerge, watch.Elapsed) { Remark = found.Count == 0 ? null : $"{Human.Count(Counting)} differ so far" });
    }

    private static string?[] Texts(System.Data.Common.DbDataReader reader, int from, int count)
    {
        if (count == 0) return [];
        var texts = new string?[count];
        for (var i = 0; i < count; i++) texts[i] = reader.IsDBNull(from + i) ? null : Convert.ToString(reader.GetValue(from + i), CultureInfo.InvariantCulture);
        return texts;
    }

    private static long Number(object value) => value is long number ? number : Convert.ToInt64(value, CultureInfo.InvariantCulture);
}
