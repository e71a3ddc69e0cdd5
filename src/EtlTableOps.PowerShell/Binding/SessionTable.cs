using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using EtlTableOps.Engines;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>
/// The open databases of one runspace, the last one first, and the names seen through them, for completion. One table per runspace, never
/// shared: runspaces of one process may belong to different jobs that must not see each other's connections.
/// </summary>
internal sealed class SessionTable
{
    private const int NamesKept = 200;
    private static readonly ConditionalWeakTable<Runspace, SessionTable> Tables = [];

    private readonly List<EtlDatabase> open = [];
    private readonly Dictionary<SeenKind, List<string>> seen = [];

    /// <summary>The table of the runspace that this thread works for.</summary>
    public static SessionTable Current => Tables.GetOrCreateValue(Runspace.DefaultRunspace);

    /// <summary>The open databases, the default first.</summary>
    public IReadOnlyList<EtlDatabase> Open => [.. open.Where(d => d.IsOpen)];

    /// <summary>The database that is used when none is named: the one opened last.</summary>
    public EtlDatabase? Default => open.Find(d => d.IsOpen);

    /// <summary>Adds a database as the new default; one of the same name is forgotten.</summary>
    public void Add(EtlDatabase database)
    {
        open.RemoveAll(d => IsNamed(d, database.Name));
        open.Insert(0, database);
    }

    /// <summary>Forgets a database; the one opened before it becomes the default.</summary>
    public void Remove(EtlDatabase database) => open.Remove(database);

    /// <summary>The open database of a name, or null.</summary>
    public EtlDatabase? Find(string name) => open.Find(d => d.IsOpen && IsNamed(d, name));

    /// <summary>Remembers a name for completion.</summary>
    public void Remember(SeenKind kind, string? name)
    {
        if (string.IsNullOrEmpty(name)) return;
        if (!seen.TryGetValue(kind, out var names)) seen[kind] = names = [];
        names.Remove(name);
        names.Insert(0, name);
        if (names.Count > NamesKept) names.RemoveAt(NamesKept);
    }

    /// <summary>Names seen, the latest first.</summary>
    public IReadOnlyList<string> Seen(SeenKind kind) => seen.TryGetValue(kind, out var names) ? names : [];

    private static bool IsNamed(EtlDatabase database, string name) => string.Equals(database.Name, name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What a remembered name names.</summary>
internal enum SeenKind
{
    Table,
    Version,
    Swap,
}
