namespace EtlTableOps.Snowflake.Testing;

/// <summary>A row in evaluation, its window values, and the row of the query around it.</summary>
internal sealed class Frame(Frame? outer)
{
    public object?[] Row = [];

    public object?[] Windows = [];

    public readonly Frame? Outer = outer;
}

/// <summary>A column that can be named: by its own name, and by its source's.</summary>
internal sealed record ScopeColumn(string? Source, string Name, SfType Type, bool Hidden = false, bool Nullable = true);

/// <summary>An expression that is ready to run.</summary>
internal sealed record Bound(SfType Type, Func<Frame, object?> Value, bool IsNull = false, bool Nullable = true);

/// <summary>What names mean at a place of a query.</summary>
internal sealed class Scope(IReadOnlyList<ScopeColumn> columns, Scope? outer)
{
    public IReadOnlyList<ScopeColumn> Columns { get; } = columns;

    public Scope? Outer { get; } = outer;

    /// <summary>How many queries are around.</summary>
    public int Level { get; } = outer is null ? 0 : outer.Level + 1;

    /// <summary>Aliases of the SELECT list: used where no column has the name.</summary>
    public Dictionary<string, Expr> Aliases { get; init; } = new(StringComparer.Ordinal);

    public Grouping? Grouping { get; init; }

    public List<BoundWindow>? Windows { get; init; }

    /// <summary>The place of a column; -1 when there is none.</summary>
    public int Find(ColumnExpr column)
    {
        var found = -1;
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name != column.Name || (column.Path.Count > 0 && Columns[i].Source != column.Path[^1])) continue;
            if (found >= 0) throw new ModelError(2022, "42601", $"SQL compilation error:\nambiguous column name '{column.Name}'");
            found = i;
        }
        return found;
    }
}

/// <summary>Rows with columns. <paramref name="Rows"/> takes the frame of the query around it.</summary>
internal sealed record Relation(IReadOnlyList<ScopeColumn> Columns, Func<Frame?, IEnumerable<object?[]>> Rows);

/// <summary>Keys and aggregates of a grouped query: rows of it are the keys, then the aggregates.</summary>
internal sealed class Grouping(Scope input)
{
    public Scope Input { get; } = input;

    public List<(Expr Source, Bound Value)> Keys { get; } = [];

    public List<BoundAggregate> Aggregates { get; } = [];
}

internal sealed record BoundAggregate(string Key, SfType Type, Func<Accumulator> New, Bound[] Arguments, bool Distinct, OrderKey[] Order);

internal sealed record BoundWindow(string Function, BoundAggregate? Aggregate, Bound[] Arguments, Bound[] Partition, OrderKey[] Order, SfType Type);

internal sealed record OrderKey(Bound Value, bool Descending, bool NullsFirst);

/// <summary>Values that are compared as one, for DISTINCT, GROUP BY and joins. NULL equals NULL here.</summary>
internal sealed class RowKey : IEquatable<RowKey>
{
    private readonly object?[] values;
    private readonly int hash;

    public RowKey(object?[] values)
    {
        this.values = values;
        var code = new HashCode();
        foreach (var value in values) code.Add(value is byte[] bytes ? Convert.ToHexString(bytes) : value);
        hash = code.ToHashCode();
    }

    public object?[] Values => values;

    public bool Equals(RowKey? other)
    {
        if (other is null || other.hash != hash || other.values.Length != values.Length) return false;
        for (var i = 0; i < values.Length; i++)
        {
            if (!Same(values[i], other.values[i])) return false;
        }
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as RowKey);

    public override int GetHashCode() => hash;

    private static bool Same(object? a, object? b) => a is byte[] x && b is byte[] y ? x.AsSpan().SequenceEqual(y) : Equals(a, b);
}
