namespace EtlTableOps.Snowflake.Testing;

/// <content>Subqueries in expressions. One that does not ask for the row around it runs once.</content>
internal sealed partial class Binder
{
    /// <summary>The outermost query that was looked at for a name, beyond the own one.</summary>
    private int outermost = int.MaxValue;

    private (Relation Relation, bool Alone) Subquery(Query query, Scope scope)
    {
        var before = outermost;
        outermost = int.MaxValue;
        var relation = BindQuery(query, scope);
        var alone = outermost > scope.Level;
        outermost = Math.Min(before, outermost);
        if (!alone) return (relation, false);
        List<object?[]>? kept = null;
        return (relation with { Rows = _ => kept ??= [.. relation.Rows(null)] }, true);
    }

    private Bound InQuery(InQueryExpr list, Scope scope)
    {
        var operand = Bind(list.Operand, scope);
        var (query, alone) = Subquery(list.Query, scope);
        Bound inside;
        if (alone && !operand.IsNull && operand.Type.Kind == query.Columns[0].Type.Kind)
        {
            HashSet<RowKey>? found = null;
            inside = new Bound(SfType.Boolean, f =>
            {
                if (operand.Value(f) is not { } value) return query.Rows(null).Any() ? null : false;
                found ??= [.. query.Rows(null).Select(r => new RowKey([r[0]]))];
                return found.Contains(new RowKey([value])) ? true : found.Contains(new RowKey([null])) ? null : false;
            });
            return list.Not ? Not(inside) : inside;
        }
        var element = new Bound(query.Columns[0].Type, f => f.Row[0]);
        var equal = Compare("=", new Bound(operand.Type, f => operand.Value(f.Outer!), operand.IsNull), element);
        inside = new Bound(SfType.Boolean, f =>
        {
            var frame = new Frame(f);
            object? result = false;
            foreach (var row in query.Rows(f))
            {
                frame.Row = row;
                var one = equal.Value(frame);
                if (one is true) return true;
                if (one is null) result = null;
            }
            return result;
        });
        return list.Not ? Not(inside) : inside;
    }

    private Bound Exists(Query query, Scope scope)
    {
        if (query is Select { From: TableSource source, Where: { } where, GroupBy.Count: 0, Having: null, Qualify: null } select && scope.Grouping is null && !select.Items.Any(i => Walk.HasAggregate(i.Value)))
        {
            // A table is asked by its keys and not read anew for every row.
            var table = BindSource(source, null);
            var inner = new Scope(table.Columns, scope);
            var (keys, others) = Walk.Split(where, new Scope(table.Columns, null), new Scope(scope.Columns, null));
            if (keys.Count > 0)
            {
                var bound = keys.ConvertAll(k => JoinKey(Bind(k.Left, new Scope(table.Columns, null)), Bind(k.Right, scope)));
                var rest = others.ConvertAll(e => Condition(e, inner));
                Bound[] mine = [.. bound.Select(k => k.Left)], theirs = [.. bound.Select(k => k.Right)];
                Index? index = null;
                return new Bound(SfType.Boolean, f =>
                {
                    index ??= new Index(mine, table.Rows(null), null);
                    return index.Matching(theirs, f).Any(row =>
                    {
                        var frame = new Frame(f) { Row = row };
                        return rest.TrueForAll(c => c.Value(frame) is true);
                    });
                }, Nullable: false);
            }
        }
        var (relation, _) = Subquery(query, scope);
        return new Bound(SfType.Boolean, f => relation.Rows(f).Any(), Nullable: false);
    }

    private Bound Scalar(Query query, Scope scope)
    {
        var (relation, _) = Subquery(query, scope);
        return new Bound(relation.Columns[0].Type, f =>
        {
            object? result = null;
            var count = 0;
            foreach (var row in relation.Rows(f))
            {
                if (++count > 1) throw new ModelError(90150, "22000", "Single-row subquery returns more than one row.");
                result = row[0];
            }
            return result;
        });
    }
}
