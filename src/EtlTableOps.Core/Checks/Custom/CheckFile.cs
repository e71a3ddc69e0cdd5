using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks.Custom;

/// <summary>The checks of one table, as a file has them.</summary>
/// <param name="Name">The table's name; null for checks that go for whatever table is tested.</param>
/// <param name="Checks">The checks.</param>
public sealed record CheckModel(string? Name, IReadOnlyList<CheckDefinition> Checks)
{
    /// <summary>The name of its table where that is another one; dbt's alias, or a source's identifier.</summary>
    public string? Alias { get; init; }

    /// <summary>The names that it goes by besides; a version of a dbt model has some.</summary>
    public IReadOnlyList<string> OtherNames { get; init; } = [];

    /// <summary>The name of the dbt source of which it is a table; null for any other table.</summary>
    public string? Source { get; init; }

    /// <summary>That source's schema where it is not its name.</summary>
    public string? Schema { get; init; }

    /// <summary>Where it stands; null in a file of ours.</summary>
    internal CheckPlace? DefinedAt { get; init; }

    /// <summary>Whether it goes by this name.</summary>
    public bool IsCalled(string name) => Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether it is this table of a source: <c>source.table</c>, or <c>schema.table</c>.</summary>
    internal bool IsCalledInSource(string name) => Source is not null && new[] { Source, Schema }.OfType<string>().Any(s => Names.Any(n => string.Equals($"{s}.{n}", name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The name of its table in the database.</summary>
    internal string? Table => Alias is { } alias && !CheckReader.IsTemplate(alias) ? alias : Name;

    private IEnumerable<string> Names => new[] { Name, Alias }.OfType<string>().Concat(OtherNames);
}

/// <summary>A file of checks, read but not looked up in any database: ours (<c>checks:</c>), or a schema file of a dbt project (<c>models:</c>).</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Models">Its tables.</param>
public sealed record CheckFile(string Name, IReadOnlyList<CheckModel> Models)
{
    /// <summary>The beginnings of checks in one line, with how they go on, for completion.</summary>
    public static IEnumerable<(string Text, string Usage)> Words => CheckReader.Known.Select(w => ($"{w}(", $"{w}({(CheckReader.TakesSql(w) ? "SQL" : string.Join(", ", CheckReader.Positions(w)))})"));

    /// <summary>Reads the tree of a file.</summary>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="root">The tree.</param>
    /// <param name="alone">Whether it is the only file, so that it has to hold checks.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> with file, line and column.</exception>
    public static CheckFile Read(string name, CheckNode root, bool alone = true)
    {
        ArgumentNullException.ThrowIfNull(root);
        if (root is not CheckMap file) throw root.Place.Error("The file is to begin with 'checks:' or, as dbt's files do, with 'models:'.");
        if (DbtSchema.IsProject(file)) throw root.Place.Error("This is a dbt project's own file. Its tests stand in the schema files among its models.");
        var models = new List<CheckModel>();
        foreach (var (key, value) in file.Entries)
        {
            if (key.Text == "checks") models.AddRange(Items(value).SelectMany(Own));
            else models.AddRange(DbtSchema.Read(key, value) ?? throw key.Place.Error($"There is no section '{key.Text}'. Checks stand under 'checks:' or 'models:'."));
        }
        // A schema file may well do without: of sources without tables, or of metrics alone.
        if (alone && models.Count == 0 && file.Entries.All(e => e.Key.Text is "version" or "checks" or "description")) throw root.Place.Error("The file holds no checks: they stand under 'checks:' or 'models:'.");
        return new CheckFile(name, models);
    }

    /// <summary>A check that was given as a parameter.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when it is none.</exception>
    public static CheckDefinition ReadOne(CheckNode check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return new CheckReader(foreign: false).Read(check, null) ?? throw check.Place.Error("The check is switched off (enabled: false).");
    }

    /// <summary>A check in one line, such as <c>not_null(country)</c>.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when it is none.</exception>
    public static CheckDefinition ReadOne(string check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return ReadOne(CheckText.Parse(check, CheckPlace.Parameter));
    }

    internal static IReadOnlyList<CheckNode> Items(CheckNode node) => node switch
    {
        CheckList list => list.Items,
        CheckScalar { Text: null } => [],
        _ => throw node.Place.Error("This is to be a list: each item begins with a dash."),
    };

    /// <summary>Under <c>checks:</c> stands a table with its checks, or a check for whatever table is tested.</summary>
    private static IEnumerable<CheckModel> Own(CheckNode node)
    {
        if (node is CheckMap map && (map["columns"] is CheckList || DbtSchema.Tests.Any(l => map[l] is not null))) return [Model(map)];
        return new CheckReader(foreign: false).Read(node, null) is { } check ? [new CheckModel(null, [check])] : [];
    }

    private static CheckModel Model(CheckMap map)
    {
        var reader = new CheckReader(foreign: false);
        var name = NameIn(map, "A table");
        Refuse(map, ["name", "description", "columns", "config", "alias", .. DbtSchema.Tests]);
        var checks = new List<CheckDefinition>();
        foreach (var column in map["columns"] is { } columns ? Items(columns) : [])
        {
            if (column is not CheckMap one) throw column.Place.Error("A column is to have a name, and tests.");
            Refuse(one, ["name", "description", .. DbtSchema.Tests]);
            foreach (var list in DbtSchema.Tests) checks.AddRange(reader.ReadAll(one[list], NameIn(one, "A column")));
        }
        foreach (var list in DbtSchema.Tests) checks.AddRange(reader.ReadAll(map[list], null));
        var alias = (map["config"] as CheckMap)?["alias"] ?? map["alias"];
        return new CheckModel(name, checks) { Alias = (alias as CheckScalar)?.Text };
    }

    internal static string NameIn(CheckMap map, string what) => map["name"] is CheckScalar { Text: { Length: > 0 } name } ? name : throw map.Place.Error($"{what} lacks its name.");

    private static void Refuse(CheckMap map, string[] known)
    {
        foreach (var (key, _) in map.Entries)
        {
            if (!known.Contains(key.Text)) throw key.Place.Error($"'{key.Text}' has no meaning here. Known: {string.Join(", ", known)}.");
        }
    }
}
