using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Journal;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Feeds;

/// <summary>
/// Brings over what a column shows. A pass reads all rows from the position on, in batches by the column's value, each in one state of the database; the position moves
/// behind a batch only as far as no transaction that was under way can still write.
/// </summary>
internal sealed class ColumnFeedReader(IEngineSession session, JournalStore journal, SwapRecord record, ShadowBlueprint blueprint, ColumnFeed feed) : IFeed
{
    /// <summary>What is left may be many rows for ever under busy writers; below this nobody minds.</summary>
    private const long SmallLag = 200;

    /// <summary>How long a build waits for transactions that began before its first look.</summary>
    private static readonly TimeSpan SettleFor = TimeSpan.FromSeconds(10);

    private const int MostMarks = 100;

    private readonly IColumnFeeds dialect = session.Dialect.ColumnFeeds!;
    private string? cursor;
    private string? safe;
    private bool safeKnown;
    private long inWindow;
    private long done;
    private int passes;
    private long lastCame = long.MaxValue;

    public SwapRecord Record { get; private set; } = record;

    public string Title => "Bring changed rows over";

    public IReadOnlyList<Sql> Shown
    {
        get
        {
            var from = ColumnPosition.Parse(Record.Details.FeedPosition).From is not null;
            var all = new List<Sql>();
            if (feed.Indexed) all.AddRange(Batch(new WindowBounds(from, true)));
            if (feed.Indexed && !from) all.AddRange(Batch(new WindowBounds(true, true)));
            if (feed.Indexed || from) all.AddRange(Batch(new WindowBounds(true)));
            if (!from) all.AddRange(Batch(default));
            return all;
        }
    }

    public bool InPass { get; private set; }

    /// <summary>Why the window cannot move on at present, or null.</summary>
    public string? HeldBack { get; private set; }

    private TableName Live => blueprint.Live.Name;

    /// <summary>
    /// Where a feed begins whose shadow is loaded afterwards: all that a later state does not show yet is written by transactions whose values are not below it.
    /// </summary>
    public static async Task<ColumnPosition> FirstAsync(IEngineSession session, TableName live, ColumnFeed feed, CancellationToken token)
    {
        var dialect = session.Dialect.ColumnFeeds!;
        var watch = Stopwatch.StartNew();
        SequenceMark? mark = null;
        while (true)
        {
            var horizon = await HorizonAsync(session, dialect, feed, token).ConfigureAwait(false);
            var since = horizon.Oldest - Micros(feed.Overlap);
            if (feed.Kind == ColumnFeedKind.Sequence && !feed.SerialWriters)
            {
                // Whoever takes a number after this look takes a larger one; so all who began before must have ended.
                if (mark is not null && horizon.Unknown is null && horizon.Oldest > mark.At) return new ColumnPosition { From = mark.Value, Seen = mark.Value, AsOf = mark.At, Marks = [mark] };
                if (watch.Elapsed > SettleFor) return new ColumnPosition { Marks = mark is null ? [] : [mark] };
                if (mark is null)
                {
                    var edge = await EdgeAsync(session, dialect, feed, live, horizon, token).ConfigureAwait(false);
                    mark = new SequenceMark(edge.At, edge.Seen);
                }
            }
            else if (horizon.Unknown is null || watch.Elapsed > SettleFor)
            {
                var edge = await EdgeAsync(session, dialect, feed, live, horizon, token).ConfigureAwait(false);
                return horizon.Unknown is null ? new ColumnPosition { From = edge.Safe, Seen = edge.Seen, AsOf = since } : new ColumnPosition();
            }
            await Task.Delay(20, token).ConfigureAwait(false);
        }
    }

    public async Task<FeedState> ReadAsync(CancellationToken token)
    {
        var position = ColumnPosition.Parse(Record.Details.FeedPosition);
        var horizon = await HorizonAsync(session, dialect, feed, token).ConfigureAwait(false);
        TimeSpan? age = position.AsOf is { } asOf ? TimeSpan.FromMicroseconds(Math.Max(0, horizon.Now - asOf)) : null;
        if (InPass) return new FeedState(Math.Max(1, inWindow - done), age, true);
        var came = position.Seen is null
            ? await CountAsync(position.From, false, token).ConfigureAwait(false)
            : await CountAsync(position.Seen, true, token).ConfigureAwait(false);

        // A pass is due even where no larger value came: a transaction that committed late has a smaller one.
        var due = passes == 0 || (came > SmallLag && came < lastCame / 2);
        if (passes > 0 && due) lastCame = came;
        return new FeedState(came, age, due);
    }

    public async Task<long> BringAsync(FeedState state, long changes, TimeSpan? patience, CancellationToken token)
    {
        var position = ColumnPosition.Parse(Record.Details.FeedPosition);
        if (!InPass)
        {
            (InPass, cursor, safe, safeKnown, done) = (true, position.From, null, false, 0);
            inWindow = await CountAsync(cursor, false, token).ConfigureAwait(false);
        }
        var rows = await Patience.WhileBusyAsync(session, () => BatchAsync(position, changes, token), token, patience).ConfigureAwait(false);
        done += rows;
        return rows;
    }

    private IReadOnlyList<Sql> Batch(WindowBounds bounds) =>
        [.. session.Dialect.SuspendLog(blueprint.Guard), .. dialect.Bring(feed, blueprint, bounds), .. session.Dialect.ResumeLog(blueprint.Guard)];

    private async Task<long> BatchAsync(ColumnPosition position, long changes, CancellationToken token)
    {
        // First who is at work, then the state: whoever begins in between takes values that are not older than that look.
        var horizon = await HorizonAsync(session, dialect, feed, token).ConfigureAwait(false);
        var transaction = await session.BeginAsync(TransactionMode.SnapshotWrite, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var edge = await EdgeAsync(session, dialect, feed, Live, horizon, token).ConfigureAwait(false);
            var below = feed.Indexed ? await NextAsync(changes, token).ConfigureAwait(false) : null;
            var parameters = new List<SqlParameter>();
            if (cursor is not null) parameters.Add(new SqlParameter("from", cursor));
            if (below is not null) parameters.Add(new SqlParameter("below", below));
            var bounds = new WindowBounds(cursor is not null, below is not null);
            var rows = (await session.QueryAsync(Uses(dialect.Count(feed, Live, bounds), parameters), r => r.GetInt64(0), token).ConfigureAwait(false))[0];
            await session.ExecuteAllAsync([.. Batch(bounds).Select(s => Uses(s, parameters))], token).ConfigureAwait(false);

            var moved = await MoveAsync(position, horizon, edge, below, token).ConfigureAwait(false);
            var stored = await journal.UpdateAsync(Record with { Details = Record.Details with { FeedPosition = moved.ToString() } }, token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
            Record = stored;
            HeldBack = horizon.Unknown;
            cursor = below;
            if (below is null) (InPass, passes) = (false, passes + 1);
            return rows;
        }
    }

    /// <summary>The position behind a batch: no further than the batch, and no further than any state of this pass is safe.</summary>
    private async Task<ColumnPosition> MoveAsync(ColumnPosition position, (long Now, long Oldest, string? Unknown) horizon, (string? Safe, string? Seen, long At) edge, string? below, CancellationToken token)
    {
        var since = horizon.Oldest - Micros(feed.Overlap);
        var marks = position.Marks;
        var now = edge.Safe;
        if (feed.Kind == ColumnFeedKind.Sequence && !feed.SerialWriters)
        {
            var mark = marks.LastOrDefault(m => m.At < since);
            now = mark?.Value;
            marks = [.. marks.Where(m => mark is null || m.At >= mark.At).TakeLast(MostMarks), new SequenceMark(edge.At, edge.Seen)];
        }
        if (horizon.Unknown is not null) now = null;

        // The first state of a pass is the least safe one; a later one may not know at all.
        if (!safeKnown) (safe, safeKnown) = (now, true);
        else if (now is null) safe = null;
        var from = safe is null ? position.From : await AdvanceAsync(position.From, below, safe, token).ConfigureAwait(false);
        return position with
        {
            From = from,
            Marks = marks,
            Seen = below is null ? edge.Seen ?? position.Seen : position.Seen,
            AsOf = below is null && safe is not null ? since : position.AsOf,
        };
    }

    /// <summary>Drivers refuse parameters that a statement does not name.</summary>
    private static Sql Uses(Sql sql, List<SqlParameter> parameters) => sql.With([.. parameters.Where(p => sql.Text.Contains("@" + p.Name, StringComparison.Ordinal))]);

    private static long Micros(TimeSpan time) => (long)time.TotalMicroseconds;

    private static async Task<(long Now, long Oldest, string? Unknown)> HorizonAsync(IEngineSession session, IColumnFeeds dialect, ColumnFeed feed, CancellationToken token) =>
        (await session.QueryAsync(dialect.Horizon(feed), r => (r.GetInt64(0), r.GetInt64(1), r.IsDBNull(2) ? null : r.GetString(2)), token).ConfigureAwait(false))[0];

    private static async Task<(string? Safe, string? Seen, long At)> EdgeAsync(
        IEngineSession session, IColumnFeeds dialect, ColumnFeed feed, TableName live, (long Now, long Oldest, string? Unknown) horizon, CancellationToken token)
    {
        var sql = Uses(dialect.Edge(feed, live), [new SqlParameter("now", horizon.Now), new SqlParameter("since", horizon.Oldest - Micros(feed.Overlap))]);
        return (await session.QueryAsync(sql, r => (Text(r.GetValue(0)), Text(r.GetValue(1)), r.GetInt64(2)), token).ConfigureAwait(false))[0];
    }

    private static string? Text(object value) => value is DBNull ? null : Convert.ToString(value, CultureInfo.InvariantCulture);

    private async Task<string?> NextAsync(long rows, CancellationToken token)
    {
        var sql = Uses(dialect.Next(feed, Live, new WindowBounds(cursor is not null)), [new SqlParameter("from", cursor), new SqlParameter("count", rows)]);
        var next = await session.QueryAsync(sql, r => Text(r.GetValue(0)), token).ConfigureAwait(false);
        return next[0];
    }

    private async Task<string?> AdvanceAsync(string? from, string? below, string? upTo, CancellationToken token) =>
        (await session.QueryAsync(dialect.Advance(feed).With(new("from", from), new("below", below), new("safe", upTo)), r => Text(r.GetValue(0)), token).ConfigureAwait(false))[0];

    private async Task<long> CountAsync(string? from, bool behind, CancellationToken token) =>
        (await session.QueryAsync(Uses(dialect.Count(feed, Live, new WindowBounds(from is not null, Behind: behind)), [new SqlParameter("from", from)]), r => r.GetInt64(0), token).ConfigureAwait(false))[0];
}
