using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace EtlTableOps.Architecture.Tests;

/// <summary>The forbidden edges of the house: who may know whom.</summary>
public sealed class EdgeTests
{
    private static readonly Dictionary<string, string[]> Drivers = new(StringComparer.Ordinal)
    {
        ["Sqlite"] = ["Microsoft.Data.Sqlite.Core", "SQLitePCLRaw.bundle_e_sqlite3"],
        ["PostgreSql"] = ["Npgsql"],
        // Its driver is loaded at run time; at compile time there are the base types of the BCL alone.
        ["Snowflake"] = [],
    };

    public static TheoryData<string> Projects => [.. House.Projects];

    public static TheoryData<string> Engines => [.. House.Engines];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_its_allowed_neighbours(string project)
    {
        string[] allowed = project switch
        {
            "Core" or "Loader" => [],
            "Files" => ["Core"],
            "Composition" => ["Core", "Files", .. House.Engines],
            "PowerShell" or "Cli" => ["Core", "Composition", "Reports"],
            _ => ["Core"],
        };
        House.Nothing(House.ProjectReferences(project).Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_uses_only_its_allowed_packages(string project)
    {
        string[] allowed = project switch
        {
            "Core" or "Loader" or "Composition" or "Reports" => [],
            "Files" => ["CsvHelper", "YamlDotNet"],
            "PowerShell" => ["PowerShellStandard.Library"],
            "Cli" => ["System.CommandLine", "Spectre.Console"],
            _ => Drivers[project],
        };
        House.Nothing(House.PackageReferences(project).Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void What_was_compiled_knows_no_more_than_its_project_says(string project)
    {
        // References of the project file reach further than its text: a driver comes along through Composition. Only use counts here.
        var own = House.ProjectReferences(project).Select(p => "EtlTableOps." + p)
            .Concat(House.PackageReferences(project).SelectMany(AssembliesOf));
        var used = ReferencesOf(House.Assembly(project))
            .Where(a => !a.StartsWith("System.", StringComparison.Ordinal) && a is not ("System" or "netstandard" or "mscorlib" or "Microsoft.Win32.Primitives"))
            .Concat(ReferencesOf(House.Assembly(project)).Where(a => a is "System.CommandLine" or "System.Management.Automation"))
            .Distinct();
        House.Nothing(used.Except(own));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void An_engine_has_the_files_that_every_engine_has(string engine)
    {
        var files = House.Source(engine).Select(f => Path.GetFileName(f.Path)).ToList();
        foreach (var room in new[] { "Engine", "Session", "Dialect", "Catalog", "BulkWriter", "Failures" })
            Assert.Contains($"{engine}{room}.cs", files);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(House.Root, "EtlTableOps.sln"));
        var missing = Directory.EnumerateFiles(House.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(p => Path.GetRelativePath(House.Root, p).Replace('\\', '/'))
            .Where(p => p.StartsWith("src/", StringComparison.Ordinal) || p.StartsWith("tests/", StringComparison.Ordinal))
            // Its package is not on every source, and a solution restores all of its projects.
            .Where(p => !p.EndsWith("/EtlTableOps.SnowflakeDriver.csproj", StringComparison.Ordinal))
            .Where(p => !solution.Contains(p.Replace('/', '\\'), StringComparison.Ordinal))
            .ToList();
        House.Nothing(missing);
    }

    [Fact]
    public void A_driver_that_is_loaded_at_run_time_is_named_by_its_own_project_alone()
    {
        var driver = Path.Combine(House.Root, "src", "EtlTableOps.SnowflakeDriver");
        Assert.Empty(Directory.EnumerateFiles(driver, "*.cs", SearchOption.TopDirectoryOnly));
        House.Nothing(House.Projects.Where(p => House.ProjectReferences(p).Contains("SnowflakeDriver") || House.PackageReferences(p).Contains("Snowflake.Data")));
        Assert.Equal(["Snowflake.Data"], House.PackageReferences("SnowflakeDriver"));
    }

    private static string[] AssembliesOf(string package) => package switch
    {
        "Microsoft.Data.Sqlite.Core" => ["Microsoft.Data.Sqlite"],
        "SQLitePCLRaw.bundle_e_sqlite3" => ["SQLitePCLRaw.batteries_v2", "SQLitePCLRaw.core"],
        "PowerShellStandard.Library" => ["System.Management.Automation"],
        _ => [package],
    };

    private static List<string> ReferencesOf(string assembly)
    {
        using var file = File.OpenRead(assembly);
        using var image = new PEReader(file);
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name))];
    }
}
