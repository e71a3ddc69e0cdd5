using System.Text;
using EtlTableOps.Errors;

namespace EtlTableOps.Tables;

/// <summary>A table's name as the database stores it: already folded, never quoted.</summary>
/// <param name="Schema">The schema, or null where it is not stated or the engine has none.</param>
/// <param name="Name">The table's own name.</param>
public sealed record TableName(string? Schema, string Name)
{
    /// <summary>The same schema, another name.</summary>
    public TableName WithName(string name) => new(Schema, name);

    /// <summary>
    /// Reads a name as a user writes it: <c>allevents</c>, <c>sales.allevents</c>, <c>"All Events"</c>.
    /// A part in double quotes is taken as it is; an unquoted part is folded as the engine folds it, but
    /// only when it is a plain identifier: <c>bird strikes</c> without quotes is taken as it is.
    /// </summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="folding">How the engine folds an unquoted name.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when the text is no name.</exception>
    public static TableName Parse(string text, IdentifierFolding folding)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = SplitParts(text, folding);
        return parts.Count switch
        {
            1 => new TableName(null, parts[0]),
            2 => new TableName(parts[0], parts[1]),
            _ => throw new EtlException(ErrorCode.BadInput, $"'{text}' is no table name: at most schema.table, with a dot inside a name written in double quotes."),
        };
    }

    /// <summary>Folds one unquoted identifier, or unwraps a quoted one.</summary>
    public static string ParsePart(string text, IdentifierFolding folding)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
        {
            return text[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal);
        }
        return IsPlain(text)
            ? folding switch
            {
                IdentifierFolding.Lower => text.ToLowerInvariant(),
                IdentifierFolding.Upper => text.ToUpperInvariant(),
                _ => text,
            }
            : text;
    }

    /// <summary>The name for people; a part that needs quotes has them.</summary>
    public override string ToString() => Schema is null ? Show(Name) : Show(Schema) + "." + Show(Name);

    /// <summary>The name for people, so that an engine of this folding reads back the very name that was shown.</summary>
    public string ToString(IdentifierFolding folding)
    {
        if (folding != IdentifierFolding.Upper) return ToString();
        return Schema is null ? ShowUpper(Name) : ShowUpper(Schema) + "." + ShowUpper(Name);

        static string ShowUpper(string part) => IsPlain(part) && !part.Any(char.IsAsciiLetterLower) ? part : "\"" + part.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    // With a capital it is shown in quotes, so that every engine reads back the very name that was shown.
    private static string Show(string part) =>
        IsPlain(part) && !part.Any(char.IsAsciiLetterUpper) ? part : "\"" + part.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private static bool IsPlain(string text)
    {
        if (text.Length == 0 || !(char.IsAsciiLetter(text[0]) || text[0] == '_')) return false;
        foreach (var c in text)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '_' or '$')) return false;
        }
        return true;
    }

    private static List<string> SplitParts(string text, IdentifierFolding folding)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\0') throw new EtlException(ErrorCode.BadInput, "A name cannot hold a NUL character.");
            if (c == '"') quoted = !quoted;
            if (c == '.' && !quoted)
            {
                parts.Add(Finish(part, text, folding));
                continue;
            }
            part.Append(c);
        }
        if (quoted) throw new EtlException(ErrorCode.BadInput, $"'{text}' is no table name: a double quote is not closed.");
        parts.Add(Finish(part, text, folding));
        return parts;
    }

    private static string Finish(StringBuilder part, string whole, IdentifierFolding folding)
    {
        var raw = part.ToString().Trim();
        part.Clear();
        var name = ParsePart(raw, folding);
        if (name.Length == 0) throw new EtlException(ErrorCode.BadInput, $"'{whole}' is no table name: a part of it is empty.");
        // A quote in the middle of a part (a"b, "a"b) is a typing error, never a name that was meant.
        var inside = raw[0] == '"' && raw.Length > 1 && raw[^1] == '"' ? raw[1..^1].Replace("\"\"", "", StringComparison.Ordinal) : raw;
        if (inside.Contains('"', StringComparison.Ordinal))
            throw new EtlException(ErrorCode.BadInput, $"'{whole}' is no table name: a double quote stands inside a part.");
        return name;
    }
}

/// <summary>How an engine stores a name that was written without quotes.</summary>
public enum IdentifierFolding
{
    /// <summary>As written; comparisons ignore case.</summary>
    Keep,
    /// <summary>In small letters.</summary>
    Lower,
    /// <summary>In capitals.</summary>
    Upper,
}
