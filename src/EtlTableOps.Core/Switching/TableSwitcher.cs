using EtlTableOps.Engines;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Switching;

internal sealed class TableSwitcher(EtlDatabase database, IRunObserver observer)
{
    public Task<PreparedOperation<TableSwap>> PrepareAsync(SwitchRequest request, CancellationToken token) => throw new NotSupportedException($"{database} {observer} {request} {token}");
}
