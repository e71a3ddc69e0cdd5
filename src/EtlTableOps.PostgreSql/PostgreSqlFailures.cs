using System.Net.Sockets;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using Npgsql;

namespace EtlTableOps.PostgreSql;

/// <summary>Sorts the driver's failures, by SQLSTATE where the server spoke.</summary>
internal static class PostgreSqlFailures
{
    /// <summary>What a failure means to the runner.</summary>
    public static FailureKind Classify(Exception failure) => failure switch
    {
        EtlException { Code: ErrorCode.Cancelled } => FailureKind.Cancelled,
        EtlException { Code: ErrorCode.ConnectionLost } => FailureKind.ConnectionLost,
        EtlException { InnerException: { } inner } => Classify(inner),
        BadValueException => FailureKind.BadData,
        PostgresException e => OfState(e),
        // Only our own token makes one: a lost server is a NpgsqlException around the socket's failure.
        OperationCanceledException => FailureKind.Cancelled,
        NpgsqlException { InnerException: IOException or SocketException or TimeoutException or ObjectDisposedException } => FailureKind.ConnectionLost,
        NpgsqlException { InnerException: { } inner } => Classify(inner),
        IOException or SocketException => FailureKind.ConnectionLost,
        _ => FailureKind.Fatal,
    };

    /// <summary>What the server said, for people: its message with the code, and what it adds about the row.</summary>
    public static string Explain(Exception failure)
    {
        if (failure is not PostgresException e) return failure.Message;
        var text = $"{e.MessageText} ({e.SqlState})";
        if (!string.IsNullOrEmpty(e.Detail)) text += ". " + e.Detail.TrimEnd('.');
        if (!string.IsNullOrEmpty(e.Hint)) text += ". " + e.Hint.TrimEnd('.');
        return text;
    }

    private static FailureKind OfState(PostgresException e) => e.SqlState switch
    {
        // Lock not available, deadlock broken, serialization; nothing happened.
        "55P03" or "40P01" or "40001" => FailureKind.Busy,
        // Two sessions changed the same catalog row, as GRANT does without a lock on the table.
        "XX000" when e.MessageText.Contains("tuple concurrently", StringComparison.Ordinal) => FailureKind.Busy,
        // Two sessions made an object of the same name at once, which CREATE … IF NOT EXISTS does not bear; the next try sees the other's.
        "23505" when e.SchemaName == "pg_catalog" => FailureKind.Busy,
        // A statement_timeout or an administrator's cancel; our own cancel is told by our token.
        "57014" => FailureKind.TimedOut,
        "57P01" or "57P02" or "57P03" or "57P05" or "25P03" or "25P04" => FailureKind.ConnectionLost,
        // A read-only transaction or standby is a missing right to us.
        "42501" or "25006" => FailureKind.NotPermitted,
        "53100" => FailureKind.NoSpace,
        { Length: 5 } state => state[..2] switch
        {
            "08" => FailureKind.ConnectionLost,
            "28" => FailureKind.NotPermitted,
            "22" or "23" => FailureKind.BadData,
            _ => FailureKind.Fatal,
        },
        _ => FailureKind.Fatal,
    };
}
