using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Rights: whose, on what, given by whom.</content>
internal static partial class PostgreSqlCatalog
{
    private sealed partial class Reader
    {
        private static SqlText Role(string oid) => new($"CASE {oid} WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid({oid})) END");

        /// <summary>
        /// Reads what others than the owner may. Who gave a right is part of it when it was not the owner and we may act for that role;
        /// otherwise we give it in the owner's name.
        /// </summary>
        private async Task GrantsAsync()
        {
            var rows = await ReadGrantsAsync(oids).ConfigureAwait(false);
            foreach (var group in rows.GroupBy(r => r.Table)) Member(group.Key).Grants = Givable(group.Select(g => g.Grant));
        }

        private Task<IReadOnlyList<(long Table, GrantFacts Grant)>> ReadGrantsAsync(SqlText tables) => RowsAsync(Sql.Write(quoting, $$"""
                SELECT g.oid, {{Role("g.grantee")}}, string_agg(DISTINCT g.privilege, ', ' ORDER BY g.privilege), g.attname, g.is_grantable,
                       CASE WHEN g.grantor <> g.relowner AND pg_has_role(g.grantor, {{new SqlLiteral(major >= 16 ? "SET" : "MEMBER")}}) AND has_schema_privilege(g.grantor, g.relnamespace, 'USAGE') THEN quote_ident(pg_get_userbyid(g.grantor)) END AS grantor
                FROM (
                  SELECT c.oid::bigint, c.relowner, c.relnamespace, x.grantee, x.grantor, x.privilege_type AS privilege, NULL::text AS attname, x.is_grantable
                  FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid IN ({{tables}})
                  UNION
                  SELECT c.oid::bigint, c.relowner, c.relnamespace, x.grantee, x.grantor, x.privilege_type, a.attname::text, x.is_grantable
                  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(a.attacl) x WHERE c.oid IN ({{tables}})
                ) g WHERE g.grantee <> g.relowner
                GROUP BY 1, 2, 4, 5, 6 ORDER BY 1, g.attname NULLS FIRST, 2, 5, 6 NULLS FIRST
                """), r => (Table: r.GetInt64(0), Grant: new GrantFacts(r.GetString(1), r.GetString(2), Text(r, 3), r.GetBoolean(4), Text(r, 5))));

        /// <summary>A role can give what it was given before: its own grants come after those that it lives on.</summary>
        private static List<GrantFacts> Givable(IEnumerable<GrantFacts> grants)
        {
            var waiting = grants.ToList();
            var ordered = new List<GrantFacts>();
            while (waiting.Count > 0)
            {
                var next = waiting.FindAll(g => g.Grantor is null || !waiting.Exists(w => w.Grantable && w.Grantee == g.Grantor));
                if (next.Count == 0) next = [.. waiting];
                ordered.AddRange(next);
                waiting.RemoveAll(next.Contains);
            }
            return ordered;
        }

        /// <summary>Reads rights that an owner took from himself; they go with the name, because until then we may need them.</summary>
        private async Task OwnRightsAsync()
        {
            var rows = await ReadOwnRightsAsync(oids).ConfigureAwait(false);
            foreach (var row in rows)
            {
                Follow(AttachmentKind.Grant, "the owner's own" + At(row.Table), $"without {row.Lacking}", [], [], [$"REVOKE {row.Lacking} ON TABLE {row.On} FROM {row.Owner}"]);
            }
        }

        private Task<IReadOnlyList<(long Table, string On, string Owner, string Lacking)>> ReadOwnRightsAsync(SqlText tables) => RowsAsync(Sql.Write(quoting, $$"""
                SELECT c.oid::bigint, format('%I.%I', n.nspname, c.relname), quote_ident(pg_get_userbyid(c.relowner)), string_agg(d.privilege_type, ', ' ORDER BY d.privilege_type)
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(acldefault('r', c.relowner)) d
                WHERE c.oid IN ({{tables}}) AND c.relacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(c.relacl) x WHERE x.grantee = c.relowner AND x.privilege_type = d.privilege_type)
                GROUP BY 1, 2, 3 ORDER BY 1
                """), r => (r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3)));

        /// <summary>Reads what is said of, and who may use, the sequences of identity columns.</summary>
        private async Task<IReadOnlyDictionary<string, ColumnFacts>> SequenceRightsAsync(long table, IReadOnlyDictionary<string, ColumnFacts> columns)
        {
            if (columns.Values.All(c => c.Sequence is null)) return columns;
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT a.attname::text, obj_description(s.oid, 'pg_class'),
                       ARRAY(SELECT format('%s ON SEQUENCE', string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type)) FROM aclexplode(s.relacl) x WHERE x.grantee <> s.relowner GROUP BY x.grantee, x.is_grantable ORDER BY x.grantee, x.is_grantable),
                       ARRAY(SELECT {{Role("x.grantee")}} || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END FROM aclexplode(s.relacl) x WHERE x.grantee <> s.relowner GROUP BY x.grantee, x.is_grantable ORDER BY x.grantee, x.is_grantable)
                FROM pg_attribute a
                JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i'
                JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                WHERE a.attrelid = {{table}} AND a.attidentity <> ''
                """), r => (Column: r.GetString(0), Comment: Text(r, 1), What: Texts(r, 2), Whom: Texts(r, 3))).ConfigureAwait(false);
            var all = columns.ToDictionary(c => c.Key, c => c.Value, StringComparer.Ordinal);
            foreach (var row in rows)
            {
                all[row.Column] = all[row.Column] with { SequenceComment = row.Comment, SequenceGrants = [.. row.What.Zip(row.Whom)] };
            }
            return all;
        }

        /// <summary>Roles that the creator's default rights would let at a new object of this kind in this schema.</summary>
        private async Task<IReadOnlyList<SqlText>> DefaultGranteesAsync(long oid, char kind) =>
            await RowsAsync(Sql.Write(quoting, $$"""
                SELECT DISTINCT {{Role("x.grantee")}}
                FROM pg_default_acl d, aclexplode(d.defaclacl) x
                WHERE d.defaclobjtype = {{new SqlLiteral(kind.ToString())}} AND d.defaclrole = current_user::regrole AND x.grantee <> d.defaclrole
                  AND (d.defaclnamespace = 0 OR d.defaclnamespace = (SELECT c.relnamespace FROM pg_class c WHERE c.oid = {{oid}})) ORDER BY 1
                """), r => new SqlText(r.GetString(0))).ConfigureAwait(false);
    }
}
