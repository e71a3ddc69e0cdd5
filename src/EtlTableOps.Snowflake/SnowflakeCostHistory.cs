using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake;

/// <summary>
/// Costs from the query history of sessions (QUERY_HISTORY_BY_SESSION), which has no lag worth speaking of, and partitions from the statistics of each statement that scanned
/// anything (GET_QUERY_OPERATOR_STATS), which the history does not have. The journal has kept the warehouse awake until then, so that to ask wakes none up.
/// </summary>
internal sealed class SnowflakeCostHistory(SnowflakeSession session) : ICostHistory
{
    /// <summary>Statements that are asked for their partitions, the greatest first.</summary>
    private const int MostAsked = 20;

    private static SnowflakeDialect Dialect => SnowflakeDialect.Instance;

    /// <inheritdoc/>
    public async Task<string> SessionAsync(CancellationToken token) =>
        (await session.QueryAsync(new Sql("SELECT CURRENT_SESSION()"), r => r.GetString(0), token).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public async Task<Cost> ReadAsync(IReadOnlyList<string> sessions, CancellationToken token)
    {
        var statements = new List<(string Id, long Bytes, long Milliseconds)>();
        foreach (var id in sessions)
        {
            var number = long.Parse(id, NumberStyles.None, CultureInfo.InvariantCulture);
            var sql = Sql.Write(Dialect, $"SELECT QUERY_ID, BYTES_SCANNED, EXECUTION_TIME FROM TABLE({new Id(session.Facts.Database)}.INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(SESSION_ID => {number}, RESULT_LIMIT => 10000)) WHERE EXECUTION_STATUS = 'SUCCESS'");
            statements.AddRange(await session.ShowAsync(sql, row => (row["QUERY_ID"], row.Number("BYTES_SCANNED", 0), row.Number("EXECUTION_TIME", 0)), token).ConfigureAwait(false));
        }
        var cost = new Cost(statements.Count, statements.Sum(s => s.Bytes), TimeSpan.FromMilliseconds(statements.Sum(s => s.Milliseconds)));
        var scanning = statements.Where(s => s.Bytes > 0).OrderByDescending(s => s.Bytes).Take(MostAsked).ToList();
        if (scanning.Count == 0) return cost with { PartitionsScanned = 0, PartitionsTotal = 0 };
        try
        {
            var asked = SqlText.Join("\nUNION ALL ", scanning.Select(s => SqlText.Write(Dialect,
                $"SELECT SUM(CAST(OPERATOR_STATISTICS:\"pruning\":\"partitions_scanned\" AS NUMBER(38,0))) AS SCANNED, SUM(CAST(OPERATOR_STATISTICS:\"pruning\":\"partitions_total\" AS NUMBER(38,0))) AS TOTAL FROM TABLE(GET_QUERY_OPERATOR_STATS({new SqlLiteral(s.Id)}))")));
            var partitions = await session.ShowAsync(Sql.Write(Dialect, $"{asked}"), row => (Scanned: row.Number("SCANNED", 0), Total: row.Number("TOTAL", 0)), token).ConfigureAwait(false);
            return cost with { PartitionsScanned = partitions.Sum(p => p.Scanned), PartitionsTotal = partitions.Sum(p => p.Total) };
        }
        catch (EtlException e) when (e.Code is ErrorCode.StatementFailed or ErrorCode.NotPermitted)
        {
            return cost;
        }
    }
}
