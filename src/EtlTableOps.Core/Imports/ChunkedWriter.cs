using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Tables;

namespace EtlTableOps.Imports;

/// <summary>
/// Writes an import in many short transactions where the database has one writer at a time. Rows are collected first, so that a slow source is never
/// waited for inside one; each transaction ends when its time is up, whatever a row costs, and notes what it brought in.
/// </summary>
internal sealed class ChunkedWriter(IEngineSession session, TableShape shadow, IReadOnlyList<Column> columns, ChangeLog guard, ChangeLog notes, long import, TimeSpan aim, Sql others) : IBulkWriter
{
    /// <summary>Rows that are collected at most.</summary>
    private const int MostRows = 16_384;

    /// <summary>Characters and bytes that are collected at most, about.</summary>
    private const long MostWeight = 16_000_000;

    /// <summary>Rows between two looks at the clock.</summary>
    private const int LookEvery = 64;

    private readonly List<object?[]> waiting = [];
    private readonly Gaps gaps = new(0.5, others);
    private TimeSpan lastCommit;
    private long weight;
    private long written;

    /// <inheritdoc/>
    public ValueTask WriteAsync(object?[] values, CancellationToken token)
    {
        waiting.Add((object?[])values.Clone());
        foreach (var value in values) weight += value switch { string text => text.Length, byte[] bytes => bytes.Length, _ => 8 };
        return waiting.Count < MostRows && weight < MostWeight ? ValueTask.CompletedTask : new ValueTask(FlushAsync(token));
    }

    /// <inheritdoc/>
    public async Task<long> CompleteAsync(CancellationToken token)
    {
        await FlushAsync(token).ConfigureAwait(false);
        return written;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task FlushAsync(CancellationToken token)
    {
        var next = 0;
        while (next < waiting.Count)
        {
            token.ThrowIfCancellationRequested();
            var from = next;
            var (rows, held) = await Patience.WhileBusyAsync(session, () => WritePieceAsync(from, token), token).ConfigureAwait(false);
            next += rows;
            written += rows;
            await gaps.PauseAsync(session, held, token).ConfigureAwait(false);
        }
        waiting.Clear();
        weight = 0;
    }

    /// <summary>One transaction; a busy database may have it repeated from the same row.</summary>
    private async Task<(int Rows, TimeSpan Held)> WritePieceAsync(int from, CancellationToken token)
    {
        var transaction = await session.BeginAsync(TransactionMode.Write, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var watch = Stopwatch.StartNew();
            // What is written goes to the disk with the commit, which others wait for too.
            var room = aim - (lastCommit < aim * 0.75 ? lastCommit : aim * 0.75);
            foreach (var sql in session.Dialect.SuspendLog(guard)) await session.ExecuteAsync(sql, token).ConfigureAwait(false);
            var next = from;
            var writer = await session.BeginNotedLoadAsync(shadow, columns, notes, import, token).ConfigureAwait(false);
            await using (writer.ConfigureAwait(false))
            {
                try
                {
                    while (next < waiting.Count && ((next - from) % LookEvery != 0 || next == from || watch.Elapsed < room))
                        await writer.WriteAsync(waiting[next++], token).ConfigureAwait(false);
                }
                catch (BadValueException e)
                {
                    throw new BadValueException(written + e.Row, e.Column, e.Message, e.InnerException);
                }
                await writer.CompleteAsync(token).ConfigureAwait(false);
            }
            foreach (var sql in session.Dialect.ResumeLog(guard)) await session.ExecuteAsync(sql, token).ConfigureAwait(false);
            var before = watch.Elapsed;
            await transaction.CommitAsync(token).ConfigureAwait(false);
            lastCommit = watch.Elapsed - before;
            return (next - from, watch.Elapsed);
        }
    }
}
