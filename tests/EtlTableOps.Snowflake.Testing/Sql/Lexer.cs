using System.Text;

namespace EtlTableOps.Snowflake.Testing;

internal enum TokenKind
{
    Word,
    Quoted,
    Text,
    Number,
    Sign,
    Parameter,
    Dollar,
    Variable,
    Stage,
    End,
}

/// <summary>A token: its value (a word in upper case, a text without quotes) and where it stands.</summary>
internal readonly record struct Token(TokenKind Kind, string Value, int Start, int End)
{
    public bool Is(string value) => Kind is TokenKind.Word or TokenKind.Sign && Value == value;

    public bool IsName => Kind is TokenKind.Word or TokenKind.Quoted;
}

/// <summary>Cuts Snowflake SQL into tokens, by its rules of names, texts with backslashes, dollar-quoted texts and comments.</summary>
internal static class Lexer
{
    private static readonly string[] Signs = ["->>", "=>", "<=", ">=", "<>", "!=", "||", "::", "->"];

    public static List<Token> Read(string sql)
    {
        var tokens = new List<Token>();
        var at = 0;
        while (true)
        {
            at = SkipSpace(sql, at);
            if (at >= sql.Length)
            {
                tokens.Add(new Token(TokenKind.End, "<EOF>", sql.Length, sql.Length));
                return tokens;
            }
            var start = at;
            var (kind, value) = One(sql, ref at);
            tokens.Add(new Token(kind, value, start, at));
        }
    }

    private static (TokenKind Kind, string Value) One(string sql, ref int at)
    {
        var c = sql[at];
        var start = at;
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (at < sql.Length && (char.IsAsciiLetterOrDigit(sql[at]) || sql[at] is '_' or '$')) at++;
            return (TokenKind.Word, sql[start..at].ToUpperInvariant());
        }
        if (char.IsAsciiDigit(c) || (c == '.' && at + 1 < sql.Length && char.IsAsciiDigit(sql[at + 1])))
        {
            while (at < sql.Length && (char.IsAsciiDigit(sql[at]) || sql[at] == '.')) at++;
            if (at + 1 < sql.Length && sql[at] is 'e' or 'E' && (char.IsAsciiDigit(sql[at + 1]) || sql[at + 1] is '+' or '-'))
            {
                at += 2;
                while (at < sql.Length && char.IsAsciiDigit(sql[at])) at++;
            }
            return (TokenKind.Number, sql[start..at]);
        }
        switch (c)
        {
            case '"': return (TokenKind.Quoted, Quoted(sql, ref at));
            case '\'': return (TokenKind.Text, Text(sql, ref at));
            case '?':
                at++;
                return (TokenKind.Parameter, "?");
            case '@':
                at++;
                var quoted = false;
                while (at < sql.Length && (quoted || !(char.IsWhiteSpace(sql[at]) || sql[at] is '(' or ')' or ',' or ';')))
                {
                    if (sql[at] == '"') quoted = !quoted;
                    at++;
                }
                return (TokenKind.Stage, sql[(start + 1)..at]);
            case '$' when at + 1 < sql.Length && sql[at + 1] == '$':
                var close = sql.IndexOf("$$", at + 2, StringComparison.Ordinal);
                if (close < 0) throw ModelError.Syntax(sql, at, "$$");
                at = close + 2;
                return (TokenKind.Text, sql[(start + 2)..close]);
            case '$' when at + 1 < sql.Length && char.IsAsciiDigit(sql[at + 1]):
                at++;
                while (at < sql.Length && char.IsAsciiDigit(sql[at])) at++;
                return (TokenKind.Dollar, sql[(start + 1)..at]);
            case '$' when at + 1 < sql.Length && (char.IsAsciiLetter(sql[at + 1]) || sql[at + 1] == '_'):
                at++;
                while (at < sql.Length && (char.IsAsciiLetterOrDigit(sql[at]) || sql[at] is '_' or '$')) at++;
                return (TokenKind.Variable, sql[(start + 1)..at].ToUpperInvariant());
        }
        foreach (var sign in Signs)
        {
            if (string.CompareOrdinal(sql, at, sign, 0, sign.Length) != 0) continue;
            at += sign.Length;
            return (TokenKind.Sign, sign == "!=" ? "<>" : sign);
        }
        at++;
        if (!"()+-*/%,.;=<>:[]{}".Contains(c, StringComparison.Ordinal)) throw ModelError.Syntax(sql, start, c.ToString());
        return (TokenKind.Sign, c.ToString());
    }

    private static string Quoted(string sql, ref int at)
    {
        var name = new StringBuilder();
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (sql[i] != '"') name.Append(sql[i]);
            else if (i + 1 < sql.Length && sql[i + 1] == '"') name.Append(sql[i++]);
            else
            {
                at = i + 1;
                return name.ToString();
            }
        }
        throw ModelError.Syntax(sql, at, "\"");
    }

    private static string Text(string sql, ref int at)
    {
        var text = new StringBuilder();
        for (var i = at + 1; i < sql.Length; i++)
        {
            var c = sql[i];
            if (c == '\\' && i + 1 < sql.Length)
            {
                c = sql[++i];
                text.Append(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', '0' => '\0', _ => c });
            }
            else if (c != '\'') text.Append(c);
            else if (i + 1 < sql.Length && sql[i + 1] == '\'') text.Append(sql[i++]);
            else
            {
                at = i + 1;
                return text.ToString();
            }
        }
        throw ModelError.Syntax(sql, at, "'");
    }

    private static int SkipSpace(string sql, int at)
    {
        while (at < sql.Length)
        {
            if (char.IsWhiteSpace(sql[at])) at++;
            else if (At("--") || At("//"))
            {
                while (at < sql.Length && sql[at] != '\n') at++;
            }
            else if (At("/*"))
            {
                var close = sql.IndexOf("*/", at + 2, StringComparison.Ordinal);
                if (close < 0) throw ModelError.Syntax(sql, at, "/*");
                at = close + 2;
            }
            else break;
        }
        return at;

        bool At(string sign) => string.CompareOrdinal(sql, at, sign, 0, sign.Length) == 0;
    }
}
