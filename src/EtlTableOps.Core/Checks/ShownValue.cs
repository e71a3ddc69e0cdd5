using System.Globalization;

namespace EtlTableOps.Checks;

/// <summary>Writes a value for people so that what cannot be seen is seen.</summary>
internal static class ShownValue
{
    private const int Longest = 60;
    private const int Before = 20;

    /// <summary>The value: null as NULL; in quotes where it is empty, has blanks at an end or would be taken for NULL, or has characters that are written out; a long one around where it parts from the other.</summary>
    public static string Of(string? value, string? other)
    {
        if (value is null) return "NULL";
        var (from, length) = (0, value.Length);
        if (length > Longest)
        {
            var same = 0;
            while (other is not null && same < value.Length && same < other.Length && value[same] == other[same]) same++;
            from = Math.Max(0, same - Before);
            if (from > 0 && char.IsLowSurrogate(value[from])) from--;
            length = Math.Min(Longest, value.Length - from);
            if (from + length < value.Length && char.IsHighSurrogate(value[from + length - 1])) length--;
        }
        var part = value.Substring(from, length);
        var text = string.Concat(part.Select(c => IsUnseen(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString()));
        var shown = (from > 0 ? "…" : "") + text + (from + length < value.Length ? "…" : "");
        return part.Length == 0 || text.Length != part.Length || part[0] == ' ' || part[^1] == ' ' || value == "NULL" ? $"\"{shown}\"" : shown;
    }

    private static bool IsUnseen(char c) => (char.IsWhiteSpace(c) && c != ' ')
        || char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.PrivateUse;
}
