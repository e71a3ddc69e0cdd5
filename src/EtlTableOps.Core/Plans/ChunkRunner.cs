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
        if (chunks.Sessions <= 1 || !session.Capabilities.SharedSnapshots)
        {
            await WorkAsync(session, null, token).ConfigureAwait(false);
            return rows;
        }

        // The exporting transaction must stay open while the others read its snapshot.
        var exporter = await session.BeginAsync(TransactionMode.Snapshot, null, token).ConfigureAwait(false);
        await using (exporter.ConfigureAwait(false))
        {
            var snapshot = await session.ExportSnapshotAsync(token).ConfigureAwait(false);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
            var workers = Enumerable.Range(0, chunks.Sessions).Select(_ => WorkApartAsync(snapshot, stop)).ToList();
            await Task.WhenAll(workers).ConfigureAwait(false);
        }
        return rows;
    }

    private async Task WorkApartAsync(string? snapshot, CancellationTokenSource stop)
    {
        try
        {
            var worker = await session.OpenAnotherAsync(stop.Token).ConfigureAwait(false);
            await using (worker.ConfigureAwait(false))
            {
                await WorkAsync(worker, snapshot, stop.Token).ConfigureAwait(false);
            }
        }
        catch
        {
            // One failed: the others' work is of no use any more.
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task WorkAsync(IEngineSession worker, string? snapshot, CancellationToken token)
    {
        var gaps = new Gaps(chunks.Yield, chunks.Others);
        while (Take() is { } chunk)
        {
            token.ThrowIfCancellationRequested();
            var begun = watch.Elapsed;
            var changed = await Patience.WhileBusyAsync(worker, () => RunChunkAsync(worker, snapshot, chunk, token), token).ConfigureAwait(false);
            Done(chunk.Below - chunk.From, changed, watch.Elapsed - begun);
            await gaps.PauseAsync(worker, watch.Elapsed - begun, token).ConfigureAwait(false);
        }
    }

    private async Task<long> RunChunkAsync(IEngineSession worker, string? snapshot, (long From, long Below) chunk, CancellationToken token)
    {
        var changed = 0L;
        var transaction = await worker.BeginAsync(snapshot is null ? TransactionMode.Write : TransactionMode.SnapshotWrite, snapshot, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            foreach (var sql in step.Statements)
            {
                changed += await worker.ExecuteAsync(sql.With(new("from", chunk.From), new("below", chunk.Below)), token).ConfigureAwait(false);
            }
            await transaction.CommitAsync(token).ConfigureAwait(false);
        }
        return changed;
    }

    private (long From, long Below)? Take()
    {
        lock (gate)
        {
            if (next >= chunks.End) return null;
            var from = next;
            next = Math.Min(chunks.End, from + size);
            return (from, next);
        }
    }

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
}
