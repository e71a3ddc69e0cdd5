using System.Text.RegularExpressions;

namespace EtlTableOps.PostgreSql;

/// <summary>What the text of a type says about it.</summary>
internal static partial class TypeText
{
    /// <summary>Types whose typed hash tells any two values apart that are not the same to every reader.</summary>
    private static readonly HashSet<string> Hashed = new(StringComparer.OrdinalIgnoreCase)
    {
        "boolean", "bool", "smallint", "int2", "integer", "int", "int4", "bigint", "int8", "oid", "uuid", "bytea", "date", "time without time zone", "time",
        "time with time zone", "timetz", "timestamp without time zone", "timestamp", "timestamp with time zone", "timestamptz", "inet", "cidr", "macaddr", "macaddr8",
        "jsonb", "name", "\"char\"",
    };

    private static readonly HashSet<string> Texts = new(StringComparer.OrdinalIgnoreCase) { "text", "character varying", "varchar", "character", "char", "bpchar" };

    private static readonly HashSet<string> Numbers = new(StringComparer.OrdinalIgnoreCase)
    {
        "smallint", "int2", "integer", "int", "int4", "bigint", "int8", "numeric", "decimal", "double precision", "float8", "float", "real", "float4",
    };

    private static readonly HashSet<string> Times = new(StringComparer.OrdinalIgnoreCase)
    {
        "date", "time without time zone", "time", "timestamp without time zone", "timestamp", "timestamp with time zone", "timestamptz", "interval",
    };

    private static readonly HashSet<string> WithLength = new(StringComparer.OrdinalIgnoreCase)
    {
        "character varying", "varchar", "character", "char", "bpchar", "bit", "bit varying", "varbit",
    };

    /// <summary>Whether a cast to it can cut: a text or bit type with a length.</summary>
    public static bool IsLimited(string type) => !IsArray(type) && WithLength.Contains(Bare(type));

    public static bool IsArray(string type) => type.TrimEnd().EndsWith(']');

    public static bool IsText(string type) => !IsArray(type) && Texts.Contains(Bare(type));

    /// <summary>Numbers that a double can stand for.</summary>
    public static bool IsNumber(string type) => !IsArray(type) && Numbers.Contains(Bare(type));

    /// <summary>Points and spans of time, which have seconds of the epoch.</summary>
    public static bool IsTime(string type) => !IsArray(type) && Times.Contains(Bare(type));

    /// <summary>Other types of which the text is what everybody means by a value.</summary>
    public static bool IsPlain(string type) => !IsArray(type) && Bare(type) is "boolean" or "bool" or "uuid" or "inet" or "cidr" or "macaddr" or "macaddr8" or "name" or "\"char\"" or "time with time zone" or "timetz" or "citext";

    public static bool IsHashed(string type) => !IsArray(type) && Hashed.Contains(Bare(type));

    /// <summary>A number with a fixed scale: equal numbers are printed alike.</summary>
    public static bool IsFixedNumber(string type) => !IsArray(type) && Bare(type) is "numeric" or "decimal" && type.Contains('(', StringComparison.Ordinal);

    /// <summary>The function that writes a value exactly, where equality is coarser than what is stored (-0 and 0; a month and 30 days).</summary>
    public static string? ExactSender(string type) => IsArray(type) ? null : Bare(type) switch
    {
        "double precision" or "float8" or "float" => "float8send",
        "real" or "float4" => "float4send",
        "interval" => "interval_send",
        _ => null,
    };

    /// <summary>The range of a type of whole numbers; null for any other.</summary>
    public static (long Lowest, long Highest)? WholeNumbers(string type) => IsArray(type) ? null : Bare(type) switch
    {
        "smallint" or "int2" => (short.MinValue, short.MaxValue),
        "integer" or "int" or "int4" => (int.MinValue, int.MaxValue),
        "bigint" or "int8" => (long.MinValue, long.MaxValue),
        _ => null,
    };

    /// <summary>Whether blanks fill its values up.</summary>
    public static bool IsPadded(string type) => Bare(type) is "character" or "char" or "bpchar";

    /// <summary>The length in a type's parentheses; null when it has none.</summary>
    public static long? Length(string type) =>
        Modifier().Match(type) is { Success: true } m && long.TryParse(m.Value.Trim(' ', '(', ')'), System.Globalization.CultureInfo.InvariantCulture, out var length) ? length : null;

    /// <summary>The type's name without length, precision and the words of its schema when that is the catalog's.</summary>
    public static string Bare(string type)
    {
        var bare = Modifier().Replace(type, "").Trim();
        return (bare.StartsWith("pg_catalog.", StringComparison.OrdinalIgnoreCase) ? bare["pg_catalog.".Length..] : bare).ToLowerInvariant();
    }

    [GeneratedRegex(@"\s*\([^)]*\)")]
    private static partial Regex Modifier();
}
