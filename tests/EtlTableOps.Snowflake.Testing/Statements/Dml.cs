namespace EtlTableOps.Snowflake.Testing;

/// <summary>INSERT, UPDATE, DELETE, TRUNCATE: under the lock names are resolved, afterwards rows are computed into the transaction.</summary>
internal static class Dml
{
    public static Func<ModelResult> Insert(StatementRun run, Name name, IReadOnlyList<string>? columnNames, Query source, bool overwrite)
    {
        var table = run.Catalog.Target(name);
        run.Session.Require(table, "INSERT");
        if (overwrite)
        {
            run.Session.Require(table, "DELETE");
            run.Lock(table);
        }
        var columns = Columns(table, columnNames);
        var binder = new Binder(run);
        var rows = Source(binder, source, columns);
        var writer = new RowWriter(run, binder, table, columns);
        var before = overwrite ? run.Rows(table) : null;
        return () =>
        {
            var changes = new Dictionary<long, object?[]?>();
            foreach (var id in before?.Keys ?? []) changes[id] = null;
            var count = 0L;
            foreach (var row in rows())
            {
                if ((++count & 0xFF) == 0) run.Check();
                changes[run.Session.Model.NextId()] = writer.New(row);
            }
            Merge(run, table, changes);
            return ModelResult.Dml(StatementTypes.Insert, ("number of rows inserted", count));
        };
    }

    public static Func<ModelResult> Update(StatementRun run, TableSource target, IReadOnlyList<(string Column, Expr Value)> sets, Source? from, Expr? where)
    {
        var table = run.Catalog.Target(target.Name);
        run.Session.Require(table, "UPDATE");
        run.Lock(table);
        var binder = new Binder(run);
        var (rows, scope) = binder.Targets(table, target.Alias, from, where);
        var writer = new RowWriter(run, binder, table, Columns(table, null));
        var assignments = sets.Select(s => (Column: Column(table, s.Column), Value: s.Value is CallExpr { Name: "DEFAULT" } ? writer.Default(Column(table, s.Column)) : binder.Bind(s.Value, scope))).ToArray();
        foreach (var (column, value) in assignments) RowWriter.CheckTypes(column, value);
        var current = run.Rows(table);
        var place = table.Columns.Length;
        return () =>
        {
            var changes = new Dictionary<long, object?[]?>();
            var frame = new Frame(null);
            foreach (var row in rows())
            {
                frame.Row = row;
                var id = (long)(decimal)row[place]!;
                if (changes.ContainsKey(id)) continue;
                changes[id] = writer.Changed(current[id], assignments, frame);
            }
            Merge(run, table, changes);
            return ModelResult.Dml(StatementTypes.Update, ("number of rows updated", changes.Count), ("number of multi-joined rows updated", 0));
        };
    }

    public static Func<ModelResult> Delete(StatementRun run, TableSource target, Source? from, Expr? where)
    {
        var table = run.Catalog.Target(target.Name);
        run.Session.Require(table, "DELETE");
        run.Lock(table);
        var (rows, _) = new Binder(run).Targets(table, target.Alias, from, where);
        var place = table.Columns.Length;
        return () =>
        {
            var changes = new Dictionary<long, object?[]?>();
            foreach (var row in rows()) changes[(long)(decimal)row[place]!] = null;
            Merge(run, table, changes);
            return ModelResult.Dml(StatementTypes.Delete, ("number of rows deleted", changes.Count));
        };
    }

    /// <summary>TRUNCATE also forgets which files were loaded.</summary>
    public static Func<ModelResult> Truncate(StatementRun run, Name name)
    {
        var table = run.Catalog.Table(name);
        run.Session.Require(table, "TRUNCATE");
        run.Lock(table);
        var rows = run.Rows(table);
        return () =>
        {
            Merge(run, table, rows.Keys.ToDictionary(id => id, _ => (object?[]?)null));
            table.LoadedFiles.Clear();
            return ModelResult.Status("Statement executed successfully.");
        };
    }

    public static IReadOnlyList<ModelColumn> Columns(TableItem table, IReadOnlyList<string>? names)
    {
        if (names is null) return table.Columns;
        var columns = names.Select(n => Column(table, n)).ToList();
        if (columns.Distinct().Count() != columns.Count) throw new ModelError(2025, "42S21", "SQL compilation error:\nduplicate column name in the list");
        return columns;
    }

    public static ModelColumn Column(TableItem table, string name) => table.Column(name) ?? throw ModelError.InvalidIdentifier(name);

    /// <summary>Takes what a statement did into its transaction, all at once: a statement that fails half-way left nothing.</summary>
    public static void Merge(StatementRun run, TableItem table, Dictionary<long, object?[]?> changes)
    {
        var all = run.Transaction.Of(table);
        foreach (var (id, row) in changes) all[id] = row;
    }

    private static Func<IEnumerable<Bound[]>> Source(Binder binder, Query source, IReadOnlyList<ModelColumn> columns)
    {
        if (source is ValuesQuery values)
        {
            var empty = new Scope([], null);
            var cells = values.Rows.Select(r => r.Select((e, i) => e is CallExpr { Name: "DEFAULT" } && i < columns.Count ? RowWriter.DefaultMark : binder.Bind(e, empty)).ToArray()).ToArray();
            foreach (var row in cells) CheckCount(columns.Count, row.Length);
            foreach (var row in cells)
            {
                for (var i = 0; i < row.Length; i++) RowWriter.CheckTypes(columns[i], row[i]);
            }
            return () => cells;
        }
        var relation = binder.BindQuery(source, null);
        CheckCount(columns.Count, relation.Columns.Count(c => !c.Hidden));
        var row1 = relation.Columns.Select((c, i) => new Bound(c.Type, f => f.Row[i])).ToArray();
        for (var i = 0; i < columns.Count; i++) RowWriter.CheckTypes(columns[i], row1[i]);
        return () => relation.Rows(null).Select(r => relation.Columns.Select((c, i) => new Bound(c.Type, _ => r[i])).ToArray());
    }

    private static void CheckCount(int expected, int found)
    {
        if (expected != found) throw new ModelError(2020, "21S01", $"SQL compilation error:\nInsert value list does not match column list expecting {expected} but got {found}");
    }
}
