using System.Data.Common;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Cli.Demo;

/// <summary>What a comparison of a table with the ledger found.</summary>
/// <param name="Rows">Rows that were read.</param>
/// <param name="Lost">Rows that must be there and are not.</param>
/// <param name="Doubled">Rows that are there twice, or must not be there at all.</param>
/// <param name="Wrong">Rows with another content.</param>
internal sealed record DemoVerdict(long Rows, long Lost, long Doubled, long Wrong);

/// <summary>Holds a table against the ledger. Only while the writers stand still.</summary>
internal sealed class DemoVerification(EtlDatabase database, TableName table, ExpectedRows expected, bool withBand)
{
    private const long Chunk = 50_000;

    private long rows;
    private long found;
    private long doubled;
    private long wrong;
    private long last = -1;

    private SqlText Columns => new("event_id, event_ts, user_id, event_type, country, amount, payload" + (withBand ? ", " + DemoChange.AddedColumn : ""));

    /// <summary>Reads the whole table, row by row.</summary>
    public async Task<DemoVerdict> ReadAllAsync(CancellationToken token)
    {
        await using var session = await database.OpenSessionAsync(token);
        await using var snapshot = await session.BeginAsync(TransactionMode.Snapshot, null, token);
        var end = (await session.QueryAsync(Sql.Write(session.Dialect, $"SELECT coalesce(max(event_id), 0) FROM {table}"), r => r.GetInt64(0), token))[0] + 1;
        for (var from = 0L; from < end; from += Chunk)
            await session.QueryAsync(Sql.Write(session.Dialect, $"SELECT {Columns} FROM {table} WHERE event_id >= {from} AND event_id < {from + Chunk} ORDER BY event_id"), Look, token);
        await snapshot.CommitAsync(token);
        return new DemoVerdict(rows, expected.Count() - found, doubled, wrong);
    }

    /// <summary>Compares in place: a million rows are not kept.</summary>
    private bool Look(DbDataReader reader)
    {
        rows++;
        var id = reader.GetInt64(0);
        if (id == last || !expected.Find(id, out var right, out var rightBand))
        {
            doubled++;
            return false;
        }
        last = id;
        found++;
        var same = reader.GetDateTime(1) == right.At
            && reader.GetInt32(2) == right.User
            && reader.GetString(3) == right.Type
            && (reader.IsDBNull(4) ? null : reader.GetString(4)) == right.Country
            && reader.GetDecimal(5) == right.Amount
            && reader.GetString(6) == right.Payload
            && (!withBand || (reader.IsDBNull(7) ? null : reader.GetString(7)) == rightBand);
        if (!same) wrong++;
        return same;
    }
}
