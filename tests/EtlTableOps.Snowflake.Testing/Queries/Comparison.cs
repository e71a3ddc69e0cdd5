using System.Text;
using System.Text.RegularExpressions;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>How values compare, which type two of them meet in, and LIKE.</summary>
internal static class Comparison
{
    /// <summary>Compares two values of one family; neither is null.</summary>
    public static int Of(object a, object b) => (a, b) switch
    {
        (decimal x, decimal y) => x.CompareTo(y),
        (string x, string y) => string.CompareOrdinal(x, y),
        (Moment x, Moment y) => x.CompareTo(y),
        (bool x, bool y) => x.CompareTo(y),
        (byte[] x, byte[] y) => x.AsSpan().SequenceCompareTo(y),
        (Json x, Json y) => string.CompareOrdinal(x.Text, y.Text),
        _ => Conversion.ToDouble(a).CompareTo(Conversion.ToDouble(b)),
    };

    /// <summary>Sorts by keys; a NULL is greater than everything unless told otherwise.</summary>
    public static int Rows(object?[] a, object?[] b, OrderKey[] order)
    {
        for (var i = 0; i < order.Length; i++)
        {
            var (x, y) = (a[i], b[i]);
            if (x is null && y is null) continue;
            int result;
            if (x is null) result = order[i].NullsFirst ? -1 : 1;
            else if (y is null) result = order[i].NullsFirst ? 1 : -1;
            else
            {
                result = Of(x, y);
                if (order[i].Descending) result = -result;
            }
            if (result != 0) return result;
        }
        return 0;
    }

    /// <summary>The type that two meet in: in a comparison, a CASE, a UNION.</summary>
    public static SfType Common(Bound a, Bound b) => a.IsNull ? b.Type : b.IsNull ? a.Type : Common(a.Type, b.Type);

    public static SfType Common(SfType a, SfType b)
    {
        if (a.Kind == b.Kind)
        {
            if (a.Kind == SfKind.Fixed)
            {
                var scale = Math.Max(a.Scale, b.Scale);
                return SfType.Number(Math.Min(38, Math.Max(a.Precision - a.Scale, b.Precision - b.Scale) + scale), scale);
            }
            return a with { Length = Math.Max(a.Length, b.Length), Scale = Math.Max(a.Scale, b.Scale) };
        }
        if (a.IsNumber && b.IsNumber) return SfType.Real;
        if (a.IsSemiStructured || b.IsSemiStructured) return SfType.Variant;
        if (a.IsMoment && b.IsMoment) return a.Kind == SfKind.Date ? b : b.Kind == SfKind.Date ? a : a.Kind == SfKind.TimestampTz || b.Kind == SfKind.TimestampTz ? SfType.Tz : SfType.Ltz;
        if (a.Kind == SfKind.Text) return b.Kind == SfKind.Fixed ? SfType.Number(38, Math.Max(b.Scale, 9)) : b;
        if (b.Kind == SfKind.Text) return Common(b, a);
        if (a.Kind == SfKind.Boolean && b.IsNumber) return SfType.Boolean;
        if (b.Kind == SfKind.Boolean && a.IsNumber) return SfType.Boolean;
        throw new ModelError(2055, "22000", $"SQL compilation error:\nCan not convert parameter of type [{a}] into expected type [{b}]");
    }

    /// <summary>Makes an expression one of the type.</summary>
    public static Func<Frame, object?> As(Bound bound, SfType type)
    {
        if (bound.IsNull) return _ => null;
        var value = bound.Value;
        if (bound.Type.Kind == type.Kind || (bound.Type.IsNumber && type.IsNumber && type.Kind == SfKind.Fixed)) return value;
        var from = bound.Type;
        return f => Conversion.To(value(f), from, type);
    }

    public static bool Like(string text, string pattern, char? escape, bool ignoreCase)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == escape && i + 1 < pattern.Length) regex.Append(Regex.Escape(pattern[++i].ToString()));
            else if (c == '%') regex.Append(".*");
            else if (c == '_') regex.Append('.');
            else regex.Append(Regex.Escape(c.ToString()));
        }
        return Matches(text, regex.Append('$').ToString(), ignoreCase);
    }

    /// <summary>RLIKE matches the whole text.</summary>
    public static bool Matches(string text, string regex, bool ignoreCase = false) =>
        Regex.IsMatch(text, "\\A(?:" + regex + ")\\z", RegexOptions.Singleline | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None), TimeSpan.FromSeconds(5));
}
