using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Parser
{
    /// <summary>The one statement of the text; a second one is an error as it is on the server, where several need MULTI_STATEMENT_COUNT.</summary>
    public Statement Single()
    {
        if (FileCommands.IsPut(sql)) return FileCommands.Parse(sql);
        while (Take(";"))
        {
        }
        var statement = One();
        while (Take(";"))
        {
        }
        if (Next.Kind == TokenKind.End) return statement;
        if (tokens[at - 1].Is(";")) throw new ModelError(8, "0A000", "Actual statement count 2 did not match the desired statement count 1.");
        throw Unexpected();
    }

    /// <summary>The texts of the statements in a request.</summary>
    public static IReadOnlyList<string> Split(string sql)
    {
        var parts = new List<string>();
        var start = 0;
        foreach (var token in Lexer.Read(sql))
        {
            if (token.Kind != TokenKind.End && !token.Is(";")) continue;
            var text = sql[start..token.Start].Trim();
            if (text.Length > 0) parts.Add(text);
            start = token.End;
        }
        return parts;
    }

    public Name OneName()
    {
        var name = ObjectName();
        RequireEnd();
        return name;
    }

    private Statement One()
    {
        if (Is("SELECT") || Is("WITH") || Is("(") || Is("VALUES")) return QueryStatement();
        if (Take("INSERT")) return InsertStatement();
        if (Take("UPDATE")) return UpdateStatement();
        if (Take("DELETE", "FROM")) return DeleteStatement();
        if (Take("MERGE", "INTO")) return MergeStatement();
        if (Take("TRUNCATE"))
        {
            Take("TABLE");
            var exists = Take("IF", "EXISTS");
            var table = ObjectName();
            return new Statement("TRUNCATE_TABLE", StatementClass.Dml, r => exists && r.Catalog.Relation(table) is null ? () => ModelResult.Status("Statement executed successfully.") : Dml.Truncate(r, table)) { NeedsWarehouse = true };
        }
        if (Take("COPY", "INTO")) return CopyStatement();
        if (Take("BEGIN") || Take("START", "TRANSACTION"))
        {
            if (!Take("TRANSACTION")) Take("WORK");
            if (Take("NAME")) Identifier();
            return Transaction("BEGIN_TRANSACTION", s => s.Transaction ??= s.Begin(true), StatementTypes.Begin);
        }
        if (Take("COMMIT"))
        {
            Take("WORK");
            return new Statement("COMMIT", StatementClass.Session, r =>
            {
                r.Session.Commit(r.Record);
                return () => ModelResult.Status("Statement executed successfully.", StatementTypes.Commit);
            });
        }
        if (Take("ROLLBACK"))
        {
            Take("WORK");
            return Transaction("ROLLBACK", s => s.Rollback(), StatementTypes.Rollback);
        }
        if (Take("CREATE")) return CreateStatement();
        if (Take("ALTER")) return AlterStatement();
        if (Take("DROP")) return DropStatement();
        if (Take("UNDROP", "TABLE"))
        {
            var table = ObjectName();
            return Ddl("UNDROP_TABLE", r => TableChanges.Undrop(r, table));
        }
        if (Take("COMMENT")) return CommentStatement();
        if (Take("GRANT")) return GrantStatement(true);
        if (Take("REVOKE")) return GrantStatement(false);
        if (Take("SHOW")) return ShowStatement();
        if (Take("DESCRIBE") || Take("DESC"))
        {
            if (Take("FILE", "FORMAT"))
            {
                var format = ObjectName();
                return Reading("DESCRIBE", r => Showing.FileFormat(r, format));
            }
            if (!Take("TABLE")) Take("VIEW");
            var name = ObjectName();
            if (Take("TYPE", "=")) Word();
            return Reading("DESCRIBE", r => Showing.Describe(r, name));
        }
        if (Take("EXPLAIN"))
        {
            if (Take("USING")) Word();
            var explained = One();
            return Reading("EXPLAIN", r =>
            {
                // Compiled, rights included, and neither run nor locked.
                r.Explains = true;
                explained.Prepare(r);
                return new ModelResult { Columns = [new ResultColumn("content", SfType.Text)], Rows = [["GlobalStats:"]] };
            });
        }
        if (Take("USE")) return UseStatement();
        if (Take("SET")) return SetStatement();
        if (Take("UNSET"))
        {
            var variable = Identifier();
            return Transaction("UNSET", s => s.SetVariable(variable, null), StatementTypes.AlterSession);
        }
        if (Take("EXECUTE", "IMMEDIATE"))
        {
            var text = TextLiteral();
            return new Parser(text).Single();
        }
        throw Unexpected();
    }

    private static Statement Transaction(string type, Action<ModelSession> act, long id) => new(type, StatementClass.Session, r =>
    {
        act(r.Session);
        return () => ModelResult.Status("Statement executed successfully.", id);
    });

    private static Statement Ddl(string type, Func<StatementRun, string> act) => new(type, StatementClass.Ddl, r =>
    {
        var status = act(r);
        return () => ModelResult.Status(status);
    });

    private static Statement Reading(string type, Func<StatementRun, ModelResult> act) => new(type, StatementClass.Session, r =>
    {
        var result = act(r);
        return () => result;
    });

    private Statement QueryStatement()
    {
        var query = Query();
        return new Statement("SELECT", StatementClass.Query, r =>
        {
            var relation = new Binder(r).BindQuery(query, null);
            return () => Result(relation, r);
        })
        { NeedsWarehouse = query is Select { From: not null and not FunctionSource } or OrderedQuery or SetQuery or WithQuery };
    }

    private static ModelResult Result(Relation relation, StatementRun run)
    {
        var visible = Enumerable.Range(0, relation.Columns.Count).Where(i => !relation.Columns[i].Hidden).ToArray();
        var rows = new List<object?[]>();
        foreach (var row in relation.Rows(null))
        {
            if ((rows.Count & 0xFF) == 0) run.Check();
            rows.Add(visible.Length == row.Length ? row : Array.ConvertAll(visible, i => row[i]));
        }
        return new ModelResult { Columns = [.. visible.Select(i => new ResultColumn(relation.Columns[i].Name, relation.Columns[i].Type, relation.Columns[i].Nullable))], Rows = rows };
    }

    private Statement InsertStatement()
    {
        var overwrite = Take("OVERWRITE");
        Require("INTO");
        var table = ObjectName();
        List<string>? columns = Is("(") && !Peek(1).Is("SELECT") && !Peek(1).Is("WITH") ? NameList() : null;
        var source = Query();
        return new Statement("INSERT", StatementClass.Dml, r => Dml.Insert(r, table, columns, source, overwrite)) { NeedsWarehouse = true };
    }

    private Statement UpdateStatement()
    {
        var target = Target();
        Require("SET");
        var sets = Assignments();
        var from = Take("FROM") ? Sources() : null;
        var where = Take("WHERE") ? Expression() : null;
        return new Statement("UPDATE", StatementClass.Dml, r => Dml.Update(r, target, sets, from, where)) { NeedsWarehouse = true };
    }

    private Statement DeleteStatement()
    {
        var target = Target();
        var from = Take("USING") ? Sources() : null;
        var where = Take("WHERE") ? Expression() : null;
        return new Statement("DELETE", StatementClass.Dml, r => Dml.Delete(r, target, from, where)) { NeedsWarehouse = true };
    }

    private TableSource Target()
    {
        var name = ObjectName();
        string? alias = null;
        if (Take("AS") || (Next.IsName && !Reserved.Contains(Next.Value))) alias = Identifier();
        return new TableSource(name, null, null) { Alias = alias };
    }

    private List<(string Column, Expr Value)> Assignments()
    {
        var sets = new List<(string, Expr)>();
        do
        {
            var column = Identifier();
            while (Take(".")) column = Identifier();
            Require("=");
            sets.Add((column, Take("DEFAULT") ? DefaultWord() : Expression()));
        }
        while (Take(","));
        return sets;
    }

    private static CallExpr DefaultWord() => new("DEFAULT", [], new Dictionary<string, Expr>(), false, null);

    private Statement MergeStatement()
    {
        var target = Target();
        Require("USING");
        var source = OneSource();
        Require("ON");
        var on = Expression();
        var clauses = new List<MergeClause>();
        while (Take("WHEN"))
        {
            var matched = !Take("NOT");
            Require("MATCHED");
            var condition = Take("AND") ? Expression() : null;
            Require("THEN");
            if (matched && Take("DELETE")) clauses.Add(new MergeClause(true, condition, true, [], null, []));
            else if (matched)
            {
                Require("UPDATE", "SET");
                clauses.Add(new MergeClause(true, condition, false, Assignments(), null, []));
            }
            else
            {
                Require("INSERT");
                List<string>? columns = Is("(") ? NameList() : null;
                Require("VALUES", "(");
                var values = new List<Expr>();
                do values.Add(Take("DEFAULT") ? DefaultWord() : Expression());
                while (Take(","));
                Require(")");
                clauses.Add(new MergeClause(false, condition, false, [], columns, values));
            }
        }
        if (clauses.Count == 0) throw Unexpected();
        return new Statement("MERGE", StatementClass.Dml, r => Merging.Prepare(r, target, source, on, clauses)) { NeedsWarehouse = true };
    }

    private Statement UseStatement()
    {
        var what = Is("ROLE") || Is("WAREHOUSE") || Is("DATABASE") || Is("SCHEMA") ? Word() : "DATABASE";
        var name = ObjectName();
        return new Statement("USE", StatementClass.Session, r =>
        {
            switch (what)
            {
                case "ROLE":
                    if (!r.Session.Model.Roles.Contains(name.Last)) throw ModelError.Missing("Role", name.Last);
                    r.Session.Role = name.Last;
                    break;
                case "WAREHOUSE":
                    r.Session.Warehouse = name.Last;
                    break;
                case "DATABASE":
                    r.Session.Database = r.Catalog.Database(name.Last).Name;
                    r.Session.Schema = "PUBLIC";
                    break;
                default:
                    var (database, schema) = r.Catalog.OfSchema(name);
                    (r.Session.Database, r.Session.Schema) = (database.Name, schema.Name);
                    break;
            }
            return () => ModelResult.Status("Statement executed successfully.", StatementTypes.Use);
        });
    }

    /// <summary>SET name = value, or (a, b) = (1, 2).</summary>
    private Statement SetStatement()
    {
        var names = Is("(") ? NameList() : [Identifier()];
        Require("=");
        List<Expr> values;
        if (names.Count == 1) values = [Expression()];
        else
        {
            Require("(");
            values = ExpressionList();
            Require(")");
        }
        if (values.Count != names.Count) throw Unexpected();
        return new Statement("SET", StatementClass.Query, r =>
        {
            var binder = new Binder(r);
            var bound = values.ConvertAll(v => binder.Bind(v, new Scope([], null)));
            return () =>
            {
                for (var i = 0; i < names.Count; i++) r.Session.SetVariable(names[i], new ModelBind(bound[i].Type, bound[i].Value(new Frame(null))));
                return ModelResult.Status("Statement executed successfully.", StatementTypes.AlterSession);
            };
        });
    }

    private Statement CopyStatement()
    {
        var table = ObjectName();
        List<string>? columns = Is("(") && !Peek(1).Is("SELECT") ? NameList() : null;
        Require("FROM");
        Query? query = null;
        StageSource? stage = null;
        if (Take("("))
        {
            query = Query();
            Require(")");
        }
        else if (Next.Kind == TokenKind.Stage) stage = new StageSource(tokens[at++].Value, new Dictionary<string, string>());
        else throw Unexpected();
        var options = LooseOptions();
        RequireEnd();
        return new Statement("COPY", StatementClass.Dml, r => FileCommands.Copy(r, table, columns, query, stage, options)) { NeedsWarehouse = true };
    }

    /// <summary>(NAME => value, …) or (NAME = value …): as texts.</summary>
    private Dictionary<string, string> Options()
    {
        Require("(");
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        while (!Take(")"))
        {
            var name = Word();
            if (!Take("=>")) Require("=");
            options[name] = OptionValue();
            Take(",");
        }
        return options;
    }

    /// <summary>NAME = value … up to the end or a word that is no option.</summary>
    private Dictionary<string, string> LooseOptions()
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        while (Next.Kind == TokenKind.Word && Peek(1).Is("="))
        {
            var name = Word();
            Require("=");
            if (Is("(") && name is "FILE_FORMAT" or "COPY_OPTIONS")
            {
                foreach (var (key, value) in Options()) options[name + "." + key] = value;
            }
            else options[name] = OptionValue();
            Take(",");
        }
        return options;
    }

    private string OptionValue()
    {
        if (Take("("))
        {
            var list = new List<string>();
            while (!Take(")"))
            {
                list.Add(OptionValue());
                Take(",");
            }
            return string.Join('\u0001', list);
        }
        var sign = Take("-") ? "-" : "";
        var token = Next;
        if (token.Kind is TokenKind.End or TokenKind.Sign) throw Unexpected();
        if (token.Kind is TokenKind.Word or TokenKind.Quoted && Peek(1).Is(".")) return ObjectName().ToString();
        at++;
        return sign + token.Value;
    }

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
