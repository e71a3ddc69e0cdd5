using System.Globalization;
using System.Numerics;
using System.Text;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>
/// HASH and HASH_AGG with the properties of engines.md 1.7: typed ('10' and 10 differ), equal numbers hash equally whatever their scale,
/// NULL counts, the order of columns matters, the order of rows does not, duplicates count, nothing is 0. The numbers are not Snowflake's.
/// </summary>
internal static class ContentHash
{
    public static ulong Row(ReadOnlySpan<object?> values)
    {
        var hash = 0x9E3779B97F4A7C15UL;
        foreach (var value in values) hash = Mix((hash * 0x100000001B3UL) ^ One(value));
        return hash;
    }

    /// <summary>What one row adds to the sum of a table.</summary>
    public static ulong Spread(ulong row) => Mix(row ^ 0xD6E8FEB86659FD93UL) | 1;

    private static ulong One(object? value) => value switch
    {
        null => 0x6A09E667F3BCC909UL,
        string text => Bytes('s', text),
        bool flag => flag ? 0xBB67AE8584CAA73BUL : 0x3C6EF372FE94F82BUL,
        decimal number => Number(number),
        double real => real == Math.Floor(real) && Math.Abs(real) < 1e15 ? Number((decimal)real) : Bytes('n', real.ToString("R", CultureInfo.InvariantCulture)),
        Moment moment => Mix(Mix((ulong)moment.Seconds + 0xA54FF53A5F1D36F1UL) ^ (ulong)moment.Nanos),
        byte[] bytes => Bytes('b', Convert.ToHexString(bytes)),
        Json json => Bytes('j', json.Text),
        _ => throw new InvalidOperationException($"No value of Snowflake's: {value.GetType()}"),
    };

    private static ulong Number(decimal number) =>
        number == Math.Floor(number) && Math.Abs(number) < 1_000_000_000_000_000_000 ? Mix((ulong)(long)number ^ 0x510E527FADE682D1UL) : Bytes('n', number.ToString("0.#############################", CultureInfo.InvariantCulture));

    private static ulong Bytes(char tag, string text)
    {
        var hash = 0xCBF29CE484222325UL ^ tag;
        foreach (var b in Encoding.UTF8.GetBytes(text)) hash = (hash ^ b) * 0x100000001B3UL;
        return Mix(hash ^ (ulong)text.Length);
    }

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return BitOperations.RotateLeft(x ^ (x >> 31), 17);
    }
}
