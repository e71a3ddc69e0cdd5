namespace EtlTableOps.Snowflake.Testing;

/// <summary>Views of INFORMATION_SCHEMA that this project may read.</summary>
internal static class InformationSchema
{
    public static Relation Bind(StatementRun run, Name name)
    {
        var database = run.Catalog.Database(name.Parts.Count > 2 ? name.Parts[0] : null);
        var items = database.Schemas.Values.SelectMany(s => s.Relations.Values).ToList();
        return name.Last switch
        {
            "TABLES" => Of("TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER TABLE_TYPE IS_TRANSIENT CLUSTERING_KEY ROW_COUNT BYTES RETENTION_TIME CREATED LAST_ALTERED AUTO_CLUSTERING_ON COMMENT IS_TEMPORARY IS_ICEBERG IS_DYNAMIC IS_IMMUTABLE IS_HYBRID", items.Select(i =>
            {
                var table = i as TableItem;
                return new object?[]
                {
                    i.Database, i.Schema, i.Name, i.Owner, table is null ? i.Kind : table.TableKind == "TEMPORARY" ? "LOCAL TEMPORARY" : "BASE TABLE", table is null ? null : Yes(table.TableKind == "TRANSIENT"), table is { ClusterBy.Length: > 0 } ? $"LINEAR({table.ClusterBy})" : null,
                    table is null ? null : (decimal)table.RowCount, table is null ? null : (decimal)table.Bytes, table is null ? null : (decimal)(table.Retention ?? 1), i.Created, i.Created, Yes(table is { Clustering: true }), i.Comment.Length > 0 ? i.Comment : null, Yes(table is { TableKind: "TEMPORARY" }), Yes(table is { IsIceberg: true }), Yes(i.Kind == "DYNAMIC TABLE"), "NO", Yes(table is { IsHybrid: true }),
                };
            })),
            "COLUMNS" => Of("TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION COLUMN_DEFAULT IS_NULLABLE DATA_TYPE CHARACTER_MAXIMUM_LENGTH NUMERIC_PRECISION NUMERIC_SCALE DATETIME_PRECISION COLLATION_NAME IS_IDENTITY COMMENT", items.SelectMany(i => i is TableItem t
                ? t.Columns.Select((c, n) => Column(t, c.Name, n, Showing.Default(c), c.Nullable, c.Type, c.Collation.Length > 0 ? c.Collation : null, c.Identity is not null, c.Comment))
                : ((ViewItem)i).Columns.Select((c, n) => Column(i, c.Name, n, null, true, c.Type, null, false, "")))),
            "VIEWS" => Of("TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER VIEW_DEFINITION COMMENT", items.OfType<ViewItem>().Where(v => v.Kind == "VIEW").Select(v => new object?[] { v.Database, v.Schema, v.Name, v.Owner, v.Text, v.Comment })),
            "TABLE_CONSTRAINTS" => Of("CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_CATALOG TABLE_SCHEMA TABLE_NAME CONSTRAINT_TYPE ENFORCED", items.OfType<TableItem>().SelectMany(t => t.Constraints.Select(c => new object?[] { t.Database, t.Schema, c.Name, t.Database, t.Schema, t.Name, c.Kind, "NO" }))),
            "SCHEMATA" => Of("CATALOG_NAME SCHEMA_NAME", database.Schemas.Values.Select(s => new object?[] { database.Name, s.Name })),
            _ => throw ModelError.NoObject(name.ToString()),
        };
    }

    private static object?[] Column(CatalogItem item, string name, int place, string? value, bool nullable, SfType type, string? collation, bool identity, string comment) =>
    [
        item.Database, item.Schema, item.Name, name, place + 1m, value, nullable ? "YES" : "NO", type.Kind == SfKind.Text ? "TEXT" : type.Family, type.Kind == SfKind.Text ? (decimal)type.Length : null, type.Kind == SfKind.Fixed ? (decimal)type.Precision : null,
        type.Kind == SfKind.Fixed ? (decimal)type.Scale : null, type.IsMoment ? (decimal)type.Scale : null, collation, identity ? "YES" : "NO", comment.Length > 0 ? comment : null,
    ];

    private static string Yes(bool yes) => yes ? "YES" : "NO";

    private static Relation Of(string columns, IEnumerable<object?[]> rows)
    {
        var all = rows.ToList();
        return new Relation([.. columns.Split(' ').Select(c => new ScopeColumn(null, c, c switch
        {
            "ROW_COUNT" or "BYTES" or "RETENTION_TIME" or "ORDINAL_POSITION" or "CHARACTER_MAXIMUM_LENGTH" or "NUMERIC_PRECISION" or "NUMERIC_SCALE" or "DATETIME_PRECISION" => SfType.Number(9, 0),
            "CREATED" or "LAST_ALTERED" => SfType.Ltz,
            _ => SfType.Text,
        }))], _ => all);
    }
}
