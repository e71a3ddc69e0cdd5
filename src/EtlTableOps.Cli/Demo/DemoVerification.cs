using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Cli.Demo;

/// <summary>What a comparison of a table with the ledger found.</summary>
/// <param name="Rows">Rows that were read.</param>
/// <param name="Lost">Rows that must be there and are not.</param>
/// <param name="Doubled">Rows that are there twice, or must not be there at all.</param>
/// <param name="Wrong">Rows with another content.</param>
internal sealed record DemoVerdict(long Rows, long Lost, long Doubled, long Wrong);

/// <summary>Reads a whole table, row by row, and holds it against the ledger. Only while the writers stand still.</summary>
internal static class DemoVerification
{
    private const long Chunk = 50_000;

    public static async Task<DemoVerdict> RunAsync(EtlDatabase database, TableName table, ExpectedRows expected, bool withBand, CancellationToken token)
    {
        await using var session = await database.OpenSessionAsync(token);
        await using var snapshot = await session.BeginAsync(TransactionMode.Snapshot, null, token);
        var end = (await session.QueryAsync(Sql.Write(session.Dialect, $"SELECT coalesce(max(event_id), 0) FROM {table}"), r => r.GetInt64(0), token))[0] + 1;
        var columns = new SqlText("event_id, event_ts, user_id, event_type, country, amount, payload" + (withBand ? ", " + DemoChange.AddedColumn : ""));
        var (rows, found, doubled, wrong, last) = (0L, 0L, 0L, 0L, -1L);
        for (var from = 0L; from < end; from += Chunk)
        {
            var query = Sql.Write(session.Dialect, $"SELECT {columns} FROM {table} WHERE event_id >= {from} AND event_id < {from + Chunk} ORDER BY event_id");
            foreach (var (row, band) in await session.QueryAsync(query, r => Read(r, withBand), token))
            {
                rows++;
                if (row.Id == last || !expected.Find(row.Id, out var right, out var rightBand))
                {
                    doubled++;
                    continue;
                }
                last = row.Id;
                found++;
                if (row != right || (withBand && band != rightBand)) wrong++;
            }
        }
        await snapshot.CommitAsync(token);
        return new DemoVerdict(rows, expected.Count() - found, doubled, wrong);
    }

    private static (DemoEvent Row, string? Band) Read(System.Data.Common.DbDataReader reader, bool withBand)
    {
        var at = reader.GetValue(1) is DateTime moment ? moment : DateTime.Parse(reader.GetString(1), CultureInfo.InvariantCulture);
        var row = new DemoEvent(
            reader.GetInt64(0),
            at,
            reader.GetInt32(2),
            reader.GetString(3),
            reader.IsDBNull(4) ? null : reader.GetString(4),
            (long)Math.Round(Convert.ToDecimal(reader.GetValue(5), CultureInfo.InvariantCulture) * 100m),
            reader.GetString(6));
        return (row, withBand && !reader.IsDBNull(7) ? reader.GetString(7) : null);
    }
}
