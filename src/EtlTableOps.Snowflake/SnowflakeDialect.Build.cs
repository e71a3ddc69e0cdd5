using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>
/// Makes and fills a shadow, in the cheapest of three ways: a clone that is changed in place, an empty table like the live one that is filled, or a table
/// that is made column by column and filled.
/// </content>
public sealed partial class SnowflakeDialect
{
    private enum Way
    {
        Clone,
        Like,
        Create,
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> BuildNotes(ShadowBlueprint shadow)
    {
        ArgumentNullException.ThrowIfNull(shadow);
        var notes = new List<string>
        {
            Choose(shadow) switch
            {
                (Way.Clone, var why) => $"Way: a zero-copy clone, {why}; it costs no storage until it differs.",
                (Way.Like, var why) => $"Way: an empty table like the live one, filled by one INSERT, {why}.",
                (_, var why) => $"Way: a new table, filled by one INSERT, {why}.",
            },
        };
        if (shadow.Feed is not null && !shadow.Live.TracksChanges)
            notes.Add($"Change tracking of {shadow.Live.Name} is off and is switched on: UPDATE and DELETE wait for a moment, and it stays on afterwards. Without it, rows that are written between the build and the switch would be lost.");
        notes.AddRange(Own(shadow.Live).Unread.Select(u => $"Could not be looked through, so that nothing of it is checked or carried over: {u}."));
        notes.AddRange(shadow.Live.Attachments.Where(a => a.Kind == AttachmentKind.Other && !a.OnShadow).Select(a => $"{a.Name}: {a.Definition}"));
        return notes;
    }

    /// <inheritdoc/>
    public IReadOnlyList<PlanStep> BuildShadow(ShadowBlueprint shadow)
    {
        ArgumentNullException.ThrowIfNull(shadow);
        var live = Own(shadow.Live);
        var (way, _) = Choose(shadow);
        if (way != Way.Clone && !shadow.StructureOnly && live.Policies.FirstOrDefault(p => p.Hides) is { } policy)
        {
            throw new EtlException(ErrorCode.CannotCarryOver, $"{policy.Kind} {policy.Name}", "the declared change reads the live table's rows, and the policy may hide rows or values from whoever reads them; what is hidden would be lost.",
                "Declare a change that a clone can take (added, dropped or computed columns, -Where) instead of a new type or a query, or run it with the policy taken off.");
        }
        var steps = new List<PlanStep> { Step("create", $"Create {shadow.Shadow}", [.. way switch { Way.Clone => Clone(shadow, live), Way.Like => Like(shadow, live), _ => Create(shadow, live) }]) };
        var dress = Dress(shadow, live, way).ToList();
        if (dress.Count > 0) steps.Add(Step("attach", "Give it what hangs on the live table", dress));
        if (way == Way.Clone)
        {
            steps.AddRange(ChangeClone(shadow));
        }
        else if (!shadow.StructureOnly)
        {
            steps.Add(new PlanStep("load", "Load the rows", [Load(shadow)]) { CountsRows = true });
        }
        return Sendable(steps);
    }

    private static PlanStep Step(string name, string title, IReadOnlyList<Sql> statements) => new(name, title, statements) { Scope = StepScope.NoTransaction };

    /// <summary>The way, and why.</summary>
    private static (Way Way, string Why) Choose(ShadowBlueprint shadow)
    {
        var live = Own(shadow.Live);
        if (shadow.Query is not null) return (Way.Create, "because its rows are those of a query");
        if (shadow.Columns.Any(c => c.From is { } from && from.Type != c.Type)) return (Way.Create, "because a column's type changes");
        if (shadow.StructureOnly) return (Way.Like, "and no rows");
        if (live.Policies.Any(p => p.Hides)) return (Way.Clone, "because a policy may hide rows or values from whoever copies them by reading");
        if (shadow.Stored.Any(c => IsComputed(c))) return (Way.Like, "because a column is computed for every row, which would write a clone's rows anew as well and keep both");
        return shadow.Where is null
            ? (Way.Clone, "because the change needs no row to be written")
            : (Way.Clone, "because only the partitions with rows that go are written anew");
    }

    /// <summary>Whether a value is to be computed for rows that are there; an added column's default is not.</summary>
    private static bool IsComputed(ShadowColumn column) => column.From is null
        ? column.Source.Text != "NULL" && column.Source.Text != $"({column.Default})"
        : !column.Unchanged;

    private IEnumerable<Sql> Clone(ShadowBlueprint shadow, SnowflakeTable live)
    {
        var at = From(shadow);
        yield return Boundary(shadow, Sql.Write(this, $"CREATE {Kind(live)} {shadow.MadeAs} CLONE {live.Name}{at} COPY GRANTS"));
        foreach (var sql in MarkAndName(shadow, live)) yield return sql;
    }

    private IEnumerable<Sql> Like(ShadowBlueprint shadow, SnowflakeTable live)
    {
        yield return Sql.Write(this, $"CREATE {Kind(live)} {shadow.MadeAs} LIKE {live.Name} COPY GRANTS");
        foreach (var sql in MarkAndName(shadow, live)) yield return sql;
        if (Dropped(shadow) is { Count: > 0 } dropped) yield return Sql.Write(this, $"ALTER TABLE {shadow.Shadow} DROP COLUMN {dropped}");
        foreach (var added in shadow.Columns.Where(c => c.From is null)) yield return AddColumn(shadow, added, added.Constraints);
    }

    private IEnumerable<Sql> Create(ShadowBlueprint shadow, SnowflakeTable live)
    {
        var parts = shadow.Columns.Select(ColumnText).ToList();
        foreach (var key in live.Constraints.Where(k => k.Columns.All(n => shadow.Columns.Any(c => c.From?.Name == n)) && k.Kind != "FOREIGN KEY"))
        {
            parts.Add(SqlText.Write(this, $"{Named(key)}{new SqlText(key.Kind)} ({key.Columns.Select(c => new Id(c))})"));
        }
        var body = SqlText.Join(",\n  ", parts);
        var cluster = live.ClusterBy.Length > 0 ? $" CLUSTER BY ({live.ClusterBy})" : "";
        yield return Sql.Write(this, $"CREATE {Kind(live)} {shadow.MadeAs} (\n  {body}\n){new SqlText(cluster)} DATA_RETENTION_TIME_IN_DAYS = {live.RetentionDays}");
        foreach (var sql in MarkAndName(shadow, live)) yield return sql;
        foreach (var key in live.Constraints.Where(k => k.Kind == "FOREIGN KEY" && k.Columns.All(n => shadow.Columns.Any(c => c.From?.Name == n))))
        {
            yield return Sql.Write(this, $"ALTER TABLE {shadow.Shadow} ADD {Named(key)}FOREIGN KEY ({key.Columns.Select(c => new Id(c))}) REFERENCES {key.Target!} ({key.TargetColumns.Select(c => new Id(c))})");
        }
        foreach (var grant in live.Grants)
        {
            yield return Sql.Write(this, $"GRANT {new SqlText(grant.Privilege)} ON TABLE {shadow.Shadow} TO {Grantee(grant, live.Database)}{new SqlText(grant.WithGrantOption ? " WITH GRANT OPTION" : "")}");
        }
    }

    /// <summary>
    /// Whom a right was given to, as GRANT wants it: SHOW GRANTS writes kinds with an underscore, a share behind its account, and a role of the database with
    /// its database or without (GRANT privileges TO ROLE, GRANT privilege TO SHARE).
    /// </summary>
    private SqlText Grantee(GrantFacts grant, string database)
    {
        var dot = grant.Grantee.IndexOf('.', StringComparison.Ordinal);
        var (before, last) = dot < 0 ? (null, grant.Grantee) : (grant.Grantee[..dot], grant.Grantee[(dot + 1)..]);
        return grant.GrantedTo switch
        {
            "SHARE" => SqlText.Write(this, $"SHARE {new Id(last)}"),
            "DATABASE_ROLE" when before is null || before == database => SqlText.Write(this, $"DATABASE ROLE {new Id(database)}.{new Id(last)}"),
            "APPLICATION_ROLE" when before is not null => SqlText.Write(this, $"APPLICATION ROLE {new Id(before)}.{new Id(last)}"),
            _ => SqlText.Write(this, $"{new SqlText(grant.GrantedTo.Replace('_', ' '))} {new Id(grant.Grantee)}"),
        };
    }

    /// <summary>What a copy of this kind does not bring along (CREATE TABLE, LIKE and CLONE).</summary>
    private IEnumerable<Sql> Dress(ShadowBlueprint shadow, SnowflakeTable live, Way way)
    {
        bool Has(string? column) => column is null || shadow.Columns.Any(c => c.From?.Name == column);
        if (way == Way.Clone)
        {
            if (live is { AutoClustering: true, ClusterBy.Length: > 0 }) yield return Sql.Write(this, $"ALTER TABLE {shadow.Shadow} RESUME RECLUSTER");
            yield break;
        }
        if (live is { AutoClustering: false, ClusterBy.Length: > 0 }) yield return Sql.Write(this, $"ALTER TABLE {shadow.Shadow} SUSPEND RECLUSTER");
        foreach (var policy in live.Policies.Where(p => Has(p.Column) && p.Arguments.All(Has)))
        {
            var columns = policy.Arguments.Select(c => new Id(c));
            if (policy.Kind == "ROW_ACCESS_POLICY") yield return Sql.Write(this, $"ALTER TABLE {shadow.Shadow} ADD ROW ACCESS POLICY {new SqlText(policy.Name)} ON ({columns})");
            else if (policy.Kind == "MASKING_POLICY") yield return Sql.Write(this, $"ALTER TABLE {shadow.Shadow} ALTER COLUMN {new Id(policy.Column!)} SET MASKING POLICY {new SqlText(policy.Name)}{(policy.Arguments.Count > 1 ? SqlText.Write(this, $" USING ({columns})") : new SqlText(""))} FORCE");
        }
        foreach (var tag in live.Tags.Where(t => Has(t.Column)))
        {
            yield return tag.Column is { } column
                ? Sql.Write(this, $"ALTER TABLE {shadow.Shadow} ALTER COLUMN {new Id(column)} SET TAG {new SqlText(tag.Name)} = {new SqlLiteral(tag.Value)}")
                : Sql.Write(this, $"ALTER TABLE {shadow.Shadow} SET TAG {new SqlText(tag.Name)} = {new SqlLiteral(tag.Value)}");
        }
        if (live.SearchOptimization) yield return Sql.Write(this, $"ALTER TABLE {shadow.Shadow} ADD SEARCH OPTIMIZATION");
    }

    /// <summary>Changes a clone in place: what needs no row first, what goes next, and what is computed last, on the rows that stay.</summary>
    private IEnumerable<PlanStep> ChangeClone(ShadowBlueprint shadow)
    {
        var added = shadow.Columns.Where(c => c.From is null).ToList();
        if (added.Count > 0)
            yield return Step("columns", "Add columns", [.. added.Select(c => AddColumn(shadow, c, IsComputed(c) ? (c.Default is { } value ? $"DEFAULT {value}" : "") : c.Constraints))]);
        if (shadow.Where is { } where)
            yield return new PlanStep("filter", "Remove the rows that are not kept", [Sql.Write(this, $"DELETE FROM {shadow.Shadow} WHERE NOT COALESCE({SqlText.InParentheses(where.Text)}, FALSE)")]);
        var computed = shadow.Stored.Where(IsComputed).ToList();
        if (computed.Count > 0)
        {
            var set = SqlText.Join(", ", computed.Select(c => SqlText.Write(this, $"{new Id(c.Name)} = {c.Source}")));
            yield return new PlanStep("compute", "Compute columns", [Sql.Write(this, $"UPDATE {shadow.Shadow} SET {set}")]);
        }
        var strict = added.Where(c => !c.Nullable && IsComputed(c)).ToList();
        if (strict.Count > 0)
            yield return Step("not-null", "Let added columns take no null", [.. strict.Select(c => Sql.Write(this, $"ALTER TABLE {shadow.Shadow} ALTER COLUMN {new Id(c.Name)} SET NOT NULL"))]);

        // Last: expressions and the condition may read a column that goes.
        if (Dropped(shadow) is { Count: > 0 } dropped)
            yield return Step("drop-columns", "Drop columns", [Sql.Write(this, $"ALTER TABLE {shadow.Shadow} DROP COLUMN {dropped}")]);
    }

    private Sql Load(ShadowBlueprint shadow)
    {
        var stored = shadow.Stored.ToList();
        var into = stored.Select(c => new Id(c.Name));
        var values = stored.Select(c => c.Source);
        if (shadow.Query is { } query) return Sql.Write(this, $"INSERT INTO {shadow.Shadow} ({into}) SELECT {values} FROM {SqlText.InParentheses(query.Text)} AS q");
        var at = From(shadow);
        var where = shadow.Where is { } condition ? new SqlText($" WHERE {SqlText.InParentheses(condition.Text)}") : new SqlText("");
        return Boundary(shadow, Sql.Write(this, $"INSERT INTO {shadow.Shadow} ({into}) SELECT {values} FROM {shadow.Live.Name}{at}{where}"));
    }

    /// <summary>With a feed, exactly the state at its beginning is copied; without one that of now, or of the moment that was asked for.</summary>
    private SqlText From(ShadowBlueprint shadow) =>
        shadow.Feed is not null ? SqlText.Write(this, $" {AtSince}") : shadow.AsOf is { } moment ? SqlText.Write(this, $" {At(moment)}") : new SqlText("");

    /// <summary>With a feed, exactly the state at its beginning is copied; what came later is the feed's.</summary>
    private Sql Boundary(ShadowBlueprint shadow, Sql sql) => shadow.Feed is { } feed ? sql with { Before = [SetSince(feed)] } : sql;

    /// <summary>A clone and a table like another take no comment with them, and the comment is our mark: until then it is ours by its name.</summary>
    private IEnumerable<Sql> MarkAndName(ShadowBlueprint shadow, SnowflakeTable live)
    {
        yield return Sql.Write(this, $"COMMENT ON TABLE {shadow.MadeAs} IS {new SqlLiteral(Marked(new Mark(MarkRole.Shadow, shadow.SwapId), live.Comment))}");
        yield return Sql.Write(this, $"ALTER TABLE {shadow.MadeAs} RENAME TO {shadow.Shadow}");
    }

    private Sql AddColumn(ShadowBlueprint shadow, ShadowColumn column, string constraints) => AddColumn(shadow.Shadow, column, constraints);

    private Sql AddColumn(TableName table, ShadowColumn column, string constraints) =>
        Sql.Write(this, $"ALTER TABLE {table} ADD COLUMN {new Id(column.Name)} {new SqlText($"{column.Type} {constraints}".TrimEnd())}");

    private SqlText ColumnText(ShadowColumn column)
    {
        if (column.From is not { } from) return SqlText.Write(this, $"{new Id(column.Name)} {new SqlText($"{column.Type} {column.Constraints}".TrimEnd())}");
        var text = column.Type;
        if (column.Collation is { } collation && SnowflakeType.IsText(column.Type)) text += $" COLLATE {Literal(collation)}";
        if (column.Generated is { } generated) text += $" AS ({generated})";
        else if (from.Identity is { } identity) text += $" IDENTITY {identity}";
        else if (column.Default is { } value) text += $" DEFAULT {value}";
        if (!column.Nullable) text += " NOT NULL";
        if (from.Comment is { } comment) text += $" COMMENT {Literal(comment)}";
        return SqlText.Write(this, $"{new Id(column.Name)} {new SqlText(text)}");
    }

    private SqlText Named(ConstraintFacts key) => key.IsNameless ? new SqlText("") : SqlText.Write(this, $"CONSTRAINT {new Id(key.Name)} ");

    private static SqlText Kind(SnowflakeTable live) => new(live.IsTransient ? "TRANSIENT TABLE" : "TABLE");

    private static List<Id> Dropped(ShadowBlueprint shadow) =>
        [.. shadow.Live.Columns.Where(c => shadow.Columns.All(k => k.From?.Name != c.Name)).Select(c => new Id(c.Name))];
}
