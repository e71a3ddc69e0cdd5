namespace EtlTableOps.Journal;

/// <summary>A line of the journal: one step of one swap.</summary>
/// <param name="SwapId">The swap.</param>
/// <param name="Line">Its number within the swap.</param>
/// <param name="At">When it ended, UTC.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Step">The step.</param>
/// <param name="Statements">What was run, statements separated by a semicolon and a line end.</param>
/// <param name="Rows">Rows changed.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Who">User, machine and process.</param>
public sealed record JournalLine(string SwapId, long Line, DateTime At, string Operation, string Step, string Statements, long Rows, double Seconds, string Who);
