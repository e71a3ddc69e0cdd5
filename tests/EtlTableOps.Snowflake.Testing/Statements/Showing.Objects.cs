using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

internal static partial class Showing
{
    private const int MostRows = 10_000;

    public static ModelResult Objects(StatementRun run, string what, string? like, string? place, Name? where, string? starts, int? limit, bool history, bool terse)
    {
        _ = terse;
        var model = run.Session.Model;
        if (what == "DATABASES") return Table(["created_on", "name"], model.Databases.Values.Where(d => Matches(d.Name, like)).Select(d => new object?[] { run.Started, d.Name }));
        if (what == "ROLES") return Table(["created_on", "name"], model.Roles.Where(n => Matches(n, like)).Select(n => new object?[] { run.Started, n }));
        if (what == "WAREHOUSES") return Table(["name", "state"], model.Warehouses.Where(n => Matches(n, like)).Select(n => new object?[] { n, "STARTED" }));
        var schemas = Schemas(run, place, where).ToList();
        if (what == "SCHEMAS") return Table(["created_on", "name", "database_name"], schemas.Where(s => Matches(s.Schema.Name, like)).Select(s => new object?[] { run.Started, s.Schema.Name, s.Database.Name }));
        var items = schemas.SelectMany(s => s.Schema.Relations.Values.Concat(s.Schema.Others.Values).Concat(history ? s.Schema.Dropped : []))
            .Where(i => Matches(i.Name, like) && (starts is null || i.Name.StartsWith(starts, StringComparison.Ordinal)))
            .OrderBy(i => i.Database, StringComparer.Ordinal).ThenBy(i => i.Schema, StringComparer.Ordinal).ThenBy(i => i.Name, StringComparer.Ordinal);
        IEnumerable<T> Of<T>(string? kind = null)
            where T : CatalogItem
        {
            var found = items.OfType<T>().Where(i => kind is null || i.Kind == kind);
            // No list is longer, and none says that it was cut.
            return found.Take(Math.Min(limit ?? MostRows, MostRows));
        }
        return what switch
        {
            "TABLES" => Tables(Of<TableItem>()),
            "OBJECTS" => Table(["created_on", "name", "database_name", "schema_name", "kind", "comment", "cluster_by", "rows", "bytes", "owner", "retention_time"], Of<CatalogItem>().Where(i => i is TableItem or ViewItem)
                .Select(i => new object?[] { Cut(i.Created), i.Name, i.Database, i.Schema, i is TableItem t ? t.TableKind : i.Kind, i.Comment, i is TableItem t1 ? Cluster(t1) : "", i is TableItem t2 ? t2.RowCount : null, i is TableItem t3 ? (decimal)t3.Bytes : null, i.Owner, null })),
            "VIEWS" => Table(["created_on", "name", "reserved", "database_name", "schema_name", "owner", "comment", "text", "is_secure", "is_materialized"], Of<ViewItem>().Where(v => v.Kind is "VIEW" or "MATERIALIZED VIEW")
                .Select(v => new object?[] { Cut(v.Created), v.Name, "", v.Database, v.Schema, v.Owner, v.Comment, v.Text, "false", v.Kind == "VIEW" ? "false" : "true" })),
            "MATERIALIZED VIEWS" => Table(["created_on", "name", "reserved", "database_name", "schema_name", "cluster_by", "rows", "bytes", "source_database_name", "source_schema_name", "source_table_name", "refreshed_on", "compacted_on", "owner", "invalid", "invalid_reason", "behind_by", "comment", "text", "is_secure", "automatic_clustering"],
                Of<ViewItem>("MATERIALIZED VIEW").Select(v => new object?[] { Cut(v.Created), v.Name, "", v.Database, v.Schema, "", 0m, 0m, v.Base?.Database, v.Base?.Schema, v.Base?.Name, Cut(v.Created), Cut(v.Created), v.Owner, v.Suspended ? "true" : "false", v.InvalidReason, "0s", v.Comment, v.Text, "false", "OFF" })),
            "DYNAMIC TABLES" => Table(["created_on", "name", "reserved", "database_name", "schema_name", "cluster_by", "rows", "bytes", "owner", "target_lag", "refresh_mode", "refresh_mode_reason", "warehouse", "comment", "text", "automatic_clustering", "scheduling_state", "last_suspended_on"],
                Of<ViewItem>("DYNAMIC TABLE").Select(v => new object?[] { Cut(v.Created), v.Name, "", v.Database, v.Schema, "", 0m, 0m, v.Owner, v.Properties.GetValueOrDefault("target_lag"), v.Properties.GetValueOrDefault("refresh_mode", "AUTO"), "", v.Properties.GetValueOrDefault("warehouse"), v.Comment, v.Text, "OFF", v.Suspended ? "SUSPENDED" : "ACTIVE", null })),
            "STREAMS" => Table(["created_on", "name", "database_name", "schema_name", "owner", "comment", "table_name", "source_type", "base_tables", "type", "stale", "mode", "stale_after", "invalid_reason", "owner_role_type"],
                Of<StreamItem>().Select(s => new object?[] { Cut(s.Created), s.Name, s.Database, s.Schema, s.Owner, s.Comment, s.TableName, "Table", s.TableName, "DELTA", s.Stale ? "true" : "false", s.Properties.GetValueOrDefault("mode"), Moment.OfNanoseconds(model.Now() + (14L * 86400 * 1_000_000_000)), "N/A", "ROLE" })),
            "PIPES" => Table(["created_on", "name", "database_name", "schema_name", "definition", "owner", "notification_channel", "comment", "integration", "pattern", "error_integration", "owner_role_type", "invalid_reason", "kind"],
                Of<CatalogItem>("PIPE").Select(p => new object?[] { Cut(p.Created), p.Name, p.Database, p.Schema, p.Text, p.Owner, null, p.Comment, null, null, null, "ROLE", null, "STAGE" })),
            "TASKS" => Table(["created_on", "name", "id", "database_name", "schema_name", "owner", "comment", "warehouse", "schedule", "predecessors", "state", "definition", "condition", "allow_overlapping_execution"],
                Of<CatalogItem>("TASK").Select(t => new object?[] { Cut(t.Created), t.Name, t.Id.ToString("x8", CultureInfo.InvariantCulture), t.Database, t.Schema, t.Owner, t.Comment, t.Properties.GetValueOrDefault("warehouse"), t.Properties.GetValueOrDefault("schedule"), "[]", t.Properties.GetValueOrDefault("state", "suspended"), t.Text, null, "false" })),
            _ => Table(["created_on", "name", "database_name", "schema_name", "owner", "comment"], Of<CatalogItem>(what.EndsWith("IES", StringComparison.Ordinal) ? what[..^3] + "Y" : what[..^1])
                .Select(i => new object?[] { Cut(i.Created), i.Name, i.Database, i.Schema, i.Owner, i.Comment })),
        };
    }

    private static ModelResult Tables(IEnumerable<TableItem> tables) => Table(
        ["created_on", "name", "database_name", "schema_name", "kind", "comment", "cluster_by", "rows", "bytes", "owner", "retention_time", "automatic_clustering", "change_tracking", "search_optimization", "search_optimization_progress", "search_optimization_bytes", "is_external", "enable_schema_evolution", "owner_role_type", "is_event", "budget", "is_hybrid", "is_iceberg", "is_dynamic", "is_immutable"],
        tables.Select(t => new object?[]
        {
            Cut(t.Created), t.Name, t.Database, t.Schema, t.TableKind, t.Comment, Cluster(t), (decimal)t.RowCount, (decimal)t.Bytes, t.Owner, (t.Retention ?? 1).ToString(CultureInfo.InvariantCulture), Switch(t.Clustering), Switch(t.TrackedSince is not null), Switch(t.SearchOptimization),
            t.SearchOptimization ? 100m : null, null, t.IsExternal ? "Y" : "N", "N", "ROLE", "N", null, t.IsHybrid ? "Y" : "N", t.IsIceberg ? "Y" : "N", "N", "N",
        }));

    private static string Cluster(TableItem table) => table.ClusterBy.Length == 0 ? "" : $"LINEAR({table.ClusterBy})";

    private static string Switch(bool on) => on ? "ON" : "OFF";

    /// <summary>SHOW gives milliseconds.</summary>
    private static Moment Cut(Moment moment) => moment.Cut(3);

    private static IEnumerable<(ModelDatabase Database, ModelSchema Schema)> Schemas(StatementRun run, string? place, Name? where)
    {
        if (place == "SCHEMA" && where is not null) return [run.Catalog.OfSchema(where)];
        if (place == "SCHEMA" || (place is null && run.Session.Schema is not null && run.Session.Database is not null)) return [run.Catalog.OfSchema(new Name([run.Session.Database!, run.Session.Schema!]))];
        if (place == "ACCOUNT" || (place is null && run.Session.Database is null)) return run.Session.Model.Databases.Values.SelectMany(d => d.Schemas.Values.Select(s => (d, s)));
        var database = run.Catalog.Database(where?.Last);
        return database.Schemas.Values.Select(s => (database, s));
    }
}
