using EtlTableOps.Shadows;

namespace EtlTableOps.Cli.Parsing;

/// <summary>
/// Columns as they are written on the command line: <c>name type [= expression]</c> and <c>name = expression</c>. A name with
/// blanks stands in double quotes; types and expressions are SQL and are passed on as they are.
/// </summary>
internal static class ColumnText
{
    /// <summary>Reads <c>name type [= expression]</c>.</summary>
    public static bool TryParseAdded(string text, out AddedColumn? column)
    {
        column = TryParse(text, out var name, out var type, out var expression) ? new AddedColumn(name, type, expression) : null;
        return column is not null;
    }

    /// <summary>Reads <c>name type [= expression]</c>.</summary>
    public static bool TryParseAltered(string text, out AlteredColumn? column)
    {
        column = TryParse(text, out var name, out var type, out var expression) ? new AlteredColumn(name, type, expression) : null;
        return column is not null;
    }

    /// <summary>Reads <c>name = expression</c>; before the sign a name needs no quotes for its blanks.</summary>
    public static bool TryParseSet(string text, out SetColumn? column)
    {
        column = null;
        var sign = FindSign(text);
        if (sign < 0) return false;
        var left = text[..sign].Trim();
        var expression = text[(sign + 1)..].Trim();
        var name = left;
        if (left.StartsWith('"') && (!TryTakeName(left, out name, out var rest) || rest.Trim().Length > 0)) return false;
        if (name.Length == 0 || expression.Length == 0) return false;
        column = new SetColumn(name, expression);
        return true;
    }

    /// <summary>A column's name, in double quotes or not.</summary>
    public static bool TryParseName(string text, out string name)
    {
        name = text.Trim();
        if (name.StartsWith('"') && (!TryTakeName(name, out name, out var rest) || rest.Trim().Length > 0)) return false;
        return name.Length > 0;
    }

    private static bool TryParse(string text, out string name, out string type, out string? expression)
    {
        type = "";
        expression = null;
        if (!TryTakeName(text.Trim(), out name, out var rest)) return false;
        var sign = FindSign(rest);
        type = (sign < 0 ? rest : rest[..sign]).Trim();
        if (sign >= 0) expression = rest[(sign + 1)..].Trim();
        return name.Length > 0 && type.Length > 0 && expression is not "";
    }

    private static bool TryTakeName(string text, out string name, out string rest)
    {
        name = rest = "";
        if (text.Length == 0) return false;
        if (text[0] != '"')
        {
            var end = text.AsSpan().IndexOfAny(" \t\r\n=");
            (name, rest) = end < 0 ? (text, "") : (text[..end], text[end..]);
            return true;
        }
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] != '"') continue;
            if (i + 1 < text.Length && text[i + 1] == '"')
            {
                i++;
                continue;
            }
            name = text[1..i].Replace("\"\"", "\"", StringComparison.Ordinal);
            rest = text[(i + 1)..];
            return true;
        }
        return false;
    }

    /// <summary>
    /// The first equals sign that stands by itself: not in quotes or parentheses (a type may hold <c>CHECK (a = b)</c>), and
    /// not a part of <c>==</c>, <c>&lt;=</c>, <c>&gt;=</c>, <c>!=</c>, <c>=&gt;</c>, <c>:=</c>.
    /// </summary>
    private static int FindSign(string text)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\'' or '"':
                    i = text.IndexOf(text[i], i + 1);
                    if (i < 0) return -1;
                    break;
                case '(':
                    depth++;
                    break;
                case ')':
                    depth--;
                    break;
                case '=' when depth == 0 && !IsOperatorPart(text, i):
                    return i;
                default:
                    break;
            }
        }
        return -1;
    }

    private static bool IsOperatorPart(string text, int at) =>
        (at > 0 && "=<>!:".Contains(text[at - 1], StringComparison.Ordinal))
        || (at + 1 < text.Length && "=>".Contains(text[at + 1], StringComparison.Ordinal));
}
