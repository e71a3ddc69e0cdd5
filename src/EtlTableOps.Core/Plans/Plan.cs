using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Plans;

/// <summary>
/// What an operation will do. A builder makes it from reads alone; the runner executes it and <c>-WhatIf</c> prints it, so
/// that what is shown is what is run.
/// </summary>
/// <param name="Operation">The operation in words: <c>build</c>, <c>switch</c>, …</param>
/// <param name="Live">The live table.</param>
/// <param name="SwapId">The swap that it belongs to.</param>
/// <param name="Steps">The steps in their order.</param>
public sealed record Plan(string Operation, TableName Live, string SwapId, IReadOnlyList<PlanStep> Steps)
{
    /// <summary>What a person should know before: choices made and why, what will be dropped, estimates.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>One line that names the effect, for the confirmation prompt.</summary>
    public required string Summary { get; init; }
}

/// <summary>A step of a plan.</summary>
/// <param name="Name">Short and stable, for the journal and for fault injection: <c>create</c>, <c>load</c>, <c>index</c> …</param>
/// <param name="Title">What it does, for people.</param>
/// <param name="Statements">Its statements in their order.</param>
public sealed record PlanStep(string Name, string Title, IReadOnlyList<Sql> Statements)
{
    /// <summary>How the step runs.</summary>
    public StepScope Scope { get; init; } = StepScope.OwnTransaction;

    /// <summary>Set when the one statement is repeated over ranges of a position, to give progress and short locks.</summary>
    public ChunkRange? Chunks { get; init; }

    /// <summary>
    /// How many steps may run at once: neighbours of the same figure above 1 need nothing of each other and run side by side, each in a transaction of
    /// its own in one of this many sessions.
    /// </summary>
    public int Abreast { get; init; } = 1;

    /// <summary>
    /// Whether a statement that finds nothing to work on, or something in its place, is a failure also where the step is repeated: what it makes must be there afterwards.
    /// </summary>
    public bool Strict { get; init; }

    /// <summary>Whether the rows that its statements report are the operation's rows.</summary>
    public bool CountsRows { get; init; }

    /// <summary>
    /// Says how far the statements are while they run, asked from another session: one row with what is done and what there is to do (two
    /// bigint), or no row; null where nothing can be said.
    /// </summary>
    public Sql? Progress { get; init; }
}

/// <summary>How a step runs.</summary>
public enum StepScope
{
    /// <summary>In a transaction of its own, together with its journal line.</summary>
    OwnTransaction,
    /// <summary>Outside any transaction, because the statement demands it or must not hold one open.</summary>
    NoTransaction,
    /// <summary>In the one transaction of the exchange.</summary>
    Exchange,
}

/// <summary>
/// A range of positions (row numbers, pages) that a statement walks through by its parameters <c>@from</c> (inclusive) and
/// <c>@below</c> (exclusive).
/// </summary>
/// <param name="First">The first position.</param>
/// <param name="End">One past the last position.</param>
/// <param name="Size">Positions in the first chunk; rows where <see cref="Behind"/> finds the positions.</param>
public sealed record ChunkRange(long First, long End, long Size)
{
    /// <summary>When set, the size of the next chunk is adjusted so that one takes about this long.</summary>
    public TimeSpan? Aim { get; init; }

    /// <summary>A pause after each chunk as a share of its time, so that other writers get in; 0 for none.</summary>
    public double Yield { get; init; }

    /// <summary>
    /// A query of one whole number that changes when others have written. As long as it stays the same nobody needs the pause, and it is kept to a
    /// tenth; null always pauses in full.
    /// </summary>
    public Sql? Others { get; init; }

    /// <summary>
    /// A query for the position behind the next <c>@count</c> rows from <c>@from</c> on, and how many these are (two bigint), asked before each chunk;
    /// the walk ends where they are fewer. For positions with gaps, where so many positions may be no rows at all or far too many; null cuts by positions.
    /// </summary>
    public Sql? Behind { get; init; }

    /// <summary>
    /// What another session runs again and again while the chunks are loaded, to have work done beside them that needs no lock; null for nothing.
    /// </summary>
    public Sql? Meanwhile { get; init; }

    /// <summary>How many sessions work side by side, all on one snapshot.</summary>
    public int Sessions { get; init; } = 1;

    /// <summary>
    /// All chunks must read one and the same state, also when one session runs them: where rows change their positions, chunks of different moments would
    /// have some of them twice and others never. On an engine without shared snapshots positions must not change.
    /// </summary>
    public bool OneState { get; init; }
}
