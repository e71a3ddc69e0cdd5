using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Makes and fills a shadow.</content>
public sealed partial class PostgreSqlDialect
{
    // A chunk of about a second: progress that a person sees move, and a journal that does not lag.
    private static readonly TimeSpan ChunkAim = TimeSpan.FromSeconds(1);

    private const long FirstChunkPages = 8192;

    /// <inheritdoc/>
    public IReadOnlyList<PlanStep> BuildShadow(ShadowBlueprint shadow)
    {
        ArgumentNullException.ThrowIfNull(shadow);
        var live = Own(shadow.Live);
        var steps = new List<PlanStep>
        {
            new("create", $"Create {shadow.Shadow} with its rights", Create(shadow, live)),
        };
        if (!shadow.StructureOnly) steps.AddRange(Load(shadow, live));
        steps.AddRange(Indexes(shadow, live));
        var rest = Finish(shadow, live);
        if (rest.Count > 0) steps.Add(new PlanStep("finish", "Set what needs the rows or the indexes", rest));
        if (!shadow.StructureOnly)
        {
            steps.Add(new PlanStep("statistics", $"Gather statistics of {shadow.Shadow}", [Sql.Write(this, $"ANALYZE {shadow.Shadow}")]) { Scope = StepScope.NoTransaction });
        }
        return steps;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// VACUUM and not ANALYZE alone: without a visibility map there is no index-only scan, and autovacuum, which so many new rows call up within a minute,
    /// would hold a lock that keeps the switch away for as long as its slow pace takes. Before the proof and not in the build, because it is the imported
    /// rows' turn too; pages that it has seen it does not read again.
    /// </remarks>
    public PlanStep? Settle(TableName shadow) =>
        new("statistics", $"Vacuum {shadow} and gather its statistics", [Sql.Write(this, $"VACUUM (ANALYZE) {shadow}")])
        {
            Scope = StepScope.NoTransaction,
            Progress = Sql.Write(this, $"SELECT p.heap_blks_scanned, p.heap_blks_total FROM pg_catalog.pg_stat_progress_vacuum p WHERE p.relid = pg_catalog.to_regclass({new SqlLiteral(Qualified(shadow))}) AND p.heap_blks_total > 0"),
        };

    /// <summary>A table of a few megabytes is done before another session has opened.</summary>
    private static int SessionsFor(long pages, ShadowBlueprint shadow) => pages < 1000 ? 1 : shadow.Sessions;

    private static TableName NameOf(ShadowBlueprint shadow, TableMember member) =>
        member.Parent == 0 ? shadow.Shadow : member.Name.WithName(shadow.NameOf(AttachmentKind.Partition, member.Name.Name));

    private static bool Has(ShadowBlueprint shadow, IEnumerable<string> columns) =>
        columns.All(name => shadow.Columns.Any(c => c.From?.Name == name));

    private List<Sql> Create(ShadowBlueprint shadow, PostgreSqlTable live)
    {
        var statements = new List<Sql>();
        foreach (var member in live.Members)
        {
            var name = NameOf(shadow, member);
            statements.AddRange(CreateTable(shadow, live, member, name));
            if (member.Parent == 0)
            {
                statements.Add(Sql.Write(this, $"COMMENT ON TABLE {name} IS {new SqlLiteral(new Mark(MarkRole.Shadow, shadow.SwapId).ToString())}"));
            }
            else if (member.Comment is { } comment)
            {
                statements.Add(Sql.Write(this, $"COMMENT ON TABLE {name} IS {new SqlLiteral(comment)}"));
            }
            statements.AddRange(member.LocalColumns.Where(l => Has(shadow, [l.Column]))
                .Select(l => Sql.Write(this, $"ALTER TABLE {name} ALTER COLUMN {new Id(l.Column)} {new SqlText(l.Action)}")));

            // Row security first: from the moment that somebody has a right to it, it lets nobody see a row.
            if (member.RowSecurity) statements.Add(Sql.Write(this, $"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"));
            if (member.ForceRowSecurity) statements.Add(Sql.Write(this, $"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"));
        }
        statements.AddRange(ColumnSettings(shadow, live));
        foreach (var member in live.Members) statements.AddRange(PartitionColumns(shadow, live, member));
        statements.AddRange(Comments(shadow, live));
        foreach (var member in live.Members) statements.AddRange(Rights(shadow, live, member));
        statements.AddRange(SequenceRights(shadow, live));
        return statements;
    }

    private IEnumerable<Sql> CreateTable(ShadowBlueprint shadow, PostgreSqlTable live, TableMember member, TableName name)
    {
        var alone = member.ColumnOrder.Count > 0;
        var checks = (alone ? live.Lineage(member).SelectMany(m => m.Checks) : member.Checks).Where(c => c.Validated && Has(shadow, c.Columns))
            .Select(c => SqlText.Write(this, $"CONSTRAINT {new Id(c.Name)} {new SqlText(c.Definition)}"));
        var columns = member.Parent == 0 ? shadow.Columns : alone ? Ordered(shadow, member) : [];
        var parts = columns.Select(c => ColumnText(shadow, live, c, member.Parent == 0)).Concat(checks).ToList();
        var body = SqlText.Join(",\n  ", parts);
        var head = new SqlText(member.Unlogged ? "UNLOGGED TABLE" : "TABLE");
        var parent = member.Parent == 0 ? null : NameOf(shadow, live.Members.First(m => m.Oid == member.Parent));
        var what = parent is null || alone
            ? SqlText.Write(this, $"(\n  {body}\n)")
            : SqlText.Write(this, $"PARTITION OF {parent}{new SqlText(parts.Count == 0 ? "" : $" (\n  {body}\n)")} {new SqlText(member.Bound!)}");
        var tail = (member.PartitionKey is { } key ? $" PARTITION BY {key}" : "")
            + (member.AccessMethod is { } method ? $" USING {method}" : "")
            + (member.Options.Length > 0 ? $" WITH ({member.Options})" : "")
            + (member.Tablespace is { } space ? $" TABLESPACE {space}" : "");
        yield return Sql.Write(this, $"CREATE {head} {name} {what}{new SqlText(tail)}");
        if (alone) yield return Sql.Write(this, $"ALTER TABLE {parent!} ATTACH PARTITION {name} {new SqlText(member.Bound!)}");
    }

    private static IEnumerable<ShadowColumn> Ordered(ShadowBlueprint shadow, TableMember member) =>
        shadow.Columns.OrderBy(c => c.From is { } from && member.ColumnOrder.ToList().IndexOf(from.Name) is >= 0 and var at ? at : int.MaxValue);

    private SqlText ColumnText(ShadowBlueprint shadow, PostgreSqlTable live, ShadowColumn column, bool identity)
    {
        if (column.From is not { } from) return SqlText.Write(this, $"{new Id(column.Name)} {new SqlText($"{column.Type} {column.Constraints}".TrimEnd())}");
        var text = column.Type;
        if (column.Collation is { } collation && (column.Type == from.Type || TypeText.IsText(column.Type))) text += $" COLLATE {collation}";
        if (column.Generated is { } generated) text += $" GENERATED ALWAYS AS ({generated}) STORED";
        else if (from.Identity is { } numbered && identity) text += $" GENERATED {numbered} AS IDENTITY {Sequence(shadow, live, from)}";
        else if (column.Default is { } value) text += $" DEFAULT {value}";
        if (!column.Nullable) text += " NOT NULL";
        return SqlText.Write(this, $"{new Id(column.Name)} {new SqlText(text)}");
    }

    private SqlText Sequence(ShadowBlueprint shadow, PostgreSqlTable live, Column column)
    {
        var facts = live.Facts[column.Name];
        if (facts.Sequence is not { } sequence) return new SqlText("");
        var kept = live.Name.WithName(shadow.NameOf(AttachmentKind.Sequence, sequence));
        return SqlText.Write(this, $"(SEQUENCE NAME {kept} {new SqlText(facts.SequenceOptions)})");
    }

    private IEnumerable<Sql> ColumnSettings(ShadowBlueprint shadow, PostgreSqlTable live)
    {
        foreach (var column in shadow.Columns)
        {
            if (column.From is not { } from || !live.Facts.TryGetValue(from.Name, out var facts)) continue;
            var same = IsStoredAlike(column);
            if (same && facts.Storage is { } storage) yield return Alter(column, $"SET STORAGE {storage}");
            if (same && facts.Compression is { } compression) yield return Alter(column, $"SET COMPRESSION {compression}");
            if (facts.StatisticsTarget is { } target) yield return Alter(column, $"SET STATISTICS {target.ToString(CultureInfo.InvariantCulture)}");
            if (facts.Options.Length > 0) yield return Alter(column, $"SET ({facts.Options})");
        }

        Sql Alter(ShadowColumn column, string action) => Sql.Write(this, $"ALTER TABLE ONLY {shadow.Shadow} ALTER COLUMN {new Id(column.Name)} {new SqlText(action)}");
    }

    private static bool IsStoredAlike(ShadowColumn column) => column.Type == column.From!.Type || (TypeText.IsText(column.Type) && TypeText.IsText(column.From.Type));

    private IEnumerable<Sql> PartitionColumns(ShadowBlueprint shadow, PostgreSqlTable live, TableMember member)
    {
        var name = NameOf(shadow, member);
        foreach (var (column, action, ofType) in member.ColumnSettings)
        {
            if (shadow.Columns.FirstOrDefault(c => c.From?.Name == column) is not { } kept || (ofType && !IsStoredAlike(kept))) continue;
            yield return Sql.Write(this, $"ALTER TABLE ONLY {name} ALTER COLUMN {new Id(column)} {new SqlText(action)}");
        }
        foreach (var (column, comment) in member.ColumnComments.Where(c => Has(shadow, [c.Column])))
        {
            yield return Sql.Write(this, $"COMMENT ON COLUMN {name}.{new Id(column)} IS {new SqlLiteral(comment)}");
        }
    }

    private IEnumerable<Sql> Comments(ShadowBlueprint shadow, PostgreSqlTable live)
    {
        foreach (var column in shadow.Columns.Where(c => c.From?.Comment is not null))
        {
            yield return Sql.Write(this, $"COMMENT ON COLUMN {shadow.Shadow}.{new Id(column.Name)} IS {new SqlLiteral(column.From!.Comment!)}");
        }
        foreach (var member in live.Members)
        {
            foreach (var check in member.Checks.Where(c => c is { Validated: true, Comment: not null } && Has(shadow, c.Columns)))
            {
                yield return Sql.Write(this, $"COMMENT ON CONSTRAINT {new Id(check.Name)} ON {NameOf(shadow, member)} IS {new SqlLiteral(check.Comment!)}");
            }
        }
    }

    private IEnumerable<PlanStep> Load(ShadowBlueprint shadow, PostgreSqlTable live)
    {
        var stored = shadow.Stored.ToList();
        var into = SqlText.Write(this, $"INSERT INTO {shadow.Shadow} ({stored.Select(c => new Id(c.Name))}) OVERRIDING SYSTEM VALUE SELECT {stored.Select(c => c.Source)}");
        if (shadow.Query is { } query)
        {
            yield return new PlanStep("load", "Load the query's rows", [Sql.Write(this, $"{into} FROM (\n{query}\n) AS q")]) { CountsRows = true };
            yield break;
        }
        var where = shadow.Where is { } condition ? $" AND (\n{condition}\n)" : "";
        var heaps = live.Members.Where(m => m.PartitionKey is null).ToList();
        if (serverMajorVersion < 14 || heaps.Exists(m => m.AccessMethod is not null))
        {
            var all = shadow.Where is { } only ? $" WHERE (\n{only}\n)" : "";
            yield return new PlanStep("load", $"Load the rows of {live.Name}", [Sql.Write(this, $"{into} FROM {live.Name}{new SqlText(all)}")]) { CountsRows = true };
            yield break;
        }
        for (var i = 0; i < heaps.Count; i++)
        {
            // What lies behind the last page that we know of belongs to the last chunk: rows may have come since.
            var pages = Math.Max(1, heaps[i].Pages);
            var source = heaps[i].Parent == 0 ? SqlText.Write(this, $"{live.Name}") : SqlText.Write(this, $"{heaps[i].Name} AS {new Id(live.Name.Name)}");
            var range = SqlText.Write(this, $"""
                ctid >= pg_catalog.format('(%s,0)', @from::bigint)::tid
                  AND ctid < (CASE WHEN @below::bigint >= {pages} THEN '(4294967295,65535)' ELSE pg_catalog.format('(%s,0)', @below::bigint) END)::tid
                """);
            var sessions = SessionsFor(pages, shadow);
            var name = heaps.Count == 1 ? "load" : $"load-{(i + 1).ToString(CultureInfo.InvariantCulture)}";
            yield return new PlanStep(name, $"Load the rows of {heaps[i].Name}", [Sql.Write(this, $"{into} FROM {source} WHERE {range}{new SqlText(where)}")])
            {
                CountsRows = true,

                // A row that is changed meanwhile goes to another page: chunks of different moments would have it twice.
                Chunks = new ChunkRange(0, pages, Math.Max(1, Math.Min(FirstChunkPages, pages / Math.Max(1, sessions)))) { Aim = ChunkAim, Sessions = sessions, OneState = true },
            };
        }
    }

    private List<Sql> Finish(ShadowBlueprint shadow, PostgreSqlTable live)
    {
        var statements = new List<Sql>();
        foreach (var member in live.Members)
        {
            var table = NameOf(shadow, member);

            // Rows that are there may break a constraint that was added NOT VALID; it must not meet them at the load.
            foreach (var check in member.Checks.Where(c => !c.Validated && Has(shadow, c.Columns)))
            {
                statements.Add(Sql.Write(this, $"ALTER TABLE {table} ADD CONSTRAINT {new Id(check.Name)} {new SqlText(check.Definition)} NOT VALID"));
                if (check.Comment is { } comment) statements.Add(Sql.Write(this, $"COMMENT ON CONSTRAINT {new Id(check.Name)} ON {table} IS {new SqlLiteral(comment)}"));
            }
            if (member.ReplicaIdentity is 'f' or 'n') statements.Add(Sql.Write(this, $"ALTER TABLE {table} REPLICA IDENTITY {new SqlText(member.ReplicaIdentity == 'f' ? "FULL" : "NOTHING")}"));
            foreach (var s in member.Statistics.Where(s => Has(shadow, s.Columns)))
            {
                var kept = table.WithName(shadow.NameOf(AttachmentKind.Statistics, s.Name));
                statements.Add(Sql.Write(this, $"CREATE STATISTICS {kept} {new SqlText(s.Body)} FROM {table}"));
                if (s.Target is { } target) statements.Add(Sql.Write(this, $"ALTER STATISTICS {kept} SET STATISTICS {target}"));
                if (s.Comment is { } comment) statements.Add(Sql.Write(this, $"COMMENT ON STATISTICS {kept} IS {new SqlLiteral(comment)}"));
                statements.Add(Sql.Write(this, $"ALTER STATISTICS {kept} OWNER TO {new Id(s.Owner)}"));
            }
        }
        if (statements.Count > 0) statements.Insert(0, PinPath);
        return statements;
    }
}
