using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>
/// Writes the SQL of a feed by a column. Values of the column travel as text, as the database writes them. Statements read no lower or upper bound where the parameter is not
/// asked for, so that an index on the column is of use.
/// </summary>
public interface IColumnFeeds
{
    /// <summary>What a column's values are to a feed, with notes for people; null kind with the reason when they are nothing that grows.</summary>
    (ColumnFeedKind? Kind, string Reason, IReadOnlyList<string> Notes) Classify(TableShape live, Column column);

    /// <summary>Whether writers come one after another.</summary>
    bool SerialWriters { get; }

    /// <summary>How many indexes lead with the column: one row, one bigint.</summary>
    Sql CountIndexes(TableShape live, Column column);

    /// <summary>
    /// Who is at work, asked before the state that a batch reads is taken: one row with the time, and the beginning of the oldest transaction of others that may still write (both
    /// bigint, microseconds of the epoch; the second not above the first), and, where that beginning is not known, why (text), else null.
    /// </summary>
    Sql Horizon(ColumnFeed feed);

    /// <summary>
    /// In the state that a batch reads: one row with the value below which no row can come any more (text; null when the column does not tell), the largest value (text, not above
    /// the clock where the column has times; null for none), and the time (bigint, microseconds). Parameters <c>@now</c> and <c>@since</c> (bigint, microseconds): the time of the horizon, and its oldest transaction less the overlap.
    /// </summary>
    Sql Edge(ColumnFeed feed, TableName live);

    /// <summary>How many rows lie in a window: one row, one bigint.</summary>
    Sql Count(ColumnFeed feed, TableName live, WindowBounds bounds);

    /// <summary>
    /// The smallest value above those of the next <c>@count</c> rows of the window, so that rows of one value stay together: one row, one text, null when there are no more.
    /// </summary>
    Sql Next(ColumnFeed feed, TableName live, WindowBounds bounds);

    /// <summary>The larger of <c>@from</c> and the smaller of <c>@below</c> and <c>@safe</c>, each of which may be null: one row, one text, null for none.</summary>
    Sql Advance(ColumnFeed feed);

    /// <summary>Brings the rows of a window over by their keys, through the declared change.</summary>
    IReadOnlyList<Sql> Bring(ColumnFeed feed, ShadowBlueprint shadow, WindowBounds bounds);
}

/// <summary>Which bounds a window has; each is a parameter.</summary>
/// <param name="From">From <c>@from</c> on.</param>
/// <param name="Below">Below <c>@below</c>, which is itself outside.</param>
/// <param name="Behind">With <paramref name="From"/>: <c>@from</c> is itself outside.</param>
public readonly record struct WindowBounds(bool From, bool Below = false, bool Behind = false);
