using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using EtlTableOps.Errors;
using EtlTableOps.Imports;

namespace EtlTableOps.Files;

/// <summary>Rows of a text file of separated values (RFC 4180). Values are strings, to be converted by the column that takes them.</summary>
public sealed class CsvRowSource : IRowSource
{
    // A quote that is never closed makes a field of the rest of the file; the limit ends that before memory does.
    private const double LargestField = 512d * 1024 * 1024;

    private readonly CsvFormat format;
    private readonly string delimiter;
    private readonly SourceStream stream;
    private readonly Func<long>? position;
    private readonly UnreadableBytes unreadable = new();
    private readonly Encoding encoding;
    private readonly CsvParser parser;
    private IReadOnlyList<string>? columns;
    private long rows;
    private long linesBefore;

    /// <summary>Reads from a stream, which it disposes.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="name">What it is, for messages.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="length">Bytes in all, or -1 when not known.</param>
    /// <param name="position">How far the reading has come where that is not the stream's own bytes (a packed file), or null.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when the format contradicts itself.</exception>
    public CsvRowSource(Stream stream, string name, CsvFormat format, long length = -1, Func<long>? position = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(format);
        this.format = format;
        this.stream = new SourceStream(stream);
        this.position = position;
        Name = name;
        Length = length;
        delimiter = format.Delimiter ?? ",";
        if (delimiter.Length == 0 || delimiter.Contains(format.Quote, StringComparison.Ordinal) || delimiter.AsSpan().ContainsAny('\r', '\n'))
            throw new EtlException(ErrorCode.BadInput, "A delimiter is one character or more, and no quote and no line end.");
        encoding = TextEncodings.Detect(this.stream, format.Encoding);
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = delimiter,
            Quote = format.Quote,
            Escape = format.Quote,
            Mode = CsvMode.RFC4180,
            IgnoreBlankLines = false,
            HasHeaderRecord = false,
            BufferSize = 64 * 1024,
            MaxFieldSize = LargestField,
            TrimOptions = TrimOptions.None,
        };
        var reader = new StreamReader(this.stream, TextEncodings.WithFallback(encoding, unreadable), detectEncodingFromByteOrderMarks: false, bufferSize: 64 * 1024);
        parser = new CsvParser(reader, configuration);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Line { get; private set; }

    /// <inheritdoc/>
    public long Position => position?.Invoke() ?? stream.BytesRead;

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ReadColumnsAsync(CancellationToken token)
    {
        if (columns is not null) return ValueTask.FromResult(columns);
        if (format.Columns is { } given) return ValueTask.FromResult(columns = Checked(given));
        if (!Next(token)) throw new BadValueException(0, "", "The file is empty: its first line has to name the columns.");
        var header = new string[parser.Count];
        for (var i = 0; i < header.Length; i++) header[i] = Field(i, "");
        if (header.Length == 1 && format.Delimiter is null && header[0].AsSpan().IndexOfAny(";\t|") is var at and >= 0)
            throw new BadValueException(0, "", $"The header line is one column, '{header[0]}'; where '{header[0][at]}' separates the columns, give it as the delimiter.");
        return ValueTask.FromResult(columns = Checked(header));
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReadAsync(object?[] values, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(values);
        var names = columns ?? throw new InvalidOperationException("The columns are read before the rows.");
        do
        {
            if (!Next(token)) return ValueTask.FromResult(false);
        }
        while (parser.Count == 1 && names.Count > 1 && IsBlank());
        var count = parser.Count;
        if (count != names.Count)
            throw new BadValueException(rows, "", $"The line has {count.ToString(CultureInfo.InvariantCulture)} fields, but there are {names.Count.ToString(CultureInfo.InvariantCulture)} columns.");
        var nullText = format.NullText;
        var mayBeNull = false;
        for (var i = 0; i < count; i++)
        {
            var field = Field(i, names[i]);
            values[i] = field;
            if (field.Length == nullText.Length && field == nullText) mayBeNull = true;
        }
        if (mayBeNull) SetNulls(values, count);
        rows++;
        return ValueTask.FromResult(true);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        parser.Dispose();
        return ValueTask.CompletedTask;
    }

    private bool Next(CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        stream.Token = token;
        Line = linesBefore + 1;
        try
        {
            if (!parser.Read()) return false;
        }
        catch (MaxFieldSizeException e)
        {
            throw new BadValueException(rows, "", $"A field is longer than {LargestField.ToString(CultureInfo.InvariantCulture)} characters: a quote may not be closed.", e);
        }
        catch (InvalidDataException e)
        {
            throw new BadValueException(rows, "", $"The packed file cannot be unpacked: {e.Message}", e);
        }
        linesBefore = parser.RawRow;
        return true;
    }

    private string Field(int index, string column)
    {
        string field;
        try
        {
            field = parser[index];
        }
        catch (BadDataException e)
        {
            var place = column.Length > 0 ? column : "";
            throw new BadValueException(rows, place, $"Field {(index + 1).ToString(CultureInfo.InvariantCulture)} has a quote in the wrong place, or one that is not closed: {Shorten(e.Field)}", e);
        }
        if (unreadable.Met && field.Contains(UnreadableBytes.Stand, StringComparison.Ordinal))
            throw new BadValueException(rows, column, $"The field has bytes that are no {encoding.WebName} text: {Shorten(field.Replace(UnreadableBytes.Stand, '?'))}. Name the file's encoding.");
        return field;
    }

    private bool IsBlank()
    {
        foreach (var c in parser.RawRecord)
        {
            if (c is not ('\r' or '\n')) return false;
        }
        return true;
    }

    // Only the raw line tells a quoted field from an unquoted one; it is looked at when a field reads like a null and quotes are in the line.
    private void SetNulls(object?[] values, int count)
    {
        var raw = parser.RawRecord.AsSpan();
        var anyQuote = raw.Contains(format.Quote);
        for (var i = 0; i < count; i++)
        {
            if (!(anyQuote && raw.Length > 0 && raw[0] == format.Quote) && (string?)values[i] == format.NullText) values[i] = null;
            if (anyQuote) raw = raw[NextField(raw)..];
        }
    }

    private int NextField(ReadOnlySpan<char> raw)
    {
        var at = 0;
        if (raw.Length > 0 && raw[0] == format.Quote)
        {
            for (at = 1; at < raw.Length; at++)
            {
                if (raw[at] != format.Quote) continue;
                if (at + 1 < raw.Length && raw[at + 1] == format.Quote) at++;
                else break;
            }
        }
        var next = raw[at..].IndexOf(delimiter, StringComparison.Ordinal);
        return next < 0 ? raw.Length : at + next + delimiter.Length;
    }

    private static string[] Checked(IReadOnlyList<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i].Length == 0) throw new BadValueException(0, "", $"Column {(i + 1).ToString(CultureInfo.InvariantCulture)} has no name.");
            if (!seen.Add(names[i])) throw new BadValueException(0, names[i], $"Column '{names[i]}' is named twice.");
        }
        return [.. names];
    }

    private static string Shorten(string? text) => text is null ? "" : text.Length <= 60 ? $"'{text}'" : $"'{text[..57]}…'";
}
