namespace EtlTableOps.Snowflake;

/// <summary>What is told from a type's name.</summary>
internal static class SnowflakeType
{
    /// <summary>A text of any length.</summary>
    public static bool IsText(string type) => Base(type) is "VARCHAR" or "TEXT" or "STRING" or "CHAR" or "CHARACTER" or "NCHAR" or "NVARCHAR" or "NVARCHAR2" or "CHAR VARYING" or "NCHAR VARYING";

    /// <summary>Numbers, exact or not.</summary>
    public static bool IsNumber(string type) => Base(type) is "NUMBER" or "DECIMAL" or "NUMERIC" or "INT" or "INTEGER" or "BIGINT" or "SMALLINT" or "TINYINT" or "BYTEINT"
        or "FLOAT" or "FLOAT4" or "FLOAT8" or "DOUBLE" or "DOUBLE PRECISION" or "REAL";

    /// <summary>Points of time that have seconds of the epoch.</summary>
    public static bool IsTime(string type) => Base(type) is "DATE" or "TIMESTAMP_NTZ" or "TIMESTAMP_LTZ" or "TIMESTAMP_TZ";

    /// <summary>A type that a computed value is brought to before it is hashed, as storing it would.</summary>
    public static bool IsHashed(string type) => Base(type) is "NUMBER" or "DECIMAL" or "NUMERIC" or "INT" or "INTEGER" or "BIGINT" or "SMALLINT" or "TINYINT" or "BYTEINT"
        or "FLOAT" or "FLOAT4" or "FLOAT8" or "DOUBLE" or "DOUBLE PRECISION" or "REAL" or "BOOLEAN" or "DATE" or "TIME"
        or "TIMESTAMP_NTZ" or "TIMESTAMP_LTZ" or "TIMESTAMP_TZ" or "BINARY" or "VARBINARY";

    private static string Base(string type)
    {
        var end = type.IndexOf('(', StringComparison.Ordinal);
        return (end < 0 ? type : type[..end]).Trim().ToUpperInvariant();
    }
}
