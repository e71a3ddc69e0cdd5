using EtlTableOps.Engines;

namespace EtlTableOps.Snowflake.Tests.Connecting;

/// <summary>A home directory of a test's own, with the files of Snowflake's tools and variables of an environment.</summary>
public sealed class Files : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("etltableops-home-");

    public Dictionary<string, string> Variables { get; } = [];

    public string Home => home.FullName;

    public string Write(string path, string text)
    {
        var file = Path.Combine(home.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    internal SnowflakeSurroundings Surroundings => new(Variables, Home);

    internal SnowflakeTarget Read(string text) => Read(new ConnectionTarget(text));

    internal SnowflakeTarget Read(ConnectionTarget target) => SnowflakeConnectionText.Read(target, Surroundings);

    public void Dispose()
    {
        try
        {
            home.Delete(recursive: true);
        }
        catch (UnauthorizedAccessException)
        {
            // Windows keeps a library that was loaded from here; the system clears its folder for temporary files.
        }
    }
}
