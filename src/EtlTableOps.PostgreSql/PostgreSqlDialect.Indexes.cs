using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Builds a shadow's indexes after its rows are there, and makes keys of them.</content>
public sealed partial class PostgreSqlDialect
{
    /// <summary>
    /// Index by index, each a step, so that a long build tells where it is. CREATE INDEX shares its lock with others of its kind, so these run side by
    /// side; what makes keys of them, and of a partitioned table's parts a whole, wants the table for itself, is quick and comes after.
    /// </summary>
    private IEnumerable<PlanStep> Indexes(ShadowBlueprint shadow, PostgreSqlTable live)
    {
        var all = live.Members.Reverse().SelectMany(m => m.Indexes.Where(i => Has(shadow, i.Columns)).Select(i => (Member: m, Index: i))).ToList();
        var plain = all.Where(x => IsBuiltApart(x.Member, x.Index)).ToList();
        var sessions = shadow.StructureOnly ? 1 : SessionsFor(live.Members.Sum(m => m.Pages), shadow);
        var abreast = Math.Clamp(plain.Count, 1, sessions);
        var number = 0;
        foreach (var (member, index) in plain.Concat(all.Where(x => x.Member.PartitionKey is null && !IsBuiltApart(x.Member, x.Index))))
        {
            number++;
            var table = NameOf(shadow, member);
            var kept = NameOf(shadow, index);
            yield return new PlanStep($"index-{number.ToString(CultureInfo.InvariantCulture)}", $"Build {(index.Constraint is null ? "index" : "key")} {index.Name}{Of(member)}",
            [
                PinPath,
                .. BuildSettings(sessions, abreast),
                Tablespace(index),
                IsBuiltApart(member, index)
                    ? Sql.Write(this, $"CREATE {Unique(index)}INDEX {new Id(kept)} ON {table} {new SqlText(index.Tail)}")
                    : Sql.Write(this, $"ALTER TABLE {table} ADD CONSTRAINT {new Id(kept)} {new SqlText(index.ConstraintDefinition!)}"),
            ])
            {
                Progress = IndexProgress(table, kept),
                Abreast = IsBuiltApart(member, index) ? abreast : 1,
            };
        }
        number = 0;
        foreach (var ofMember in all.GroupBy(x => x.Member))
        {
            var statements = ofMember.SelectMany(x => FinishIndex(shadow, live, x.Member, x.Index)).ToList();
            if (statements.Count == 0) continue;
            number++;
            var name = live.Members.Count == 1 ? "keys" : $"keys-{number.ToString(CultureInfo.InvariantCulture)}";
            yield return new PlanStep(name, $"Make keys of the indexes{Of(ofMember.Key)}", [PinPath, .. statements]);
        }

        static string Of(TableMember member) => member.Parent == 0 ? "" : $" of {member.Name.Name}";
    }

    /// <summary>Whether the index is made by a statement of its own; not that of an exclusion constraint, nor one that is only the sum of its parts.</summary>
    private static bool IsBuiltApart(TableMember member, IndexFacts index) => member.PartitionKey is null && index.Constraint is null or 'p' or 'u';

    /// <summary>As many processes of the server as there are sessions for the build, and as much memory as one build was always given.</summary>
    private static IEnumerable<Sql> BuildSettings(int sessions, int abreast) =>
    [
        new(string.Create(CultureInfo.InvariantCulture, $"SET LOCAL maintenance_work_mem = '{Math.Max(64, 256 / abreast)}MB'")),
        new(string.Create(CultureInfo.InvariantCulture, $"SET LOCAL max_parallel_maintenance_workers = {(sessions / abreast) - 1}")),
    ];

    private Sql Tablespace(IndexFacts index) => Sql.Write(this, $"SET LOCAL default_tablespace = {new SqlText(index.Tablespace ?? "''")}");

    private static SqlText Unique(IndexFacts index) => new(index.Unique ? "UNIQUE " : "");

    private static string NameOf(ShadowBlueprint shadow, IndexFacts index) =>
        shadow.NameOf(index.Constraint is null ? AttachmentKind.Index : AttachmentKind.Key, index.Name);

    /// <summary>Half of an index build is the scan, the other half the sorted tuples' way into the tree. Of several builds on one table it is told apart by its statement.</summary>
    private Sql IndexProgress(TableName table, string index) => Sql.Write(this, $"""
        SELECT CASE WHEN p.tuples_total > 0 THEN 50 + 50 * p.tuples_done / p.tuples_total ELSE 50 * p.blocks_done / greatest(p.blocks_total, 1) END, 100::bigint
        FROM pg_catalog.pg_stat_progress_create_index p JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid
        WHERE p.relid = pg_catalog.to_regclass({new SqlLiteral(Qualified(table))}) AND pg_catalog.strpos(a.query, {new SqlLiteral(Quote(index))}) > 0
        """);

    private IEnumerable<Sql> FinishIndex(ShadowBlueprint shadow, PostgreSqlTable live, TableMember member, IndexFacts index)
    {
        var table = NameOf(shadow, member);
        var kept = NameOf(shadow, index);
        var here = table.WithName(kept);
        if (member.PartitionKey is not null)
        {
            yield return Tablespace(index);
            yield return index.Constraint is null
                ? Sql.Write(this, $"CREATE {Unique(index)}INDEX {new Id(kept)} ON ONLY {table} {new SqlText(index.Tail)}")
                : Sql.Write(this, $"ALTER TABLE ONLY {table} ADD CONSTRAINT {new Id(kept)} {new SqlText(index.ConstraintDefinition!)}");
            foreach (var part in live.Members.Where(m => m.Parent == member.Oid))
            {
                foreach (var piece in part.Indexes.Where(i => i.Parent == index.Name))
                {
                    yield return Sql.Write(this, $"ALTER INDEX {here} ATTACH PARTITION {part.Name.WithName(NameOf(shadow, piece))}");
                }
            }
        }
        else if (index.Constraint is 'p' or 'u')
        {
            // The index was there first: its storage parameters and included columns stay as they are.
            yield return Sql.Write(this, $"ALTER TABLE {table} ADD CONSTRAINT {new Id(kept)} {new SqlText(index.Constraint == 'p' ? "PRIMARY KEY" : "UNIQUE")} USING INDEX {new Id(kept)}{new SqlText(index.Deferral)}");
        }
        else if (index is { Constraint: not null, Options.Length: > 0 })
        {
            yield return Sql.Write(this, $"ALTER INDEX {here} SET ({new SqlText(index.Options)})");
        }
        foreach (var (position, target) in index.Targets) yield return Sql.Write(this, $"ALTER INDEX {here} ALTER COLUMN {position} SET STATISTICS {target}");
        if (index.Comment is { } comment) yield return Sql.Write(this, $"COMMENT ON INDEX {here} IS {new SqlLiteral(comment)}");
        if (index.ConstraintComment is { } said) yield return Sql.Write(this, $"COMMENT ON CONSTRAINT {new Id(kept)} ON {table} IS {new SqlLiteral(said)}");
        if (index.Clustered) yield return Sql.Write(this, $"ALTER TABLE {table} CLUSTER ON {new Id(kept)}");
        if (index.ReplicaIdentity) yield return Sql.Write(this, $"ALTER TABLE {table} REPLICA IDENTITY USING INDEX {new Id(kept)}");
    }
}
