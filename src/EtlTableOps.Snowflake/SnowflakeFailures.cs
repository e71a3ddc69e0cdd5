using System.Globalization;
using System.Net.Http;
using System.Net.Sockets;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;

namespace EtlTableOps.Snowflake;

/// <summary>
/// Sorts failures by the server's code. The driver is loaded at run time, so its exception is read by its members' names; any other that has the same
/// members is understood as well.
/// </summary>
internal static class SnowflakeFailures
{
    /// <summary>What a failure means to the runner.</summary>
    public static FailureKind Classify(Exception failure) => failure switch
    {
        EtlException { Code: ErrorCode.Cancelled } => FailureKind.Cancelled,
        EtlException { Code: ErrorCode.ConnectionLost } => FailureKind.ConnectionLost,
        EtlException { InnerException: { } inner } => Classify(inner),
        BadValueException => FailureKind.BadData,
        AggregateException { InnerExceptions: [var only] } => Classify(only),
        _ when CodeOf(failure) is { } code => OfCode(code, StateOf(failure), failure.Message),
        // A server lost in mid-statement ends in a cancel that nobody asked for (the driver, 5.7.0); ours is told by our token, before we are asked.
        OperationCanceledException or HttpRequestException or SocketException or IOException or TimeoutException => FailureKind.ConnectionLost,
        { InnerException: { } inner } => Classify(inner),
        _ => FailureKind.Fatal,
    };

    /// <summary>What the server said, with its code and the statement's id there.</summary>
    public static string Explain(Exception failure)
    {
        var said = failure is AggregateException { InnerExceptions: [var only] } ? only : failure;
        for (; said.InnerException is { } inner && CodeOf(said) is null; said = inner)
        {
        }
        if (CodeOf(said) is not { } code) return said.Message;
        var id = said.GetType().GetProperty("QueryId")?.GetValue(said) as string;
        return string.Create(CultureInfo.InvariantCulture, $"{SnowflakeOpening.Bare(said.Message)} ({code:000000}{(string.IsNullOrEmpty(id) ? "" : $", query {id}")})");
    }

    private static FailureKind OfCode(int code, string? state, string message) => code switch
    {
        // Too many waiters; a lock's time limit is told by the state and the text alone.
        625 => FailureKind.Busy,
        _ when state == "57014" && message.Contains("lock", StringComparison.OrdinalIgnoreCase) => FailureKind.Busy,
        604 or 630 => FailureKind.TimedOut,
        2002 => FailureKind.AlreadySo,
        2003 or 2043 => FailureKind.AlreadySo,
        3001 or 3003 or 3011 => FailureKind.NotPermitted,
        390111 or 390112 or 390114 or 390104 or 270007 or 270001 => FailureKind.ConnectionLost,
        _ => state?[..Math.Min(2, state.Length)] switch
        {
            "22" or "23" when code is not (606 or 90073 or 90105 or 90106) => FailureKind.BadData,
            "08" => FailureKind.ConnectionLost,
            "28" => FailureKind.NotPermitted,
            _ => FailureKind.Fatal,
        },
    };

    /// <summary>The server's code, or null when no server spoke.</summary>
    internal static int? CodeOf(Exception failure)
    {
        var property = failure is System.Data.Common.DbException ? failure.GetType().GetProperty("ErrorCode") : null;
        return property?.GetValue(failure) is int code and not 0 && code > 0 ? code : null;
    }

    /// <summary>The driver's exception has a member of its own that hides the base class's, which stays null.</summary>
    private static string? StateOf(Exception failure) =>
        failure.GetType().GetProperty("SqlState", System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.DeclaredOnly)?.GetValue(failure) as string
        ?? (failure as System.Data.Common.DbException)?.SqlState;
}
