using System.Diagnostics;
using System.Threading.Channels;
using EtlTableOps.Observability;

namespace EtlTableOps.Imports;

/// <summary>
/// Moves rows from a source to a writer, reading ahead on another thread: parsing a file and feeding a database keep two
/// processors busy.
/// </summary>
internal sealed class RowPump(IRowSource source, int width, IBulkWriter writer, IRunObserver observer, string operation, string title)
{
    private const int RowsInBatch = 512;
    private const int BatchesAhead = 32;

    private readonly RowLines lines = new();

    /// <summary>Moves all rows, ends the load and returns how many were taken.</summary>
    public async Task<long> RunAsync(CancellationToken token)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var channel = Channel.CreateBounded<Batch>(new BoundedChannelOptions(BatchesAhead) { SingleReader = true, SingleWriter = true });
        var spare = Channel.CreateUnbounded<Batch>();
        var reading = Task.Run(() => ReadAsync(channel.Writer, spare.Reader, stop.Token), CancellationToken.None);
        try
        {
            await WriteAsync(channel.Reader, spare.Writer, token).ConfigureAwait(false);
            return await writer.CompleteAsync(token).ConfigureAwait(false);
        }
        catch (BadValueException e) when (!e.Data.Contains("line") && lines.Has(e.Row))
        {
            // The writer may say so long after the row was given to it, and even at the end.
            e.Data["line"] = lines.Of(e.Row);
            throw;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            try
            {
                await reading.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // We stopped it ourselves, because the writer failed or the user cancelled; that failure is on its way.
            }
        }
    }

    private async Task ReadAsync(ChannelWriter<Batch> ready, ChannelReader<Batch> spare, CancellationToken token)
    {
        try
        {
            while (true)
            {
                if (!spare.TryRead(out var batch)) batch = new Batch(width);
                batch.Count = 0;
                while (batch.Count < RowsInBatch && await source.ReadAsync(batch.Rows[batch.Count], token).ConfigureAwait(false))
                {
                    batch.Lines[batch.Count++] = source.Line;
                }
                batch.Position = source.Position;
                var full = batch.Count == RowsInBatch;
                if (batch.Count > 0) await ready.WriteAsync(batch, token).ConfigureAwait(false);
                if (!full) break;
            }
            ready.Complete();
        }
        catch (Exception e)
        {
            if (e is BadValueException bad) bad.Data["line"] = source.Line;
            ready.Complete(e);
        }
    }

    private async Task WriteAsync(ChannelReader<Batch> ready, ChannelWriter<Batch> spare, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var rows = 0L;
        await foreach (var batch in ready.ReadAllAsync(token).ConfigureAwait(false))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                lines.Add(batch.Lines[i]);
                await writer.WriteAsync(batch.Rows[i], token).ConfigureAwait(false);
            }
            rows += batch.Count;
            var total = source.Length > 0 && batch.Position > 0 ? (long)(rows * ((double)source.Length / batch.Position)) : -1;
            observer.OnEvent(new RunProgress(operation, title, rows, total, watch.Elapsed));
            spare.TryWrite(batch);
        }
    }

    private sealed class Batch(int width)
    {
        public object?[][] Rows { get; } = [.. Enumerable.Range(0, RowsInBatch).Select(_ => new object?[width])];

        public long[] Lines { get; } = new long[RowsInBatch];

        public int Count { get; set; }

        public long Position { get; set; }
    }
}
