using System.Buffers;
using System.Text;
using EtlTableOps.Engines;
using EtlTableOps.Imports;
using EtlTableOps.Tables;
using Npgsql;

namespace EtlTableOps.PostgreSql;

/// <summary>
/// Loads rows by binary COPY. A type without a binary form of ours sends the whole load as text, and so does, from there on, the first value
/// whose meaning only the server knows: the server decides what it is, and its refusal names row, column and value.
/// </summary>
internal sealed class PostgreSqlBulkWriter : IBulkWriter
{
    // What is sent in one message; a bigger one costs memory and gains nothing.
    private const int MessageSize = 64 * 1024;

    // A COPY reports a refused row only at its end, so a long load is cut into several within the one transaction.
    private const long CopySize = 32 * 1024 * 1024;

    private static readonly byte[] BinaryHeader = [.. "PGCOPY\n"u8, 0xff, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];

    private static readonly SearchValues<char> ToEscape = SearchValues.Create("\\\n\r\t");

    private readonly PostgreSqlSession session;
    private readonly NpgsqlConnection connection;
    private readonly TableName table;
    private readonly IReadOnlyList<PostgreSqlBulkColumn> columns;
    private readonly Sql binaryCopy;
    private readonly Sql textCopy;
    private readonly PostgreSqlCopyBuffer buffer = new();
    private bool binary;
    private NpgsqlRawCopyStream? copy;
    private long rows;
    private long copyFirstRow;
    private long copyBytes;
    private bool failed;

    public PostgreSqlBulkWriter(PostgreSqlSession session, NpgsqlConnection connection, TableName table, IReadOnlyList<PostgreSqlBulkColumn> columns)
    {
        this.session = session;
        this.connection = connection;
        this.table = table;
        this.columns = columns;
        binary = columns.All(c => c.Form is not null);
        var names = columns.Select(c => new Id(c.Name));
        binaryCopy = Sql.Write(session.Dialect, $"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)");
        textCopy = Sql.Write(session.Dialect, $"COPY {table} ({names}) FROM STDIN (FORMAT TEXT)");
    }

    private Sql Statement => binary ? binaryCopy : textCopy;

    /// <inheritdoc/>
    public ValueTask WriteAsync(object?[] values, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (binary && !TryWriteBinary(values)) return WriteUncertainAsync(values, token);
        if (!binary) WriteText(values);
        rows++;
        return buffer.Length >= MessageSize ? new ValueTask(SendAsync(token)) : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<long> CompleteAsync(CancellationToken token)
    {
        await EndCopyAsync(token).ConfigureAwait(false);
        return rows;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (copy is not { } open) return;
        copy = null;
        // A COPY that failed is over; the driver has left its stream.
        if (failed) return;
        try
        {
            await session.InterruptibleAsync(async _ =>
            {
                await open.CancelAsync().ConfigureAwait(false);
                return true;
            }, TimeSpan.FromSeconds(2), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException or OperationCanceledException or TimeoutException)
        {
            // The load is abandoned in any case: the caller's transaction rolls back, by statement or by the loss of its connection.
        }
    }

    private bool TryWriteBinary(object?[] values)
    {
        var start = buffer.Length;
        buffer.WriteInt16((short)columns.Count);
        for (var i = 0; i < columns.Count; i++)
        {
            var value = values[i];
            var column = columns[i];
            if (value is null or DBNull)
            {
                CheckNull(column, start);
                buffer.WriteInt32(-1);
                continue;
            }
            var length = buffer.Length;
            buffer.WriteInt32(0);
            try
            {
                if (!column.Form!.TryWrite(value, buffer))
                {
                    buffer.CutTo(start);
                    return false;
                }
            }
            catch (EncoderFallbackException e)
            {
                throw NotUnicode(column, start, e);
            }
            buffer.PatchLength(length);
        }
        return true;
    }

    private void WriteText(object?[] values)
    {
        var start = buffer.Length;
        for (var i = 0; i < columns.Count; i++)
        {
            if (i > 0) buffer.WriteByte((byte)'\t');
            var column = columns[i];
            if (values[i] is null or DBNull)
            {
                CheckNull(column, start);
                buffer.WriteBytes("\\N"u8);
                continue;
            }
            var text = PostgreSqlTextForm.Of(values[i]!);
            if (text.Contains('\0', StringComparison.Ordinal)) throw Bad(column, start, "the text holds a NUL character, which the database cannot store");
            try
            {
                WriteEscaped(text);
            }
            catch (EncoderFallbackException e)
            {
                throw NotUnicode(column, start, e);
            }
        }
        buffer.WriteByte((byte)'\n');
    }

    private void WriteEscaped(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny(ToEscape) is >= 0 and var at)
        {
            buffer.WriteText(text[..at]);
            buffer.WriteBytes(text[at] switch { '\\' => "\\\\"u8, '\n' => "\\n"u8, '\r' => "\\r"u8, _ => "\\t"u8 });
            text = text[(at + 1)..];
        }
        buffer.WriteText(text);
    }

    // The row goes to the server alone, so that its verdict comes now and on this row; all after it go as text too.
    private async ValueTask WriteUncertainAsync(object?[] values, CancellationToken token)
    {
        await EndCopyAsync(token).ConfigureAwait(false);
        binary = false;
        WriteText(values);
        rows++;
        await EndCopyAsync(token).ConfigureAwait(false);
    }

    private async Task SendAsync(CancellationToken token)
    {
        await SendBufferAsync(token).ConfigureAwait(false);
        if (copyBytes >= CopySize) await EndCopyAsync(token).ConfigureAwait(false);
    }

    private Task SendBufferAsync(CancellationToken token) => GuardedAsync(async t =>
    {
        if (copy is null)
        {
            copy = await OpenAsync(t).ConfigureAwait(false);
            copyBytes = 0;
            if (binary) await copy.WriteAsync(BinaryHeader, t).ConfigureAwait(false);
        }
        await copy.WriteAsync(buffer.Written, t).ConfigureAwait(false);
        copyBytes += buffer.Length;
        buffer.CutTo(0);
    }, token);

    private async Task<NpgsqlRawCopyStream> OpenAsync(CancellationToken token)
    {
        if (binary) return await connection.BeginRawBinaryCopyAsync(Statement.Text, token).ConfigureAwait(false);
        // Bytes are written under the driver's text writer, which would only encode them.
        var writer = (StreamWriter)(TextWriter)await connection.BeginTextImportAsync(Statement.Text, token).ConfigureAwait(false);
        return (NpgsqlRawCopyStream)writer.BaseStream;
    }

    private async Task EndCopyAsync(CancellationToken token)
    {
        if (buffer.Length > 0) await SendBufferAsync(token).ConfigureAwait(false);
        if (copy is not { } open) return;
        await GuardedAsync(async t =>
        {
            if (binary) await open.WriteAsync(new byte[] { 0xff, 0xff }, t).ConfigureAwait(false);
            // Disposing is what completes a raw COPY, and reads the server's verdict.
            await open.DisposeAsync().ConfigureAwait(false);
        }, token).ConfigureAwait(false);
        copy = null;
        copyFirstRow = rows;
    }

    private async Task GuardedAsync(Func<CancellationToken, Task> call, CancellationToken token)
    {
        if (failed) throw new InvalidOperationException("The load has failed before.");
        try
        {
            await session.InterruptibleAsync(async t =>
            {
                await call(t).ConfigureAwait(false);
                return true;
            }, null, token).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            failed = true;
            throw token.IsCancellationRequested ? session.Failed(e, Statement, token) : Refused(e) ?? (Exception)session.Failed(e, Statement, token);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // A cancel in the middle of a message leaves the stream as it is; disposing tells the server that the load failed.
            failed = e is not OperationCanceledException;
            throw session.Failed(e, Statement, token);
        }
    }

    /// <summary>The row that the server refused; null when it was no row's fault.</summary>
    private BadValueException? Refused(PostgresException e)
    {
        if (e.SqlState.Length != 5 || e.SqlState[..2] is not ("22" or "23" or "P0")) return null;
        var (line, column, value) = PostgreSqlCopyContext.Read(e.Where, table.Name, columns.Select(c => c.Name));
        if (line <= 0) return null;
        var said = PostgreSqlFailures.Explain(e);
        if (value.Length > 80) value = value[..79] + "…";
        if (value.Length > 0 && !said.Contains(value, StringComparison.Ordinal)) said = $"'{value}': {said}";
        return new BadValueException(copyFirstRow + line - 1, e.ColumnName ?? column, said, e);
    }

    private void CheckNull(PostgreSqlBulkColumn column, int start)
    {
        if (!column.Nullable) throw Bad(column, start, "there is no value, and the column takes no null");
    }

    private BadValueException NotUnicode(PostgreSqlBulkColumn column, int start, EncoderFallbackException e) =>
        Bad(column, start, "the text is no valid Unicode: half of a surrogate pair stands alone in it", e);

    private BadValueException Bad(PostgreSqlBulkColumn column, int start, string why, Exception? inner = null)
    {
        buffer.CutTo(start);
        return new BadValueException(rows, column.Name, why, inner);
    }
}
