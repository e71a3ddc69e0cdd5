using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.Feeds;

/// <summary>Finds out whether a column can feed a shadow, and refuses what cannot.</summary>
internal sealed class ColumnFeedResolver(IEngineSession session, TableShape live)
{
    /// <summary>The feed by a column.</summary>
    /// <exception cref="EtlException">ColumnNotFound, or FeedNotPossible with the reason and what to do.</exception>
    public async Task<ColumnFeed> ResolveAsync(FeedChoice choice, CancellationToken token)
    {
        var dialect = session.Dialect.ColumnFeeds ?? throw Refuse("this engine has no such feed.", $"Use one of: {string.Join(", ", session.Capabilities.Feeds)}.");
        var name = TableName.ParsePart(choice.Column!, IdentifierFolding.Keep);
        var column = live.FindColumn(name) ?? throw new EtlException(ErrorCode.ColumnNotFound, live.Name, choice.Column, string.Join(", ", live.Columns.Select(c => c.Name)));
        var (kind, reason, notes) = dialect.Classify(live, column);
        if (kind is not { } known) throw Refuse($"column {column.Name} ({column.Type}) {reason}", "Name a column that every insert and update sets to the present time or to a growing number, or use -Feed TriggerLog.");
        var key = live.RowKey ?? throw Refuse("it has no primary key and no unique key without nulls.", "Add a unique key, or use -Feed None; the switch then refuses when rows were written since the test.");
        var indexes = await NumberAsync(dialect.CountIndexes(live, column), token).ConfigureAwait(false);
        return new ColumnFeed(column, known, [.. key.Columns.Select(n => live.FindColumn(n)!)], known == ColumnFeedKind.Transaction ? TimeSpan.Zero : choice.Overlap ?? ColumnFeed.DefaultOverlap)
        {
            Indexed = indexes > 0,
            SerialWriters = dialect.SerialWriters,
            Notes = notes,
        };
    }

    /// <summary>Refuses a column of which some rows have no value: the feed would never see them.</summary>
    public async Task RefuseNullsAsync(ColumnFeed feed, CancellationToken token)
    {
        if (!feed.Column.Nullable) return;
        var nulls = await NumberAsync(Sql.Write(session.Dialect, $"SELECT count(*) FROM {live.Name} WHERE {new Id(feed.Column.Name)} IS NULL"), token).ConfigureAwait(false);
        if (nulls > 0) throw Refuse($"{nulls} rows have no value in column {feed.Column.Name}.", "Give every row a value and make the column NOT NULL, or use -Feed TriggerLog.");
    }

    private EtlException Refuse(string reason, string remedy) => new(ErrorCode.FeedNotPossible, FeedKind.Column, live.Name, reason, remedy);

    private async Task<long> NumberAsync(Sql sql, CancellationToken token) =>
        (await session.QueryAsync(sql, r => Convert.ToInt64(r.GetValue(0), CultureInfo.InvariantCulture), token).ConfigureAwait(false))[0];
}
