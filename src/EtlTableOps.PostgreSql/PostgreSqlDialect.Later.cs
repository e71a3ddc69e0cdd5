using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Rows that were written since a switch go back with an undo. What was brought over is noted in a temporary table, which ends with the session.</content>
public sealed partial class PostgreSqlDialect : ILaterRows
{
    private static readonly SqlText LaterTable = new("pg_temp.etltableops_later");
    private static readonly SqlText BroughtTable = new("pg_temp.etltableops_brought");

    /// <inheritdoc/>
    public ILaterRows LaterRows => this;

    /// <inheritdoc/>
    public SqlText Differ(SqlText one, SqlText other) => SqlText.Write(this, $"({one}) IS DISTINCT FROM {other}");

    /// <inheritdoc/>
    public SqlText? Fits(SqlText value, string from, string to)
    {
        if (TypeText.WholeNumbers(to) is { } range && TypeText.WholeNumbers(from) is not null)
            return SqlText.Write(this, $"{value} BETWEEN {range.Lowest} AND {range.Highest}");
        if (!TypeText.IsText(from) || !TypeText.IsText(to) || TypeText.IsPadded(from) || TypeText.IsPadded(to)) return null;
        return TypeText.Length(to) is { } length ? SqlText.Write(this, $"pg_catalog.char_length({value}) <= {length}") : new SqlText("true");
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> Begin(LaterRows later)
    {
        ArgumentNullException.ThrowIfNull(later);
        return
        [
            Sql.Write(this, $"DROP TABLE IF EXISTS {BroughtTable}"),
            Sql.Write(this, $"CREATE TEMPORARY TABLE {new SqlText("etltableops_brought")} (log integer NOT NULL, seq bigint NOT NULL{SqlText.Join("", later.Key.Select((c, i) => SqlText.Write(this, $", key_{i + 1} {new SqlText(c.Type)}{new SqlText(c.Collation is null ? "" : " COLLATE " + c.Collation)}")))}, PRIMARY KEY (log, seq))"),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> Bring(LaterRows later)
    {
        ArgumentNullException.ThrowIfNull(later);
        var log = later.Logs[0];
        var keys = new SqlText(string.Join(", ", KeyNames(log)));
        var same = SqlText.Join(" AND ", later.Key.Select((c, i) => SqlText.Write(this, $"v.{new Id(c.Name)} = k.key_{i + 1}")));
        var kept = later.Kept.ToList();
        var fits = later.LeaveUnfit && later.Reasons.Count > 0
            ? SqlText.Write(this, $" WHERE NOT EXISTS (SELECT FROM {later.Live} AS l WHERE {LiveIs(later, "k")} AND ({Unfit(later)}))")
            : new SqlText("");
        var statements = new List<Sql>
        {
            Sql.Write(this, $"""
                CREATE TEMPORARY TABLE etltableops_later ON COMMIT DROP AS
                SELECT {new SqlText(string.Join(", ", KeyNames(log, "k")))}, {Existed(later)} AS existed{SqlText.Join("", kept.Select((c, i) => SqlText.Write(this, $", v.{new Id(c.Name)} AS kept_{i + 1}")))}
                FROM ({Logged(later)}) AS k LEFT JOIN {later.Version} AS v ON {same}{Deleted(later)}{fits}
                """),

            // The planner must know how few they are, or it reads both tables whole.
            Sql.Write(this, $"ANALYZE {LaterTable}"),
            Sql.Write(this, $"DELETE FROM {later.Version} AS v WHERE ({Names(this, later.Key.Select(c => c.Name), "v")}) IN (SELECT {keys} FROM {LaterTable})"),
        };
        var taken = later.Taken.ToList();
        var all = kept.Count == 0 ? new SqlText("") : new SqlText(" WHERE NOT k.existed");
        statements.Add(Sql.Write(this, $"INSERT INTO {later.Version} ({taken.Select(c => new Id(c.Name))}) OVERRIDING SYSTEM VALUE SELECT {taken.Select(c => c.Value!.Value)} FROM {LaterTable} AS k JOIN {later.Live} AS l ON {LiveIs(later, "k")}{all}"));
        if (kept.Count > 0)
        {
            statements.Add(Sql.Write(this, $"INSERT INTO {later.Version} ({taken.Concat(kept).Select(c => new Id(c.Name))}) OVERRIDING SYSTEM VALUE SELECT {taken.Select(c => c.Value!.Value).Concat(kept.Select((_, i) => new SqlText($"k.kept_{(i + 1).ToString(CultureInfo.InvariantCulture)}")))} FROM {LaterTable} AS k JOIN {later.Live} AS l ON {LiveIs(later, "k")} WHERE k.existed"));
        }
        statements.AddRange(later.Logs.Select((l, i) => Sql.Write(this,
            $"INSERT INTO {BroughtTable} SELECT {i}, l.seq, {new SqlText(string.Join(", ", KeyNames(log, "l")))} FROM {l.Log} AS l WHERE {Open(later, i)} AND ({new SqlText(string.Join(", ", KeyNames(log, "l")))}) IN (SELECT {keys} FROM {LaterTable}) ON CONFLICT DO NOTHING")));
        return statements;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> BringEmptied(LaterRows later)
    {
        ArgumentNullException.ThrowIfNull(later);
        var version = new Id(later.Live.Name);
        var brought = SqlText.Write(this, $"EXISTS (SELECT FROM {BroughtTable} AS b WHERE {KeyIs(later, "b")})");
        return
        [
            Sql.Write(this, $"DELETE FROM {later.Version} AS {version} WHERE {Emptied(later)} AND {Unlogged(later)}"),

            // A row that was brought over already, and went since.
            Sql.Write(this, $"DELETE FROM {later.Version} AS {version} WHERE {Emptied(later)} AND {brought} AND {Gone(later)}"),
            .. later.Logs.Select((l, i) => Sql.Write(this, $"INSERT INTO {BroughtTable} (log, seq) SELECT {i}, l.seq FROM {l.Log} AS l WHERE {Open(later, i, emptied: true)}")),
        ];
    }

    /// <inheritdoc/>
    public Sql CountEmptied(LaterRows later)
    {
        ArgumentNullException.ThrowIfNull(later);
        return Sql.Write(this, $"SELECT count(*) FROM {later.Version} AS {new Id(later.Live.Name)} WHERE {Emptied(later)} AND {Unlogged(later)}");
    }

    /// <summary>Whether a log has such an entry that was not brought over; the server asks it once, before it looks at any row.</summary>
    private SqlText Emptied(LaterRows later) =>
        SqlText.Write(this, $"({SqlText.Join(" OR ", later.Logs.Select((l, i) => SqlText.Write(this, $"EXISTS (SELECT FROM {l.Log} AS l WHERE {Open(later, i, emptied: true)})")))})");

    /// <summary>A row of the version, under the live table's name, that the live table had and has no more, and of whose key no log knows.</summary>
    private SqlText Unlogged(LaterRows later)
    {
        var taken = later.TookOver is { } condition ? SqlText.Write(this, $"{condition} AND ") : new SqlText("");
        var logs = SqlText.Join("", later.Logs.Select(l => SqlText.Write(this, $" AND NOT EXISTS (SELECT FROM {l.Log} AS g WHERE {KeyIs(later, "g")})")));
        return SqlText.Write(this, $"{taken}{Gone(later)}{logs}");
    }

    private SqlText Gone(LaterRows later) =>
        SqlText.Write(this, $"NOT EXISTS (SELECT FROM {later.Live} AS l WHERE {SqlText.Join(" AND ", later.Key.Select(c => SqlText.Write(this, $"l.{new Id(c.Name)} = {new Id(later.Live.Name)}.{new Id(c.Name)}")))})");

    /// <summary>The noted key is that of the version's row, which stands under the live table's name.</summary>
    private SqlText KeyIs(LaterRows later, string alias) =>
        SqlText.Join(" AND ", later.Key.Select((c, i) => SqlText.Write(this, $"{new SqlText(alias)}.key_{i + 1} = {new Id(later.Live.Name)}.{new Id(c.Name)}")));

    /// <inheritdoc/>
    public Sql CountUnfit(LaterRows later)
    {
        ArgumentNullException.ThrowIfNull(later);
        var each = later.Reasons.Select(r => SqlText.Write(this, $"count(*) FILTER (WHERE {Condition(later, r)})"));
        return Sql.Write(this, $"SELECT count(*), {each} FROM {later.Live} AS l WHERE ({Names(this, later.Key.Select(c => c.Name), "l")}) IN ({Logged(later)}) AND ({Unfit(later)})");
    }

    /// <inheritdoc/>
    public Sql SetAside(LaterRows later, TableName into)
    {
        ArgumentNullException.ThrowIfNull(later);
        ArgumentNullException.ThrowIfNull(into);
        return Sql.Write(this, $"CREATE TABLE {into} AS SELECT l.* FROM {later.Live} AS l WHERE ({Names(this, later.Key.Select(c => c.Name), "l")}) IN ({Logged(later)}) AND ({Unfit(later)})");
    }

    private SqlText LiveIs(LaterRows later, string alias) =>
        SqlText.Join(" AND ", later.Key.Select((c, i) => SqlText.Write(this, $"l.{new Id(c.Name)} = {new SqlText(alias)}.key_{i + 1}")));

    private SqlText Unfit(LaterRows later) => SqlText.Join(" OR ", later.Reasons.Select(r => SqlText.Write(this, $"({Condition(later, r)})")));

    private SqlText Condition(LaterRows later, UnfitReason reason) => reason.OnlyNewKeys && later.Begun
        ? SqlText.Write(this, $"{reason.Condition} AND NOT EXISTS (SELECT FROM {BroughtTable} AS b WHERE {LiveIs(later, "b")})")
        : reason.Condition;

    private SqlText Existed(LaterRows later) => later.Kept.Any() ? SqlText.Write(this, $"v.{new Id(later.Key[0].Name)} IS NOT NULL AND d.key_1 IS NULL") : new SqlText("false");

    /// <summary>
    /// A row that was deleted and came back under its key is another row, which takes no value over from the former one. Where it went with all others at once, only its
    /// insertion is logged.
    /// </summary>
    private SqlText Deleted(LaterRows later)
    {
        if (!later.Kept.Any()) return new SqlText("");
        var keys = new SqlText(string.Join(", ", KeyNames(later.Logs[0])));
        var gone = SqlText.Join(" UNION ", later.Logs.Select(log => SqlText.Write(this, $"SELECT DISTINCT {keys} FROM {log.Log} WHERE op IN ('D', 'I')")));
        return SqlText.Write(this, $" LEFT JOIN ({gone}) AS d ON {SqlText.Join(" AND ", later.Key.Select((_, i) => SqlText.Write(this, $"d.key_{i + 1} = k.key_{i + 1}")))}");
    }

    /// <summary>The keys that are logged and not brought over.</summary>
    private SqlText Logged(LaterRows later) => SqlText.Join(" UNION ", later.Logs.Select((log, i) =>
        SqlText.Write(this, $"SELECT DISTINCT {new SqlText(string.Join(", ", KeyNames(log, "l")))} FROM {log.Log} AS l WHERE {Open(later, i)}")));

    private SqlText Open(LaterRows later, int number, bool emptied = false)
    {
        var upto = number < later.Logs.Count - 1 ? "" : emptied ? " AND l.seq >= -@upto" : " AND l.seq <= @upto";
        var brought = later.Begun ? SqlText.Write(this, $" AND NOT EXISTS (SELECT FROM {BroughtTable} AS b WHERE b.log = {number} AND b.seq = l.seq)") : new SqlText("");
        return SqlText.Write(this, $"l.seq {new SqlText(emptied ? "<" : ">")} 0{new SqlText(upto)}{brought}");
    }
}
