using System.Reflection;
using System.Runtime.Loader;

namespace EtlTableOps.Loader;

/// <summary>
/// The module's private load context. Cmdlets, engines and drivers load into it, so that the module lives beside others that
/// bring other versions of the same libraries; the domain assembly is shared with everybody, so that scripts can name its types.
/// </summary>
public sealed class LoadContext : AssemblyLoadContext
{
    private static readonly object Gate = new();
    private static LoadContext? current;

    private readonly AssemblyDependencyResolver resolver;
    private readonly Assembly shared;
    private readonly string mainPath;
    private Assembly? main;

    private LoadContext(string mainPath, Assembly shared)
        : base("EtlTableOps", isCollectible: false)
    {
        this.mainPath = mainPath;
        this.shared = shared;
        // It reads the .deps.json beside the assembly, and with it where native libraries lie for this machine's runtime identifier.
        resolver = new AssemblyDependencyResolver(mainPath);
    }

    /// <summary>Loads the shared assembly into the default context and the main assembly into the private one; again gives the same.</summary>
    /// <param name="directory">The folder that holds both.</param>
    /// <param name="sharedName">The shared assembly's name without extension.</param>
    /// <param name="mainName">The main assembly's name without extension.</param>
    /// <returns>The main assembly.</returns>
    /// <exception cref="InvalidOperationException">Another version or copy is loaded in this process already.</exception>
    public static Assembly Load(string directory, string sharedName, string mainName)
    {
        var mainPath = Path.Combine(directory, mainName + ".dll");
        lock (Gate)
        {
            if (current is null)
            {
                current = new LoadContext(mainPath, LoadShared(Path.Combine(directory, sharedName + ".dll")));
            }
            else if (!string.Equals(current.mainPath, mainPath, StringComparison.Ordinal))
            {
                throw Occupied(Path.GetDirectoryName(current.mainPath));
            }
            return current.main ??= current.LoadFromAssemblyPath(mainPath);
        }
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        if (string.Equals(assemblyName.Name, shared.GetName().Name, StringComparison.OrdinalIgnoreCase)) return shared;
        var path = resolver.ResolveAssemblyToPath(assemblyName);
        return path is null ? null : LoadFromAssemblyPath(path);
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        var path = resolver.ResolveUnmanagedDllToPath(unmanagedDllName);
        return path is null ? 0 : LoadUnmanagedDllFromPath(path);
    }

    private static Assembly LoadShared(string path)
    {
        var name = AssemblyName.GetAssemblyName(path);
        var loaded = Default.Assemblies.FirstOrDefault(a => string.Equals(a.GetName().Name, name.Name, StringComparison.OrdinalIgnoreCase));
        if (loaded is null) return Default.LoadFromAssemblyPath(path);
        // Types of one version and code of another would fail later and far from here.
        return string.Equals(loaded.Location, path, StringComparison.Ordinal) ? loaded : throw Occupied(Path.GetDirectoryName(loaded.Location));
    }

    private static InvalidOperationException Occupied(string? where) =>
        new($"EtlTableOps is loaded in this process already, from {where}. Start a new PowerShell session to use another copy or version.");
}
