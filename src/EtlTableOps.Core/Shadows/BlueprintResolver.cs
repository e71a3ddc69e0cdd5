using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Shadows;

/// <summary>
/// Resolves a declared change against a live table, and refuses what cannot be: columns that are not there, parts that
/// contradict each other, dependents that would break. The same declaration and table always give the same blueprint, so that it is made anew
/// from the journal whenever a later command needs it.
/// </summary>
internal sealed class BlueprintResolver(IEngineSession session, TableShape live)
{
    private IDialect Dialect => session.Dialect;

    /// <summary>The log on the live table that feeds a shadow.</summary>
    public static ChangeLog FeedLog(TableShape live, string swapId) => Log(live, live.Name, "feed", swapId, live.RowKey) with { Collisions = live.Collisions, IsFeed = true, Tracked = live.TracksChanges };

    /// <summary>The log that guards a table which is to go live.</summary>
    public ChangeLog GuardLog(TableName incoming, string swapId, UniqueKey? key) => Log(live, incoming, "guard", swapId, key);

    /// <summary>The blueprint of a swap in the journal.</summary>
    public async Task<ShadowBlueprint> ResolveAsync(SwapRecord record, TimeSpan stallBudget, CancellationToken token)
    {
        var details = record.Details;
        var feed = new FeedChoice(details.Feed, details.FeedColumn, details.FeedOverlap, details.FeedLog is not null);
        return await ResolveAsync(record.Id, record.Incoming, details.Change, feed, details.IncomingNames, details.Method, stallBudget, 1, token).ConfigureAwait(false) with { ImportNotes = details.ImportNotes };
    }

    /// <summary>The blueprint of a new swap.</summary>
    public async Task<ShadowBlueprint> ResolveAsync(
        string swapId, TableName shadow, DeclaredChange change, FeedChoice feed, IReadOnlyList<KeptName> keptNames, ExchangeMethod method, TimeSpan stallBudget, int sessions, CancellationToken token)
    {
        RefuseContradictions(change);
        var columns = change.Query is null
            ? Columns(change)
            : await QueryColumnsAsync(change.Query, token).ConfigureAwait(false);
        RefuseBrokenDependents(columns, method);
        var key = live.Keys.FirstOrDefault(k => k.Columns.All(name => columns.Any(c => c.From?.Name == name && c.Name == name)));
        var blueprint = new ShadowBlueprint
        {
            SwapId = swapId,
            Live = live,
            Shadow = shadow,
            Columns = columns,
            Where = change.Where is { } where ? new SqlText(where) : null,
            Query = change.Query is { } query ? new SqlText(query) : null,
            StructureOnly = change.StructureOnly,
            KeptNames = keptNames,
            AsOf = feed.Kind == FeedKind.None ? change.AsOf : null,
            Feed = feed.Kind == FeedKind.None || (feed.Kind == FeedKind.Column && !feed.Logged) ? null : FeedLog(live, swapId) with { Since = change.AsOf },
            Window = feed.Kind == FeedKind.Column ? await new ColumnFeedResolver(session, live).ResolveAsync(feed, token).ConfigureAwait(false) : null,
            Guard = GuardLog(shadow, swapId, key),
            StallBudget = stallBudget,
            Sessions = sessions,
        };
        await RefuseBadSqlAsync(blueprint, change, token).ConfigureAwait(false);
        return blueprint;
    }

    /// <summary>Refuses what the database alone can tell: that something hangs on the table which does not fit other types of its columns.</summary>
    public static async Task RefuseUnfitAsync(IEngineSession session, TableShape live, IReadOnlyDictionary<string, string> types, CancellationToken token)
    {
        if (await session.FindUnfitAsync(live, types, token).ConfigureAwait(false) is { CannotFollow: { } reason } unfit)
            throw new EtlException(ErrorCode.CannotCarryOver, $"{unfit.Kind} {unfit.Name}", reason, unfit.Remedy ?? "Drop or change it before, and make it anew after the switch; or leave the column as it is.");
    }

    /// <summary>Why a feed cannot follow this change, with the remedy; null when it can.</summary>
    public (string Reason, string Remedy)? WhyNoFeed(FeedKind feed, DeclaredChange change)
    {
        if (!session.Capabilities.Feeds.Contains(feed)) return ("this engine has no such feed.", $"Use one of: {string.Join(", ", session.Capabilities.Feeds)}.");
        if (live.NoFeed is { } lacking) return (lacking, "Change that, or use -Feed None and keep writers away until the switch.");
        if (change.Query is not null) return ("a whole query says nothing of which row comes from which.", "Declare the change by columns and -Where, or use -Feed None.");
        if (change.StructureOnly) return ("no row is taken over from the live table.", "Use -Feed None.");
        if (live.RowKey is not { } key) return feed == FeedKind.ChangeTracking ? null : ("it has no primary key and no unique key without nulls.", "Add a unique key, or use -Feed None; the switch then refuses when rows were written since the test.");
        var touched = key.Columns.FirstOrDefault(name => change.Drop.Concat(change.Set.Select(s => s.Name)).Concat(change.Alter.Select(a => a.Name)).Any(n => live.FindColumn(n)?.Name == name));
        return touched is null ? null : ($"the change touches key column {touched}.", "Leave the key as it is, or use -Feed None.");
    }

    private static ChangeLog Log(TableShape live, TableName watched, string role, string swapId, UniqueKey? key) =>
        new(watched, watched.WithName($"etltableops_{role}_{SwapId.Tail(swapId)}"), key is null ? [] : [.. key.Columns.Select(c => Require(live, c))])
        {
            Partitioned = live.Attachments.Any(a => a.Kind == AttachmentKind.Partition),
            MayMoveKeys = live.Attachments.Any(a => a.ChangesRows),
        };

    private Column Require(string name) => Require(live, name);

    private static Column Require(TableShape live, string name) => live.FindColumn(name)
        ?? throw new EtlException(ErrorCode.ColumnNotFound, live.Name, name, string.Join(", ", live.Columns.Select(c => c.Name)));

    private void RefuseContradictions(DeclaredChange change)
    {
        if (change.Query is not null && (change.Where is not null || change.StructureOnly || change.Add.Count + change.Drop.Count + change.Set.Count + change.Alter.Count > 0))
            throw new EtlException(ErrorCode.BadInput, "A whole query leaves no room for added, dropped, set or altered columns, a condition or the bare structure: put them into the query.");
        if (change.StructureOnly && change.Where is not null)
            throw new EtlException(ErrorCode.BadInput, "The bare structure has no rows for a condition to choose from.");

        var named = change.Drop.Concat(change.Set.Select(s => s.Name)).Concat(change.Alter.Select(a => a.Name)).Select(n => Require(n).Name).ToList();
        if (named.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new EtlException(ErrorCode.BadInput, $"Column {twice.Key} is named twice in the change.");
        foreach (var set in change.Set.Select(s => Require(s.Name)).Where(c => c.IsGenerated))
            throw new EtlException(ErrorCode.BadInput, $"Column {set.Name} is generated by the database from {set.Generated}; it cannot be set.");
        foreach (var added in change.Add)
        {
            if (string.IsNullOrWhiteSpace(added.Name) || string.IsNullOrWhiteSpace(added.Type))
                throw new EtlException(ErrorCode.BadInput, "An added column needs a name and a type.");
            if (live.FindColumn(added.Name) is { } there && !change.Drop.Any(d => Require(d).Name == there.Name))
                throw new EtlException(ErrorCode.ColumnExists, live.Name, added.Name);
        }
        if (change.Add.GroupBy(a => a.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } again)
            throw new EtlException(ErrorCode.BadInput, $"Column {again.Key} is added twice.");
        if (change.Drop.Count >= live.Columns.Count && change.Add.Count == 0)
            throw new EtlException(ErrorCode.BadInput, "Every column would be dropped.");
    }

    private List<ShadowColumn> Columns(DeclaredChange change)
    {
        var dropped = change.Drop.Select(n => Require(n).Name).ToHashSet(StringComparer.Ordinal);
        var set = change.Set.ToDictionary(s => Require(s.Name).Name, StringComparer.Ordinal);
        var altered = change.Alter.ToDictionary(a => Require(a.Name).Name, StringComparer.Ordinal);
        var columns = new List<ShadowColumn>();
        foreach (var c in live.Columns.Where(c => !dropped.Contains(c.Name)))
        {
            var itself = SqlText.Write(Dialect, $"{new Id(c.Name)}");
            altered.TryGetValue(c.Name, out var to);
            set.TryGetValue(c.Name, out var value);
            var source = to switch
            {
                { Expression: { } expression } => Dialect.Convert(SqlText.InParentheses(expression), to.Type),
                not null => Dialect.Convert(itself, to.Type),
                _ => value is null ? itself : SqlText.InParentheses(value.Expression),
            };
            columns.Add(Continue(c, to?.Type ?? c.Type, source) with { Unchanged = to is null && value is null });
        }
        columns.AddRange(change.Add.Select(Added));
        return columns;
    }

    private static ShadowColumn Continue(Column c, string type, SqlText source) => new(c.Name, type, source)
    {
        From = c,
        Nullable = c.Nullable,
        Default = c.Default,
        Generated = c.Generated,
        Collation = c.Collation,
    };

    private ShadowColumn Added(AddedColumn added)
    {
        var text = ColumnTypeText.Parse(added.Type);
        if (text.Refused is { } word)
            throw new EtlException(ErrorCode.BadInput, $"Added column {added.Name}: {word} cannot be declared with the column. Add the key or reference to the table after the switch.");
        if (text.NotNull && added.Expression is null && text.Default is null)
            throw new EtlException(ErrorCode.BadInput, $"Added column {added.Name} is NOT NULL and has neither an expression nor a default for the rows that are there.");
        var source = added.Expression is { } expression ? SqlText.InParentheses(expression) : text.Default is { } value ? SqlText.InParentheses(value) : new SqlText("NULL");
        return new ShadowColumn(Dialect.Folding == IdentifierFolding.Upper && !added.Quoted ? TableName.ParsePart(added.Name, Dialect.Folding) : added.Name, text.Type, source)
        {
            Nullable = !text.NotNull,
            Default = text.Default,
            Collation = text.Collation,
            Constraints = text.Constraints,
        };
    }

    private async Task<List<ShadowColumn>> QueryColumnsAsync(string query, CancellationToken token)
    {
        var result = await DescribeAsync(new Sql($"SELECT * FROM {SqlText.InParentheses(query)} AS q"), "The query", token).ConfigureAwait(false);
        var columns = new List<ShadowColumn>();
        foreach (var c in live.Columns)
        {
            if (c.IsGenerated) columns.Add(Continue(c, c.Type, default) with { Unchanged = true });
            else if (result.FirstOrDefault(r => string.Equals(r.Name, c.Name, StringComparison.Ordinal)) is not null)
                columns.Add(Continue(c, c.Type, SqlText.Write(Dialect, $"{new Id(c.Name)}")));
        }
        columns.AddRange(result
            .Where(r => live.Columns.All(c => c.Name != r.Name))
            .Select(r => new ShadowColumn(r.Name, r.Type, SqlText.Write(Dialect, $"{new Id(r.Name)}"))));
        return columns;
    }

    /// <summary>Refuses what would break something that hangs on the table, before anything is done.</summary>
    private void RefuseBrokenDependents(List<ShadowColumn> columns, ExchangeMethod method)
    {
        foreach (var attachment in live.Attachments)
        {
            // What cannot follow to another object stays where it is when the object does.
            if (method == ExchangeMethod.Swap && attachment is { CannotFollow: { } reason, Choice: DependentChoices.None })
                throw new EtlException(ErrorCode.CannotCarryOver, $"{attachment.Kind} {attachment.Name}", reason, attachment.Remedy ?? "Drop it before, and make it again after the switch.");

            if (attachment.FixesColumns && columns.Find(c => c.From is null) is { } added)
            {
                throw new EtlException(ErrorCode.CannotCarryOver, $"{attachment.Kind} {attachment.Name}", $"it reads all columns (*) as they were when it was made, and column {added.Name} is added.",
                    "Make it anew with the columns named one by one; then added columns do not touch it.");
            }

            // As with DROP COLUMN, an index, check or statistics of a dropped column goes with it.
            if (attachment.Kind is AttachmentKind.Index or AttachmentKind.Check or AttachmentKind.Statistics or AttachmentKind.Key
                or AttachmentKind.Comment or AttachmentKind.Sequence or AttachmentKind.Grant or AttachmentKind.Option) continue;
            foreach (var name in attachment.Columns)
            {
                var kept = columns.Find(c => c.From?.Name == name);
                if (kept is null || (kept.Type != kept.From!.Type && !attachment.SurvivesRetype))
                {
                    throw new EtlException(ErrorCode.CannotCarryOver, $"{attachment.Kind} {attachment.Name}",
                        $"it uses column {name}, which the change {(kept is null ? "drops" : "retypes")}.",
                        "Drop or change it before, and make it anew after the switch; or leave the column as it is.");
                }
            }
        }
        foreach (var generated in columns.Where(c => c.Generated is not null))
        {
            // The expression is text to us; a column that it names must still be there.
            var missing = live.Columns.FirstOrDefault(c => columns.TrueForAll(k => k.From?.Name != c.Name) && generated.Generated!.Contains(c.Name, StringComparison.OrdinalIgnoreCase));
            if (missing is not null)
                throw new EtlException(ErrorCode.CannotCarryOver, $"generated column {generated.Name}", $"it may use column {missing.Name}, which the change drops.", "Drop the generated column too, with -DropColumn.");
        }
    }

    /// <summary>Has the database read the user's expressions before anything is built, so that a typing error costs nothing.</summary>
    private async Task RefuseBadSqlAsync(ShadowBlueprint blueprint, DeclaredChange change, CancellationToken token)
    {
        foreach (var (what, expression) in change.Add.Where(a => a.Expression is not null).Select(a => ($"The expression of added column {a.Name}", a.Expression!))
            .Concat(change.Set.Select(s => ($"The expression of column {s.Name}", s.Expression)))
            .Concat(change.Alter.Where(a => a.Expression is not null).Select(a => ($"The expression of column {a.Name}", a.Expression!))))
        {
            await DescribeAsync(Sql.Write(Dialect, $"SELECT {SqlText.InParentheses(expression)} FROM {live.Name}"), what, token).ConfigureAwait(false);
        }
        if (change.Where is { } where)
            await DescribeAsync(Sql.Write(Dialect, $"SELECT 1 FROM {live.Name} WHERE {SqlText.InParentheses(where)}"), "The condition", token).ConfigureAwait(false);
        if (change.Query is null && !change.StructureOnly)
        {
            var stored = blueprint.Stored.Select(c => c.Source);
            await DescribeAsync(Sql.Write(Dialect, $"SELECT {stored} FROM {live.Name}"), "The declared change", token).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<Column>> DescribeAsync(Sql sql, string what, CancellationToken token)
    {
        try
        {
            return await session.DescribeQueryAsync(sql, token).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code == ErrorCode.StatementFailed)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"{what} is not accepted by the database: {e.Cause}");
        }
    }
}
