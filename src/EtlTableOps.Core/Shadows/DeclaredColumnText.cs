using EtlTableOps.Errors;

namespace EtlTableOps.Shadows;

/// <summary>
/// Reads a column's declaration as people type it on a command line: <c>name type [= expression]</c>. One reader for all front ends, so
/// that a line that works in one works in the others. A name that holds blanks or an equals sign stands in double quotes.
/// </summary>
internal static class DeclaredColumnText
{
    public static (string Name, string Type, string? Expression) ReadTyped(string text)
    {
        var (name, rest) = SplitName(text);
        var equals = TopLevelEquals(rest);
        var type = (equals < 0 ? rest : rest[..equals]).Trim();
        if (type.Length == 0) throw Bad(text, "name type [= expression]");
        return (name, type, equals < 0 ? null : Expression(rest, equals, text, "name type [= expression]"));
    }

    public static (string Name, string Expression) ReadAssignment(string text)
    {
        var (name, rest) = SplitName(text);
        var equals = TopLevelEquals(rest);
        if (equals < 0 || rest[..equals].Trim().Length > 0) throw Bad(text, "name = expression");
        return (name, Expression(rest, equals, text, "name = expression"));
    }

    private static string Expression(string rest, int equals, string text, string form)
    {
        var expression = rest[(equals + 1)..].Trim();
        return expression.Length == 0 ? throw Bad(text, form) : expression;
    }

    private static (string Name, string Remainder) SplitName(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var line = text.Trim();
        if (line.StartsWith('"'))
        {
            for (var i = 1; i < line.Length; i++)
            {
                if (line[i] != '"') continue;
                if (i + 1 < line.Length && line[i + 1] == '"')
                {
                    i++;
                    continue;
                }
                var quoted = line[1..i].Replace("\"\"", "\"", StringComparison.Ordinal);
                if (quoted.Length > 0) return (quoted, line[(i + 1)..]);
                break;
            }
            throw new EtlException(ErrorCode.BadInput, $"'{text}' is no column: the double quotes around its name are empty or not closed.");
        }
        var end = line.AsSpan().IndexOfAny(" \t\r\n=");
        var name = end < 0 ? line : line[..end];
        if (name.Length == 0) throw new EtlException(ErrorCode.BadInput, $"'{text}' is no column: it has no name.");
        return (name, end < 0 ? "" : line[end..]);
    }

    /// <summary>The first equals sign outside brackets and quotes: a default such as <c>DEFAULT (a = b)</c> is part of the type.</summary>
    private static int TopLevelEquals(string text)
    {
        var depth = 0;
        char? quote = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote is not null)
            {
                if (c == quote) quote = null;
                continue;
            }
            switch (c)
            {
                case '\'' or '"':
                    quote = c;
                    break;
                case '(':
                    depth++;
                    break;
                case ')':
                    depth--;
                    break;
                case '=' when depth == 0:
                    return i;
            }
        }
        return -1;
    }

    private static EtlException Bad(string text, string form) =>
        new(ErrorCode.BadInput, $"'{text}' is no column declaration of the form: {form}");
}
