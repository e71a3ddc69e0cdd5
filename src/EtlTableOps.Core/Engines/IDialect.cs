using EtlTableOps.Checks;
using EtlTableOps.Feeds;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>
/// Writes an engine's SQL, and nothing else: it never executes, never asks the database and keeps no state, so
/// that what it writes can be shown, reviewed and tested as text. Parameters that the runner fills are named
/// in the members' texts.
/// </summary>
public interface IDialect : ISqlQuoting, IRowHashing
{
    /// <summary>How unquoted names are stored.</summary>
    IdentifierFolding Folding { get; }

    /// <summary>
    /// The steps that make and fill a shadow: create with its mark, rights and policies, load, keys and indexes, checks,
    /// statistics. Feed and guard are the builder's.
    /// </summary>
    IReadOnlyList<PlanStep> BuildShadow(ShadowBlueprint shadow);

    /// <summary>What a person should know of the way that <see cref="BuildShadow"/> takes: the choice and its reasons, a line each.</summary>
    IReadOnlyList<string> BuildNotes(ShadowBlueprint shadow) => [];

    /// <summary>Drops a table of ours with all that belongs to it alone. Works when part of it is gone already.</summary>
    IReadOnlyList<Sql> DropTable(TableName table);

    /// <summary>
    /// Takes the rows out of a table that is about to be dropped, little by little, where to drop it whole would keep others waiting for longer than the
    /// stall budget; null where it would not.
    /// </summary>
    PlanStep? EmptyTable(TableShape table, TimeSpan stallBudget) => null;

    /// <summary>
    /// Makes a filled shadow fit for consumers before it is proven: statistics of all that was loaded, imported and brought over since the build, and
    /// whatever work the engine would else begin by itself at a time that does not suit. Can be repeated; null where nothing of the kind is needed.
    /// </summary>
    PlanStep? Settle(TableName shadow) => null;

    /// <summary>
    /// Converts a value to another type so that what does not fit fails at the load and is never cut or lost in silence.
    /// </summary>
    SqlText Convert(SqlText expression, string type);

    /// <summary>Asks which object carries this name now: one row, one text column, unless the engine's session reads it otherwise; no row when none does.</summary>
    Sql ObjectIdOf(TableName table);

    /// <summary>
    /// Creates a change log on a table: its table and its triggers. It logs the row key (old and new) of every row
    /// that is inserted, updated or deleted, and that the table was emptied at once where that has no row events.
    /// </summary>
    IReadOnlyList<Sql> InstallLog(ChangeLog log);

    /// <summary>Removes a change log's triggers, so that writes cost nothing any more; its rows stay. Works when they are gone.</summary>
    IReadOnlyList<Sql> DetachLog(ChangeLog log);

    /// <summary>Removes a change log with its rows. Works when part of it is gone already.</summary>
    IReadOnlyList<Sql> RemoveLog(ChangeLog log);

    /// <summary>Within our transaction: our own writes to the log's table are not logged from here on.</summary>
    IReadOnlyList<Sql> SuspendLog(ChangeLog log);

    /// <summary>Within our transaction: logging goes on.</summary>
    IReadOnlyList<Sql> ResumeLog(ChangeLog log);

    /// <summary>
    /// After the commit of our own writes to the log's table: what they logged does not count. Empty where <see cref="SuspendLog"/> saw to it.
    /// </summary>
    IReadOnlyList<Sql> SettleLog(ChangeLog log) => [];

    /// <summary>
    /// How many statements of a swap's exchange the server still works on: one row, one bigint; asked after a lost connection. Null where the
    /// end of the session's lock proves that there are none.
    /// </summary>
    Sql? StillRunning(string swapId) => null;

    /// <summary>
    /// What a log holds: one row with the number of row changes (bigint), the number of different keys (bigint; equal to
    /// the first for a log without a key), the highest position (bigint, 0 when empty), and whether it is broken (0 or 1). Where a table can be
    /// emptied without row events, a fifth column has the highest position at which it was (bigint, 0 for never).
    /// </summary>
    Sql ReadLog(ChangeLog log);

    /// <summary>For how long the oldest entry of a feed's log has been waiting: one row, nanoseconds (bigint), null when there is none.</summary>
    Sql AgeOfLog(ChangeLog log);

    /// <summary>
    /// Brings the shadow's rows for the logged keys up to date with the live table, through the declared change, and
    /// removes those log entries; all in the running transaction, whose statements see one state. Where the live table was emptied at once, rows go whose
    /// key it does not have any more, but for imported ones. Parameter <c>@upto</c>: the highest position to apply.
    /// </summary>
    IReadOnlyList<Sql> ApplyLog(ChangeLog log, ShadowBlueprint shadow);

    /// <summary>
    /// The content of one side: one row with the count (bigint) and two order-independent sums (numeric or bigint, 0 for
    /// no rows) over a typed hash of each row. Sums add up: content of A and B together is the sum of theirs.
    /// </summary>
    Sql ContentSum(ContentQuery query) => Scan(new TableScan(query));

    /// <summary>
    /// The same with any number of measures of the same rows, in one statement: one row with the count and the sums of <see cref="ContentSum"/>, then a value for
    /// each measure.
    /// </summary>
    Sql Scan(TableScan scan);

    /// <summary>Selects from the rows of one side, under their columns' own names; the columns of the query itself do not matter.</summary>
    /// <param name="rows">Which rows.</param>
    /// <param name="what">What is selected: <c>*</c>, or expressions over the source's columns.</param>
    Sql SelectRows(ContentQuery rows, SqlText what);

    /// <summary>A condition: the value, as text, matches a regular expression of the engine's syntax somewhere; null for null.</summary>
    SqlText Matches(SqlText value, string pattern);

    /// <summary>Adds the rows of a table or query to a table, also where a column is numbered by the database itself.</summary>
    Sql InsertRows(TableName into, IReadOnlyList<Column> columns, IReadOnlyList<SqlText> values, SqlText from);

    /// <summary>
    /// An expression that takes the next number for this column from where the live table takes its own, or null when the engine has no such
    /// thing.
    /// </summary>
    SqlText? NextNumber(TableShape live, Column column);

    /// <summary>A query that takes <c>@count</c> numbers at once, one bigint a row; only asked for where <see cref="NextNumber"/> is not null.</summary>
    Sql TakeNumbers(SqlText nextNumber);

    /// <summary>
    /// A condition that is true for the rows which the running transaction inserted, or null when the engine has none.
    /// </summary>
    SqlText? OwnRows { get; }

    /// <summary>
    /// How imported rows are noted; null on an engine that cannot tell them. One that is <see cref="IImportChunks"/> imports in many short
    /// transactions, every other in one.
    /// </summary>
    IImportNotes? ImportNotes => null;

    /// <summary>How an undo brings along the rows that were written since the switch; null on an engine that cannot.</summary>
    Switching.ILaterRows? LaterRows => null;

    /// <summary>How a column of the live table can feed a shadow; null on an engine where none can.</summary>
    IColumnFeeds? ColumnFeeds => null;

    /// <summary>Counts and orders values for the profile of a column; null on an engine that cannot.</summary>
    IProfiles? Profiles => null;

    /// <summary>Reads a table as it was; null on an engine that keeps no former states.</summary>
    IPastStates? PastStates => null;

    /// <summary>
    /// Checks of what hangs on the table that need its rows: each query returns one count of violations
    /// (rows of the shadow that break a foreign key, rows of other tables that would point nowhere).
    /// </summary>
    IReadOnlyList<IntegrityCheck> IntegrityChecks(TableShape live, ShadowBlueprint shadow);

    /// <summary>
    /// Takes every lock of an exchange, inside its transaction. Without a wait it fails at once when one is not free;
    /// with one it may queue no longer than that in all.
    /// </summary>
    IReadOnlyList<Sql> LockForExchange(ExchangeBlueprint exchange, TimeSpan? wait);

    /// <summary>
    /// What must be true just before the exchange of what the user said shall be made anew; each query returns one count of what would be lost.
    /// </summary>
    IReadOnlyList<IntegrityCheck> ExchangeChecks(ExchangeBlueprint exchange) => [];

    /// <summary>
    /// Why the live table cannot get the rows of another one in its place (<see cref="ExchangeMethod.Overwrite"/>), with the remedy; null when it can, or on an engine that does not
    /// know the way at all.
    /// </summary>
    /// <param name="live">The live table.</param>
    /// <param name="incoming">The table whose rows it is to get; null before there is one.</param>
    (string What, string Reason, string Remedy)? WhyNoOverwrite(TableShape live, TableShape? incoming) => null;

    /// <summary>A statement that writes nothing and fails where the user lacks a right that an overwrite of the live table needs; null where nothing can be asked.</summary>
    Sql? OverwriteRights(TableShape live) => null;

    /// <summary>
    /// The statements under the lock that exchange the names and move what hangs on them, and the steps after
    /// the commit (validation of constraints and the like).
    /// </summary>
    ExchangeSteps Exchange(ExchangeBlueprint exchange);
}

/// <summary>A check with a query that counts violations.</summary>
/// <param name="Name">The check's name in the test result.</param>
/// <param name="Meaning">What it proves, for people.</param>
/// <param name="CountViolations">One row, one bigint.</param>
public sealed record IntegrityCheck(string Name, string Meaning, Sql CountViolations);

/// <summary>What an exchange does, in its two parts.</summary>
/// <param name="Locked">Under the lock, in one transaction with the journal's line.</param>
/// <param name="After">After the commit, each in a transaction of its own; can be repeated.</param>
public sealed record ExchangeSteps(IReadOnlyList<PlanStep> Locked, IReadOnlyList<PlanStep> After)
{
    /// <summary>
    /// Where the exchange is no transaction of DDL: before it, and after the journal has announced it, what cannot be part of it. Each can be repeated.
    /// </summary>
    public IReadOnlyList<PlanStep> Before { get; init; } = [];

    /// <summary>What must have come to rest by <see cref="Before"/>: each query returns one count of what has not; asked until it is 0.</summary>
    public IReadOnlyList<IntegrityCheck> Rest { get; init; } = [];

    /// <summary>Takes back what <see cref="Before"/> did, where the exchange was not done after all. Each can be repeated, and works when part of it is not there.</summary>
    public IReadOnlyList<PlanStep> TakeBack { get; init; } = [];
}
