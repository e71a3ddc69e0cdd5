using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>Scalar functions, as many as tables of tests and ordinary declared changes need.</summary>
internal static class Functions
{
    public static Bound? Find(string name, Bound[] a) => name switch
    {
        "COALESCE" or "NVL" or "IFNULL" => Coalesce(a),
        "NVL2" => Choose(f => a[0].Value(f) is not null, a[1], a[2]),
        "IFF" => Choose(Condition(a[0]), a[1], a[2]),
        "NULLIF" => NullIf(a[0], a[1]),
        "ZEROIFNULL" => Coalesce([a[0], new Bound(SfType.Integer, _ => 0m)]),
        "EQUAL_NULL" => new Bound(SfType.Boolean, f => (a[0].Value(f), a[1].Value(f)) switch { (null, null) => true, ({ } x, { } y) => Comparison.Of(x, y) == 0, _ => false }),
        "DECODE" => Decode(a),
        "GREATEST" => Extreme(a, 1),
        "LEAST" => Extreme(a, -1),

        "UPPER" => OfText(a[0], t => t.ToUpperInvariant()),
        "LOWER" => OfText(a[0], t => t.ToLowerInvariant()),
        "INITCAP" => OfText(a[0], t => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(t.ToLowerInvariant())),
        "TRIM" => OfText(a[0], t => t.Trim(Characters(a))),
        "LTRIM" => OfText(a[0], t => t.TrimStart(Characters(a))),
        "RTRIM" => OfText(a[0], t => t.TrimEnd(Characters(a))),
        "REVERSE" => OfText(a[0], t => new string([.. t.Reverse()])),
        "LENGTH" or "LEN" => Of(SfType.Number(18, 0), a, v => v[0] is byte[] b ? b.Length : (decimal)new StringInfo(Text(v[0]!, a[0])).LengthInTextElements),
        "CONCAT" => Of(SfType.Text, a, v => string.Concat(v.Select((x, i) => Text(x!, a[i])))),
        "CONCAT_WS" => Of(SfType.Text, a, v => string.Join(Text(v[0]!, a[0]), v.Skip(1).Select((x, i) => Text(x!, a[i + 1])))),
        "REPLACE" => Of(SfType.Text, a, v => Text(v[0]!, a[0]).Replace(Text(v[1]!, a[1]), v.Length > 2 ? Text(v[2]!, a[2]) : "", StringComparison.Ordinal)),
        "REGEXP_REPLACE" => Of(SfType.Text, a, v => Regex.Replace(Text(v[0]!, a[0]), Text(v[1]!, a[1]), Regex.Replace(Text(v[2]!, a[2]).Replace("$", "$$", StringComparison.Ordinal), @"\\(\d)", "$${$1}"))),
        "SUBSTR" or "SUBSTRING" => Of(SfType.Text, a, v => Part(Text(v[0]!, a[0]), Int(v[1]!), v.Length > 2 ? Int(v[2]!) : int.MaxValue)),
        "LEFT" => Of(SfType.Text, a, v => Part(Text(v[0]!, a[0]), 1, Int(v[1]!))),
        "RIGHT" => Of(SfType.Text, a, v => Text(v[0]!, a[0]) is var t && Int(v[1]!) is var n && n >= t.Length ? t : t[^Math.Max(0, n)..]),
        "LPAD" => Of(SfType.Text, a, v => Text(v[0]!, a[0]).PadLeft(Int(v[1]!), v.Length > 2 ? Text(v[2]!, a[2])[0] : ' ')),
        "RPAD" => Of(SfType.Text, a, v => Text(v[0]!, a[0]).PadRight(Int(v[1]!), v.Length > 2 ? Text(v[2]!, a[2])[0] : ' ')),
        "REPEAT" => Of(SfType.Text, a, v => string.Concat(Enumerable.Repeat(Text(v[0]!, a[0]), Int(v[1]!)))),
        "SPLIT_PART" => Of(SfType.Text, a, v => Text(v[0]!, a[0]).Split(Text(v[1]!, a[1])) is var parts && Int(v[2]!) is var n && n >= 1 && n <= parts.Length ? parts[n - 1] : ""),
        "CONTAINS" => Of(SfType.Boolean, a, v => Text(v[0]!, a[0]).Contains(Text(v[1]!, a[1]), StringComparison.Ordinal)),
        "STARTSWITH" => Of(SfType.Boolean, a, v => Text(v[0]!, a[0]).StartsWith(Text(v[1]!, a[1]), StringComparison.Ordinal)),
        "ENDSWITH" => Of(SfType.Boolean, a, v => Text(v[0]!, a[0]).EndsWith(Text(v[1]!, a[1]), StringComparison.Ordinal)),
        "POSITION" or "CHARINDEX" => Of(SfType.Integer, a, v => (decimal)(Text(v[1]!, a[1]).IndexOf(Text(v[0]!, a[0]), StringComparison.Ordinal) + 1)),
        "REGEXP_INSTR" => Of(SfType.Integer, a, v => Position(Text(v[0]!, a[0]), Text(v[1]!, a[1]))),
        "MD5" or "MD5_HEX" => OfText(a[0], t => Convert.ToHexString(MD5.HashData(Encoding.UTF8.GetBytes(t))).ToLowerInvariant()),
        "SHA2" or "SHA2_HEX" => OfText(a[0], t => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(t))).ToLowerInvariant()),

        "ABS" => OfNumber(a[0], d => Math.Abs(d), Math.Abs),
        "SIGN" => OfNumber(a[0], d => Math.Sign(d), d => Math.Sign(d)),
        "FLOOR" => Whole(a[0], Math.Floor, Math.Floor),
        "CEIL" => Whole(a[0], Math.Ceiling, Math.Ceiling),
        "ROUND" => Round(a, MidpointRounding.AwayFromZero),
        "TRUNC" or "TRUNCATE" when !a[0].Type.IsMoment => Round(a, MidpointRounding.ToZero),
        "MOD" => Of(a[0].Type, a, v => Conversion.ToDecimal(v[1]!) == 0 ? throw ModelError.ZeroDivisor() : Conversion.ToDecimal(v[0]!) % Conversion.ToDecimal(v[1]!)),
        "BITAND" => Of(SfType.Number(38, 0), a, v => (decimal)((long)Conversion.ToDecimal(v[0]!) & (long)Conversion.ToDecimal(v[1]!))),
        "BITSHIFTRIGHT" => Of(SfType.Number(38, 0), a, v => (decimal)((long)Conversion.ToDecimal(v[0]!) >> Int(v[1]!))),
        "SQRT" => Of(SfType.Real, a, v => Math.Sqrt(Conversion.ToDouble(v[0]!))),
        "POWER" or "POW" => Of(SfType.Real, a, v => Math.Pow(Conversion.ToDouble(v[0]!), Conversion.ToDouble(v[1]!))),
        "RANDOM" => new Bound(SfType.Number(19, 0), _ => (decimal)Random.Shared.NextInt64()),
        "UUID_STRING" => new Bound(SfType.Text, _ => Guid.NewGuid().ToString()),
        "SEQ4" or "SEQ8" => new Bound(SfType.Integer, _ => 0m),

        "TO_VARCHAR" or "TO_CHAR" => a.Length > 1 && a[0].Type.IsMoment ? Of(SfType.Text, a, v => Dates.Format((Moment)v[0]!, (string)v[1]!, a[0].Type)) : Binder.Cast(a[0], SfType.Text, false),
        "TO_NUMBER" or "TO_DECIMAL" or "TO_NUMERIC" when a.Length == 2 && a[1].Type.Kind == SfKind.Text => Of(SfType.Number(38, 0), a, v => (decimal)long.Parse(Text(v[0]!, a[0]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)),
        "TO_NUMBER" or "TO_DECIMAL" or "TO_NUMERIC" => Binder.Cast(a[0], NumberOf(a), false),
        "TRY_TO_NUMBER" or "TRY_TO_DECIMAL" or "TRY_TO_NUMERIC" => Binder.Cast(a[0], NumberOf(a), true),
        "TO_DOUBLE" => Binder.Cast(a[0], SfType.Real, false),
        "TRY_TO_DOUBLE" => Binder.Cast(a[0], SfType.Real, true),
        "TO_BOOLEAN" => Binder.Cast(a[0], SfType.Boolean, false),
        "TRY_TO_BOOLEAN" => Binder.Cast(a[0], SfType.Boolean, true),
        "TO_DATE" or "DATE" => Binder.Cast(a[0], SfType.Date, false),
        "TRY_TO_DATE" => Binder.Cast(a[0], SfType.Date, true),
        "TO_TIME" or "TIME" => Binder.Cast(a[0], new SfType(SfKind.Time, Scale: 9), false),
        "TO_TIMESTAMP" or "TO_TIMESTAMP_NTZ" => Dates.OfAnything(a, SfType.Ntz, false),
        "TO_TIMESTAMP_LTZ" => Dates.OfAnything(a, SfType.Ltz, false),
        "TO_TIMESTAMP_TZ" => Dates.OfAnything(a, SfType.Tz, false),
        "TRY_TO_TIMESTAMP" or "TRY_TO_TIMESTAMP_NTZ" => Dates.OfAnything(a, SfType.Ntz, true),
        "TO_BINARY" => Binder.Cast(a[0], SfType.Binary, false),
        "TO_VARIANT" => Binder.Cast(a[0], SfType.Variant, false),
        "TO_JSON" => Of(SfType.Text, a, v => Conversion.ToJson(v[0]!, a[0].Type)),
        "PARSE_JSON" => Of(SfType.Variant, a, v => JsonPath.Parse(Text(v[0]!, a[0]), false)),
        "TRY_PARSE_JSON" => Of(SfType.Variant, a, v => JsonPath.Parse(Text(v[0]!, a[0]), true)),
        "CONVERT_TIMEZONE" => a[^1],

        "DATE_PART" => Dates.Part(a[0], a[1]),
        "YEAR" or "MONTH" or "DAY" or "HOUR" or "MINUTE" or "SECOND" or "DAYOFMONTH" or "DAYOFWEEK" or "DAYOFYEAR" or "QUARTER" or "WEEK" => Dates.Part(new Bound(SfType.Text, _ => name), a[0]),
        "DATE_TRUNC" => Of(a[1].Type, a, v => Dates.Truncate(Text(v[0]!, a[0]), (Moment)Conversion.To(v[1], a[1].Type, a[1].Type.IsMoment ? a[1].Type : SfType.Ntz)!)),
        "TRUNC" => Of(a[0].Type, a, v => Dates.Truncate(Text(v[1]!, a[1]), (Moment)v[0]!)),
        "DATEADD" or "TIMESTAMPADD" or "TIMEADD" => Dates.Add(a),
        "DATEDIFF" or "TIMESTAMPDIFF" => Dates.Difference(a),
        _ => null,
    };

    /// <summary>Where an expression first matches, from 1; 0 where it does not.</summary>
    private static decimal Position(string text, string pattern)
    {
        try
        {
            return Regex.Match(text, pattern, RegexOptions.CultureInvariant) is { Success: true } match ? (decimal)(match.Index + 1) : 0m;
        }
        catch (ArgumentException)
        {
            throw new ModelError(100048, "2201B", $"Invalid regular expression: '{pattern}'");
        }
    }

    private static Bound Of(SfType type, Bound[] arguments, Func<object?[], object?> function) => new(type, f =>
    {
        var values = new object?[arguments.Length];
        for (var i = 0; i < values.Length; i++)
        {
            if ((values[i] = arguments[i].Value(f)) is null) return null;
        }
        return function(values);
    });

    private static Bound OfText(Bound argument, Func<string, string> function)
    {
        var text = Binder.Cast(argument, SfType.Text, false);
        return new Bound(SfType.Text, f => text.Value(f) is string t ? function(t) : null);
    }

    private static Bound OfNumber(Bound argument, Func<decimal, decimal> ofDecimal, Func<double, double> ofReal)
    {
        var number = argument.Type.IsNumber ? argument : Binder.Cast(argument, SfType.Number(38, 9), false);
        return new Bound(number.Type, f => number.Value(f) switch { decimal d => ofDecimal(d), double r => ofReal(r), _ => null });
    }

    private static Bound Whole(Bound argument, Func<decimal, decimal> ofDecimal, Func<double, double> ofReal)
    {
        var whole = OfNumber(argument, ofDecimal, ofReal);
        return whole.Type.Kind == SfKind.Fixed ? whole with { Type = whole.Type with { Scale = 0 } } : whole;
    }

    private static Bound Round(Bound[] a, MidpointRounding way)
    {
        var digits = a.Length > 1 ? Int(a[1].Value(new Frame(null))!) : 0;
        var rounded = OfNumber(a[0], d => digits >= 0 ? Math.Round(d, digits, way) : d, r => Math.Round(r, Math.Max(0, digits), way));
        return rounded.Type.Kind == SfKind.Fixed ? rounded with { Type = rounded.Type with { Scale = Math.Min(rounded.Type.Scale, Math.Max(0, digits)) } } : rounded;
    }

    private static SfType Common(IEnumerable<Bound> values)
    {
        SfType? type = null;
        foreach (var value in values.Where(v => !v.IsNull)) type = type is { } t ? Comparison.Common(t, value.Type) : value.Type;
        return type ?? SfType.Varchar(1);
    }

    private static Bound Coalesce(Bound[] a)
    {
        var type = Common(a);
        var values = a.Select(v => Comparison.As(v, type)).ToArray();
        return new Bound(type, f =>
        {
            foreach (var value in values)
            {
                if (value(f) is { } found) return found;
            }
            return null;
        }, IsNull: a.All(v => v.IsNull));
    }

    private static Func<Frame, bool> Condition(Bound bound) => bound.Type.Kind == SfKind.Boolean || bound.IsNull ? f => bound.Value(f) is true : f => bound.Value(f) is { } v && Conversion.ToBoolean(v);

    private static Bound Choose(Func<Frame, bool> condition, Bound then, Bound otherwise)
    {
        var type = Comparison.Common(then, otherwise);
        var (x, y) = (Comparison.As(then, type), Comparison.As(otherwise, type));
        return new Bound(type, f => condition(f) ? x(f) : y(f));
    }

    private static Bound NullIf(Bound a, Bound b)
    {
        var type = Comparison.Common(a, b);
        var (x, y) = (Comparison.As(a, type), Comparison.As(b, type));
        return a with { Value = f => x(f) is { } p && y(f) is { } q && Comparison.Of(p, q) == 0 ? null : a.Value(f), Nullable = true };
    }

    private static Bound Decode(Bound[] a)
    {
        var results = Enumerable.Range(0, (a.Length - 1) / 2).Select(i => a[2 + (2 * i)]).Concat(a.Length % 2 == 0 ? [a[^1]] : []).ToArray();
        var type = Common(results);
        return new Bound(type, f =>
        {
            var value = a[0].Value(f);
            for (var i = 1; i + 1 < a.Length; i += 2)
            {
                var candidate = a[i].Value(f);
                if (value is null ? candidate is null : candidate is not null && Comparison.Of(value, candidate) == 0) return Comparison.As(a[i + 1], type)(f);
            }
            return a.Length % 2 == 0 ? Comparison.As(a[^1], type)(f) : null;
        });
    }

    private static Bound Extreme(Bound[] a, int sign)
    {
        var type = Common(a);
        var values = a.Select(v => new Bound(type, Comparison.As(v, type))).ToArray();
        return Of(type, values, v => v.Aggregate((x, y) => Math.Sign(Comparison.Of(x!, y!)) == sign ? x : y));
    }

    private static SfType NumberOf(Bound[] a)
    {
        var numbers = a.Skip(1).Where(x => x.Type.IsNumber).Select(x => Int(x.Value(new Frame(null))!)).ToArray();
        return SfType.Number(numbers.Length > 0 ? numbers[0] : 38, numbers.Length > 1 ? numbers[1] : 0);
    }

    private static char[] Characters(Bound[] a) => a.Length > 1 ? ((string)a[1].Value(new Frame(null))!).ToCharArray() : [' '];

    private static string Part(string text, int start, int length)
    {
        if (start < 0) start = text.Length + start + 1;
        if (start < 1) start = 1;
        if (start > text.Length || length <= 0) return "";
        return text.Substring(start - 1, Math.Min(length, text.Length - start + 1));
    }

    private static string Text(object value, Bound argument) => Conversion.ToText(value, argument.Type);

    private static int Int(object value) => (int)Conversion.ToDecimal(value);
}
