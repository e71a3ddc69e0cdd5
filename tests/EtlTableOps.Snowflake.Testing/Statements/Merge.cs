namespace EtlTableOps.Snowflake.Testing;

/// <summary>A WHEN of a MERGE: an UPDATE of some columns, a DELETE, or an INSERT.</summary>
internal sealed record MergeClause(bool Matched, Expr? Condition, bool Delete, IReadOnlyList<(string Column, Expr Value)> Sets, IReadOnlyList<string>? InsertColumns, IReadOnlyList<Expr> InsertValues);

/// <summary>MERGE: several source rows that would change one row of the target are an error (engines.md 1.6); unmatched ones are all inserted.</summary>
internal static class Merging
{
    public static Func<ModelResult> Prepare(StatementRun run, TableSource target, Source source, Expr on, IReadOnlyList<MergeClause> clauses)
    {
        var table = run.Catalog.Target(target.Name);
        foreach (var clause in clauses) run.Session.Require(table, !clause.Matched ? "INSERT" : clause.Delete ? "DELETE" : "UPDATE");
        run.Lock(table);
        var binder = new Binder(run);
        var targets = binder.TargetScan(table, target.Alias);
        var sources = binder.MergeSource(source);
        var (ts, ss) = (new Scope(targets.Columns, null), new Scope(sources.Columns, null));
        var both = new Scope([.. targets.Columns, .. sources.Columns], null);
        var (equalities, others) = Walk.Split(on, ts, ss);
        var keys = equalities.Select(k => Binder.JoinKey(binder.Bind(k.Left, ts), binder.Bind(k.Right, ss))).ToArray();
        var rest = others.Select(e => binder.Condition(e, both)).ToArray();
        var writer = new RowWriter(run, binder, table, table.Columns);
        var actions = clauses.Select(c => Action(binder, writer, table, c, c.Matched ? both : ss)).ToArray();
        var current = run.Rows(table);
        var strict = bool.Parse(run.Session.Parameter("ERROR_ON_NONDETERMINISTIC_MERGE"));
        var width = targets.Columns.Count;

        return () =>
        {
            var changes = new Dictionary<long, object?[]?>();
            var index = new Binder.Index([.. keys.Select(k => k.Left)], targets.Rows(null), null);
            var frame = new Frame(null);
            var alone = new Frame(null);
            var (inserted, updated, deleted, seen) = (0L, 0L, 0L, 0);
            foreach (var row in sources.Rows(null))
            {
                if ((++seen & 0xFF) == 0) run.Check();
                var matched = false;
                foreach (var candidate in index.Matching([.. keys.Select(k => k.Right)], row))
                {
                    frame.Row = [.. candidate, .. row];
                    if (!Array.TrueForAll(rest, c => c.Value(frame) is true)) continue;
                    matched = true;
                    if (Array.Find(actions, a => a.Clause.Matched && (a.Condition is null || a.Condition.Value(frame) is true)) is not { } action) continue;
                    var id = (long)(decimal)candidate[width - 1]!;
                    if (changes.TryGetValue(id, out var earlier))
                    {
                        if (action.Clause.Delete && earlier is null) continue;
                        if (strict) throw ModelError.Nondeterministic();
                        continue;
                    }
                    changes[id] = action.Clause.Delete ? null : writer.Changed(current[id], action.Values, frame);
                    if (action.Clause.Delete) deleted++;
                    else updated++;
                }
                if (matched) continue;
                alone.Row = row;
                if (Array.Find(actions, a => !a.Clause.Matched && (a.Condition is null || a.Condition.Value(alone) is true)) is not { } insert) continue;
                changes[run.Session.Model.NextId()] = writer.New(insert.Values, alone);
                inserted++;
            }
            Dml.Merge(run, table, changes);
            var counts = new List<(string, long)>();
            if (clauses.Any(c => !c.Matched)) counts.Add(("number of rows inserted", inserted));
            if (clauses.Any(c => c.Matched && !c.Delete)) counts.Add(("number of rows updated", updated));
            if (clauses.Any(c => c.Delete)) counts.Add(("number of rows deleted", deleted));
            return ModelResult.Dml(StatementTypes.Merge, [.. counts]);
        };
    }

    private static BoundClause Action(Binder binder, RowWriter writer, TableItem table, MergeClause clause, Scope scope)
    {
        var condition = clause.Condition is null ? null : binder.Condition(clause.Condition, scope);
        IEnumerable<(ModelColumn, Expr)> pairs;
        if (clause.Matched) pairs = clause.Sets.Select(s => (Dml.Column(table, s.Column), s.Value));
        else
        {
            var columns = Dml.Columns(table, clause.InsertColumns);
            if (columns.Count != clause.InsertValues.Count) throw new ModelError(2020, "21S01", $"SQL compilation error:\nInsert value list does not match column list expecting {columns.Count} but got {clause.InsertValues.Count}");
            pairs = columns.Zip(clause.InsertValues);
        }
        var values = pairs.Select(p => (p.Item1, p.Item2 is CallExpr { Name: "DEFAULT" } ? writer.Default(p.Item1) : binder.Bind(p.Item2, scope))).ToArray();
        foreach (var (column, value) in values) RowWriter.CheckTypes(column, value);
        return new BoundClause(clause, condition, values);
    }

    private sealed record BoundClause(MergeClause Clause, Bound? Condition, (ModelColumn Column, Bound Value)[] Values);
}
