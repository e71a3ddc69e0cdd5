using EtlTableOps.Engines;

namespace EtlTableOps.PostgreSql;

/// <content>What a partition has otherwise than its parent.</content>
internal static partial class PostgreSqlCatalog
{
    private sealed partial class Reader
    {
        /// <summary>Reads a partition's own columns: what it would not get from its parent by being made.</summary>
        private async Task PartitionColumnsAsync(long root)
        {
            var compression = new SqlText(major >= 14 ? "CASE a.attcompression WHEN 'p' THEN 'SET COMPRESSION pglz' WHEN 'l' THEN 'SET COMPRESSION lz4' END" : "NULL::text");
            var rows = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT a.attrelid::bigint, a.attname::text, l.action, l.what
                FROM pg_attribute a JOIN pg_inherits h ON h.inhrelid = a.attrelid
                JOIN pg_attribute t ON t.attrelid = h.inhparent AND t.attname = a.attname AND NOT t.attisdropped
                JOIN pg_type y ON y.oid = a.atttypid
                LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
                LEFT JOIN pg_attrdef td ON td.adrelid = t.attrelid AND td.adnum = t.attnum,
                LATERAL (VALUES
                  ('own', CASE WHEN a.attnotnull AND NOT t.attnotnull THEN 'SET NOT NULL' END),
                  ('own', CASE WHEN a.attgenerated = '' AND pg_get_expr(ad.adbin, ad.adrelid) IS DISTINCT FROM pg_get_expr(td.adbin, td.adrelid)
                        THEN coalesce('SET DEFAULT ' || pg_get_expr(ad.adbin, ad.adrelid), 'DROP DEFAULT') END),
                  ('type', CASE WHEN a.attstorage <> y.typstorage THEN 'SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
                  ('type', {{compression}}),
                  ('set', 'SET STATISTICS ' || nullif(a.attstattarget::int, -1)),
                  ('set', (SELECT 'SET (' || string_agg(format('%I=%L', o.option_name, o.option_value), ', ' ORDER BY o.pos) || ')' FROM pg_options_to_table(a.attoptions) WITH ORDINALITY o(option_name, option_value, pos) WHERE {{OptionIsDeclared}})),
                  ('comment', col_description(a.attrelid, a.attnum))) l(what, action)
                WHERE a.attrelid IN ({{oids}}) AND a.attrelid <> {{root}} AND a.attnum > 0 AND NOT a.attisdropped AND l.action IS NOT NULL
                ORDER BY 1, 2, 3
                """), r => (Table: r.GetInt64(0), Column: r.GetString(1), Text: r.GetString(2), What: r.GetString(3))).ConfigureAwait(false);
            foreach (var group in rows.GroupBy(r => r.Table))
            {
                var member = Member(group.Key);
                member.LocalColumns = [.. group.Where(g => g.What == "own").Select(g => (g.Column, g.Text))];
                member.ColumnSettings = [.. group.Where(g => g.What is "type" or "set").Select(g => (g.Column, g.Text, g.What == "type"))];
                member.ColumnComments = [.. group.Where(g => g.What == "comment").Select(g => (g.Column, g.Text))];
            }

            // A table that was attached may have its columns in another order, which whoever names it without a column list relies on.
            var orders = await RowsAsync(Sql.Write(quoting, $$"""
                SELECT a.attrelid::bigint, array_agg(a.attname::text ORDER BY a.attnum)
                FROM pg_attribute a JOIN pg_attribute t ON t.attrelid = {{root}} AND t.attname = a.attname AND NOT t.attisdropped
                WHERE a.attrelid IN ({{oids}}) AND a.attnum > 0 AND NOT a.attisdropped
                GROUP BY 1 HAVING array_agg(a.attname ORDER BY a.attnum) <> array_agg(a.attname ORDER BY t.attnum)
                """), r => (Table: r.GetInt64(0), Columns: Texts(r, 1))).ConfigureAwait(false);
            foreach (var (table, columns) in orders) Member(table).ColumnOrder = columns;
        }
    }
}
