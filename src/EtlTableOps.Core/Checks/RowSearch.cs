using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks;

/// <summary>
/// Finds the keys under which two sides differ. First one statement for each side adds up the rows in buckets; then the rows of the buckets that do not agree come over as two hashes each, in
/// the same order from both sides, and are merged. While these are few their values come along, so that what differs is named without another look. What is held at any time is the sums of
/// the buckets, one batch of rows of each side, and what was found.
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
    /// reads the table few times. Of a part that is no larger than the first one the values come along.
    /// </summary>
    private const long FirstPart = 64 * 1024;

    private const int Growth = 8;

    /// <summary>
    /// A bucket of more rows than this, alone, is cut once more, by hash: the key's values lie thick in some places and thin in others, and nobody wants to have so many rows sorted for one.
    /// </summary>
    private const long TooMany = 4 * FirstPart;

    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly List<KeyFinding> found = [];
    private readonly List<KeyFinding> unnamed = [];
    private readonly List<RowDifference> named = [];
    private readonly SortedSet<long> unnamedIn = [];
    private readonly RowNaming naming = new(pair);
    private KeyCut? byValue;
    private TimeSpan told;
    private long merged;
    private long toMerge;

    /// <summary>What was found, by key's hash.</summary>
    public IReadOnlyList<KeyFinding> Found => found;

    /// <summary>The differing rows whose values came along.</summary>
    public IReadOnlyList<RowDifference> Named => named;

    /// <summary>What was found of which no values came along.</summary>
    public IReadOnlyList<KeyFinding> Unnamed => unnamed;

    /// <summary>Where these are among the key's values; null where that is not known.</summary>
    public BucketChoice? UnnamedWithin => byValue is null || unnamedIn.Count == 0
        ? null
        : new BucketChoice(byValue, [.. unnamedIn.Count <= MostInList ? unnamedIn : Enumerable.Range((int)unnamedIn.Min, (int)(unnamedIn.Max - unnamedIn.Min + 1)).Select(n => (long)n)]);

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
            // The timer may be late.
            if (watch.Elapsed >= limits.TimeLimit) await limit.CancelAsync().ConfigureAwait(false);
            limit.Token.ThrowIfCancellationRequested();
            var bits = BitsFor(pair.EstimatedRows);
            byValue = await CutByValueAsync(bits, limit.Token).ConfigureAwait(false);
            await SearchAsync(byValue ?? new KeyCut(bits), null, limit.Token).ConfigureAwait(false);
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

    /// <summary>Ranges of the key's values, from the smallest to the greatest of both sides; null where the key has none, or there is no row. An index knows both.</summary>
    private async Task<KeyCut?> CutByValueAsync(int bits, CancellationToken token)
    {
        if (pair.Expected.Ordered is null || pair.Actual.Ordered is null) return null;
        var (first, second) = await ReadSide.ReadBothAsync(expected, actual, (s, e, t) => BoundsAsync(s, e ? pair.Expected : pair.Actual, t), token).ConfigureAwait(false);
        var values = first.Concat(second).Where(v => v is not null).ToList();
        if (values.Count == 0 || values.Exists(v => v is not (long or int or short))) return null;
        var numbers = values.ConvertAll(v => Number(v!));
        return KeyCut.ByValue(bits, numbers.Min(), numbers.Max());

        // Of all rows, because with a condition they would have to be read; and one after the other, because not every engine finds both in an index at once.
        async Task<List<object?>> BoundsAsync(IEngineSession session, HashedRows rows, CancellationToken stop)
        {
            var bounds = new List<object?>();
            foreach (var bound in new[] { "min", "max" })
            {
                var sql = session.Dialect.SelectRows(rows.Content with { Where = null, ExceptLogged = null }, SqlText.Write(session.Dialect, $"{new SqlText(bound)}({rows.Ordered!.Expression})"));
                observer.OnEvent(new StatementRun(sql.Text));
                bounds.AddRange(await session.QueryAsync(sql, r => r.IsDBNull(0) ? null : r.GetValue(0), stop).ConfigureAwait(false));
            }
            return bounds;
        }
    }

    private async Task<Dictionary<long, BucketSum>> ReadBucketsAsync(IEngineSession session, bool isExpected, KeyCut cut, BucketChoice? within, CancellationToken token)
    {
        var sql = session.Dialect.BucketSums((isExpected ? pair.Expected : pair.Actual) with { Within = within }, cut);
        observer.OnEvent(new StatementRun(sql.Text));
        var rows = await session.QueryAsync(sql, r => (Bucket: Number(r.GetValue(0)), Sum: new BucketSum(Number(r.GetValue(1)), Convert.ToString(r.GetValue(2), CultureInfo.InvariantCulture)!)), token).ConfigureAwait(false);
        return rows.ToDictionary(r => r.Bucket, r => r.Sum);
    }

    /// <summary>Adds up, and merges what differs; false when enough was found.</summary>
    private async Task<bool> SearchAsync(KeyCut cut, BucketChoice? within, CancellationToken token)
    {
        var rows = within is null && pair.EstimatedRows > 0 ? 2 * pair.EstimatedRows : -1;
        var (first, second) = await ScanWatch.TellAsync(observer, operation, "Add up both sides", rows, () => ReadSide.CountRows(expected, actual),
            () => ReadSide.ReadBothAsync(expected, actual, (s, e, t) => ReadBucketsAsync(s, e, cut, within, t), token)).ConfigureAwait(false);
        if (within is null)
        {
            ExpectedRows = first.Values.Sum(b => b.Rows);
            ActualRows = second.Values.Sum(b => b.Rows);
        }
        var parts = Parts(first, second, cut);
        toMerge += parts.Sum(p => p.Rows);
        foreach (var part in parts)
        {
            if (cut.From is not null && part is { Buckets.Numbers.Count: 1, Rows: > TooMany })
            {
                toMerge -= part.Rows;
                if (!await SearchAsync(new KeyCut(BitsFor(part.Rows / 2)), part.Buckets, token).ConfigureAwait(false)) return false;
            }
            else if (!await MergeAsync(part, within, token).ConfigureAwait(false)) return false;
        }
        return true;
    }

    /// <summary>The buckets that differ, in parts that grow.</summary>
    private static List<Part> Parts(Dictionary<long, BucketSum> first, Dictionary<long, BucketSum> second, KeyCut cut)
    {
        var parts = new List<Part>();
        var part = new List<long>();
        var (rows, size) = (0L, FirstPart);
        foreach (var bucket in first.Keys.Union(second.Keys).Order())
        {
            var (e, a) = (first.GetValueOrDefault(bucket), second.GetValueOrDefault(bucket));
            if (e == a) continue;
            if (part.Count > 0 && (rows + e.Rows + a.Rows > size || (part.Count >= MostInList && bucket - part[0] != part.Count)))
            {
                parts.Add(new Part(new BucketChoice(cut, part), rows));
                if (rows + e.Rows + a.Rows > size) size *= Growth;
                (part, rows) = ([], 0);
            }
            part.Add(bucket);
            rows += e.Rows + a.Rows;
        }
        if (part.Count > 0) parts.Add(new Part(new BucketChoice(cut, part), rows));
        return parts;
    }

    /// <summary>Merges one part; false when enough was found.</summary>
    private async Task<bool> MergeAsync(Part part, BucketChoice? within, CancellationToken token)
    {
        var place = part.Buckets.Cut.From is null ? within : part.Buckets;
        var choice = new RowChoice { Buckets = part.Buckets.Cut.From is null ? part.Buckets : null, Shown = part.Rows <= FirstPart && limits.MaxDifferences > 0 };
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
                        return await MergeAsync(first, second, place, token).ConfigureAwait(false);
                    }
                }
            }
        }

        RowCursor Open(IEngineSession session, bool isExpected)
        {
            var rows = pair.Split(isExpected) with { Within = place };
            var sql = session.Dialect.Rows(rows, choice);
            observer.OnEvent(new StatementRun(sql.Text));
            var loose = rows.Loose.Count;
            return new RowCursor(session.StreamAsync(sql, r =>
            {
                var hash = Number(r.GetValue(1));
                return new HashedRow(Number(r.GetValue(0)), hash, RowNaming.Texts(r, 2, loose), choice.Shown ? naming.Read(r, hash) : null);
            }, token), token);
        }
    }

    private async Task<bool> MergeAsync(RowCursor first, RowCursor second, BucketChoice? place, CancellationToken token)
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
            if (finding.Extra == 0 || pair.Imported == 0 || finding.Total > finding.Extra) Keep(finding);
            if (Counting < limits.MaxDifferences) continue;
            EndedBy = string.Create(CultureInfo.InvariantCulture, $"{limits.MaxDifferences} differing {(limits.MaxDifferences == 1 ? "row was" : "rows were")} found, as many as asked for");
            return false;
        }
        return true;

        void Keep(KeyFinding finding)
        {
            found.Add(finding);
            // Extra rows among which imported ones are were counted, and nobody knows which of them should not be there.
            if (limits.MaxDifferences == 0 || (finding.Total == finding.Extra && pair.Imported > 0)) return;
            if (group.IsShown)
            {
                named.AddRange(naming.Compare(group.ShownExpected, group.ShownActual));
                return;
            }
            unnamed.Add(finding);
            if (place is not null) unnamedIn.UnionWith(place.Numbers);
        }

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

    private static long Number(object value) => value is long number ? number : Convert.ToInt64(value, CultureInfo.InvariantCulture);

    /// <summary>Some buckets that differ.</summary>
    /// <param name="Buckets">Which.</param>
    /// <param name="Rows">Their rows on both sides.</param>
    private sealed record Part(BucketChoice Buckets, long Rows);
}
