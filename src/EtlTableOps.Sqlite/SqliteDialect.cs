using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>Writes SQLite's SQL; one file per room.</summary>
internal sealed partial class SqliteDialect : IDialect
{
    /// <summary>How the names of all objects of ours begin.</summary>
    public const string Prefix = "etltableops_";

    /// <summary>How the names of marks begin. SQLite has no comments, so a mark is a trigger that never fires.</summary>
    public const string MarkPrefix = Prefix + "mark_";

    private SqliteDialect()
    {
    }

    /// <summary>The one instance; it has no state.</summary>
    public static SqliteDialect Instance { get; } = new();

    /// <inheritdoc/>
    public IdentifierFolding Folding => IdentifierFolding.Keep;

    /// <inheritdoc/>
    public SqlText? OwnRows => null;

    /// <inheritdoc/>
    public Sql InsertRows(TableName into, IReadOnlyList<Column> columns, IReadOnlyList<SqlText> values, SqlText from)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return Sql.Write(this, $"INSERT INTO {into} ({columns.Select(c => new Id(c.Name))}) SELECT {values} FROM {from}");
    }

    /// <summary>There are no sequences: the next number is the highest plus one, and nobody can reserve it.</summary>
    public SqlText? NextNumber(TableShape live, Column column) => null;

    /// <inheritdoc/>
    public Sql TakeNumbers(SqlText nextNumber) => throw new NotSupportedException("There are no sequences.");

    /// <summary>Whether an object is this tool's.</summary>
    public static bool IsOurs(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public string Quote(string identifier) => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    /// <inheritdoc/>
    public string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <inheritdoc/>
    public IReadOnlyList<Sql> DropTable(TableName table) => [Sql.Write(this, $"DROP TABLE IF EXISTS {table}")];

    /// <inheritdoc/>
    /// <remarks>
    /// A shadow or version is known by its mark, a live table with a log of ours by that log's triggers: they go with their table and with nothing else.
    /// Another is known by its root page, which VACUUM changes.
    /// Behind it stands a hash of the texts of the table and of all that is on it, so that a change by somebody else shows under the lock, too.
    /// </remarks>
    public Sql ObjectIdOf(TableName table) => Sql.Write(this, $"""
        SELECT coalesce((SELECT min(name) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = {new SqlLiteral(table.Name)} COLLATE NOCASE AND name GLOB 'etltableops_mark_*'),
            (SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = {new SqlLiteral(table.Name)} COLLATE NOCASE AND name GLOB 'etltableops_*_insert' AND name NOT GLOB 'etltableops_*_before_insert' ORDER BY name)), 'page ' || rootpage)
            || ' ' || (SELECT printf('%016x', {new SqlText(SqliteFunctions.Hash)}('T', group_concat(sql, char(10)))) FROM (SELECT sql FROM sqlite_schema WHERE tbl_name = {new SqlLiteral(table.Name)} COLLATE NOCASE AND name NOT GLOB 'etltableops_*' ORDER BY type, name))
        FROM sqlite_schema WHERE type = 'table' AND name = {new SqlLiteral(table.Name)} COLLATE NOCASE
        """);

    /// <inheritdoc/>
    /// <remarks>The column's affinity converts; our function only refuses what would stay another type in silence.</remarks>
    public SqlText Convert(SqlText expression, string type) => SqliteType.Of(type).DemandsNumber
        ? SqlText.Write(this, $"{new SqlText(SqliteFunctions.Convert)}({new SqlLiteral(type)}, {expression})")
        : expression;

    /// <summary>The trigger that marks a table, and keeps the text that it has under the live name.</summary>
    private Sql CreateMark(TableName table, Mark mark, string liveSql) => Sql.Write(this,
        $"CREATE TRIGGER {new Id(MarkPrefix + mark.SwapId)} BEFORE DELETE ON {table} WHEN 0 BEGIN SELECT {new SqlLiteral(mark.ToString())}, {new SqlLiteral(liveSql)}; END");

    private static SqliteTableShape Shape(TableShape shape) => shape as SqliteTableShape
        ?? throw new ArgumentException("The shape was read by another engine.", nameof(shape));

    /// <summary>A condition that no entry of the log is about this row.</summary>
    private SqlText NotLogged(ChangeLog log, SqlText? row = null)
    {
        var columns = log.Key.Select(c => row is { } alias ? SqlText.Write(this, $"{alias}.{new Id(c.Name)}") : SqlText.Write(this, $"{new Id(c.Name)}")).ToList();
        var nulls = SqlText.Join(" OR ", columns.Select(c => new SqlText($"{c} IS NULL")));
        return SqlText.Write(this, $"({nulls} OR {Tuple(columns)} NOT IN (SELECT {LogKey(log)} FROM {log.Log} WHERE seq > 0 AND k1 IS NOT NULL))");
    }

    private static SqlText Tuple(List<SqlText> columns) => columns.Count == 1 ? columns[0] : new SqlText($"({SqlText.Join(", ", columns)})");

    private static SqlText LogKey(ChangeLog log) => SqlText.Join(", ", Enumerable.Range(1, log.Key.Count).Select(i => new SqlText("k" + SqliteNames.Number(i))));
}
