using EtlTableOps.Engines;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Feeds;

internal sealed class ShadowSynchronizer(EtlDatabase database, IRunObserver observer)
{
    public Task<PreparedOperation<ShadowTable>> PrepareAsync(SyncRequest request, CancellationToken token) => throw new NotSupportedException($"{database} {observer} {request} {token}");
}
