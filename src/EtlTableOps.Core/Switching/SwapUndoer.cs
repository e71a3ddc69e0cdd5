using EtlTableOps.Engines;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Switching;

internal sealed class SwapUndoer(EtlDatabase database, IRunObserver observer)
{
    public Task<PreparedOperation<TableSwap>> PrepareAsync(UndoRequest request, CancellationToken token) => throw new NotSupportedException($"{database} {observer} {request} {token}");
}
