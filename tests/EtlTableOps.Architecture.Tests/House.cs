using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace EtlTableOps.Architecture.Tests;

/// <summary>The house as it stands in the checkout: projects, their references, their source.</summary>
internal static class House
{
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// The projects under <c>src</c> by their last name: <c>Core</c>, <c>PostgreSql</c> … Not <c>SnowflakeDriver</c>, which holds no code and
    /// stands outside the solution.
    /// </summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.GetDirectories(Path.Combine(Root, "src")).Select(d => Path.GetFileName(d)["EtlTableOps.".Length..]).Where(p => p != "SnowflakeDriver").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<string> Engines { get; } =
        [.. Projects.Where(p => p is not ("Core" or "Files" or "Composition" or "Reports" or "PowerShell" or "Loader" or "Cli"))];

    public static IReadOnlyList<string> ProjectReferences(string project) =>
        [.. Items(project, "ProjectReference").Select(p => Path.GetFileNameWithoutExtension(p.Replace('\\', '/'))["EtlTableOps.".Length..])];

    public static IReadOnlyList<string> PackageReferences(string project) => Items(project, "PackageReference");

    /// <summary>The source files of a project, by their path from the root.</summary>
    public static IEnumerable<(string Path, string Text)> Source(string project) => SourceUnder(Path.Combine("src", "EtlTableOps." + project));

    public static IEnumerable<(string Path, string Text)> SourceUnder(string folder) =>
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
        select (path, File.ReadAllText(file));

    /// <summary>The compiled assembly of a project, as the newest build left it.</summary>
    public static string Assembly(string project)
    {
        var name = project == "Cli" ? "etl-table-ops.dll" : $"EtlTableOps.{project}.dll";
        var bin = Path.Combine(Root, "src", "EtlTableOps." + project, "bin");
        return Directory.EnumerateFiles(bin, name, SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
    }

    /// <summary>Fails with each finding on a line of its own.</summary>
    public static void Nothing(IEnumerable<string> found)
    {
        var all = found.ToList();
        if (all.Count > 0) Assert.Fail(string.Join(Environment.NewLine, all));
    }

    private static List<string> Items(string project, string item)
    {
        var file = Path.Combine(Root, "src", "EtlTableOps." + project, $"EtlTableOps.{project}.csproj");
        return [.. XDocument.Load(file).Descendants(item).Select(i => i.Attribute("Include")?.Value).OfType<string>()];
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (!File.Exists(Path.Combine(folder.FullName, "EtlTableOps.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The checkout's root was not found.");
        return folder.FullName;
    }
}
