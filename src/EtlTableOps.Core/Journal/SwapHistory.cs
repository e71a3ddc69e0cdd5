using EtlTableOps.Engines;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Journal;

/// <summary>Reads the journal for people.</summary>
internal sealed class SwapHistory(EtlDatabase database)
{
    /// <summary>Swaps, newest first, of one live table or of every journal that this user can read.</summary>
    public async Task<IReadOnlyList<TableSwap>> ListAsync(HistoryRequest request, CancellationToken token)
    {
        var session = await database.OpenSessionAsync(token).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var swaps = new List<TableSwap>();
            foreach (var record in await ReadAllAsync(session, request.Table, token).ConfigureAwait(false))
            {
                if (request.Id is { } id && record.Id != id) continue;
                var swap = SwapFinisher.Describe(database, record);
                swaps.Add(request.Statements
                    ? swap with { Lines = await new JournalStore(session, record.Live.Schema).LinesAsync(record.Id, token).ConfigureAwait(false) }
                    : swap);
            }
            return request.Id is { } wanted && swaps.Count == 0
                ? throw new Errors.EtlException(Errors.ErrorCode.SwapNotFound, wanted)
                : swaps;
        }
    }

    /// <summary>
    /// The records themselves. A name without a schema means the live tables of that name in every journal: the table itself may be gone, and its
    /// history still counts.
    /// </summary>
    public static async Task<IReadOnlyList<SwapRecord>> ReadAllAsync(IEngineSession session, string? table, CancellationToken token)
    {
        var name = table is null ? null : TableName.Parse(table, session.Dialect.Folding);
        var records = new List<SwapRecord>();
        foreach (var journal in await session.FindJournalsAsync(token).ConfigureAwait(false))
        {
            if (name?.Schema is { } schema && schema != journal.Schema) continue;
            records.AddRange(await new JournalStore(session, journal.Schema).ListAsync(name, token).ConfigureAwait(false));
        }
        return [.. records.OrderByDescending(r => r.Begun)];
    }
}
