namespace EtlTableOps.PostgreSql;

/// <summary>A date: days since 2000-01-01.</summary>
internal sealed class PostgreSqlDateForm : PostgreSqlBinaryForm
{
    protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
    {
        var reader = new PostgreSqlTimeReader(text.Trim(' '));
        if (!reader.Date(out var days) || !reader.AtEnd) return false;
        to.WriteInt32(days);
        return true;
    }

    protected override bool TryWriteValue(object value, PostgreSqlCopyBuffer to)
    {
        var days = value switch
        {
            DateOnly given => given.DayNumber,
            // Only at midnight: a time of day would be lost without a word.
            DateTime given when given.TimeOfDay == TimeSpan.Zero => (int)(given.Ticks / TimeSpan.TicksPerDay),
            _ => -1,
        };
        if (days < 0) return base.TryWriteValue(value, to);
        to.WriteInt32(days - PostgreSqlTimeReader.EpochDay);
        return true;
    }
}

/// <summary>A time of day: microseconds.</summary>
internal sealed class PostgreSqlTimeForm : PostgreSqlBinaryForm
{
    protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
    {
        var reader = new PostgreSqlTimeReader(text.Trim(' '));
        if (!reader.TimeOfDay(out var microseconds) || !reader.AtEnd) return false;
        to.WriteInt64(microseconds);
        return true;
    }
}

/// <summary>A moment, with or without a zone: microseconds since 2000-01-01.</summary>
/// <param name="withZone">Whether it is a moment in UTC or a wall clock's time.</param>
/// <param name="utc">Whether the session's own zone is UTC, so that text without a zone is certain.</param>
internal sealed class PostgreSqlTimestampForm(bool withZone, bool utc) : PostgreSqlBinaryForm
{
    private const long Day = 86_400_000_000;

    protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
    {
        var reader = new PostgreSqlTimeReader(text.Trim(' '));
        if (!reader.Date(out var days)) return false;
        var microseconds = 0L;
        if (!reader.AtEnd && (!reader.Separator() || !reader.TimeOfDay(out microseconds))) return false;
        var offset = 0L;
        if (reader.AtEnd)
        {
            if (withZone && !utc) return false;
        }
        else if (!withZone || !reader.Zone(out offset) || !reader.AtEnd)
        {
            return false;
        }
        to.WriteInt64((days * Day) + microseconds - offset);
        return true;
    }

    protected override bool TryWriteValue(object value, PostgreSqlCopyBuffer to)
    {
        long ticks;
        switch (value)
        {
            case DateTimeOffset given when withZone:
                ticks = given.UtcTicks;
                break;
            case DateTime given when !withZone:
                // A wall clock's time: what the clock shows, of whatever kind.
                ticks = given.Ticks;
                break;
            case DateTime given when given.Kind != DateTimeKind.Unspecified || utc:
                ticks = given.Kind == DateTimeKind.Local ? given.ToUniversalTime().Ticks : given.Ticks;
                break;
            default:
                return base.TryWriteValue(value, to);
        }
        // Rounded like the server rounds a seventh decimal.
        var microseconds = (long)Math.Round(ticks / 10m, MidpointRounding.ToEven);
        to.WriteInt64(microseconds - (PostgreSqlTimeReader.EpochDay * Day));
        return true;
    }
}

/// <summary>Reads ISO dates and times from text, and nothing that could mean something else.</summary>
internal ref struct PostgreSqlTimeReader(ReadOnlySpan<char> text)
{
    /// <summary>The server's day zero, 2000-01-01, counted from 0001-01-01.</summary>
    public const int EpochDay = 730_119;

    private ReadOnlySpan<char> rest = text;

    /// <summary>Whether all was read.</summary>
    public readonly bool AtEnd => rest.Length == 0;

    /// <summary>yyyy-MM-dd, from the year 1 to 9999.</summary>
    public bool Date(out int days)
    {
        days = 0;
        if (rest.Length < 10 || rest[4] != '-' || rest[7] != '-') return false;
        if (!Digits(rest[..4], out var year) || !Digits(rest[5..7], out var month) || !Digits(rest[8..10], out var day)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        days = new DateOnly(year, month, day).DayNumber - EpochDay;
        rest = rest[10..];
        return true;
    }

    /// <summary>A T or a blank.</summary>
    public bool Separator()
    {
        if (AtEnd || rest[0] is not ('T' or ' ' or 't')) return false;
        rest = rest[1..];
        return true;
    }

    /// <summary>HH:mm, HH:mm:ss or with up to six decimals; more are the server's to round.</summary>
    public bool TimeOfDay(out long microseconds)
    {
        microseconds = 0;
        if (rest.Length < 5 || rest[2] != ':' || !Digits(rest[..2], out var hours) || !Digits(rest[3..5], out var minutes) || hours > 23 || minutes > 59) return false;
        microseconds = ((hours * 60L) + minutes) * 60_000_000;
        rest = rest[5..];
        if (AtEnd || rest[0] != ':') return true;
        if (rest.Length < 3 || !Digits(rest[1..3], out var seconds) || seconds > 59) return false;
        microseconds += seconds * 1_000_000L;
        rest = rest[3..];
        if (AtEnd || rest[0] != '.') return true;
        var count = 0;
        var fraction = 0L;
        for (rest = rest[1..]; rest.Length > 0 && char.IsAsciiDigit(rest[0]); rest = rest[1..])
        {
            // A seventh digit, as .NET writes it, may be dropped only when it is a zero.
            if (++count > 6)
            {
                if (rest[0] != '0') return false;
                continue;
            }
            fraction = (fraction * 10) + (rest[0] - '0');
        }
        if (count == 0) return false;
        for (; count < 6; count++) fraction *= 10;
        microseconds += fraction;
        return true;
    }

    /// <summary>Z, +hh, +hhmm, +hh:mm, perhaps behind a blank; in microseconds east of Greenwich.</summary>
    public bool Zone(out long offset)
    {
        offset = 0;
        rest = rest.TrimStart(' ');
        if (rest is "Z" or "z" or "UTC")
        {
            rest = default;
            return true;
        }
        if (rest.Length < 3 || rest[0] is not ('+' or '-') || !Digits(rest[1..3], out var hours) || hours > 15) return false;
        var sign = rest[0] == '-' ? -1 : 1;
        rest = rest[3..];
        var minutes = 0;
        if (!AtEnd)
        {
            if (rest[0] == ':') rest = rest[1..];
            if (rest.Length != 2 || !Digits(rest, out minutes) || minutes > 59) return false;
            rest = default;
        }
        offset = sign * ((hours * 60L) + minutes) * 60_000_000;
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
            value = (value * 10) + (c - '0');
        }
        return true;
    }
}
