using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>
/// The notes of an import. Rows of most tables have a row number, and an import mostly takes numbers one after another, so a note is a run of row
/// numbers (<c>seq</c> to <c>last</c>); where there are none it is the key of one row.
/// </summary>
internal sealed partial class SqliteDialect : IImportChunks
{
    /// <summary>Rows in one run at most: what is taken back in one piece must be little.</summary>
    public const int LongestRun = 1000;

    private const string Staged = "temp.etltableops_rows";

    /// <inheritdoc/>
    public IImportNotes ImportNotes => this;

    /// <inheritdoc/>
    public Sql Others => new("PRAGMA data_version");

    /// <inheritdoc/>
    public IReadOnlyList<Sql> PrepareSession => [LeaveLogToAnother];

    /// <inheritdoc/>
    public Sql Meanwhile => CopyLog;

    /// <inheritdoc/>
    public IReadOnlyList<Sql> CollectStatistics(TableName shadow) => [new Sql("PRAGMA analysis_limit = 1000"), Sql.Write(this, $"ANALYZE {shadow}")];

    /// <inheritdoc/>
    public IReadOnlyList<Sql> InstallNotes(ChangeLog notes, TableShape shadow)
    {
        var (index, key) = (new Id(notes.Log.Name + "_import"), new Id(notes.Log.Name + "_key"));
        if (!Shape(shadow).WithoutRowid)
        {
            return
            [
                Sql.Write(this, $"CREATE TABLE IF NOT EXISTS {notes.Log} (seq INTEGER PRIMARY KEY, last INTEGER NOT NULL, import INTEGER NOT NULL)"),
                Sql.Write(this, $"CREATE INDEX IF NOT EXISTS {index} ON {notes.Log} (import)"),
            ];
        }
        var columns = NoteKey(shadow);
        return
        [
            Sql.Write(this, $"CREATE TABLE IF NOT EXISTS {notes.Log} (seq INTEGER PRIMARY KEY, import INTEGER NOT NULL, {columns})"),
            Sql.Write(this, $"CREATE INDEX IF NOT EXISTS {index} ON {notes.Log} (import)"),
            Sql.Write(this, $"CREATE INDEX IF NOT EXISTS {key} ON {notes.Log} ({columns})"),
        ];
    }

    /// <inheritdoc/>
    public Sql? NoteOwnRows(ChangeLog notes) => null;

    /// <inheritdoc/>
    public Sql CountOverwritten(ChangeLog notes, TableShape shadow, ChangeLog feed)
    {
        var key = feed.Key.Select(c => SqlText.Write(this, $"s.{new Id(c.Name)}")).ToList();
        var example = SqlText.Join(" || ', ' || ", key.Select(k => new SqlText($"CAST({k} AS TEXT)")));
        // Runs do not overlap: the one that begins last before a row is the only one that can hold it.
        var imported = Shape(shadow).WithoutRowid
            ? SqlText.Write(this, $"EXISTS (SELECT 1 FROM {notes.Log} AS i WHERE {NoteIsRow(shadow)})")
            : SqlText.Write(this, $"(SELECT i.last FROM {notes.Log} AS i WHERE i.seq <= s.{Rowid(shadow)} ORDER BY i.seq DESC LIMIT 1) >= s.{Rowid(shadow)}");
        return Sql.Write(this, $"SELECT count(*), max({example}) FROM {shadow.Name} AS s WHERE {Tuple(key)} IN (SELECT {LogKey(feed)} FROM {feed.Log} WHERE seq > 0 AND seq <= @upto) AND {imported}");
    }

    /// <inheritdoc/>
    /// <remarks>Columns without a type keep each value as the query made it; the shadow's own then decide what becomes of it.</remarks>
    public IReadOnlyList<Sql> StageRows(IReadOnlyList<SqlText> values, SqlText from)
    {
        ArgumentNullException.ThrowIfNull(values);
        var columns = Staging(values.Count);
        return
        [
            Sql.Write(this, $"CREATE TABLE {new SqlText(Staged)} (n INTEGER PRIMARY KEY, {columns})"),
            Sql.Write(this, $"INSERT INTO {new SqlText(Staged)} ({columns}) SELECT {values} FROM {from}"),
        ];
    }

    /// <inheritdoc/>
    public Sql ReadStaged(int values) => Sql.Write(this, $"SELECT n, {Staging(values)} FROM {new SqlText(Staged)} WHERE n > @above ORDER BY n LIMIT @count");

    /// <inheritdoc/>
    public SqlText RowsOf(ChangeLog notes, TableShape shadow, long import) =>
        SqlText.Write(this, $"SELECT s.* FROM {notes.Log} AS i CROSS JOIN {shadow.Name} AS s WHERE i.import = {import} AND {NoteIsRow(shadow)}");

    /// <inheritdoc/>
    public IReadOnlyList<Sql> TakeBack(ChangeLog notes, TableShape shadow)
    {
        var some = SqlText.Write(this, $"FROM {notes.Log} WHERE import = @import ORDER BY seq LIMIT @count");
        var columns = Shape(shadow).WithoutRowid ? [.. shadow.RowKey!.Columns.Select(c => new Id(c))] : new[] { RowidName(shadow) };
        var rows = SqlText.Join(", ", columns.Select(c => SqlText.Write(this, $"s.{c}")));
        return
        [
            Sql.Write(this, $"DELETE FROM {shadow.Name} WHERE {Tuple([.. columns.Select(c => SqlText.Write(this, $"{c}"))])} IN (SELECT {rows} FROM (SELECT * {some}) AS i CROSS JOIN {shadow.Name} AS s WHERE {NoteIsRow(shadow)})"),
            Sql.Write(this, $"DELETE FROM {notes.Log} WHERE seq IN (SELECT seq {some})"),
        ];
    }

    /// <summary>The columns of a note that hold a row's key, for a table without row numbers.</summary>
    public static SqlText NoteKey(TableShape shadow) => SqlText.Join(", ", Enumerable.Range(1, shadow.RowKey!.Columns.Count).Select(i => new SqlText("k" + SqliteNames.Number(i))));

    private SqlText NoteIsRow(TableShape shadow) => Shape(shadow).WithoutRowid
        ? SqlText.Join(" AND ", shadow.RowKey!.Columns.Select((c, i) => SqlText.Write(this, $"s.{new Id(c)} = i.{new SqlText("k" + SqliteNames.Number(i + 1))}")))
        : SqlText.Write(this, $"s.{Rowid(shadow)} BETWEEN i.seq AND i.last");

    private SqlText Rowid(TableShape shadow) => SqlText.Write(this, $"{RowidName(shadow)}");

    private static Id RowidName(TableShape shadow) => new(Shape(shadow).RowidName
        ?? throw new EtlException(ErrorCode.NotSupported, $"An import into {shadow.Name}", "columns of its own are called rowid, _rowid_ and oid, so that its rows cannot be told apart.", "Rename one of these columns."));

    private static SqlText Staging(int count) => SqlText.Join(", ", Enumerable.Range(1, count).Select(i => new SqlText("c" + SqliteNames.Number(i))));
}
