using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>
/// The change log. One function per log writes it, called by statement triggers with transition tables, because one insert of many keys costs
/// half of what a call per row does, and one of a single key no more. A partitioned table gets row triggers, which its later partitions inherit.
/// Every writer pays for each thing here, so there are few: no condition that is prepared for each statement anew, no setting for the function, one index.
/// </content>
public sealed partial class PostgreSqlDialect
{
    /// <summary>The setting that holds the name of the log that our own writes are not to enter.</summary>
    private const string SkipSetting = "etltableops.skip";

    private static readonly SqlText IsEqual = new("OPERATOR(pg_catalog.=)");
    private static readonly SqlText IsDifferent = new("OPERATOR(pg_catalog.<>)");

    /// <inheritdoc/>
    public IReadOnlyList<Sql> InstallLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var keys = log.Key.Select((c, i) => SqlText.Write(this, $", key_{i + 1} {new SqlText(c.Type)}{new SqlText(c.Collation is null ? "" : " COLLATE " + c.Collation)}"));

        // When a change was logged is asked of a feed alone; the transaction's time costs next to nothing.
        var at = new SqlText(log.IsFeed ? ", at timestamptz NOT NULL DEFAULT now()" : "");
        List<Sql> statements =
        [

            // What empties the table at once is logged under a negative number: whether there is such an entry is asked often, and is hardly ever so.
            Sql.Write(this, $"CREATE TABLE {log.Log} (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, op \"char\" NOT NULL, changes bigint NOT NULL{SqlText.Join("", keys)}{at})"),
            Sql.Write(this, $"REVOKE ALL ON TABLE {log.Log} FROM PUBLIC"),
            Function(log),
            Sql.Write(this, $"REVOKE ALL ON FUNCTION {log.Log}() FROM PUBLIC"),

            .. LimitFrozen(TimeSpan.FromSeconds(10)),

            // Making a trigger would wait for writers, and others would wait behind it; so it is tried for and not queued for.
            Sql.Write(this, $"LOCK TABLE {log.Watched} IN SHARE ROW EXCLUSIVE MODE NOWAIT"),
        ];
        foreach (var (name, text) in Triggers(log)) statements.Add(Sql.Write(this, $"CREATE TRIGGER {new Id(name)} {text} EXECUTE FUNCTION {log.Log}()"));
        if (log.Partitioned)
        {
            // Emptying a partition fires only the partition's own trigger, and statement triggers are not inherited.
            statements.Add(Sql.Write(this, $"""
                DO $etl$
                DECLARE part pg_catalog.regclass;
                BEGIN
                  FOR part IN SELECT t.relid FROM pg_catalog.pg_partition_tree({new SqlLiteral(Qualified(log.Watched))}::pg_catalog.regclass) t WHERE t.level > 0 LOOP
                    EXECUTE pg_catalog.format('CREATE TRIGGER %I AFTER TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s()', {new SqlLiteral(TriggerName(log, "t"))}::pg_catalog.text, part, {new SqlLiteral(Qualified(log.Log))}::pg_catalog.text);
                    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', part, {new SqlLiteral(TriggerName(log, "t"))}::pg_catalog.text);
                  END LOOP;
                END $etl$
                """));
        }

        // ALWAYS: a replication worker's writes are writes too.
        foreach (var (name, _) in Triggers(log)) statements.Add(Sql.Write(this, $"ALTER TABLE {log.Watched} ENABLE ALWAYS TRIGGER {new Id(name)}"));
        return statements;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> DetachLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return [.. LimitFrozen(TimeSpan.FromSeconds(10)), LockIfThere(log), .. DropTriggers(log)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> RemoveLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return [.. LimitFrozen(TimeSpan.FromSeconds(10)), LockIfThere(log), .. DropLog(log)];
    }

    /// <summary>
    /// A trigger is dropped under a lock that readers wait for too; it is tried for only when there is such a trigger, and never queued for.
    /// </summary>
    private Sql LockIfThere(ChangeLog log) => Sql.Write(this, $"""
        DO $etl$
        BEGIN
          IF EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass({new SqlLiteral(Qualified(log.Watched))}) AND t.tgfoid = pg_catalog.to_regprocedure({new SqlLiteral(Qualified(log.Log) + "()")})) THEN
            LOCK TABLE {log.Watched} IN ACCESS EXCLUSIVE MODE NOWAIT;
          END IF;
        END $etl$
        """);

    private List<Sql> DropTriggers(ChangeLog log)
    {
        var statements = Triggers(log).Select(t => Sql.Write(this, $"DROP TRIGGER IF EXISTS {new Id(t.Name)} ON {log.Watched}")).ToList();
        if (log.Partitioned)
        {
            statements.Add(Sql.Write(this, $"""
                DO $etl$
                DECLARE made record;
                BEGIN
                  FOR made IN SELECT t.tgname, t.tgrelid::pg_catalog.regclass AS part FROM pg_catalog.pg_trigger t WHERE t.tgfoid = pg_catalog.to_regprocedure({new SqlLiteral(Qualified(log.Log) + "()")}) AND t.tgname = {new SqlLiteral(TriggerName(log, "t"))} LOOP
                    EXECUTE pg_catalog.format('DROP TRIGGER %I ON %s', made.tgname, made.part);
                  END LOOP;
                END $etl$
                """));
        }
        return statements;
    }

    private IEnumerable<Sql> DropLog(ChangeLog log) =>
    [
        .. DropTriggers(log),
        Sql.Write(this, $"DROP FUNCTION IF EXISTS {log.Log}()"),
        Sql.Write(this, $"DROP TABLE IF EXISTS {log.Log}"),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<Sql> SuspendLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return [Sql.Write(this, $"SET LOCAL {new SqlText(SkipSetting)} = {new SqlLiteral(Qualified(log.Log))}")];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> ResumeLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return [Sql.Write(this, $"SET LOCAL {new SqlText(SkipSetting)} = ''")];
    }

    /// <inheritdoc/>
    public Sql ReadLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);

        // An update that moves a key is one change and two keys; 'O' stands for the key that it left.
        var keys = log.Key.Count == 0 || log.KeysUncounted
            ? new SqlText("coalesce(sum(changes), 0)::bigint")
            : SqlText.Write(this, $"count(DISTINCT {new SqlText(log.Key.Count == 1 ? "key_1" : "(" + string.Join(", ", KeyNames(log)) + ")")}) FILTER (WHERE op <> 'T')");
        var broken = new SqlText(log.Key.Count == 0 ? "coalesce(max(CASE WHEN op = 'T' THEN 1 ELSE 0 END), 0)" : "0");
        var state = log.Ended ? broken : SqlText.Write(this, $"CASE WHEN NOT {Watching(log)} THEN 2 WHEN {KeysMovedUnseen(log)} THEN 1 ELSE {broken} END");
        return Sql.Write(this, $"SELECT coalesce(sum(changes), 0)::bigint, {keys}, coalesce(max(abs(seq)), 0)::bigint, {state}, coalesce(max(-seq) FILTER (WHERE seq < 0), 0)::bigint FROM {log.Log}");
    }

    /// <summary>
    /// Whether the log's triggers are as they were made. Whoever disabled them for a time, as loading with pg_restore --disable-triggers does, has enabled them again in the ordinary
    /// way, and not as ours are: that stays to be seen. (Before version 15 a partition's part of a trigger is enabled in the ordinary way from the beginning.)
    /// </summary>
    private SqlText Watching(ChangeLog log)
    {
        var asMade = new SqlText(log.Partitioned && serverMajorVersion < 15 ? "t.tgenabled IN ('A', 'O')" : "t.tgenabled = 'A'");
        return SqlText.Write(this, $"""
            (SELECT count(*) >= {Triggers(log).Count} AND pg_catalog.bool_and({asMade}) FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_trigger AS t ON t.oid = d.objid
            WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = pg_catalog.to_regprocedure({new SqlLiteral(Qualified(log.Log) + "()")}) AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass)
            """);
    }

    /// <inheritdoc/>
    public Sql AgeOfLog(ChangeLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return Sql.Write(this, $"SELECT (extract(epoch FROM pg_catalog.clock_timestamp() - least((SELECT l.at FROM {log.Log} AS l WHERE l.seq > 0 ORDER BY l.seq LIMIT 1), (SELECT l.at FROM {log.Log} AS l WHERE l.seq < 0 ORDER BY l.seq DESC LIMIT 1))) * 1000000000)::bigint");
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> ApplyLog(ChangeLog log, ShadowBlueprint shadow)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(shadow);
        var stored = shadow.Stored.ToList();

        // Each key once, and in the key's order: both tables and their indexes are then walked along and not jumped about in, which halves the time.
        var keys = new SqlText(string.Join(", ", KeyNames(log, "l")));
        var logged = SqlText.Write(this, $"SELECT DISTINCT {keys} FROM {log.Log} AS l WHERE l.seq > 0 AND l.seq <= @upto ORDER BY {keys}");
        var where = shadow.Where is { } condition ? $"(\n{condition}\n) AND " : "";
        var imported = shadow.ImportNotes is { } notes
            ? SqlText.Write(this, $" AND NOT EXISTS (SELECT FROM {notes.Log} AS i WHERE {SqlText.Join(" AND ", notes.Key.Select((c, i) => SqlText.Write(this, $"i.key_{i + 1} = s.{new Id(c.Name)}")))})")
            : new SqlText("");
        return
        [
            // Costs nothing unless there is such an entry: the server asks that once, before it looks at any row.
            Sql.Write(this, $"DELETE FROM {shadow.Shadow} AS s WHERE EXISTS (SELECT FROM {log.Log} AS l WHERE l.seq < 0 AND l.seq >= -@upto) AND NOT EXISTS (SELECT FROM {shadow.Live.Name} AS live WHERE {SqlText.Join(" AND ", log.Key.Select(c => SqlText.Write(this, $"live.{new Id(c.Name)} = s.{new Id(c.Name)}")))}){imported}"),
            Sql.Write(this, $"DELETE FROM {shadow.Shadow} AS s WHERE ({Names(this, log.Key.Select(c => c.Name), "s")}) IN ({logged})"),
            Sql.Write(this, $"""
                INSERT INTO {shadow.Shadow} ({stored.Select(c => new Id(c.Name))}) OVERRIDING SYSTEM VALUE
                SELECT {stored.Select(c => c.Source)} FROM {shadow.Live.Name} WHERE {new SqlText(where)}({Names(this, log.Key.Select(c => c.Name), shadow.Live.Name.Name)}) IN ({logged})
                """),
            Sql.Write(this, $"DELETE FROM {log.Log} WHERE seq BETWEEN -@upto AND @upto"),
        ];
    }

    private static IEnumerable<string> KeyNames(ChangeLog log, string? alias = null) =>
        Enumerable.Range(1, log.Key.Count).Select(i => alias is null ? $"key_{i}" : $"{alias}.key_{i}");

    /// <summary>Trigger names are the table's own; two logs on one table need different ones within 63 bytes.</summary>
    private static string TriggerName(ChangeLog log, string what) => $"{PostgreSqlCatalog.OurPrefix}{ShortHash(log.Log.Name)}_{what}";

    private string Qualified(TableName name) => SqlText.Write(this, $"{name}").Text;

    private List<(string Name, SqlText Text)> Triggers(ChangeLog log)
    {
        var truncate = (TriggerName(log, "t"), SqlText.Write(this, $"AFTER TRUNCATE ON {log.Watched} FOR EACH STATEMENT"));
        if (log.Partitioned) return [(TriggerName(log, "r"), SqlText.Write(this, $"AFTER INSERT OR UPDATE OR DELETE ON {log.Watched} FOR EACH ROW")), truncate];
        var triggers = new List<(string, SqlText)>
        {
            (TriggerName(log, "i"), SqlText.Write(this, $"AFTER INSERT ON {log.Watched} REFERENCING NEW TABLE AS etl_new FOR EACH STATEMENT")),
            (TriggerName(log, "u"), SqlText.Write(this, $"AFTER UPDATE ON {log.Watched} REFERENCING NEW TABLE AS etl_new FOR EACH STATEMENT")),
            (TriggerName(log, "d"), SqlText.Write(this, $"AFTER DELETE ON {log.Watched} REFERENCING OLD TABLE AS etl_old FOR EACH STATEMENT")),
            truncate,
        };

        // Keys hardly ever move, and a trigger on columns that no statement sets costs nothing. Columns that a trigger of the user's sets are not looked at, so there a
        // condition looks at each row. It is prepared anew for each statement, which costs as much as half of the rest; keeping the old rows of each update costs more.
        if (log.Key.Count > 0)
        {
            triggers.Add((TriggerName(log, "o"), log.MayMoveKeys
                ? SqlText.Write(this, $"AFTER UPDATE ON {log.Watched} FOR EACH ROW WHEN ({KeyMoved(log)})")
                : SqlText.Write(this, $"AFTER UPDATE OF {log.Key.Select(c => new Id(c.Name))} ON {log.Watched} FOR EACH ROW")));
        }
        return triggers;
    }

    /// <summary>Compared as stored, so that no operator of the key's types has to be found on some search_path.</summary>
    private SqlText KeyMoved(ChangeLog log)
    {
        var names = log.Key.Select(c => c.Name).ToList();
        return SqlText.Write(this, $"pg_catalog.record_image_ne(ROW({Names(this, names, "old")}), ROW({Names(this, names, "new")}))");
    }

    /// <summary>Whether a trigger of the user's that may move keys came after the log, which looks only at columns that statements set.</summary>
    private SqlText KeysMovedUnseen(ChangeLog log) => SqlText.Write(this, $"""
        EXISTS (SELECT FROM pg_catalog.pg_trigger o JOIN pg_catalog.pg_trigger b USING (tgrelid)
          WHERE o.tgrelid = pg_catalog.to_regclass({new SqlLiteral(Qualified(log.Watched))}) AND o.tgname = {new SqlLiteral(TriggerName(log, "o"))} AND o.tgqual IS NULL AND {new SqlText(PostgreSqlCatalog.ChangesRows("b"))})
        """);

    private Sql Function(ChangeLog log)
    {
        var body = log.Partitioned ? RowBody(log) : StatementBody(log);

        // SECURITY DEFINER: writers need no right to the log. The skip is ours alone: whoever sets it must be a member of the log's owner, which is
        // asked only of who does: a condition with a query in it would run that query for every statement of everybody.
        // Every name and operator is qualified, which is as safe as a search_path for the function, and spares each call a tenth of what it costs to set one.
        return Sql.Write(this, $"""
            CREATE FUNCTION {log.Log}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $etl$
            BEGIN
              IF pg_catalog.current_setting({new SqlLiteral(SkipSetting)}, true) {IsEqual} {new SqlLiteral(Qualified(log.Log))} THEN
                IF pg_catalog.pg_has_role(session_user, (SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid {IsEqual} {new SqlLiteral(Qualified(log.Log))}::pg_catalog.regclass), 'MEMBER') THEN
                  RETURN NULL;
                END IF;
              END IF;
            {body}
              ELSE
                INSERT INTO {log.Log} (seq, op, changes) OVERRIDING SYSTEM VALUE VALUES (OPERATOR(pg_catalog.-) pg_catalog.nextval(pg_catalog.pg_get_serial_sequence({new SqlLiteral(Qualified(log.Log))}, 'seq')::pg_catalog.regclass), 'T', 1);
              END IF;
              RETURN NULL;
            END $etl$
            """);
    }

    private SqlText StatementBody(ChangeLog log)
    {
        if (log.Key.Count == 0)
        {
            return SqlText.Write(this, $"""
                  IF TG_OP {IsEqual} 'UPDATE' THEN
                    INSERT INTO {log.Log} (op, changes) SELECT 'U', n FROM (SELECT pg_catalog.count(*) AS n FROM etl_new) AS c WHERE n OPERATOR(pg_catalog.>) 0;
                  ELSIF TG_OP {IsEqual} 'INSERT' THEN
                    INSERT INTO {log.Log} (op, changes) SELECT 'I', n FROM (SELECT pg_catalog.count(*) AS n FROM etl_new) AS c WHERE n OPERATOR(pg_catalog.>) 0;
                  ELSIF TG_OP {IsEqual} 'DELETE' THEN
                    INSERT INTO {log.Log} (op, changes) SELECT 'D', n FROM (SELECT pg_catalog.count(*) AS n FROM etl_old) AS c WHERE n OPERATOR(pg_catalog.>) 0;
                """);
        }
        var into = SqlText.Write(this, $"INSERT INTO {log.Log} (op, changes, {new SqlText(string.Join(", ", KeyNames(log)))})");
        var names = log.Key.Select(c => c.Name).ToList();
        var key = Names(this, names);
        return SqlText.Write(this, $"""
              IF TG_OP {IsEqual} 'UPDATE' THEN
                IF TG_LEVEL {IsEqual} 'STATEMENT' THEN
                  {into} SELECT 'U', 1, {key} FROM etl_new;
                ELSIF {KeyMoved(log)} THEN
                  {into} VALUES ('O', 0, {Names(this, names, "old")});
                END IF;
              ELSIF TG_OP {IsEqual} 'INSERT' THEN
                {into} SELECT 'I', 1, {key} FROM etl_new;
              ELSIF TG_OP {IsEqual} 'DELETE' THEN
                {into} SELECT 'D', 1, {key} FROM etl_old;
            """);
    }

    private SqlText RowBody(ChangeLog log)
    {
        if (log.Key.Count == 0)
        {
            return SqlText.Write(this, $"""
                  IF TG_OP {IsDifferent} 'TRUNCATE' THEN
                    INSERT INTO {log.Log} (op, changes) VALUES (pg_catalog.left(TG_OP, 1)::pg_catalog."char", 1);
                """);
        }
        var into = SqlText.Write(this, $"INSERT INTO {log.Log} (op, changes, {new SqlText(string.Join(", ", KeyNames(log)))})");
        var names = log.Key.Select(c => c.Name).ToList();
        var (older, newer) = (Names(this, names, "old"), Names(this, names, "new"));
        return SqlText.Write(this, $"""
              IF TG_OP {IsEqual} 'UPDATE' THEN
                {into} VALUES ('U', 1, {newer});
                IF {KeyMoved(log)} THEN
                  {into} VALUES ('O', 0, {older});
                END IF;
              ELSIF TG_OP {IsEqual} 'INSERT' THEN
                {into} VALUES ('I', 1, {newer});
              ELSIF TG_OP {IsEqual} 'DELETE' THEN
                {into} VALUES ('D', 1, {older});
            """);
    }
}
