using System.Text;

namespace EtlTableOps.Files;

/// <summary>Finds a file's encoding, and makes bytes that are no text in it visible instead of replacing them in silence.</summary>
internal static class TextEncodings
{
    // The longer marks first: the one of UTF-32 begins with the one of UTF-16.
    private static readonly Encoding[] Marked = [new UTF32Encoding(false, true), new UTF32Encoding(true, true), new UTF8Encoding(true), new UnicodeEncoding(false, true), new UnicodeEncoding(true, true)];

    /// <summary>Looks for a byte order mark and leaves it out; without one it is what was asked for, else UTF-8.</summary>
    public static Encoding Detect(SourceStream stream, Encoding? asked)
    {
        var head = stream.Peek(4);
        foreach (var encoding in Marked)
        {
            if (!head.StartsWith(encoding.Preamble)) continue;
            stream.Skip(encoding.Preamble.Length);
            return encoding;
        }
        return asked ?? new UTF8Encoding(false);
    }

    /// <summary>The same encoding with a fallback that marks what it could not read.</summary>
    public static Encoding WithFallback(Encoding encoding, UnreadableBytes unreadable)
    {
        var copy = (Encoding)encoding.Clone();
        copy.DecoderFallback = unreadable;
        return copy;
    }
}

/// <summary>
/// Stands in for bytes that are no text in the encoding: remembers that there were some, and puts a character in their place that no text
/// holds (U+FFFF is no character), so that the row and column can be named when the parser comes there.
/// </summary>
internal sealed class UnreadableBytes : DecoderFallback
{
    public const char Stand = '\uFFFF';

    /// <summary>Whether any were met so far.</summary>
    public bool Met { get; private set; }

    public override int MaxCharCount => 1;

    public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer(this);

    private sealed class Buffer(UnreadableBytes owner) : DecoderFallbackBuffer
    {
        private bool pending;

        public override int Remaining => pending ? 1 : 0;

        public override bool Fallback(byte[] bytesUnknown, int index)
        {
            owner.Met = true;
            pending = true;
            return true;
        }

        public override char GetNextChar()
        {
            if (!pending) return '\0';
            pending = false;
            return Stand;
        }

        public override bool MovePrevious()
        {
            if (pending) return false;
            pending = true;
            return true;
        }
    }
}
