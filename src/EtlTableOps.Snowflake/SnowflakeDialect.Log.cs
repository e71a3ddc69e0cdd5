using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>
/// Reads changes. There are no triggers: the table's own change tracking is the log, and ours is one row that says from where on it is to be read
/// (since_ns, nanoseconds of the epoch), how many of those changes are ours (own; null when nobody knows), and, once it has ended, how many there were (written). The row changes in one
/// transaction with the data that it covers. CHANGES takes constants and session variables, so boundaries go into variables (SELECT … CHANGES).
/// </content>
public sealed partial class SnowflakeDialect
{
    private const string Now = "DATE_PART(EPOCH_NANOSECOND, SYSDATE())";
    private static readonly SqlText AtSince = new("AT (TIMESTAMP => $etl_since)");
    private static readonly SqlText Changes = new("CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_since)");

    /// <summary>An update is tracked as a deletion and an addition; it counts once.</summary>
    private static readonly SqlText CountChangedRows = new("COUNT_IF(NOT (METADATA$ACTION = 'DELETE' AND METADATA$ISUPDATE))");

    /// <inheritdoc/>
    public IReadOnlyList<Sql> InstallLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var since = log.Since is { } moment ? SqlText.Write(this, $"CAST({moment.ToNanoseconds()} AS NUMBER(38,0))") : new SqlText(Now);
        return
        [
            // Only the owner may switch it on, so that it is not asked for where it is on.
            .. log.Tracked ? Array.Empty<Sql>() : [Sql.Write(this, $"ALTER TABLE {log.Watched} SET CHANGE_TRACKING = TRUE")],
            // With its types: a column made of the number 0 would have one digit, and take no null.
            Sql.Write(this, $"CREATE OR REPLACE TABLE {log.Log} (since_ns number(38,0), own number(38,0), written number(38,0)) AS SELECT {since}, 0, NULL"),
        ];
    }

    /// <inheritdoc/>
    /// <remarks>The count is kept; the table may be dropped from now on.</remarks>
    public IReadOnlyList<Sql> DetachLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return DetachLog(log, new SqlText(""));
    }

    private IReadOnlyList<Sql> DetachLog(ChangeLog log, SqlText end) =>
    [
        SetSince(log),
        Sql.Write(this, $"UPDATE {log.Log} SET written = GREATEST(0, (SELECT {CountKeys(log)} FROM {log.Watched} {Changes}{end}) - own) WHERE written IS NULL"),
    ];

    /// <inheritdoc/>
    /// <remarks>Change tracking stays on: it may have been on before, and somebody else may read it.</remarks>
    public IReadOnlyList<Sql> RemoveLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return [Sql.Write(this, $"DROP TABLE IF EXISTS {log.Log}")];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> SuspendLog(ChangeLog log) => [];

    /// <inheritdoc/>
    public IReadOnlyList<Sql> ResumeLog(ChangeLog log) => [];

    /// <inheritdoc/>
    /// <remarks>When a transaction's changes are dated is known only once it has committed; so the boundary moves afterwards.</remarks>
    public IReadOnlyList<Sql> SettleLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return [Sql.Write(this, $"UPDATE {log.Log} SET since_ns = {new SqlText(Now)} WHERE written IS NULL")];
    }

    /// <inheritdoc/>
    public Sql ReadLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (log.Ended) return Sql.Write(this, $"SELECT COALESCE(written, 0), COALESCE(written, 0), 0, IFF(written IS NULL, 1, 0) FROM {log.Log}");

        // Without a key there is no row to find for what was changed or removed: such a feed can only add.
        var broken = log is { IsFeed: true, Key.Count: 0 } ? new SqlText("IFF(COUNT_IF(METADATA$ACTION = 'DELETE') > 0, 1, 0)") : SqlText.Write(this, $"IFF((SELECT own FROM {log.Log}) IS NULL, 1, 0)");
        var own = SqlText.Write(this, $"COALESCE((SELECT own FROM {log.Log}), 0)");
        return Sql.Write(this, $"SELECT GREATEST(0, {CountChangedRows} - {own}), GREATEST(0, {CountKeys(log)} - {own}), {new SqlText(Now)}, {broken} FROM {log.Watched} {Changes}") with { Before = [SetSince(log)] };
    }

    /// <inheritdoc/>
    /// <remarks>When a change was made CHANGES does not tell; it is not older than the position.</remarks>
    public Sql AgeOfLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return Sql.Write(this, $"SELECT {new SqlText(Now)} - since_ns FROM {log.Log}");
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> ApplyLog(ChangeLog log, ShadowBlueprint shadow)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(shadow);
        return
        [
            SetSince(log),
            new Sql("SET etl_upto = TO_TIMESTAMP_LTZ(@upto, 9)"),
            Apply(log, shadow, shadow.Live.Name, shadow.Shadow, null),
            Sql.Write(this, $"UPDATE {log.Log} SET since_ns = @upto"),
        ];
    }

    private SqlText CountKeys(ChangeLog log) => log.Key.Count == 0
        ? CountChangedRows
        : SqlText.Write(this, $"COUNT(DISTINCT {log.Key.Select(c => new Id(c.Name))})");

    private Sql SetSince(ChangeLog log) => Sql.Write(this, $"SET etl_since = (SELECT TO_TIMESTAMP_LTZ(since_ns, 9) FROM {log.Log})");

    /// <summary>
    /// Brings tracked changes of one table into another through the declared change. The source is asked under names of our own, because an alias that a
    /// user's expression names too would be taken for the column.
    /// </summary>
    /// <param name="log">The feed.</param>
    /// <param name="shadow">The declared change.</param>
    /// <param name="from">The table whose changes are read, from <c>$etl_since</c> to <c>$etl_upto</c>.</param>
    /// <param name="into">The table that gets them.</param>
    /// <param name="newer">Keys changed in <paramref name="into"/> since <c>$etl_guard</c> are newer and stay; null when nobody else writes to it.</param>
    private Sql Apply(ChangeLog log, ShadowBlueprint shadow, TableName from, TableName into, ChangeLog? newer) =>
        Bring(log, shadow, SqlText.Write(this, $"{from} {Changes} END (TIMESTAMP => $etl_upto)"), into, newer is null || log.Key.Count == 0 ? null : OlderThanGuarded(log, into));

    /// <summary>A change of a key, in a row "c", which the table that gets it has not seen since <c>$etl_guard</c>.</summary>
    private SqlText OlderThanGuarded(ChangeLog log, TableName into) =>
        SqlText.Write(this, $"NOT EXISTS (SELECT 1 FROM {into} CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => $etl_guard) AS n WHERE {KeysOf(log, "n", "c")})");

    /// <param name="log">The feed.</param>
    /// <param name="shadow">The declared change.</param>
    /// <param name="changes">The changes, as a source of rows.</param>
    /// <param name="into">The table that gets them.</param>
    /// <param name="older">Which of them are brought over, over a row "c", or over the change itself where there is no key; null for all.</param>
    private Sql Bring(ChangeLog log, ShadowBlueprint shadow, SqlText changes, TableName into, SqlText? older)
    {
        var stored = shadow.Stored.ToList();
        var kept = shadow.Where is { } where ? SqlText.Write(this, $"COALESCE({SqlText.InParentheses(where.Text)}, FALSE)") : new SqlText("TRUE");
        if (log.Key.Count == 0)
            return Sql.Write(this, $"INSERT INTO {into} ({stored.Select(c => new Id(c.Name))}) SELECT {stored.Select(c => c.Source)} FROM {changes} WHERE METADATA$ACTION = 'INSERT' AND {kept}{(older is { } late ? SqlText.Write(this, $" AND {late}") : new SqlText(""))}");

        var values = SqlText.Join(", ", stored.Select((c, i) => SqlText.Write(this, $"{c.Source} AS {new Id(Value(i))}")));
        var keys = SqlText.Join(", ", log.Key.Select((c, i) => SqlText.Write(this, $"{new Id(c.Name)} AS {new Id(KeyName(i))}")));
        var gone = SqlText.Write(this, $"(METADATA$ACTION = 'DELETE' OR NOT {kept})");
        var only = older is { } condition ? SqlText.Write(this, $" WHERE {condition}") : new SqlText("");
        var last = SqlText.Write(this, $"QUALIFY ROW_NUMBER() OVER (PARTITION BY {log.Key.Select(c => new Id(c.Name))} ORDER BY IFF(METADATA$ACTION = 'INSERT', 0, 1)) = 1");
        var same = SqlText.Join(" AND ", log.Key.Select((c, i) => SqlText.Write(this, $"t.{new Id(c.Name)} = s.{new Id(KeyName(i))}")));
        var set = SqlText.Join(", ", stored.Select((c, i) => SqlText.Write(this, $"{new Id(c.Name)} = s.{new Id(Value(i))}")));
        var insert = SqlText.Join(", ", stored.Select((_, i) => SqlText.Write(this, $"s.{new Id(Value(i))}")));
        return Sql.Write(this, $"""
            MERGE INTO {into} AS t USING (
              SELECT * FROM (SELECT {values}, {keys}, {gone} AS "etl_gone" FROM {changes} {last}) AS c{only}
            ) AS s ON {same}
            WHEN MATCHED AND s."etl_gone" THEN DELETE
            WHEN MATCHED THEN UPDATE SET {set}
            WHEN NOT MATCHED AND NOT s."etl_gone" THEN INSERT ({stored.Select(c => new Id(c.Name))}) VALUES ({insert})
            """);
    }

    /// <summary>Keys of a table's row are those of a change's.</summary>
    private SqlText KeysOf(ChangeLog log, string there, string here) =>
        SqlText.Join(" AND ", log.Key.Select((c, i) => SqlText.Write(this, $"{new SqlText(there)}.{new Id(c.Name)} = {new SqlText(here)}.{new Id(KeyName(i))}")));

    private static string Value(int column) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"etl_value_{column + 1}");

    private static string KeyName(int column) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"etl_key_{column + 1}");
}
