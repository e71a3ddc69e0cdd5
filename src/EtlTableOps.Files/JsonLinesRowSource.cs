using System.Globalization;
using System.Text;
using System.Text.Json;
using EtlTableOps.Imports;

namespace EtlTableOps.Files;

/// <summary>
/// Rows of a JSON Lines file: one object a line. The columns are those given, else the properties of the first object; a property
/// that is missing later is null, one that is new later is an error that names it. Numbers keep every digit, objects and arrays come as
/// their JSON text.
/// </summary>
public sealed class JsonLinesRowSource : IRowSource
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 1000 };

    private readonly SourceStream source;
    private readonly Stream stream;
    private readonly Func<long>? position;
    private readonly IReadOnlyList<string>? given;
    private byte[] buffer = new byte[128 * 1024];
    private int start;
    private int filled;
    private bool ended;
    private bool replay;
    private ReadOnlyMemory<byte> line;
    private string[]? columns;
    private byte[][] names = [];
    private Dictionary<string, int> indexes = [];
    private bool[] seen = [];
    private long rows;

    /// <summary>Reads from a stream, which it disposes.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="name">What it is, for messages.</param>
    /// <param name="columns">The properties that are read as columns, or null for those of the first object.</param>
    /// <param name="encoding">The encoding of a file without a byte order mark; null takes UTF-8.</param>
    /// <param name="length">Bytes in all, or -1 when not known.</param>
    /// <param name="position">How far the reading has come where that is not the stream's own bytes (a packed file), or null.</param>
    public JsonLinesRowSource(Stream stream, string name, IReadOnlyList<string>? columns = null, Encoding? encoding = null, long length = -1, Func<long>? position = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Name = name;
        Length = length;
        given = columns;
        this.position = position;
        source = new SourceStream(stream);
        var found = TextEncodings.Detect(source, encoding);
        this.stream = found is UTF8Encoding ? source : Encoding.CreateTranscodingStream(source, found, new UTF8Encoding(false));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Line { get; private set; }

    /// <inheritdoc/>
    public long Position => position?.Invoke() ?? source.BytesRead;

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ReadColumnsAsync(CancellationToken token)
    {
        if (columns is not null) return ValueTask.FromResult<IReadOnlyList<string>>(columns);
        if (given is not null) return ValueTask.FromResult<IReadOnlyList<string>>(SetColumns([.. given]));
        if (!NextLine(token)) return ValueTask.FromResult<IReadOnlyList<string>>(SetColumns([]));
        var found = new List<string>();
        try
        {
            var reader = Begin();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                found.Add(reader.GetString() ?? "");
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Broken(e);
        }
        // The first line is read twice: for its names now, for its values with the first row.
        replay = true;
        return ValueTask.FromResult<IReadOnlyList<string>>(SetColumns([.. found]));
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReadAsync(object?[] values, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (columns is null) throw new InvalidOperationException("The columns are read before the rows.");
        if (!replay && !NextLine(token)) return ValueTask.FromResult(false);
        replay = false;
        Array.Clear(values, 0, columns.Length);
        Array.Clear(seen);
        try
        {
            ReadObject(values);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Broken(e);
        }
        rows++;
        return ValueTask.FromResult(true);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private void ReadObject(object?[] values)
    {
        var reader = Begin();
        var expected = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Nearly every object has its properties in the first one's order.
            var index = expected < names.Length && reader.ValueTextEquals(names[expected]) ? expected : Find(reader.GetString() ?? "");
            if (seen[index]) throw new BadValueException(rows, columns![index], $"Property '{columns[index]}' stands twice in the object.");
            seen[index] = true;
            expected = index + 1;
            reader.Read();
            values[index] = Value(ref reader, columns![index]);
        }
        if (reader.Read()) throw new JsonException("Something stands behind the object.");
    }

    private string? Value(ref Utf8JsonReader reader, string column)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.True:
                return "true";
            case JsonTokenType.False:
                return "false";
            case JsonTokenType.Number:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            case JsonTokenType.String:
                try
                {
                    return reader.GetString();
                }
                catch (InvalidOperationException e)
                {
                    throw new BadValueException(rows, column, "The text holds bytes or escapes that are no Unicode text.", e);
                }
            default:
                var from = (int)reader.TokenStartIndex;
                reader.Skip();
                return Encoding.UTF8.GetString(line.Span[from..(int)reader.BytesConsumed]);
        }
    }

    private int Find(string name) => indexes.TryGetValue(name, out var index)
        ? index
        : throw new BadValueException(rows, name, given is null
            ? $"Property '{name}' is not one of the first object's, which make the columns."
            : $"Property '{name}' is not one of the columns given.");

    private Utf8JsonReader Begin()
    {
        var reader = new Utf8JsonReader(line.Span, Options);
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartArray)
            throw new JsonException("The line begins a JSON array. JSON Lines has one object a line, without brackets or commas around them.");
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("The line is no JSON object.");
        return reader;
    }

    private BadValueException Broken(Exception e)
    {
        var message = e is JsonException { BytePositionInLine: { } at }
            ? $"The line is not a whole JSON object; it breaks at byte {(at + 1).ToString(CultureInfo.InvariantCulture)}."
            : e.Message;
        return new BadValueException(rows, "", message, e);
    }

    private string[] SetColumns(string[] found)
    {
        indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < found.Length; i++)
        {
            if (!indexes.TryAdd(found[i], i)) throw new BadValueException(0, found[i], $"Column '{found[i]}' is named twice.");
        }
        names = Array.ConvertAll(found, Encoding.UTF8.GetBytes);
        seen = new bool[found.Length];
        return columns = found;
    }

    /// <summary>Goes to the next line that is not blank.</summary>
    private bool NextLine(CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        source.Token = token;
        while (true)
        {
            var searched = start;
            int end;
            while ((end = buffer.AsSpan(searched, filled - searched).IndexOf((byte)'\n')) < 0 && !ended)
            {
                searched = filled - start;
                Fill();
            }
            if (end < 0)
            {
                if (start == filled) return false;
                end = filled - searched;
            }
            end += searched;
            line = buffer.AsMemory(start, end - start);
            start = Math.Min(end + 1, filled);
            Line++;
            if (line.Span.IndexOfAnyExcept(" \t\r"u8) >= 0) return true;
        }
    }

    /// <summary>Moves the begun line to the front, makes room for it and reads on.</summary>
    private void Fill()
    {
        var begun = filled - start;
        if (begun == buffer.Length)
        {
            if (buffer.Length == Array.MaxLength) throw new BadValueException(rows, "", "The line is longer than two gigabytes.");
            Array.Resize(ref buffer, (int)Math.Min((long)buffer.Length * 2, Array.MaxLength));
        }
        else
        {
            buffer.AsSpan(start, begun).CopyTo(buffer);
        }
        start = 0;
        filled = begun;
        int n;
        try
        {
            n = stream.Read(buffer, filled, buffer.Length - filled);
        }
        catch (InvalidDataException e)
        {
            throw new BadValueException(rows, "", $"The packed file cannot be unpacked: {e.Message}", e);
        }
        ended = n == 0;
        filled += n;
    }
}
