using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>Rows and bytes of a table without reading it: from statistics, by counting when it is small, and else from samples.</summary>
internal sealed class SqliteEstimates(SqliteSession session, string table, LoadPath? path, IReadOnlyList<SqliteColumn> columns, int indexes)
{
    private const int CountUpTo = 20_000;
    private const int Samples = 32;
    private const int SampleRows = 16;

    private TableName Name => new(null, table);

    /// <summary>Estimates both; -1 for what cannot be told.</summary>
    public async Task<(long Rows, long Bytes)> ReadAsync(bool statistics, CancellationToken token)
    {
        var rows = await RowsAsync(statistics, token).ConfigureAwait(false);
        if (rows <= 0) return (rows, rows == 0 ? 0 : -1);
        var length = SqlText.Join(" + ", columns.Where(c => !c.Column.IsGenerated).Select(c => SqlText.Write(SqliteDialect.Instance, $"CASE typeof({new Id(c.Column.Name)}) WHEN 'integer' THEN 4 WHEN 'real' THEN 8 WHEN 'null' THEN 0 ELSE length(CAST({new Id(c.Column.Name)} AS BLOB)) END")));
        var from = path is null
            ? Sql.Write(SqliteDialect.Instance, $"SELECT avg({length}) FROM (SELECT * FROM {Name} LIMIT 200)")
            : Sql.Write(SqliteDialect.Instance, $"SELECT avg({length}) FROM (SELECT * FROM {Name} WHERE {path.Position} >= {new SqlParameter("middle", path.First + ((path.Last - path.First) / 2))} LIMIT 200)");
        var width = (await session.QueryAsync(from, r => r.IsDBNull(0) ? 0 : r.GetDouble(0), token).ConfigureAwait(false))[0];
        // Header of a record, row number, cell pointer; pages are about nine tenths full; an index holds a key and a row number.
        return (rows, (long)(rows * ((width + columns.Count + 8) + (indexes * 20.0)) * 1.1));
    }

    private async Task<long> RowsAsync(bool statistics, CancellationToken token)
    {
        var counted = (await session.QueryAsync(Sql.Write(SqliteDialect.Instance, $"SELECT count(*) FROM (SELECT 1 FROM {Name} LIMIT {CountUpTo})"), r => r.GetInt64(0), token).ConfigureAwait(false))[0];
        if (counted < CountUpTo) return counted;
        if (path is not null) return Math.Max(counted, await SampleAsync(token).ConfigureAwait(false));
        if (!statistics) return -1;
        var known = await session.QueryAsync(Sql.Write(SqliteDialect.Instance, $"SELECT CAST(stat AS INTEGER) FROM sqlite_stat1 WHERE tbl = {new SqlLiteral(table)} COLLATE NOCASE"), r => r.GetInt64(0), token).ConfigureAwait(false);
        return known.Count > 0 ? Math.Max(known.Max(), counted) : -1;
    }

    /// <summary>How dense the row numbers lie, seen from places spread evenly over their range.</summary>
    private async Task<long> SampleAsync(CancellationToken token)
    {
        var span = (double)path!.Last - path.First + 1;
        var sql = Sql.Write(SqliteDialect.Instance, $"SELECT max(p) FROM (SELECT {path.Position} AS p FROM {Name} WHERE {path.Position} >= @at LIMIT {SampleRows})");
        var density = 0.0;
        for (var i = 0; i < Samples; i++)
        {
            var at = path.First + (long)(span * i / Samples);
            var found = await session.QueryAsync(sql.With(new SqlParameter("at", at)), r => r.IsDBNull(0) ? -1.0 : r.GetDouble(0), token).ConfigureAwait(false);
            if (found[0] >= at) density += SampleRows / (found[0] - at + 1);
        }
        return (long)Math.Min(span, span * Math.Min(1, density / Samples));
    }
}
