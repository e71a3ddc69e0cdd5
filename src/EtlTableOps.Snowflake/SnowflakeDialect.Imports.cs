using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>
/// Imported rows, and keys that nobody enforces. The shadow holds what the live table held at the feed's position and what was imported; so a row that the live table has added
/// since, and whose key is in the shadow, has the key of an imported one. No list of keys is needed.
/// </content>
public sealed partial class SnowflakeDialect : IImportNotes
{
    /// <inheritdoc/>
    public IImportNotes ImportNotes => this;

    /// <inheritdoc/>
    public IReadOnlyList<Sql> InstallNotes(ChangeLog notes, TableShape shadow) => [];

    /// <inheritdoc/>
    public Sql? NoteOwnRows(ChangeLog notes) => null;

    /// <inheritdoc/>
    public Sql CountOverwritten(ChangeLog notes, TableShape shadow, ChangeLog feed)
    {
        ArgumentNullException.ThrowIfNull(shadow);
        ArgumentNullException.ThrowIfNull(feed);
        if (feed.Key.Count == 0) return new Sql("SELECT 0, CAST(NULL AS VARCHAR)");
        var same = SqlText.Join(" AND ", feed.Key.Select(c => SqlText.Write(this, $"s.{new Id(c.Name)} = c.{new Id(c.Name)}")));
        var key = SqlText.Join(" || ', ' || ", feed.Key.Select(c => SqlText.Write(this, $"CAST(c.{new Id(c.Name)} AS VARCHAR)")));
        return Sql.Write(this, $"""
            SELECT COUNT(*), MAX({key}) FROM {feed.Watched} {Changes} END (TIMESTAMP => $etl_upto) AS c
            WHERE c.METADATA$ACTION = 'INSERT' AND NOT c.METADATA$ISUPDATE AND EXISTS (SELECT 1 FROM {shadow.Name} AS s WHERE {same})
            """) with
        {
            Before = [SetSince(feed), new Sql("SET etl_upto = (SELECT LEAST(TO_TIMESTAMP_LTZ(@upto, 9), CURRENT_TIMESTAMP()))")],
        };
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Keys of standard tables are informational (Constraints). A feed finds rows by them, and readers trust them: so the shadow may not hold more rows
    /// that share a key than the live table does.
    /// </remarks>
    public IReadOnlyList<IntegrityCheck> IntegrityChecks(TableShape live, ShadowBlueprint shadow)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(shadow);
        return
        [
            .. live.Keys.Where(k => k.Columns.All(n => shadow.Columns.Any(c => c.From?.Name == n))).Select(k => new IntegrityCheck(
                $"key {string.Join(", ", k.Columns)}",
                "No two rows share a key, beyond those that do in the live table; the database does not enforce it.",
                Sql.Write(this, $"SELECT GREATEST(0, ({Surplus(shadow.Shadow, k)}) - ({Surplus(live.Name, k)}))"))),
        ];
    }

    /// <summary>Rows beyond the first of each key.</summary>
    private SqlText Surplus(TableName table, UniqueKey key)
    {
        var columns = key.Columns.Select(c => new Id(c));
        return SqlText.Write(this, $"SELECT COALESCE(SUM(n - 1), 0) FROM (SELECT COUNT(*) AS n FROM {table} GROUP BY {columns})");
    }
}
