using System.Globalization;
using System.Text.Json;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>
/// Values and how Snowflake turns one type into another. A value is a decimal, double, string, bool, <see cref="Moment"/>, byte[] or
/// <see cref="Json"/>, or null. A NUMBER has at most the 28 digits of a decimal here, not 38.
/// </summary>
internal static class Conversion
{
    /// <summary>Turns a value into the type; fails as Snowflake does.</summary>
    public static object? To(object? value, SfType from, SfType to)
    {
        if (value is null) return null;
        return to.Kind switch
        {
            SfKind.Fixed => Fit(ToDecimal(value), to),
            SfKind.Real => ToDouble(value),
            SfKind.Text => Fit(ToText(value, from), to),
            SfKind.Boolean => ToBoolean(value),
            SfKind.Binary => ToBinary(value),
            SfKind.Date or SfKind.Time or SfKind.TimestampNtz or SfKind.TimestampLtz or SfKind.TimestampTz => ToMoment(value, from, to),
            _ => value is Json ? value : new Json(ToJson(value, from)),
        };
    }

    /// <summary>The same, null where it cannot be: TRY_CAST.</summary>
    public static object? Try(object? value, SfType from, SfType to)
    {
        try
        {
            return To(value, from, to);
        }
        catch (ModelError)
        {
            return null;
        }
    }

    public static decimal ToDecimal(object value)
    {
        switch (value)
        {
            case decimal number: return number;
            case bool flag: return flag ? 1 : 0;
            case double real:
                try
                {
                    return (decimal)real;
                }
                catch (OverflowException)
                {
                    throw ModelError.OutOfRange(real.ToString("R", CultureInfo.InvariantCulture));
                }
            case string text:
                if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed)) return parsed;
                throw ModelError.Number(text);
            case Json json: return ToDecimal(Unwrap(json));
            default: throw ModelError.Number(value.ToString() ?? "");
        }
    }

    public static double ToDouble(object value) => value switch
    {
        double real => real,
        decimal number => (double)number,
        bool flag => flag ? 1 : 0,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) => parsed,
        Json json => ToDouble(Unwrap(json)),
        _ => throw ModelError.Number(value.ToString() ?? ""),
    };

    public static bool ToBoolean(object value) => value switch
    {
        bool flag => flag,
        decimal number => number != 0,
        double real => real != 0,
        string text => text.ToLowerInvariant() switch
        {
            "true" or "t" or "yes" or "y" or "on" or "1" => true,
            "false" or "f" or "no" or "n" or "off" or "0" => false,
            _ => throw ModelError.BooleanValue(text),
        },
        Json json => ToBoolean(Unwrap(json)),
        _ => throw ModelError.BooleanValue(value.ToString() ?? ""),
    };

    public static string ToText(object value, SfType type) => value switch
    {
        string text => text,
        decimal number => type.Kind == SfKind.Fixed ? Rounded(number, type.Scale).ToString("F" + type.Scale.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : number.ToString(CultureInfo.InvariantCulture),
        double real => real.ToString("R", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        Moment moment => moment.Show(type),
        byte[] bytes => Convert.ToHexString(bytes),
        Json json => Unwrap(json) is string inner ? inner : json.Text,
        _ => throw new InvalidOperationException($"No value of Snowflake's: {value.GetType()}"),
    };

    public static object? ToMoment(object value, SfType from, SfType to)
    {
        var moment = value switch
        {
            Moment given => given,
            string text => Moment.Parse(text, to.Kind) ?? throw ModelError.MomentValue(text, to.Kind),
            decimal number => Moment.OfNumber((long)number),
            Json json => (Moment)ToMoment(Unwrap(json), SfType.Text, to)!,
            _ => throw ModelError.MomentValue(value.ToString() ?? "", to.Kind),
        };
        if (from.Kind == SfKind.TimestampTz && to.Kind is SfKind.Date or SfKind.TimestampNtz or SfKind.Time) moment = new Moment(moment.Seconds + (moment.Offset * 60), moment.Nanos);
        if (to.Kind == SfKind.Date) return moment.Day;
        if (to.Kind == SfKind.Time && from.IsMoment && from.Kind != SfKind.Time) moment = new Moment(moment.Seconds - moment.Day.Seconds, moment.Nanos);
        if (to.Kind != SfKind.TimestampTz) moment = moment with { Offset = 0 };
        return moment.Cut(to.Scale);
    }

    /// <summary>Rounds to the scale and holds to the precision.</summary>
    public static decimal Fit(decimal value, SfType type)
    {
        var rounded = Rounded(value, type.Scale);
        var digits = type.Precision - type.Scale;
        if (digits <= 28 && Math.Abs(decimal.Truncate(rounded)) >= Power(digits)) throw ModelError.OutOfRange(value.ToString(CultureInfo.InvariantCulture));
        return rounded;
    }

    public static string ToJson(object value, SfType type) => value switch
    {
        decimal number => number.ToString(CultureInfo.InvariantCulture),
        double real => real.ToString("R", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        Json json => json.Text,
        _ => JsonSerializer.Serialize(ToText(value, type), Plain),
    };

    public static object Unwrap(Json json)
    {
        using var document = JsonDocument.Parse(json.Text);
        return document.RootElement.ValueKind switch
        {
            JsonValueKind.String => document.RootElement.GetString()!,
            JsonValueKind.Number => document.RootElement.TryGetDecimal(out var number) ? number : document.RootElement.GetDouble(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => json.Text,
        };
    }

    public static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static decimal Rounded(decimal value, int scale) => scale > 28 ? value : Math.Round(value, scale, MidpointRounding.AwayFromZero);

    private static decimal Power(int digits)
    {
        var power = 1m;
        for (var i = 0; i < digits; i++) power *= 10;
        return power;
    }

    private static string Fit(string text, SfType type)
    {
        if (text.Length <= type.Length) return text;
        // Characters, not UTF-16 units.
        var characters = text.Length;
        foreach (var c in text)
        {
            if (char.IsLowSurrogate(c)) characters--;
        }
        return characters <= type.Length ? text : throw ModelError.TooLong(text);
    }

    private static byte[] ToBinary(object value)
    {
        if (value is byte[] bytes) return bytes;
        try
        {
            return Convert.FromHexString((string)value);
        }
        catch (Exception e) when (e is FormatException or InvalidCastException)
        {
            throw new ModelError(100115, "22000", $"The following string is not a legal hex-encoded value: '{value}'");
        }
    }
}
