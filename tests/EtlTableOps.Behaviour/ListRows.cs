using EtlTableOps.Imports;

namespace EtlTableOps.Behaviour;

/// <summary>Rows from memory, as a pipeline brings them.</summary>
public sealed class ListRows(string name, IReadOnlyList<string> columns, IReadOnlyList<object?[]> rows) : IRowSource
{
    private int next;

    public string Name => name;

    public long Line => next;

    public long Position => next;

    public long Length => rows.Count;

    public ValueTask<IReadOnlyList<string>> ReadColumnsAsync(CancellationToken token) => ValueTask.FromResult(columns);

    public ValueTask<bool> ReadAsync(object?[] values, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (next >= rows.Count) return ValueTask.FromResult(false);
        rows[next++].CopyTo(values, 0);
        return ValueTask.FromResult(true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
