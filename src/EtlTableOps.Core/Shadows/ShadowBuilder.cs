using EtlTableOps.Engines;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Shadows;

internal sealed class ShadowBuilder(EtlDatabase database, IRunObserver observer)
{
    public Task<PreparedOperation<ShadowTable>> PrepareAsync(NewShadowRequest request, CancellationToken token) => throw new NotSupportedException($"{database} {observer} {request} {token}");
}
