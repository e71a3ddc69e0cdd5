using System.Data.Common;
using System.Runtime.CompilerServices;
using EtlTableOps.Errors;

namespace EtlTableOps.Engines;

/// <content>Reads what is too much to be held at once.</content>
public abstract partial class DbSession
{
    /// <summary>Rows that are fetched at once from a query that is read as a stream.</summary>
    private const int BatchRows = 2048;

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<T>> StreamAsync<T>(Sql sql, Func<DbDataReader, T> map, [EnumeratorCancellation] CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(map);
        foreach (var first in sql.Before) await ExecuteAsync(first, token).ConfigureAwait(false);
        var command = CreateCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            var reader = await StepAsync(command, static (c, t) => c.ExecuteReaderAsync(t), sql, token).ConfigureAwait(false);
            var ended = false;
            try
            {
                while (!ended)
                {
                    var rows = await StepAsync(command, async (_, t) =>
                    {
                        var batch = new List<T>(BatchRows);
                        while (batch.Count < BatchRows && await reader.ReadAsync(t).ConfigureAwait(false)) batch.Add(map(reader));
                        return batch;
                    }, sql, token).ConfigureAwait(false);
                    ended = rows.Count < BatchRows;
                    if (rows.Count > 0) yield return rows;
                }
            }
            finally
            {
                if (ended) await reader.DisposeAsync().ConfigureAwait(false);
                else await LeaveAsync(command, reader).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Closes a reader before its last row, without reading the rest: the statement is cancelled first, and what that makes the driver say is no news.</summary>
    protected virtual async Task LeaveAsync(DbCommand command, DbDataReader reader)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(reader);
        try
        {
            command.Cancel();
            await reader.DisposeAsync().ConfigureAwait(false);
        }
        catch (DbException)
        {
            // The statement was cancelled, or its connection is gone: either way it is over.
        }
    }

    private async Task<TOut> StepAsync<TOut>(DbCommand command, Func<DbCommand, CancellationToken, Task<TOut>> call, Sql sql, CancellationToken token)
    {
        try
        {
            return await RunAsync(command, call, token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not EtlException)
        {
            throw Translate(e, sql, token);
        }
    }
}
