using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>SHOW and DESCRIBE. Their columns are named in lower case; LIKE ignores case.</summary>
internal static partial class Showing
{
    public static ModelResult Parameters(StatementRun run, string? like)
    {
        var rows = ModelSession.ParameterNames.Where(n => Matches(n, like)).Select(n => new object?[]
        {
            n, run.Session.Parameter(n), ModelSession.DefaultOf(n), run.Session.Parameters.ContainsKey(n) ? "SESSION" : run.Session.Model.Parameters.ContainsKey(n) ? "ACCOUNT" : "", "", "STRING",
        });
        return Table(["key", "value", "default", "level", "description", "type"], rows);
    }

    public static ModelResult GrantsOn(StatementRun run, string kind, Name name)
    {
        var item = kind is "TABLE" or "VIEW" ? run.Catalog.Relation(name) ?? throw ModelError.Missing("Table", name.ToString()) : Testing.Objects.Find(run, kind, name);
        var full = item.FullName;
        var rows = item.Grants.Select(g => new object?[] { g.Created, g.Privilege, kind, full, g.GrantedTo, g.Grantee, g.GrantOption ? "true" : "false", g.GrantedBy })
            .Prepend([item.Created, "OWNERSHIP", kind, full, "ROLE", item.Owner, "true", item.Owner]);
        return Table(["created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by"], rows);
    }

    public static ModelResult NoGrants() => Table(["created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by"], []);

    public static ModelResult Transactions(StatementRun run)
    {
        var rows = run.Session.Model.Sessions.Where(s => s.Transaction is not null).Select(s => new object?[] { s.Transaction!.Id.ToString(CultureInfo.InvariantCulture), s.User, s.Id.ToString(CultureInfo.InvariantCulture), "", s.Created, "running", "" });
        return Table(["id", "user", "session", "name", "started_on", "state", "scope"], rows);
    }

    public static ModelResult Keys(StatementRun run, string keys, Name? name)
    {
        var tables = name is null ? AllTables(run) : [run.Catalog.Table(name)];
        switch (keys)
        {
            case "PRIMARY" or "UNIQUE":
                var kind = keys == "PRIMARY" ? "PRIMARY KEY" : "UNIQUE";
                return Table(["created_on", "database_name", "schema_name", "table_name", "column_name", "key_sequence", "constraint_name", "rely", "comment"],
                    tables.SelectMany(t => t.Constraints.Where(c => c.Kind == kind).SelectMany(c => c.Columns.Select((n, i) => new object?[] { t.Created, t.Database, t.Schema, t.Name, n, i + 1m, c.Name, "false", c.Comment }))));
            default:
                var pairs = keys == "IMPORTED"
                    ? tables.SelectMany(t => t.Constraints.Where(c => c.Kind == "FOREIGN KEY").Select(c => (Child: t, Key: c)))
                    : AllTables(run).SelectMany(t => t.Constraints.Where(c => c.Kind == "FOREIGN KEY" && tables.Contains(c.Parent)).Select(c => (Child: t, Key: c)));
                return Table(["created_on", "pk_database_name", "pk_schema_name", "pk_table_name", "pk_column_name", "fk_database_name", "fk_schema_name", "fk_table_name", "fk_column_name", "key_sequence", "update_rule", "delete_rule", "fk_name", "pk_name", "deferrability", "rely", "comment"],
                    pairs.SelectMany(p => p.Key.Columns.Select((n, i) => new object?[]
                    {
                        p.Child.Created, p.Key.Parent!.Database, p.Key.Parent.Schema, p.Key.Parent.Name, p.Key.ParentColumns.ElementAtOrDefault(i), p.Child.Database, p.Child.Schema, p.Child.Name, n, i + 1m,
                        "NO ACTION", "NO ACTION", p.Key.Name, p.Key.Parent.Constraints.Find(c => c.Kind == "PRIMARY KEY")?.Name, "NOT DEFERRABLE", "false", p.Key.Comment,
                    })));
        }
    }

    public static ModelResult Describe(StatementRun run, Name name)
    {
        var item = run.Catalog.Relation(name) ?? throw ModelError.Missing("Table", name.ToString());
        string[] names = ["name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment", "policy name", "privacy domain"];
        if (item is ViewItem view) return Table(names, view.Columns.Select(c => new object?[] { c.Name, c.Type.ToString(), "COLUMN", "Y", null, "N", "N", null, null, null, null, null }));
        var table = (TableItem)item;
        return Table(names, table.Columns.Select(c => new object?[]
        {
            c.Name, c.Type + (c.Collation.Length > 0 ? $" COLLATE '{c.Collation}'" : ""), "COLUMN", c.Nullable ? "Y" : "N", Default(c), In("PRIMARY KEY", c), In("UNIQUE", c), null, null, c.Comment.Length > 0 ? c.Comment : null, c.MaskingPolicy, null,
        }));

        string In(string kind, ModelColumn column) => table.Constraints.Exists(c => c.Kind == kind && c.Columns.Contains(column.Name)) ? "Y" : "N";
    }

    public static ModelResult FileFormat(StatementRun run, Name name)
    {
        var given = run.Catalog.Other<CatalogItem>("FILE FORMAT", name).Properties;
        var all = new Dictionary<string, string>(StringComparer.Ordinal) { ["TYPE"] = "CSV", ["PARSE_HEADER"] = "false", ["SKIP_HEADER"] = "0" };
        foreach (var (property, value) in given) all[property.ToUpperInvariant()] = value is "TRUE" or "FALSE" ? value.ToLowerInvariant() : value;
        return Table(["property", "property_type", "property_value", "property_default"], all.Select(p => new object?[] { p.Key, "String", p.Value, "" }));
    }

    public static string? Default(ModelColumn column) => column.Identity is { } identity
        ? string.Create(CultureInfo.InvariantCulture, $"IDENTITY START {identity.Start} INCREMENT {identity.Increment} {(identity.Ordered ? "ORDER" : "NOORDER")}")
        : column.Default;

    public static IEnumerable<TableItem> AllTables(StatementRun run) => run.Session.Model.Databases.Values.SelectMany(d => d.Schemas.Values).SelectMany(s => s.Relations.Values).OfType<TableItem>();

    private static bool Matches(string name, string? like) => like is null || Comparison.Like(name, like, '\\', ignoreCase: true);

    private static ModelResult Table(string[] names, IEnumerable<object?[]> rows)
    {
        var all = rows.ToList();
        return new ModelResult { Columns = [.. names.Select((n, i) => new ResultColumn(n, TypeOf(all.Select(r => r[i]).FirstOrDefault(v => v is not null), n)))], Rows = all, StatementType = StatementTypes.Show };

        static SfType TypeOf(object? value, string name) => value switch
        {
            decimal => SfType.Integer,
            Moment => SfType.Ltz with { Scale = 3 },
            null when name == "created_on" => SfType.Ltz with { Scale = 3 },
            _ => SfType.Text,
        };
    }
}
