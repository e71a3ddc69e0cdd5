namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Parser
{
    private Query Query()
    {
        if (Take("WITH"))
        {
            Take("RECURSIVE");
            var tables = new List<(string, IReadOnlyList<string>, Query)>();
            do
            {
                var name = Identifier();
                IReadOnlyList<string> columns = Is("(") ? NameList() : [];
                Require("AS", "(");
                tables.Add((name, columns, Query()));
                Require(")");
            }
            while (Take(","));
            return new WithQuery(tables, Query());
        }
        var query = SetOperations();
        var order = Take("ORDER", "BY") ? OrderItems() : [];
        Expr? limit = null, offset = null;
        if (Take("LIMIT")) limit = Expression();
        if (Take("OFFSET")) offset = Expression();
        if (Take("FETCH"))
        {
            if (!Take("FIRST")) Take("NEXT");
            limit = Expression();
            if (!Take("ROWS")) Take("ROW");
            Take("ONLY");
        }
        return order.Count == 0 && limit is null && offset is null ? query : new OrderedQuery(query, order, limit, offset);
    }

    private Query SetOperations()
    {
        var left = QueryTerm();
        while (true)
        {
            if (Take("UNION"))
            {
                var all = Take("ALL");
                if (!all) Take("DISTINCT");
                left = new SetQuery("UNION", all, left, QueryTerm());
            }
            else if (Take("MINUS") || Take("EXCEPT")) left = new SetQuery("MINUS", false, left, QueryTerm());
            else if (Take("INTERSECT")) left = new SetQuery("INTERSECT", false, left, QueryTerm());
            else return left;
        }
    }

    private Query QueryTerm()
    {
        if (Take("("))
        {
            var inner = Query();
            Require(")");
            return inner;
        }
        if (Take("VALUES")) return Values();
        Require("SELECT");
        var distinct = Take("DISTINCT");
        if (!distinct) Take("ALL");
        var items = new List<SelectItem>();
        do items.Add(Item());
        while (Take(","));
        var from = Take("FROM") ? Sources() : null;
        var where = Take("WHERE") ? Expression() : null;
        var groups = new List<Expr>();
        if (Take("GROUP", "BY")) groups = Take("ALL") ? [new ColumnExpr([], "ALL") { Key = "GROUP BY ALL" }] : ExpressionList();
        var having = Take("HAVING") ? Expression() : null;
        var qualify = Take("QUALIFY") ? Expression() : null;
        return new Select(items, distinct, from, where, groups, having, qualify);
    }

    private ValuesQuery Values()
    {
        var rows = new List<IReadOnlyList<Expr>>();
        do
        {
            Require("(");
            var row = new List<Expr>();
            do row.Add(Take("DEFAULT") ? new CallExpr("DEFAULT", [], new Dictionary<string, Expr>(), false, null) { Key = "DEFAULT" } : Expression());
            while (Take(","));
            Require(")");
            rows.Add(row);
        }
        while (Take(","));
        return new ValuesQuery(rows);
    }

    private SelectItem Item()
    {
        if (Is("*"))
        {
            at++;
            return new SelectItem(new StarExpr(null, Exclude()), null);
        }
        var value = Expression();
        if (Take("AS")) return new SelectItem(value, AnyName());
        return new SelectItem(value, Next.Kind == TokenKind.Quoted || (Next.Kind == TokenKind.Word && !Reserved.Contains(Next.Value)) ? Identifier() : null);
    }

    private string AnyName() => Next.IsName ? tokens[at++].Value : throw Unexpected();

    private List<OrderItem> OrderItems()
    {
        var items = new List<OrderItem>();
        do
        {
            var value = Expression();
            var descending = Take("DESC");
            if (!descending) Take("ASC");
            bool? nullsFirst = Take("NULLS", "FIRST") ? true : Take("NULLS", "LAST") ? false : null;
            items.Add(new OrderItem(value, descending, nullsFirst));
        }
        while (Take(","));
        return items;
    }

    private Source Sources()
    {
        var left = Joined();
        while (Take(",")) left = new JoinSource("CROSS", left, Joined(), null, []);
        return left;
    }

    private Source Joined()
    {
        var left = OneSource();
        while (true)
        {
            string kind;
            if (Take("CROSS", "JOIN")) kind = "CROSS";
            else if (Take("LEFT", "OUTER", "JOIN") || Take("LEFT", "JOIN")) kind = "LEFT";
            else if (Take("RIGHT", "OUTER", "JOIN") || Take("RIGHT", "JOIN")) kind = "RIGHT";
            else if (Take("FULL", "OUTER", "JOIN") || Take("FULL", "JOIN")) kind = "FULL";
            else if (Take("INNER", "JOIN") || Take("JOIN")) kind = "INNER";
            else return left;
            var right = OneSource();
            Expr? on = null;
            IReadOnlyList<string> shared = [];
            if (kind != "CROSS")
            {
                if (Take("ON")) on = Expression();
                else if (Take("USING")) shared = NameList();
            }
            left = new JoinSource(kind, left, right, on, shared);
        }
    }

    private Source OneSource()
    {
        Take("LATERAL");
        if (Next.Kind == TokenKind.Stage)
        {
            var path = tokens[at++].Value;
            var options = Is("(") ? Options() : new Dictionary<string, string>();
            return Aliased(new StageSource(path, options));
        }
        if (Take("("))
        {
            if (Is("SELECT") || Is("WITH") || Is("VALUES") || Is("("))
            {
                var query = Query();
                Require(")");
                return Aliased(new QuerySource(query));
            }
            var joined = Sources();
            Require(")");
            return joined;
        }
        if (Is("VALUES"))
        {
            at++;
            return Aliased(new QuerySource(Values()));
        }
        if (Take("TABLE", "("))
        {
            var name = ObjectName();
            var call = Arguments(name.Last);
            Require(")");
            return Aliased(new FunctionSource(name, call));
        }
        var table = ObjectName();
        ChangesClause? changes = null;
        TravelPoint? point = null;
        if (Is("CHANGES", "(")) changes = Changes();
        else point = Travel();
        return Aliased(new TableSource(table, point, changes));
    }

    private ChangesClause Changes()
    {
        Require("CHANGES", "(", "INFORMATION", "=>");
        var kind = Word();
        if (kind is not ("DEFAULT" or "APPEND_ONLY")) throw Unexpected();
        Require(")");
        var start = Travel() ?? throw Unexpected();
        TravelPoint? end = null;
        if (Take("END")) end = Point(false);
        return new ChangesClause(kind == "APPEND_ONLY", start, end);
    }

    private TravelPoint? Travel()
    {
        if (Is("AT", "("))
        {
            at++;
            return Point(false);
        }
        if (!Is("BEFORE", "(")) return null;
        at++;
        return Point(true);
    }

    private TravelPoint Point(bool before)
    {
        Require("(");
        var what = Word();
        if (what is not ("TIMESTAMP" or "OFFSET" or "STATEMENT" or "STREAM")) throw Unexpected();
        Require("=>");
        var value = Expression();
        Require(")");
        return new TravelPoint(what, value, before);
    }

    private Source Aliased(Source source)
    {
        string? alias = null;
        if (Take("AS")) alias = Identifier();
        else if (Next.Kind == TokenKind.Quoted || (Next.Kind == TokenKind.Word && !Reserved.Contains(Next.Value))) alias = Identifier();
        if (alias is null) return source;
        return source with { Alias = alias, ColumnAliases = Is("(") ? NameList() : [] };
    }
}
