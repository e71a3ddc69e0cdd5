using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Tables;

namespace EtlTableOps.Switching;

/// <summary>
/// Brings rows that were written since a switch into the version that is to be live again: most of them before the exchange, in short transactions, the
/// last ones under its lock.
/// </summary>
/// <remarks>
/// What is brought over twice is the same: a row is taken by its key as it is now. So an undo that fails half-way leaves a version that the
/// next one completes, and the logs, which other versions may need, stay as they are.
/// </remarks>
internal sealed class LaterRowsBringer(TableScope scope, LaterRows rows, ChangeLog guard, TimeSpan stallBudget, IRunObserver observer)
{
    private const string Operation = "undo";
    private const string Title = "Bring rows written since into the version";

    /// <summary>Rows a second that the last part under the lock is trusted with, until a rate was measured.</summary>
    private const double AssumedRate = 10_000;

    private const int FirstBatch = 2_000;

    /// <summary>Where others wait for each batch, the first one must be small whatever a row costs.</summary>
    private const int FirstBatchOfSingleWriter = 200;

    private readonly ILaterRows sql = scope.Dialect.LaterRows!;
    private double rate = AssumedRate;
    private long position;
    private long emptied;

    /// <summary>Changes that were brought over outside the lock.</summary>
    public long Brought { get; private set; }

    /// <summary>Rows of the version that went because the live table was emptied at once, and whose keys no log has.</summary>
    public long EmptiedRows { get; private set; }

    /// <summary>The statements for a plan; the position is known only when they run.</summary>
    /// <param name="dialect">Writes them.</param>
    /// <param name="rows">What was written since.</param>
    /// <param name="guard">The undo's own guard on the version.</param>
    /// <param name="first">Outside the lock, and not under it.</param>
    /// <param name="aside">The table for rows that do not fit, where that is wanted.</param>
    public static IReadOnlyList<Sql> Statements(IDialect dialect, LaterRows rows, ChangeLog guard, bool first, TableName? aside = null) =>
    [
        .. first ? dialect.LaterRows!.Begin(rows) : [],
        .. aside is null ? Array.Empty<Sql>() : [With(dialect.LaterRows!.SetAside(rows with { Begun = true }, aside), long.MaxValue)],
        .. dialect.SuspendLog(guard),
        .. first ? dialect.LaterRows!.BringEmptied(rows with { Begun = true }).Select(s => With(s, long.MaxValue)) : [],
        .. dialect.LaterRows!.Bring(rows with { Begun = true }).Select(s => With(s, long.MaxValue)),
        .. dialect.ResumeLog(guard),
    ];

    /// <summary>The open log's newest position, how many changes are still to be brought over, at most, and where the table was last emptied at once.</summary>
    private async Task<(long Position, long Left, long EmptiedAt)> ReadAsync(IEngineSession session, CancellationToken token)
    {
        var state = await session.ReadLogAsync(rows.Logs[^1], token).ConfigureAwait(false);
        return (state.Position, Math.Max(0, state.Position - position), state.EmptiedAt);
    }

    /// <summary>Brings over what is logged by now, outside any lock.</summary>
    public async Task BringAsync(CancellationToken token)
    {
        var session = scope.Session;
        var first = !rows.Begun;
        if (first)
        {
            foreach (var begin in sql.Begin(rows)) await Patience.WhileBusyAsync(session, () => session.ExecuteAsync(begin, token), token).ConfigureAwait(false);
            rows = rows with { Begun = true };
        }
        var aim = session.Capabilities.SingleWriter ? stallBudget / 2 : TimeSpan.FromSeconds(1);
        long batch = session.Capabilities.SingleWriter ? FirstBatchOfSingleWriter : FirstBatch;
        var watch = Stopwatch.StartNew();
        var brought = 0L;
        var (end, left, emptiedAt) = await ReadAsync(session, token).ConfigureAwait(false);
        if (end == 0 && !(first && rows.Logs.Count > 1)) return;
        observer.OnEvent(new StepStarted(Operation, "later-rows", Title));
        foreach (var s in Statements(scope.Dialect, rows, guard, first: true)) observer.OnEvent(new StatementRun(s.Text));
        if (first || emptiedAt > emptied) await BringEmptiedAsync(end, token).ConfigureAwait(false);
        emptied = emptiedAt;
        do
        {
            var upto = Math.Min(position + batch, end);
            var before = watch.Elapsed;
            upto = await BringAsync(upto, end, token).ConfigureAwait(false);
            var elapsed = watch.Elapsed - before;
            var take = upto - position;
            position = upto;
            brought += take;
            if (take >= 1000) rate = Math.Max(AssumedRate / 10, take / elapsed.TotalSeconds);
            observer.OnEvent(new RunProgress(Operation, Title, brought, left, watch.Elapsed));
            batch = (long)Math.Clamp(take * (aim / elapsed), Math.Max(100, batch / 2.0), batch * 2.0);
        }
        while (position < end);
        Brought += brought;
        observer.OnEvent(new StepFinished(Operation, "later-rows", Title, watch.Elapsed, brought));
    }

    /// <summary>Brings over what is logged up to a position, or up to a later one where rows only fit together with later ones, and returns it.</summary>
    private async Task<long> BringAsync(long upto, long end, CancellationToken token)
    {
        for (var to = upto; ;)
        {
            try
            {
                await BringAsync(to, token).ConfigureAwait(false);
                return Math.Min(to, end);
            }
            catch (EtlException e) when (to != long.MaxValue && scope.Session.Classify(e) == FailureKind.BadData)
            {
                // A row is taken as it is now, and may have a value of another unique key that the row of a later change still has in the version.
                to = to >= end ? long.MaxValue : Math.Min(end, position + (to - position) * 4);
            }
        }
    }

    private Task<int> BringAsync(long upto, CancellationToken token) => Patience.WhileBusyAsync(scope.Session, async () =>
    {
        var transaction = await scope.Session.BeginAsync(TransactionMode.SnapshotWrite, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await scope.Session.ExecuteAllAsync(Bring(upto), token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
            return 0;
        }
    }, token);

    /// <summary>What went when the live table was emptied at once; it takes a look at every row of both tables, and so is done outside the lock alone.</summary>
    private async Task BringEmptiedAsync(long upto, CancellationToken token)
    {
        var statements = sql.BringEmptied(rows).Select(s => With(s, upto)).ToList();
        if (statements.Count == 0) return;
        EmptiedRows += await Patience.WhileBusyAsync(scope.Session, async () =>
        {
            var transaction = await scope.Session.BeginAsync(TransactionMode.SnapshotWrite, null, token).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await scope.Session.ExecuteAllAsync(scope.Dialect.SuspendLog(guard), token).ConfigureAwait(false);
                var gone = await scope.Session.ExecuteAsync(statements[0], token).ConfigureAwait(false);
                await scope.Session.ExecuteAllAsync([.. statements.Skip(1), .. scope.Dialect.ResumeLog(guard)], token).ConfigureAwait(false);
                await transaction.CommitAsync(token).ConfigureAwait(false);
                return gone;
            }
        }, token).ConfigureAwait(false);
    }

    /// <summary>Counts the rows that would go because the live table was emptied at once, and whose keys no log has.</summary>
    public async Task<long> CountEmptiedAsync(IEngineSession session, CancellationToken token) =>
        sql.CountEmptied(rows) is { } count ? (await session.QueryAsync(With(count, long.MaxValue), r => r.GetInt64(0), token).ConfigureAwait(false))[0] : 0;

    private List<Sql> Bring(long upto) => [.. scope.Dialect.SuspendLog(guard), .. sql.Bring(rows).Select(s => With(s, upto)), .. scope.Dialect.ResumeLog(guard)];

    /// <summary>Counts, of the rows that are logged and not brought over, those that do not fit, and says why.</summary>
    public async Task<(long Rows, string Why)> CountUnfitAsync(IEngineSession session, CancellationToken token)
    {
        if (rows.Reasons.Count == 0) return (0, "");
        var counts = (await session.QueryAsync(With(sql.CountUnfit(rows), long.MaxValue), r => Enumerable.Range(0, rows.Reasons.Count + 1).Select(r.GetInt64).ToList(), token).ConfigureAwait(false))[0];
        return (counts[0], string.Join("; ", rows.Reasons.Where((_, i) => counts[i + 1] > 0).Select((r, _) => r.Why)));
    }

    /// <summary>
    /// Under the lock: what is left, and with a name the rows that do not fit are copied into that table. Null when what is left would take too long there.
    /// </summary>
    public async Task<LockedWork?> LastAsync(IEngineSession session, TableName? aside, CancellationToken token)
    {
        var (end, left, emptiedAt) = await ReadAsync(session, token).ConfigureAwait(false);
        if (emptiedAt > emptied || left / rate > stallBudget.TotalSeconds / 2) return null;
        // Nothing above the position is not nothing at all: a transaction that committed late has logged below it.
        if (end == 0 && aside is null) return new LockedWork([], 0);
        if (aside is null) return new LockedWork(Bring(end), left);
        var copy = With(sql.SetAside(rows, aside), end);
        observer.OnEvent(new StatementRun(copy.Text));
        return new LockedWork([copy, .. Bring(end)], left);
    }

    private static Sql With(Sql sql, long upto) => sql.Text.Contains("@upto", StringComparison.Ordinal) ? sql.With(new SqlParameter("upto", upto)) : sql;
}
