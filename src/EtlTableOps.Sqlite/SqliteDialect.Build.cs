using System.Globalization;
using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>Building a shadow, and the checks of what hangs on its rows.</summary>
internal sealed partial class SqliteDialect
{
    /// <summary>Seconds that an index takes for a row, measured with two million rows of short keys.</summary>
    private const double IndexSecondsPerRow = 0.7e-6;

    /// <summary>Seconds that to drop a table takes for a row and for the entry of an index, measured with two million rows.</summary>
    private const double DropSecondsPerRow = 0.2e-6;

    /// <summary>Rows that a first chunk may have; the runner finds the right size from there.</summary>
    private const long FirstChunkRows = 5_000;

    /// <summary>
    /// Copies the pages of the write-ahead log into the file. No writer has to wait for it, so that another session does it while rows are loaded: it is
    /// done by neither the load nor an application's commit. Without such a log it does nothing.
    /// </summary>
    private static readonly Sql CopyLog = new("PRAGMA wal_checkpoint(PASSIVE)");

    /// <summary>Meanwhile the loading session copies pages itself only when the other cannot keep up (128 MB of pages of the usual size).</summary>
    private static readonly Sql LeaveLogToAnother = new("PRAGMA wal_autocheckpoint = 32768");

    /// <inheritdoc/>
    public IReadOnlyList<PlanStep> BuildShadow(ShadowBlueprint shadow)
    {
        var live = Shape(shadow.Live);
        var columns = shadow.Columns.Select(c => c.From is { } from
            ? new ColumnEdit(from.Name, c.Type == from.Type ? null : c.Type, null)
            : new ColumnEdit(null, null, $"{Quote(c.Name)} {c.Type} {c.Constraints}".TrimEnd())).ToList();
        // Foreign keys come with the live name: a shadow or version that had them would keep consumers from deleting the rows that it points
        // to, or would lose its own by a cascade.
        var create = new List<Sql>
        {
            new(live.Text.Rewrite(Quote(shadow.Shadow.Name), columns, foreignKeys: false)),
            CreateMark(shadow.Shadow, new Mark(MarkRole.Shadow, shadow.SwapId), live.Text.Rewrite(Quote(live.Name.Name), columns, foreignKeys: true)),
        };
        var steps = new List<PlanStep>();
        var indexes = live.Indexes
            .Where(i => i.Columns.All(name => shadow.Columns.Any(c => c.From?.Name == name)))
            .Select(i => (Index: i, Sql: new Sql(ObjectText.RenameIndex(i.Sql, Quote(shadow.NameOf(AttachmentKind.Index, i.Name)), Quote(shadow.Shadow.Name)))))
            .ToList();
        var rows = live.EstimatedRows < 0 ? long.MaxValue : live.EstimatedRows;
        var early = !shadow.StructureOnly && indexes.Count > 0 && rows * IndexSecondsPerRow > shadow.StallBudget.TotalSeconds;
        if (early) create.AddRange(indexes.Select(i => i.Sql));
        if (!shadow.StructureOnly && live.Path is not null && shadow.Query is null) create.Add(LeaveLogToAnother);
        steps.Add(new PlanStep("create", early
            ? $"Create {shadow.Shadow} with its {indexes.Count.ToString(CultureInfo.InvariantCulture)} indexes; made after the load they would keep writers out for longer than the stall budget"
            : $"Create {shadow.Shadow}", create));
        if (!shadow.StructureOnly) steps.AddRange(Load(shadow, live));
        if (!early)
        {
            steps.AddRange(indexes.Select((i, n) => new PlanStep("index-" + SqliteNames.Number(n + 1), $"Create index {i.Index.Name}", [i.Sql])));
        }
        steps.Add(new PlanStep("statistics", "Collect statistics for the planner", CollectStatistics(shadow.Shadow)));
        return steps;
    }

    /// <inheritdoc/>
    public PlanStep? EmptyTable(TableShape table, TimeSpan stallBudget)
    {
        var shape = Shape(table);
        var seconds = shape.EstimatedRows * DropSecondsPerRow * (1 + shape.Indexes.Count);
        if (shape.Path is not { } path || (shape.EstimatedRows >= 0 && seconds < stallBudget.TotalSeconds / 2)) return null;
        return new PlanStep("empty", $"Take the rows out of {shape.Name}; dropped with them it would keep writers out for longer than the stall budget",
            [Sql.Write(this, $"DELETE FROM {shape.Name} WHERE {path.Position} >= @from AND {path.Position} < @below")])
        {
            Chunks = Chunks(shape.Name, path, stallBudget),
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<IntegrityCheck> IntegrityChecks(TableShape live, ShadowBlueprint shadow)
    {
        var shape = Shape(live);
        var checks = new List<IntegrityCheck>();
        foreach (var key in shape.References.Where(k => k.ParentColumns.Count > 0))
        {
            var columns = key.ChildColumns.Select(name => shadow.Columns.FirstOrDefault(c => SqliteNames.Same(c.From?.Name, name))).ToList();
            if (columns.Contains(null)) continue;
            var self = SqliteNames.Same(key.Parent, shape.Name.Name);
            var parent = self ? shadow.Shadow : new TableName(null, key.Parent);
            // Most connections to SQLite do not enforce foreign keys. What pointed nowhere before is not of our making.
            var known = columns.TrueForAll(c => c!.Unchanged) && !self
                ? SqlText.Write(this, $" AND {Columns("s", key.ChildColumns)} NOT IN (SELECT {SqlText.Join(", ", key.ChildColumns.Select(c => SqlText.Write(this, $"{new Id(c)}")))} FROM {live.Name} WHERE {NotNull(null, key.ChildColumns)})")
                : default;
            var settled = shadow.Feed is { } feed ? SqlText.Write(this, $" AND {NotLogged(feed, new SqlText("s"))}") : default;
            checks.Add(new IntegrityCheck(
                $"foreign-key {string.Join(", ", key.ChildColumns)} to {key.Parent}",
                $"Rows of the shadow point to rows of {key.Parent} that are there.",
                Sql.Write(this, $"SELECT count(*) FROM {shadow.Shadow} AS s WHERE {NotNull("s", key.ChildColumns)} AND NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {Join("p", key.ParentColumns, "s", key.ChildColumns)}){Optional(settled)}{Optional(known)}")));
        }
        foreach (var key in shape.ReferencedBy.Where(k => k.ParentColumns.Count > 0 && k.ParentColumns.All(name => shadow.Columns.Any(c => SqliteNames.Same(c.Name, name)))))
        {
            var settled = shadow.Feed is { } feed ? SqlText.Write(this, $" AND {NotLogged(feed, new SqlText("l"))}") : default;
            checks.Add(new IntegrityCheck(
                $"foreign-key from {key.Child} ({string.Join(", ", key.ChildColumns)})",
                $"Rows of {key.Child} that point to this table still find their rows.",
                Sql.Write(this, $"SELECT count(*) FROM {new Id(key.Child)} AS c WHERE {NotNull("c", key.ChildColumns)} AND EXISTS (SELECT 1 FROM {live.Name} AS l WHERE {Join("l", key.ParentColumns, "c", key.ChildColumns)}{Optional(settled)}) AND NOT EXISTS (SELECT 1 FROM {shadow.Shadow} AS s WHERE {Join("s", key.ParentColumns, "c", key.ChildColumns)})")));
        }
        return checks;
    }

    private static SqlText Optional(SqlText text) => new(text.Text ?? "");

    private IEnumerable<PlanStep> Load(ShadowBlueprint shadow, SqliteTableShape live)
    {
        var into = shadow.Stored.Select(c => new Id(c.Name));
        var values = shadow.Stored.Select(c => c.Source);
        if (shadow.Query is { } query)
        {
            yield return new PlanStep("load", "Load the query's rows in one statement; other writers wait for it", [Sql.Write(this, $"INSERT INTO {shadow.Shadow} ({into}) SELECT {values} FROM {SqlText.InParentheses(query.Text)} AS q")]) { CountsRows = true };
            yield break;
        }
        var where = shadow.Where is { } condition ? $" AND {SqlText.InParentheses(condition.Text)}" : "";
        // A row that moved while the load walks on can meet its own former self under another unique key. Both are in the feed's log
        // and are put right from there; only where the change itself computes a unique column must the conflict stay an error.
        var conflict = (shadow.Feed is not null || shadow.Window is not null) && live.Collisions.Count > 0 && shadow.Columns.All(c => c.From is null || c.Unchanged) ? " ON CONFLICT DO NOTHING" : "";
        Sql Rows(SqlText range) => Sql.Write(this, $"INSERT INTO {shadow.Shadow} ({into}) SELECT {values} FROM {live.Name} WHERE {range}{new SqlText(where)}{new SqlText(conflict)}");
        if (live.Path is not { } path)
        {
            yield return new PlanStep("load", "Load the rows in one statement, because they lie along no numbers; other writers wait for it", [Rows(new SqlText("true"))]) { CountsRows = true };
            yield break;
        }
        yield return new PlanStep("load", "Load the rows", [Rows(new SqlText($"{path.Position} >= @from AND {path.Position} < @below"))])
        {
            CountsRows = true,
            Chunks = Chunks(live.Name, path, shadow.StallBudget),
        };
        yield return new PlanStep("load-rest", "Load the rows that were added before the first one meanwhile",
        [
            new Sql("PRAGMA wal_autocheckpoint = 1000"),
            Rows(new SqlText($"{path.Position} < {SqliteNames.Number(path.First)}")),
        ])
        { CountsRows = true };
    }

    /// <summary>A walk along a table's rows. Row numbers may have gaps of any width, and a chunk is to be so many rows.</summary>
    private ChunkRange Chunks(TableName table, LoadPath path, TimeSpan stallBudget) => new(path.First, long.MaxValue, FirstChunkRows)
    {
        Aim = stallBudget / 2,
        Yield = 0.5,
        Others = Others,
        Behind = Sql.Write(this, $"SELECT max(p) + 1, count(*) FROM (SELECT {path.Position} AS p FROM {table} WHERE {path.Position} >= @from ORDER BY {path.Position} LIMIT @count)"),
        Meanwhile = CopyLog,
    };

    private SqlText NotNull(string? row, IReadOnlyList<string> columns) =>
        SqlText.Join(" AND ", columns.Select(c => row is null ? SqlText.Write(this, $"{new Id(c)} IS NOT NULL") : SqlText.Write(this, $"{new SqlText(row)}.{new Id(c)} IS NOT NULL")));

    private SqlText Columns(string row, IReadOnlyList<string> columns) =>
        Tuple([.. columns.Select(c => SqlText.Write(this, $"{new SqlText(row)}.{new Id(c)}"))]);

    private SqlText Join(string left, IReadOnlyList<string> leftColumns, string right, IReadOnlyList<string> rightColumns) =>
        SqlText.Join(" AND ", leftColumns.Zip(rightColumns, (a, b) => SqlText.Write(this, $"{new SqlText(left)}.{new Id(a)} = {new SqlText(right)}.{new Id(b)}")));
}
