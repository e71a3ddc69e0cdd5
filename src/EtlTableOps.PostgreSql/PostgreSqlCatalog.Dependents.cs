using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>
/// What follows the name at an exchange. The server itself writes the statements (format with %I and %L), and what it deparses
/// names the live table: after the exchange of names the same text means the successor.
/// </content>
internal static partial class PostgreSqlCatalog
{
    private sealed partial class Reader
    {
        private readonly HashSet<TableName> otherTables = [];

        private static SqlText ColumnsUsed(string catalog, string oid) => new($"""
            ARRAY(SELECT DISTINCT a.attname::text FROM pg_depend u JOIN pg_attribute a ON a.attrelid = u.refobjid AND a.attnum = u.refobjsubid
                   WHERE u.classid = '{catalog}'::regclass AND u.objid = {oid} AND u.refclassid = 'pg_class'::regclass AND u.refobjsubid > 0 AND u.refobjid IN (SELECT m.oid FROM members m) ORDER BY 1)
            """);

        private SqlText With => SqlText.Write(quoting, $"WITH members AS (SELECT c.oid, n.nspname, c.relname, c.relkind, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid IN ({oids}))");

        private void Follow(AttachmentKind kind, string name, string definition, IReadOnlyList<string> columns, IEnumerable<string?> leave, IEnumerable<string?> come, string? needsColumn = null, bool changesRows = false)
        {
            // Only what shows a column's type to others is bound to it: a view, a rule, a function's result.
            attachments.Add(new Attachment(kind, name, definition) { Columns = columns, SurvivesRetype = kind is not (AttachmentKind.View or AttachmentKind.Rule or AttachmentKind.Routine), ChangesRows = changesRows });
            followers.Add(new Follower(kind, Statements(leave), Statements(come)) { NeedsColumn = needsColumn });

            static IReadOnlyList<Sql> Statements(IEnumerable<string?> texts) => [.. texts.Where(t => t is not null).Select(t => new Sql(t!))];
        }

        /// <summary>Reads sequences of serial columns: the default goes on using the one sequence, whose owner is the live column.</summary>
        private async Task SerialSequencesAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT s.relname::text, a.attname::text, n.nspname = m.nspname AND s.relowner = m.relowner,
                       format('ALTER SEQUENCE %I.%I OWNED BY NONE', n.nspname, s.relname),
                       format('ALTER SEQUENCE %I.%I OWNED BY %I.%I.%I', n.nspname, s.relname, m.nspname, m.relname, a.attname)
                FROM members m JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = m.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
                JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_namespace n ON n.oid = s.relnamespace
                JOIN pg_attribute a ON a.attrelid = m.oid AND a.attnum = d.refobjsubid ORDER BY 1
                """), r => (Name: r.GetString(0), Column: r.GetString(1), Movable: r.GetBoolean(2), Free: r.GetString(3), Own: r.GetString(4))).ConfigureAwait(false);
            foreach (var row in rows)
            {
                if (row.Movable) Follow(AttachmentKind.Sequence, row.Name, $"owned by {row.Column}", [row.Column], [row.Free], [row.Own], row.Column);
                else Refuse(AttachmentKind.Sequence, row.Name, "it has another owner or schema than the table that owns it.", "Give it the table's owner and schema.");
            }
        }

        private async Task<IReadOnlyList<ForeignKeyFacts>> ForeignKeysAsync(bool incoming)
        {
            var which = incoming
                ? SqlText.Write(quoting, $"k.confrelid IN ({oids}) AND k.conrelid NOT IN ({oids})")
                : SqlText.Write(quoting, $"k.conrelid IN ({oids})");
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT k.conname::text, n.nspname::text, c.relname::text, c.relkind = 'p', pn.nspname::text, p.relname::text, pg_get_constraintdef(k.oid), k.convalidated, k.confmatchtype = 'f',
                       obj_description(k.oid, 'pg_constraint'),
                       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY x(num, pos) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.num ORDER BY x.pos),
                       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY x(num, pos) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.num ORDER BY x.pos),
                       pg_has_role(c.relowner, 'USAGE'), h.schemas, h.names, NOT EXISTS (SELECT FROM unnest(k.confkey) x(num) WHERE NOT has_column_privilege(k.confrelid, x.num, 'REFERENCES'))
                FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
                LEFT JOIN LATERAL (SELECT array_agg(ln.nspname::text ORDER BY l.oid) AS schemas, array_agg(l.relname::text ORDER BY l.oid) AS names
                                   FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid JOIN pg_namespace ln ON ln.oid = l.relnamespace WHERE t.isleaf) h ON c.relkind = 'p'
                WHERE k.contype = 'f' AND k.conparentid = 0 AND {{which}} ORDER BY n.nspname, c.relname, k.conname
                """), r => (Key: new ForeignKeyFacts
                {
                    Name = r.GetString(0),
                    Table = new TableName(r.GetString(1), r.GetString(2)),
                    OnPartitioned = r.GetBoolean(3),
                    Target = new TableName(r.GetString(4), r.GetString(5)),
                    Definition = WithoutNotValid(r.GetString(6)),
                    Validated = r.GetBoolean(7),
                    MatchFull = r.GetBoolean(8),
                    Comment = Text(r, 9),
                    Columns = Texts(r, 10),
                    TargetColumns = Texts(r, 11),
                    Ours = r.GetBoolean(12),
                    Leaves = [.. Texts(r, 13).Zip(Texts(r, 14), (schema, name) => new TableName(schema, name))],
                }, Allowed: r.GetBoolean(15))).ConfigureAwait(false);
            foreach (var (key, allowed) in rows)
            {
                var name = incoming ? $"{key.Name} on {key.Table}" : key.Table == members[0].Name ? key.Name : $"{key.Name} on {key.Table.Name}";
                var kind = incoming ? AttachmentKind.IncomingForeignKey : AttachmentKind.ForeignKey;
                attachments.Add(new Attachment(kind, name, key.Definition + (key.Validated ? "" : " NOT VALID") + (key.Comment is null ? "" : $" -- {key.Comment}"))
                {
                    Columns = incoming ? key.TargetColumns : key.Table == key.Target ? [.. key.Columns.Union(key.TargetColumns)] : key.Columns,
                    CannotFollow = !key.Ours ? $"only the owner of {key.Table} can point it at the new table." : !allowed && !incoming ? $"you may not refer to {key.Target}, and so not make it again." : null,
                    Remedy = key.Ours ? $"Have REFERENCES on {key.Target} granted to you." : $"Connect as a role that is a member of the owner of {key.Table}.",
                    SurvivesRetype = true,
                });
                otherTables.Add(incoming ? key.Table : key.Target);
                if (incoming) otherTables.UnionWith(key.Leaves);
            }
            return [.. rows.Select(r => r.Key)];
        }

        private async Task TriggersAsync()
        {
            var noClones = new SqlText(major >= 13 ? "AND t.tgparentid = 0" : "");
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT t.tgname::text, m.oid::bigint, pg_get_triggerdef(t.oid), t.tgenabled::text, format('%I.%I', m.nspname, m.relname), quote_ident(t.tgname),
                       obj_description(t.oid, 'pg_trigger'), quote_literal(obj_description(t.oid, 'pg_trigger')),
                       {{ColumnsUsed("pg_trigger", "t.oid")}}, has_function_privilege(t.tgfoid, 'EXECUTE'), t.tgfoid::regprocedure::text,
                       {{new SqlText(ChangesRows("t"))}}
                FROM members m JOIN pg_trigger t ON t.tgrelid = m.oid
                WHERE NOT t.tgisinternal {{noClones}} AND NOT starts_with(t.tgname::text, {{new SqlLiteral(OurPrefix)}}) ORDER BY m.oid, t.tgname
                """), r => (Name: r.GetString(0), Table: r.GetInt64(1), Definition: r.GetString(2), Enabled: r.GetString(3)[0], On: r.GetString(4), Quoted: r.GetString(5),
                    Comment: Text(r, 6), CommentLiteral: Text(r, 7), Columns: Texts(r, 8), Allowed: r.GetBoolean(9), Function: r.GetString(10), ChangesRows: r.GetBoolean(11))).ConfigureAwait(false);
            foreach (var row in rows)
            {
                if (!row.Allowed)
                {
                    Refuse(AttachmentKind.Trigger, row.Name + At(row.Table), $"you may not execute its function {row.Function}, and so not make it again.", $"Have EXECUTE on {row.Function} granted to you.");
                    continue;
                }
                var state = row.Enabled switch { 'D' => "DISABLE", 'R' => "ENABLE REPLICA", 'A' => "ENABLE ALWAYS", _ => null };
                Follow(AttachmentKind.Trigger, row.Name + At(row.Table), row.Definition + (state is null ? "" : $" {state}") + (row.Comment is null ? "" : $" -- {row.Comment}"), row.Columns,
                    [$"DROP TRIGGER {row.Quoted} ON {row.On}"],
                    [
                        row.Definition,
                        state is null ? null : $"ALTER TABLE {row.On} {state} TRIGGER {row.Quoted}",
                        row.CommentLiteral is null ? null : $"COMMENT ON TRIGGER {row.Quoted} ON {row.On} IS {row.CommentLiteral}",
                    ], changesRows: row.ChangesRows);
            }
        }

        /// <summary>Reads partitions on which a trigger of the parent is switched otherwise than there; making the trigger makes theirs with it.</summary>
        private async Task PartitionTriggersAsync()
        {
            if (major < 13 || members.Count == 1) return;
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT t.tgname::text, m.oid::bigint, format('ALTER TABLE ONLY %I.%I %s TRIGGER %I', m.nspname, m.relname,
                       CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, t.tgname), {{ColumnsUsed("pg_trigger", "p.oid")}}
                FROM members m JOIN pg_trigger t ON t.tgrelid = m.oid JOIN pg_trigger p ON p.oid = t.tgparentid AND p.tgenabled <> t.tgenabled
                WHERE NOT p.tgisinternal AND NOT starts_with(t.tgname::text, {{new SqlLiteral(OurPrefix)}}) ORDER BY m.oid, t.tgname
                """), r => (Name: r.GetString(0), Table: r.GetInt64(1), Statement: r.GetString(2), Columns: Texts(r, 3))).ConfigureAwait(false);
            foreach (var row in rows) Follow(AttachmentKind.Trigger, $"{row.Name}, switched{At(row.Table)}", row.Statement, row.Columns, [], [row.Statement]);
        }

        /// <summary>Reads rules of the table, and rules of other tables and views that use it.</summary>
        private async Task RulesAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT r.rulename::text, r.ev_class::bigint, pg_get_ruledef(r.oid), r.ev_enabled::text, format('%I.%I', n.nspname, c.relname), quote_ident(r.rulename),
                       quote_literal(obj_description(r.oid, 'pg_rewrite')), {{ColumnsUsed("pg_rewrite", "r.oid")}},
                       c.oid IN (SELECT m.oid FROM members m), n.nspname::text, c.relname::text, c.relkind::text, pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner)::text
                FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE r.rulename <> '_RETURN' AND (c.oid IN (SELECT m.oid FROM members m)
                   OR EXISTS (SELECT FROM pg_depend d JOIN members m ON m.oid = d.refobjid WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass))
                ORDER BY n.nspname, c.relname, r.rulename
                """), r => (Name: r.GetString(0), Table: r.GetInt64(1), Definition: r.GetString(2).TrimEnd(';'), Enabled: r.GetString(3)[0], On: r.GetString(4), Quoted: r.GetString(5),
                    Comment: Text(r, 6), Columns: Texts(r, 7), Ours: r.GetBoolean(8), Place: new TableName(r.GetString(9), r.GetString(10)), Kind: r.GetString(11)[0], Allowed: r.GetBoolean(12), Owner: r.GetString(13))).ConfigureAwait(false);
            foreach (var row in rows)
            {
                if (!row.Allowed)
                {
                    RefuseForeign(AttachmentKind.Rule, $"{row.Name} on {row.Place}", row.Owner, "point it at the new table");
                    continue;
                }
                var state = row.Enabled switch { 'D' => "DISABLE", 'R' => "ENABLE REPLICA", 'A' => "ENABLE ALWAYS", _ => null };
                if (!row.Ours && row.Kind == 'v' && state is not null)
                {
                    Refuse(AttachmentKind.Rule, $"{row.Name} on {row.Place}", "a rule of a view is switched off, and could not be switched off again.", DropRemedy);
                    continue;
                }
                if (!row.Ours && row.Kind != 'v') otherTables.Add(row.Place);
                Follow(AttachmentKind.Rule, row.Ours ? row.Name + At(row.Table) : $"{row.Name} on {row.Place}", row.Definition + (state is null ? "" : $" {state}"), row.Columns,
                    row.Ours ? [$"DROP RULE {row.Quoted} ON {row.On}"] : [],
                    [
                        row.Definition.Replace("CREATE RULE", "CREATE OR REPLACE RULE", StringComparison.Ordinal),
                        state is null ? null : $"ALTER TABLE {row.On} {state} RULE {row.Quoted}",
                        row.Comment is null ? null : $"COMMENT ON RULE {row.Quoted} ON {row.On} IS {row.Comment}",
                    ]);
            }
        }

        /// <summary>
        /// Reads policies of the table, and policies of other tables that read it. They come at the exchange and not before: their text may name
        /// the table. Until then the shadow has row security switched on and no policy, which lets nobody in.
        /// </summary>
        private async Task PoliciesAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT p.polname::text, p.polrelid::bigint, format('%I.%I', n.nspname, c.relname), quote_ident(p.polname),
                       format('AS %s FOR %s TO %s', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                              CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                              (SELECT string_agg(CASE x WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x)) END, ', ' ORDER BY x) FROM unnest(p.polroles) x)),
                       concat(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
                       quote_literal(obj_description(p.oid, 'pg_policy')), {{ColumnsUsed("pg_policy", "p.oid")}},
                       c.oid IN (SELECT m.oid FROM members m), n.nspname::text, c.relname::text, pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner)::text
                FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.oid IN (SELECT m.oid FROM members m)
                   OR EXISTS (SELECT FROM pg_depend d JOIN members m ON m.oid = d.refobjid WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass)
                ORDER BY n.nspname, c.relname, p.polname
                """), r => (Name: r.GetString(0), Table: r.GetInt64(1), On: r.GetString(2), Quoted: r.GetString(3), Head: r.GetString(4), Tail: r.GetString(5),
                    Comment: Text(r, 6), Columns: Texts(r, 7), Ours: r.GetBoolean(8), Place: new TableName(r.GetString(9), r.GetString(10)), Allowed: r.GetBoolean(11), Owner: r.GetString(12))).ConfigureAwait(false);
            foreach (var row in rows)
            {
                if (!row.Allowed)
                {
                    RefuseForeign(AttachmentKind.Policy, $"{row.Name} on {row.Place}", row.Owner, "point it at the new table");
                    continue;
                }
                if (!row.Ours) otherTables.Add(row.Place);
                Follow(AttachmentKind.Policy, row.Ours ? row.Name + At(row.Table) : $"{row.Name} on {row.Place}", row.Head + row.Tail, row.Columns,
                    row.Ours ? [$"DROP POLICY {row.Quoted} ON {row.On}"] : [],
                    [
                        row.Ours ? $"CREATE POLICY {row.Quoted} ON {row.On} {row.Head}{row.Tail}" : $"ALTER POLICY {row.Quoted} ON {row.On}{row.Tail}",
                        row.Ours && row.Comment is { } comment ? $"COMMENT ON POLICY {row.Quoted} ON {row.On} IS {comment}" : null,
                    ]);
            }
        }

        /// <summary>Reads SQL functions whose body the server has bound to the table (BEGIN ATOMIC); others look the name up when they run.</summary>
        private async Task RoutinesAsync()
        {
            if (major < 14) return;
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid), format('DO %L', format('BEGIN EXECUTE %L; END', pg_get_functiondef(p.oid))), {{ColumnsUsed("pg_proc", "p.oid")}}, pg_has_role(p.proowner, 'USAGE'), pg_get_userbyid(p.proowner)::text
                FROM pg_proc p WHERE p.prosqlbody IS NOT NULL
                  AND EXISTS (SELECT FROM pg_depend d JOIN members m ON m.oid = d.refobjid WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass)
                ORDER BY 1
                """), r => (Name: r.GetString(0), Definition: r.GetString(1).TrimEnd(), Statement: r.GetString(2), Columns: Texts(r, 3), Allowed: r.GetBoolean(4), Owner: r.GetString(5))).ConfigureAwait(false);

            // In a literal: the driver would take the semicolons of the body for ends of statements.
            foreach (var row in rows)
            {
                if (row.Allowed) Follow(AttachmentKind.Routine, row.Name, row.Definition, row.Columns, [], [row.Statement]);
                else RefuseForeign(AttachmentKind.Routine, row.Name, row.Owner, "make it again for the new table");
            }
        }

        private async Task PublicationsAsync()
        {
            var details = major >= 15
                ? new SqlText("""
                    concat(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = m.oid AND a.attnum = ANY (pr.prattrs::int2[])) || ')',
                           ' WHERE (' || pg_get_expr(pr.prqual, pr.prrelid) || ')'),
                    ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = m.oid AND (a.attnum = ANY (pr.prattrs::int2[])
                        OR a.attnum IN (SELECT u.refobjsubid FROM pg_depend u WHERE u.classid = 'pg_publication_rel'::regclass AND u.objid = pr.oid AND u.refclassid = 'pg_class'::regclass AND u.refobjid = m.oid)) AND a.attnum > 0 ORDER BY a.attnum)
                    """)
                : new SqlText("''::text, NULL::text[]");
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT p.pubname::text, m.oid::bigint, quote_ident(p.pubname), format('%I.%I', m.nspname, m.relname), {{details}}, pg_has_role(p.pubowner, 'USAGE'), pg_get_userbyid(p.pubowner)::text
                FROM members m JOIN pg_publication_rel pr ON pr.prrelid = m.oid JOIN pg_publication p ON p.oid = pr.prpubid ORDER BY m.oid, p.pubname
                """), r => (Name: r.GetString(0), Table: r.GetInt64(1), Quoted: r.GetString(2), On: r.GetString(3), Details: r.GetString(4), Columns: Texts(r, 5), Allowed: r.GetBoolean(6), Owner: r.GetString(7))).ConfigureAwait(false);
            foreach (var row in rows)
            {
                if (!row.Allowed)
                {
                    RefuseForeign(AttachmentKind.Publication, row.Name + At(row.Table), row.Owner, "put the new table into it");
                    continue;
                }
                Follow(AttachmentKind.Publication, row.Name + At(row.Table), row.Details.Trim(), row.Columns,
                    [$"ALTER PUBLICATION {row.Quoted} DROP TABLE ONLY {row.On}"], [$"ALTER PUBLICATION {row.Quoted} ADD TABLE ONLY {row.On}{row.Details}"]);
            }

            // Such a publication takes in every new table by itself; a subscriber that has no such table stops with an error.
            var bySchema = major >= 15 ? new SqlText("OR EXISTS (SELECT FROM pg_publication_namespace s JOIN pg_class c ON c.relnamespace = s.pnnspid JOIN members m ON m.oid = c.oid WHERE s.pnpubid = p.oid)") : default;
            var wide = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT p.pubname::text FROM pg_publication p
                WHERE (p.puballtables {{bySchema}}) AND EXISTS (SELECT FROM pg_replication_slots s WHERE s.database = current_database() AND s.slot_type = 'logical') ORDER BY 1
                """), r => r.GetString(0)).ConfigureAwait(false);
            foreach (var name in wide)
            {
                Refuse(AttachmentKind.Publication, name, "it publishes every new table, so the shadow would be sent to subscribers that do not know it, and stop them.", "Publish the tables by name (FOR TABLE …), or drop the unused replication slots.");
            }
        }

        private async Task RowTypeUsersAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid), coalesce((SELECT r.ev_class::regclass::text FROM pg_rewrite r WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid), '')
                FROM members m JOIN pg_type t ON t.typrelid = m.oid
                JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray) AND d.deptype IN ('n', 'a')
                WHERE NOT (d.classid = 'pg_type'::regclass AND d.objid IN (t.oid, t.typarray)) ORDER BY 1
                """), r => r.GetString(0)).ConfigureAwait(false);
            foreach (var name in rows)
            {
                Refuse(AttachmentKind.Routine, name, "it uses the table's row type, which belongs to the table and not to its name.", "Drop it before and make it again after the switch, or have it use a type made with CREATE TYPE.");
            }
        }

        private async Task LabelsAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $"SELECT DISTINCT l.provider FROM pg_seclabel l WHERE l.classoid = 'pg_class'::regclass AND l.objoid IN ({oids}) ORDER BY 1"), r => r.GetString(0)).ConfigureAwait(false);
            foreach (var provider in rows)
            {
                Refuse(AttachmentKind.Tag, provider, "security labels are not carried over.", "Take the labels off before, and set them again after the switch.");
            }
        }

        /// <summary>Whatever else depends on the table is named and refused: what is not known cannot be promised.</summary>
        private async Task StrangersAsync()
        {
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                {{With}}
                SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
                FROM members m JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = m.oid
                LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
                WHERE NOT (d.classid IN ('pg_rewrite'::regclass, 'pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_type'::regclass, 'pg_trigger'::regclass,
                                         'pg_policy'::regclass, 'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass))
                  AND NOT (d.classid = 'pg_class'::regclass AND (c.relkind IN ('i', 'I', 'S', 't') OR c.oid IN (SELECT m2.oid FROM members m2) OR c.relkind IN ('r', 'f') AND d.deptype IN ('n', 'a') AND EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid AND h.inhparent = m.oid)))
                  AND NOT (d.classid = 'pg_proc'::regclass AND {{new SqlText(major >= 14 ? "EXISTS (SELECT FROM pg_proc p WHERE p.oid = d.objid AND p.prosqlbody IS NOT NULL)" : "false")}})
                ORDER BY 1
                """), r => r.GetString(0)).ConfigureAwait(false);
            foreach (var name in rows) Refuse(AttachmentKind.Other, name, "it depends on the table in a way that cannot follow an exchange.", DropRemedy);
        }

        private async Task<IReadOnlyList<(long, TableName)>> NeighboursAsync()
        {
            var mine = members.Select(m => m.Name).ToHashSet();
            otherTables.ExceptWith(mine);
            if (otherTables.Count == 0) return [];
            var names = SqlText.Join(", ", otherTables.Select(t => SqlText.Write(quoting, $"({new SqlLiteral(t.Schema!)}, {new SqlLiteral(t.Name)})")));
            return await RowsAsync(Sql.Write(quoting, $"""
                SELECT n.nspname::text, c.relname::text, c.oid::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE (n.nspname, c.relname) IN ({names}) ORDER BY c.oid
                """), r => (r.GetInt64(2), new TableName(r.GetString(0), r.GetString(1)))).ConfigureAwait(false);
        }

        private string At(long member) => member == members[0].Oid ? "" : $" on {Member(member).Name.Name}";
    }
}
