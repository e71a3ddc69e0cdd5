namespace EtlTableOps.Snowflake.Testing;

/// <summary>When a fault can strike.</summary>
public enum FaultTime
{
    /// <summary>The statement has reached the server and has not begun.</summary>
    BeforeExecution,

    /// <summary>Its names are resolved, its rows computed; nothing of it can be seen yet. A DDL statement has no such time.</summary>
    BeforeCommit,

    /// <summary>It is done; its answer is not on its way yet.</summary>
    AfterExecution,
}

/// <summary>What the asked one is told.</summary>
public sealed record StatementMoment(ModelSession Session, string QueryId, string Sql, FaultTime Time);

/// <summary>What happens then: a wait, an error in place of an answer, or the connection's end with no answer.</summary>
public sealed record Fault
{
    public TimeSpan Delay { get; init; }

    public ModelError? Error { get; init; }

    /// <summary>The client is cut off for good, and the session keeps whatever transaction it has open. A statement that has begun is finished, unless ABORT_DETACHED_QUERY.</summary>
    public bool LoseConnection { get; init; }

    /// <summary>The answer is lost once on its way over HTTP; the driver asks again with the same request id. Without meaning in one process.</summary>
    public bool DropAnswer { get; init; }

    public static Fault Lost { get; } = new() { LoseConnection = true };

    public static Fault Dropped { get; } = new() { DropAnswer = true };

    public static Fault Of(ModelError error) => new() { Error = error };
}

/// <summary>The connection was lost by a fault; nobody gets an answer.</summary>
public sealed class ConnectionLostException(string when) : Exception("The connection was lost " + when + ".");
