using System.Security.Cryptography;

namespace EtlTableOps.Cli.Tests;

/// <summary>The commands on SQLite.</summary>
public sealed class SqliteCommandTests : CommandScenarios
{
    private string File => Path.Combine(Folder, "events.db");

    protected override string Connection => "sqlite:" + File;

    // SQLite reads the subquery only when the table is there to be read.
    protected override string JournalRowsOrZero => "SELECT count(*) FROM sqlite_schema WHERE name = 'allevents_new'";

    [Fact]
    public async Task A_file_that_is_not_there_is_an_error_and_is_not_made()
    {
        var missing = Path.Combine(Folder, "mistyped.db");
        var run = (await Tool.RunAsync("history", "--connection", "sqlite:" + missing)).Exits(1);
        Assert.Contains("ConnectionFailed", run.Error, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(missing));
    }

    protected override ValueTask StartAsync()
    {
        // An empty file is an empty database.
        System.IO.File.WriteAllBytes(File, []);
        return ValueTask.CompletedTask;
    }

    protected override async Task<string> StateAsync() => Convert.ToHexString(SHA256.HashData(await System.IO.File.ReadAllBytesAsync(File)));
}
