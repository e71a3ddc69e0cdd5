using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>Writes the SQL that reads a table as it was.</summary>
public interface IPastStates
{
    /// <summary>The database's clock: one row, one bigint, nanoseconds of the epoch.</summary>
    Sql Now { get; }

    /// <summary>What stands behind a table's name to read it as it was at a moment.</summary>
    SqlText At(PastMoment moment);

    /// <summary>How many rows were changed since: one row, one bigint. Fails where the database did not follow the table's changes then.</summary>
    Sql CountChanges(TableName table, PastMoment since);
}
