using EtlTableOps.Engines;

namespace EtlTableOps.Imports;

/// <summary>
/// The rows of a table or query of the database itself, copied aside and read page by page on a session of their own, so that no read is open while
/// others write. Disposing it ends the session, and the copy with it.
/// </summary>
internal sealed class StagedRows(string name, IReadOnlyList<string> columns, IEngineSession session, Sql page) : IRowSource
{
    private const long PageRows = 4096;
    private readonly Queue<object?[]> rows = new();
    private long above;

    public string Name => name;

    public long Line { get; private set; }

    public long Position => Line;

    public long Length { get; init; } = -1;

    public ValueTask<IReadOnlyList<string>> ReadColumnsAsync(CancellationToken token) => ValueTask.FromResult(columns);

    public async ValueTask<bool> ReadAsync(object?[] values, CancellationToken token)
    {
        if (rows.Count == 0)
        {
            var found = await session.QueryAsync(page.With(new("above", above), new("count", PageRows)), r =>
            {
                above = r.GetInt64(0);
                var row = new object?[columns.Count];
                for (var i = 0; i < row.Length; i++) row[i] = r.IsDBNull(i + 1) ? null : r.GetValue(i + 1);
                return row;
            }, token).ConfigureAwait(false);
            foreach (var row in found) rows.Enqueue(row);
        }
        if (!rows.TryDequeue(out var next)) return false;
        next.CopyTo(values, 0);
        Line++;
        return true;
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
