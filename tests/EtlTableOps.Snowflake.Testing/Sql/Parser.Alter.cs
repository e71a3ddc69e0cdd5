namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Parser
{
    private const string Done = "Statement executed successfully.";

    private Statement AlterStatement()
    {
        if (Take("SESSION")) return AlterSession();
        if (Take("TABLE"))
        {
            var exists = Take("IF", "EXISTS");
            var name = ObjectName();
            var change = AlterTable(name);
            return Ddl("ALTER_TABLE", r => exists && r.Catalog.Relation(name) is null ? Done : change(r));
        }
        foreach (var kind in new[] { "MATERIALIZED VIEW", "DYNAMIC TABLE", "PIPE", "TASK", "STREAM", "VIEW", "WAREHOUSE" })
        {
            if (!Take(kind.Split(' '))) continue;
            Take("IF", "EXISTS");
            var name = ObjectName();
            return AlterOther(kind, name);
        }
        throw Unexpected();
    }

    private Statement AlterSession()
    {
        var set = Take("SET");
        if (!set) Require("UNSET");
        var values = new List<(string Name, string? Value)>();
        do
        {
            var name = Word();
            if (set) Require("=");
            values.Add((name, set ? OptionValue() : null));
            Take(",");
        }
        while (Next.Kind == TokenKind.Word);
        return new Statement("ALTER_SESSION", StatementClass.Session, r =>
        {
            foreach (var (name, value) in values) r.Session.Set(name, value is "TRUE" or "FALSE" ? value.ToLowerInvariant() : value);
            return () => ModelResult.Status(Done, StatementTypes.AlterSession);
        });
    }

    private Func<StatementRun, string> AlterTable(Name name)
    {
        if (Take("SWAP", "WITH"))
        {
            var other = ObjectName();
            return r => TableChanges.Swap(r, name, other);
        }
        if (Take("RENAME", "TO"))
        {
            var target = ObjectName();
            return r => TableChanges.Rename(r, name, target);
        }
        if (Take("RENAME", "COLUMN"))
        {
            var from = Identifier();
            Require("TO");
            var to = Identifier();
            return r => TableChanges.RenameColumn(r, name, from, to);
        }
        if (Take("CLUSTER", "BY"))
        {
            var key = Parenthesized();
            return r => TableChanges.Table(r, name, t => (t.ClusterBy, t.Clustering) = (key, true));
        }
        if (Take("DROP", "CLUSTERING", "KEY")) return r => TableChanges.Table(r, name, t => (t.ClusterBy, t.Clustering) = ("", false));
        if (Take("RESUME", "RECLUSTER")) return r => TableChanges.Table(r, name, t => t.Clustering = t.ClusterBy.Length > 0 ? true : throw new ModelError(2211, "42601", $"SQL compilation error:\nTable {t.Name} is not clustered."));
        if (Take("SUSPEND", "RECLUSTER")) return r => TableChanges.Table(r, name, t => t.Clustering = false);
        if (Take("ADD", "SEARCH", "OPTIMIZATION"))
        {
            if (Take("ON")) at = tokens.Count - 1;
            return r => TableChanges.Table(r, name, t => t.SearchOptimization = true);
        }
        if (Take("DROP", "SEARCH", "OPTIMIZATION")) return r => TableChanges.Table(r, name, t => t.SearchOptimization = false);
        if (Take("ADD", "ROW", "ACCESS", "POLICY"))
        {
            var policy = ObjectName();
            Require("ON");
            var columns = NameList();
            return r => TableChanges.Table(r, name, t =>
            {
                if (t.RowAccessPolicy is not null) throw new ModelError(3557, "42601", $"SQL compilation error:\nObject {t.Name} already has a ROW_ACCESS_POLICY.");
                foreach (var column in columns) Dml.Column(t, column);
                (t.RowAccessPolicy, t.RowAccessColumns) = (r.Catalog.Other<PolicyItem>("ROW ACCESS POLICY", policy).FullName, columns);
            });
        }
        if (Take("DROP", "ALL", "ROW", "ACCESS", "POLICIES")) return r => TableChanges.Table(r, name, t => (t.RowAccessPolicy, t.RowAccessColumns) = (null, []));
        if (Take("DROP", "ROW", "ACCESS", "POLICY"))
        {
            ObjectName();
            return r => TableChanges.Table(r, name, t => (t.RowAccessPolicy, t.RowAccessColumns) = (null, []));
        }
        if (Take("SET")) return AlterTableSet(name);
        if (Take("UNSET")) return AlterTableUnset(name);
        if (Take("ADD")) return AlterTableAdd(name);
        if (Take("DROP")) return AlterTableDrop(name);
        if (Take("ALTER") || Take("MODIFY")) return AlterColumns(name);
        throw Unexpected();
    }

    private Func<StatementRun, string> AlterTableSet(Name name)
    {
        if (Take("TAG"))
        {
            var tags = Tags();
            return r => TableChanges.Table(r, name, t => SetTags(r, tags, t.Tags));
        }
        var acts = new List<Action<TableItem, StatementRun>>();
        do
        {
            var option = Word();
            Require("=");
            switch (option)
            {
                case "CHANGE_TRACKING":
                    var on = Word() == "TRUE";
                    acts.Add((t, r) =>
                    {
                        // Locks the table for a moment: waits for UPDATE, DELETE and MERGE (engines.md 1.4).
                        r.Lock(t);
                        t.TrackedSince = on ? t.TrackedSince ?? r.Session.Model.Clock() : null;
                    });
                    break;
                case "DATA_RETENTION_TIME_IN_DAYS":
                    var days = Integer();
                    acts.Add((t, _) => t.Retention = days);
                    break;
                case "COMMENT":
                    var comment = TextLiteral();
                    acts.Add((t, _) => t.Comment = comment);
                    break;
                case "MAX_DATA_EXTENSION_TIME_IN_DAYS":
                    Integer();
                    break;
                case "ENABLE_SCHEMA_EVOLUTION":
                    Word();
                    break;
                default: throw Unexpected();
            }
            Take(",");
        }
        while (Next.Kind == TokenKind.Word);
        return r => TableChanges.Table(r, name, t =>
        {
            foreach (var act in acts) act(t, r);
        });
    }

    private Func<StatementRun, string> AlterTableUnset(Name name)
    {
        if (Take("TAG"))
        {
            var tags = new List<Name>();
            do tags.Add(ObjectName());
            while (Take(","));
            return r => TableChanges.Table(r, name, t =>
            {
                foreach (var tag in tags) t.Tags.Remove(r.Catalog.Other<CatalogItem>("TAG", tag).FullName);
            });
        }
        var option = Word();
        return r => TableChanges.Table(r, name, t =>
        {
            if (option == "COMMENT") t.Comment = "";
            else if (option == "DATA_RETENTION_TIME_IN_DAYS") t.Retention = null;
            else if (option == "CHANGE_TRACKING") t.TrackedSince = null;
        });
    }

    private Func<StatementRun, string> AlterTableAdd(Name name)
    {
        if (Is("CONSTRAINT") || Is("PRIMARY", "KEY") || Is("UNIQUE") || Is("FOREIGN", "KEY") || Is("CHECK"))
        {
            var constraint = OutOfLine();
            return r => TableChanges.Table(r, name, t => TableMaking.Add(r, t, constraint));
        }
        Take("COLUMN");
        var exists = IfNotExists();
        var additions = new List<(ColumnDefinition Column, List<ConstraintDefinition> Constraints)>();
        do
        {
            var constraints = new List<ConstraintDefinition>();
            additions.Add((ColumnOf(constraints), constraints));
            if (Is(",") && Peek(1).Is("COLUMN")) at++;
        }
        while (Take(",") || Take("COLUMN"));
        return r =>
        {
            foreach (var (column, constraints) in additions) TableChanges.AddColumn(r, name, column, constraints, exists);
            return Done;
        };
    }

    private Func<StatementRun, string> AlterTableDrop(Name name)
    {
        if (Take("CONSTRAINT"))
        {
            var constraint = Identifier();
            return r => TableChanges.Table(r, name, t =>
            {
                if (t.Constraints.RemoveAll(c => c.Name == constraint) == 0) throw ModelError.Missing("Constraint", constraint);
            });
        }
        if (Take("PRIMARY", "KEY")) return r => TableChanges.Table(r, name, t => t.Constraints.RemoveAll(c => c.Kind == "PRIMARY KEY"));
        if (Take("UNIQUE"))
        {
            var columns = NameList();
            return r => TableChanges.Table(r, name, t => t.Constraints.RemoveAll(c => c.Kind == "UNIQUE" && c.Columns.SequenceEqual(columns)));
        }
        Take("COLUMN");
        var exists = Take("IF", "EXISTS");
        var names = new List<string>();
        do names.Add(Identifier());
        while (Take(","));
        return r => TableChanges.DropColumns(r, name, names, exists);
    }

    private Func<StatementRun, string> AlterColumns(Name name)
    {
        var grouped = Take("(");
        var acts = new List<Func<StatementRun, string>>();
        do
        {
            Take("COLUMN");
            acts.Add(AlterColumn(name, Identifier()));
        }
        while (Take(","));
        if (grouped) Require(")");
        return r =>
        {
            foreach (var act in acts) act(r);
            return Done;
        };
    }

    private Func<StatementRun, string> AlterColumn(Name name, string column)
    {
        if (Take("SET", "DATA", "TYPE") || Take("TYPE"))
        {
            var type = Type();
            return r => TableChanges.Retype(r, name, column, type);
        }
        if (Take("SET", "NOT", "NULL") || Take("NOT", "NULL")) return r => TableChanges.Column(r, name, column, c => c.Nullable = false, notNull: true);
        if (Take("DROP", "NOT", "NULL")) return r => TableChanges.Column(r, name, column, c => c.Nullable = true);
        if (Take("DROP", "DEFAULT")) return r => TableChanges.Column(r, name, column, c => (c.Default, c.DefaultValue) = (null, null));
        if (Take("SET", "DEFAULT"))
        {
            // Only a sequence can become a default of a column that is there.
            var start = at;
            var value = Expression();
            var text = sql[tokens[start].Start..tokens[at - 1].End];
            return r => TableChanges.Column(r, name, column, c => (c.Default, c.DefaultValue) = value is ColumnExpr { Name: "NEXTVAL" } ? (text, value) : throw ModelError.Unsupported("Alter Column Set Default"));
        }
        if (Take("COMMENT"))
        {
            var comment = TextLiteral();
            return r => TableChanges.Column(r, name, column, c => c.Comment = comment);
        }
        if (Take("SET", "MASKING", "POLICY"))
        {
            var policy = ObjectName();
            IReadOnlyList<string> columns = Take("USING") ? NameList() : [];
            var force = Take("FORCE");
            return r => TableChanges.Column(r, name, column, c =>
            {
                if (c.MaskingPolicy is not null && !force) throw new ModelError(3547, "42601", $"SQL compilation error:\nSpecified column already attached to another masking policy. A column cannot be attached to multiple masking policies.");
                (c.MaskingPolicy, c.MaskingUsing) = (r.Catalog.Other<PolicyItem>("MASKING POLICY", policy).FullName, columns);
            });
        }
        if (Take("UNSET", "MASKING", "POLICY")) return r => TableChanges.Column(r, name, column, c => (c.MaskingPolicy, c.MaskingUsing) = (null, []));
        if (Take("SET", "TAG"))
        {
            var tags = Tags();
            return r => TableChanges.Column(r, name, column, c => SetTags(r, tags, c.Tags));
        }
        if (Take("UNSET", "TAG"))
        {
            var tag = ObjectName();
            return r => TableChanges.Column(r, name, column, c => c.Tags.Remove(r.Catalog.Other<CatalogItem>("TAG", tag).FullName));
        }
        throw Unexpected();
    }

    private List<(Name Tag, string Value)> Tags()
    {
        var tags = new List<(Name, string)>();
        do
        {
            var tag = ObjectName();
            Require("=");
            tags.Add((tag, TextLiteral()));
        }
        while (Take(","));
        return tags;
    }

    private static void SetTags(StatementRun run, List<(Name Tag, string Value)> tags, Dictionary<string, string> target)
    {
        foreach (var (tag, value) in tags) target[run.Catalog.Other<CatalogItem>("TAG", tag).FullName] = value;
    }

    private Statement AlterOther(string kind, Name name)
    {
        if (Take("SUSPEND") || Take("RESUME"))
        {
            var suspended = tokens[at - 1].Value == "SUSPEND";
            if (Take("IF", "SUSPENDED"))
            {
            }
            return Ddl("ALTER_" + kind.Replace(' ', '_'), r =>
            {
                if (kind == "WAREHOUSE")
                {
                    if (suspended) r.Session.Model.Warehouses.Remove(name.Last);
                    else r.Session.Model.Warehouses.Add(name.Last);
                }
                else Objects.Suspend(r, kind, name, suspended);
                return Done;
            });
        }
        if (Take("RENAME", "TO"))
        {
            var target = ObjectName();
            return Ddl("ALTER_" + kind.Replace(' ', '_'), r => Objects.Rename(r, kind, name, target));
        }
        if (Take("REFRESH")) return Ddl("ALTER_" + kind.Replace(' ', '_'), _ => Done);
        Require("SET");
        var options = LooseOptions();
        return Ddl("ALTER_" + kind.Replace(' ', '_'), r =>
        {
            var item = Objects.Find(r, kind, name);
            foreach (var (option, value) in options)
            {
                if (option == "COMMENT") item.Comment = value;
                else item.Properties[option.ToLowerInvariant()] = value;
            }
            return Done;
        });
    }

    private Statement DropStatement()
    {
        string kind;
        if (Take("MATERIALIZED", "VIEW")) kind = "MATERIALIZED VIEW";
        else if (Take("DYNAMIC", "TABLE")) kind = "DYNAMIC TABLE";
        else if (Take("ROW", "ACCESS", "POLICY")) kind = "ROW ACCESS POLICY";
        else if (Take("MASKING", "POLICY")) kind = "MASKING POLICY";
        else if (Take("FILE", "FORMAT")) kind = "FILE FORMAT";
        else kind = Word();
        var exists = Take("IF", "EXISTS");
        var name = ObjectName();
        if (!Take("CASCADE")) Take("RESTRICT");
        return Ddl("DROP_" + kind.Replace(' ', '_'), r => kind is "TABLE" or "VIEW" or "MATERIALIZED VIEW" or "DYNAMIC TABLE" ? TableChanges.Drop(r, kind, name, exists) : Objects.Drop(r, kind, name, exists));
    }

    private Statement CommentStatement()
    {
        var exists = Take("IF", "EXISTS");
        Require("ON");
        var kind = Take("DYNAMIC", "TABLE") ? "DYNAMIC TABLE" : Word();
        var name = kind == "COLUMN" ? null : ObjectName();
        List<string> path = [];
        if (name is null)
        {
            do path.Add(Identifier());
            while (Take("."));
        }
        Require("IS");
        var text = TextLiteral();
        return Ddl("COMMENT", r =>
        {
            if (name is null) return TableChanges.Column(r, new Name(path[..^1]), path[^1], c => c.Comment = text);
            var item = kind is "TABLE" or "VIEW" ? r.Catalog.Relation(name) : Objects.Find(r, kind, name);
            if (item is null) return exists ? Done : throw ModelError.Missing("Table", name.ToString());
            TableChanges.Own(r, item);
            item.Comment = text;
            return Done;
        });
    }

    private Statement GrantStatement(bool give)
    {
        var option = !give && Take("GRANT", "OPTION", "FOR");
        var privileges = new List<string>();
        do
        {
            var words = Word();
            while (Next.Kind == TokenKind.Word && !Is("ON") && !Is("TO")) words += " " + Word();
            privileges.Add(words == "ALL PRIVILEGES" ? "ALL" : words);
        }
        while (Take(","));
        if (!Take("ON"))
        {
            // A role to a role or a user.
            at = tokens.Count - 1;
            return Ddl("GRANT_ROLE", _ => Done);
        }
        if (Take("FUTURE", "TABLES", "IN", "SCHEMA"))
        {
            var schema = ObjectName();
            Require("TO");
            Take("ROLE");
            var role = Identifier();
            return Ddl("GRANT", r =>
            {
                foreach (var privilege in privileges) r.Catalog.OfSchema(schema).Schema.FutureGrants.Add((privilege, role));
                return Done;
            });
        }
        var kind = "TABLE";
        if (Take("DYNAMIC", "TABLE")) kind = "DYNAMIC TABLE";
        else if (Next.Kind == TokenKind.Word && Peek(1).IsName) kind = Word();
        var name = ObjectName();
        Require(give ? "TO" : "FROM");
        var to = Is("ROLE") || Is("SHARE") || Is("USER") ? Word() : Take("DATABASE", "ROLE") ? "DATABASE_ROLE" : "ROLE";
        var grantee = ObjectName().ToString();
        var grantable = Take("WITH", "GRANT", "OPTION");
        var copy = Take("COPY", "CURRENT", "GRANTS");
        if (!copy) Take("REVOKE", "CURRENT", "GRANTS");
        return Ddl(give ? "GRANT" : "REVOKE", r => Objects.Grant(r, give, option, privileges, kind, name, to, grantee, grantable, copy));
    }
}
