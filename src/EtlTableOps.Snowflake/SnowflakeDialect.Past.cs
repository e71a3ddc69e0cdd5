using EtlTableOps.Engines;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>Reads a table as it was, by Time Travel (AT | BEFORE).</content>
public sealed partial class SnowflakeDialect : IPastStates
{
    /// <inheritdoc/>
    public IPastStates PastStates => this;

    /// <inheritdoc/>
    Sql IPastStates.Now => new($"SELECT {Now}");

    /// <inheritdoc/>
    /// <remarks>A time without a cast would be read in no zone (AT | BEFORE, usage notes). Just before a time is at the nanosecond before it.</remarks>
    public SqlText At(PastMoment moment)
    {
        ArgumentNullException.ThrowIfNull(moment);
        if (moment.Statement is null) return SqlText.Write(this, $"AT (TIMESTAMP => TO_TIMESTAMP_LTZ({moment.ToNanoseconds()}, 9))");
        return moment.Before ? SqlText.Write(this, $"BEFORE (STATEMENT => {new SqlLiteral(moment.Statement)})") : SqlText.Write(this, $"AT (STATEMENT => {new SqlLiteral(moment.Statement)})");
    }

    /// <inheritdoc/>
    public Sql CountChanges(TableName table, PastMoment since) => Sql.Write(this, $"SELECT {CountChangedRows} FROM {table} CHANGES (INFORMATION => DEFAULT) {At(since)}");
}
