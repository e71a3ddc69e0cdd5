using EtlTableOps.Engines;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Checks;

internal sealed class ShadowTester(EtlDatabase database, IRunObserver observer)
{
    public Task<PreparedOperation<ShadowTestResult>> PrepareAsync(TestRequest request, CancellationToken token) => throw new NotSupportedException($"{database} {observer} {request} {token}");
}
