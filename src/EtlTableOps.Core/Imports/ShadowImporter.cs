using EtlTableOps.Engines;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Imports;

internal sealed class ShadowImporter(EtlDatabase database, IRunObserver observer)
{
    public Task<PreparedOperation<ShadowTable>> PrepareAsync(ImportRequest request, CancellationToken token) => throw new NotSupportedException($"{database} {observer} {request} {token}");
}
