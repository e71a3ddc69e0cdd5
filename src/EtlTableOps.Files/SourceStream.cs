namespace EtlTableOps.Files;

/// <summary>
/// Reads a stream once, from front to back: counts what was read, gives the first bytes back after a look at them, and lets a token end
/// the wait for a stream that may be silent for long (a pipe, a terminal), whose own reads cannot be interrupted.
/// </summary>
internal sealed class SourceStream(Stream inner) : Stream
{
    private readonly bool mayBeSilent = !inner.CanSeek && inner is not System.IO.Compression.GZipStream;
    private byte[] head = [];
    private int headUsed;

    /// <summary>Ends a wait; set by the reader before each row.</summary>
    public CancellationToken Token { get; set; }

    /// <summary>Bytes handed out.</summary>
    public long BytesRead { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => BytesRead;
        set => throw new NotSupportedException();
    }

    /// <summary>The first bytes, at most this many, without consuming them.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        var buffer = new byte[count];
        var filled = 0;
        while (filled < count)
        {
            var n = ReadInner(buffer.AsMemory(filled));
            if (n == 0) break;
            filled += n;
        }
        head = buffer[..filled];
        headUsed = 0;
        return head;
    }

    /// <summary>Leaves out bytes that were peeked at.</summary>
    public void Skip(int count) => headUsed += count;

    public override int Read(byte[] buffer, int offset, int count) => ReadCounted(buffer.AsMemory(offset, count));

    public override int Read(Span<byte> buffer)
    {
        // The base class would copy through a rented array as well.
        var copy = new byte[buffer.Length];
        var n = ReadCounted(copy);
        copy.AsSpan(0, n).CopyTo(buffer);
        return n;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private int ReadCounted(Memory<byte> buffer)
    {
        int n;
        if (headUsed < head.Length)
        {
            n = Math.Min(buffer.Length, head.Length - headUsed);
            head.AsMemory(headUsed, n).CopyTo(buffer);
            headUsed += n;
        }
        else
        {
            n = ReadInner(buffer);
        }
        BytesRead += n;
        return n;
    }

    private int ReadInner(Memory<byte> buffer)
    {
        if (!mayBeSilent) return inner.Read(buffer.Span);
        // The read is left behind when the token ends the wait; the process that owns the pipe is about to leave as well.
        var reading = inner.ReadAsync(buffer, CancellationToken.None).AsTask();
        reading.Wait(Token);
        return reading.Result;
    }
}
