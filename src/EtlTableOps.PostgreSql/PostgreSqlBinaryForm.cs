using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EtlTableOps.PostgreSql;

/// <summary>
/// Writes values in the binary form that the server's receive function of a type reads. It takes only text whose meaning is certain
/// without the server; for anything else it says no, and the writer hands the row to the server as text, which then decides.
/// </summary>
internal abstract class PostgreSqlBinaryForm
{
    /// <summary>The form of a column's type, or null.</summary>
    public static PostgreSqlBinaryForm? Of(PostgreSqlColumnType type) => type.Receive switch
    {
        "boolrecv" => new Bool(),
        "int2recv" => new Whole(short.MinValue, short.MaxValue, 2),
        "int4recv" => new Whole(int.MinValue, int.MaxValue, 4),
        "int8recv" => new Whole(long.MinValue, long.MaxValue, 8),
        "float4recv" => new Real4(),
        "float8recv" => new Real8(),
        "numeric_recv" => new PostgreSqlNumericForm(),
        "textrecv" or "enum_recv" or "json_recv" => new Text(-1, null),
        // The modifier of these counts four bytes of a header that is no more.
        "varcharrecv" or "bpcharrecv" => new Text(type.Modifier < 0 ? -1 : type.Modifier - 4, null),
        "jsonb_recv" => new Text(-1, 1),
        "bytearecv" => new Bytes(),
        "uuid_recv" => new Uuid(),
        "inet_recv" => new Inet(false),
        "cidr_recv" => new Inet(true),
        "date_recv" => new PostgreSqlDateForm(),
        // The receive functions round to the type's precision, like the text ones.
        "time_recv" => new PostgreSqlTimeForm(),
        "timestamp_recv" => new PostgreSqlTimestampForm(withZone: false, utc: false),
        "timestamptz_recv" => new PostgreSqlTimestampForm(withZone: true, utc: IsUtc(type.TimeZone)),
        _ => null,
    };

    /// <summary>Writes a value that is not null; false when that is not certain to be right. What was written before a no is cut off by the caller.</summary>
    public bool TryWrite(object value, PostgreSqlCopyBuffer to) =>
        value is string text ? TryWriteText(text, to) : TryWriteValue(value, to);

    /// <summary>Writes the text form of a value.</summary>
    protected abstract bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to);

    /// <summary>Writes a typed value; where a form knows no shorter way, through the value's text.</summary>
    protected virtual bool TryWriteValue(object value, PostgreSqlCopyBuffer to)
    {
        // The numbers of JSON and of scripts: no string for each of them.
        if (value is ISpanFormattable number and (long or int or decimal or short or byte or ulong or uint or ushort or sbyte or float))
        {
            Span<char> place = stackalloc char[64];
            if (number.TryFormat(place, out var length, value is float ? "R" : default, CultureInfo.InvariantCulture)) return TryWriteText(place[..length], to);
        }
        return TryWriteText(PostgreSqlTextForm.Of(value), to);
    }

    private static bool IsUtc(string zone) =>
        zone is "UTC" or "Etc/UTC" or "GMT" or "Etc/GMT" or "UCT" or "Etc/UCT" or "Zulu" or "Etc/Zulu" or "Universal" or "Etc/Universal" or "Greenwich" or "Etc/Greenwich";

    private sealed class Bool : PostgreSqlBinaryForm
    {
        protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
        {
            bool value;
            if (text is "t" or "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase)) value = true;
            else if (text is "f" or "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase)) value = false;
            else return false;
            to.WriteByte(value ? (byte)1 : (byte)0);
            return true;
        }

        protected override bool TryWriteValue(object value, PostgreSqlCopyBuffer to)
        {
            if (value is not bool given) return base.TryWriteValue(value, to);
            to.WriteByte(given ? (byte)1 : (byte)0);
            return true;
        }
    }

    private sealed class Whole(long least, long most, int size) : PostgreSqlBinaryForm
    {
        protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value) && Write(value, to);

        protected override bool TryWriteValue(object value, PostgreSqlCopyBuffer to) => value switch
        {
            long given => Write(given, to),
            int given => Write(given, to),
            // Scripts and JSON give 3.0 where 3 is meant.
            double given when given == Math.Floor(given) && Math.Abs(given) < 9e15 => Write((long)given, to),
            decimal given when given == Math.Floor(given) && Math.Abs(given) <= long.MaxValue => Write((long)given, to),
            _ => base.TryWriteValue(value, to),
        };

        private bool Write(long value, PostgreSqlCopyBuffer to)
        {
            if (value < least || value > most) return false;
            if (size == 4) to.WriteInt32((int)value);
            else if (size == 8) to.WriteInt64(value);
            else to.WriteInt16((short)value);
            return true;
        }
    }

    private sealed class Real8 : PostgreSqlBinaryForm
    {
        protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
        {
            // Infinite from digits is an overflow, and zero from digits may be an underflow; words and overflows are the server's to read.
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value) || (value == 0 && text.ContainsAnyInRange('1', '9'))) return false;
            to.WriteInt64(BitConverter.DoubleToInt64Bits(value));
            return true;
        }

        protected override bool TryWriteValue(object value, PostgreSqlCopyBuffer to)
        {
            if (value is not double given) return base.TryWriteValue(value, to);
            to.WriteInt64(BitConverter.DoubleToInt64Bits(given));
            return true;
        }
    }

    private sealed class Real4 : PostgreSqlBinaryForm
    {
        protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
        {
            if (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !float.IsFinite(value) || (value == 0 && text.ContainsAnyInRange('1', '9'))) return false;
            to.WriteInt32(BitConverter.SingleToInt32Bits(value));
            return true;
        }

        protected override bool TryWriteValue(object value, PostgreSqlCopyBuffer to)
        {
            if (value is not float given) return base.TryWriteValue(value, to);
            to.WriteInt32(BitConverter.SingleToInt32Bits(given));
            return true;
        }
    }

    private sealed class Text(int longest, byte? version) : PostgreSqlBinaryForm
    {
        protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
        {
            // A pair of surrogates is one character to the server; where that could matter, it counts.
            if (longest >= 0 && text.Length > longest) return false;
            if (text.Contains('\0')) return false;
            if (version is { } first) to.WriteByte(first);
            to.WriteText(text);
            return true;
        }
    }

    private sealed class Bytes : PostgreSqlBinaryForm
    {
        protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
        {
            if (!text.StartsWith("\\x") || text.Length % 2 != 0) return false;
            for (var i = 2; i < text.Length; i += 2)
            {
                if (!char.IsAsciiHexDigit(text[i]) || !char.IsAsciiHexDigit(text[i + 1])) return false;
                to.WriteByte((byte)((Digit(text[i]) << 4) | Digit(text[i + 1])));
            }
            return true;
        }

        protected override bool TryWriteValue(object value, PostgreSqlCopyBuffer to)
        {
            if (value is not byte[] given) return base.TryWriteValue(value, to);
            to.WriteBytes(given);
            return true;
        }

        private static int Digit(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
    }

    private sealed class Uuid : PostgreSqlBinaryForm
    {
        protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to) => Guid.TryParseExact(text, "D", out var value) && Write(value, to);

        protected override bool TryWriteValue(object value, PostgreSqlCopyBuffer to) => value is Guid given ? Write(given, to) : base.TryWriteValue(value, to);

        private static bool Write(Guid value, PostgreSqlCopyBuffer to)
        {
            value.TryWriteBytes(to.Reserve(16), bigEndian: true, out _);
            to.Advance(16);
            return true;
        }
    }

    private sealed class Inet(bool network) : PostgreSqlBinaryForm
    {
        protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
        {
            var slash = text.IndexOf('/');
            var place = slash < 0 ? text : text[..slash];
            // The framework reads 1 and 0x7f.1 as addresses too; a full one has three dots or is IPv6 without a zone.
            var dots = place.Count('.');
            if (place.Contains(':') ? place.ContainsAny('%', '.', '[') : dots != 3 || place.ContainsAnyExceptInRange('.', '9') || place.Contains('/') || HasLeadingZero(place)) return false;
            if (!IPAddress.TryParse(place, out var address)) return false;
            var four = address.AddressFamily == AddressFamily.InterNetwork;
            var size = four ? 4 : 16;
            var bits = size * 8;
            if (slash >= 0 && (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > size * 8)) return false;
            to.WriteByte(four ? (byte)2 : (byte)3);
            to.WriteByte((byte)bits);
            to.WriteByte(network ? (byte)1 : (byte)0);
            to.WriteByte((byte)size);
            address.TryWriteBytes(to.Reserve(size), out _);
            to.Advance(size);
            return true;
        }

        // The framework reads 010 as octal.
        private static bool HasLeadingZero(ReadOnlySpan<char> place)
        {
            for (var i = 0; i + 1 < place.Length; i++)
            {
                if (place[i] == '0' && (i == 0 || place[i - 1] == '.') && place[i + 1] != '.') return true;
            }
            return false;
        }
    }
}
