using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks.Custom;

/// <summary>The checks of one table, as a file has them.</summary>
/// <param name="Name">The table's name; null for checks that go for whatever table is tested.</param>
/// <param name="Checks">The checks.</param>
public sealed record CheckModel(string? Name, IReadOnlyList<CheckDefinition> Checks)
{
    /// <summary>The name of its table where that is another one; dbt's alias.</summary>
    public string? Alias { get; init; }

    /// <summary>Whether it goes by this name.</summary>
    public bool IsCalled(string name) => string.Equals(Name, name, StringComparison.OrdinalIgnoreCase) || string.Equals(Alias, name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A file of checks, read but not looked up in any database: ours (<c>checks:</c>), or a schema file of a dbt project (<c>models:</c>).</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Models">Its tables.</param>
public sealed record CheckFile(string Name, IReadOnlyList<CheckModel> Models)
{
    private static readonly string[] Lists = ["tests", "data_tests", "checks"];

    /// <summary>Sections of dbt's files in which tables with tests stand.</summary>
    private static readonly string[] Sections = ["models", "seeds", "snapshots"];

    /// <summary>Sections that say nothing of a table's rows.</summary>
    private static readonly string[] Others = ["version", "description", "metrics", "exposures", "macros", "unit_tests", "groups", "semantic_models", "saved_queries", "analyses", "anchors", "data_tests", "functions"];

    /// <summary>The beginnings of checks in one line, with how they go on, for completion.</summary>
    public static IEnumerable<(string Text, string Usage)> Words => CheckReader.Known.Select(w => ($"{w}(", $"{w}({(CheckReader.TakesSql(w) ? "SQL" : string.Join(", ", CheckReader.Positions(w)))})"));

    /// <summary>Reads the tree of a file.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> with file, line and column.</exception>
    public static CheckFile Read(string name, CheckNode root)
    {
        ArgumentNullException.ThrowIfNull(root);
        if (root is not CheckMap file) throw root.Place.Error("The file is to begin with 'checks:' or, as dbt's files do, with 'models:'.");
        var models = new List<CheckModel>();
        foreach (var (key, value) in file.Entries)
        {
            if (key.Text == "checks") models.AddRange(Items(value).SelectMany(Own));
            else if (Sections.Contains(key.Text)) models.AddRange(Items(value).Select(i => Model(i, foreign: true)));
            else if (key.Text == "sources") models.AddRange(Items(value).SelectMany(Tables).Select(i => Model(i, foreign: true)));
            else if (!Others.Contains(key.Text)) throw key.Place.Error($"There is no section '{key.Text}'. Checks stand under 'checks:' or 'models:'.");
        }
        if (models.Count == 0) throw root.Place.Error("The file holds no checks: they stand under 'checks:' or 'models:'.");
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

    /// <summary>The checks of the files for a table: those under its name, or under the model's that is asked for, and those under no name.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when no file has any.</exception>
    public static IReadOnlyList<CheckDefinition> Select(IReadOnlyList<CheckFile> files, string? model, string table)
    {
        ArgumentNullException.ThrowIfNull(files);
        var wanted = model ?? TableName.Parse(table, IdentifierFolding.Keep).Name;
        var found = files.SelectMany(f => f.Models).Where(m => m.Name is null || m.IsCalled(wanted)).ToList();
        if (files.Count > 0 && (found.Count == 0 || (model is not null && found.TrueForAll(m => m.Name is null))))
        {
            var names = files.SelectMany(f => f.Models).Select(m => m.Name).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase).ToList();
            throw new EtlException(ErrorCode.BadInput, $"{string.Join(", ", files.Select(f => f.Name))} {(files.Count == 1 ? "has" : "have")} no checks for '{wanted}', but for {string.Join(", ", names.Take(20))}{(names.Count > 20 ? " …" : "")}. Name the one that is meant with -Model.");
        }
        return [.. found.SelectMany(m => m.Checks)];
    }

    private static IReadOnlyList<CheckNode> Items(CheckNode node) => node switch
    {
        CheckList list => list.Items,
        CheckScalar { Text: null } => [],
        _ => throw node.Place.Error("This is to be a list: each item begins with a dash."),
    };

    private static IEnumerable<CheckNode> Tables(CheckNode source) => source is CheckMap map
        ? map["tables"] is { } tables ? Items(tables) : []
        : throw source.Place.Error("A source is to have a name and tables.");

    /// <summary>Under <c>checks:</c> stands a table with its checks, or a check for whatever table is tested.</summary>
    private static IEnumerable<CheckModel> Own(CheckNode node)
    {
        if (node is CheckMap map && (map["columns"] is CheckList || Lists.Any(l => map[l] is not null))) return [Model(node, foreign: false)];
        return new CheckReader(foreign: false).Read(node, null) is { } check ? [new CheckModel(null, [check])] : [];
    }

    private static CheckModel Model(CheckNode node, bool foreign)
    {
        if (node is not CheckMap map) throw node.Place.Error("A table is to have a name, and columns or tests.");
        var reader = new CheckReader(foreign);
        var name = NameIn(map, "A table");
        if (!foreign) Refuse(map, ["name", "description", "columns", "config", .. Lists]);
        var checks = new List<CheckDefinition>();
        foreach (var column in map["columns"] is { } columns ? Items(columns) : [])
        {
            if (column is not CheckMap one) throw column.Place.Error("A column is to have a name, and tests.");
            if (!foreign) Refuse(one, ["name", "description", .. Lists]);
            foreach (var list in Lists) checks.AddRange(reader.ReadAll(one[list], NameIn(one, "A column")));
        }
        foreach (var list in Lists) checks.AddRange(reader.ReadAll(map[list], null));
        var alias = (map["config"] as CheckMap)?["alias"] ?? map["alias"] ?? map["identifier"];
        return new CheckModel(name, checks) { Alias = (alias as CheckScalar)?.Text };
    }

    private static string NameIn(CheckMap map, string what) => map["name"] is CheckScalar { Text: { Length: > 0 } name } ? name : throw map.Place.Error($"{what} lacks its name.");

    private static void Refuse(CheckMap map, string[] known)
    {
        foreach (var (key, _) in map.Entries)
        {
            if (!known.Contains(key.Text)) throw key.Place.Error($"'{key.Text}' has no meaning here. Known: {string.Join(", ", known)}.");
        }
    }
}
