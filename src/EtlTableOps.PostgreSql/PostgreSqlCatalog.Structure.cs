using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>What a table is made of: partitions, columns, indexes, constraints, statistics, rights.</content>
internal static partial class PostgreSqlCatalog
{
    private sealed partial class Reader
    {
        private async Task<List<TableMember>> MembersAsync(Found found)
        {
            var source = found.Kind == 'p'
                ? SqlText.Write(quoting, $"(SELECT p.relid::oid AS oid, coalesce(p.parentrelid::oid, 0) AS parent, p.level FROM pg_partition_tree({found.Oid}::oid::regclass) p)")
                : SqlText.Write(quoting, $"(SELECT {found.Oid}::oid AS oid, 0::oid AS parent, 0 AS level)");
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT c.oid::bigint, n.nspname::text, c.relname::text, CASE WHEN m.level > 0 THEN m.parent::bigint ELSE 0 END,
                       CASE WHEN m.level > 0 THEN pg_get_expr(c.relpartbound, c.oid) END,
                       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
                       pg_get_userbyid(c.relowner)::text, c.relpersistence = 'u',
                       (SELECT quote_ident(t.spcname) FROM pg_tablespace t WHERE t.oid = c.reltablespace),
                       (SELECT quote_ident(a.amname) FROM pg_am a WHERE a.oid = c.relam AND a.amname <> current_setting('default_table_access_method')),
                       concat_ws(', ',
                         (SELECT string_agg(format('%I=%L', o.option_name, o.option_value), ', ' ORDER BY o.pos) FROM pg_options_to_table(c.reloptions) WITH ORDINALITY o(option_name, option_value, pos)),
                         (SELECT string_agg(format('toast.%I=%L', o.option_name, o.option_value), ', ' ORDER BY o.pos) FROM pg_class t, pg_options_to_table(t.reloptions) WITH ORDINALITY o(option_name, option_value, pos) WHERE t.oid = c.reltoastrelid)),
                       c.relrowsecurity, c.relforcerowsecurity, c.relreplident::text,
                       CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint ELSE 0 END,
                       c.relkind::text, CASE WHEN m.level > 0 THEN obj_description(c.oid, 'pg_class') END,
                       ARRAY(SELECT DISTINCT a.attname::text FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                              WHERE c.relkind = 'p' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid ORDER BY 1)
                FROM {{source}} m JOIN pg_class c ON c.oid = m.oid JOIN pg_namespace n ON n.oid = c.relnamespace
                ORDER BY m.level, c.oid
                """), r => (Kind: r.GetString(15)[0], Member: new TableMember
                {
                    Oid = r.GetInt64(0),
                    Name = new TableName(r.GetString(1), r.GetString(2)),
                    Parent = r.GetInt64(3),
                    Bound = Text(r, 4),
                    PartitionKey = Text(r, 5),
                    Owner = r.GetString(6),
                    Unlogged = r.GetBoolean(7),
                    Tablespace = Text(r, 8),
                    AccessMethod = Text(r, 9),
                    Options = r.GetString(10),
                    RowSecurity = r.GetBoolean(11),
                    ForceRowSecurity = r.GetBoolean(12),
                    ReplicaIdentity = r.GetString(13)[0],
                    Pages = r.GetInt64(14),
                    Comment = Text(r, 16),
                    KeyColumns = Texts(r, 17),
                })).ConfigureAwait(false);

            var tree = new List<TableMember>();
            foreach (var (kind, member) in rows)
            {
                if (kind == 'f') Refuse(AttachmentKind.Partition, member.Name.Name, "it is a foreign table, which cannot be rebuilt here.", "Detach the foreign partition before.");
                if (member.Name.Schema != found.Name.Schema) Refuse(AttachmentKind.Partition, member.Name.Name, $"it lies in another schema ({member.Name.Schema}) than its parent.", "Move it with ALTER TABLE … SET SCHEMA.");
                var parent = tree.Find(m => m.Oid == member.Parent);
                tree.Add(member with { Path = parent is null ? "" : parent.Path.Length == 0 ? member.Bound! : $"{parent.Path} / {member.Bound}" });
            }
            return tree;
        }

        private async Task<(IReadOnlyList<Column> Columns, IReadOnlyDictionary<string, ColumnFacts> Facts)> ColumnsAsync(long oid)
        {
            var compression = new SqlText(major >= 14 ? "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END" : "NULL::text");
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
                       CASE WHEN a.attgenerated = '' THEN pg_get_expr(ad.adbin, ad.adrelid) END,
                       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(ad.adbin, ad.adrelid) END,
                       CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END,
                       (SELECT format('%I.%I', n.nspname, co.collname) FROM pg_collation co JOIN pg_namespace n ON n.oid = co.collnamespace
                         WHERE co.oid = a.attcollation AND a.attcollation <> t.typcollation),
                       col_description(a.attrelid, a.attnum),
                       CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' WHEN 'x' THEN 'EXTENDED' END END,
                       {{compression}},
                       nullif(a.attstattarget::int, -1),
                       (SELECT string_agg(format('%I=%L', o.option_name, o.option_value), ', ' ORDER BY o.pos) FROM pg_options_to_table(a.attoptions) WITH ORDINALITY o(option_name, option_value, pos) WHERE {{OptionIsDeclared}}),
                       s.relname::text,
                       concat_ws(' ', 'START WITH ' || q.seqstart, 'INCREMENT BY ' || q.seqincrement,
                         CASE WHEN q.seqmin <> CASE WHEN q.seqincrement > 0 THEN 1 WHEN q.seqtypid = 'int2'::regtype THEN -32768 WHEN q.seqtypid = 'int4'::regtype THEN -2147483648 ELSE -9223372036854775808 END
                              THEN 'MINVALUE ' || q.seqmin END,
                         CASE WHEN q.seqmax <> CASE WHEN q.seqincrement < 0 THEN -1 WHEN q.seqtypid = 'int2'::regtype THEN 32767 WHEN q.seqtypid = 'int4'::regtype THEN 2147483647 ELSE 9223372036854775807 END
                              THEN 'MAXVALUE ' || q.seqmax END,
                         'CACHE ' || q.seqcache, CASE WHEN q.seqcycle THEN 'CYCLE' END)
                FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
                LEFT JOIN (pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_sequence q ON q.seqrelid = s.oid)
                  ON a.attidentity <> '' AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i'
                WHERE a.attrelid = {{oid}} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
                """), r => (
                    Column: new Column(r.GetString(0), r.GetString(1), r.GetBoolean(2))
                    {
                        Default = Text(r, 3),
                        Generated = Text(r, 4),
                        Identity = Text(r, 5),
                        Collation = Text(r, 6),
                        Comment = Text(r, 7),
                    },
                    Facts: new ColumnFacts
                    {
                        Storage = Text(r, 8),
                        Compression = Text(r, 9),
                        StatisticsTarget = r.IsDBNull(10) ? null : r.GetInt32(10),
                        Options = Text(r, 11) ?? "",
                        Sequence = Text(r, 12),
                        SequenceOptions = r.GetString(13),
                    })).ConfigureAwait(false);
            return ([.. rows.Select(r => r.Column)], rows.ToDictionary(r => r.Column.Name, r => r.Facts, StringComparer.Ordinal));
        }

        private async Task IndexesAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT i.indrelid::bigint, ci.relname::text, i.indisunique, con.contype::text,
                       pg_get_constraintdef(con.oid),
                       CASE WHEN con.condeferrable THEN CASE WHEN con.condeferred THEN ' DEFERRABLE INITIALLY DEFERRED' ELSE ' DEFERRABLE' END ELSE '' END,
                       pg_get_indexdef(i.indexrelid),
                       format('CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, ci.relname, CASE WHEN ct.relkind = 'p' THEN 'ONLY ' ELSE '' END, n.nspname, ct.relname),
                       coalesce((SELECT string_agg(format('%I=%L', o.option_name, o.option_value), ', ' ORDER BY o.pos) FROM pg_options_to_table(ci.reloptions) WITH ORDINALITY o(option_name, option_value, pos)), ''),
                       (SELECT quote_ident(t.spcname) FROM pg_tablespace t WHERE t.oid = ci.reltablespace),
                       obj_description(ci.oid, 'pg_class'), obj_description(con.oid, 'pg_constraint'),
                       ARRAY(SELECT DISTINCT a.attname::text FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                              WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0
                                AND (d.classid, d.objid) IN (('pg_class'::regclass, i.indexrelid), ('pg_constraint'::regclass, coalesce(con.oid, 0))) ORDER BY 1),
                       CASE WHEN i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
                                 AND (SELECT bool_and(a.attnotnull) FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
                            THEN ARRAY(SELECT a.attname::text FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY k(num, pos)
                                         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num ORDER BY k.pos) END,
                       (SELECT p.relname::text FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent WHERE h.inhrelid = i.indexrelid),
                       i.indisclustered, i.indisreplident,
                       ARRAY(SELECT a.attnum || '=' || a.attstattarget FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attnum > 0 AND a.attstattarget >= 0 ORDER BY a.attnum)
                FROM pg_index i JOIN pg_class ci ON ci.oid = i.indexrelid JOIN pg_class ct ON ct.oid = i.indrelid JOIN pg_namespace n ON n.oid = ct.relnamespace
                LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.conrelid = i.indrelid AND con.contype IN ('p', 'u', 'x')
                WHERE i.indrelid IN ({{oids}}) AND (i.indisvalid OR ct.relkind = 'p')
                ORDER BY con.contype IS DISTINCT FROM 'p', con.contype IS NULL, ci.relname
                """), r => (Table: r.GetInt64(0), Index: new IndexFacts
                {
                    Name = r.GetString(1),
                    Unique = r.GetBoolean(2),
                    Constraint = Letter(r, 3),
                    ConstraintDefinition = Text(r, 4),
                    Deferral = r.GetString(5),
                    Tail = TailOf(r.GetString(6), r.GetString(7)),
                    Options = r.GetString(8),
                    Tablespace = Text(r, 9),
                    Comment = Text(r, 10),
                    ConstraintComment = Text(r, 11),
                    Columns = Texts(r, 12),
                    RowKey = Texts(r, 13),
                    Parent = Text(r, 14),
                    Clustered = r.GetBoolean(15),
                    ReplicaIdentity = r.GetBoolean(16),
                    Targets = [.. Texts(r, 17).Select(Target)],
                })).ConfigureAwait(false);
            foreach (var group in rows.GroupBy(r => r.Table)) Member(group.Key).Indexes = [.. group.Select(g => g.Index)];

            // On a partitioned table an index is invalid as long as not every partition has its part; that is carried as it is.
            var unfinished = await RowsAsync(Sql.Write(quoting, $"SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE i.indrelid IN ({oids}) AND NOT i.indisvalid AND c.relkind = 'r' ORDER BY 1"), r => r.GetString(0)).ConfigureAwait(false);
            foreach (var name in unfinished)
            {
                Refuse(AttachmentKind.Index, name, "it is invalid: its build failed, or is still going on.", $"Wait for its build, rebuild it with REINDEX INDEX CONCURRENTLY {name}, or drop it.");
            }
        }

        // The server writes its own quotes; the same words with the same quotes stand before every definition.
        private static string TailOf(string definition, string head) => definition.StartsWith(head, StringComparison.Ordinal)
            ? definition[head.Length..]
            : throw new InvalidOperationException($"The index definition does not begin as expected: {definition}");

        private static (int, int) Target(string text)
        {
            var parts = text.Split('=');
            return (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
        }

        private async Task ChecksAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT k.conrelid::bigint, k.conname::text, pg_get_constraintdef(k.oid), k.convalidated, obj_description(k.oid, 'pg_constraint'),
                       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) ORDER BY a.attnum)
                FROM pg_constraint k WHERE k.conrelid IN ({{oids}}) AND k.contype = 'c' AND k.coninhcount = 0
                ORDER BY k.conname
                """), r => (Table: r.GetInt64(0), Check: new CheckFacts(r.GetString(1), WithoutNotValid(r.GetString(2)), r.GetBoolean(3), Text(r, 4), Texts(r, 5)))).ConfigureAwait(false);
            foreach (var group in rows.GroupBy(r => r.Table)) Member(group.Key).Checks = [.. group.Select(g => g.Check)];
        }

        private async Task StatisticsAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT s.stxrelid::bigint, s.stxname::text, pg_get_statisticsobjdef(s.oid),
                       format('CREATE STATISTICS %I.%I ', sn.nspname, s.stxname), format(' FROM %I.%I', n.nspname, c.relname),
                       nullif({{new SqlText(major >= 13 ? "s.stxstattarget::int" : "-1")}}, -1), pg_get_userbyid(s.stxowner)::text, obj_description(s.oid, 'pg_statistic_ext'),
                       ARRAY(SELECT DISTINCT a.attname::text FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                              WHERE d.classid = 'pg_statistic_ext'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = s.stxrelid ORDER BY 1),
                       sn.oid = n.oid, pg_has_role(s.stxowner, 'USAGE')
                FROM pg_statistic_ext s JOIN pg_class c ON c.oid = s.stxrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_namespace sn ON sn.oid = s.stxnamespace
                WHERE s.stxrelid IN ({{oids}}) ORDER BY s.stxname
                """), r => (Table: r.GetInt64(0), Definition: r.GetString(2), Head: r.GetString(3), End: r.GetString(4), Here: r.GetBoolean(9), Ours: r.GetBoolean(10),
                    Statistics: new StatisticsFacts(r.GetString(1), "", r.IsDBNull(5) ? null : r.GetInt32(5), r.GetString(6), Text(r, 7), Texts(r, 8)))).ConfigureAwait(false);
            foreach (var group in rows.GroupBy(r => r.Table))
            {
                Member(group.Key).Statistics = [.. group.Select(g => g.Statistics with { Body = TailOf(g.Definition, g.Head)[..^g.End.Length] })];
            }
            foreach (var foreign in rows.Where(r => !r.Ours))
            {
                Refuse(AttachmentKind.Statistics, foreign.Statistics.Name, $"only its owner {foreign.Statistics.Owner} can rename it.", $"Connect as a role that is a member of {foreign.Statistics.Owner}, or give it to the table's owner.");
            }
            foreach (var elsewhere in rows.Where(r => !r.Here))
            {
                Refuse(AttachmentKind.Statistics, elsewhere.Statistics.Name, "the statistics object lies in another schema than its table.", "Move it with ALTER STATISTICS … SET SCHEMA.");
            }
        }

        private async Task<long> PartitionRowsAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $"SELECT sum(greatest(c.reltuples, 0))::bigint FROM pg_class c WHERE c.oid IN ({oids}) AND c.relkind = 'r'"), r => r.GetInt64(0)).ConfigureAwait(false);
            return rows[0];
        }

        /// <summary>Lists what the shadow carries from its build on.</summary>
        private void AttachOwn(IReadOnlyList<Column> columns, IReadOnlyDictionary<string, ColumnFacts> facts)
        {
            var root = members[0];
            Own(AttachmentKind.Owner, "owner", root.Owner);
            foreach (var g in root.Grants)
            {
                Own(AttachmentKind.Grant, $"{g.Grantee}{(g.Column is null ? "" : $" on column {g.Column}")}{(g.Grantable ? " with grant option" : "")}{(g.Grantor is null ? "" : $" by {g.Grantor}")}", g.Privileges, g.Column is null ? [] : [g.Column]);
            }
            if (root.RowSecurity) Own(AttachmentKind.Policy, "row security", root.ForceRowSecurity ? "enabled, forced" : "enabled");
            if (root.PartitionKey is { } key) Own(AttachmentKind.Option, "partition key", key);
            if (root.Unlogged) Own(AttachmentKind.Option, "persistence", "unlogged");
            if (root.Tablespace is { } space) Own(AttachmentKind.Option, "tablespace", space);
            if (root.AccessMethod is { } method) Own(AttachmentKind.Option, "access method", method);
            if (root.Options.Length > 0) Own(AttachmentKind.Option, "storage parameters", root.Options);
            foreach (var member in members) AttachObjects(member, member == root);
            foreach (var (name, fact) in columns.Select(c => (c.Name, facts[c.Name])))
            {
                var text = string.Join(' ', new[]
                {
                    fact.Storage is null ? null : $"STORAGE {fact.Storage}",
                    fact.Compression is null ? null : $"COMPRESSION {fact.Compression}",
                    fact.StatisticsTarget is { } target ? $"STATISTICS {target.ToString(CultureInfo.InvariantCulture)}" : null,
                    fact.Options.Length == 0 ? null : $"({fact.Options})",
                }.Where(t => t is not null));
                if (text.Length > 0) Own(AttachmentKind.Option, $"column {name}", text, [name]);
                if (fact.Sequence is { } sequence) Own(AttachmentKind.Sequence, sequence, $"identity of {name} {fact.SequenceOptions}{string.Concat(fact.SequenceGrants.Select(g => $"; {g.What} to {g.Whom}"))}{(fact.SequenceComment is null ? "" : $" -- {fact.SequenceComment}")}", [name]);
            }
            foreach (var column in columns.Where(c => c.Comment is not null)) Own(AttachmentKind.Comment, $"column {column.Name}", column.Comment!, [column.Name]);
        }

        private void AttachObjects(TableMember member, bool isRoot)
        {
            var at = isRoot ? "" : $" of partition {member.Path}";
            foreach (var index in member.Indexes)
            {
                Own(index.Constraint is null ? AttachmentKind.Index : AttachmentKind.Key, index.Name, index.Meaning + at, index.Columns);
                if (index.Comment is { } comment) Own(AttachmentKind.Comment, $"index {index.Meaning}{at}", comment, index.Columns);
                if (index.ConstraintComment is { } said) Own(AttachmentKind.Comment, $"constraint {index.Meaning}{at}", said, index.Columns);
                if (index.Clustered) Own(AttachmentKind.Option, $"clustered{at}", index.Meaning, index.Columns);
            }
            var identity = member.ReplicaIdentity switch
            {
                'f' => "FULL",
                'n' => "NOTHING",
                'i' => member.Indexes.FirstOrDefault(i => i.ReplicaIdentity)?.Meaning ?? "NOTHING",
                _ => null,
            };
            if (identity is not null) Own(AttachmentKind.Option, $"replica identity{at}", identity, member.Indexes.FirstOrDefault(i => i.ReplicaIdentity)?.Columns);
            foreach (var statistics in member.Statistics)
            {
                Own(AttachmentKind.Statistics, statistics.Name, statistics.Body + (statistics.Target is { } target ? $" TARGET {target.ToString(CultureInfo.InvariantCulture)}" : "") + at, statistics.Columns);
                if (statistics.Comment is { } comment) Own(AttachmentKind.Comment, $"statistics {statistics.Body}{at}", comment, statistics.Columns);
            }
            foreach (var check in member.Checks)
            {
                Own(AttachmentKind.Check, check.Name + at, check.Definition + (check.Validated ? "" : " NOT VALID"), check.Columns);
                if (check.Comment is { } comment) Own(AttachmentKind.Comment, $"check {check.Name}{at}", comment, check.Columns);
            }
            if (isRoot) return;
            var text = new List<string> { member.Path };
            if (member.PartitionKey is { } key) text.Add($"BY {key}");
            if (member.Owner != members[0].Owner) text.Add($"owner {member.Owner}");
            if (member.Unlogged) text.Add("unlogged");
            if (member.Tablespace is { } space) text.Add($"tablespace {space}");
            if (member.AccessMethod is { } method) text.Add($"access method {method}");
            if (member.Options.Length > 0) text.Add($"({member.Options})");
            if (member.RowSecurity) text.Add(member.ForceRowSecurity ? "row security, forced" : "row security");
            text.AddRange(member.Grants.Where(g => g.Column is null).Select(Shown));
            if (member.Comment is { } own) text.Add($"comment {own}");

            // Column by column, so that what is said of a dropped one goes with it.
            foreach (var column in member.LocalColumns.Concat(member.ColumnSettings.Select(c => (c.Column, c.Action)))
                .Concat(member.ColumnComments.Select(c => (c.Column, Action: $"comment {c.Comment}")))
                .Concat(member.Grants.Where(g => g.Column is not null).Select(g => (Column: g.Column!, Action: Shown(g)))).GroupBy(c => c.Column, c => c.Action, StringComparer.Ordinal))
            {
                Own(AttachmentKind.Option, $"column {column.Key}{at}", string.Join("; ", column), [column.Key]);
            }
            Own(AttachmentKind.Partition, member.Name.Name, string.Join("; ", text), [.. members.SelectMany(m => m.KeyColumns).Distinct(StringComparer.Ordinal)]);
        }

        private static string Shown(GrantFacts g) => $"{g.Privileges}{(g.Column is null ? "" : $" ({g.Column})")} to {g.Grantee}{(g.Grantable ? " with grant option" : "")}{(g.Grantor is null ? "" : $" by {g.Grantor}")}";

        private void Own(AttachmentKind kind, string name, string definition, IReadOnlyList<string>? columns = null) =>
            attachments.Add(new Attachment(kind, name, definition) { Columns = columns ?? [], OnShadow = true });

        private static string WithoutNotValid(string definition) => NotValid().Replace(definition, "");
    }

    [GeneratedRegex(" NOT VALID$")]
    private static partial Regex NotValid();
}
