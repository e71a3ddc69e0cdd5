using System.Data.Common;

namespace Snowflake.Data.Client;

/// <summary>What the loader looks for: the type and the field of the real driver, and nothing behind them.</summary>
public sealed class SnowflakeDbFactory : DbProviderFactory
{
    public static readonly SnowflakeDbFactory Instance = new();
}
