using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>
/// Views. Those that read the table are replaced in the exchange by the text that they had; a view whose columns change their type cannot be
/// replaced, so it is made anew, and with it every view that reads it.
/// </content>
internal static partial class PostgreSqlCatalog
{
    private sealed partial class Reader
    {
        private async Task<IReadOnlyList<ViewFacts>> ViewsAsync()
        {
            // Not as one WITH for all: what is used twice the server works out whole, every view of the database, before it looks for the few that are asked for.
            var reads = new SqlText("""
                (SELECT r.ev_class AS view, d.refobjid AS source FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass WHERE r.rulename = '_RETURN' AND d.refobjid <> r.ev_class)
                """);
            var found = await RowsAsync(Sql.Write(quoting, $$"""
                WITH RECURSIVE members AS (SELECT c.oid FROM pg_class c WHERE c.oid IN ({{oids}})),
                tree(view, level) AS (
                  SELECT r.view, 1 FROM {{reads}} r JOIN members m ON m.oid = r.source
                  UNION SELECT r.view, t.level + 1 FROM tree t JOIN {{reads}} r ON r.source = t.view
                )
                SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence = 't',
                       pg_get_viewdef(c.oid), quote_ident(pg_get_userbyid(c.relowner)),
                       coalesce((SELECT string_agg(format('%I=%L', o.option_name, o.option_value), ', ' ORDER BY o.pos) FROM pg_options_to_table(c.reloptions) WITH ORDINALITY o(option_name, option_value, pos)), ''),
                       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
                       {{ColumnsUsed("pg_rewrite", "r.oid")}}, pg_has_role(c.relowner, 'USAGE'),
                       ARRAY(SELECT DISTINCT s.source::text FROM {{reads}} s WHERE s.view = c.oid), EXISTS (SELECT FROM {{reads}} s JOIN members m ON m.oid = s.source WHERE s.view = c.oid)
                FROM (SELECT view, max(level) AS level FROM tree GROUP BY view) t JOIN pg_class c ON c.oid = t.view JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
                ORDER BY t.level, c.oid
                """), r => (Kind: r.GetString(3)[0], Temporary: r.GetBoolean(4), Facts: new ViewFacts
                {
                    Oid = r.GetInt64(0),
                    Name = new TableName(r.GetString(1), r.GetString(2)),
                    Text = r.GetString(5).TrimEnd(';'),
                    Owner = r.GetString(6),
                    Options = r.GetString(7).Length > 0 ? $" WITH ({r.GetString(7)})" : "",
                    Names = r.GetString(8),
                    Columns = Texts(r, 9),
                    Ours = r.GetBoolean(10),
                    Sources = [.. Texts(r, 11).Select(o => long.Parse(o, CultureInfo.InvariantCulture))],
                    Direct = r.GetBoolean(12),
                })).ConfigureAwait(false);
            var views = new List<ViewFacts>();
            foreach (var (kind, temporary, read) in found)
            {
                var obstacle = kind == 'm' ? "it is a materialized view, which would have to be filled anew."
                    : temporary ? "it is a temporary view, which nobody but its own session can change."
                    : !read.Ours ? $"only its owner {read.Owner} can point it at the new table." : null;
                var view = read with { Obstacle = obstacle };
                views.Add(view);
                if (view.Direct) AttachView(view, kind, temporary);
            }
            return await WithHangersAsync(views).ConfigureAwait(false);
        }

        private void AttachView(ViewFacts view, char kind, bool temporary)
        {
            var name = view.Name.ToString();
            if (kind == 'm')
                Refuse(AttachmentKind.MaterializedView, name, "a materialized view cannot be pointed at another table: it would have to be filled anew.", $"Drop materialized view {name} before, and make it again after the switch; or have it read an ordinary view of the table, which follows the name under it.", view.Columns);
            else if (temporary)
                Refuse(AttachmentKind.View, name, view.Obstacle!, "End the session that made it, or have it drop the view.", view.Columns);
            else if (!view.Ours)
                Refuse(AttachmentKind.View, name, view.Obstacle!, $"Connect as a role that is a member of {view.Owner}.", view.Columns);
            else
                attachments.Add(new Attachment(AttachmentKind.View, name, $"({view.Names}){view.Options} AS{view.Text}") { Columns = view.Columns, SurvivesRetype = true });
        }

        /// <summary>Adds what hangs on each view and would go with it, and what would keep it from being dropped.</summary>
        private async Task<IReadOnlyList<ViewFacts>> WithHangersAsync(List<ViewFacts> views)
        {
            if (views.Count == 0) return [];
            var ids = SqlText.Join(", ", views.Select(v => new SqlText(v.Oid.ToString(CultureInfo.InvariantCulture))));
            var statements = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT x.oid::bigint, x.statement FROM (
                  SELECT c.oid, 1 AS step, a.attnum::int AS pos, '' AS name, format('ALTER VIEW %I.%I ALTER COLUMN %I SET DEFAULT %s', n.nspname, c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid)) AS statement
                  FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
                  UNION ALL SELECT c.oid, 2, 0, r.rulename, pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'
                  UNION ALL SELECT c.oid, 3, 0, r.rulename, format('COMMENT ON RULE %I ON %I.%I IS %L', r.rulename, n.nspname, c.relname, obj_description(r.oid, 'pg_rewrite')) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.rulename <> '_RETURN' AND obj_description(r.oid, 'pg_rewrite') IS NOT NULL
                  UNION ALL SELECT c.oid, 4, 0, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
                  UNION ALL SELECT c.oid, 5, 0, t.tgname, format('COMMENT ON TRIGGER %I ON %I.%I IS %L', t.tgname, n.nspname, c.relname, obj_description(t.oid, 'pg_trigger')) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND obj_description(t.oid, 'pg_trigger') IS NOT NULL
                  UNION ALL SELECT c.oid, 6, d.objsubid, '', CASE WHEN d.objsubid = 0 THEN format('COMMENT ON VIEW %I.%I IS %L', n.nspname, c.relname, d.description)
                       ELSE format('COMMENT ON COLUMN %I.%I.%I IS %L', n.nspname, c.relname, a.attname, d.description) END
                  FROM pg_description d JOIN pg_class c ON d.classoid = 'pg_class'::regclass AND c.oid = d.objoid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
                  UNION ALL SELECT DISTINCT c.oid, 7, 0, '', format('REVOKE ALL ON TABLE %I.%I FROM %s', n.nspname, c.relname, {{Role("x.grantee")}})
                  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_default_acl d ON d.defaclobjtype = 'r' AND d.defaclrole = current_user::regrole AND d.defaclnamespace IN (0, n.oid), aclexplode(d.defaclacl) x
                  WHERE x.grantee <> d.defaclrole
                ) x WHERE x.oid IN ({{ids}}) ORDER BY x.oid, x.step, x.pos, x.name
                """), r => (View: r.GetInt64(0), Statement: r.GetString(1).TrimEnd(';'))).ConfigureAwait(false);
            var grants = await ReadGrantsAsync(ids).ConfigureAwait(false);
            var own = await ReadOwnRightsAsync(ids).ConfigureAwait(false);
            // Each object by its number: an OR of both kinds would make the server read all of pg_depend, each time.
            var keepers = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT v.oid::bigint, min(pg_describe_object(d.classid, d.objid, d.objsubid))
                FROM pg_class v JOIN LATERAL (
                  SELECT 'pg_class'::regclass::oid AS class, v.oid AS id
                  UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t WHERE t.oid = v.reltype
                  UNION ALL SELECT 'pg_type'::regclass, t.typarray FROM pg_type t WHERE t.oid = v.reltype
                ) own ON true JOIN pg_depend d ON d.refclassid = own.class AND d.refobjid = own.id
                LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
                LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
                WHERE v.oid IN ({{ids}}) AND d.deptype IN ('n', 'a') AND r.ev_class IS DISTINCT FROM v.oid AND NOT coalesce(r.rulename = '_RETURN' AND r.ev_class IN ({{ids}}), false)
                  AND t.typrelid IS DISTINCT FROM v.oid AND d.classid NOT IN ('pg_trigger'::regclass, 'pg_attrdef'::regclass)
                GROUP BY 1
                """), r => (View: r.GetInt64(0), What: r.GetString(1))).ConfigureAwait(false);
            return
            [
                .. views.Select(v => v with
                {
                    Hangers = [.. statements.Where(s => s.View == v.Oid).Select(s => new Sql(s.Statement))],
                    Grants = Givable(grants.Where(g => g.Table == v.Oid).Select(g => g.Grant)),
                    OwnRights = [.. own.Where(o => o.Table == v.Oid).Select(o => new Sql($"REVOKE {o.Lacking} ON TABLE {o.On} FROM {o.Owner}"))],
                    Obstacle = v.Obstacle ?? (keepers.FirstOrDefault(k => k.View == v.Oid).What is { } keeper ? $"{keeper} uses it, and so it cannot be made anew." : null),
                }),
            ];
        }
    }
}
