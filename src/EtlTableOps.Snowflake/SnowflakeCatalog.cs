using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <summary>Reads what a table is and what hangs on it, from SHOW, DESCRIBE and the information schema.</summary>
internal sealed partial class SnowflakeCatalog(SnowflakeSession session)
{
    private static SnowflakeDialect Dialect => SnowflakeDialect.Instance;

    private string Database => session.Facts.Database;

    /// <summary>The table; null when the name leads to nothing that this role can see.</summary>
    public async Task<TableShape?> ReadAsync(TableName name, CancellationToken token)
    {
        var schema = name.Schema ?? session.Facts.Schema
            ?? throw new EtlException(ErrorCode.BadInput, $"The session has no current schema: write schema.{name}, or name a schema in the connection.");
        name = new TableName(schema, name.Name);
        if (await ReadTableAsync(name, token).ConfigureAwait(false) is not { } table) return null;
        table = table with { Columns = await ColumnsAsync(name, token).ConfigureAwait(false) };
        table = await KeysAsync(table, token).ConfigureAwait(false);
        var unread = new List<string>();
        table = table with
        {
            Grants = await GrantsAsync(name, token).ConfigureAwait(false),
            Policies = await PoliciesAsync(name, unread, token).ConfigureAwait(false),
            Tags = await TagsAsync(name, unread, token).ConfigureAwait(false),
        };
        table = table with { Attachments = Attachments(table) };

        // A table of ours has no dependents yet, or has them no more; and one that just went live is looked at again without its mark.
        if (table.Mark is null) table = await WithDependentsAsync(table, unread, token).ConfigureAwait(false);
        return table with { Unread = unread };
    }

    /// <summary>
    /// Reads what an edition may not have, or a role may not list. What could not be read is said in the plan and never passed over in silence.
    /// </summary>
    private async Task<IReadOnlyList<T>> OptionalAsync<T>(List<string> unread, string what, Sql sql, Func<NamedRow, T> map, CancellationToken token)
    {
        try
        {
            return await session.ShowAsync(sql, map, token).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code is ErrorCode.StatementFailed or ErrorCode.NotPermitted)
        {
            if (!unread.Exists(u => u.StartsWith(what, StringComparison.Ordinal))) unread.Add($"{what} ({(e.InnerException?.Message ?? e.Message).Split('\n')[0]})");
            return [];
        }
    }

    private static EtlException NotOrdinary(TableName name, string what) => new(ErrorCode.NotATable, name, what);

    private static void RequireOrdinary(TableName name, NamedRow row)
    {
        foreach (var (flag, what) in new[]
        {
            ("is_hybrid", "a hybrid table"), ("is_dynamic", "a dynamic table"), ("is_iceberg", "an Iceberg table"), ("is_external", "an external table"), ("is_event", "an event table"), ("is_immutable", "an immutable table"),
        })
        {
            if (row.Is(flag)) throw NotOrdinary(name, what);
        }
        if (row["kind"] is not ("" or "TABLE" or "TRANSIENT")) throw NotOrdinary(name, $"of kind {row["kind"].ToLowerInvariant()}");
    }

    private async Task<SnowflakeTable?> ReadTableAsync(TableName name, CancellationToken token)
    {
        var found = await session.ShowAsync(Dialect.ObjectIdOf(name), row =>
        {
            if (row.Required("name") != name.Name) return null;
            RequireOrdinary(name, row);
            var (mark, comment) = SplitComment(row.Required("comment"));
            var days = (int)row.Number("retention_time", 0);
            return new SnowflakeTable
            {
                Name = name,
                Database = Database,
                ObjectId = row.Required("created_on"),
                Columns = [],
                Keys = [],
                Attachments = [OwnerOf(row.Required("owner"))],
                EstimatedRows = row.Number("rows", -1),
                Bytes = row.Number("bytes", -1),
                Mark = mark,
                Comment = comment,
                IsTransient = row["kind"] == "TRANSIENT",
                ClusterBy = Inner(row["cluster_by"]),
                AutoClustering = row.Is("automatic_clustering"),
                TracksChanges = row.Is("change_tracking"),
                SearchOptimization = row.Is("search_optimization"),
                RetentionDays = days,
                UndropDays = days,
                NoFeed = days == 0 ? "its time travel is 0 days (DATA_RETENTION_TIME_IN_DAYS), so no change can be read back." : null,
            };
        }, token).ConfigureAwait(false);
        if (found.OfType<SnowflakeTable>().FirstOrDefault() is { } table) return table;
        var views = await session.ShowAsync(Sql.Write(Dialect, $"SHOW VIEWS LIKE {new SqlLiteral(SnowflakeDialect.Pattern(name.Name))} IN SCHEMA {new Id(name.Schema!)}"), row => (Name: row["name"], Stored: row.Is("is_materialized")), token).ConfigureAwait(false);
        return views.Any(v => v.Name == name.Name) ? throw NotOrdinary(name, views.First(v => v.Name == name.Name).Stored ? "a materialized view" : "a view") : null;
    }

    /// <summary>SWAP exchanges objects with their owners, and asks for ownership of both (ALTER TABLE, usage notes).</summary>
    private Attachment OwnerOf(string owner) => new(AttachmentKind.Owner, owner, "")
    {
        OnShadow = true,
        CannotFollow = owner == session.Facts.Role ? null : $"the table belongs to role {owner}, and the new one would belong to role {session.Facts.Role}; SWAP asks for the ownership of both.",
        Remedy = $"Connect with role {owner}.",
    };

    private async Task<IReadOnlyList<Column>> ColumnsAsync(TableName name, CancellationToken token)
    {
        var columns = await session.ShowAsync(Sql.Write(Dialect, $"DESCRIBE TABLE {name}"), row =>
        {
            if (row["kind"] is { Length: > 0 } kind && kind is not ("COLUMN" or "VIRTUAL_COLUMN" or "VIRTUAL")) return null;
            var (type, collation) = SplitCollation(row.Required("type"));
            var value = row.Required("default");
            var numbered = value.StartsWith("IDENTITY", StringComparison.OrdinalIgnoreCase) || value.StartsWith("AUTOINCREMENT", StringComparison.OrdinalIgnoreCase);
            return new Column(row.Required("name"), type, row.Required("null?") == "Y")
            {
                Default = value.Length == 0 || numbered ? null : value,
                Identity = numbered ? value[value.IndexOf(' ', StringComparison.Ordinal)..].Trim() : null,
                Generated = row["expression"] is { Length: > 0 } expression ? expression : null,
                Collation = collation,
                Comment = row["comment"] is { Length: > 0 } comment ? comment : null,
            };
        }, token).ConfigureAwait(false);
        return [.. columns.OfType<Column>()];
    }

    private async Task<SnowflakeTable> KeysAsync(SnowflakeTable table, CancellationToken token)
    {
        var own = new List<ConstraintFacts>();
        foreach (var (show, kind) in new[] { ("PRIMARY", "PRIMARY KEY"), ("UNIQUE", "UNIQUE") })
        {
            var rows = await session.ShowAsync(Sql.Write(Dialect, $"SHOW {new SqlText(show)} KEYS IN TABLE {table.Name}"),
                row => (Name: row.Required("constraint_name"), Column: row.Required("column_name"), At: row.Number("key_sequence", 0)), token).ConfigureAwait(false);
            own.AddRange(rows.GroupBy(r => r.Name, StringComparer.Ordinal).Select(g => new ConstraintFacts(table.Name, g.Key, kind, [.. g.OrderBy(r => r.At).Select(r => r.Column)])));
        }
        var imported = await ForeignKeysAsync("IMPORTED", table.Name, token).ConfigureAwait(false);
        own.AddRange(imported);
        return table with
        {
            Constraints = own,
            Incoming = [.. (await ForeignKeysAsync("EXPORTED", table.Name, token).ConfigureAwait(false)).Where(k => k.Table != table.Name)],
            Keys = [.. own.Where(k => k.Kind != "FOREIGN KEY" && k.Columns.All(c => table.Columns.Any(t => t.Name == c && !t.Nullable)))
                .Select(k => new UniqueKey(k.IsNameless ? "" : k.Name, k.Columns, k.Kind == "PRIMARY KEY"))],
        };
    }

    /// <summary>Foreign keys from a table (IMPORTED) or to it (EXPORTED), each from the side of the table that has it.</summary>
    private async Task<IReadOnlyList<ConstraintFacts>> ForeignKeysAsync(string which, TableName name, CancellationToken token)
    {
        var rows = await session.ShowAsync(Sql.Write(Dialect, $"SHOW {new SqlText(which)} KEYS IN TABLE {name}"), row => new
        {
            Name = row.Required("fk_name"),
            Table = new TableName(row.Required("fk_schema_name"), row.Required("fk_table_name")),
            Column = row.Required("fk_column_name"),
            Target = new TableName(row.Required("pk_schema_name"), row.Required("pk_table_name")),
            TargetColumn = row.Required("pk_column_name"),
            Database = row[which == "EXPORTED" ? "fk_database_name" : "pk_database_name"],
            At = row.Number("key_sequence", 0),
        }, token).ConfigureAwait(false);
        return
        [
            .. rows.GroupBy(r => (r.Table, r.Name)).Select(g => new ConstraintFacts(g.Key.Table, g.Key.Name, "FOREIGN KEY", [.. g.OrderBy(r => r.At).Select(r => r.Column)])
            {
                Target = g.First().Target,
                TargetColumns = [.. g.OrderBy(r => r.At).Select(r => r.TargetColumn)],
                Database = g.First().Database,
            }),
        ];
    }

    private async Task<IReadOnlyList<GrantFacts>> GrantsAsync(TableName name, CancellationToken token)
    {
        var rows = await session.ShowAsync(Sql.Write(Dialect, $"SHOW GRANTS ON TABLE {name}"),
            row => new GrantFacts(row.Required("privilege"), row.Required("granted_to"), row.Required("grantee_name"), row.Is("grant_option")), token).ConfigureAwait(false);
        return [.. rows.Where(g => g.Privilege != "OWNERSHIP").Distinct()];
    }

    private async Task<IReadOnlyList<PolicyFacts>> PoliciesAsync(TableName name, List<string> unread, CancellationToken token)
    {
        var sql = Sql.Write(Dialect, $"SELECT POLICY_DB, POLICY_SCHEMA, POLICY_NAME, POLICY_KIND, REF_COLUMN_NAME, REF_ARG_COLUMN_NAMES FROM TABLE({new Id(Database)}.INFORMATION_SCHEMA.POLICY_REFERENCES(REF_ENTITY_NAME => {new SqlLiteral(Complete(name))}, REF_ENTITY_DOMAIN => 'TABLE'))");
        return await OptionalAsync(unread, "policies", sql, row =>
        {
            var column = row["REF_COLUMN_NAME"] is { Length: > 0 } text ? text : null;
            var further = Names(row["REF_ARG_COLUMN_NAMES"]);
            return new PolicyFacts(Quoted(row["POLICY_DB"], row["POLICY_SCHEMA"], row["POLICY_NAME"]), row["POLICY_KIND"], column,
                column is null ? further : further.Contains(column) ? further : [column, .. further]);
        }, token).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<TagFacts>> TagsAsync(TableName name, List<string> unread, CancellationToken token)
    {
        var tags = new List<TagFacts>();
        foreach (var function in new[] { "TAG_REFERENCES", "TAG_REFERENCES_ALL_COLUMNS" })
        {
            var sql = Sql.Write(Dialect, $"SELECT TAG_DATABASE, TAG_SCHEMA, TAG_NAME, TAG_VALUE, LEVEL, COLUMN_NAME FROM TABLE({new Id(Database)}.INFORMATION_SCHEMA.{new SqlText(function)}({new SqlLiteral(Complete(name))}, {new SqlLiteral("TABLE")}))");
            var rows = await OptionalAsync(unread, "tags", sql, row => (Level: row["LEVEL"], Tag: new TagFacts(Quoted(row["TAG_DATABASE"], row["TAG_SCHEMA"], row["TAG_NAME"]), row["TAG_VALUE"], row["COLUMN_NAME"] is { Length: > 0 } column ? column : null)), token).ConfigureAwait(false);
            // What a schema, database or account hands down comes by itself.
            tags.AddRange(rows.Where(r => r.Level == (r.Tag.Column is null ? "TABLE" : "COLUMN")).Select(r => r.Tag));
        }
        return [.. tags.Distinct()];
    }

    private static List<Attachment> Attachments(SnowflakeTable table)
    {
        var list = new List<Attachment>(table.Attachments);
        list.AddRange(table.Grants.Select(g => new Attachment(AttachmentKind.Grant, $"{g.Privilege} to {g.GrantedTo} {g.Grantee}", g.WithGrantOption ? "with grant option" : "") { OnShadow = true }));
        list.AddRange(table.Policies.Select(p => new Attachment(AttachmentKind.Policy, p.Column is null ? p.Name : $"{p.Name} on {p.Column}", $"{p.Kind} ({string.Join(", ", p.Arguments)})") { OnShadow = true, Columns = p.Arguments }));
        list.AddRange(table.Tags.Select(t => new Attachment(AttachmentKind.Tag, t.Column is null ? t.Name : $"{t.Name} on {t.Column}", t.Value) { OnShadow = true, Columns = t.Column is null ? [] : [t.Column] }));
        foreach (var key in table.Constraints)
        {
            var target = key.Target is { } to ? $" REFERENCES {to} ({string.Join(", ", key.TargetColumns)})" : "";
            // Names that the server made up differ from copy to copy, and all are per table: what they hold is what counts.
            list.Add(new Attachment(key.Kind == "FOREIGN KEY" ? AttachmentKind.ForeignKey : AttachmentKind.Key, "", $"{key.Kind} ({string.Join(", ", key.Columns)}){target}") { OnShadow = true, Columns = key.Columns });
        }
        if (table.Comment.Length > 0) list.Add(new Attachment(AttachmentKind.Comment, "table", table.Comment) { OnShadow = true });
        list.AddRange(table.Columns.Where(c => c.Comment is not null).Select(c => new Attachment(AttachmentKind.Comment, c.Name, c.Comment!) { OnShadow = true, Columns = [c.Name] }));
        if (table.ClusterBy.Length > 0) list.Add(new Attachment(AttachmentKind.Option, "cluster by", $"{table.ClusterBy}{(table.AutoClustering ? "" : ", suspended")}") { OnShadow = true });
        list.Add(new Attachment(AttachmentKind.Option, "retention", $"{table.RetentionDays.ToString(CultureInfo.InvariantCulture)} days") { OnShadow = true });
        if (table.IsTransient) list.Add(new Attachment(AttachmentKind.Option, "kind", "transient") { OnShadow = true });
        if (table.SearchOptimization) list.Add(new Attachment(AttachmentKind.Option, "search optimization", "on") { OnShadow = true });
        return list;
    }

    private static (Mark? Mark, string Comment) SplitComment(string comment)
    {
        var end = comment.IndexOf('\n', StringComparison.Ordinal);
        return Mark.TryParse(end < 0 ? comment : comment[..end]) is { } mark ? (mark, end < 0 ? "" : comment[(end + 1)..]) : (null, comment);
    }

    /// <summary><c>VARCHAR(16777216) COLLATE 'en-ci'</c> in its parts.</summary>
    private static (string Type, string? Collation) SplitCollation(string type)
    {
        var at = type.IndexOf(" COLLATE ", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? (type, null) : (type[..at], type[(at + 9)..].Trim().Trim('\''));
    }

    /// <summary><c>LINEAR(a, b)</c> without what is around.</summary>
    private static string Inner(string key)
    {
        if (key.StartsWith("LINEAR", StringComparison.OrdinalIgnoreCase)) key = key[6..].Trim();
        return key.StartsWith('(') && key.EndsWith(')') ? key[1..^1] : key;
    }

    /// <summary>The names in a text like <c>[ "A", "B" ]</c>.</summary>
    private static List<string> Names(string list)
    {
        if (list.Length == 0) return [];
        try
        {
            return System.Text.Json.JsonSerializer.Deserialize<List<string>>(list) ?? [];
        }
        catch (System.Text.Json.JsonException)
        {
            return [.. list.Trim('[', ']', ' ').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(n => n.Trim('"'))];
        }
    }

    private string Complete(TableName name) => Quoted(Database, name.Schema!, name.Name);

    private static string Quoted(params string[] parts) => string.Join('.', parts.Select(Dialect.Quote));
}
