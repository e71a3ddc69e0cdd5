using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Observability;

namespace EtlTableOps.Plans;

/// <summary>
/// Walks one statement through a range of positions, so that a long load shows progress, holds no lock for long and can be cancelled
/// between chunks; with several sessions on one snapshot where the engine has that.
/// </summary>
internal sealed class ChunkRunner(IEngineSession session, IRunObserver observer, string operation, PlanStep step, ChunkRange chunks, long totalRows)
{
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly object gate = new();
    private long next = chunks.First;
    private long size = Math.Max(1, chunks.Size);
    private long rows;

    /// <summary>Runs all chunks and returns the rows changed.</summary>
    public async Task<long> RunAsync(CancellationToken token)
    {
        var oneState = chunks.OneState && chunks.Size < chunks.End - chunks.First;
        if (!session.Capabilities.SharedSnapshots || (chunks.Sessions <= 1 && !oneState))
        {
            await Beside.RunAsync(session, chunks.Meanwhile, observer, () => WorkAsync(session, null, token), token).ConfigureAwait(false);
            return rows;
        }

        // The exporting transaction must stay open while the others read its snapshot.
        var exporter = await session.BeginAsync(TransactionMode.Snapshot, null, token).ConfigureAwait(false);
        await using (exporter.ConfigureAwait(false))
        {
            var snapshot = await session.ExportSnapshotAsync(token).ConfigureAwait(false);
            await SideBySide.RunAsync(Math.Max(1, chunks.Sessions), (_, t) => WorkApartAsync(snapshot, t), token).ConfigureAwait(false);
        }
        return rows;
    }

    private async Task WorkApartAsync(string? snapshot, CancellationToken token)
    {
        var worker = await session.OpenAnotherAsync(token).ConfigureAwait(false);
        await using (worker.ConfigureAwait(false))
        {
            await WorkAsync(worker, snapshot, token).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(IEngineSession worker, string? snapshot, CancellationToken token)
    {
        var gaps = new Gaps(chunks.Yield, chunks.Others);
        while (await TakeAsync(worker, token).ConfigureAwait(false) is { } chunk)
        {
            token.ThrowIfCancellationRequested();
            var (changed, held) = await Patience.WhileBusyAsync(worker, () => RunChunkAsync(worker, snapshot, chunk, token), token).ConfigureAwait(false);
            Done(chunk.Size, changed, held);
            await gaps.PauseAsync(worker, held, token).ConfigureAwait(false);
        }
    }

    /// <summary>One chunk, and for how long it kept others out: the wait for its turn is no reason to make the next one smaller.</summary>
    private async Task<(long Changed, TimeSpan Held)> RunChunkAsync(IEngineSession worker, string? snapshot, Chunk chunk, CancellationToken token)
    {
        var changed = 0L;
        var transaction = await worker.BeginAsync(snapshot is null ? TransactionMode.Write : TransactionMode.SnapshotWrite, snapshot, token).ConfigureAwait(false);
        var begun = watch.Elapsed;
        await using (transaction.ConfigureAwait(false))
        {
            foreach (var sql in step.Statements)
            {
                changed += await worker.ExecuteAsync(sql.With(new("from", chunk.From), new("below", chunk.Below)), token).ConfigureAwait(false);
            }
            await transaction.CommitAsync(token).ConfigureAwait(false);
        }
        return (changed, watch.Elapsed - begun);
    }

    private async Task<Chunk?> TakeAsync(IEngineSession worker, CancellationToken token)
    {
        if (chunks.Behind is null) return Take();
        if (next >= chunks.End) return null;
        var sql = chunks.Behind.With(new("from", next), new("count", size));
        var (behind, found) = (await worker.QueryAsync(sql, r => (r.IsDBNull(0) ? chunks.End : r.GetInt64(0), r.GetInt64(1)), token).ConfigureAwait(false))[0];
        var from = next;
        // Fewer than were asked for are the last; whoever adds rows all the while would keep the walk going for ever.
        next = found < size ? chunks.End : behind;
        return found == 0 ? null : new Chunk(from, behind, size);
    }

    private Chunk? Take()
    {
        lock (gate)
        {
            if (next >= chunks.End) return null;
            var from = next;
            next = Math.Min(chunks.End, from + (chunks.Sessions > 1 ? Math.Min(size, Share(chunks.End - from)) : size));
            return new Chunk(from, next, next - from);
        }
    }

    /// <summary>Towards the end the chunks become smaller, so that no session is left alone with a whole one when the others have nothing to do any more.</summary>
    private long Share(long left) => Math.Max(Math.Max(1, size / 8), left / (2 * chunks.Sessions));

    private void Done(long positions, long changed, TimeSpan elapsed)
    {
        long soFar;
        lock (gate)
        {
            rows += changed;
            soFar = rows;
            if (chunks.Aim is { } aim && elapsed > TimeSpan.Zero)
            {
                // At most doubled or halved at a time: one slow disk write must not throw the size about.
                var wanted = positions * (aim / elapsed);
                size = (long)Math.Clamp(wanted, Math.Max(1, size / 2.0), size * 2.0);
            }
        }
        observer.OnEvent(new RunProgress(operation, step.Title, soFar, totalRows, watch.Elapsed));
    }

    private readonly record struct Chunk(long From, long Below, long Size);
}
