using EtlTableOps.Engines;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
namespace EtlTableOps.Versions;
internal sealed class VersionKeeper(EtlDatabase database, IRunObserver observer)
{
    public Task<IReadOnlyList<TableVersion>> ListAsync(string? table, CancellationToken token) => throw new NotSupportedException($"{database} {observer} {table} {token}");
    public Task<PreparedOperation<IReadOnlyList<TableVersion>>> PrepareRemovalAsync(RemoveVersionsRequest request, CancellationToken token) => throw new NotSupportedException($"{request} {token}");
}
