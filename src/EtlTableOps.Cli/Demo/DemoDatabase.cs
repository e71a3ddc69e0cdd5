using System.Data.Common;
using EtlTableOps.Composition;
using EtlTableOps.Engines;

namespace EtlTableOps.Cli.Demo;

/// <summary>The embedded database that the demo makes in a folder of its own when it was given none, and the folder for its file.</summary>
internal sealed class DemoDatabase : IDisposable
{
    private readonly bool keep;

    private DemoDatabase(string folder, bool keep)
    {
        Folder = folder;
        this.keep = keep;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The file with new events.</summary>
    public string NewEvents => Path.Combine(Folder, "new-events.csv");

    private string File => Path.Combine(Folder, "events.db");

    /// <summary>Makes the folder.</summary>
    public static DemoDatabase Create(bool keep) => new(Directory.CreateTempSubdirectory("etl-table-ops-demo-").FullName, keep);

    /// <summary>Connects to the database given, or makes an embedded one that readers and one writer use side by side.</summary>
    public async Task<EtlDatabase> ConnectAsync(string? connection, string? password, CancellationToken token)
    {
        if (connection is not null) return await EngineList.ConnectAsync(connection, null, null, password, token);
        var text = new DbConnectionStringBuilder
        {
            ["Data Source"] = File,
            ["Mode"] = "ReadWriteCreate",
        };
        var database = await EngineList.ConnectAsync("sqlite:" + text.ConnectionString, "demo", null, null, token);
        await using var session = await database.OpenSessionAsync(token);
        await session.QueryAsync(new Sql("PRAGMA journal_mode=WAL"), r => r.GetString(0), token);
        return database;
    }

    public void Dispose()
    {
        if (keep) return;
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A file that is still open somewhere stays in the temporary folder, which is cleaned by others.
        }
    }
}
