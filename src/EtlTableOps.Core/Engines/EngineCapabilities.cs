namespace EtlTableOps.Engines;

/// <summary>Facts about an engine. The runner asks these and never which engine it is.</summary>
public sealed record EngineCapabilities
{
    /// <summary>
    /// DDL takes part in a transaction, so that an exchange is one transaction with its journal line. Where it does not, the exchange is one
    /// statement between two journal lines, and after any doubt the server is asked which object carries the name.
    /// </summary>
    public required bool TransactionalDdl { get; init; }

    /// <summary>Several sessions can read one exported snapshot, so that a load can use them side by side.</summary>
    public required bool SharedSnapshots { get; init; }

    /// <summary>Readers go on while a table is locked for the exchange.</summary>
    public required bool ReadersPassExchange { get; init; }

    /// <summary>Only one session of the whole database can write at a time.</summary>
    public required bool SingleWriter { get; init; }

    /// <summary>How a name without quotes is stored.</summary>
    public Tables.IdentifierFolding Folding { get; init; } = Tables.IdentifierFolding.Lower;

    /// <summary>Others cannot commit while we read, so that a long read of ours is a long wait of theirs.</summary>
    public bool ReadsHoldUpCommits { get; init; }

    /// <summary>Longest name of an object, in bytes of UTF-8.</summary>
    public required int MaxNameBytes { get; init; }

    /// <summary>
    /// Positions of a log go up by one with each change, so that a part of it can be applied; otherwise everything up to a position is applied at once.
    /// </summary>
    public bool CountedPositions { get; init; } = true;

    /// <summary>The ways in which a table can take the live one's place here, the engine's own first.</summary>
    public IReadOnlyList<Switching.ExchangeMethod> Methods { get; init; } = [Switching.ExchangeMethod.Swap];

    /// <summary>The feeds that can follow a table here, the default first.</summary>
    public required IReadOnlyList<Feeds.FeedKind> Feeds { get; init; }
}
