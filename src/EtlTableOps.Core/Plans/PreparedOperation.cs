namespace EtlTableOps.Plans;

/// <summary>An operation that was planned by reading alone and can now be shown, confirmed and run.</summary>
/// <typeparam name="TResult">What it returns.</typeparam>
public sealed class PreparedOperation<TResult>
{
    private readonly Func<CancellationToken, Task<TResult>> run;

    internal PreparedOperation(Plan plan, Func<CancellationToken, Task<TResult>> run)
    {
        Plan = plan;
        this.run = run;
    }

    /// <summary>What it will do.</summary>
    public Plan Plan { get; }

    /// <summary>Does it.</summary>
    public Task<TResult> RunAsync(CancellationToken token) => run(token);
}
