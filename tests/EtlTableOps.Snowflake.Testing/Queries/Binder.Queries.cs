namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Binder
{
    private readonly Stack<Dictionary<string, (IReadOnlyList<string> Columns, Query Query)>> named = new();

    public Relation BindQuery(Query query, Scope? outer) => query switch
    {
        Select select => BindSelect(select, outer, []),
        OrderedQuery ordered => Ordered(ordered, outer),
        SetQuery set => Set(set, outer),
        ValuesQuery values => Values(values, outer),
        WithQuery with => With(with, outer),
        _ => throw new InvalidOperationException(query.GetType().Name),
    };

    private Relation With(WithQuery with, Scope? outer)
    {
        var tables = new Dictionary<string, (IReadOnlyList<string>, Query)>(StringComparer.Ordinal);
        named.Push(tables);
        try
        {
            foreach (var (name, columns, query) in with.Tables) tables[name] = (columns, query);
            return BindQuery(with.Inner, outer);
        }
        finally
        {
            named.Pop();
        }
    }

    private Relation Values(ValuesQuery values, Scope? outer)
    {
        var scope = new Scope([], outer);
        var rows = values.Rows.Select(r => r.Select(e => Bind(e, scope)).ToArray()).ToArray();
        if (rows.Any(r => r.Length != rows[0].Length)) throw ModelError.Compilation("Rows of VALUES have different numbers of columns.");
        var types = Enumerable.Range(0, rows[0].Length).Select(i => CommonOf([.. rows.Select(r => r[i])])).ToArray();
        var cells = rows.Select(r => r.Select((b, i) => Comparison.As(b, types[i])).ToArray()).ToArray();
        return new Relation([.. types.Select((t, i) => new ScopeColumn(null, "COLUMN" + (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), t))], o =>
        {
            var frame = new Frame(o);
            return cells.Select(r => Array.ConvertAll(r, c => c(frame)));
        });
    }

    private Relation Set(SetQuery set, Scope? outer)
    {
        var (left, right) = (BindQuery(set.Left, outer), BindQuery(set.Right, outer));
        if (left.Columns.Count != right.Columns.Count) throw new ModelError(2057, "42601", $"SQL compilation error:\ninvalid number of result columns for set operator input branches, expected {left.Columns.Count}, got {right.Columns.Count} in branch 2");
        var columns = left.Columns.Select((c, i) => c with { Source = null, Type = Comparison.Common(new Bound(c.Type, _ => null), new Bound(right.Columns[i].Type, _ => null)) }).ToArray();
        var (a, b) = (As(left, columns), As(right, columns));
        return new Relation(columns, o => set switch
        {
            { Operator: "UNION", All: true } => a(o).Concat(b(o)),
            { Operator: "UNION" } => a(o).Concat(b(o)).DistinctBy(r => new RowKey(r)),
            { Operator: "MINUS" } => a(o).DistinctBy(r => new RowKey(r)).ExceptBy(b(o).Select(r => new RowKey(r)), r => new RowKey(r)),
            _ => a(o).DistinctBy(r => new RowKey(r)).IntersectBy(b(o).Select(r => new RowKey(r)), r => new RowKey(r)),
        });

        static Func<Frame?, IEnumerable<object?[]>> As(Relation relation, ScopeColumn[] columns)
        {
            var change = relation.Columns.Select((c, i) => c.Type.Kind == columns[i].Type.Kind ? null : (Func<object?, object?>)(v => Conversion.To(v, c.Type, columns[i].Type))).ToArray();
            return o => change.All(c => c is null) ? relation.Rows(o) : relation.Rows(o).Select(r => r.Select((v, i) => change[i] is { } to ? to(v) : v).ToArray());
        }
    }

    private Relation Ordered(OrderedQuery ordered, Scope? outer)
    {
        Relation inner;
        if (ordered.Inner is Select select) inner = BindSelect(select, outer, ordered.Order);
        else
        {
            inner = BindQuery(ordered.Inner, outer);
            if (ordered.Order.Count > 0)
            {
                var scope = new Scope(inner.Columns, outer);
                var order = ordered.Order.Select(i => new OrderKey(Ordinal(i.Value) is { } n ? Up(n - 1, inner.Columns[n - 1].Type, 0, true) : Bind(i.Value, scope), i.Descending, i.NullsFirst ?? i.Descending)).ToArray();
                var unsorted = inner;
                inner = inner with { Rows = o => Sorted(unsorted.Rows(o).Select(r => (r, Keys(order, r, o))), order) };
            }
        }
        int? limit = ordered.Limit is null || Evaluate(ordered.Limit) is not { } l ? null : (int)Conversion.ToDecimal(l);
        var skip = ordered.Offset is null ? 0 : (int)Conversion.ToDecimal(Evaluate(ordered.Offset)!);
        if (limit is null && skip == 0) return inner;
        return inner with { Rows = o => limit is { } n ? inner.Rows(o).Skip(skip).Take(n) : inner.Rows(o).Skip(skip) };

        static object?[] Keys(OrderKey[] order, object?[] row, Frame? outer)
        {
            var frame = new Frame(outer) { Row = row };
            return Array.ConvertAll(order, k => k.Value.Value(frame));
        }
    }

    private static int? Ordinal(Expr expression) => expression is LiteralExpr { Value: decimal n } && n == decimal.Truncate(n) ? (int)n : null;

    private static IEnumerable<object?[]> Sorted(IEnumerable<(object?[] Row, object?[] Keys)> rows, OrderKey[] order)
    {
        var all = rows.ToList();
        // OrderBy is stable, Sort is not.
        return all.OrderBy(r => r.Keys, Comparer<object?[]>.Create((x, y) => Comparison.Rows(x, y, order))).Select(r => r.Row);
    }

    private Relation BindSelect(Select select, Scope? outer, IReadOnlyList<OrderItem> order)
    {
        var source = select.From is null ? new Relation([], _ => [[]]) : BindSource(select.From, outer);
        var aliases = new Dictionary<string, Expr>(StringComparer.Ordinal);
        foreach (var item in select.Items)
        {
            if (item.Alias is { } alias) aliases.TryAdd(alias, item.Value);
        }
        var input = new Scope(source.Columns, outer) { Aliases = aliases };
        var where = select.Where is null ? null : Condition(select.Where, input);
        var grouping = Group(select, input, order);
        var windows = new List<BoundWindow>();
        var scope = new Scope(grouping is null ? source.Columns : [], outer) { Aliases = aliases, Grouping = grouping, Windows = windows };
        var columns = new List<ScopeColumn>();
        var values = new List<Bound>();
        foreach (var item in select.Items)
        {
            if (item.Value is StarExpr star)
            {
                if (grouping is not null) throw new ModelError(979, "42601", "SQL compilation error:\n[*] is not a valid group by expression");
                foreach (var place in StarColumns(star, input))
                {
                    columns.Add(source.Columns[place] with { Source = null });
                    values.Add(Up(place, source.Columns[place].Type, 0, source.Columns[place].Nullable));
                }
                continue;
            }
            var bound = Bind(item.Value, scope);
            values.Add(bound);
            columns.Add(new ScopeColumn(null, item.Alias ?? (item.Value is ColumnExpr c ? c.Name : item.Value.Key.Length > 0 ? item.Value.Key.Replace(" ", "", StringComparison.Ordinal) : "EXPR"), bound.IsNull ? SfType.Text : bound.Type, Nullable: bound.Nullable));
        }
        var having = select.Having is null ? null : Condition(select.Having, scope);
        var qualify = select.Qualify is null ? null : Condition(select.Qualify, scope);
        var keys = order.Select(i => new OrderKey(SortValue(i.Value), i.Descending, i.NullsFirst ?? i.Descending)).ToArray();

        return new Relation(columns, o =>
        {
            var rows = Filtered(source.Rows(o), where, o);
            if (grouping is not null) rows = Filtered(Grouped(grouping, rows, o), having, o);
            var framed = windows.Count == 0 ? rows.Select(r => (Row: r, Windows: Array.Empty<object?>())) : Windows.Over(rows, windows, o);
            var results = Results(framed, o);
            if (select.Distinct) results = results.DistinctBy(r => new RowKey(r.Row));
            return keys.Length == 0 ? results.Select(r => r.Row) : Sorted(results, keys);
        });

        Bound SortValue(Expr value)
        {
            if (Ordinal(value) is { } n) return n >= 1 && n <= values.Count ? values[n - 1] : throw ModelError.Compilation($"ORDER BY position {n} is not in the select list.");
            if (value is ColumnExpr { Path.Count: 0 } name && columns.FindIndex(c => c.Name == name.Name) is >= 0 and var place) return values[place];
            return Bind(value, scope);
        }

        IEnumerable<(object?[] Row, object?[] Keys)> Results(IEnumerable<(object?[] Row, object?[] Windows)> rows, Frame? o)
        {
            var frame = new Frame(o);
            foreach (var (row, computed) in rows)
            {
                (frame.Row, frame.Windows) = (row, computed);
                if (qualify is not null && qualify.Value(frame) is not true) continue;
                var result = new object?[values.Count];
                for (var i = 0; i < result.Length; i++) result[i] = values[i].Value(frame);
                yield return (result, keys.Length == 0 ? [] : Array.ConvertAll(keys, k => k.Value.Value(frame)));
            }
        }
    }

    private Grouping? Group(Select select, Scope input, IReadOnlyList<OrderItem> order)
    {
        var expressions = select.Items.Select(i => i.Value).Concat(order.Select(o => o.Value));
        if (select.Having is not null) expressions = expressions.Append(select.Having);
        if (select.Qualify is not null) expressions = expressions.Append(select.Qualify);
        if (select.GroupBy.Count == 0 && !expressions.Any(Walk.HasAggregate)) return null;
        var grouping = new Grouping(input);
        var groups = select.GroupBy is [ColumnExpr { Key: "GROUP BY ALL" }] ? [.. select.Items.Select(i => i.Value).Where(e => !Walk.HasAggregate(e))] : select.GroupBy;
        foreach (var group in groups)
        {
            var key = Ordinal(group) is { } n ? select.Items[n - 1].Value : group;
            if (key is ColumnExpr { Path.Count: 0 } name && input.Find(name) < 0 && input.Aliases.TryGetValue(name.Name, out var aliased)) key = aliased;
            grouping.Keys.Add((key, Bind(key, input)));
        }
        return grouping;
    }

    private IEnumerable<object?[]> Filtered(IEnumerable<object?[]> rows, Bound? condition, Frame? outer)
    {
        var frame = new Frame(outer);
        var count = 0;
        foreach (var row in rows)
        {
            if ((++count & 0xFF) == 0) run.Check();
            frame.Row = row;
            if (condition is null || condition.Value(frame) is true) yield return row;
        }
    }

    private static IEnumerable<object?[]> Grouped(Grouping grouping, IEnumerable<object?[]> rows, Frame? outer)
    {
        var groups = new Dictionary<RowKey, GroupState>();
        if (grouping.Keys.Count == 0) groups[new RowKey([])] = new GroupState(grouping.Aggregates);
        var frame = new Frame(outer);
        foreach (var row in rows)
        {
            frame.Row = row;
            var values = new object?[grouping.Keys.Count];
            for (var i = 0; i < values.Length; i++) values[i] = grouping.Keys[i].Value.Value(frame);
            var key = new RowKey(values);
            if (!groups.TryGetValue(key, out var state)) groups[key] = state = new GroupState(grouping.Aggregates);
            state.Take(frame);
        }
        foreach (var (key, state) in groups) yield return [.. key.Values, .. state.Results()];
    }

    /// <summary>The aggregates of one group.</summary>
    internal sealed class GroupState
    {
        private readonly IReadOnlyList<BoundAggregate> aggregates;
        private readonly Accumulator[] accumulators;
        private readonly HashSet<RowKey>?[] seen;
        private readonly List<(object?[] Values, object?[] Keys)>?[] waiting;

        public GroupState(IReadOnlyList<BoundAggregate> aggregates)
        {
            this.aggregates = aggregates;
            accumulators = [.. aggregates.Select(a => a.New())];
            seen = [.. aggregates.Select(a => a.Distinct ? new HashSet<RowKey>() : null)];
            waiting = [.. aggregates.Select(a => a.Order.Length > 0 ? new List<(object?[], object?[])>() : null)];
        }

        public void Take(Frame frame)
        {
            for (var i = 0; i < accumulators.Length; i++)
            {
                var arguments = aggregates[i].Arguments;
                var values = new object?[arguments.Length];
                for (var a = 0; a < values.Length; a++) values[a] = arguments[a].Value(frame);
                if (seen[i] is { } known && !known.Add(new RowKey(values))) continue;
                if (waiting[i] is { } list) list.Add((values, Array.ConvertAll(aggregates[i].Order, o => o.Value.Value(frame))));
                else accumulators[i].Take(values);
            }
        }

        public IEnumerable<object?> Results()
        {
            for (var i = 0; i < accumulators.Length; i++)
            {
                if (waiting[i] is { } list)
                {
                    foreach (var values in Sorted(list, aggregates[i].Order)) accumulators[i].Take(values);
                }
                yield return accumulators[i].Result();
            }
        }
    }
}
