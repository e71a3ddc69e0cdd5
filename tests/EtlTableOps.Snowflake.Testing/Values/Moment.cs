using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>
/// A date, a time or a timestamp: seconds since 1970 (since midnight for a time), nanoseconds, and for TIMESTAMP_TZ the minutes that its clock is
/// ahead of UTC. Two are equal when their instants are.
/// </summary>
public readonly record struct Moment(long Seconds, int Nanos, int Offset = 0) : IComparable<Moment>
{
    private const long Billion = 1_000_000_000;

    /// <summary>Nanoseconds since 1970.</summary>
    public Int128 Nanoseconds => ((Int128)Seconds * Billion) + Nanos;

    public static Moment OfNanoseconds(Int128 nanoseconds)
    {
        var (seconds, nanos) = Int128.DivRem(nanoseconds, Billion);
        if (nanos < 0)
        {
            seconds--;
            nanos += Billion;
        }
        return new Moment((long)seconds, (int)nanos);
    }

    /// <summary>The record's own text would go on for ever: a moment has a moment among its members.</summary>
    public override string ToString() => ToDateTime().ToString("O", CultureInfo.InvariantCulture);

    public static Moment Of(DateTime time) => OfNanoseconds((Int128)(time.Ticks - DateTime.UnixEpoch.Ticks) * 100);

    public static Moment Of(DateTimeOffset time) => Of(time.UtcDateTime) with { Offset = (int)time.Offset.TotalMinutes };

    public DateTime ToDateTime() => new(DateTime.UnixEpoch.Ticks + (Seconds * TimeSpan.TicksPerSecond) + (Nanos / 100), DateTimeKind.Unspecified);

    public bool Equals(Moment other) => Seconds == other.Seconds && Nanos == other.Nanos;

    public override int GetHashCode() => HashCode.Combine(Seconds, Nanos);

    public int CompareTo(Moment other) => Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanos.CompareTo(other.Nanos);

    public static bool operator <(Moment left, Moment right) => left.CompareTo(right) < 0;

    public static bool operator <=(Moment left, Moment right) => left.CompareTo(right) <= 0;

    public static bool operator >(Moment left, Moment right) => left.CompareTo(right) > 0;

    public static bool operator >=(Moment left, Moment right) => left.CompareTo(right) >= 0;

    /// <summary>The clock's reading: for TIMESTAMP_TZ in its own zone.</summary>
    public DateTime Local => ToDateTime().AddMinutes(Offset);

    /// <summary>This cut to a number of digits of the second.</summary>
    public Moment Cut(int digits)
    {
        var unit = (int)Math.Pow(10, 9 - digits);
        return this with { Nanos = Nanos / unit * unit };
    }

    /// <summary>The moment at the midnight of the day.</summary>
    public Moment Day => new(Seconds - (((Seconds % 86400) + 86400) % 86400), 0);

    /// <summary>As text in Snowflake's formats by default.</summary>
    public string Show(SfType type) => type.Kind switch
    {
        SfKind.Date => ToDateTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        SfKind.Time => ToDateTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture),
        SfKind.TimestampNtz => ToDateTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
        _ => Local.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) + string.Create(CultureInfo.InvariantCulture, $" {(Offset < 0 ? '-' : '+')}{Math.Abs(Offset) / 60:00}{Math.Abs(Offset) % 60:00}"),
    };

    /// <summary>Reads ISO texts of dates, times and timestamps, with up to nine digits of the second; null when it is none.</summary>
    public static Moment? Parse(string text, SfKind kind)
    {
        text = text.Trim();
        if (kind == SfKind.Time)
        {
            var nanosOfTime = TakeFraction(ref text);
            return TimeSpan.TryParseExact(text, ["h\\:mm\\:ss", "hh\\:mm\\:ss", "h\\:mm", "hh\\:mm"], CultureInfo.InvariantCulture, out var time) ? new Moment((long)time.TotalSeconds, nanosOfTime) : null;
        }
        if (text.Length > 0 && text.All(char.IsAsciiDigit) && long.TryParse(text, CultureInfo.InvariantCulture, out var number)) return OfNumber(number);
        var offset = 0;
        var zoned = false;
        if (text.EndsWith('Z'))
        {
            text = text[..^1].TrimEnd();
            zoned = true;
        }
        else if (text.Length > 16 && text.LastIndexOfAny(['+', '-']) is var sign and > 10)
        {
            var zone = text[(sign + 1)..].Replace(":", "", StringComparison.Ordinal);
            if (zone.Length is not (2 or 4) || !int.TryParse(zone, NumberStyles.None, CultureInfo.InvariantCulture, out var hhmm)) return null;
            offset = zone.Length == 2 ? hhmm * 60 : (hhmm / 100 * 60) + (hhmm % 100);
            if (text[sign] == '-') offset = -offset;
            text = text[..sign].TrimEnd();
            zoned = true;
        }
        var nanos = TakeFraction(ref text);
        if (!DateTime.TryParseExact(text, ["yyyy-M-d", "yyyy-M-d H:mm:ss", "yyyy-M-dTH:mm:ss", "yyyy-M-d H:mm", "yyyy-M-dTH:mm", "M/d/yyyy", "M/d/yyyy H:mm:ss", "M/d/yyyy H:mm", "yyyyMMdd"],
            CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return null;
        var moment = Of(day) with { Nanos = nanos };
        if (zoned && kind is SfKind.TimestampLtz or SfKind.TimestampTz) moment = new Moment(moment.Seconds - (offset * 60), nanos, kind == SfKind.TimestampTz ? offset : 0);
        return kind == SfKind.Date ? moment.Day : moment;
    }

    /// <summary>Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size as Snowflake does.</summary>
    public static Moment OfNumber(long number) => Math.Abs(number) switch
    {
        < 31_536_000_000 => new Moment(number, 0),
        < 31_536_000_000_000 => OfNanoseconds((Int128)number * 1_000_000),
        < 31_536_000_000_000_000 => OfNanoseconds((Int128)number * 1_000),
        _ => OfNanoseconds(number),
    };

    private static int TakeFraction(ref string text)
    {
        var point = text.LastIndexOf('.');
        if (point < 0 || point < text.LastIndexOf(':')) return 0;
        var digits = text[(point + 1)..];
        if (digits.Length is 0 or > 9 || !digits.All(char.IsAsciiDigit)) return 0;
        text = text[..point];
        return int.Parse(digits.PadRight(9, '0'), CultureInfo.InvariantCulture);
    }
}
