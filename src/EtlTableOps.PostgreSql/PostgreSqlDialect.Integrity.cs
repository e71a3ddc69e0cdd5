using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>
/// The foreign keys that come at the exchange without being proven there: the test proves them before. Rows that stand in the feed are still to
/// be brought over, and are left out.
/// </content>
public sealed partial class PostgreSqlDialect
{
    /// <inheritdoc/>
    public IReadOnlyList<IntegrityCheck> IntegrityChecks(TableShape live, ShadowBlueprint shadow)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(shadow);
        var table = Own(live);

        // Without a row key in common (or with a structure alone) nothing can be told of single rows; the log's key says so.
        var log = shadow.Feed is { Key.Count: > 0 } feed ? feed : null;
        return
        [
            .. table.ForeignKeys.Where(k => k.Validated && k.Table == live.Name).Select(k => Outgoing(k, table, shadow, log)),
            .. table.IncomingForeignKeys.Where(k => k.Validated && k.Target == live.Name).Select(k => Incoming(k, table, shadow, log)),
        ];
    }

    private IntegrityCheck Outgoing(ForeignKeyFacts key, PostgreSqlTable live, ShadowBlueprint shadow, ChangeLog? log)
    {
        var target = key.Target == live.Name ? shadow.Shadow : key.Target;
        var skip = log is null ? new SqlText("") : SqlText.Write(this, $" AND {NotLogged(log, "c")}");
        return new IntegrityCheck($"foreign-key {key.Name}", $"Every row of the shadow finds its row in {key.Target} ({key.Name}).",
            Sql.Write(this, $"SELECT count(*) FROM {shadow.Shadow} AS c WHERE {Refers(key)} AND NOT EXISTS (SELECT FROM {target} AS p WHERE {Match(key, "c", "p")}){skip}"));
    }

    private IntegrityCheck Incoming(ForeignKeyFacts key, PostgreSqlTable live, ShadowBlueprint shadow, ChangeLog? log)
    {
        // A row that is missing in the shadow only because its change is still in the feed is not missing.
        var skip = log is null ? new SqlText("") : SqlText.Write(this, $" AND EXISTS (SELECT FROM {live.Name} AS p WHERE {Match(key, "c", "p")} AND {NotLogged(log, "p")})");
        return new IntegrityCheck($"incoming-foreign-key {key.Name}", $"Every row of {key.Table} still finds its row ({key.Name}).",
            Sql.Write(this, $"SELECT count(*) FROM {key.Table} AS c WHERE {Refers(key)} AND NOT EXISTS (SELECT FROM {shadow.Shadow} AS p WHERE {Match(key, "c", "p")}){skip}"));
    }

    private SqlText Match(ForeignKeyFacts key, string child, string parent) =>
        SqlText.Join(" AND ", key.Columns.Zip(key.TargetColumns, (c, p) => SqlText.Write(this, $"{new Id(parent)}.{new Id(p)} = {new Id(child)}.{new Id(c)}")));

    /// <summary>A null in it means no reference; with MATCH FULL only when all are null.</summary>
    private SqlText Refers(ForeignKeyFacts key) => SqlText.Write(this, $"({SqlText.Join(key.MatchFull ? " OR " : " AND ", key.Columns.Select(c => SqlText.Write(this, $"c.{new Id(c)} IS NOT NULL")))})");
}
