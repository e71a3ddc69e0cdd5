using System.Collections.Immutable;
using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>CREATE TABLE in its four ways, with what each carries over and what not (engines.md 1.2).</summary>
internal static class TableMaking
{
    public static string Create(StatementRun run, Name name, List<ColumnDefinition> columns, List<ConstraintDefinition> constraints, string kind, bool replace, bool exists, TableOptions options)
    {
        if (Taken(run, name, replace, exists)) return $"{name.Last} already exists, statement succeeded.";
        var table = New(run, name, kind);
        foreach (var column in columns) Add(run, table, column);
        foreach (var constraint in constraints) Add(run, table, constraint);
        Finish(run, table, name, null, options, replace, ImmutableSortedDictionary<long, object?[]>.Empty);
        return $"Table {name.Last} successfully created.";
    }

    /// <summary>Columns, defaults, keys, comment, clustering key: running. No row access policy, no search optimization, no change tracking.</summary>
    public static string Like(StatementRun run, Name name, Name sourceName, string kind, bool replace, bool exists, TableOptions options)
    {
        if (Taken(run, name, replace, exists)) return $"{name.Last} already exists, statement succeeded.";
        var source = run.Catalog.Table(sourceName);
        run.Session.Require(source, "SELECT");
        var table = New(run, name, kind);
        Structure(source.Columns, source, table);
        foreach (var column in table.Columns)
        {
            // A new counter: the table is empty.
            if (column.Identity is { } identity) identity.Next = identity.Start;
            column.Before = null;
        }
        table.Clustering = source.ClusterBy.Length > 0;
        Finish(run, table, name, source, options, replace, ImmutableSortedDictionary<long, object?[]>.Empty);
        return $"Table {name.Last} successfully created.";
    }

    /// <summary>Rows with their ids, policies, tags, clustering key (suspended), search optimization; comment and cluster key are those of now, columns those of the time.</summary>
    public static string Clone(StatementRun run, Name name, Name sourceName, TravelPoint? point, string kind, bool replace, bool exists, TableOptions options)
    {
        if (Taken(run, name, replace, exists)) return $"{name.Last} already exists, statement succeeded.";
        var source = run.Catalog.Table(sourceName);
        run.Session.Require(source, "SELECT");
        if (source.IsHybrid) throw ModelError.Unsupported("CLONE of a hybrid table");
        var version = point is null ? source.Versions[^1] : source.At(new Binder(run).Time(point), point.Before);
        var table = New(run, name, source.TableKind == "TABLE" || kind != "TABLE" ? kind : source.TableKind);
        Structure(version.Columns, source, table);
        table.RowAccessPolicy = source.RowAccessPolicy;
        table.RowAccessColumns = source.RowAccessColumns;
        table.SearchOptimization = source.SearchOptimization;
        table.Clustering = false;
        table.Retention = source.Retention;
        foreach (var (tag, value) in source.Tags) table.Tags[tag] = value;
        Finish(run, table, name, source, options, replace, version.Rows);
        if (source.TrackedSince is not null) table.TrackedSince = table.FirstTime;
        return $"Table {name.Last} successfully created.";
    }

    /// <summary>The rows that the role may see, masked where it may not; types of the query, and nothing else of its tables.</summary>
    public static string AsSelect(StatementRun run, Name name, List<ColumnDefinition>? columns, List<ConstraintDefinition> constraints, Query query, string kind, bool replace, bool exists, TableOptions options)
    {
        if (Taken(run, name, replace, exists)) return $"{name.Last} already exists, statement succeeded.";
        run.ChangesData = true;
        var relation = new Binder(run).BindQuery(query, null);
        var visible = relation.Columns.Where(c => !c.Hidden).ToList();
        if (columns is not null && columns.Count != visible.Count) throw new ModelError(2026, "42601", "SQL compilation error:\nInvalid column definition list");
        var table = New(run, name, kind);
        for (var i = 0; i < visible.Count; i++)
        {
            if (columns is null && visible.FindIndex(c => c.Name == visible[i].Name) != i) throw new ModelError(2025, "42S21", $"SQL compilation error:\nduplicate column name '{visible[i].Name}'");
            var definition = columns?[i] ?? new ColumnDefinition(visible[i].Name, null) { Nullable = visible[i].Nullable };
            Add(run, table, definition with { Type = definition.Type ?? visible[i].Type });
        }
        foreach (var constraint in constraints) Add(run, table, constraint);
        var rows = ImmutableSortedDictionary.CreateBuilder<long, object?[]>();
        var writer = new RowWriter(run, new Binder(run), table, table.Columns);
        foreach (var row in relation.Rows(null))
        {
            if ((rows.Count & 0xFF) == 0) run.Check();
            rows[run.Session.Model.NextId()] = writer.New([.. visible.Select((c, i) => new Bound(c.Type, _ => row[i]))]);
        }
        Finish(run, table, name, null, options, replace, rows.ToImmutable());
        return $"Table {name.Last} successfully created.";
    }

    public static void Add(StatementRun run, TableItem table, ColumnDefinition definition)
    {
        if (table.Column(definition.Name) is not null) throw new ModelError(1430, "42601", $"SQL compilation error:\ncolumn '{definition.Name}' already exists");
        var column = new ModelColumn
        {
            Name = definition.Name,
            Type = definition.Type ?? throw ModelError.Syntax(run.Sql, 0, definition.Name),
            Nullable = definition.Nullable && definition.Identity is null,
            Default = definition.DefaultText,
            DefaultValue = definition.Default,
            Identity = definition.Identity,
            Comment = definition.Comment,
            Collation = definition.Collation,
            MaskingPolicy = definition.Masking is { } masking ? run.Catalog.Other<PolicyItem>("MASKING POLICY", masking).FullName : null,
            MaskingUsing = definition.MaskingUsing,
            Slot = table.NextSlot++,
        };
        foreach (var (tag, value) in definition.Tags) column.Tags[run.Catalog.Other<CatalogItem>("TAG", tag).FullName] = value;
        if (definition.Default is { } value1)
        {
            var bound = new Binder(run).Bind(value1, new Scope([], null));
            RowWriter.CheckTypes(column, bound);
        }
        table.Columns = table.Columns.Add(column);
    }

    public static void Add(StatementRun run, TableItem table, ConstraintDefinition definition)
    {
        foreach (var column in definition.Columns) Dml.Column(table, column);
        if (definition.Kind == "PRIMARY KEY")
        {
            if (table.Constraints.Exists(c => c.Kind == "PRIMARY KEY")) throw new ModelError(2029, "42601", $"SQL compilation error:\nprimary key already exists for table '{table.Name}'");
            foreach (var column in definition.Columns) table.Column(column)!.Nullable = false;
        }
        var name = definition.Name ?? string.Create(CultureInfo.InvariantCulture, $"SYS_CONSTRAINT_{Guid.NewGuid()}");
        if (table.Constraints.Exists(c => c.Name == name)) throw ModelError.Exists(name);
        var parent = definition.Parent is null ? null : definition.Parent.Parts.Count == 1 && definition.Parent.Last == table.Name ? table : run.Catalog.Table(definition.Parent);
        table.Constraints.Add(new ModelConstraint(name, definition.Kind, definition.Columns)
        {
            Parent = parent,
            ParentColumns = definition.ParentColumns.Count > 0 ? definition.ParentColumns : parent?.Constraints.Find(c => c.Kind == "PRIMARY KEY")?.Columns ?? [],
            Comment = definition.Comment,
        });
    }

    private static bool Taken(StatementRun run, Name name, bool replace, bool exists)
    {
        if (run.Catalog.Relation(name) is not { } there || replace) return false;
        if (exists) return true;
        throw ModelError.Exists(there.Name);
    }

    private static TableItem New(StatementRun run, Name name, string kind)
    {
        var (database, schema) = run.Catalog.Home(name);
        return new TableItem { Id = run.Session.Model.NextId(), Kind = "TABLE", Name = name.Last, Database = database.Name, Schema = schema.Name, Created = Moment.OfNanoseconds(run.Session.Model.Now()), Owner = run.Session.Role, TableKind = kind };
    }

    private static void Structure(ImmutableArray<ModelColumn> columns, TableItem source, TableItem table)
    {
        table.Columns = [.. columns.Select(c => c.Copy())];
        table.NextSlot = source.NextSlot;
        table.Comment = source.Comment;
        table.ClusterBy = source.ClusterBy;
        foreach (var constraint in source.Constraints.Where(c => c.Columns.All(n => table.Column(n) is not null)))
        {
            // A reference of the table to itself points to the original parent (engines.md 1.2).
            var name = constraint.Name.StartsWith("SYS_CONSTRAINT_", StringComparison.Ordinal) ? "SYS_CONSTRAINT_" + Guid.NewGuid() : constraint.Name;
            table.Constraints.Add(constraint with { Name = name });
        }
    }

    private static void Finish(StatementRun run, TableItem table, Name name, TableItem? source, TableOptions options, bool replace, ImmutableSortedDictionary<long, object?[]> rows)
    {
        var schema = run.Catalog.Home(name).Schema;
        var replaced = replace ? schema.Relations.GetValueOrDefault(name.Last) : null;
        if (options.ClusterBy is { } cluster) (table.ClusterBy, table.Clustering) = (cluster, true);
        if (options.Comment is { } comment) table.Comment = comment;
        if (options.Retention is { } days) table.Retention = days;
        if (options.RowAccess is { } policy) (table.RowAccessPolicy, table.RowAccessColumns) = (run.Catalog.Other<PolicyItem>("ROW ACCESS POLICY", policy).FullName, options.RowAccessColumns);
        foreach (var (tag, value) in options.Tags) table.Tags[run.Catalog.Other<CatalogItem>("TAG", tag).FullName] = value;
        if (options.CopyTags && (replaced ?? source) is { } tagged)
        {
            foreach (var (tag, value) in tagged.Tags) table.Tags[tag] = value;
        }
        if (options.CopyGrants)
        {
            // All but OWNERSHIP; the grantor is who runs this. With OR REPLACE from the table that goes, else from the source.
            foreach (var grant in (replaced ?? source)?.Grants ?? []) table.Grants.Add(grant with { GrantedBy = run.Session.Role, Created = run.Started });
        }
        else
        {
            foreach (var (privilege, role) in schema.FutureGrants) table.Grants.Add(new ModelGrant(privilege, "ROLE", role, false, run.Session.Role, run.Started));
        }
        if (replaced is TableItem old) TableChanges.Retire(run, schema, old);
        schema.Relations[name.Last] = table;
        table.Begin(rows, run.Session.Model.Clock());
        if (options.ChangeTracking) table.TrackedSince = table.FirstTime;
    }
}
