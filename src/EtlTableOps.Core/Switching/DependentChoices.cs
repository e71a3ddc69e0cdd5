namespace EtlTableOps.Switching;

/// <summary>
/// What the user said shall be done with things that cannot follow an exchange by themselves. Without a choice they are a reason to refuse.
/// </summary>
[Flags]
public enum DependentChoices
{
    /// <summary>Nothing: refuse.</summary>
    None = 0,
    /// <summary>Streams on the table are created anew; they must have been consumed.</summary>
    RecreateStreams = 1,
    /// <summary>Materialized views over the table are created anew; the service fills them again.</summary>
    RecreateMaterializedViews = 2,
    /// <summary>Pipes into the table are paused, drained and created anew; they forget which files they have loaded.</summary>
    RecreatePipes = 4,
    /// <summary>Dynamic tables over the table are created anew; the service computes them again.</summary>
    RecreateDynamicTables = 8,
}
