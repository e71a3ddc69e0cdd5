using EtlTableOps.Engines;

namespace EtlTableOps.Imports;

/// <summary>
/// A source's rows with numbers behind them, taken in blocks from where the live table takes its own, so that no row of either table ever gets a
/// number twice. Disposing it ends its session and leaves the source alone.
/// </summary>
internal sealed class NumberedRows(IRowSource source, int width, IEngineSession session, IReadOnlyList<Sql> take) : IRowSource
{
    private const long Block = 4096;
    private readonly object?[] row = new object?[width];
    private readonly Queue<long>[] numbers = [.. take.Select(_ => new Queue<long>())];

    public string Name => source.Name;

    public long Line => source.Line;

    public long Position => source.Position;

    public long Length => source.Length;

    public ValueTask<IReadOnlyList<string>> ReadColumnsAsync(CancellationToken token) => source.ReadColumnsAsync(token);

    public async ValueTask<bool> ReadAsync(object?[] values, CancellationToken token)
    {
        if (!await source.ReadAsync(row, token).ConfigureAwait(false)) return false;
        row.CopyTo(values, 0);
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i].Count == 0)
            {
                foreach (var number in await session.QueryAsync(take[i].With(new SqlParameter("count", Block)), r => r.GetInt64(0), token).ConfigureAwait(false)) numbers[i].Enqueue(number);
            }
            values[width + i] = numbers[i].Dequeue();
        }
        return true;
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
