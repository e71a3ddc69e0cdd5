namespace EtlTableOps.Snowflake.Testing;

/// <summary>Finds objects by names that may lack a database and a schema.</summary>
internal sealed class CatalogLookup(ModelSession session)
{
    private (string? Database, string? Schema)? within;

    public T Within<T>(string database, string schema, Func<T> work)
    {
        var before = within;
        within = (database, schema);
        try
        {
            return work();
        }
        finally
        {
            within = before;
        }
    }

    public ModelDatabase Database(string? name = null)
    {
        name ??= within?.Database ?? session.Database ?? throw new ModelError(90105, "22000", "Cannot perform operation. This session does not have a current database. Call 'USE DATABASE', or use a qualified name.");
        return session.Model.Databases.GetValueOrDefault(name) ?? throw ModelError.Missing("Database", name);
    }

    public ModelSchema Schema(string database, string name) => Database(database).Schemas.GetValueOrDefault(name) ?? throw ModelError.Missing("Schema", $"{database}.{name}");

    /// <summary>Where an object of this name is or would be.</summary>
    public (ModelDatabase Database, ModelSchema Schema) Home(Name name)
    {
        var database = Database(name.Parts.Count > 2 ? name.Parts[0] : null);
        var schema = name.Parts.Count > 1 ? name.Parts[^2] : within?.Schema ?? session.Schema ?? throw new ModelError(90106, "22000", "Cannot perform operation. This session does not have a current schema. Call 'USE SCHEMA', or use a qualified name.");
        return (database, Schema(database.Name, schema));
    }

    /// <summary>A schema by its own name, of one part or two.</summary>
    public (ModelDatabase Database, ModelSchema Schema) OfSchema(Name name)
    {
        var database = Database(name.Parts.Count > 1 ? name.Parts[0] : null);
        return (database, Schema(database.Name, name.Last));
    }

    public CatalogItem? Relation(Name name) => Home(name).Schema.Relations.GetValueOrDefault(name.Last);

    /// <summary>What a query names: a relation or a stream.</summary>
    public CatalogItem Readable(Name name)
    {
        ModelSchema schema;
        try
        {
            schema = Home(name).Schema;
        }
        catch (ModelError e) when (e.Code == 2003)
        {
            throw ModelError.NoObject(name.ToString());
        }
        return schema.Relations.GetValueOrDefault(name.Last) ?? schema.Others.GetValueOrDefault(("STREAM", name.Last)) ?? throw ModelError.NoObject(name.ToString());
    }

    /// <summary>A table that a DML statement writes to.</summary>
    public TableItem Target(Name name) => Readable(name) as TableItem ?? throw new ModelError(2037, "42601", $"SQL compilation error:\nObject '{name}' is not a table and cannot be changed.");

    /// <summary>A table that a DDL statement names.</summary>
    public TableItem Table(Name name) => Relation(name) as TableItem ?? throw ModelError.Missing("Table", name.ToString());

    public T Other<T>(string kind, Name name)
        where T : CatalogItem => Home(name).Schema.Others.GetValueOrDefault((kind, name.Last)) as T ?? throw ModelError.Missing(kind[0] + kind[1..].ToLowerInvariant(), name.ToString());

    public PolicyItem AnyPolicy(string fullName)
    {
        var parts = fullName.Split('.');
        var schema = Schema(parts[0], parts[1]);
        return (schema.Others.GetValueOrDefault(("ROW ACCESS POLICY", parts[2])) ?? schema.Others.GetValueOrDefault(("MASKING POLICY", parts[2]))) as PolicyItem ?? throw ModelError.Missing("Policy", fullName);
    }
}
