using System.Collections.Immutable;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>ALTER TABLE, DROP TABLE, UNDROP TABLE. All need OWNERSHIP.</summary>
internal static class TableChanges
{
    public static TableItem Owned(StatementRun run, Name name)
    {
        var table = run.Catalog.Table(name);
        Own(run, table);
        return table;
    }

    public static void Own(StatementRun run, CatalogItem item)
    {
        var role = run.Session.Role;
        if (item.Owner == role || role == "ACCOUNTADMIN") return;
        throw item.Grants.Exists(g => g.Grantee == role) ? ModelError.Unauthorized("table", item.Name) : ModelError.Missing("Table", item.Name);
    }

    /// <summary>
    /// The names change places and nothing else does (engines.md 1.1): grants, owner, policies, tags, comment, clustering, retention, change tracking,
    /// history, constraints and load history stay with their objects. Streams of both go stale, materialized views over both are suspended.
    /// </summary>
    public static string Swap(StatementRun run, Name first, Name second)
    {
        var (a, b) = (Owned(run, first), Owned(run, second));
        if ((a.TableKind == "TEMPORARY") != (b.TableKind == "TEMPORARY")) throw new ModelError(1421, "42601", "SQL compilation error:\nCannot swap a temporary table with a permanent or transient one.");
        if (a == b) throw ModelError.Compilation("A table cannot be swapped with itself.");
        var (sa, sb) = (run.Catalog.Home(first).Schema, run.Catalog.Home(second).Schema);
        (a.Name, b.Name) = (b.Name, a.Name);
        (a.Schema, b.Schema) = (b.Schema, a.Schema);
        (a.Database, b.Database) = (b.Database, a.Database);
        sa.Relations[b.Name] = b;
        sb.Relations[a.Name] = a;
        foreach (var table in new[] { a, b }) Disturb(run, table, "swapped");
        return "Statement executed successfully.";
    }

    /// <summary>The object goes on under another name; streams go with it.</summary>
    public static string Rename(StatementRun run, Name name, Name target)
    {
        var table = Owned(run, name);
        var from = run.Catalog.Home(name).Schema;
        var (database, schema) = run.Catalog.Home(target);
        if (schema.Relations.ContainsKey(target.Last)) throw ModelError.Exists(target.Last);
        from.Relations.Remove(table.Name);
        (table.Name, table.Schema, table.Database) = (target.Last, schema.Name, database.Name);
        schema.Relations[target.Last] = table;
        return "Statement executed successfully.";
    }

    public static string Drop(StatementRun run, string kind, Name name, bool exists)
    {
        CatalogItem? item;
        try
        {
            item = run.Catalog.Relation(name);
        }
        catch (ModelError) when (exists)
        {
            item = null;
        }
        if (item is null || (item.Kind != kind)) return exists && item is null ? "Drop statement executed successfully (" + name.Last + " already dropped)." : throw ModelError.Missing(kind == "TABLE" ? "Table" : kind, name.ToString());
        Own(run, item);
        var schema = run.Catalog.Home(name).Schema;
        schema.Relations.Remove(item.Name);
        if (item is TableItem table) Retire(run, schema, table);
        return $"{item.Name} successfully dropped.";
    }

    public static string Undrop(StatementRun run, Name name)
    {
        var schema = run.Catalog.Home(name).Schema;
        if (schema.Relations.ContainsKey(name.Last)) throw ModelError.Exists(name.Last);
        var table = schema.Dropped.FindLast(t => t.Name == name.Last) ?? throw ModelError.Missing("Table", name.ToString());
        Own(run, table);
        schema.Dropped.Remove(table);
        table.IsDropped = false;
        schema.Relations[table.Name] = table;
        return $"Table {table.Name} successfully restored.";
    }

    /// <summary>A dropped or replaced table waits in Time Travel.</summary>
    public static void Retire(StatementRun run, ModelSchema schema, TableItem table)
    {
        table.IsDropped = true;
        if (table.Retention != 0) schema.Dropped.Add(table);
        Disturb(run, table, "dropped");
    }

    public static string AddColumn(StatementRun run, Name name, ColumnDefinition definition, IReadOnlyList<ConstraintDefinition> constraints, bool exists)
    {
        var table = Owned(run, name);
        if (exists && table.Column(definition.Name) is not null) return "Statement executed successfully.";
        var columns = table.Columns;
        TableMaking.Add(run, table, definition);
        var column = table.Columns[^1];
        if (definition.Default is { } value)
        {
            var binder = new Binder(run);
            if (value is not (LiteralExpr or UnaryExpr or CastExpr)) Refuse(new ModelError(2206, "42601", $"SQL compilation error:\nInvalid column default expression [{definition.DefaultText}]"));
            column.Before = binder.Evaluate(value, column.Type);
        }
        if (!column.Nullable && column.Before is null && column.Identity is null && table.Rows.Count > 0) Refuse(new ModelError(2202, "42601", $"SQL compilation error:\nNon-nullable column '{column.Name}' cannot be added to non-empty table '{table.Name}' unless it has a non-null default value."));
        foreach (var constraint in constraints) TableMaking.Add(run, table, constraint);
        table.Restructure(run.Session.Model.Clock());
        return "Statement executed successfully.";

        void Refuse(ModelError error)
        {
            table.Columns = columns;
            throw error;
        }
    }

    public static string DropColumns(StatementRun run, Name name, IReadOnlyList<string> names, bool exists)
    {
        var table = Owned(run, name);
        var gone = names.Where(n => !exists || table.Column(n) is not null).Select(n => Dml.Column(table, n)).ToList();
        if (gone.Count == table.Columns.Length) throw new ModelError(2262, "42601", "SQL compilation error:\nCannot drop all columns of a table.");
        foreach (var column in gone)
        {
            if (table.RowAccessColumns.Contains(column.Name)) throw new ModelError(3540, "42601", $"SQL compilation error:\nColumn '{column.Name}' cannot be dropped because it is used by a row access policy.");
            if (column.MaskingPolicy is not null) throw new ModelError(3540, "42601", $"SQL compilation error:\nColumn '{column.Name}' cannot be dropped because it has a masking policy.");
            if (Mentions(table.ClusterBy, column.Name)) throw new ModelError(2210, "42601", $"SQL compilation error:\ncannot drop column '{column.Name}' which is part of the clustering key");
        }
        table.Columns = table.Columns.RemoveAll(gone.Contains);
        table.Constraints.RemoveAll(c => c.Columns.Any(n => table.Column(n) is null));
        table.Restructure(run.Session.Model.Clock());
        return "Statement executed successfully.";
    }

    public static string RenameColumn(StatementRun run, Name name, string from, string to)
    {
        var table = Owned(run, name);
        var column = Dml.Column(table, from);
        if (table.Column(to) is not null) throw new ModelError(1430, "42601", $"SQL compilation error:\ncolumn '{to}' already exists");
        var renamed = column.Copy();
        renamed.Name = to;
        table.Columns = table.Columns.Replace(column, renamed);
        for (var i = 0; i < table.Constraints.Count; i++) table.Constraints[i] = table.Constraints[i] with { Columns = [.. table.Constraints[i].Columns.Select(c => c == from ? to : c)] };
        table.Restructure(run.Session.Model.Clock());
        return "Statement executed successfully.";
    }

    /// <summary>A text may become longer, a number more precise with the same scale; all else Snowflake refuses.</summary>
    public static string Retype(StatementRun run, Name name, string columnName, SfType type)
    {
        var table = Owned(run, name);
        var column = Dml.Column(table, columnName);
        var (old, allowed) = (column.Type, false);
        if (old.Kind == type.Kind)
        {
            allowed = old.Kind switch
            {
                SfKind.Text or SfKind.Binary => type.Length >= old.Length,
                SfKind.Fixed => type.Scale == old.Scale && (type.Precision >= old.Precision || table.Rows.Values.All(r => column.Of(r) is not decimal d || Conversion.Try(d, old, type) is not null)),
                _ => type == old,
            };
        }
        if (!allowed) throw new ModelError(40052, "42601", $"SQL compilation error:\ncannot change column {column.Name} from type {old} to {type}");
        Replace(run, table, column, c => c.Type = type);
        return "Statement executed successfully.";
    }

    public static string Column(StatementRun run, Name name, string columnName, Action<ModelColumn> change, bool notNull = false)
    {
        var table = Owned(run, name);
        var column = Dml.Column(table, columnName);
        if (notNull && table.Rows.Values.Any(r => column.Of(r) is null)) throw new ModelError(2206, "22000", $"SQL compilation error:\nColumn '{column.Name}' contains null values. Not null constraint cannot be added.");
        Replace(run, table, column, change);
        return "Statement executed successfully.";
    }

    public static string Table(StatementRun run, Name name, Action<TableItem> change)
    {
        change(Owned(run, name));
        return "Statement executed successfully.";
    }

    private static void Replace(StatementRun run, TableItem table, ModelColumn column, Action<ModelColumn> change)
    {
        // A copy, so that the structure of an earlier time stays what it was.
        var changed = column.Copy();
        change(changed);
        table.Columns = table.Columns.Replace(column, changed);
        table.Restructure(run.Session.Model.Clock());
    }

    private static bool Mentions(string text, string column) => Lexer.Read(text).Exists(t => t.IsName && t.Value == column);

    private static void Disturb(StatementRun run, TableItem table, string how)
    {
        foreach (var item in run.Session.Model.Databases.Values.SelectMany(d => d.Schemas.Values).SelectMany(s => s.Others.Values.Concat(s.Relations.Values)).ToList())
        {
            if (item is StreamItem stream && stream.Table == table) stream.Stale = true;
            if (item is ViewItem { Kind: "MATERIALIZED VIEW" } view && view.Base == table) (view.Suspended, view.InvalidReason) = (true, $"Base table was {how}; recreate the materialized view.");
        }
    }
}
