using System.Globalization;
using EtlTableOps.Errors;

namespace EtlTableOps.Checks.Custom;

/// <summary>Reads the schema files of dbt projects: models with their versions, seeds, snapshots, and sources with their freshness.</summary>
internal static class DbtSchema
{
    /// <summary>The words under which tests stand.</summary>
    public static readonly string[] Tests = ["tests", "data_tests", "checks"];

    /// <summary>Sections in which tables with tests stand.</summary>
    private static readonly string[] Sections = ["models", "seeds", "snapshots"];

    /// <summary>Sections that say nothing of a table's rows.</summary>
    private static readonly string[] Others = ["version", "description", "metrics", "exposures", "macros", "unit_tests", "groups", "semantic_models", "saved_queries", "analyses", "anchors", "functions"];

    /// <summary>What only a project's own file has.</summary>
    private static readonly string[] OfProjects = ["config-version", "profile", "model-paths", "source-paths", "require-dbt-version"];

    /// <summary>Whether a file is a project's own and no schema file.</summary>
    public static bool IsProject(CheckMap file) => OfProjects.Any(p => file[p] is not null) || (file["models"] is CheckMap && file["name"] is CheckScalar);

    /// <summary>The tables of a section; null for one that is not known.</summary>
    public static IEnumerable<CheckModel>? Read(CheckScalar section, CheckNode value) => section.Text switch
    {
        { } name when Sections.Contains(name) => CheckFile.Items(value).SelectMany(Models),
        "sources" => CheckFile.Items(value).SelectMany(Source),
        "data_tests" => CheckFile.Items(value).Select(Singular),
        { } name when Others.Contains(name) => [],
        // Where anchors stand that other sections take over, by custom.
        { } name when name.StartsWith("x-", StringComparison.Ordinal) || name.StartsWith('.') || name.StartsWith('_') => [],
        _ => null,
    };

    /// <summary>A test that is a statement of the project's own: nobody can tell from here which table it is of.</summary>
    private static CheckModel Singular(CheckNode node)
    {
        if (node is not CheckMap map) throw node.Place.Error("A test is to have a name.");
        return new CheckModel(null, [CheckReader.NotUnderstood(CheckFile.NameIn(map, "A test"), null, "it is a statement of the project's own", map.Place)]);
    }

    /// <summary>A model, and each version of one that has versions.</summary>
    private static IEnumerable<CheckModel> Models(CheckNode node)
    {
        var map = Table(node);
        var name = CheckFile.NameIn(map, "A table");
        var versions = map["versions"] is { } list ? CheckFile.Items(list) : [];
        if (versions.Count == 0)
        {
            yield return new CheckModel(name, Checks(Columns(map), map)) { Alias = Alias(map), DefinedAt = map.Place };
            yield break;
        }
        var read = versions.Select(v => v is CheckMap one && Text(one, "v") is { } number ? (Number: number, Map: one) : throw v.Place.Error("A version is to have its number (v).")).ToList();
        var latest = Text(map, "latest_version") ?? read.MaxBy(v => double.TryParse(v.Number, CultureInfo.InvariantCulture, out var n) ? n : double.MinValue).Number;
        foreach (var (number, version) in read)
        {
            yield return new CheckModel($"{name}_v{number}", Checks(ColumnsOf(map, version), Tests.Any(t => version[t] is not null) ? version : map))
            {
                Alias = Alias(version) ?? Alias(map),
                OtherNames = number == latest ? [$"{name}.v{number}", name] : [$"{name}.v{number}"],
                DefinedAt = version.Place,
            };
        }
    }

    /// <summary>A version has the model's columns, but for those that it leaves out, and its own.</summary>
    private static IEnumerable<CheckMap> ColumnsOf(CheckMap model, CheckMap version)
    {
        var own = Columns(version).ToList();
        var choice = own.Where(c => c["include"] is not null || c["exclude"] is not null).ToList();
        if (choice.Count > 1) throw choice[1].Place.Error("A version says once which columns it takes over.");
        var (include, exclude) = choice.Count == 0 ? (null, []) : (Names(choice[0]["include"]), Names(choice[0]["exclude"]) ?? []);
        return Columns(model).Where(c => Text(c, "name") is { } name && include?.Contains(name) != false && !exclude.Contains(name)).Concat(own.Except(choice));

        // Nothing for all.
        static IReadOnlyList<string>? Names(CheckNode? node) => node switch
        {
            null or CheckScalar { Text: null or "*" or "all" } => null,
            CheckScalar { Text: { } one } => [one],
            CheckList list => [.. list.Items.OfType<CheckScalar>().Select(i => i.Text ?? "")],
            _ => throw node.Place.Error("This is to be a list of columns, or 'all'."),
        };
    }

    private static IEnumerable<CheckModel> Source(CheckNode node)
    {
        if (node is not CheckMap source) throw node.Place.Error("A source is to have a name and tables.");
        var name = CheckFile.NameIn(source, "A source");
        foreach (var table in CheckFile.Items(source["tables"] ?? new CheckScalar(source.Place, null)).Select(Table))
        {
            var checks = Checks(Columns(table), table);
            yield return new CheckModel(CheckFile.NameIn(table, "A table"), DbtFreshness.Read(source, table) is { } fresh ? [.. checks, fresh] : checks)
            {
                Alias = Text(table, "identifier"),
                Source = name,
                Schema = Text(source, "schema"),
                DefinedAt = table.Place,
            };
        }
    }

    private static List<CheckDefinition> Checks(IEnumerable<CheckMap> columns, CheckMap table)
    {
        var reader = new CheckReader(foreign: true);
        var checks = new List<CheckDefinition>();
        foreach (var column in columns)
        {
            RefuseSlips(column);
            foreach (var list in Tests) checks.AddRange(reader.ReadAll(column[list], CheckFile.NameIn(column, "A column")));
        }
        RefuseSlips(table);
        foreach (var list in Tests) checks.AddRange(reader.ReadAll(table[list], null));
        return checks;
    }

    /// <summary>A table has many entries that say nothing of its rows, but one letter too few must not take its tests away.</summary>
    private static void RefuseSlips(CheckMap map)
    {
        if (map.Entries.FirstOrDefault(e => e.Key.Text is "test" or "data_test" or "check").Key is { } slip) throw slip.Place.Error($"'{slip.Text}' has no meaning here. Tests stand under 'data_tests' or 'tests'.");
    }

    private static IEnumerable<CheckMap> Columns(CheckMap table) =>
        (table["columns"] is { } columns ? CheckFile.Items(columns) : []).Select(c => c as CheckMap ?? throw c.Place.Error("A column is to have a name, and tests."));

    private static CheckMap Table(CheckNode node) => node as CheckMap ?? throw node.Place.Error("A table is to have a name, and columns or tests.");

    private static string? Alias(CheckMap map) => ((map["config"] as CheckMap)?["alias"] ?? map["alias"]) is CheckScalar { Text: { } alias } ? alias : null;

    private static string? Text(CheckMap map, string name) => (map[name] as CheckScalar)?.Text;
}
