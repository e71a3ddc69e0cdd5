using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>Lists everything that hangs on a table's name. SQLite keeps no list of dependents, so their texts are read.</summary>
internal sealed class SqliteAttachments(SqliteSession session, SqliteTableShape shape, IReadOnlyList<SchemaObject> schema)
{
    private readonly List<Attachment> attachments = [];

    private IEnumerable<string> ColumnNames => shape.Columns.Select(c => c.Name);

    /// <summary>Reads them.</summary>
    public IReadOnlyList<Attachment> Read()
    {
        Constraints();
        foreach (var index in shape.Indexes)
            Add(AttachmentKind.Index, index.Name, ObjectText.IndexDefinition(index.Sql), index.Columns, onShadow: true);
        if (shape.Text.Options.Length > 0)
            Add(AttachmentKind.Option, "options", string.Join(' ', SqlTokens.Read(shape.Text.Options).Select(t => t.Value.ToUpperInvariant())), [], onShadow: true);
        foreach (var key in shape.ReferencedBy)
            Add(AttachmentKind.IncomingForeignKey, $"{key.Child} ({string.Join(", ", key.ChildColumns)})", $"REFERENCES ({string.Join(", ", key.ParentColumns)}) {key.Rule}", key.ParentColumns, onShadow: false);
        Triggers();
        Views();
        VirtualTables();
        return attachments;
    }

    private void Constraints()
    {
        foreach (var column in shape.Text.Columns)
        {
            foreach (var clause in column.Clauses) Constraint(clause.Kind, clause.Name, clause.Body, clause.Columns, $"{column.Name}: ");
        }
        foreach (var constraint in shape.Text.Constraints) Constraint(constraint.Kind, constraint.Name, constraint.Body, constraint.Columns, "");
    }

    private void Constraint(ClauseKind kind, string name, string body, IReadOnlyList<string> columns, string prefix)
    {
        AttachmentKind? found = kind switch
        {
            ClauseKind.PrimaryKey or ClauseKind.Unique => AttachmentKind.Key,
            ClauseKind.Check => AttachmentKind.Check,
            ClauseKind.References => AttachmentKind.ForeignKey,
            _ => null,
        };
        if (found is not { } known) return;
        Add(known, name.Length > 0 ? name : prefix + body, prefix + body, columns, onShadow: known != AttachmentKind.ForeignKey);
    }

    private void Triggers()
    {
        foreach (var trigger in schema.Where(o => o.Type == "trigger" && !SqliteDialect.IsOurs(o.Name)))
        {
            var tokens = SqlTokens.Read(trigger.Sql);
            var own = trigger.IsOn(shape.Name.Name);
            if (!own && !ObjectText.Mentions(tokens, shape.Name.Name)) continue;
            Add(AttachmentKind.Trigger, own ? trigger.Name : $"{trigger.Name} on {trigger.Table}", trigger.Sql, ObjectText.Mentioned(tokens, ColumnNames), onShadow: false);
        }
    }

    /// <summary>Views that read the table, and views on those.</summary>
    private void Views()
    {
        var known = new HashSet<string>(SqliteNames.Comparer) { shape.Name.Name };
        var left = schema.Where(o => o.Type == "view").Select(o => (Object: o, Tokens: SqlTokens.Read(o.Sql))).ToList();
        var found = new List<(SchemaObject Object, List<SqlToken> Tokens)>();
        while (left.FindIndex(v => v.Tokens.Exists(t => t.IsName && known.Contains(t.Value) && !SqliteNames.Same(t.Value, v.Object.Name))) is >= 0 and var at)
        {
            found.Add(left[at]);
            known.Add(left[at].Object.Name);
            left.RemoveAt(at);
        }
        if (found.Count == 0) return;
        var reads = new ViewReads(session);
        foreach (var (view, tokens) in found.OrderBy(v => v.Object.Name, StringComparer.Ordinal))
        {
            var named = ObjectText.Mentioned(tokens, ColumnNames);
            // A name in the text may be another table's; what the library reads when it compiles the view tells which it is. SELECT * names
            // no column, and loses one without breaking.
            if (reads.ColumnsRead(view.Name, shape.Name.Name) is { } read) named = [.. named.Where(read.Contains)];
            Add(AttachmentKind.View, view.Name, view.Sql, named, onShadow: false);
        }
    }

    private void VirtualTables()
    {
        foreach (var table in schema.Where(o => o.IsVirtual && Reads(SqlTokens.Read(o.Sql))))
        {
            attachments.Add(new Attachment(AttachmentKind.Other, table.Name, table.Sql)
            {
                CannotFollow = $"virtual table {table.Name} takes its content from this table by row number, and would not learn of rows that change in the exchange.",
                Remedy = "Drop it before, and make and rebuild it after the switch.",
            });
        }
    }

    // content=allevents, content='allevents' (FTS4, FTS5).
    private bool Reads(List<SqlToken> tokens)
    {
        for (var i = 0; i + 2 < tokens.Count; i++)
        {
            if (tokens[i].Is("content") && tokens[i + 1].IsSign('=') && SqliteNames.Same(tokens[i + 2].Value, shape.Name.Name)) return true;
        }
        return false;
    }

    private void Add(AttachmentKind kind, string name, string definition, IReadOnlyList<string> columns, bool onShadow)
    {
        // Two constraints without a name may say the same; they are told apart by number.
        var unique = name;
        for (var n = 2; attachments.Exists(a => a.Kind == kind && a.Name == unique); n++) unique = $"{name} #{SqliteNames.Number(n)}";
        attachments.Add(new Attachment(kind, unique, definition) { Columns = columns, OnShadow = onShadow, SurvivesRetype = true });
    }
}
