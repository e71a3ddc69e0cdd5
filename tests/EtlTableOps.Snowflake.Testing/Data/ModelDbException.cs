using System.Data.Common;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>An error of the model as the driver's SnowflakeDbException shows one.</summary>
public sealed class ModelDbException(int code, string? sqlState, string? queryId, string message, Exception? inner = null) : DbException(message, inner)
{
    /// <summary>Snowflake's number of the error.</summary>
    public override int ErrorCode { get; } = code;

    /// <summary>Hides the base's property, which stays null, as the driver's exception does: who reads it through DbException learns nothing.</summary>
    public new string? SqlState { get; } = sqlState;

    public string? QueryId { get; } = queryId;

    internal static ModelDbException Of(ModelError error) => new(error.Code, error.SqlState, error.QueryId, $"Error: {error.Message} SqlState: {error.SqlState}, VendorCode: {error.Code}, QueryId: {error.QueryId}", error);
}
