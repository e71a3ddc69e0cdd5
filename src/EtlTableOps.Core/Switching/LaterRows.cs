using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Tables;

namespace EtlTableOps.Switching;

/// <summary>
/// Rows that were written under the live name after a version was set aside, and how each column of the version gets its value from them: the inverse
/// of the declared change, as far as it has one.
/// </summary>
/// <remarks>In its fragments of SQL <c>l</c> is the live table's row.</remarks>
public sealed record LaterRows
{
    /// <summary>The undo.</summary>
    public required string SwapId { get; init; }

    /// <summary>The present live table.</summary>
    public required TableName Live { get; init; }

    /// <summary>The kept version that is to be live again.</summary>
    public required TableName Version { get; init; }

    /// <summary>The logs that hold the keys of what was written, oldest first; the last one is still being written.</summary>
    public required IReadOnlyList<ChangeLog> Logs { get; init; }

    /// <summary>The version's columns, but for those that the database computes.</summary>
    public required IReadOnlyList<LaterColumn> Columns { get; init; }

    /// <summary>Whether rows that do not fit are left out; otherwise there are none.</summary>
    public bool LeaveUnfit { get; init; }

    /// <summary>Whether a part was brought over already, by this session.</summary>
    public bool Begun { get; init; }

    /// <summary>The columns that identify a row.</summary>
    public IReadOnlyList<Column> Key => Logs[0].Key;

    /// <summary>Columns that keep the version's own value, or get their default where the version has no such row.</summary>
    public IEnumerable<LaterColumn> Kept => Columns.Where(c => c.Value is null);

    /// <summary>Columns whose value comes from the live table's row.</summary>
    public IEnumerable<LaterColumn> Taken => Columns.Where(c => c.Value is not null);

    /// <summary>True for a row of the version, under the live table's name, that the change took over; null where it took all.</summary>
    public SqlText? TookOver { get; init; }

    /// <summary>Why a row may not fit, each with its condition.</summary>
    public IReadOnlyList<UnfitReason> Reasons { get; init; } = [];
}

/// <summary>Where a column of the version gets its value for a later row.</summary>
/// <param name="Name">The column.</param>
/// <param name="Value">Its value over the live table's row; null when the version's own value stays.</param>
public sealed record LaterColumn(string Name, SqlText? Value);

/// <summary>A reason why a later row cannot be in the version.</summary>
/// <param name="Why">For people, without a full stop.</param>
/// <param name="Condition">True for a live row that cannot, over <c>l</c>.</param>
public sealed record UnfitReason(string Why, SqlText Condition)
{
    /// <summary>It concerns only keys of which no row was brought over yet; the row of the version that it looks at is then the original one.</summary>
    public bool OnlyNewKeys { get; init; }
}

/// <summary>An engine's SQL for later rows. Engines that have none of it refuse an undo over rows written since.</summary>
public interface ILaterRows
{
    /// <summary>Whether two values differ; two nulls do not.</summary>
    SqlText Differ(SqlText one, SqlText other);

    /// <summary>
    /// A condition that is true when a value of one type is representable in another without loss; null when no such condition is known for these types.
    /// </summary>
    /// <param name="value">The value, not null.</param>
    /// <param name="from">Its type.</param>
    /// <param name="to">The type that it shall fit into.</param>
    SqlText? Fits(SqlText value, string from, string to);

    /// <summary>Makes the session's own note of what was brought over already. Nothing of it outlives the session.</summary>
    IReadOnlyList<Sql> Begin(LaterRows later);

    /// <summary>
    /// Within one transaction: brings logged rows over that were not yet, up to position <c>@upto</c> of the last log, and notes them. The logs stay as
    /// they are, because another version may need them.
    /// </summary>
    IReadOnlyList<Sql> Bring(LaterRows later);

    /// <summary>
    /// Within one transaction, and only where a log says that the live table was emptied at once and that was not brought over yet: takes from the version the rows which the live
    /// table had and has no more, and notes it. The first statement takes those whose key no log has. Empty where every such row is logged.
    /// </summary>
    IReadOnlyList<Sql> BringEmptied(LaterRows later) => [];

    /// <summary>Counts what the first statement of <see cref="BringEmptied"/> would take: one row, one bigint; null where there is none.</summary>
    Sql? CountEmptied(LaterRows later) => null;

    /// <summary>
    /// Counts the rows that are logged, not brought over and do not fit: one row of bigints, first those that any reason keeps away, then those of
    /// each reason. Only asked for where there are reasons.
    /// </summary>
    Sql CountUnfit(LaterRows later);

    /// <summary>Copies those rows into a new table, as they are in the live one.</summary>
    Sql SetAside(LaterRows later, TableName into);
}
