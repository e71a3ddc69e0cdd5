using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Switching;

/// <summary>
/// An exchange of names: the table under the live name is set aside as a version, and another takes its place. A switch and an undo
/// are the same exchange with other tables.
/// </summary>
public sealed record ExchangeBlueprint
{
    /// <summary>The swap.</summary>
    public required string SwapId { get; init; }

    /// <summary>The table that carries the live name now, with all that hangs on it.</summary>
    public required TableShape Live { get; init; }

    /// <summary>What shall be done with things that cannot follow by themselves.</summary>
    public DependentChoices Choices { get; init; }

    /// <summary>The table that shall carry it: a shadow or a kept version.</summary>
    public required TableShape Incoming { get; init; }

    /// <summary>The name under which the present live table is kept.</summary>
    public required TableName Version { get; init; }

    /// <summary>Under which names the incoming table's objects are kept now; the exchange gives them their own.</summary>
    public required IReadOnlyList<KeptName> IncomingNames { get; init; }

    /// <summary>Under which names the present live table's objects will be kept.</summary>
    public required IReadOnlyList<KeptName> OutgoingNames { get; init; }

    /// <summary>
    /// The declared change, through which rows are brought over that reach the outgoing table before everybody sees the new one; null at an undo.
    /// </summary>
    public ShadowBlueprint? Change { get; init; }

    /// <summary>The feed from live to incoming, to be removed in the exchange; null for none.</summary>
    public ChangeLog? Feed { get; init; }

    /// <summary>
    /// The log that guards the incoming table and goes on counting under the live name; its <see cref="ChangeLog.Watched"/> is
    /// the incoming table's name before the exchange.
    /// </summary>
    public ChangeLog? Guard { get; init; }

    /// <summary>The guard of the present live table from its own exchange, whose triggers end here; null for none.</summary>
    public ChangeLog? OutgoingGuard { get; init; }
}

/// <summary>
/// An object of a table that is kept under another name while its table does not carry the live name.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its own name, which it has on the live table.</param>
/// <param name="KeptAs">The name that it is kept under.</param>
public sealed record KeptName(AttachmentKind Kind, string Name, string KeptAs);
