using System.Data.Common;
using EtlTableOps.Snowflake.Testing;

namespace Snowflake.Data.Client;

/// <summary>
/// What the loader looks for: the type and the field of the real driver. Behind them is the tests' own connection, so that a process apart can work on a model's server
/// where the real driver is not there.
/// </summary>
public sealed class SnowflakeDbFactory : DbProviderFactory
{
    public static readonly SnowflakeDbFactory Instance = new();

    /// <inheritdoc/>
    public override DbConnection CreateConnection() => new ModelConnection();
}
