using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <summary>
/// The text in which a column's values stand in a file, and the expression that reads it there. What the server would refuse at the end of
/// the whole load, or change in silence, is refused here with its row: a fraction in a column of whole numbers, an hour's offset in a column
/// that keeps none, digits that would be read as seconds since 1970.
/// </summary>
internal sealed partial class SnowflakeTextForm
{
    private readonly Func<object, string> write;
    private readonly string read;

    private SnowflakeTextForm(Column column, Func<object, string> write, string read)
    {
        Column = column;
        this.write = write;
        this.read = read;
    }

    /// <summary>The column.</summary>
    public Column Column { get; }

    /// <summary>The form of a column, by the name of its type.</summary>
    public static SnowflakeTextForm Of(Column column)
    {
        var (name, numbers) = Parse(column.Type);
        int Number(int i, int otherwise) => numbers.Count > i ? numbers[i] : otherwise;
        return name switch
        {
            "NUMBER" or "DECIMAL" or "NUMERIC" or "INT" or "INTEGER" or "BIGINT" or "SMALLINT" or "TINYINT" or "BYTEINT" or "FIXED" =>
                new(column, v => Exact(v, Number(0, 38), Number(1, 0)), "{0}"),
            "FLOAT" or "FLOAT4" or "FLOAT8" or "DOUBLE" or "DOUBLE PRECISION" or "REAL" => new(column, Real, "{0}"),
            "BOOLEAN" => new(column, Truth, "{0}"),
            "DATE" => new(column, Date, "{0}"),
            "TIME" => new(column, Time, "{0}"),
            "TIMESTAMP_NTZ" or "TIMESTAMPNTZ" or "DATETIME" or "TIMESTAMP" => new(column, v => Moment(v, keepsOffset: false), "{0}"),
            "TIMESTAMP_LTZ" or "TIMESTAMPLTZ" or "TIMESTAMP_TZ" or "TIMESTAMPTZ" => new(column, v => Moment(v, keepsOffset: true), "{0}"),
            "BINARY" or "VARBINARY" => new(column, Binary, "TO_BINARY({0}, 'HEX')"),
            "VARIANT" => new(column, v => Json(v, null), "PARSE_JSON({0})"),
            "OBJECT" => new(column, v => Json(v, JsonValueKind.Object), "PARSE_JSON({0})::OBJECT"),
            "ARRAY" => new(column, v => Json(v, JsonValueKind.Array), "PARSE_JSON({0})::ARRAY"),
            "VECTOR" => new(column, v => Json(v, JsonValueKind.Array), $"PARSE_JSON({{0}})::{column.Type}"),
            "GEOGRAPHY" => new(column, Plain, "TO_GEOGRAPHY({0})"),
            "GEOMETRY" => new(column, Plain, "TO_GEOMETRY({0})"),
            "VARCHAR" or "TEXT" or "STRING" or "CHAR" or "CHARACTER" or "NVARCHAR" or "NCHAR" => new(column, v => Text(v, Number(0, name is "CHAR" or "CHARACTER" or "NCHAR" ? 1 : int.MaxValue)), "{0}"),
            _ => new(column, Plain, "{0}"),
        };
    }

    /// <summary>The text of a value that is not null.</summary>
    /// <exception cref="FormatException">It does not fit the column; the message says why.</exception>
    public string Write(object value) => write(value);

    /// <summary>The expression that makes the column's value of a field of the file.</summary>
    public string Read(string field) => string.Format(CultureInfo.InvariantCulture, read, field);

    private static (string Name, IReadOnlyList<int> Numbers) Parse(string type)
    {
        var open = type.IndexOf('(', StringComparison.Ordinal);
        var name = (open < 0 ? type : type[..open]).Trim().ToUpperInvariant();
        var close = open < 0 ? -1 : type.IndexOf(')', open);
        if (close < 0) return (name, []);
        var parts = type[(open + 1)..close].Split(',', StringSplitOptions.TrimEntries);
        return (name, parts.All(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _)) ? [.. parts.Select(p => int.Parse(p, CultureInfo.InvariantCulture))] : []);
    }

    private static string Plain(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        double real => NumberText.Of(real),
        float real => real.ToString("R", CultureInfo.InvariantCulture),
        DateTime or DateTimeOffset => Moment(value, keepsOffset: true),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly or TimeSpan => Time(value),
        byte[] bytes => Convert.ToHexString(bytes),
        Enum name => name.ToString(),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Text(object value, int length)
    {
        var text = Plain(value);
        // The server counts characters of Unicode, .NET counts halves of those beyond the first plane.
        if (text.Length > length && text.EnumerateRunes().Count() > length) throw new FormatException($"'{Shorten(text)}' is longer than the column's {length} characters");
        return text;
    }

    private static string Exact(object value, int precision, int scale)
    {
        var text = value is bool flag ? (flag ? "1" : "0") : Plain(value).Trim();
        // Most numbers are a few digits.
        if (text.Length > 0 && text.Length <= precision - scale && !text.AsSpan().ContainsAnyExceptInRange('0', '9')) return text;
        var match = Number().Match(text);
        if (!match.Success) throw new FormatException($"'{Shorten(text)}' is no number");
        var whole = match.Groups["whole"].ValueSpan;
        var digits = string.Concat(whole, match.Groups["part"].ValueSpan);
        var exponent = 0;
        if (match.Groups["exp"].Success && !int.TryParse(match.Groups["exp"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)) throw new FormatException($"'{Shorten(text)}' is out of range");
        var point = (long)whole.Length + exponent;
        var leading = digits.TakeWhile(c => c == '0').Count();
        if (leading == digits.Length) return "0";
        if (point - leading > precision - scale) throw new FormatException($"'{Shorten(text)}' has more digits before the point than NUMBER({precision},{scale}) takes");
        if (scale == 0 && digits.TrimEnd('0').Length > Math.Max(0, point)) throw new FormatException($"'{Shorten(text)}' is no whole number, and the column keeps no fraction");
        return text;
    }

    private static string Real(object value)
    {
        var text = value is bool flag ? (flag ? "1" : "0") : Plain(value).Trim();
        if (text.Equals("nan", StringComparison.OrdinalIgnoreCase)) return "NaN";
        if (text.TrimStart('+', '-').ToUpperInvariant() is "INF" or "INFINITY" or "∞") return text[0] == '-' ? "-inf" : "inf";
        if (!Number().IsMatch(text) || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)) throw new FormatException($"'{Shorten(text)}' is no number");
        return double.IsFinite(real) ? text : throw new FormatException($"'{Shorten(text)}' is out of the column's range");
    }

    private static string Truth(object value) => Plain(value).Trim().ToUpperInvariant() switch
    {
        "TRUE" or "T" or "YES" or "Y" or "ON" or "1" => "true",
        "FALSE" or "F" or "NO" or "N" or "OFF" or "0" => "false",
        var other => throw new FormatException($"'{Shorten(other)}' is neither true nor false"),
    };

    private static string Date(object value)
    {
        var (day, time, offset) = Split(value);
        return time.AsSpan().TrimStart("0:.").Length == 0 && offset.Length == 0 ? day : throw new FormatException($"'{Shorten(Plain(value))}' has a time of day, and the column keeps none");
    }

    private static string Moment(object value, bool keepsOffset)
    {
        var (day, time, offset) = Split(value);
        var zero = offset is "" or "Z" or "+00:00" or "-00:00";
        if (!keepsOffset && !zero) throw new FormatException($"'{Shorten(Plain(value))}' has an offset from UTC, and the column keeps none");
        return $"{day}T{time}{(keepsOffset ? zero ? "+00:00" : offset : "")}";
    }

    // Always written out in full, so that nothing is left to the formats that the session happens to have.
    private static (string Day, string Time, string Offset) Split(object value)
    {
        var text = value switch
        {
            DateTime time => time.ToString(time.Kind == DateTimeKind.Unspecified ? "yyyy-MM-ddTHH:mm:ss.fffffff" : "yyyy-MM-ddTHH:mm:ss.fffffffK", CultureInfo.InvariantCulture),
            DateTimeOffset time => time.ToString("yyyy-MM-ddTHH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture),
            _ => Plain(value).Trim(),
        };
        var match = Instant().Match(text);
        if (!match.Success || !DateOnly.TryParseExact(match.Groups["day"].ValueSpan, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            throw new FormatException($"'{Shorten(text)}' is no date or time in the form 2026-11-20 or 2026-11-20T20:15:00.123+01:00");
        var offset = match.Groups["offset"].Value.ToUpperInvariant();
        if (offset.Length is 3 or 5) offset = offset.Length == 3 ? offset + ":00" : offset.Insert(3, ":");
        return (match.Groups["day"].Value, match.Groups["time"].Success ? Seconds(match.Groups["time"].Value) : "00:00:00", offset);
    }

    private static string Time(object value)
    {
        var text = value switch
        {
            TimeOnly time => time.ToString("HH:mm:ss.fffffff", CultureInfo.InvariantCulture),
            TimeSpan span when span >= TimeSpan.Zero && span < TimeSpan.FromDays(1) => span.ToString("hh\\:mm\\:ss\\.fffffff", CultureInfo.InvariantCulture),
            _ => Plain(value is TimeSpan span ? span.ToString() : value).Trim(),
        };
        return Clock().IsMatch(text) ? Seconds(text) : throw new FormatException($"'{Shorten(text)}' is no time of day in the form 20:15:00.123");
    }

    private static string Seconds(string time) => time.Length == 5 ? time + ":00" : time;

    private static string Binary(object value)
    {
        if (value is byte[] bytes) return Convert.ToHexString(bytes);
        var text = Plain(value).Trim();
        var digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || text.StartsWith("\\x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        return digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit) ? digits : throw new FormatException($"'{Shorten(text)}' is no hexadecimal text");
    }

    private static string Json(object value, JsonValueKind? kind)
    {
        var text = value is byte[] or DateTime or DateTimeOffset or DateOnly or TimeOnly or TimeSpan ? JsonSerializer.Serialize(Plain(value)) : Plain(value);
        try
        {
            using var document = JsonDocument.Parse(text);
            return kind is null || document.RootElement.ValueKind == kind ? text : throw new FormatException($"'{Shorten(text)}' is JSON, but no {(kind == JsonValueKind.Array ? "array" : "object")}");
        }
        catch (JsonException e)
        {
            throw new FormatException($"'{Shorten(text)}' is no JSON", e);
        }
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..79] + "…";

    [GeneratedRegex(@"^[+-]?(?=\.?\d)(?<whole>\d*)(?:\.(?<part>\d*))?(?:[eE](?<exp>[+-]?\d+))?$", RegexOptions.ECMAScript)]
    private static partial Regex Number();

    [GeneratedRegex(@"^(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ](?<time>(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?) ?(?<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$")]
    private static partial Regex Instant();

    [GeneratedRegex(@"^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?$")]
    private static partial Regex Clock();
}
