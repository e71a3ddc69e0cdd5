using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Sqlite.Schema;

namespace EtlTableOps.Sqlite;

/// <summary>
/// Change logs. Entries are numbered from 1; entry 0 keeps the numbering above zero, and entries below zero are rows that a write which is under way
/// may displace.
/// </summary>
internal sealed partial class SqliteDialect
{
    private static readonly string[] LogTriggers = ["insert", "update", "delete", "before_insert", "before_update"];

    /// <inheritdoc/>
    /// <remarks>The numbering is the row number's without AUTOINCREMENT, which would leave its table sqlite_sequence in the database for ever.</remarks>
    public IReadOnlyList<Sql> InstallLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var key = string.Concat(Enumerable.Range(1, log.Key.Count).Select(i => ", k" + SqliteNames.Number(i)));
        return
        [
            // The key's columns have no type, so that each value stays what the watched table made of it.
            Sql.Write(this, $"CREATE TABLE {log.Log} (seq INTEGER PRIMARY KEY, op TEXT NOT NULL{new SqlText(key)}{new SqlText(log.IsFeed ? ", at REAL NOT NULL DEFAULT (julianday('now'))" : "")})"),
            Sql.Write(this, $"INSERT INTO {log.Log} (seq, op) VALUES (0, '-')"),
            .. CreateTriggers(log),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> DetachLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return [.. LogTriggers.Select(t => Sql.Write(this, $"DROP TRIGGER IF EXISTS {TriggerOf(log, t)}"))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> RemoveLog(ChangeLog log) => [.. DetachLog(log), Sql.Write(this, $"DROP TABLE IF EXISTS {log.Log}")];

    /// <inheritdoc/>
    public IReadOnlyList<Sql> SuspendLog(ChangeLog log) => DetachLog(log);

    /// <inheritdoc/>
    public IReadOnlyList<Sql> ResumeLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return CreateTriggers(log);
    }

    /// <inheritdoc/>
    public Sql ReadLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var keyed = log.Key.Count > 0;
        var keys = keyed
            ? SqlText.Write(this, $"(SELECT count(*) FROM (SELECT DISTINCT {LogKey(log)} FROM {log.Log} WHERE seq > 0))")
            : SqlText.Write(this, $"(SELECT count(*) FROM {log.Log} WHERE seq > 0)");
        // A null in the key identifies no row, and a log whose triggers are there in part is no log. With none of them it is detached.
        var nulls = keyed
            ? SqlText.Write(this, $"EXISTS (SELECT 1 FROM {log.Log} WHERE seq > 0 AND ({SqlText.Join(" OR ", Enumerable.Range(1, log.Key.Count).Select(i => new SqlText($"k{SqliteNames.Number(i)} IS NULL")))}))")
            : new SqlText("0");
        var names = LogTriggers.Take(3).Select(t => SqlText.Write(this, $"{new SqlLiteral(TriggerOf(log, t).Name)}"));
        return Sql.Write(this, $"SELECT (SELECT count(*) FROM {log.Log} WHERE seq > 0 AND op <> 'o'), {keys}, coalesce((SELECT max(seq) FROM {log.Log}), 0), CASE WHEN (SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name IN ({names})) IN (1, 2) THEN 2 ELSE {nulls} END");
    }

    /// <inheritdoc/>
    public Sql AgeOfLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return Sql.Write(this, $"SELECT CAST((julianday('now') - (SELECT at FROM {log.Log} WHERE seq > 0 ORDER BY seq LIMIT 1)) * 86400000000000.0 AS INTEGER)");
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> ApplyLog(ChangeLog log, ShadowBlueprint shadow)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(shadow);
        var key = Tuple([.. log.Key.Select(c => SqlText.Write(this, $"{new Id(c.Name)}"))]);
        var logged = SqlText.Write(this, $"SELECT {LogKey(log)} FROM {log.Log} WHERE seq > 0 AND seq <= @upto");
        var statements = new List<Sql> { Sql.Write(this, $"DELETE FROM {shadow.Shadow} WHERE {key} IN ({logged})") };
        if (!shadow.StructureOnly)
        {
            var from = shadow.Query is { } query ? SqlText.Write(this, $"{SqlText.InParentheses(query.Text)} AS q") : SqlText.Write(this, $"{shadow.Live.Name}");
            var where = shadow.Where is { } condition ? new SqlText($" AND {SqlText.InParentheses(condition.Text)}") : new SqlText("");

            // OR ABORT: a key that says ON CONFLICT IGNORE or REPLACE would leave a row out in silence, where a row of a later batch still has its place.
            statements.Add(Sql.Write(this, $"INSERT OR ABORT INTO {shadow.Shadow} ({shadow.Stored.Select(c => new Id(c.Name))}) SELECT {shadow.Stored.Select(c => c.Source)} FROM {from} WHERE {key} IN ({logged}){where}"));
        }
        statements.Add(Sql.Write(this, $"DELETE FROM {log.Log} WHERE seq > 0 AND seq <= @upto"));
        return statements;
    }

    private static Id TriggerOf(ChangeLog log, string what) => new($"{(IsOurs(log.Log.Name) ? "" : Prefix)}{log.Log.Name}_{what}");

    private List<Sql> CreateTriggers(ChangeLog log)
    {
        var keyed = log.Key.Count > 0;
        SqlText Row(string row) => SqlText.Join("", log.Key.Select(c => SqlText.Write(this, $", {new SqlText(row)}.{new Id(c.Name)}")));
        var into = SqlText.Write(this, $"INSERT INTO {log.Log} (op{(keyed ? new SqlText($", {LogKey(log)}") : new SqlText(""))})");
        var watches = keyed && log.Collisions.Count > 0;
        // The write went through, so whatever it could displace is displaced.
        var displaced = watches
            ? SqlText.Write(this, $"{into} SELECT 'D', {LogKey(log)} FROM {log.Log} WHERE seq < 0; DELETE FROM {log.Log} WHERE seq < 0; ")
            : new SqlText("");
        var moved = keyed
            ? SqlText.Write(this, $"{into} SELECT 'o'{Row("OLD")} WHERE {SqlText.Join(" OR ", log.Key.Select(c => SqlText.Write(this, $"OLD.{new Id(c.Name)} IS NOT NEW.{new Id(c.Name)}")))}; ")
            : new SqlText("");
        var triggers = new List<Sql>
        {
            Sql.Write(this, $"CREATE TRIGGER {TriggerOf(log, "insert")} AFTER INSERT ON {log.Watched} BEGIN {displaced}{into} VALUES ('I'{Row("NEW")}); END"),
            Sql.Write(this, $"CREATE TRIGGER {TriggerOf(log, "update")} AFTER UPDATE ON {log.Watched} BEGIN {displaced}{moved}{into} VALUES ('U'{Row("NEW")}); END"),
            Sql.Write(this, $"CREATE TRIGGER {TriggerOf(log, "delete")} AFTER DELETE ON {log.Watched} BEGIN {into} VALUES ('D'{Row("OLD")}); END"),
        };
        if (!watches) return triggers;

        var key = SqlText.Join(", ", log.Key.Select(c => SqlText.Write(this, $"{new Id(c.Name)}")));
        var same = SqlText.Join(" AND ", log.Key.Select(c => SqlText.Write(this, $"{new Id(c.Name)} IS OLD.{new Id(c.Name)}")));
        SqlText Candidates(string except) => SqlText.Join("", log.Collisions.Select((condition, i) => SqlText.Write(this,
            $"INSERT INTO {log.Log} (seq, op, {LogKey(log)}) SELECT {-(i + 1)}, 'R', {key} FROM {log.Watched} WHERE {new SqlText(condition)}{new SqlText(except)} LIMIT 1; ")));
        triggers.Add(Sql.Write(this, $"CREATE TRIGGER {TriggerOf(log, "before_insert")} BEFORE INSERT ON {log.Watched} BEGIN DELETE FROM {log.Log} WHERE seq < 0; {Candidates("")}END"));
        triggers.Add(Sql.Write(this, $"CREATE TRIGGER {TriggerOf(log, "before_update")} BEFORE UPDATE ON {log.Watched} BEGIN DELETE FROM {log.Log} WHERE seq < 0; {Candidates($" AND NOT ({same})")}END"));
        return triggers;
    }
}
