using EtlTableOps.Engines;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>Rows that were written since a switch go back with an undo. What was brought over is noted in the session's own temporary database.</summary>
internal sealed partial class SqliteDialect : ILaterRows
{
    private static readonly SqlText LaterTable = new("temp.etltableops_later");
    private static readonly SqlText BroughtTable = new("temp.etltableops_brought");

    /// <inheritdoc/>
    public ILaterRows LaterRows => this;

    /// <inheritdoc/>
    public SqlText Differ(SqlText one, SqlText other) => SqlText.Write(this, $"({one}) IS NOT {other}");

    /// <inheritdoc/>
    /// <remarks>A column takes any value; one of a STRICT table refuses by itself what it cannot hold.</remarks>
    public SqlText? Fits(SqlText value, string from, string to) => new SqlText("1");

    /// <inheritdoc/>
    public IReadOnlyList<Sql> Begin(LaterRows later)
    {
        ArgumentNullException.ThrowIfNull(later);
        return
        [
            Sql.Write(this, $"DROP TABLE IF EXISTS {BroughtTable}"),
            Sql.Write(this, $"CREATE TABLE {BroughtTable} (log INTEGER NOT NULL, seq INTEGER NOT NULL, {LogKey(later.Logs[0])}, PRIMARY KEY (log, seq))"),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> Bring(LaterRows later)
    {
        ArgumentNullException.ThrowIfNull(later);
        var keys = LogKey(later.Logs[0]);
        var same = SqlText.Join(" AND ", later.Key.Select((c, i) => SqlText.Write(this, $"v.{new Id(c.Name)} = k.k{i + 1}")));
        var kept = later.Kept.ToList();
        var taken = later.Taken.ToList();
        var fits = later.LeaveUnfit && later.Reasons.Count > 0
            ? SqlText.Write(this, $" WHERE NOT EXISTS (SELECT 1 FROM {later.Live} AS l WHERE {LiveIs(later, "k")} AND ({Unfit(later)}))")
            : new SqlText("");
        var statements = new List<Sql>
        {
            Sql.Write(this, $"""
                CREATE TABLE {LaterTable} AS
                SELECT {SqlText.Join(", ", later.Key.Select((_, i) => SqlText.Write(this, $"k.k{i + 1} AS k{i + 1}")))}, {Existed(later)} AS existed{SqlText.Join("", kept.Select((c, i) => SqlText.Write(this, $", v.{new Id(c.Name)} AS kept_{i + 1}")))}
                FROM ({Logged(later)}) AS k LEFT JOIN {later.Version} AS v ON {same}{Deleted(later)}{fits}
                """),
            Sql.Write(this, $"DELETE FROM {later.Version} WHERE {KeyOf(later, null)} IN (SELECT {keys} FROM {LaterTable})"),
            Sql.Write(this, $"INSERT OR ABORT INTO {later.Version} ({taken.Select(c => new Id(c.Name))}) SELECT {taken.Select(c => c.Value!.Value)} FROM {LaterTable} AS k CROSS JOIN {later.Live} AS l WHERE {LiveIs(later, "k")}{new SqlText(kept.Count == 0 ? "" : " AND NOT k.existed")}"),
        };
        if (kept.Count > 0)
        {
            statements.Add(Sql.Write(this, $"INSERT OR ABORT INTO {later.Version} ({taken.Concat(kept).Select(c => new Id(c.Name))}) SELECT {taken.Select(c => c.Value!.Value).Concat(kept.Select((_, i) => SqlText.Write(this, $"k.kept_{i + 1}")))} FROM {LaterTable} AS k CROSS JOIN {later.Live} AS l WHERE {LiveIs(later, "k")} AND k.existed"));
        }
        statements.AddRange(later.Logs.Select((log, i) => Sql.Write(this,
            $"INSERT OR IGNORE INTO {BroughtTable} SELECT {i}, g.seq, {SqlText.Join(", ", later.Key.Select((_, k) => SqlText.Write(this, $"g.k{k + 1}")))} FROM {log.Log} AS g WHERE {Open(later, i)} AND {Tuple([.. later.Key.Select((_, k) => SqlText.Write(this, $"g.k{k + 1}"))])} IN (SELECT {keys} FROM {LaterTable})")));
        statements.Add(Sql.Write(this, $"DROP TABLE {LaterTable}"));
        return statements;
    }

    /// <inheritdoc/>
    public Sql CountUnfit(LaterRows later)
    {
        ArgumentNullException.ThrowIfNull(later);
        var each = later.Reasons.Select(r => SqlText.Write(this, $"count(CASE WHEN {Condition(later, r)} THEN 1 END)"));
        return Sql.Write(this, $"SELECT count(*), {each} FROM {later.Live} AS l WHERE {KeyOf(later, "l")} IN ({Logged(later)}) AND ({Unfit(later)})");
    }

    /// <inheritdoc/>
    public Sql SetAside(LaterRows later, TableName into)
    {
        ArgumentNullException.ThrowIfNull(later);
        ArgumentNullException.ThrowIfNull(into);
        return Sql.Write(this, $"CREATE TABLE {into} AS SELECT l.* FROM {later.Live} AS l WHERE {KeyOf(later, "l")} IN ({Logged(later)}) AND ({Unfit(later)})");
    }

    private SqlText KeyOf(LaterRows later, string? alias)
    {
        var parts = later.Key.Select(c => alias is null ? SqlText.Write(this, $"{new Id(c.Name)}") : SqlText.Write(this, $"{new SqlText(alias)}.{new Id(c.Name)}"));
        return Tuple([.. parts]);
    }

    private SqlText LiveIs(LaterRows later, string alias) =>
        SqlText.Join(" AND ", later.Key.Select((c, i) => SqlText.Write(this, $"l.{new Id(c.Name)} = {new SqlText(alias)}.k{i + 1}")));

    private SqlText Unfit(LaterRows later) => SqlText.Join(" OR ", later.Reasons.Select(r => SqlText.Write(this, $"({Condition(later, r)})")));

    private SqlText Condition(LaterRows later, UnfitReason reason) => reason.OnlyNewKeys && later.Begun
        ? SqlText.Write(this, $"{reason.Condition} AND NOT EXISTS (SELECT 1 FROM {BroughtTable} AS b WHERE {LiveIs(later, "b")})")
        : reason.Condition;

    private SqlText Existed(LaterRows later) => later.Kept.Any() ? SqlText.Write(this, $"v.{new Id(later.Key[0].Name)} IS NOT NULL AND d.k1 IS NULL") : new SqlText("0");

    /// <summary>A row that was deleted and came back under its key is another row, which takes no value over from the former one.</summary>
    private SqlText Deleted(LaterRows later)
    {
        if (!later.Kept.Any()) return new SqlText("");
        var gone = SqlText.Join(" UNION ", later.Logs.Select(log => SqlText.Write(this, $"SELECT DISTINCT {LogKey(log)} FROM {log.Log} WHERE seq > 0 AND op = 'D'")));
        return SqlText.Write(this, $" LEFT JOIN ({gone}) AS d ON {SqlText.Join(" AND ", later.Key.Select((_, i) => SqlText.Write(this, $"d.k{i + 1} = k.k{i + 1}")))}");
    }

    /// <summary>The keys that are logged and not brought over.</summary>
    private SqlText Logged(LaterRows later) => SqlText.Join(" UNION ", later.Logs.Select((log, i) =>
        SqlText.Write(this, $"SELECT DISTINCT {LogKey(log)} FROM {log.Log} AS g WHERE {Open(later, i)}")));

    private SqlText Open(LaterRows later, int number)
    {
        var upto = number == later.Logs.Count - 1 ? " AND g.seq <= @upto" : "";
        var brought = later.Begun ? SqlText.Write(this, $" AND NOT EXISTS (SELECT 1 FROM {BroughtTable} AS b WHERE b.log = {number} AND b.seq = g.seq)") : new SqlText("");
        return SqlText.Write(this, $"g.seq > 0{new SqlText(upto)}{brought}");
    }
}
