namespace EtlTableOps.Shadows;

/// <summary>
/// The type of an added column as the user wrote it, taken apart: <c>numeric(10, 2) NOT NULL DEFAULT 0</c> is the type, and what
/// stands behind it.
/// </summary>
internal sealed record ColumnTypeText(string Type, string Constraints, bool NotNull, string? Default, string? Collation)
{
    private static readonly string[] Starts = ["NOT", "NULL", "DEFAULT", "CHECK", "COLLATE", "CONSTRAINT", "PRIMARY", "UNIQUE", "REFERENCES", "GENERATED", "AUTOINCREMENT", "AS"];

    /// <summary>Constraints that need more than the column itself; they are refused.</summary>
    public string? Refused { get; private init; }

    /// <summary>Takes the text apart at the first word that begins a constraint, outside quotes and parentheses.</summary>
    public static ColumnTypeText Parse(string text)
    {
        var words = Words(text);
        var first = words.FindIndex(w => IsStart(w.Text));
        if (first < 0) return new ColumnTypeText(text.Trim(), "", false, null, null);

        var type = text[..words[first].At].Trim();
        var constraints = text[words[first].At..].Trim();
        bool notNull = false;
        string? value = null, collation = null, refused = null;
        for (var i = first; i < words.Count; i++)
        {
            var word = words[i].Text.ToUpperInvariant();
            if (word == "NOT" && i + 1 < words.Count && words[i + 1].Text.Equals("NULL", StringComparison.OrdinalIgnoreCase)) notNull = true;
            else if (word == "DEFAULT")
            {
                var end = words.FindIndex(i + 2 < words.Count ? i + 2 : words.Count, w => IsStart(w.Text) && !w.Text.Equals("AS", StringComparison.OrdinalIgnoreCase));
                var from = words[i].At + words[i].Text.Length;
                value = text[from..(end < 0 ? text.Length : words[end].At)].Trim();
            }
            else if (word == "COLLATE" && i + 1 < words.Count) collation = words[i + 1].Text;
            else if (word is "PRIMARY" or "UNIQUE" or "REFERENCES" or "GENERATED" or "AUTOINCREMENT") refused ??= word;
        }
        return new ColumnTypeText(type, constraints, notNull, value, collation) { Refused = refused };
    }

    private static bool IsStart(string word) => Array.Exists(Starts, s => s.Equals(word, StringComparison.OrdinalIgnoreCase));

    private static List<(int At, string Text)> Words(string text)
    {
        var words = new List<(int, string)>();
        var depth = 0;
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (c is '\'' or '"')
            {
                var end = EndOfQuoted(text, i);
                if (depth == 0) words.Add((i, text[i..end]));
                i = end;
            }
            else if (c == '(') { depth++; i++; }
            else if (c == ')') { depth--; i++; }
            else if (depth == 0 && (char.IsLetter(c) || c == '_'))
            {
                var end = i;
                while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_')) end++;
                words.Add((i, text[i..end]));
                i = end;
            }
            else i++;
        }
        return words;
    }

    private static int EndOfQuoted(string text, int start)
    {
        for (var i = start + 1; i < text.Length; i++)
        {
            if (text[i] != text[start]) continue;
            if (i + 1 < text.Length && text[i + 1] == text[start]) i++;
            else return i + 1;
        }
        return text.Length;
    }
}
