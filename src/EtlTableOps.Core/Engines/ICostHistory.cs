using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.Engines;

/// <summary>The database's own record of what statements cost.</summary>
public interface ICostHistory
{
    /// <summary>By what this session is known there.</summary>
    Task<string> SessionAsync(CancellationToken token);

    /// <summary>What was run in these sessions.</summary>
    Task<Cost> ReadAsync(IReadOnlyList<string> sessions, CancellationToken token);
}

/// <summary>Reads costs for results. That they cannot be told is no reason for anything to fail.</summary>
internal static class CostReading
{
    // An answer of another form than the manual's is no reason either.
    private static bool IsNoReason(Exception failure) =>
        failure is EtlException or OperationCanceledException or FormatException or ArgumentException or InvalidOperationException or InvalidCastException or ArithmeticException;

    /// <summary>By what a session is known, to ask for its cost when it is gone; null where there is nothing to ask.</summary>
    public static async Task<string?> KnownAsAsync(this IEngineSession session, CancellationToken token)
    {
        if (session.CostHistory is not { } history) return null;
        try
        {
            return await history.SessionAsync(token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsNoReason(e))
        {
            // Whoever cancels is heard by the next statement.
            return null;
        }
    }

    /// <summary>What this session and an earlier one have run; null where it is not known.</summary>
    public static async Task<Cost?> ReadCostAsync(this IEngineSession session, IRunObserver observer, CancellationToken token, string? earlier = null)
    {
        if (session.CostHistory is not { } history) return null;
        try
        {
            var own = await history.SessionAsync(token).ConfigureAwait(false);
            return await history.ReadAsync(earlier is null ? [own] : [own, earlier], token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsNoReason(e))
        {
            observer.OnEvent(new RunNote($"What it cost is not known: {e.Message}"));
            return null;
        }
    }
}
