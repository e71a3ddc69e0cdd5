namespace EtlTableOps.Sqlite.Schema;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>An unquoted word: keyword, name or number-like text.</summary>
    Word,
    /// <summary>A name in double quotes, brackets or backticks.</summary>
    QuotedName,
    /// <summary>Text in single quotes.</summary>
    Text,
    /// <summary>A number, a parameter or a blob literal.</summary>
    Value,
    /// <summary>One character of punctuation.</summary>
    Sign,
}

/// <summary>A token of a SQL text.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">One past its end.</param>
/// <param name="Value">The name or text without quotes; the characters themselves for the others.</param>
internal readonly record struct SqlToken(TokenKind Kind, int Start, int End, string Value)
{
    /// <summary>Whether it is this unquoted keyword.</summary>
    public bool Is(string keyword) => Kind == TokenKind.Word && string.Equals(Value, keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is this sign.</summary>
    public bool IsSign(char sign) => Kind == TokenKind.Sign && Value[0] == sign;

    /// <summary>Whether it can stand where a name stands.</summary>
    public bool IsName => Kind is TokenKind.Word or TokenKind.QuotedName or TokenKind.Text;
}

/// <summary>Takes SQL apart as SQLite's own tokenizer does, without blanks and comments.</summary>
internal static class SqlTokens
{
    /// <summary>The tokens of a text.</summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static List<SqlToken> Read(string sql)
    {
        var tokens = new List<SqlToken>();
        var i = 0;
        while (i < sql.Length)
        {
            var c = sql[i];
            var start = i;
            if (c is ' ' or '\t' or '\n' or '\f' or '\r')
            {
                i++;
            }
            else if (c == '-' && Next(sql, i) == '-')
            {
                while (i < sql.Length && sql[i] != '\n') i++;
            }
            else if (c == '/' && Next(sql, i) == '*')
            {
                var end = sql.IndexOf("*/", i + 2, StringComparison.Ordinal);
                i = end < 0 ? sql.Length : end + 2;
            }
            else if (c is '"' or '`' or '\'')
            {
                var value = Quoted(sql, ref i, c);
                tokens.Add(new SqlToken(c == '\'' ? TokenKind.Text : TokenKind.QuotedName, start, i, value));
            }
            else if (c == '[')
            {
                var end = sql.IndexOf(']', i + 1);
                if (end < 0) throw new FormatException("A bracket is not closed.");
                i = end + 1;
                tokens.Add(new SqlToken(TokenKind.QuotedName, start, i, sql[(start + 1)..end]));
            }
            else if (c is 'x' or 'X' && Next(sql, i) == '\'')
            {
                i++;
                Quoted(sql, ref i, '\'');
                tokens.Add(new SqlToken(TokenKind.Value, start, i, sql[start..i]));
            }
            else if (IsWordStart(c))
            {
                while (i < sql.Length && IsWordPart(sql[i])) i++;
                tokens.Add(new SqlToken(TokenKind.Word, start, i, sql[start..i]));
            }
            else if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Next(sql, i))))
            {
                Number(sql, ref i);
                tokens.Add(new SqlToken(TokenKind.Value, start, i, sql[start..i]));
            }
            else
            {
                i++;
                tokens.Add(new SqlToken(TokenKind.Sign, start, i, c.ToString()));
            }
        }
        return tokens;
    }

    private static char Next(string sql, int i) => i + 1 < sql.Length ? sql[i + 1] : '\0';

    // SQLite takes every character beyond ASCII as part of a word.
    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_' || c > '\u007f';

    private static bool IsWordPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' || c > '\u007f';

    private static void Number(string sql, ref int i)
    {
        while (i < sql.Length && (IsWordPart(sql[i]) || sql[i] == '.' || (sql[i] is '+' or '-' && sql[i - 1] is 'e' or 'E' && char.IsAsciiDigit(Next(sql, i)) && !IsHex(sql, i)))) i++;
    }

    private static bool IsHex(string sql, int i)
    {
        var start = i;
        while (start > 0 && IsWordPart(sql[start - 1])) start--;
        return sql.AsSpan(start).StartsWith("0x", StringComparison.OrdinalIgnoreCase);
    }

    private static string Quoted(string sql, ref int i, char quote)
    {
        var start = ++i;
        var doubled = false;
        for (; i < sql.Length; i++)
        {
            if (sql[i] != quote) continue;
            if (Next(sql, i) == quote)
            {
                doubled = true;
                i++;
                continue;
            }
            var inside = sql[start..i];
            i++;
            return doubled ? inside.Replace(new string(quote, 2), quote.ToString(), StringComparison.Ordinal) : inside;
        }
        throw new FormatException("A quote is not closed.");
    }
}
