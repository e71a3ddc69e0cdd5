using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake;

/// <summary>One thing that a user set, and where.</summary>
/// <param name="Key">The key as it is written.</param>
/// <param name="Value">Its value; may be a secret.</param>
/// <param name="Where">Where it stands, for messages.</param>
internal readonly record struct SnowflakeSetting(string Key, string Value, string Where)
{
    /// <summary>Without the value: it may be a secret.</summary>
    public override string ToString() => $"{Key} ({Where})";
}

/// <summary>What a connection's name stands for: the entry of the files, and over it the variables of the environment.</summary>
/// <param name="Name">The entry's name.</param>
/// <param name="Settings">What the files say.</param>
/// <param name="Overrides">What the environment says instead.</param>
/// <param name="Parameters">Session parameters that the entry sets.</param>
internal sealed record SnowflakeEntry(string Name, IReadOnlyList<SnowflakeSetting> Settings, IReadOnlyList<SnowflakeSetting> Overrides, IReadOnlyList<SnowflakeSetting> Parameters);

/// <summary>What the process has around it; tests give their own.</summary>
/// <param name="Variables">Environment variables.</param>
/// <param name="Home">The user's home directory.</param>
internal sealed record SnowflakeSurroundings(IReadOnlyDictionary<string, string> Variables, string Home)
{
    /// <summary>Those of this process, read anew each time: a script sets variables between two connections.</summary>
    public static SnowflakeSurroundings Current => new(
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .GroupBy(e => (string)e.Key, Comparer)
            .ToDictionary(g => g.Key, g => (string?)g.First().Value ?? "", Comparer),
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    private static StringComparer Comparer => OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>A variable's value; null where it is not set or empty.</summary>
    public string? Variable(string name) => Variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>A path with <c>~</c> put out.</summary>
    public string Expand(string path) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~\\", StringComparison.Ordinal)
        ? Path.Join(Home, path[1..])
        : path;
}

/// <summary>
/// Reads the files in which Snowflake's own tools keep connections: <c>connections.toml</c> (<c>[NAME]</c>) and <c>config.toml</c>
/// (<c>[connections.NAME]</c>) in <c>SNOWFLAKE_HOME</c> or <c>~/.snowflake</c>; where there is none, in the platform's folder for settings.
/// An entry of both is the former's. Variables <c>SNOWFLAKE_CONNECTIONS_NAME_KEY</c> add to an entry and override it.
/// </summary>
internal sealed class SnowflakeConnections
{
    private const string Prefix = "SNOWFLAKE_CONNECTIONS_";
    private const string DefaultVariable = "SNOWFLAKE_DEFAULT_CONNECTION_NAME";
    private readonly SnowflakeSurroundings surroundings;
    private readonly Dictionary<string, (TomlTable Table, string File)> entries = new(StringComparer.Ordinal);
    private readonly string folder;
    private string? configuredDefault;

    public SnowflakeConnections(SnowflakeSurroundings surroundings)
    {
        this.surroundings = surroundings;
        folder = FindFolder();
        if (ReadFile("connections.toml") is { } own)
        {
            foreach (var (name, value) in own.Table)
            {
                if (value is TomlTable table) entries[name] = (table, own.File);
            }
        }
        if (ReadFile("config.toml") is not { } config) return;
        configuredDefault = config.Table.GetValueOrDefault("default_connection_name") as string;
        if (config.Table.GetValueOrDefault("connections") is not TomlTable shared) return;
        foreach (var (name, value) in shared)
        {
            if (value is TomlTable table) entries.TryAdd(name, (table, config.File));
        }
    }

    /// <summary>The entry of a name; of the default one where the name is empty.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when there is none, with the names that there are.</exception>
    public SnowflakeEntry Find(string name)
    {
        var wanted = name.Length > 0 ? name : surroundings.Variable(DefaultVariable) ?? configuredDefault ?? "default";
        var overrides = ReadOverrides(wanted);
        if (!entries.TryGetValue(wanted, out var entry))
        {
            // Where there is no file, as in a container, the environment alone makes an entry.
            return overrides.Count > 0 ? new SnowflakeEntry(wanted, [], overrides, []) : throw Missing(name, wanted);
        }
        var settings = new List<SnowflakeSetting>();
        var parameters = new List<SnowflakeSetting>();
        var where = $"connection '{wanted}' of {entry.File}";
        foreach (var (key, value) in entry.Table)
        {
            if (value is string text) settings.Add(new SnowflakeSetting(key, text, where));
            else if (key.Equals("session_parameters", StringComparison.OrdinalIgnoreCase) && value is TomlTable table) parameters.AddRange(ReadParameters(table, where));
            else throw Bad($"The key '{key}' in {where} takes a text, a number, true or false.");
        }
        return new SnowflakeEntry(wanted, settings, overrides, parameters);
    }

    private static IEnumerable<SnowflakeSetting> ReadParameters(TomlTable table, string where)
    {
        foreach (var (key, value) in table)
        {
            if (value is not string text || !key.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')) throw Bad($"The session parameter '{key}' in {where} takes a text, a number, true or false, and its name letters, digits and _.");
            yield return new SnowflakeSetting(key, text, where);
        }
    }

    private List<SnowflakeSetting> ReadOverrides(string name)
    {
        var start = Prefix + name.ToUpperInvariant() + "_";
        var found = new List<SnowflakeSetting>();
        foreach (var (variable, value) in surroundings.Variables.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (!variable.StartsWith(start, StringComparison.OrdinalIgnoreCase) || variable.Length == start.Length || value.Length == 0) continue;
            var key = variable[start.Length..].ToLowerInvariant();
            // SNOWFLAKE_CONNECTIONS_PROD_EU_ROLE is the role of PROD_EU and no key of PROD.
            if (!SnowflakeConnectionText.IsKnown(key) && entries.Keys.Any(other => other.Length > name.Length && variable.StartsWith(Prefix + other.ToUpperInvariant() + "_", StringComparison.OrdinalIgnoreCase))) continue;
            found.Add(new SnowflakeSetting(key, value, $"the environment variable {variable}"));
        }
        return found;
    }

    private string FindFolder()
    {
        if (surroundings.Variable("SNOWFLAKE_HOME") is { } home) return surroundings.Expand(home);
        var usual = Path.Join(surroundings.Home, ".snowflake");
        if (Directory.Exists(usual)) return usual;
        var platform = OperatingSystem.IsWindows() ? Path.Join(surroundings.Home, "AppData", "Local", "snowflake")
            : OperatingSystem.IsMacOS() ? Path.Join(surroundings.Home, "Library", "Application Support", "snowflake")
            : Path.Join(surroundings.Variable("XDG_CONFIG_HOME") ?? Path.Join(surroundings.Home, ".config"), "snowflake");
        return Directory.Exists(platform) ? platform : usual;
    }

    private (TomlTable Table, string File)? ReadFile(string name)
    {
        var file = Path.GetFullPath(Path.Join(folder, name));
        if (!File.Exists(file)) return null;
        var text = PrivateFile.Read(file, surroundings);
        try
        {
            return (TomlReader.Read(text), file);
        }
        catch (TomlException e)
        {
            throw Bad($"Line {e.Line} of {file} cannot be read: {e.Message}.");
        }
    }

    private EtlException Missing(string asked, string wanted)
    {
        var known = entries.Count == 0 ? $"there are none in {folder} (connections.toml, config.toml)" : $"there are: {string.Join(", ", entries.Keys.Order(StringComparer.Ordinal))} (in {folder})";
        var why = asked.Length > 0 ? "" : $", the default one; name another behind the colon or in {DefaultVariable}";
        return Bad($"There is no connection '{wanted}'{why}; {known}. A driver's connection string may stand behind the colon too.");
    }

    private static EtlException Bad(string why) => new(ErrorCode.BadInput, why);
}
