using System.Globalization;
using System.Text;
using EtlTableOps.Engines;

namespace EtlTableOps.Snowflake;

/// <summary>
/// Puts a statement's parameters in their places: a whole number as text, any other value as <c>?</c>. What looks like a parameter inside a literal, a quoted name
/// or a comment, and the name of a stage, is left alone.
/// </summary>
internal static class SnowflakeParameters
{
    /// <summary>The text for the driver and the values in the order of their places.</summary>
    public static (string Text, IReadOnlyList<object?> Values) Place(Sql sql)
    {
        if (sql.Parameters.Count == 0) return (sql.Text, []);
        var given = sql.Parameters.ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        var values = new List<object?>();
        var text = new StringBuilder(sql.Text.Length);
        for (var i = 0; i < sql.Text.Length;)
        {
            var end = SkipInert(sql.Text, i);
            if (end > i)
            {
                text.Append(sql.Text, i, end - i);
                i = end;
                continue;
            }
            if (sql.Text[i] != '@')
            {
                text.Append(sql.Text[i++]);
                continue;
            }
            end = i + 1;
            while (end < sql.Text.Length && (char.IsAsciiLetterOrDigit(sql.Text[end]) || sql.Text[end] == '_')) end++;
            if (!given.TryGetValue(sql.Text[(i + 1)..end], out var value)) text.Append(sql.Text, i, end - i);
            else if (value is long or int) text.Append(System.Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture));
            else
            {
                text.Append('?');
                values.Add(value);
            }
            i = end;
        }
        return (text.ToString(), values);
    }

    /// <summary>The end of the literal, quoted name, dollar-quoted text or comment that begins here; the same place when none does.</summary>
    private static int SkipInert(string text, int start)
    {
        var rest = text.AsSpan(start);
        if (rest.StartsWith("--") || rest.StartsWith("//")) return Until(text, start, "\n");
        if (rest.StartsWith("/*")) return Until(text, start + 2, "*/");
        if (rest.StartsWith("$$")) return Until(text, start + 2, "$$");
        if (rest[0] is not ('\'' or '"')) return start;
        for (var i = start + 1; i < text.Length; i++)
        {
            if (text[i] == '\\' && rest[0] == '\'') i++;
            else if (text[i] == rest[0]) return i + 1;
        }
        return text.Length;
    }

    private static int Until(string text, int start, string mark)
    {
        var end = text.IndexOf(mark, start, StringComparison.Ordinal);
        return end < 0 ? text.Length : end + mark.Length;
    }
}
