namespace EtlTableOps.Snowflake.Testing;

/// <summary>Everything in a schema that is not a table, and grants.</summary>
internal static class Objects
{
    public static string CreateDatabase(StatementRun run, string name, bool exists)
    {
        if (run.Session.Model.Databases.ContainsKey(name)) return exists ? "already exists" : throw ModelError.Exists(name);
        run.Session.Model.AddDatabase(name);
        (run.Session.Database, run.Session.Schema) = (name, "PUBLIC");
        return $"Database {name} successfully created.";
    }

    public static string CreateSchema(StatementRun run, Name name, bool exists)
    {
        var database = run.Catalog.Database(name.Parts.Count > 1 ? name.Parts[0] : null);
        if (database.Schemas.ContainsKey(name.Last)) return exists ? "already exists" : throw ModelError.Exists(name.Last);
        database.Schemas[name.Last] = new ModelSchema(name.Last);
        (run.Session.Database, run.Session.Schema) = (database.Name, name.Last);
        return $"Schema {name.Last} successfully created.";
    }

    public static string CreateView(StatementRun run, string kind, Name name, List<string>? columns, Query query, string body, string text, bool replace, bool exists, bool copyGrants, IReadOnlyDictionary<string, string> options)
    {
        var (database, schema) = run.Catalog.Home(name);
        var old = schema.Relations.GetValueOrDefault(name.Last);
        if (old is not null && !replace) return exists ? "already exists" : throw ModelError.Exists(name.Last);
        var relation = new Binder(run).BindQuery(query, null);
        var visible = relation.Columns.Where(c => !c.Hidden).ToList();
        if (columns is not null && columns.Count != visible.Count) throw new ModelError(2056, "42601", $"SQL compilation error:\nView columns mismatch with view query: {columns.Count} and {visible.Count}.");
        var view = new ViewItem
        {
            Id = run.Session.Model.NextId(),
            Kind = kind,
            Name = name.Last,
            Database = database.Name,
            Schema = schema.Name,
            Created = run.Started,
            Owner = run.Session.Role,
            Text = kind == "DYNAMIC TABLE" ? body : text,
            Query = query,
            Columns = [.. visible.Select((c, i) => (columns?[i] ?? c.Name, c.Type))],
            Base = kind == "MATERIALIZED VIEW" && query is Select { From: TableSource source } ? run.Catalog.Readable(source.Name) as TableItem : null,
        };
        if (copyGrants && old is not null) view.Grants.AddRange(old.Grants);
        foreach (var (option, value) in options)
        {
            if (option == "COMMENT") view.Comment = value;
            else view.Properties[option.ToLowerInvariant()] = value;
        }
        schema.Relations[name.Last] = view;
        return $"View {name.Last} successfully created.";
    }

    public static string CreatePolicy(StatementRun run, string kind, Name name, IReadOnlyList<(string, SfType)> arguments, Expr body, string text, bool replace, bool exists) =>
        Create(run, name, replace, exists, (d, s) => new PolicyItem { Id = run.Session.Model.NextId(), Kind = kind, Name = name.Last, Database = d, Schema = s, Created = run.Started, Owner = run.Session.Role, Arguments = arguments, Body = body, Text = text });

    /// <summary>The first stream of a table turns its change tracking on.</summary>
    public static string CreateStream(StatementRun run, Name name, Name tableName, TravelPoint? point, IReadOnlyDictionary<string, string> options, string text, bool replace, bool exists)
    {
        var table = run.Catalog.Table(tableName);
        run.Session.Require(table, "SELECT");
        table.TrackedSince ??= run.Session.Model.Clock();
        var offset = point is null ? run.Session.Model.Clock() : new Binder(run).Time(point);
        return Create(run, name, replace, exists, (d, s) =>
        {
            var stream = new StreamItem { Id = run.Session.Model.NextId(), Kind = "STREAM", Name = name.Last, Database = d, Schema = s, Created = run.Started, Owner = run.Session.Role, Table = table, TableName = table.FullName, Offset = offset, Text = text };
            stream.Properties["mode"] = options.GetValueOrDefault("APPEND_ONLY") == "TRUE" ? "APPEND_ONLY" : "DEFAULT";
            if (options.GetValueOrDefault("COMMENT") is { } comment) stream.Comment = comment;
            return stream;
        });
    }

    public static string CreateLoose(StatementRun run, string kind, Name name, IReadOnlyDictionary<string, string> options, string definition, string text, bool replace, bool exists) => Create(run, name, replace, exists, (d, s) =>
    {
        CatalogItem item = kind == "STAGE"
            ? new StageItem { Id = run.Session.Model.NextId(), Kind = kind, Name = name.Last, Database = d, Schema = s, Created = run.Started, Owner = run.Session.Role, Folder = Path.Combine(run.Session.Model.FilesFolder, Guid.NewGuid().ToString("N")) }
            : new CatalogItem { Id = run.Session.Model.NextId(), Kind = kind, Name = name.Last, Database = d, Schema = s, Created = run.Started, Owner = run.Session.Role };
        item.Text = definition.Length > 0 ? definition : text;
        if (item is StageItem stage) Directory.CreateDirectory(stage.Folder);
        foreach (var (option, value) in options)
        {
            if (option == "COMMENT") item.Comment = value;
            else item.Properties[option.ToLowerInvariant()] = value;
        }
        return item;
    });

    public static string Create(StatementRun run, Name name, bool replace, bool exists, Func<string, string, CatalogItem> make)
    {
        var (database, schema) = run.Catalog.Home(name);
        var item = make(database.Name, schema.Name);
        if (schema.Others.ContainsKey((item.Kind, item.Name)) && !replace) return exists ? "already exists" : throw ModelError.Exists(item.Name);
        schema.Others[(item.Kind, item.Name)] = item;
        return $"{item.Kind} {item.Name} successfully created.";
    }

    public static CatalogItem Find(StatementRun run, string kind, Name name) =>
        kind is "MATERIALIZED VIEW" or "DYNAMIC TABLE" or "VIEW"
            ? run.Catalog.Relation(name) is { } item && item.Kind == kind ? item : throw ModelError.Missing(kind, name.ToString())
            : run.Catalog.Other<CatalogItem>(kind, name);

    public static void Suspend(StatementRun run, string kind, Name name, bool suspended)
    {
        var item = Find(run, kind, name);
        if (item is ViewItem view) view.Suspended = suspended;
        item.Properties["state"] = suspended ? "suspended" : "started";
    }

    public static string Rename(StatementRun run, string kind, Name name, Name target)
    {
        var item = Find(run, kind, name);
        var from = run.Catalog.Home(name).Schema;
        var (database, schema) = run.Catalog.Home(target);
        if (item is ViewItem)
        {
            if (schema.Relations.ContainsKey(target.Last)) throw ModelError.Exists(target.Last);
            from.Relations.Remove(item.Name);
            schema.Relations[target.Last] = item;
        }
        else
        {
            from.Others.Remove((kind, item.Name));
            schema.Others[(kind, target.Last)] = item;
        }
        (item.Name, item.Schema, item.Database) = (target.Last, schema.Name, database.Name);
        return "Statement executed successfully.";
    }

    public static string Drop(StatementRun run, string kind, Name name, bool exists)
    {
        if (kind == "SCHEMA")
        {
            var database = run.Catalog.Database(name.Parts.Count > 1 ? name.Parts[0] : null);
            if (!database.Schemas.Remove(name.Last) && !exists) throw ModelError.Missing("Schema", name.ToString());
            return $"{name.Last} successfully dropped.";
        }
        if (kind == "DATABASE")
        {
            if (!run.Session.Model.Databases.Remove(name.Last) && !exists) throw ModelError.Missing("Database", name.ToString());
            return $"{name.Last} successfully dropped.";
        }
        if (kind == "ROLE")
        {
            run.Session.Model.Roles.Remove(name.Last);
            return $"{name.Last} successfully dropped.";
        }
        var schema = run.Catalog.Home(name).Schema;
        if (!schema.Others.Remove((kind, name.Last), out var item)) return exists ? "already dropped" : throw ModelError.Missing(kind, name.ToString());
        if (item is StageItem { Folder.Length: > 0 } stage && Directory.Exists(stage.Folder)) Directory.Delete(stage.Folder, recursive: true);
        return $"{name.Last} successfully dropped.";
    }

    public static string Grant(StatementRun run, bool give, bool optionOnly, IReadOnlyList<string> privileges, string kind, Name name, string to, string grantee, bool grantable, bool copyGrants)
    {
        if (kind is "SCHEMA" or "DATABASE" or "WAREHOUSE") return "Statement executed successfully.";
        var item = kind is "TABLE" or "VIEW" ? run.Catalog.Relation(name) ?? throw ModelError.Missing("Table", name.ToString()) : Find(run, kind, name);
        if (to == "ROLE" && !run.Session.Model.Roles.Contains(grantee)) throw ModelError.Missing("Role", grantee);
        if (privileges is ["OWNERSHIP"])
        {
            TableChanges.Own(run, item);
            if (item.Grants.Count > 0 && !copyGrants) throw new ModelError(3046, "42601", "SQL execution error: Dependent grant of privilege exists. It must be revoked first.");
            item.Owner = grantee;
            return "Statement executed successfully.";
        }
        if (item.Owner != run.Session.Role && run.Session.Role != "ACCOUNTADMIN" && !privileges.All(p => item.Grants.Exists(g => g.Grantee == run.Session.Role && g.Privilege == p && g.GrantOption)))
            throw ModelError.Unauthorized("table", item.Name);
        foreach (var privilege in privileges is ["ALL"] ? ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"] : privileges)
        {
            var old = item.Grants.Find(g => g.Privilege == privilege && g.GrantedTo == to && g.Grantee == grantee);
            if (old is not null) item.Grants.Remove(old);
            if (give) item.Grants.Add(new ModelGrant(privilege, to, grantee, grantable || old is { GrantOption: true }, run.Session.Role, run.Started));
            else if (optionOnly && old is not null) item.Grants.Add(old with { GrantOption = false });
        }
        return "Statement executed successfully.";
    }
}
