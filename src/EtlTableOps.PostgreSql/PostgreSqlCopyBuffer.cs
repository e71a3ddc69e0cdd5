using System.Buffers.Binary;
using System.Text;

namespace EtlTableOps.PostgreSql;

/// <summary>Bytes of rows on their way to the server; grows to the longest row and is used again.</summary>
internal sealed class PostgreSqlCopyBuffer
{
    // Strict, because a replaced character would be stored as if it had been given.
    private static readonly UTF8Encoding Utf8 = new(false, true);

    private byte[] bytes = new byte[256 * 1024];

    /// <summary>Bytes held.</summary>
    public int Length { get; private set; }

    /// <summary>What is held.</summary>
    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    /// <summary>Forgets what stands behind this length.</summary>
    public void CutTo(int length) => Length = length;

    /// <summary>A place for up to so many bytes; <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> Reserve(int size)
    {
        if (bytes.Length - Length < size) Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max((long)Length + size, bytes.Length * 2L)));
        return bytes.AsSpan(Length);
    }

    /// <summary>Takes bytes of the reserved place.</summary>
    public void Advance(int size) => Length += size;

    public void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
    }

    public void WriteInt16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(Reserve(2), value);
        Length += 2;
    }

    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);
        Length += 4;
    }

    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);
        Length += 8;
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Reserve(value.Length));
        Length += value.Length;
    }

    /// <exception cref="EncoderFallbackException">The text is no valid Unicode.</exception>
    public void WriteText(ReadOnlySpan<char> text)
    {
        var place = Reserve(Utf8.GetMaxByteCount(text.Length));
        Length += Utf8.GetBytes(text, place);
    }

    /// <summary>Fills in a length that was left open at this place.</summary>
    public void PatchLength(int at) => BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), Length - at - 4);
}
