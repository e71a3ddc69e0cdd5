using System.Data.Common;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>Reads what a table is and what hangs on it.</summary>
internal sealed class SqliteCatalog(SqliteSession session)
{
    private static readonly string[] InternalSuffixes = ["_data", "_idx", "_content", "_docsize", "_config", "_segments", "_segdir", "_stat", "_node", "_parent", "_rowid"];

    /// <summary>The shape of a table; null when nothing has that name.</summary>
    public async Task<TableShape?> ReadAsync(TableName name, CancellationToken token)
    {
        if (name.Schema is not null && !SqliteNames.Same(name.Schema, "main"))
            throw new EtlException(ErrorCode.BadInput, $"'{name}': only the tables of the file itself (main) can be worked on.");
        var schema = await ReadSchemaAsync(token).ConfigureAwait(false);
        var table = schema.Find(o => o.Type is "table" or "view" && SqliteNames.Same(o.Name, name.Name));
        if (table is null) return null;
        RefuseOther(table, schema);

        CreateTableText text;
        try
        {
            text = CreateTableText.Parse(table.Sql);
        }
        catch (FormatException e)
        {
            throw new EtlException(ErrorCode.CannotCarryOver, e, $"Table {table.Name}", e.Message, "Report the table's text (sqlite_schema.sql) as a defect of this tool.");
        }
        var columns = await ReadColumnsAsync(table.Name, text, token).ConfigureAwait(false);
        var indexes = await ReadIndexesAsync(table.Name, schema, columns, token).ConfigureAwait(false);
        var keys = await ReadForeignKeysAsync(table.Name, token).ConfigureAwait(false);
        var mark = schema.FindAll(o => o.IsOn(table.Name) && o.Type == "trigger" && o.Name.StartsWith(SqliteDialect.MarkPrefix, StringComparison.Ordinal));
        var literals = mark.Count > 0 ? ObjectText.Literals(mark[^1].Sql) : [];
        var withoutRowid = SqlTokens.Read(text.Options).Exists(t => t.Is("WITHOUT"));
        var statistics = schema.FindAll(o => o.Type == "table" && o.Name is "sqlite_stat1" or "sqlite_stat4").ConvertAll(o => o.Name);
        var rowid = withoutRowid ? null : columns.Find(c => c.IsRowid)?.Column.Name ?? new[] { "rowid", "_rowid_", "oid" }.FirstOrDefault(a => !columns.Exists(c => SqliteNames.Same(c.Column.Name, a)));
        var path = await ReadPathAsync(table.Name, rowid ?? (withoutRowid ? columns.Find(c => c.KeyPosition == 1)?.Column.Name : null), token).ConfigureAwait(false);
        var size = await new SqliteEstimates(session, table.Name, path, columns, indexes.Count).ReadAsync(statistics.Contains("sqlite_stat1"), token).ConfigureAwait(false);
        var shape = new SqliteTableShape
        {
            Name = new TableName(null, table.Name),
            ObjectId = (await session.QueryAsync(SqliteDialect.Instance.ObjectIdOf(new TableName(null, table.Name)), r => r.GetString(0), token).ConfigureAwait(false))[0],
            Columns = [.. columns.Select(c => c.Column)],
            Keys = Keys(columns, indexes, withoutRowid),
            Attachments = [],
            EstimatedRows = size.Rows,
            Bytes = size.Bytes,
            Mark = literals.Count > 0 ? Mark.TryParse(literals[0]) : null,
            LiveSql = literals.Count > 1 ? literals[1] : null,
            CreateSql = table.Sql,
            Text = text,
            Indexes = [.. indexes.Where(i => i.Sql is not null).Select(i => new SqliteIndex(i.Name, i.Sql!, i.Columns))],
            Triggers = [.. schema.Where(o => o.IsOn(table.Name) && o.Type == "trigger" && !SqliteDialect.IsOurs(o.Name)).Select(o => new SqliteTrigger(o.Name, o.Sql))],
            MarkTriggers = mark.ConvertAll(o => o.Name),
            References = keys.FindAll(k => SqliteNames.Same(k.Child, table.Name)),
            ReferencedBy = keys.FindAll(k => SqliteNames.Same(k.Parent, table.Name) && !SqliteNames.Same(k.Child, table.Name)),
            WithoutRowid = withoutRowid,
            RowidName = rowid,
            AutoIncrement = columns.Exists(c => c.Column.Identity is not null),
            StatisticsTables = statistics,
            Path = path,
        };
        var attachments = new SqliteAttachments(session, shape, schema);
        return shape with { Attachments = attachments.Read(), Collisions = Collisions(indexes, shape.RowKey) };
    }

    private static void RefuseOther(SchemaObject table, List<SchemaObject> schema)
    {
        if (table.Type == "view") throw new EtlException(ErrorCode.NotATable, table.Name, "a view");
        if (table.IsVirtual) throw new EtlException(ErrorCode.NotATable, table.Name, "a virtual table");
        if (table.Name.StartsWith("sqlite_", StringComparison.OrdinalIgnoreCase)) throw new EtlException(ErrorCode.NotATable, table.Name, "a table of SQLite's own");
        var owner = schema.Find(o => o.IsVirtual && InternalSuffixes.Any(s => SqliteNames.Same(o.Name + s, table.Name)));
        if (owner is not null) throw new EtlException(ErrorCode.NotATable, table.Name, $"an inner part of virtual table {owner.Name}");
    }

    private async Task<List<SchemaObject>> ReadSchemaAsync(CancellationToken token) =>
        [.. await session.QueryAsync(new Sql("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY rowid"),
            r => new SchemaObject(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3)), token).ConfigureAwait(false)];

    private async Task<List<SqliteColumn>> ReadColumnsAsync(string table, CreateTableText text, CancellationToken token)
    {
        var items = text.Columns.ToDictionary(c => c.Name, SqliteNames.Comparer);
        var rows = await session.QueryAsync(new Sql("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(@table) ORDER BY cid", [new("table", table)]), r =>
            (Name: r.GetString(0), Type: r.GetString(1), NotNull: r.GetInt64(2) != 0, Default: TextOrNull(r, 3), Key: (int)r.GetInt64(4), Hidden: r.GetInt64(5)), token).ConfigureAwait(false);
        var sole = rows.Count(r => r.Key > 0) == 1;
        var withoutRowid = SqlTokens.Read(text.Options).Exists(t => t.Is("WITHOUT"));
        return [.. rows.Select(r =>
        {
            var item = items[r.Name];
            // Only the type INTEGER itself, and not DESC in a column's own constraint, makes the key the row number.
            var rowid = sole && r.Key == 1 && !withoutRowid && r.Type.Equals("INTEGER", StringComparison.OrdinalIgnoreCase)
                && item.Find(ClauseKind.PrimaryKey)?.Body.Contains("DESC", StringComparison.OrdinalIgnoreCase) != true;
            var automatic = item.Find(ClauseKind.PrimaryKey)?.Body.Contains("AUTOINCREMENT", StringComparison.OrdinalIgnoreCase) == true
                || text.Constraints.Any(c => c.Kind == ClauseKind.PrimaryKey && c.Body.Contains("AUTOINCREMENT", StringComparison.OrdinalIgnoreCase) && r.Key == 1);
            return new SqliteColumn(
                new Column(r.Name, r.Type, !r.NotNull && !rowid && !(withoutRowid && r.Key > 0))
                {
                    Default = r.Default,
                    Generated = r.Hidden is 2 or 3 ? item.Find(ClauseKind.Generated)?.Body : null,
                    Identity = automatic ? "AUTOINCREMENT" : null,
                    Collation = item.Find(ClauseKind.Collate) is { } collate ? SqlTokens.Read(collate.Body)[1].Value : null,
                },
                r.Key,
                rowid);
        })];
    }

    private async Task<List<IndexFacts>> ReadIndexesAsync(string table, List<SchemaObject> schema, List<SqliteColumn> columns, CancellationToken token)
    {
        var rows = await session.QueryAsync(
            new Sql("SELECT l.name, l.\"unique\", l.origin, l.partial, x.cid, x.name, x.coll FROM pragma_index_list(@table) AS l, pragma_index_xinfo(l.name) AS x WHERE x.key = 1 ORDER BY l.seq, x.seqno", [new("table", table)]),
            r => (Index: r.GetString(0), Unique: r.GetInt64(1) != 0, Origin: r.GetString(2), Partial: r.GetInt64(3) != 0, Expression: r.GetInt64(4) == -2, Column: TextOrNull(r, 5), Collation: TextOrNull(r, 6)), token).ConfigureAwait(false);
        return [.. rows.GroupBy(r => r.Index).Select(g =>
        {
            var first = g.First();
            var sql = first.Origin == "c" ? schema.Find(o => o.Type == "index" && o.Name == first.Index)?.Sql : null;
            var named = g.Where(t => t.Column is not null).Select(t => t.Column!).ToList();
            var all = sql is null ? named : ObjectText.Mentioned(TokensBehindTable(sql), columns.Select(c => c.Column.Name));
            return new IndexFacts(first.Index, sql, first.Unique, first.Partial, g.Any(t => t.Expression), [.. g.Select(t => (t.Column, t.Collation))], all);
        })];
    }

    private static List<SqlToken> TokensBehindTable(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        return tokens.GetRange(tokens.FindIndex(t => t.IsSign('(')), tokens.Count - tokens.FindIndex(t => t.IsSign('(')));
    }

    private async Task<List<SqliteForeignKey>> ReadForeignKeysAsync(string table, CancellationToken token)
    {
        var rows = await session.QueryAsync(
            new Sql("""
                SELECT m.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete, f.match,
                       (SELECT group_concat(name, char(31)) FROM (SELECT name FROM pragma_table_info(f."table") WHERE pk > 0 ORDER BY pk))
                FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f
                WHERE m.type = 'table' AND (m.name = @table COLLATE NOCASE OR f."table" = @table COLLATE NOCASE)
                ORDER BY m.rowid, f.id, f.seq
                """, [new("table", table)]),
            r => (Child: r.GetString(0), Id: r.GetInt64(1), Parent: r.GetString(2), From: r.GetString(3), To: TextOrNull(r, 4), Rule: $"ON UPDATE {r.GetString(5)} ON DELETE {r.GetString(6)} MATCH {r.GetString(7)}", Key: TextOrNull(r, 8)), token).ConfigureAwait(false);
        return [.. rows.GroupBy(r => (r.Child, r.Id)).Select(g =>
        {
            var first = g.First();
            var to = first.To is not null ? g.Select(r => r.To!).ToList() : first.Key is null ? [] : [.. first.Key.Split('\u001f')];
            // A key of another width than the columns that point to it is an error that SQLite reports only when it is used.
            return new SqliteForeignKey(first.Child, [.. g.Select(r => r.From)], first.Parent, first.Key is null && first.To is null || to.Count != g.Count() ? [] : to, first.Rule);
        })];
    }

    private async Task<LoadPath?> ReadPathAsync(string table, string? alias, CancellationToken token)
    {
        if (alias is null) return null;
        var position = SqlText.Write(SqliteDialect.Instance, $"{new Id(alias)}");
        var from = new TableName(null, table);
        // Two queries for two looks at the ends of the tree; min and max in one would read all of it. Where both ends are whole numbers all
        // values between are numbers, by the order of storage classes.
        var sql = Sql.Write(SqliteDialect.Instance, $"SELECT typeof(a), typeof(b), a, b FROM (SELECT (SELECT min({position}) FROM {from}) AS a, (SELECT max({position}) FROM {from}) AS b)");
        var ends = (await session.QueryAsync(sql, r => r.GetString(0) == "integer" && r.GetString(1) == "integer" ? (First: r.GetInt64(2), Last: r.GetInt64(3)) : default((long First, long Last)?), token).ConfigureAwait(false))[0];
        return ends is { } found && found.Last < long.MaxValue ? new LoadPath(position, found.First, found.Last) : null;
    }

    private static List<UniqueKey> Keys(List<SqliteColumn> columns, List<IndexFacts> indexes, bool withoutRowid)
    {
        var keys = new List<UniqueKey>();
        // A primary key may hold nulls here (an old defect that SQLite keeps, manual: CREATE TABLE 3.5); the change log breaks on
        // the first null that it meets, so that such a table has a key as long as it is used as one.
        var primary = columns.Where(c => c.KeyPosition > 0).OrderBy(c => c.KeyPosition).Select(c => c.Column.Name).ToList();
        if (primary.Count > 0) keys.Add(new UniqueKey("", primary, true));
        foreach (var index in indexes)
        {
            if (!index.Unique || index.Partial || index.HasExpressions) continue;
            var names = index.Terms.Select(t => t.Column!).ToList();
            if (names.SequenceEqual(primary) || names.Exists(n => columns.Find(c => c.Column.Name == n)!.Column.Nullable)) continue;
            keys.Add(new UniqueKey(withoutRowid || index.Sql is null ? "" : index.Name, names, false));
        }
        return keys;
    }

    /// <summary>
    /// Where REPLACE displaces a row by another key than the one that is logged, no delete trigger fires for it (manual: ON CONFLICT). The log's
    /// triggers look for such rows before each write.
    /// </summary>
    private static List<string> Collisions(List<IndexFacts> indexes, UniqueKey? key)
    {
        var conditions = new List<string>();
        foreach (var index in indexes.Where(i => i.Unique))
        {
            if (key is not null && !index.HasExpressions && !index.Partial && index.Terms.Select(t => t.Column!).SequenceEqual(key.Columns)) continue;
            var terms = index.HasExpressions ? ExpressionTerms(index) : index.Terms.Select(t => Term(t.Column!, t.Collation));
            conditions.Add(string.Join(" AND ", terms));
        }
        return conditions;

        static string Term(string column, string? collation)
        {
            var d = SqliteDialect.Instance;
            return SqlText.Write(d, $"{new Id(column)} = NEW.{new Id(column)} COLLATE {new Id(collation ?? "BINARY")}").Text;
        }
    }

    // The list of terms between the parentheses, once over the row that is there and once over the new one.
    private static IEnumerable<string> ExpressionTerms(IndexFacts index)
    {
        var sql = index.Sql!;
        var tokens = TokensBehindTable(sql);
        var depth = 0;
        var start = 1;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].IsSign('(')) depth++;
            if (tokens[i].IsSign(')')) depth--;
            if (!(depth == 0 || (depth == 1 && tokens[i].IsSign(',')))) continue;
            var term = tokens.GetRange(start, i - start);
            if (term.Count > 1 && (term[^1].Is("ASC") || term[^1].Is("DESC"))) term.RemoveAt(term.Count - 1);
            yield return $"({Text(term, "")}) = ({Text(term, "NEW.")})";
            start = i + 1;
            if (depth == 0) yield break;
        }

        string Text(List<SqlToken> term, string row) => string.Join(' ', term.Select(t =>
            (index.Columns.Any(c => t.Kind is TokenKind.Word or TokenKind.QuotedName && SqliteNames.Same(c, t.Value)) ? row : "") + sql[t.Start..t.End]));
    }

    private static string? TextOrNull(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : Convert.ToString(row.GetValue(column), CultureInfo.InvariantCulture);
}

/// <summary>A row of sqlite_schema.</summary>
internal sealed record SchemaObject(string Type, string Name, string Table, string Sql)
{
    /// <summary>Whether it is a virtual table.</summary>
    public bool IsVirtual => Type == "table" && Sql.StartsWith("CREATE VIRTUAL", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it belongs to that table.</summary>
    public bool IsOn(string table) => SqliteNames.Same(Table, table);
}

/// <summary>A column with its place in the primary key.</summary>
/// <param name="Column">The column.</param>
/// <param name="KeyPosition">1 for the first column of the primary key; 0 when it is not in it.</param>
/// <param name="IsRowid">Whether it is the row number under another name.</param>
internal sealed record SqliteColumn(Column Column, int KeyPosition, bool IsRowid);

/// <summary>An index, of a constraint or made by hand.</summary>
internal sealed record IndexFacts(string Name, string? Sql, bool Unique, bool Partial, bool HasExpressions, IReadOnlyList<(string? Column, string? Collation)> Terms, IReadOnlyList<string> Columns);
