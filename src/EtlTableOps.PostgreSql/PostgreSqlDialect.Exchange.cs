using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Plans;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Exchanges the names, in one transaction.</content>
public sealed partial class PostgreSqlDialect
{
    /// <inheritdoc/>
    public IReadOnlyList<Sql> LockForExchange(ExchangeBlueprint exchange, TimeSpan? wait)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var live = Own(exchange.Live);
        var noWait = new SqlText(wait is null ? " NOWAIT" : "");
        var contested = live.Neighbours.Append((Oid: live.Root.Oid, live.Name)).OrderBy(t => t.Oid).Select(t => SqlText.Write(this, $"{t.Name}"));

        // lock_timeout counts for each lock anew, so that each gets its share; ours are taken first and need no waiting.
        var views = Touched(exchange).Reverse().ToList();
        var locks = views.Count + live.Neighbours.Count + live.Members.Count;
        var share = wait is { } all ? Math.Max(1, (long)(all.TotalMilliseconds / locks)) : 1;
        return
        [
            .. LimitFrozen(exchange.StallBudget),
            Sql.Write(this, $"SET LOCAL lock_timeout = {share}"),
            Sql.Write(this, $"LOCK TABLE {exchange.Incoming.Name} IN ACCESS EXCLUSIVE MODE NOWAIT"),

            // A reader locks a view before the table behind it; the other order would be a deadlock. LOCK TABLE on a view takes
            // every table behind it as well, so the view alone is locked by giving it to the owner that it has.
            .. views.Select(v => Sql.Write(this, $"ALTER VIEW {v.Name} OWNER TO {new SqlText(v.Owner)}")),
            Sql.Write(this, $"LOCK TABLE {contested} IN ACCESS EXCLUSIVE MODE{noWait}"),

            // What is still to be locked (sequences, indexes) is hardly ever held; if it is, nobody shall wait long for it.
            Sql.Write(this, $"SET LOCAL lock_timeout = {Math.Clamp(share, 1, 25)}"),
        ];
    }

    /// <inheritdoc/>
    public ExchangeSteps Exchange(ExchangeBlueprint exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var live = Own(exchange.Live);
        var incoming = Own(exchange.Incoming);
        var followers = live.Followers.Where(f => f.NeedsColumn is not { } column || incoming.Columns.Any(c => c.Name == column)).ToList();
        var keys = live.ForeignKeys.Concat(live.IncomingForeignKeys).ToList();

        var leave = new List<Sql> { PinPath };
        if (exchange.Feed is { } feed) leave.AddRange(DropLog(feed with { Watched = live.Name, Partitioned = live.IsPartitioned }));
        if (exchange.OutgoingGuard is { } guard) leave.AddRange(DropTriggers(guard with { Watched = live.Name, Partitioned = live.IsPartitioned }));
        leave.AddRange(DropViews(exchange));
        leave.AddRange(followers.SelectMany(f => f.Leave));
        leave.AddRange(keys.Select(k => Sql.Write(this, $"ALTER TABLE {k.Table} DROP CONSTRAINT {new Id(k.Name)}")));

        var come = new List<Sql>();
        come.AddRange(SequencePositions(exchange, live, incoming));
        come.AddRange(OwnerAndGrants(live, incoming));
        come.AddRange(keys.SelectMany(k => AddUnproven(k, exchange, live, incoming)));
        come.AddRange(MakeViews(exchange));
        come.AddRange(followers.SelectMany(f => f.Come));

        return new ExchangeSteps(
        [
            Step("leave", $"Take from {live.Name} what follows the name", leave),
            Step("rename", $"{live.Name} becomes {exchange.Version}, {incoming.Name} becomes {live.Name}",
            [
                .. Rename(live, exchange.Version, exchange.OutgoingNames, toKept: true),
                .. Rename(incoming, live.Name, exchange.IncomingNames, toKept: false),
            ]),
            Step("follow", $"Give it to the new {live.Name}", come),
            Step("mark", "Mark the version, and comment the live table as before",
            [
                Sql.Write(this, $"COMMENT ON TABLE {exchange.Version} IS {new SqlLiteral(new Mark(MarkRole.Version, exchange.SwapId).ToString())}"),
                live.Comment is { } comment ? Sql.Write(this, $"COMMENT ON TABLE {live.Name} IS {new SqlLiteral(comment)}") : Sql.Write(this, $"COMMENT ON TABLE {live.Name} IS NULL"),
            ]),
        ], [.. Prove(keys, exchange, live, incoming)]);

        static PlanStep Step(string name, string title, IReadOnlyList<Sql> statements) => new(name, title, statements) { Scope = StepScope.Exchange };
    }

    /// <summary>
    /// A client that is frozen (stopped, suspended, cut off) cannot watch its own budget: the server ends what it runs, and its session when it says nothing
    /// more, and with it the locks that others wait for. The times are longer than a client needs that is merely slow.
    /// </summary>
    private IEnumerable<Sql> LimitFrozen(TimeSpan statement) =>
    [
        Sql.Write(this, $"SET LOCAL idle_in_transaction_session_timeout = {(long)Frozen.TotalMilliseconds}"),
        Sql.Write(this, $"SET LOCAL statement_timeout = {(long)(statement + Frozen).TotalMilliseconds}"),
    ];

    /// <summary>How long a session of ours that says nothing may keep locks that others wait for.</summary>
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(2);

    private static string OwnName(IReadOnlyList<KeptName> kept, AttachmentKind kind, string keptAs) =>
        kept.FirstOrDefault(k => k.Kind == kind && k.KeptAs == keptAs)?.Name ?? keptAs;

    private static string KeptAs(IReadOnlyList<KeptName> kept, AttachmentKind kind, string name) =>
        kept.FirstOrDefault(k => k.Kind == kind && k.Name == name)?.KeptAs ?? name;

    private IEnumerable<Sql> Rename(PostgreSqlTable table, TableName to, IReadOnlyList<KeptName> kept, bool toKept)
    {
        var names = table.Name;
        foreach (var member in table.Members)
        {
            var name = member.Parent == 0 ? to.Name : Other(AttachmentKind.Partition, member.Name.Name);
            if (name != member.Name.Name) yield return Sql.Write(this, $"ALTER TABLE {member.Name} RENAME TO {new Id(name)}");
            foreach (var index in member.Indexes)
            {
                // The constraint of an index is renamed with it.
                var other = Other(index.Constraint is null ? AttachmentKind.Index : AttachmentKind.Key, index.Name);
                if (other != index.Name) yield return Sql.Write(this, $"ALTER INDEX {names.WithName(index.Name)} RENAME TO {new Id(other)}");
            }
            foreach (var statistics in member.Statistics)
            {
                var other = Other(AttachmentKind.Statistics, statistics.Name);
                if (other != statistics.Name) yield return Sql.Write(this, $"ALTER STATISTICS {names.WithName(statistics.Name)} RENAME TO {new Id(other)}");
            }
        }
        foreach (var sequence in table.Facts.Values.Select(f => f.Sequence).OfType<string>().Order(StringComparer.Ordinal))
        {
            var other = Other(AttachmentKind.Sequence, sequence);
            if (other != sequence) yield return Sql.Write(this, $"ALTER SEQUENCE {names.WithName(sequence)} RENAME TO {new Id(other)}");
        }

        string Other(AttachmentKind kind, string name) => toKept ? KeptAs(kept, kind, name) : OwnName(kept, kind, name);
    }

    /// <summary>
    /// Numbering goes on where it was. The old sequence has its kept name by now, and with it a lock that keeps others from drawing a number between.
    /// </summary>
    private IEnumerable<Sql> SequencePositions(ExchangeBlueprint exchange, PostgreSqlTable live, PostgreSqlTable incoming)
    {
        foreach (var (column, facts) in live.Facts.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            if (facts.Sequence is not { } from || !incoming.Facts.TryGetValue(column, out var theirs) || theirs.Sequence is not { } to) continue;
            var source = live.Name.WithName(KeptAs(exchange.OutgoingNames, AttachmentKind.Sequence, from));
            var target = live.Name.WithName(OwnName(exchange.IncomingNames, AttachmentKind.Sequence, to));
            yield return Sql.Write(this, $"SELECT setval({new SqlLiteral(Qualified(target))}::regclass, s.last_value, s.is_called) FROM {source} AS s");
        }
    }

    /// <summary>New rows are checked from here on; the rows that are there were proven by the test and are proven again after the commit.</summary>
    private IEnumerable<Sql> AddUnproven(ForeignKeyFacts key, ExchangeBlueprint exchange, PostgreSqlTable live, PostgreSqlTable incoming)
    {
        foreach (var table in Holders(key, exchange, live, incoming))
        {
            yield return Sql.Write(this, $"ALTER TABLE {table} ADD CONSTRAINT {new Id(key.Name)} {new SqlText(key.Definition)} NOT VALID");
        }
        if (key is { Comment: { } comment, OnPartitioned: false }) yield return Sql.Write(this, $"COMMENT ON CONSTRAINT {new Id(key.Name)} ON {key.Table} IS {new SqlLiteral(comment)}");
    }

    /// <summary>
    /// The tables that get a foreign key under the lock. A partitioned table takes none without reading all its rows, but its
    /// partitions do; the parent's own comes after, and takes theirs as its parts.
    /// </summary>
    private static IEnumerable<TableName> Holders(ForeignKeyFacts key, ExchangeBlueprint exchange, PostgreSqlTable live, PostgreSqlTable incoming) => key.OnPartitioned && key.Table == live.Name
        ? incoming.Members.Where(m => m.PartitionKey is null).Select(m => m.Name.WithName(OwnName(exchange.IncomingNames, AttachmentKind.Partition, m.Name.Name)))
        : key.OnPartitioned ? key.Leaves : [key.Table];

    private IEnumerable<PlanStep> Prove(IReadOnlyList<ForeignKeyFacts> keys, ExchangeBlueprint exchange, PostgreSqlTable live, PostgreSqlTable incoming)
    {
        var number = 0;
        foreach (var key in keys)
        {
            var statements = new List<Sql>();
            if (key.Validated) statements.AddRange(Holders(key, exchange, live, incoming).Select(t => Sql.Write(this, $"ALTER TABLE {t} VALIDATE CONSTRAINT {new Id(key.Name)}")));
            if (key.OnPartitioned)
            {
                statements.Insert(0, PinPath);
                statements.Add(Sql.Write(this, $"""
                    DO $etl$
                    BEGIN
                      IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = {new SqlLiteral(Qualified(key.Table))}::regclass AND conname = {new SqlLiteral(key.Name)}) THEN
                        SET LOCAL lock_timeout = '100ms';
                        ALTER TABLE {key.Table} ADD CONSTRAINT {new Id(key.Name)} {new SqlText(key.Definition)};
                      END IF;
                    END $etl$
                    """));
                if (key.Comment is { } comment) statements.Add(Sql.Write(this, $"COMMENT ON CONSTRAINT {new Id(key.Name)} ON {key.Table} IS {new SqlLiteral(comment)}"));
            }
            if (statements.Count == 0) continue;
            number++;
            yield return new PlanStep($"validate-{number.ToString(CultureInfo.InvariantCulture)}", $"Prove foreign key {key.Name} of {key.Table}", statements);
        }
    }
}
