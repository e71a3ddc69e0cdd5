using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

// To be deleted with the arrival of the bulk writer.
internal sealed class PostgreSqlBulkWriter(params object[] given) : IBulkWriter
{
    public ValueTask WriteAsync(object?[] values, CancellationToken token) => throw new NotSupportedException($"{given.Length}");

    public Task<long> CompleteAsync(CancellationToken token) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

internal static class PostgreSqlBulkColumn
{
    public static object Of(params object[] given) => given;
}
