using System.Globalization;
using System.Text;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Tables;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EtlTableOps.Sqlite;

/// <summary>
/// Adds rows through one prepared statement that is bound and stepped again and again, straight through the library: the driver's parameters
/// would cost more than the insert.
/// </summary>
internal sealed class SqliteBulkWriter : IBulkWriter
{
    private const int CheckEvery = 1024;
    private readonly SqliteConnection connection;
    private readonly sqlite3_stmt statement;
    private readonly IReadOnlyList<Column> columns;
    private readonly SqliteType[] types;
    private readonly SqliteRowNotes? notes;
    private byte[] buffer = new byte[4096];
    private long rows;

    /// <summary>Begins a load. With notes, it is noted which rows came in.</summary>
    public SqliteBulkWriter(SqliteConnection connection, TableShape table, IReadOnlyList<Column> columns, SqliteRowNotes? notes)
    {
        this.connection = connection;
        this.columns = columns;
        this.notes = notes;
        types = [.. columns.Select(c => SqliteType.Of(c.Type))];
        // A table's own ON CONFLICT REPLACE or IGNORE would displace rows, or drop the given one, in silence.
        var sql = Sql.Write(SqliteDialect.Instance, $"INSERT OR ABORT INTO {table.Name} ({columns.Select(c => new Id(c.Name))}) VALUES ({columns.Select(_ => new SqlText("?"))}){notes?.Returning ?? new SqlText("")}");
        var rc = raw.sqlite3_prepare_v2(connection.Handle, sql.Text, out statement);
        if (rc != raw.SQLITE_OK)
        {
            statement.Dispose();
            throw Fail(rc, sql.Text);
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(object?[] values, CancellationToken token)
    {
        if (rows % CheckEvery == 0) token.ThrowIfCancellationRequested();
        for (var i = 0; i < types.Length; i++) Bind(i, values[i]);
        var rc = raw.sqlite3_step(statement);
        if (rc == raw.SQLITE_ROW)
        {
            notes!.AddKey(statement);
            rc = raw.sqlite3_step(statement);
        }
        if (rc == raw.SQLITE_DONE)
        {
            raw.sqlite3_reset(statement);
            notes?.AddRow();
            rows++;
            return ValueTask.CompletedTask;
        }
        var message = raw.sqlite3_errmsg(connection.Handle).utf8_to_string();
        raw.sqlite3_reset(statement);
        if (rc is raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_TOOBIG || (rc & 0xff) is raw.SQLITE_CONSTRAINT)
            throw new BadValueException(rows, ColumnOf(message), message, new SqliteException(message, rc & 0xff, rc));
        throw Fail(rc, "INSERT");
    }

    /// <inheritdoc/>
    public Task<long> CompleteAsync(CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        notes?.Complete();
        return Task.FromResult(rows);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        statement.Dispose();
        notes?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string ColumnOf(string message)
    {
        // "NOT NULL constraint failed: allevents_new.kind", "UNIQUE constraint failed: t.a, t.b"
        var colon = message.IndexOf(": ", StringComparison.Ordinal);
        if (colon < 0) return "";
        return string.Join(", ", message[(colon + 2)..].Split(", ").Select(p => p[(p.LastIndexOf('.') + 1)..]));
    }

    private EtlException Fail(int rc, string what)
    {
        var message = raw.sqlite3_errmsg(connection.Handle).utf8_to_string();
        var failure = new SqliteException(message, rc & 0xff, rc);
        return (rc & 0xff) == raw.SQLITE_INTERRUPT ? new EtlException(ErrorCode.Cancelled, failure) : new EtlException(ErrorCode.StatementFailed, failure, message, what);
    }

    private void Bind(int i, object? value)
    {
        var at = i + 1;
        switch (value)
        {
            case null or DBNull:
                raw.sqlite3_bind_null(statement, at);
                break;
            case string text:
                BindText(i, text);
                break;
            case long or int or short or sbyte or byte or ushort or uint:
                raw.sqlite3_bind_int64(statement, at, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case bool flag:
                raw.sqlite3_bind_int64(statement, at, flag ? 1 : 0);
                break;
            case double or float:
                raw.sqlite3_bind_double(statement, at, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case byte[] bytes:
                raw.sqlite3_bind_blob(statement, at, bytes);
                break;
            case DateTime time:
                BindUtf8(at, time.ToString(time.TimeOfDay.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture));
                break;
            case DateTimeOffset time:
                BindUtf8(at, time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture));
                break;
            case DateOnly date:
                BindUtf8(at, date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                break;
            case TimeOnly time:
                BindUtf8(at, time.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture));
                break;
            case IFormattable other:
                // Decimals, big numbers, unique ids, spans: by their text, which the column's type then makes a value of.
                BindText(i, other.ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                BindText(i, value.ToString() ?? "");
                break;
        }
    }

    private void BindText(int i, string text)
    {
        var type = types[i];
        var at = i + 1;
        if (type.IsBoolean && Boolean(text) is { } flag)
        {
            raw.sqlite3_bind_int64(statement, at, flag ? 1 : 0);
            return;
        }
        if (type.IsBlob && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            try
            {
                raw.sqlite3_bind_blob(statement, at, Convert.FromHexString(text.AsSpan(2)));
                return;
            }
            catch (FormatException e)
            {
                throw Bad(i, $"'{Shorten(text)}' is no hexadecimal text", e);
            }
        }
        if (!type.DemandsNumber)
        {
            BindUtf8(at, text);
            return;
        }
        if (long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number))
        {
            raw.sqlite3_bind_int64(statement, at, number);
            return;
        }
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) || !double.IsFinite(real))
            throw Bad(i, $"'{Shorten(text)}' is no number, and the column is {columns[i].Type}", null);
        // SQLite would store a fraction, or a rounded number of more than 64 bits, in an INTEGER column in silence.
        if (type.DemandsWholeNumber && !(Math.Truncate(real) == real && Math.Abs(real) < 1L << 53 && text.AsSpan().ContainsAny('.', 'e', 'E')))
            throw Bad(i, $"'{Shorten(text)}' is no whole number of 64 bits, and the column is {columns[i].Type}", null);
        raw.sqlite3_bind_double(statement, at, real);
    }

    private static bool? Boolean(string text) => text.Trim().ToUpperInvariant() switch
    {
        "TRUE" or "T" or "YES" or "Y" => true,
        "FALSE" or "F" or "NO" or "N" => false,
        _ => null,
    };

    private void BindUtf8(int at, string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (most > buffer.Length) buffer = new byte[most];
        var length = Encoding.UTF8.GetBytes(text, buffer);
        // An empty span has no address, and a text without an address is null to the library.
        if (length == 0)
        {
            raw.sqlite3_bind_text(statement, at, "");
            return;
        }
        raw.sqlite3_bind_text(statement, at, buffer.AsSpan(0, length));
    }

    private BadValueException Bad(int i, string message, Exception? inner) => new(rows, columns[i].Name, message, inner);

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..79] + "…";
}
