using EtlTableOps.Engines;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Journal;

internal sealed class SwapRepairer(EtlDatabase database, IRunObserver observer)
{
    public Task<PreparedOperation<IReadOnlyList<TableSwap>>> PrepareAsync(RepairRequest request, CancellationToken token) => throw new NotSupportedException($"{database} {observer} {request} {token}");
}
