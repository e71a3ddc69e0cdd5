namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Parser
{
    private Statement CreateStatement()
    {
        var replace = Take("OR", "REPLACE");
        var kind = "TABLE";
        while (Is("TRANSIENT") || Is("TEMPORARY") || Is("TEMP") || Is("LOCAL") || Is("GLOBAL") || Is("VOLATILE"))
        {
            var word = Word();
            if (word == "TRANSIENT") kind = "TRANSIENT";
            else if (word is "TEMPORARY" or "TEMP" or "VOLATILE") kind = "TEMPORARY";
        }
        if (Take("TABLE")) return CreateTable(replace, kind);
        if (Take("SECURE", "VIEW") || Take("VIEW")) return CreateView("VIEW", replace);
        if (Take("SECURE", "MATERIALIZED", "VIEW") || Take("MATERIALIZED", "VIEW")) return CreateView("MATERIALIZED VIEW", replace);
        if (Take("DYNAMIC", "TABLE")) return CreateView("DYNAMIC TABLE", replace);
        if (Take("UNIQUE", "INDEX") || Take("INDEX")) throw ModelError.Unsupported("CREATE INDEX");
        if (Take("TRIGGER")) throw ModelError.Unsupported("CREATE TRIGGER");
        if (Take("DATABASE"))
        {
            var exists = IfNotExists();
            var name = Identifier();
            return Ddl("CREATE_DATABASE", r => Objects.CreateDatabase(r, name, exists));
        }
        if (Take("SCHEMA"))
        {
            var exists = IfNotExists();
            var name = ObjectName();
            return Ddl("CREATE_SCHEMA", r => Objects.CreateSchema(r, name, exists || replace));
        }
        if (Take("ROLE"))
        {
            IfNotExists();
            var name = Identifier();
            return Ddl("CREATE_ROLE", r =>
            {
                r.Session.Model.Roles.Add(name);
                return $"Role {name} successfully created.";
            });
        }
        if (Take("ROW", "ACCESS", "POLICY")) return CreatePolicy("ROW ACCESS POLICY", replace);
        if (Take("MASKING", "POLICY")) return CreatePolicy("MASKING POLICY", replace);
        if (Take("STREAM")) return CreateStream(replace);
        if (Take("SEQUENCE")) return CreateSequence(replace);
        if (Take("STAGE")) return CreateLoose("STAGE", replace);
        if (Take("FILE", "FORMAT")) return CreateLoose("FILE FORMAT", replace);
        if (Take("TAG")) return CreateLoose("TAG", replace);
        if (Take("TASK")) return CreateLoose("TASK", replace);
        if (Take("PIPE")) return CreateLoose("PIPE", replace);
        throw Unexpected();
    }

    private bool IfNotExists() => Take("IF", "NOT", "EXISTS");

    private Statement CreateTable(bool replace, string kind)
    {
        var exists = IfNotExists();
        var name = ObjectName();
        if (Take("LIKE"))
        {
            var source = ObjectName();
            var options = TableOptions();
            return Ddl("CREATE_TABLE", r => TableMaking.Like(r, name, source, kind, replace, exists, options));
        }
        if (Take("CLONE"))
        {
            var source = ObjectName();
            var point = Travel();
            var options = TableOptions();
            return Ddl("CREATE_TABLE", r => TableMaking.Clone(r, name, source, point, kind, replace, exists, options));
        }
        List<ColumnDefinition>? columns = null;
        List<ConstraintDefinition> constraints = [];
        if (Is("(")) (columns, constraints) = TableBody();
        var given = TableOptions();
        if (Take("AS"))
        {
            var query = Query();
            return new Statement("CREATE_TABLE_AS_SELECT", StatementClass.Ddl, r =>
            {
                var status = TableMaking.AsSelect(r, name, columns, constraints, query, kind, replace, exists, given);
                return () => ModelResult.Status(status);
            })
            { NeedsWarehouse = true };
        }
        if (columns is null) throw Unexpected();
        return Ddl("CREATE_TABLE", r => TableMaking.Create(r, name, columns, constraints, kind, replace, exists, given));
    }

    private (List<ColumnDefinition> Columns, List<ConstraintDefinition> Constraints) TableBody()
    {
        Require("(");
        var columns = new List<ColumnDefinition>();
        var constraints = new List<ConstraintDefinition>();
        do
        {
            if (Is("CONSTRAINT") || Is("PRIMARY", "KEY") || Is("FOREIGN", "KEY") || Is("UNIQUE") || Is("CHECK")) constraints.Add(OutOfLine());
            else columns.Add(ColumnOf(constraints));
        }
        while (Take(","));
        Require(")");
        return (columns, constraints);
    }

    private ConstraintDefinition OutOfLine()
    {
        var name = Take("CONSTRAINT") ? Identifier() : null;
        if (Take("PRIMARY", "KEY")) return Enforcement(new ConstraintDefinition(name, "PRIMARY KEY", NameList()));
        if (Take("UNIQUE")) return Enforcement(new ConstraintDefinition(name, "UNIQUE", NameList()));
        if (Take("CHECK")) throw ModelError.Unsupported("CHECK constraint");
        Require("FOREIGN", "KEY");
        var columns = NameList();
        return References(name, columns);
    }

    private ConstraintDefinition References(string? name, List<string> columns)
    {
        Require("REFERENCES");
        var parent = ObjectName();
        List<string> parentColumns = Is("(") ? NameList() : [];
        while (Take("ON"))
        {
            if (!Take("DELETE")) Require("UPDATE");
            if (Take("SET")) Word();
            else if (Take("NO")) Require("ACTION");
            else Word();
        }
        return Enforcement(new ConstraintDefinition(name, "FOREIGN KEY", columns) { Parent = parent, ParentColumns = parentColumns });
    }

    private ConstraintDefinition Enforcement(ConstraintDefinition constraint)
    {
        while (Take("NOT", "ENFORCED") || Take("ENFORCED") || Take("RELY") || Take("NORELY") || Take("ENABLE") || Take("DISABLE") || Take("VALIDATE") || Take("NOVALIDATE") || Take("NOT", "DEFERRABLE") || Take("DEFERRABLE") || Take("INITIALLY", "DEFERRED"))
        {
        }
        if (Take("COMMENT")) constraint = constraint with { Comment = TextLiteral() };
        return constraint;
    }

    private ColumnDefinition ColumnOf(List<ConstraintDefinition> constraints)
    {
        var name = Identifier();
        // A CTAS may name columns without types.
        SfType? type = Is(",") || Is(")") ? null : Type();
        var column = new ColumnDefinition(name, type);
        while (true)
        {
            if (Take("COLLATE")) column = column with { Collation = TextLiteral() };
            else if (Take("NOT", "NULL")) column = column with { Nullable = false };
            else if (Take("NULL")) column = column with { Nullable = true };
            else if (Take("DEFAULT"))
            {
                var start = at;
                var value = Unary();
                while (Is("||"))
                {
                    at++;
                    value = new BinaryExpr("||", value, Unary());
                }
                column = column with { Default = value, DefaultText = sql[tokens[start].Start..tokens[at - 1].End] };
            }
            else if (Take("IDENTITY") || Take("AUTOINCREMENT")) column = column with { Identity = IdentityOf() };
            else if (Is("CONSTRAINT") || Is("PRIMARY", "KEY") || Is("UNIQUE") || Is("REFERENCES") || Is("FOREIGN", "KEY") || Is("CHECK"))
            {
                var constraint = Take("CONSTRAINT") ? Identifier() : null;
                if (Take("PRIMARY", "KEY"))
                {
                    constraints.Add(Enforcement(new ConstraintDefinition(constraint, "PRIMARY KEY", [name])));
                    column = column with { Nullable = false };
                }
                else if (Take("UNIQUE")) constraints.Add(Enforcement(new ConstraintDefinition(constraint, "UNIQUE", [name])));
                else if (Take("CHECK")) throw ModelError.Unsupported("CHECK constraint");
                else
                {
                    Take("FOREIGN", "KEY");
                    constraints.Add(References(constraint, [name]));
                }
            }
            else if (Take("WITH", "MASKING", "POLICY") || Take("MASKING", "POLICY")) column = column with { Masking = ObjectName(), MaskingUsing = Take("USING") ? NameList() : [] };
            else if (Is("WITH", "TAG") || Is("TAG"))
            {
                Take("WITH");
                Take("TAG");
                column = column with { Tags = TagList() };
            }
            else if (Take("COMMENT")) column = column with { Comment = TextLiteral() };
            else if (Take("GENERATED")) throw ModelError.Unsupported("GENERATED column");
            else return column;
        }
    }

    private IdentityCounter IdentityOf()
    {
        long start = 1, increment = 1;
        var ordered = true;
        if (Take("("))
        {
            start = Integer();
            Require(",");
            increment = Integer();
            Require(")");
        }
        else
        {
            if (Take("START"))
            {
                Take("WITH");
                start = Integer();
            }
            if (Take("INCREMENT"))
            {
                Take("BY");
                increment = Integer();
            }
        }
        if (Take("NOORDER")) ordered = false;
        else Take("ORDER");
        return new IdentityCounter { Start = start, Increment = increment, Ordered = ordered, Next = start };
    }

    private Dictionary<Name, string> TagList()
    {
        Require("(");
        var tags = new Dictionary<Name, string>();
        do
        {
            var tag = ObjectName();
            Require("=");
            tags[tag] = TextLiteral();
        }
        while (Take(","));
        Require(")");
        return tags;
    }

    private TableOptions TableOptions()
    {
        var options = new TableOptions();
        while (true)
        {
            if (Take("COPY", "GRANTS")) options.CopyGrants = true;
            else if (Take("COPY", "TAGS")) options.CopyTags = true;
            else if (Is("CLUSTER", "BY"))
            {
                at += 2;
                options.ClusterBy = Parenthesized();
            }
            else if (Take("COMMENT"))
            {
                Take("=");
                options.Comment = TextLiteral();
            }
            else if (Take("DATA_RETENTION_TIME_IN_DAYS", "=")) options.Retention = Integer();
            else if (Take("MAX_DATA_EXTENSION_TIME_IN_DAYS", "=")) Integer();
            else if (Take("CHANGE_TRACKING", "=")) options.ChangeTracking = Word() == "TRUE";
            else if (Take("STAGE_FILE_FORMAT", "=")) Options();
            else if (Take("WITH", "ROW", "ACCESS", "POLICY") || Take("ROW", "ACCESS", "POLICY"))
            {
                options.RowAccess = ObjectName();
                Require("ON");
                options.RowAccessColumns = NameList();
            }
            else if (Is("WITH", "TAG") || Is("TAG"))
            {
                Take("WITH");
                Take("TAG");
                options.Tags = TagList();
            }
            else return options;
        }
    }

    /// <summary>The text from a parenthesis to its partner, without them.</summary>
    private string Parenthesized()
    {
        Require("(");
        var start = Next.Start;
        for (var depth = 1; ; at++)
        {
            if (Next.Kind == TokenKind.End) throw Unexpected();
            if (Next.Is("(")) depth++;
            if (Next.Is(")") && --depth == 0) break;
        }
        var text = sql[start..Next.Start].Trim();
        at++;
        return text;
    }

    private Statement CreateView(string kind, bool replace)
    {
        var exists = IfNotExists();
        var name = ObjectName();
        List<string>? columns = Is("(") ? NameList() : null;
        var copyGrants = Take("COPY", "GRANTS");
        var options = LooseOptions();
        copyGrants |= Take("COPY", "GRANTS");
        Require("AS");
        var start = Next.Start;
        var query = Query();
        var text = sql;
        var body = sql[start..tokens[at - 1].End];
        return Ddl("CREATE_VIEW", r => Objects.CreateView(r, kind, name, columns, query, body, text, replace, exists, copyGrants, options));
    }

    private Statement CreatePolicy(string kind, bool replace)
    {
        var exists = IfNotExists();
        var name = ObjectName();
        Require("AS", "(");
        var arguments = new List<(string, SfType)>();
        do arguments.Add((Identifier(), Type()));
        while (Take(","));
        Require(")", "RETURNS");
        Type();
        Require("->");
        var start = Next.Start;
        var body = Expression();
        var text = sql[start..tokens[at - 1].End];
        if (Take("COMMENT", "=")) TextLiteral();
        return Ddl("CREATE_POLICY", r => Objects.CreatePolicy(r, kind, name, arguments, body, text, replace, exists));
    }

    private Statement CreateStream(bool replace)
    {
        var exists = IfNotExists();
        var name = ObjectName();
        Take("COPY", "GRANTS");
        Require("ON", "TABLE");
        var table = ObjectName();
        var point = Travel();
        var options = LooseOptions();
        var text = sql;
        return Ddl("CREATE_STREAM", r => Objects.CreateStream(r, name, table, point, options, text, replace, exists));
    }

    private Statement CreateSequence(bool replace)
    {
        var exists = IfNotExists();
        var name = ObjectName();
        Take("WITH");
        long start = 1, increment = 1;
        while (Is("START") || Is("INCREMENT"))
        {
            var word = Word();
            if (!Take("WITH")) Take("BY");
            Take("=");
            if (word == "START") start = Integer();
            else increment = Integer();
        }
        if (!Take("ORDER")) Take("NOORDER");
        return Ddl("CREATE_SEQUENCE", r => Objects.Create(r, name, replace, exists, (d, s) => new SequenceItem { Id = r.Session.Model.NextId(), Kind = "SEQUENCE", Name = name.Last, Database = d, Schema = s, Created = r.Started, Owner = r.Session.Role, Next = start, Increment = increment }));
    }

    /// <summary>Objects that the model keeps by name, options and text: what stands after the options or AS is not looked into.</summary>
    private Statement CreateLoose(string kind, bool replace)
    {
        var exists = IfNotExists();
        var name = ObjectName();
        var options = LooseOptions();
        var text = sql;
        var definition = "";
        for (; Next.Kind != TokenKind.End; at++)
        {
            if (Next.Is(";")) break;
            if (Next.Is("AS") && definition.Length == 0) definition = sql[Peek(1).Start..].TrimEnd(';', ' ', '\n');
        }
        return Ddl("CREATE_" + kind.Replace(' ', '_'), r => Objects.CreateLoose(r, kind, name, options, definition, text, replace, exists));
    }
}
