namespace EtlTableOps.Testing.Ledgers;

/// <summary>What a ledger's sessions do.</summary>
[Flags]
public enum LedgerWork
{
    /// <summary>Inserts, updates and deletes of one row each, committed by themselves.</summary>
    Singles = 0,

    /// <summary>Many single rows without a pause.</summary>
    Bursts = 1,

    /// <summary>Transactions of some statements.</summary>
    Transactions = 2,

    /// <summary>Transactions that stay open for a while after their last statement.</summary>
    LateCommits = 4,

    /// <summary>Transactions that are rolled back.</summary>
    Rollbacks = 8,

    /// <summary>Updates of the key: to a new one, to one that was free, and two rows that change places.</summary>
    KeyChanges = 16,

    /// <summary>Statements that insert, change or delete many rows at once.</summary>
    Sets = 32,

    /// <summary>A deleted key is given again.</summary>
    Reinserts = 64,

    /// <summary><c>INSERT … ON CONFLICT … DO UPDATE</c>.</summary>
    Upserts = 128,

    /// <summary><c>MERGE</c> that updates and deletes.</summary>
    Merges = 256,

    /// <summary>Rows by the driver's bulk copy (<see cref="LedgerOptions.Copy"/>).</summary>
    Copies = 512,

    /// <summary>What SQLite and PostgreSQL have in common.</summary>
    Common = Bursts | Transactions | LateCommits | Rollbacks | KeyChanges | Sets | Reinserts | Upserts,
}

/// <summary>How a ledger's sessions work.</summary>
public sealed record LedgerOptions
{
    /// <summary>Sessions that write, each under keys of its own.</summary>
    public int Sessions { get; init; } = 4;

    /// <summary>What they do.</summary>
    public LedgerWork Work { get; init; } = LedgerWork.Common;

    /// <summary>Each session does the same things in the same order with the same seed; when, is up to the machine.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Begins a transaction that writes.</summary>
    public string Begin { get; init; } = "BEGIN";

    /// <summary>The longest pause between two pieces of work.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(15);

    /// <summary>The longest that a transaction stays open after its last statement.</summary>
    public TimeSpan LateBy { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>Writes rows with the driver's bulk copy into the columns given.</summary>
    public Func<Consumer, string, IReadOnlyList<LedgerRow>, Task>? Copy { get; init; }

    /// <summary>Statements that empty the table, or a part of it, at once, with the rows that they concern; each comes now and then, while all sessions are between two pieces of work.</summary>
    public IReadOnlyList<(string Sql, Func<LedgerRow, bool> Concerns)> Emptying { get; init; } = [];

    /// <summary>
    /// Rows that a change leaves out: while <see cref="Ledger.Hiding"/> is set they may be missing in the table, and are expected back afterwards.
    /// </summary>
    public Func<LedgerRow, bool> Hides { get; init; } = _ => false;

    /// <summary>
    /// Whether a failure means that the server is gone; null where that is a failure like any other. With it each piece of work leaves its number in a
    /// table of the ledger's own within its transaction, so that a commit without an answer can be looked up.
    /// </summary>
    public Func<Exception, bool>? IsLost { get; init; }

    /// <summary>How long a session tries to reach a server that is gone.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
