using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Checks;
using EtlTableOps.Engines;

namespace EtlTableOps.Sqlite;

/// <summary>
/// Writes values in the form in which engines are compared with each other. A value that is none of the kind asked for stays as it is, and so differs from every one that is.
/// </summary>
internal static partial class SqliteCanonical
{
    private static readonly DateTime JulianOrigin = new(2000, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    /// <summary>A whole number; as a time, seconds of the epoch (SQLite, Date And Time Functions).</summary>
    public static string Of(ValueKind kind, long value) => kind switch
    {
        ValueKind.Boolean when value is 0 or 1 => value == 1 ? "true" : "false",
        ValueKind.Instant or ValueKind.Timestamp or ValueKind.Date or ValueKind.Time when value is > -62_135_596_800 and < 253_402_300_800 => Moment(kind, DateTime.UnixEpoch.AddSeconds(value), 0),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A floating-point number; as a time, a Julian day.</summary>
    public static string Of(ValueKind kind, double value) => kind switch
    {
        ValueKind.Instant or ValueKind.Timestamp or ValueKind.Date or ValueKind.Time when value is > 1_721_426 and < 5_373_484 =>
            // A Julian day is good to about a millisecond, and is rounded to one.
            Moment(kind, JulianOrigin.AddMilliseconds(Math.Round((value - 2_451_545.0) * 86_400_000)), 0),
        _ => Plain(value),
    };

    /// <summary>Text.</summary>
    public static string Of(ValueKind kind, string value) => kind switch
    {
        ValueKind.Instant or ValueKind.Timestamp or ValueKind.Date or ValueKind.Time => Time(kind, value) ?? value,
        ValueKind.Uuid => Guid.TryParse(value, out var uuid) ? uuid.ToString("D") : value,
        ValueKind.Boolean => value.ToUpperInvariant() switch { "TRUE" or "T" or "1" => "true", "FALSE" or "F" or "0" => "false", _ => value },
        ValueKind.Number => Digits(value) ?? value,
        ValueKind.Bytes => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(value)).ToLowerInvariant(),
        _ => value,
    };

    /// <summary>Bytes.</summary>
    public static string Of(ValueKind kind, ReadOnlySpan<byte> value) => kind == ValueKind.Uuid && value.Length == 16
        ? new Guid(value, bigEndian: true).ToString("D")
        : Convert.ToHexString(value).ToLowerInvariant();

    private static string Plain(double value) => double.IsFinite(value)
        ? Digits(NumberText.Of(value))!
        : double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

    /// <summary>A number's decimal digits without exponent and trailing zeros; null when the text is none.</summary>
    private static string? Digits(string text)
    {
        var match = Decimal().Match(text.Trim());
        if (!match.Success || !int.TryParse(match.Groups["e"].Value.Length == 0 ? "0" : match.Groups["e"].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent) || Math.Abs(exponent) > 1000) return null;
        var (whole, fraction) = (match.Groups["w"].Value, match.Groups["f"].Value);
        if (whole.Length + fraction.Length == 0) return null;
        var digits = whole + fraction;
        var point = whole.Length + exponent;
        if (point < 0) (digits, point) = (new string('0', -point) + digits, 0);
        if (point > digits.Length) digits = digits.PadRight(point, '0');
        var before = digits[..point].TrimStart('0');
        var after = digits[point..].TrimEnd('0');
        var plain = (before.Length == 0 ? "0" : before) + (after.Length == 0 ? "" : "." + after);
        return match.Groups["s"].Value == "-" && plain != "0" ? "-" + plain : plain;
    }

    private static string? Time(ValueKind kind, string text)
    {
        var match = Written().Match(text.Trim());
        if (!match.Success || (!match.Groups["d"].Success && (kind != ValueKind.Time || !match.Groups["h"].Success))) return null;
        var day = DateTime.UnixEpoch;
        if (match.Groups["d"].Success && !DateTime.TryParseExact(match.Groups["d"].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out day)) return null;
        var (hours, minutes, seconds) = (Part("h"), Part("m"), Part("s"));
        if (hours > 24 || minutes > 59 || seconds > 60) return null;
        var zone = match.Groups["z"].Success ? TimeSpan.FromMinutes((match.Groups["z"].Value == "-" ? -1 : 1) * ((Part("zh") * 60) + Part("zm"))) : TimeSpan.Zero;
        var nanoseconds = match.Groups["f"].Success ? int.Parse(match.Groups["f"].Value.PadRight(9, '0'), CultureInfo.InvariantCulture) : 0;
        try
        {
            return Moment(kind, day.AddSeconds((hours * 3600) + (minutes * 60) + seconds) - zone, nanoseconds);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }

        int Part(string name) => match.Groups[name].Success ? int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture) : 0;
    }

    private static string Moment(ValueKind kind, DateTime utc, int nanoseconds)
    {
        var fraction = (nanoseconds == 0 ? (utc.Ticks % TimeSpan.TicksPerSecond) * 100 : nanoseconds).ToString("000000000", CultureInfo.InvariantCulture);
        return kind switch
        {
            ValueKind.Date => utc.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + (utc.TimeOfDay == TimeSpan.Zero ? "" : "T" + utc.ToString("HH:mm:ss", CultureInfo.InvariantCulture) + "." + fraction),
            ValueKind.Time => utc.ToString("HH:mm:ss", CultureInfo.InvariantCulture) + "." + fraction,
            _ => utc.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + "." + fraction + (kind == ValueKind.Instant ? "Z" : ""),
        };
    }

    [GeneratedRegex(@"^(?<s>[+-]?)(?<w>[0-9]*)(\.(?<f>[0-9]*))?([eE](?<e>[+-]?[0-9]{1,5}))?$")]
    private static partial Regex Decimal();

    [GeneratedRegex(@"^(?<d>[0-9]{4}-[0-9]{2}-[0-9]{2})?([T ]?(?<h>[0-9]{2}):(?<m>[0-9]{2})(:(?<s>[0-9]{2})(\.(?<f>[0-9]{1,9}))?)?)? ?([Zz]|(?<z>[+-])(?<zh>[0-9]{2})(:?(?<zm>[0-9]{2}))?)?$")]
    private static partial Regex Written();
}
