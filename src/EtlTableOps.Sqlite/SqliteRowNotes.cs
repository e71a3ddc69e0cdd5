using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Tables;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EtlTableOps.Sqlite;

/// <summary>
/// Notes which rows an import brings in, in the transaction that brings them: runs of row numbers as the library gives them out, or the keys that the
/// insert returns where a table has no row numbers.
/// </summary>
internal sealed class SqliteRowNotes : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly sqlite3_stmt statement;
    private readonly int keyColumns;
    private readonly long import;
    private long first;
    private long last;
    private bool open;

    public SqliteRowNotes(SqliteConnection connection, TableShape shadow, ChangeLog notes, long import)
    {
        this.connection = connection;
        this.import = import;
        var d = SqliteDialect.Instance;
        var withoutRowid = ((SqliteTableShape)shadow).WithoutRowid;
        keyColumns = withoutRowid ? shadow.RowKey!.Columns.Count : 0;
        if (withoutRowid) Returning = SqlText.Write(d, $" RETURNING {shadow.RowKey!.Columns.Select(c => new Id(c))}");
        var sql = withoutRowid
            ? Sql.Write(d, $"INSERT INTO {notes.Log} (import, {SqliteDialect.NoteKey(shadow)}) VALUES (?{SqlText.Join("", Enumerable.Repeat(new SqlText(", ?"), keyColumns))})")
            : Sql.Write(d, $"INSERT INTO {notes.Log} (import, seq, last) VALUES (?, ?, ?)");
        var rc = raw.sqlite3_prepare_v2(connection.Handle, sql.Text, out statement);
        if (rc == raw.SQLITE_OK) return;
        statement.Dispose();
        throw Fail(rc, sql.Text);
    }

    /// <summary>What stands behind the insert.</summary>
    public SqlText Returning { get; } = new("");

    /// <summary>Notes the key that the insert returned.</summary>
    public void AddKey(sqlite3_stmt insert)
    {
        for (var i = 0; i < keyColumns; i++)
        {
            switch (raw.sqlite3_column_type(insert, i))
            {
                case raw.SQLITE_INTEGER:
                    raw.sqlite3_bind_int64(statement, i + 2, raw.sqlite3_column_int64(insert, i));
                    break;
                case raw.SQLITE_FLOAT:
                    raw.sqlite3_bind_double(statement, i + 2, raw.sqlite3_column_double(insert, i));
                    break;
                case raw.SQLITE_BLOB:
                    raw.sqlite3_bind_blob(statement, i + 2, raw.sqlite3_column_blob(insert, i));
                    break;
                default:
                    // An empty text has no address as a span, and would be bound as null.
                    raw.sqlite3_bind_text(statement, i + 2, raw.sqlite3_column_text(insert, i).utf8_to_string());
                    break;
            }
        }
        Write();
    }

    /// <summary>Notes the row that was inserted last.</summary>
    public void AddRow()
    {
        if (keyColumns > 0) return;
        var row = raw.sqlite3_last_insert_rowid(connection.Handle);
        if (open && row == last + 1 && row - first < SqliteDialect.LongestRun)
        {
            last = row;
            return;
        }
        Complete();
        (first, last, open) = (row, row, true);
    }

    /// <summary>Writes what is not written yet.</summary>
    public void Complete()
    {
        if (!open) return;
        open = false;
        raw.sqlite3_bind_int64(statement, 2, first);
        raw.sqlite3_bind_int64(statement, 3, last);
        Write();
    }

    /// <inheritdoc/>
    public void Dispose() => statement.Dispose();

    private void Write()
    {
        raw.sqlite3_bind_int64(statement, 1, import);
        var rc = raw.sqlite3_step(statement);
        var failure = rc == raw.SQLITE_DONE ? null : Fail(rc, "INSERT");
        raw.sqlite3_reset(statement);
        if (failure is not null) throw failure;
    }

    private EtlException Fail(int rc, string what)
    {
        var message = raw.sqlite3_errmsg(connection.Handle).utf8_to_string();
        return new EtlException(ErrorCode.StatementFailed, new SqliteException(message, rc & 0xff, rc), message, what);
    }
}
