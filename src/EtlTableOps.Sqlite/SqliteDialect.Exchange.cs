using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Plans;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>The exchange of names: one transaction, by the rename of old that rewrites nothing but the table itself.</summary>
internal sealed partial class SqliteDialect
{
    /// <inheritdoc/>
    /// <remarks>BEGIN IMMEDIATE has taken the one lock that there is.</remarks>
    public IReadOnlyList<Sql> LockForExchange(ExchangeBlueprint exchange, TimeSpan? wait) => [];

    /// <inheritdoc/>
    public ExchangeSteps Exchange(ExchangeBlueprint exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var live = Shape(exchange.Live);
        var incoming = Shape(exchange.Incoming);
        return new ExchangeSteps(
        [
            new PlanStep("detach", "Take triggers, feed and mark off", [.. Detach(exchange, live, incoming)]) { Scope = StepScope.Exchange },
            new PlanStep("rename", "Exchange the names", [.. Rename(exchange, live, incoming)]) { Scope = StepScope.Exchange },
            new PlanStep("attach", "Put triggers, numbering, guard and mark on", [.. Attach(exchange, live, incoming)]) { Scope = StepScope.Exchange },
        ], []);
    }

    private IEnumerable<Sql> Detach(ExchangeBlueprint exchange, SqliteTableShape live, SqliteTableShape incoming)
    {
        foreach (var trigger in live.Triggers) yield return Sql.Write(this, $"DROP TRIGGER {new Id(trigger.Name)}");
        if (exchange.Feed is { } feed) foreach (var sql in RemoveLog(feed)) yield return sql;
        if (exchange.OutgoingGuard is { } outgoing) foreach (var sql in DetachLog(outgoing)) yield return sql;
        if (exchange.Guard is { } guard) foreach (var sql in DetachLog(guard)) yield return sql;
        foreach (var mark in incoming.MarkTriggers) yield return Sql.Write(this, $"DROP TRIGGER {new Id(mark)}");
    }

    private IEnumerable<Sql> Rename(ExchangeBlueprint exchange, SqliteTableShape live, SqliteTableShape incoming)
    {
        var texts = new List<Sql>();
        texts.AddRange(RenameIndexes(live, exchange.OutgoingNames.Select(k => (From: k.Name, To: k.KeptAs))));
        texts.AddRange(RenameIndexes(incoming, exchange.IncomingNames.Select(k => (From: k.KeptAs, To: k.Name))));
        if (live.Text.HasForeignKeys) texts.Add(SetText("table", live.Name.Name, live.Text.Rename(Quote(live.Name.Name), foreignKeys: false)));
        if (LiveTextOf(incoming) is { HasForeignKeys: true } text) texts.Add(SetText("table", incoming.Name.Name, text.Rename(Quote(incoming.Name.Name), foreignKeys: true)));
        if (texts.Count > 0)
        {
            // There is no ALTER for an index's name or a foreign key. Neither shows in what is stored, so their texts may be changed (manual: ALTER
            // TABLE, 7, "changes that do not affect the on-disk content"). The renames that follow read all texts anew and give the schema a new
            // version, by which every other connection does so too.
            yield return new Sql("PRAGMA writable_schema = ON");
            foreach (var sql in texts) yield return sql;
            yield return new Sql("PRAGMA writable_schema = OFF");
        }
        // Without this pragma a rename would be carried on into views, other tables' foreign keys and triggers: they would stay with the old table.
        yield return new Sql("PRAGMA legacy_alter_table = ON");
        yield return Sql.Write(this, $"ALTER TABLE {live.Name} RENAME TO {new Id(exchange.Version.Name)}");
        yield return Sql.Write(this, $"ALTER TABLE {incoming.Name} RENAME TO {new Id(live.Name.Name)}");
        yield return new Sql("PRAGMA legacy_alter_table = OFF");
    }

    private IEnumerable<Sql> Attach(ExchangeBlueprint exchange, SqliteTableShape live, SqliteTableShape incoming)
    {
        if (live.AutoIncrement && incoming.AutoIncrement)
        {
            // A number that the table gave once it never gives again.
            var outgoing = SqlText.Write(this, $"(SELECT max(seq) FROM sqlite_sequence WHERE name = {new SqlLiteral(exchange.Version.Name)})");
            yield return Sql.Write(this, $"UPDATE sqlite_sequence SET seq = max(seq, coalesce({outgoing}, 0)) WHERE name = {new SqlLiteral(live.Name.Name)}");
            yield return Sql.Write(this, $"INSERT INTO sqlite_sequence (name, seq) SELECT {new SqlLiteral(live.Name.Name)}, {outgoing} WHERE {outgoing} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {new SqlLiteral(live.Name.Name)})");
        }
        foreach (var table in live.StatisticsTables)
        {
            yield return MoveStatistics(table, live, exchange.Version.Name, exchange.OutgoingNames.Select(k => (From: k.Name, To: k.KeptAs)));
            yield return MoveStatistics(table, incoming, live.Name.Name, exchange.IncomingNames.Select(k => (From: k.KeptAs, To: k.Name)));
        }
        foreach (var trigger in live.Triggers) yield return new Sql(trigger.Sql);
        if (exchange.Guard is { } guard)
        {
            foreach (var sql in CreateTriggers(guard with { Watched = live.Name, Collisions = incoming.Collisions })) yield return sql;
        }
        yield return CreateMark(exchange.Version, new Mark(MarkRole.Version, exchange.SwapId), live.CreateSql);
    }

    private IEnumerable<Sql> RenameIndexes(SqliteTableShape table, IEnumerable<(string From, string To)> names)
    {
        foreach (var (from, to) in names)
        {
            var index = table.Indexes.FirstOrDefault(i => i.Name == from);
            if (index is null) continue;
            yield return Sql.Write(this, $"UPDATE sqlite_schema SET name = {new SqlLiteral(to)}, sql = {new SqlLiteral(ObjectText.RenameIndex(index.Sql, Quote(to), null))} WHERE type = 'index' AND name = {new SqlLiteral(from)} AND tbl_name = {new SqlLiteral(table.Name.Name)}");
        }
    }

    private Sql SetText(string type, string name, string text) =>
        Sql.Write(this, $"UPDATE sqlite_schema SET sql = {new SqlLiteral(text)} WHERE type = {new SqlLiteral(type)} AND name = {new SqlLiteral(name)}");

    /// <summary>
    /// The text that an incoming table gets with the live name. A table that was altered since its mark was made does not fit that text, and a text that
    /// does not fit its table would make the table unreadable.
    /// </summary>
    private CreateTableText? LiveTextOf(SqliteTableShape incoming)
    {
        if (incoming.LiveSql is not { } sql) return null;
        var text = CreateTableText.Parse(sql);
        if (!text.HasForeignKeys) return text;
        return Plain(text.Rename(Quote(incoming.Name.Name), foreignKeys: false)) == Plain(incoming.CreateSql)
            ? text
            : throw new EtlException(ErrorCode.CannotCarryOver, $"Table {incoming.Name}", "it was altered since it was built or set aside, so that its foreign keys cannot be given back.", "Undo that alteration, or build a new shadow.");

        static string Plain(string create) => CreateTableText.Parse(create).Rename("x", foreignKeys: false);
    }

    private Sql MoveStatistics(string table, SqliteTableShape from, string to, IEnumerable<(string From, string To)> names)
    {
        var cases = SqlText.Join("", names.Where(n => from.Indexes.Any(i => i.Name == n.From)).Select(n => SqlText.Write(this, $"WHEN {new SqlLiteral(n.From)} THEN {new SqlLiteral(n.To)} ")));
        var auto = $"sqlite_autoindex_{from.Name.Name}_";
        var own = SqlText.Write(this, $"CASE WHEN substr(idx, 1, {auto.Length}) = {new SqlLiteral(auto)} THEN {new SqlLiteral($"sqlite_autoindex_{to}_")} || substr(idx, {auto.Length + 1}) WHEN idx = {new SqlLiteral(from.Name.Name)} THEN {new SqlLiteral(to)} ELSE idx END");
        var index = cases.Text.Length > 0 ? SqlText.Write(this, $"CASE idx {cases}ELSE {own} END") : own;
        return Sql.Write(this, $"UPDATE {new Id(table)} SET tbl = {new SqlLiteral(to)}, idx = {index} WHERE tbl = {new SqlLiteral(from.Name.Name)}");
    }
}
