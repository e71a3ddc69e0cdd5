namespace EtlTableOps.Sqlite.Schema;

/// <summary>Reads a <c>CREATE TABLE</c> by the grammar of SQLite's parser (parse.y: columndef, ccons, tcons).</summary>
internal sealed class CreateTableParser(string sql)
{
    private readonly List<SqlToken> tokens = SqlTokens.Read(sql);
    private readonly List<TableItem> items = [];
    private int at;

    private SqlToken Now => at < tokens.Count ? tokens[at] : throw Bad("it ends too early");

    /// <summary>Takes the text apart.</summary>
    public CreateTableText Parse()
    {
        Take("CREATE");
        if (Now.Is("TEMP") || Now.Is("TEMPORARY")) at++;
        Take("TABLE");
        if (Now.Is("IF")) at += 3;
        var name = Name();
        if (Now.IsSign('.'))
        {
            at++;
            name = Name();
        }
        TakeSign('(');
        var raw = new List<Action>();
        while (true)
        {
            if (items.Count > 0 && IsTableConstraint()) Constraint(raw);
            else Column(raw);
            if (Now.IsSign(','))
            {
                at++;
                continue;
            }
            if (Now.IsSign(')')) break;
        }
        // Columns named by a CHECK are known only when all columns are.
        foreach (var finish in raw) finish();
        var close = Now;
        return new CreateTableText(sql, (name.Start, name.End), items, sql[close.End..].Trim());
    }

    private bool IsTableConstraint() => Now.Is("CONSTRAINT") || Now.Is("PRIMARY") || Now.Is("UNIQUE") || Now.Is("CHECK") || Now.Is("FOREIGN");

    private void Column(List<Action> finish)
    {
        var name = Name();
        var typeEnd = Type(name.End);
        var clauses = new List<(ClauseKind Kind, string Name, int First, int Last)>();
        while (!Now.IsSign(',') && !Now.IsSign(')')) clauses.Add(Clause());
        var end = tokens[at - 1].End;
        var index = items.Count;
        items.Add(new ColumnItem(name.Start, end, name.Value, name.End, typeEnd, []));
        finish.Add(() => items[index] = (ColumnItem)items[index] with
        {
            Clauses = [.. clauses.Select(c => new ColumnClause(c.Kind, c.Name, tokens[c.First].Start, tokens[c.Last - 1].End, c.Kind == ClauseKind.Check ? Mentioned(c.First, c.Last) : [name.Value], Body(c.First, c.Last, c.Name)))],
        });
    }

    private int Type(int end)
    {
        var any = false;
        while (Now.IsName && !IsClauseStart())
        {
            end = Now.End;
            at++;
            any = true;
        }
        if (any && Now.IsSign('('))
        {
            Parentheses();
            end = tokens[at - 1].End;
        }
        return end;
    }

    private bool IsClauseStart()
    {
        if (Now.Kind != TokenKind.Word) return false;
        return Now.Value.ToUpperInvariant() switch
        {
            "CONSTRAINT" or "PRIMARY" or "NOT" or "NULL" or "UNIQUE" or "CHECK" or "DEFAULT" or "COLLATE" or "REFERENCES" or "AS" or "DEFERRABLE" => true,
            "GENERATED" => at + 1 < tokens.Count && tokens[at + 1].Is("ALWAYS"),
            _ => false,
        };
    }

    private (ClauseKind Kind, string Name, int First, int Last) Clause()
    {
        var first = at;
        var name = "";
        if (Now.Is("CONSTRAINT"))
        {
            at++;
            name = Name().Value;
            if (Now.IsSign(',') || Now.IsSign(')') || Now.Is("CONSTRAINT")) return (ClauseKind.Nothing, name, first, at);
        }
        var word = Now.Kind == TokenKind.Word ? Now.Value.ToUpperInvariant() : throw Bad($"'{Now.Value}' begins no constraint");
        at++;
        switch (word)
        {
            case "NOT" when Now.Is("NULL"):
                at++;
                Conflict();
                return (ClauseKind.Null, name, first, at);
            case "NOT" or "DEFERRABLE":
                // Belongs to a REFERENCES before it; standing alone it means nothing.
                at--;
                Deferrable();
                return (ClauseKind.Nothing, name, first, at);
            case "NULL":
                Conflict();
                return (ClauseKind.Null, name, first, at);
            case "PRIMARY":
                Take("KEY");
                if (Now.Is("ASC") || Now.Is("DESC")) at++;
                Conflict();
                if (Now.Is("AUTOINCREMENT")) at++;
                return (ClauseKind.PrimaryKey, name, first, at);
            case "UNIQUE":
                Conflict();
                return (ClauseKind.Unique, name, first, at);
            case "CHECK":
                Parentheses();
                Conflict();
                return (ClauseKind.Check, name, first, at);
            case "DEFAULT":
                Default();
                return (ClauseKind.Default, name, first, at);
            case "COLLATE":
                Name();
                return (ClauseKind.Collate, name, first, at);
            case "REFERENCES":
                References();
                return (ClauseKind.References, name, first, at);
            case "GENERATED":
                Take("ALWAYS");
                Take("AS");
                goto case "AS";
            case "AS":
                Parentheses();
                if (Now.Kind == TokenKind.Word && !IsClauseStart()) at++;
                return (ClauseKind.Generated, name, first, at);
            default:
                throw Bad($"'{word}' begins no constraint");
        }
    }

    private void Default()
    {
        if (Now.IsSign('('))
        {
            Parentheses();
            return;
        }
        if (Now.IsSign('+') || Now.IsSign('-')) at++;
        at++;
    }

    private void References()
    {
        Name();
        if (Now.IsSign('(')) Parentheses();
        while (true)
        {
            if (Now.Is("ON"))
            {
                at += 2;
                at += Now.Is("SET") || Now.Is("NO") ? 2 : 1;
            }
            else if (Now.Is("MATCH"))
            {
                at += 2;
            }
            else
            {
                break;
            }
        }
        if (Now.Is("DEFERRABLE") || (Now.Is("NOT") && tokens[at + 1].Is("DEFERRABLE"))) Deferrable();
    }

    private void Deferrable()
    {
        if (Now.Is("NOT")) at++;
        Take("DEFERRABLE");
        if (Now.Is("INITIALLY")) at += 2;
    }

    private void Constraint(List<Action> finish)
    {
        var first = at;
        var name = "";
        if (Now.Is("CONSTRAINT"))
        {
            at++;
            name = Name().Value;
        }
        var kind = ClauseKind.Nothing;
        IReadOnlyList<string>? columns = null;
        if (Now.Is("PRIMARY") || Now.Is("UNIQUE"))
        {
            kind = Now.Is("PRIMARY") ? ClauseKind.PrimaryKey : ClauseKind.Unique;
            at += Now.Is("PRIMARY") ? 2 : 1;
            columns = ColumnList();
            Conflict();
        }
        else if (Now.Is("CHECK"))
        {
            kind = ClauseKind.Check;
            at++;
            Parentheses();
            Conflict();
        }
        else if (Now.Is("FOREIGN"))
        {
            kind = ClauseKind.References;
            at += 2;
            columns = ColumnList();
            Take("REFERENCES");
            References();
        }
        else if (!Now.IsSign(',') && !Now.IsSign(')') && !IsTableConstraint())
        {
            throw Bad($"'{Now.Value}' begins no table constraint");
        }
        var last = at;
        var index = items.Count;
        items.Add(new ConstraintItem(tokens[first].Start, tokens[last - 1].End, kind, name, columns ?? [], Body(first, last, name)));
        if (kind == ClauseKind.Check) finish.Add(() => items[index] = (ConstraintItem)items[index] with { Columns = Mentioned(first, last) });
    }

    private List<string> ColumnList()
    {
        var first = at + 1;
        Parentheses();
        var names = new List<string>();
        var depth = 0;
        for (var i = first; i < at - 1; i++)
        {
            if (tokens[i].IsSign('(')) depth++;
            else if (tokens[i].IsSign(')')) depth--;
            else if (depth == 0 && tokens[i].IsName && (i == first || tokens[i - 1].IsSign(','))) names.Add(tokens[i].Value);
        }
        return names;
    }

    private List<string> Mentioned(int first, int last)
    {
        var names = items.OfType<ColumnItem>().Select(c => c.Name).ToList();
        return names.FindAll(n => tokens.GetRange(first, last - first).Exists(t => t.Kind is TokenKind.Word or TokenKind.QuotedName && SqliteNames.Same(t.Value, n)));
    }

    private string Body(int first, int last, string name) =>
        string.Join(' ', tokens.GetRange(first, last - first).Skip(name.Length > 0 ? 2 : 0).Select(t => sql[t.Start..t.End]));

    private void Conflict()
    {
        if (Now.Is("ON") && at + 1 < tokens.Count && tokens[at + 1].Is("CONFLICT")) at += 3;
    }

    private void Parentheses()
    {
        TakeSign('(');
        for (var depth = 1; depth > 0; at++)
        {
            if (Now.IsSign('(')) depth++;
            else if (Now.IsSign(')')) depth--;
        }
    }

    private SqlToken Name()
    {
        var token = Now;
        if (!token.IsName) throw Bad($"'{token.Value}' stands where a name should");
        at++;
        return token;
    }

    private void Take(string keyword)
    {
        if (!Now.Is(keyword)) throw Bad($"'{Now.Value}' stands where {keyword} should");
        at++;
    }

    private void TakeSign(char sign)
    {
        if (!Now.IsSign(sign)) throw Bad($"'{Now.Value}' stands where '{sign}' should");
        at++;
    }

    private static FormatException Bad(string what) => new($"The table's text is not understood: {what}.");
}
