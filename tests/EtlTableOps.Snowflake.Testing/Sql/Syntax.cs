namespace EtlTableOps.Snowflake.Testing;

/// <summary>A node of an expression; <see cref="Key"/> is its canonical text, equal for equal expressions.</summary>
internal abstract record Expr
{
    public string Key { get; init; } = "";

    public int Position { get; init; }
}

internal sealed record LiteralExpr(object? Value, SfType Type) : Expr;

/// <summary>A bound value; the number counts from 0.</summary>
internal sealed record ParameterExpr(int Number) : Expr;

/// <summary>A session variable, <c>$name</c>.</summary>
internal sealed record VariableExpr(string Name) : Expr;

/// <summary>A column: the parts before it ("db"."s"."t") and its name.</summary>
internal sealed record ColumnExpr(IReadOnlyList<string> Path, string Name) : Expr;

/// <summary><c>$1</c> of a staged file or of VALUES.</summary>
internal sealed record DollarExpr(int Number) : Expr;

internal sealed record StarExpr(string? Qualifier, IReadOnlyList<string> Exclude) : Expr;

internal sealed record UnaryExpr(string Sign, Expr Operand) : Expr;

internal sealed record BinaryExpr(string Sign, Expr Left, Expr Right) : Expr;

internal sealed record IsNullExpr(Expr Operand, bool Not) : Expr;

internal sealed record IsDistinctExpr(Expr Left, Expr Right, bool Not) : Expr;

internal sealed record InListExpr(Expr Operand, IReadOnlyList<Expr> List, bool Not) : Expr;

internal sealed record InQueryExpr(Expr Operand, Query Query, bool Not) : Expr;

internal sealed record BetweenExpr(Expr Operand, Expr Low, Expr High, bool Not) : Expr;

internal sealed record LikeExpr(Expr Operand, Expr Pattern, Expr? Escape, bool IgnoreCase, bool Regex, bool Not) : Expr;

internal sealed record CaseExpr(Expr? Operand, IReadOnlyList<(Expr When, Expr Then)> Branches, Expr? Else) : Expr;

internal sealed record CastExpr(Expr Operand, SfType Type, bool Try) : Expr;

internal sealed record ExistsExpr(Query Query) : Expr;

internal sealed record ScalarExpr(Query Query) : Expr;

internal sealed record PathExpr(Expr Operand, string Step) : Expr;

internal sealed record CallExpr(string Name, IReadOnlyList<Expr> Arguments, IReadOnlyDictionary<string, Expr> Named, bool Distinct, Window? Over) : Expr
{
    /// <summary>The order inside LISTAGG or ARRAY_AGG.</summary>
    public IReadOnlyList<OrderItem> Within { get; init; } = [];
}

internal sealed record Window(IReadOnlyList<Expr> Partition, IReadOnlyList<OrderItem> Order);

internal sealed record OrderItem(Expr Value, bool Descending, bool? NullsFirst);

internal sealed record SelectItem(Expr Value, string? Alias);

internal abstract record Query;

internal sealed record Select(IReadOnlyList<SelectItem> Items, bool Distinct, Source? From, Expr? Where, IReadOnlyList<Expr> GroupBy, Expr? Having, Expr? Qualify) : Query;

internal sealed record SetQuery(string Operator, bool All, Query Left, Query Right) : Query;

internal sealed record ValuesQuery(IReadOnlyList<IReadOnlyList<Expr>> Rows) : Query;

internal sealed record OrderedQuery(Query Inner, IReadOnlyList<OrderItem> Order, Expr? Limit, Expr? Offset) : Query;

internal sealed record WithQuery(IReadOnlyList<(string Name, IReadOnlyList<string> Columns, Query Query)> Tables, Query Inner) : Query;

/// <summary>What stands in a FROM.</summary>
internal abstract record Source
{
    public string? Alias { get; init; }

    public IReadOnlyList<string> ColumnAliases { get; init; } = [];
}

/// <summary>A name of up to three parts, as written (already folded).</summary>
internal sealed record Name(IReadOnlyList<string> Parts)
{
    public string Last => Parts[^1];

    public override string ToString() => string.Join('.', Parts);
}

/// <summary>AT, BEFORE or END with TIMESTAMP, OFFSET, STATEMENT or STREAM.</summary>
internal sealed record TravelPoint(string What, Expr Value, bool Before);

internal sealed record TableSource(Name Name, TravelPoint? At, ChangesClause? Changes) : Source;

internal sealed record ChangesClause(bool AppendOnly, TravelPoint At, TravelPoint? End);

internal sealed record QuerySource(Query Query) : Source;

internal sealed record FunctionSource(Name Function, CallExpr Call) : Source;

internal sealed record StageSource(string Path, IReadOnlyDictionary<string, string> Options) : Source;

internal sealed record JoinSource(string Kind, Source Left, Source Right, Expr? On, IReadOnlyList<string> Using) : Source;
