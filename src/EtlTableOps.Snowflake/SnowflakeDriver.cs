using System.Data.Common;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake;

/// <summary>
/// Snowflake's .NET driver, loaded from the folder that packaging laid it in, in a load context of its own: it brings two dozen libraries, of
/// which other modules in the same process have other versions. This project compiles against the base types of ADO.NET alone.
/// </summary>
internal static class SnowflakeDriver
{
    /// <summary>The variable that names another folder with the driver, or the driver's file itself.</summary>
    public const string Variable = "ETLTABLEOPS_SNOWFLAKE_DRIVER";

    private const string Library = "Snowflake.Data.dll";
    private const string FactoryType = "Snowflake.Data.Client.SnowflakeDbFactory";
    private static readonly object Gate = new();
    private static readonly Dictionary<string, DbProviderFactory> Loaded = new(StringComparer.Ordinal);

    /// <summary>The driver's factory, loaded once per process and place.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.DriverMissing"/> when it is not there or cannot be used.</exception>
    public static DbProviderFactory Load(SnowflakeSurroundings surroundings) =>
        Load(surroundings.Variable(Variable) is { } named ? surroundings.Expand(named) : null, Path.GetDirectoryName(typeof(SnowflakeDriver).Assembly.Location) ?? "");

    /// <summary>The factory of a named place, or of <c>drivers/snowflake</c> beside a folder or beside its parent.</summary>
    internal static DbProviderFactory Load(string? named, string beside)
    {
        var path = Path.GetFullPath(named is null ? Bundled(beside) : Named(named));
        lock (Gate)
        {
            if (!Loaded.TryGetValue(path, out var factory)) Loaded[path] = factory = FactoryOf(path);
            return factory;
        }
    }

    private static string Named(string named)
    {
        var path = Directory.Exists(named) ? Path.Combine(named, Library) : named;
        return File.Exists(path) ? path : throw Missing($"{Variable} names {named}, and there is no {Library}");
    }

    // The module has its libraries in bin and its drivers beside that; a tool has both in one folder.
    private static string Bundled(string beside)
    {
        var places = new[] { beside, Path.GetDirectoryName(beside) ?? beside }.Select(f => Path.Combine(f, "drivers", "snowflake", Library)).ToList();
        return places.Find(File.Exists) ?? throw Missing($"there is no {places[^1]}");
    }

    private static DbProviderFactory FactoryOf(string path)
    {
        try
        {
            var type = new Context(path).LoadFromAssemblyPath(path).GetType(FactoryType, throwOnError: true)!;
            const BindingFlags Shared = BindingFlags.Public | BindingFlags.Static;
            var instance = type.GetField("Instance", Shared)?.GetValue(null) ?? type.GetProperty("Instance", Shared)?.GetValue(null);
            return instance as DbProviderFactory ?? throw Missing($"{path} has no {FactoryType}.Instance that makes connections");
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or FileNotFoundException or TypeLoadException or TypeInitializationException or TargetInvocationException)
        {
            throw Missing($"{path} could not be loaded: {e.GetBaseException().Message}", e);
        }
    }

    private static EtlException Missing(string why, Exception? inner = null) => new EtlException(ErrorCode.DriverMissing, inner, "Snowflake", why, Variable, Library);

    /// <summary>What lies in the driver's folder goes before what the process has; the rest is the runtime's.</summary>
    private sealed class Context : AssemblyLoadContext
    {
        private readonly string folder;
        private readonly List<AssemblyDependencyResolver> resolvers = [];

        public Context(string library)
            : base("EtlTableOps.Snowflake", isCollectible: false)
        {
            folder = Path.GetDirectoryName(library)!;
            // Published, the list of what belongs to which platform lies beside the project that was published, not beside the driver.
            foreach (var list in Directory.EnumerateFiles(folder, "*.deps.json").Order(StringComparer.Ordinal))
            {
                var main = list[..^".deps.json".Length] + ".dll";
                if (File.Exists(main)) resolvers.Add(new AssemblyDependencyResolver(main));
            }
        }

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            var path = resolvers.Select(r => r.ResolveAssemblyToPath(assemblyName)).FirstOrDefault(p => p is not null) ?? Existing(assemblyName.Name + ".dll");
            return path is null ? null : LoadFromAssemblyPath(path);
        }

        protected override nint LoadUnmanagedDll(string unmanagedDllName)
        {
            var path = resolvers.Select(r => r.ResolveUnmanagedDllToPath(unmanagedDllName)).FirstOrDefault(p => p is not null) ?? NativeNames(unmanagedDllName).Select(Native).FirstOrDefault(p => p is not null);
            return path is null ? 0 : LoadUnmanagedDllFromPath(path);
        }

        private static IEnumerable<string> NativeNames(string name) => OperatingSystem.IsWindows() ? [name, name + ".dll"]
            : OperatingSystem.IsMacOS() ? [name, name + ".dylib", $"lib{name}.dylib"]
            : [name, name + ".so", $"lib{name}.so"];

        private string? Native(string file) => Existing(file) ?? Existing(Path.Combine("runtimes", Platform, "native", file));

        private static string Platform =>
            (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux") + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

        private string? Existing(string file) => Path.Combine(folder, file) is var path && File.Exists(path) ? path : null;
    }
}
