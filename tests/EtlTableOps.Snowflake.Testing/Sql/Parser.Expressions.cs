using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Parser
{
    private static readonly string[] Comparisons = ["=", "<>", "<=", ">=", "<", ">"];

    private static readonly HashSet<string> WithoutParentheses = ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_USER", "CURRENT_ROLE", "LOCALTIMESTAMP", "SYSDATE"];

    private Expr Expression() => Or();

    private Expr Keyed(int start, Expr node) => node with { Key = KeyFrom(start), Position = tokens[start].Start };

    private Expr Or()
    {
        var start = at;
        var left = And();
        while (Take("OR")) left = Keyed(start, new BinaryExpr("OR", left, And()));
        return left;
    }

    private Expr And()
    {
        var start = at;
        var left = Not();
        while (Take("AND")) left = Keyed(start, new BinaryExpr("AND", left, Not()));
        return left;
    }

    private Expr Not()
    {
        var start = at;
        return Take("NOT") ? Keyed(start, new UnaryExpr("NOT", Not())) : Comparison();
    }

    private Expr Comparison()
    {
        var start = at;
        var left = Sum();
        while (true)
        {
            var sign = Array.Find(Comparisons, s => Next.Is(s));
            if (sign is not null)
            {
                at++;
                left = Keyed(start, new BinaryExpr(sign, left, Sum()));
                continue;
            }
            if (Take("IS"))
            {
                var isNot = Take("NOT");
                if (Take("NULL")) left = Keyed(start, new IsNullExpr(left, isNot));
                else if (Take("DISTINCT", "FROM")) left = Keyed(start, new IsDistinctExpr(left, Sum(), isNot));
                else if (Is("TRUE") || Is("FALSE"))
                {
                    var wanted = Take("TRUE") || !Take("FALSE");
                    left = Keyed(start, new IsDistinctExpr(left, new LiteralExpr(wanted, SfType.Boolean), !isNot));
                }
                else throw Unexpected();
                continue;
            }
            var back = at;
            var not = Take("NOT");
            if (Take("IN")) left = Keyed(start, InTail(left, not));
            else if (Take("BETWEEN"))
            {
                var low = Sum();
                Require("AND");
                left = Keyed(start, new BetweenExpr(left, low, Sum(), not));
            }
            else if (Is("LIKE") || Is("ILIKE") || Is("RLIKE") || Is("REGEXP"))
            {
                var word = Word();
                var pattern = Sum();
                var escape = Take("ESCAPE") ? Sum() : null;
                left = Keyed(start, new LikeExpr(left, pattern, escape, word == "ILIKE", word is "RLIKE" or "REGEXP", not));
            }
            else
            {
                at = back;
                return left;
            }
        }
    }

    private Expr InTail(Expr left, bool not)
    {
        Require("(");
        if (Is("SELECT") || Is("WITH"))
        {
            var query = Query();
            Require(")");
            return new InQueryExpr(left, query, not);
        }
        var list = ExpressionList();
        Require(")");
        return new InListExpr(left, list, not);
    }

    private List<Expr> ExpressionList()
    {
        var list = new List<Expr>();
        do list.Add(Expression());
        while (Take(","));
        return list;
    }

    private Expr Sum()
    {
        var start = at;
        var left = Product();
        while (Next.Is("+") || Next.Is("-") || Next.Is("||"))
        {
            var sign = tokens[at++].Value;
            left = Keyed(start, new BinaryExpr(sign, left, Product()));
        }
        return left;
    }

    private Expr Product()
    {
        var start = at;
        var left = Unary();
        while (Next.Is("*") || Next.Is("/") || Next.Is("%"))
        {
            var sign = tokens[at++].Value;
            left = Keyed(start, new BinaryExpr(sign, left, Unary()));
        }
        return left;
    }

    private Expr Unary()
    {
        var start = at;
        if (Take("-")) return Keyed(start, new UnaryExpr("-", Unary()));
        if (Take("+")) return Unary();
        var value = Primary();
        while (true)
        {
            if (Take("::")) value = Keyed(start, new CastExpr(value, Type(), false));
            else if (Is(":") && Peek(1).IsName)
            {
                at++;
                value = Keyed(start, new PathExpr(value, tokens[at].Kind == TokenKind.Quoted ? tokens[at].Value : sql[tokens[at].Start..tokens[at].End]));
                at++;
            }
            else if (value is PathExpr && Is(".") && Peek(1).IsName)
            {
                at++;
                value = Keyed(start, new PathExpr(value, tokens[at].Kind == TokenKind.Quoted ? tokens[at].Value : sql[tokens[at].Start..tokens[at].End]));
                at++;
            }
            else if (Take("["))
            {
                var step = Next.Kind is TokenKind.Text or TokenKind.Number ? tokens[at++].Value : throw Unexpected();
                Require("]");
                value = Keyed(start, new PathExpr(value, step));
            }
            else return value;
        }
    }

    private Expr Primary()
    {
        var start = at;
        var token = Next;
        switch (token.Kind)
        {
            case TokenKind.Number:
                at++;
                if (token.Value.Contains('e', StringComparison.OrdinalIgnoreCase)) return Keyed(start, new LiteralExpr(double.Parse(token.Value, CultureInfo.InvariantCulture), SfType.Real));
                if (!decimal.TryParse(token.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) throw ModelError.OutOfRange(token.Value);
                return Keyed(start, new LiteralExpr(number, TypeOf(number)));
            case TokenKind.Text:
                at++;
                return Keyed(start, new LiteralExpr(token.Value, SfType.Varchar(Math.Max(1, token.Value.Length))));
            case TokenKind.Parameter:
                at++;
                return new ParameterExpr(parameters++) { Key = "?" + parameters.ToString(CultureInfo.InvariantCulture), Position = token.Start };
            case TokenKind.Variable:
                at++;
                return Keyed(start, new VariableExpr(token.Value));
            case TokenKind.Dollar:
                at++;
                return Keyed(start, new DollarExpr(int.Parse(token.Value, CultureInfo.InvariantCulture)));
            case TokenKind.Sign when token.Value == "(":
                at++;
                Expr inner;
                if (Is("SELECT") || Is("WITH")) inner = new ScalarExpr(Query());
                else inner = Expression();
                Require(")");
                return inner.Key.Length == 0 ? Keyed(start, inner) : inner;
            case TokenKind.Quoted:
                return Column(start);
            case TokenKind.Word:
                return WordExpression(start);
            default:
                throw Unexpected();
        }
    }

    private static SfType TypeOf(decimal number)
    {
        var scale = (decimal.GetBits(number)[3] >> 16) & 0xFF;
        var digits = decimal.Truncate(Math.Abs(number)).ToString(CultureInfo.InvariantCulture).Length;
        return SfType.Number(Math.Min(38, digits + scale), scale);
    }

    private Expr WordExpression(int start)
    {
        if (Take("NULL")) return Keyed(start, new LiteralExpr(null, SfType.Varchar(1)));
        if (Take("TRUE")) return Keyed(start, new LiteralExpr(true, SfType.Boolean));
        if (Take("FALSE")) return Keyed(start, new LiteralExpr(false, SfType.Boolean));
        if (Take("CASE")) return Keyed(start, CaseTail());
        if (Is("CAST", "(") || Is("TRY_CAST", "("))
        {
            var attempt = Word() == "TRY_CAST";
            Require("(");
            var operand = Expression();
            Require("AS");
            var type = Type();
            Require(")");
            return Keyed(start, new CastExpr(operand, type, attempt));
        }
        if (Take("EXISTS", "("))
        {
            var query = Query();
            Require(")");
            return Keyed(start, new ExistsExpr(query));
        }
        if (Take("EXTRACT", "("))
        {
            var part = Word();
            Require("FROM");
            var operand = Expression();
            Require(")");
            return Keyed(start, new CallExpr("DATE_PART", [new LiteralExpr(part, SfType.Text), operand], new Dictionary<string, Expr>(), false, null));
        }
        if (Peek(1).Kind == TokenKind.Text && (Is("DATE") || Is("TIMESTAMP") || Is("TIMESTAMP_NTZ") || Is("TIME")))
        {
            var type = Type();
            return Keyed(start, new CastExpr(new LiteralExpr(TextLiteral(), SfType.Text), type, false));
        }
        if (Peek(1).Is("(")) return Call(start);
        if (WithoutParentheses.Contains(Next.Value) && !Peek(1).Is("."))
            return Keyed(start, new CallExpr(Word(), [], new Dictionary<string, Expr>(), false, null));
        return Column(start);
    }

    private Expr Column(int start)
    {
        var parts = new List<string> { Identifier() };
        if (Is(".") && Peek(1).Kind == TokenKind.Dollar)
        {
            at++;
            return Keyed(start, new DollarExpr(int.Parse(tokens[at++].Value, CultureInfo.InvariantCulture)));
        }
        while (Is(".") && (Peek(1).IsName || Peek(1).Is("*")))
        {
            at++;
            if (Take("*")) return Keyed(start, new StarExpr(parts[^1], Exclude()));
            parts.Add(tokens[at++].Value);
        }
        if (Is("(") && parts.Count > 1)
        {
            var call = Arguments(parts[^1]);
            return Keyed(start, call);
        }
        return new ColumnExpr(parts[..^1], parts[^1]) { Key = KeyFrom(start), Position = tokens[start].Start };
    }

    private List<string> Exclude()
    {
        if (!Take("EXCLUDE")) return [];
        return Is("(") ? NameList() : [Identifier()];
    }

    private Expr Call(int start)
    {
        var name = Word();
        return Keyed(start, Arguments(name));
    }

    private CallExpr Arguments(string name)
    {
        Require("(");
        var distinct = Take("DISTINCT");
        var arguments = new List<Expr>();
        var named = new Dictionary<string, Expr>(StringComparer.Ordinal);
        if (!Is(")"))
        {
            do
            {
                if (Next.IsName && Peek(1).Is("=>"))
                {
                    var key = tokens[at].Value;
                    at += 2;
                    named[key] = Expression();
                }
                else if (Is("*"))
                {
                    at++;
                    arguments.Add(new StarExpr(null, Exclude()) { Key = "*" });
                }
                else arguments.Add(Expression());
            }
            while (Take(","));
        }
        Require(")");
        var within = new List<OrderItem>();
        if (Take("WITHIN", "GROUP", "("))
        {
            Require("ORDER", "BY");
            within = OrderItems();
            Require(")");
        }
        Window? over = null;
        if (Take("OVER", "("))
        {
            var partition = Take("PARTITION", "BY") ? ExpressionList() : [];
            var order = Take("ORDER", "BY") ? OrderItems() : [];
            Require(")");
            over = new Window(partition, order);
        }
        return new CallExpr(name, arguments, named, distinct, over) { Within = within };
    }

    private CaseExpr CaseTail()
    {
        var operand = Is("WHEN") ? null : Expression();
        var branches = new List<(Expr, Expr)>();
        while (Take("WHEN"))
        {
            var when = Expression();
            Require("THEN");
            branches.Add((when, Expression()));
        }
        if (branches.Count == 0) throw Unexpected();
        var otherwise = Take("ELSE") ? Expression() : null;
        Require("END");
        return new CaseExpr(operand, branches, otherwise);
    }
}
