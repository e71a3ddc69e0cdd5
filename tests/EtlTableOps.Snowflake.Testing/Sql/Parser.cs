using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>Reads one or several statements of Snowflake SQL. What it does not know is a syntax error, as on the server.</summary>
internal sealed partial class Parser
{
    private static readonly HashSet<string> Reserved =
    [
        "ALL", "ALTER", "AND", "ANY", "AS", "BETWEEN", "BY", "CASE", "CAST", "CHECK", "COLUMN", "CONNECT", "CONSTRAINT", "CREATE", "CROSS", "CURRENT", "DELETE", "DISTINCT", "DROP", "ELSE", "EXISTS", "FOLLOWING",
        "FOR", "FROM", "FULL", "GRANT", "GROUP", "HAVING", "ILIKE", "IN", "INCREMENT", "INNER", "INSERT", "INTERSECT", "INTO", "IS", "JOIN", "LATERAL", "LEFT", "LIKE", "MINUS", "NATURAL", "NOT", "NULL", "OF", "ON",
        "OR", "ORDER", "QUALIFY", "REGEXP", "REVOKE", "RIGHT", "RLIKE", "ROW", "ROWS", "SAMPLE", "SELECT", "SET", "SOME", "START", "TABLE", "TABLESAMPLE", "THEN", "TO", "TRIGGER", "TRUE", "FALSE", "TRY_CAST", "UNION",
        "UNIQUE", "UPDATE", "USING", "VALUES", "WHEN", "WHENEVER", "WHERE", "WITH", "LIMIT", "FETCH", "OFFSET", "EXCEPT",
    ];

    private readonly string sql;
    private readonly List<Token> tokens;
    private int at;
    private int parameters;

    public Parser(string sql, bool foldsQuoted = false)
    {
        this.sql = sql;
        tokens = Lexer.Read(sql);
        // QUOTED_IDENTIFIERS_IGNORE_CASE: as if no name were quoted, as far as case goes.
        if (foldsQuoted) tokens = [.. tokens.Select(t => t.Kind == TokenKind.Quoted ? t with { Value = t.Value.ToUpperInvariant() } : t)];
    }

    private Token Next => tokens[at];

    /// <summary>Question marks met so far.</summary>
    public int Parameters => parameters;

    public static Expr ParseExpression(string text)
    {
        var parser = new Parser(text);
        var expression = parser.Expression();
        parser.RequireEnd();
        return expression;
    }

    public static Query ParseQuery(string text)
    {
        var parser = new Parser(text);
        var query = parser.Query();
        parser.RequireEnd();
        return query;
    }

    private Token Peek(int ahead) => tokens[Math.Min(at + ahead, tokens.Count - 1)];

    private bool Is(params string[] words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if (!Peek(i).Is(words[i])) return false;
        }
        return true;
    }

    private bool Take(params string[] words)
    {
        if (!Is(words)) return false;
        at += words.Length;
        return true;
    }

    private void Require(params string[] words)
    {
        foreach (var word in words)
        {
            if (!Take(word)) throw Unexpected();
        }
    }

    private void RequireEnd()
    {
        while (Take(";"))
        {
        }
        if (Next.Kind != TokenKind.End) throw Unexpected();
    }

    private ModelError Unexpected() => ModelError.Syntax(sql, Next.Start, Next.Kind == TokenKind.End ? "<EOF>" : sql[Next.Start..Next.End]);

    private string Word()
    {
        if (Next.Kind != TokenKind.Word) throw Unexpected();
        return tokens[at++].Value;
    }

    private string Identifier()
    {
        var token = Next;
        if (token.Kind == TokenKind.Quoted || (token.Kind == TokenKind.Word && !Reserved.Contains(token.Value)))
        {
            at++;
            return token.Value;
        }
        throw Unexpected();
    }

    private Name ObjectName()
    {
        if (Take("IDENTIFIER", "("))
        {
            var text = TextLiteral();
            Require(")");
            return new Parser(text).ObjectName();
        }
        var parts = new List<string> { Identifier() };
        while (Take(".")) parts.Add(Identifier());
        if (parts.Count > 3) throw Unexpected();
        return new Name(parts);
    }

    private string TextLiteral()
    {
        if (Next.Kind != TokenKind.Text) throw Unexpected();
        return tokens[at++].Value;
    }

    private int Integer()
    {
        if (Next.Kind != TokenKind.Number || !int.TryParse(Next.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw Unexpected();
        at++;
        return number;
    }

    private List<string> NameList()
    {
        Require("(");
        var names = new List<string>();
        do names.Add(Identifier());
        while (Take(","));
        Require(")");
        return names;
    }

    private SfType Type()
    {
        var name = Word();
        if (name == "DOUBLE" && Take("PRECISION")) name = "DOUBLE PRECISION";
        if (name is "CHAR" or "NCHAR" && Take("VARYING")) name += " VARYING";
        int? first = null, second = null;
        if (Take("("))
        {
            first = Integer();
            if (Take(",")) second = Integer();
            Require(")");
        }
        if (name == "TIMESTAMP")
        {
            if (Take("WITHOUT", "TIME", "ZONE")) name += " WITHOUT TIME ZONE";
            else if (Take("WITH", "LOCAL", "TIME", "ZONE")) name += " WITH LOCAL TIME ZONE";
            else if (Take("WITH", "TIME", "ZONE")) name += " WITH TIME ZONE";
        }
        return SfType.Of(name, first, second) ?? throw new ModelError(2040, "42601", $"SQL compilation error:\nUnsupported data type '{name}'.");
    }

    /// <summary>The canonical text of the tokens since a place.</summary>
    private string KeyFrom(int start)
    {
        var key = new System.Text.StringBuilder();
        for (var i = start; i < at; i++)
        {
            if (key.Length > 0) key.Append(' ');
            var token = tokens[i];
            key.Append(token.Kind == TokenKind.Text ? "'" + token.Value + "'" : token.Value);
        }
        return key.ToString();
    }
}
