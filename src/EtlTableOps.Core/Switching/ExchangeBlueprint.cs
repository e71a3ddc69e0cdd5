using EtlTableOps.Feeds;
using EtlTableOps.Observability;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Switching;

/// <summary>
/// An exchange: what was under the live name is set aside as a version, and another table takes its place, by its name or by its rows. A switch and an undo
/// are the same exchange with other tables.
/// </summary>
public sealed record ExchangeBlueprint
{
    /// <summary>The swap.</summary>
    public required string SwapId { get; init; }

    /// <summary>The table that carries the live name now, with all that hangs on it.</summary>
    public required TableShape Live { get; init; }

    /// <summary>How long other people's statements may be made to wait, in one piece.</summary>
    public TimeSpan StallBudget { get; init; } = SwitchRequest.DefaultStallBudget;

    /// <summary>How the incoming table takes the live one's place.</summary>
    public ExchangeMethod Method { get; init; }

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

    /// <summary>Tells what the exchange has meant for whatever hangs on the table and was not carried along by us.</summary>
    internal void Warn(IRunObserver observer)
    {
        if (Method != ExchangeMethod.Overwrite) return;
        foreach (var attachment in Live.Attachments.Where(a => a.AtOverwrite is not null)) observer.OnEvent(new RunWarning($"{attachment.Kind} {attachment.Name}: {attachment.AtOverwrite}"));
    }
}

/// <summary>
/// An object of a table that is kept under another name while its table does not carry the live name.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its own name, which it has on the live table.</param>
/// <param name="KeptAs">The name that it is kept under.</param>
public sealed record KeptName(AttachmentKind Kind, string Name, string KeptAs);
