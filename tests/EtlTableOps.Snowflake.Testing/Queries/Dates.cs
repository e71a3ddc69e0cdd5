using System.Globalization;
using System.Text;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>Functions of dates and times.</summary>
internal static class Dates
{
    public static Bound Part(Bound part, Bound moment)
    {
        var name = ((string)part.Value(new Frame(null))!).ToUpperInvariant();
        var value = moment.Type.IsMoment ? moment : Binder.Cast(moment, SfType.Ntz, false);
        return new Bound(SfType.Integer, f => value.Value(f) is Moment m ? Of(name, m) : null);
    }

    public static object Truncate(string part, Moment moment)
    {
        var time = moment.ToDateTime();
        return Moment.Of(Name(part) switch
        {
            "YEAR" => new DateTime(time.Year, 1, 1, 0, 0, 0, DateTimeKind.Unspecified),
            "QUARTER" => new DateTime(time.Year, ((time.Month - 1) / 3 * 3) + 1, 1, 0, 0, 0, DateTimeKind.Unspecified),
            "MONTH" => new DateTime(time.Year, time.Month, 1, 0, 0, 0, DateTimeKind.Unspecified),
            "WEEK" => time.Date.AddDays(-(((int)time.DayOfWeek + 6) % 7)),
            "DAY" => time.Date,
            "HOUR" => time.Date.AddHours(time.Hour),
            "MINUTE" => time.Date.AddHours(time.Hour).AddMinutes(time.Minute),
            _ => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond)),
        });
    }

    public static Bound Add(Bound[] a)
    {
        var part = Name(PartText(a[0]));
        var moment = a[2].Type.IsMoment ? a[2] : Binder.Cast(a[2], SfType.Ntz, false);
        var type = moment.Type.Kind == SfKind.Date && part is "HOUR" or "MINUTE" or "SECOND" or "MILLISECOND" or "MICROSECOND" or "NANOSECOND" ? SfType.Ntz : moment.Type;
        return new Bound(type, f =>
        {
            if (moment.Value(f) is not Moment m || a[1].Value(f) is not { } value) return null;
            var n = (long)Conversion.ToDecimal(value);
            Int128 nanos = part switch
            {
                "WEEK" => (Int128)n * 7 * 86400 * 1_000_000_000,
                "DAY" => (Int128)n * 86400 * 1_000_000_000,
                "HOUR" => (Int128)n * 3600 * 1_000_000_000,
                "MINUTE" => (Int128)n * 60 * 1_000_000_000,
                "SECOND" => (Int128)n * 1_000_000_000,
                "MILLISECOND" => (Int128)n * 1_000_000,
                "MICROSECOND" => (Int128)n * 1_000,
                "NANOSECOND" => n,
                _ => 0,
            };
            if (part is not ("YEAR" or "MONTH" or "QUARTER")) return Moment.OfNanoseconds(m.Nanoseconds + nanos) with { Offset = m.Offset };
            var months = (int)(part == "YEAR" ? 12 * n : part == "QUARTER" ? 3 * n : n);
            return Moment.Of(m.ToDateTime().AddMonths(months)) with { Offset = m.Offset };
        });
    }

    public static Bound Difference(Bound[] a)
    {
        var part = Name(PartText(a[0]));
        var from = a[1].Type.IsMoment ? a[1] : Binder.Cast(a[1], SfType.Ntz, false);
        var to = a[2].Type.IsMoment ? a[2] : Binder.Cast(a[2], SfType.Ntz, false);
        return new Bound(SfType.Number(18, 0), f =>
        {
            if (from.Value(f) is not Moment x || to.Value(f) is not Moment y) return null;
            var (p, q) = (x.ToDateTime(), y.ToDateTime());
            return part switch
            {
                "YEAR" => q.Year - p.Year,
                "MONTH" => ((q.Year - p.Year) * 12) + q.Month - p.Month,
                "DAY" => (y.Day.Seconds - x.Day.Seconds) / 86400,
                "HOUR" => (y.Seconds / 3600) - (x.Seconds / 3600),
                "MINUTE" => (y.Seconds / 60) - (x.Seconds / 60),
                "SECOND" => y.Seconds - x.Seconds,
                "MILLISECOND" => (decimal)((y.Nanoseconds - x.Nanoseconds) / 1_000_000),
                "MICROSECOND" => (decimal)((y.Nanoseconds - x.Nanoseconds) / 1_000),
                _ => (decimal)(y.Nanoseconds - x.Nanoseconds),
            };
        });
    }

    /// <summary>TO_TIMESTAMP…: of a text, a date, or of a number with its scale (0 seconds, 3, 6, 9 nanoseconds).</summary>
    public static Bound OfAnything(Bound[] a, SfType type, bool attempt)
    {
        if (!a[0].Type.IsNumber || a.Length < 2) return Binder.Cast(a[0], type, attempt);
        var scale = (int)(decimal)a[1].Value(new Frame(null))!;
        Int128 unit = 1;
        for (var i = scale; i < 9; i++) unit *= 10;
        return new Bound(type, f => a[0].Value(f) is { } n ? Moment.OfNanoseconds((Int128)Conversion.ToDecimal(n) * unit) : null);
    }

    public static string Format(Moment moment, string format, SfType type)
    {
        var time = type.Kind == SfKind.TimestampTz ? moment.Local : moment.ToDateTime();
        var text = new StringBuilder();
        for (var i = 0; i < format.Length;)
        {
            var rest = format.AsSpan(i);
            var (length, value) = rest switch
            {
                _ when Starts(rest, "YYYY") => (4, time.ToString("yyyy", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "YY") => (2, time.ToString("yy", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "MON") => (3, time.ToString("MMM", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "MM") => (2, time.ToString("MM", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "MI") => (2, time.ToString("mm", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "DD") => (2, time.ToString("dd", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "HH24") => (4, time.ToString("HH", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "HH12") => (4, time.ToString("hh", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "SS") => (2, time.ToString("ss", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "FF") => rest.Length > 2 && char.IsAsciiDigit(rest[2]) ? (3, moment.Nanos.ToString("000000000", CultureInfo.InvariantCulture)[..(rest[2] - '0')]) : (2, moment.Nanos.ToString("000000000", CultureInfo.InvariantCulture)),
                _ when Starts(rest, "TZHTZM") => (6, moment.Show(SfType.Tz)[^5..]),
                _ when Starts(rest, "TZH:TZM") => (7, moment.Show(SfType.Tz)[^5..].Insert(3, ":")),
                _ when rest[0] == '"' => (1, ""),
                _ => (1, rest[0].ToString()),
            };
            text.Append(value);
            i += length;
        }
        return text.ToString();

        static bool Starts(ReadOnlySpan<char> text, string sign) => text.StartsWith(sign, StringComparison.OrdinalIgnoreCase);
    }

    private static string PartText(Bound part) => (string)part.Value(new Frame(null))!;

    private static string Name(string part) => part.ToUpperInvariant() switch
    {
        "YEARS" or "YY" or "YYYY" => "YEAR",
        "MONTHS" or "MM" or "MON" => "MONTH",
        "QUARTERS" or "QTR" => "QUARTER",
        "WEEKS" or "W" => "WEEK",
        "DAYS" or "D" or "DD" => "DAY",
        "HOURS" or "H" or "HH" => "HOUR",
        "MINUTES" or "MI" or "MIN" => "MINUTE",
        "SECONDS" or "S" or "SEC" => "SECOND",
        "MILLISECONDS" or "MS" => "MILLISECOND",
        "MICROSECONDS" or "US" => "MICROSECOND",
        "NANOSECONDS" or "NS" => "NANOSECOND",
        var other => other,
    };

    private static decimal Of(string part, Moment moment)
    {
        var time = moment.ToDateTime();
        return Name(part) switch
        {
            "YEAR" => (decimal)time.Year,
            "QUARTER" => ((time.Month - 1) / 3) + 1m,
            "MONTH" => time.Month,
            "WEEK" => ISOWeek.GetWeekOfYear(time),
            "DAY" or "DAYOFMONTH" => (decimal)time.Day,
            "DAYOFWEEK" or "DOW" => (int)time.DayOfWeek,
            "DAYOFYEAR" or "DOY" => time.DayOfYear,
            "HOUR" => time.Hour,
            "MINUTE" => time.Minute,
            "SECOND" => time.Second,
            "NANOSECOND" => moment.Nanos,
            "EPOCH_SECOND" or "EPOCH" => moment.Seconds,
            "EPOCH_MILLISECOND" => (decimal)(moment.Nanoseconds / 1_000_000),
            "EPOCH_MICROSECOND" => (decimal)(moment.Nanoseconds / 1_000),
            "EPOCH_NANOSECOND" => (decimal)moment.Nanoseconds,
            _ => throw ModelError.Compilation($"'{part}' is not a valid date/time component."),
        };
    }
}
