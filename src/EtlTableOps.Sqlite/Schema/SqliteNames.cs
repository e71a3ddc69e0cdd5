using System.Globalization;

namespace EtlTableOps.Sqlite.Schema;

/// <summary>How SQLite compares names: the case of ASCII letters does not matter, that of all others does.</summary>
internal sealed class SqliteNames : IEqualityComparer<string>
{
    /// <summary>The one comparer.</summary>
    public static SqliteNames Comparer { get; } = new();

    /// <summary>Whether two names are the same to SQLite.</summary>
    public static bool Same(string? a, string? b)
    {
        if (a is null || b is null || a.Length != b.Length) return a is null && b is null;
        for (var i = 0; i < a.Length; i++)
        {
            if (Fold(a[i]) != Fold(b[i])) return false;
        }
        return true;
    }

    /// <summary>The name with its ASCII letters small.</summary>
    public static string Fold(string name) => string.Create(name.Length, name, static (to, from) =>
    {
        for (var i = 0; i < to.Length; i++) to[i] = Fold(from[i]);
    });

    /// <summary>A number as it stands in SQL.</summary>
    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public bool Equals(string? x, string? y) => Same(x, y);

    public int GetHashCode(string obj) => string.GetHashCode(Fold(obj), StringComparison.Ordinal);

    private static char Fold(char c) => char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
}
