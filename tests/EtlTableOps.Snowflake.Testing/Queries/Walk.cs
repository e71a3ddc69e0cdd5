namespace EtlTableOps.Snowflake.Testing;

/// <summary>Looks through expressions.</summary>
internal static class Walk
{
    /// <summary>The expression and all parts of it; not into subqueries.</summary>
    public static IEnumerable<Expr> All(Expr expression)
    {
        yield return expression;
        foreach (var child in Children(expression))
        {
            foreach (var inner in All(child)) yield return inner;
        }
    }

    public static bool HasAggregate(Expr expression)
    {
        if (expression is CallExpr call)
        {
            if (call.Over is { } over) return call.Arguments.Concat(over.Partition).Concat(over.Order.Select(o => o.Value)).Any(HasAggregate);
            if (Accumulator.IsAggregate(call.Name, call.Arguments.Count)) return true;
        }
        return Children(expression).Any(HasAggregate);
    }

    public static IEnumerable<Expr> Conjuncts(Expr condition) => condition is BinaryExpr { Sign: "AND" } and ? Conjuncts(and.Left).Concat(Conjuncts(and.Right)) : [condition];

    /// <summary>The equalities of a join's condition, each with its side of the left and of the right; and the rest.</summary>
    public static (List<(Expr Left, Expr Right)> Keys, List<Expr> Others) Split(Expr condition, Scope left, Scope right)
    {
        var keys = new List<(Expr, Expr)>();
        var rest = new List<Expr>();
        foreach (var part in Conjuncts(condition))
        {
            if (part is BinaryExpr { Sign: "=" } equal)
            {
                if (Of(equal.Left, left, right) && Of(equal.Right, right, left))
                {
                    keys.Add((equal.Left, equal.Right));
                    continue;
                }
                if (Of(equal.Left, right, left) && Of(equal.Right, left, right))
                {
                    keys.Add((equal.Right, equal.Left));
                    continue;
                }
            }
            rest.Add(part);
        }
        return (keys, rest);

        static bool Of(Expr expression, Scope mine, Scope other) => All(expression).All(e => e switch
        {
            ColumnExpr column => mine.Find(column) >= 0 && other.Find(column) < 0,
            ScalarExpr or ExistsExpr or InQueryExpr => false,
            _ => true,
        }) && All(expression).OfType<ColumnExpr>().Any();
    }

    private static IEnumerable<Expr> Children(Expr expression) => expression switch
    {
        UnaryExpr e => [e.Operand],
        BinaryExpr e => [e.Left, e.Right],
        IsNullExpr e => [e.Operand],
        IsDistinctExpr e => [e.Left, e.Right],
        InListExpr e => [e.Operand, .. e.List],
        InQueryExpr e => [e.Operand],
        BetweenExpr e => [e.Operand, e.Low, e.High],
        LikeExpr e => e.Escape is null ? [e.Operand, e.Pattern] : [e.Operand, e.Pattern, e.Escape],
        CaseExpr e => [.. e.Operand is null ? Array.Empty<Expr>() : [e.Operand], .. e.Branches.SelectMany(b => new[] { b.When, b.Then }), .. e.Else is null ? Array.Empty<Expr>() : [e.Else]],
        CastExpr e => [e.Operand],
        PathExpr e => [e.Operand],
        CallExpr e => [.. e.Arguments, .. e.Named.Values],
        _ => [],
    };
}
