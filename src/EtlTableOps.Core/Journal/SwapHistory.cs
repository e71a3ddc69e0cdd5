using EtlTableOps.Engines;
namespace EtlTableOps.Journal;
internal sealed class SwapHistory(EtlDatabase database)
{
    public Task<IReadOnlyList<TableSwap>> ListAsync(HistoryRequest request, CancellationToken token) => throw new NotSupportedException($"{database} {request} {token}");
}
