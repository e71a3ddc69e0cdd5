using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>A request of HTTP/1.1, read whole.</summary>
internal sealed record HttpRequest(string Method, string Path, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Target { get; init; } = "";
}

/// <summary>
/// One connection of a client. HttpListener is not used because it cannot drop a connection without an answer: its Abort sends an empty one first, and a
/// lost answer is what the tests need.
/// </summary>
internal sealed class HttpConnection(TcpClient client, Func<HttpRequest, byte[]?> answer) : IDisposable
{
    private readonly BufferedStream input = new(client.GetStream(), 16384);

    /// <summary>Answers requests until the client closes, or until there is no answer to give.</summary>
    public void Serve()
    {
        try
        {
            client.NoDelay = true;
            while (Read() is { } request)
            {
                if (answer(request) is not { } body)
                {
                    // A reset, so that the client sees a loss and not a proper end.
                    client.Client.LingerState = new LingerOption(true, 0);
                    return;
                }
                var head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n");
                var stream = client.GetStream();
                stream.Write([.. Encoding.ASCII.GetBytes(head), .. body]);
                stream.Flush();
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or FormatException)
        {
            // The client is gone; what it asked for is done all the same.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        input.Dispose();
        client.Dispose();
    }

    private HttpRequest? Read()
    {
        if (Line() is not { Length: > 0 } first) return null;
        var parts = first.Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (Line() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
        if (headers.TryGetValue("Expect", out var expect) && expect.Equals("100-continue", StringComparison.OrdinalIgnoreCase)) client.GetStream().Write("HTTP/1.1 100 Continue\r\n\r\n"u8);
        var body = headers.TryGetValue("Transfer-Encoding", out var encoding) && encoding.Equals("chunked", StringComparison.OrdinalIgnoreCase) ? Chunks()
            : headers.TryGetValue("Content-Length", out var length) ? Bytes(int.Parse(length, CultureInfo.InvariantCulture)) : [];
        if (headers.TryGetValue("Content-Encoding", out var packed) && packed.Equals("gzip", StringComparison.OrdinalIgnoreCase))
        {
            using var unpacked = new MemoryStream();
            using var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
            gzip.CopyTo(unpacked);
            body = unpacked.ToArray();
        }
        var (path, query) = parts[1].Split('?', 2) is [var p, var q] ? (p, q) : (parts[1], "");
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            values[equals < 0 ? pair : pair[..equals]] = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..].Replace('+', ' '));
        }
        return new HttpRequest(parts[0], path, values, headers, body) { Target = parts[1] };
    }

    private string? Line()
    {
        var line = new List<byte>(128);
        for (var b = input.ReadByte(); b != '\n'; b = input.ReadByte())
        {
            if (b < 0) return null;
            if (b != '\r') line.Add((byte)b);
        }
        return Encoding.UTF8.GetString([.. line]);
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        input.ReadExactly(bytes);
        return bytes;
    }

    private byte[] Chunks()
    {
        using var all = new MemoryStream();
        while (true)
        {
            var size = int.Parse((Line() ?? throw new IOException("The body ended early.")).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            all.Write(Bytes(size));
            Line();
            if (size == 0) return all.ToArray();
        }
    }
}
