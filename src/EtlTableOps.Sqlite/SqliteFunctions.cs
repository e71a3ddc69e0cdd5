using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace EtlTableOps.Sqlite;

/// <summary>
/// Our SQL functions, registered on our own connections alone: nothing that stays in the database ever names them.
/// </summary>
internal static unsafe class SqliteFunctions
{
    /// <summary>
    /// <c>hash(affinities, value, …)</c>: 64 bits over the values, each first brought to the affinity of the column that stores it, so that
    /// a computed value and the same value read back from its column hash alike.
    /// </summary>
    public const string Hash = "etltableops_hash";

    /// <summary>
    /// <c>sums(affinities, value, …)</c>, an aggregate: the sums of the lower and of the upper 32 bits of <see cref="Hash"/> over the rows, each in twenty digits, one behind the other.
    /// The library would compute an expression anew for each place where it stands.
    /// </summary>
    public const string Sums = "etltableops_sums";

    /// <summary>
    /// <c>convert(type, value)</c>: the value, or an error when it would not be stored as that type. SQLite itself would
    /// store a text in an INTEGER column as text, in silence.
    /// </summary>
    public const string Convert = "etltableops_convert";

    /// <summary><c>matches(pattern, value)</c>: whether a regular expression of .NET's matches the value's text somewhere; null for null.</summary>
    public const string Matches = "etltableops_matches";

    /// <summary>A value on which an expression works for longer than this is told, instead of keeping the test for ever.</summary>
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    private static readonly ConcurrentDictionary<string, Regex> Patterns = new(StringComparer.Ordinal);

    private const ulong P1 = 0x9E3779B185EBCA87, P2 = 0xC2B2AE3D27D4EB4F, P3 = 0x165667B19E3779F9, P4 = 0x85EBCA77C2B2AE63, P5 = 0x27D4EB2F165667C5;

    /// <summary>Registers them.</summary>
    /// <returns>Where the rows are counted that <see cref="Sums"/> has added up.</returns>
    public static nint Register(nint database)
    {
        SqliteNative.Register(database, Hash, &HashRow);
        var counter = SqliteNative.RegisterAggregate(database, Sums, &AddRow, &EndRows);
        SqliteNative.Register(database, Convert, &ConvertValue);
        SqliteNative.Register(database, Matches, &MatchValue);
        return counter;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void HashRow(nint context, int count, nint* values) => SqliteNative.ResultInt64(context, (long)HashOf(count, values));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void AddRow(nint context, int count, nint* values)
    {
        var sums = (ulong*)SqliteNative.AggregateContext(context, 2 * sizeof(ulong));
        if (sums is null)
        {
            SqliteNative.ResultError(context, "out of memory");
            return;
        }
        var hash = HashOf(count, values);
        sums[0] += hash & uint.MaxValue;
        sums[1] += hash >> 32;
        (*SqliteNative.Counter(context))++;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void EndRows(nint context)
    {
        const int digits = 20;
        var sums = (ulong*)SqliteNative.AggregateContext(context, 0);
        Span<byte> text = stackalloc byte[2 * digits];
        // As wide as the greatest, so that both have room; no rows have no memory.
        Utf8Formatter.TryFormat(sums is null ? 0 : sums[0], text, out _, new StandardFormat('D', digits));
        Utf8Formatter.TryFormat(sums is null ? 0 : sums[1], text[digits..], out _, new StandardFormat('D', digits));
        SqliteNative.ResultText(context, text);
    }

    private static ulong HashOf(int count, nint* values)
    {
        var affinities = SqliteNative.Bytes(values[0]);
        var hash = P5 + (ulong)count;
        for (var i = 1; i < count; i++) hash = AddValue(hash, affinities[i - 1], values[i]);
        hash ^= hash >> 33;
        hash *= P2;
        hash ^= hash >> 29;
        hash *= P3;
        return hash ^ (hash >> 32);
    }

    private static ulong AddValue(ulong hash, byte affinity, nint value)
    {
        var type = SqliteNative.ValueType(value);
        if (type == SqliteNative.Text && affinity is (SqliteAffinity.Numeric or SqliteAffinity.Real)) type = SqliteNative.ValueNumericType(value);
        switch (type)
        {
            case SqliteNative.Integer when affinity == SqliteAffinity.Real:
                return AddReal(hash, SqliteNative.ValueInt64(value));
            case SqliteNative.Real when affinity == SqliteAffinity.Numeric:
                var real = SqliteNative.ValueDouble(value);
                // As sqlite3VdbeIntegerAffinity: a whole number within 64 bits, its two ends excluded, is stored as one.
                return real > long.MinValue && real < long.MaxValue && Math.Truncate(real) == real ? AddWord(hash, 1, (ulong)(long)real) : AddReal(hash, real);
            case SqliteNative.Integer when affinity == SqliteAffinity.Text:
            case SqliteNative.Real when affinity == SqliteAffinity.Text:
                SqliteNative.ValueText(value);
                return AddBytes(hash, 3, SqliteNative.Bytes(value));
            case SqliteNative.Integer:
                return AddWord(hash, 1, (ulong)SqliteNative.ValueInt64(value));
            case SqliteNative.Real:
                return AddReal(hash, SqliteNative.ValueDouble(value));
            case SqliteNative.Text:
                return AddBytes(hash, 3, SqliteNative.Bytes(value));
            case SqliteNative.Blob:
                return AddBytes(hash, 4, SqliteNative.Bytes(value));
            default:
                return AddWord(hash, 0, 0);
        }
    }

    // Zero has one hash: SQLite keeps no negative zero in a column of REAL affinity.
    private static ulong AddReal(ulong hash, double value) => AddWord(hash, 2, value == 0 ? 0 : BitConverter.DoubleToUInt64Bits(value));

    private static ulong AddWord(ulong hash, ulong tag, ulong value) => Round(hash + (tag * P5), value);

    private static ulong AddBytes(ulong hash, ulong tag, ReadOnlySpan<byte> bytes)
    {
        hash = Round(hash + (tag * P5), (ulong)bytes.Length);
        while (bytes.Length >= 8)
        {
            hash = Round(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        var rest = 0UL;
        for (var i = 0; i < bytes.Length; i++) rest |= (ulong)bytes[i] << (8 * i);
        return bytes.Length > 0 ? Round(hash, rest) : hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Round(ulong hash, ulong value)
    {
        hash ^= BitOperations.RotateLeft(value * P2, 31) * P1;
        return (BitOperations.RotateLeft(hash, 27) * P1) + P4;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void MatchValue(nint context, int count, nint* values)
    {
        try
        {
            // A result that nobody sets is null.
            if (count != 2 || SqliteNative.ValueType(values[0]) == SqliteNative.Null || SqliteNative.ValueType(values[1]) == SqliteNative.Null) return;
            var pattern = Encoding.UTF8.GetString(SqliteNative.Bytes(values[0]));
            // Few patterns, many rows; what is made up by data is not kept.
            if (!Patterns.TryGetValue(pattern, out var regex))
            {
                regex = new Regex(pattern, RegexOptions.CultureInvariant, LongestMatch);
                if (Patterns.Count < 1000) Patterns.TryAdd(pattern, regex);
            }
            if (SqliteNative.ValueType(values[1]) is SqliteNative.Integer or SqliteNative.Real) SqliteNative.ValueText(values[1]);
            SqliteNative.ResultInt64(context, regex.IsMatch(Encoding.UTF8.GetString(SqliteNative.Bytes(values[1]))) ? 1 : 0);
        }
        catch (Exception e)
        {
            // An exception must not cross into the library; the statement fails with its message instead.
            SqliteNative.ResultError(context, e.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ConvertValue(nint context, int count, nint* values)
    {
        try
        {
            if (count != 2)
            {
                SqliteNative.ResultError(context, $"{Convert} takes a type and a value");
                return;
            }
            var type = Encoding.UTF8.GetString(SqliteNative.Bytes(values[0]));
            if (Misfit(SqliteType.Of(type), values[1]) is { } why) SqliteNative.ResultError(context, $"a value does not fit {type}: {why}");
            else SqliteNative.ResultValue(context, values[1]);
        }
        catch (Exception e)
        {
            // An exception must not cross into the library; the statement fails with its message instead.
            SqliteNative.ResultError(context, e.Message);
        }
    }

    private static string? Misfit(SqliteType type, nint value)
    {
        if (!type.DemandsNumber) return null;
        var stored = SqliteNative.ValueType(value);
        if (stored == SqliteNative.Blob) return "it is a blob";
        if (stored == SqliteNative.Text && SqliteNative.ValueNumericType(value) == SqliteNative.Text) return $"'{Encoding.UTF8.GetString(SqliteNative.Bytes(value))}' is no number";
        if (!type.DemandsWholeNumber || SqliteNative.ValueNumericType(value) != SqliteNative.Real) return null;
        var real = SqliteNative.ValueDouble(value);
        return real > long.MinValue && real < long.MaxValue && Math.Truncate(real) == real ? null : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{real:R} is no whole number of 64 bits");
    }
}
