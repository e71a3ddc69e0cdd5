using EtlTableOps.Composition;
using Microsoft.Data.Sqlite;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>A file in rollback-journal mode, which every new file has, where readers and commits exclude each other.</summary>
public sealed class RollbackJournalTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("etltableops-");

    private string File => Path.Combine(folder.FullName, "events.db");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_whole_job_goes_through_with_readers_and_writers_at_work()
    {
        var database = await EngineList.ConnectAsync($"sqlite:{File};Mode=ReadWriteCreate", null, null, null, Token);
        var operations = new TableOperations(database);
        using (var connection = Connect())
        {
            Run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX ix_t ON t (v)");
            Run(connection, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT i, 'v' || i FROM n");
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var reading = Task.Run(() => Work("SELECT count(v) FROM t", stop.Token), Token);
        var writing = Task.Run(() => Work("UPDATE t SET v = v || '' WHERE id = 7", stop.Token), Token);
        var patient = TimeSpan.FromSeconds(10);
        await (await operations.NewShadowAsync(new NewShadowRequest("t"), Token)).RunAsync(Token);
        await (await operations.ImportAsync(new ImportRequest("t") { Query = "SELECT id + 100000 AS id, v FROM t" }, Token)).RunAsync(Token);
        await (await operations.SyncAsync(new SyncRequest("t"), Token)).RunAsync(Token);
        var test = await operations.TestAsync(new TestRequest("t"), Token);
        Assert.Contains(test.Plan.Notes, n => n.Contains("commit", StringComparison.Ordinal));
        Assert.True((await test.RunAsync(Token)).Passed);
        await (await operations.SwitchAsync(new SwitchRequest("t") { StallBudget = patient, TryFor = patient * 6 }, Token)).RunAsync(Token);
        await (await operations.UndoAsync(new UndoRequest("t") { Force = true, StallBudget = patient, TryFor = patient * 6 }, Token)).RunAsync(Token);
        await stop.CancelAsync();
        Assert.True(await reading > 0);
        Assert.True(await writing > 0);
        using var after = Connect();
        using var count = after.CreateCommand();
        count.CommandText = "SELECT count(*) FROM t";
        Assert.Equal(20_000L, count.ExecuteScalar());
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = File, Pooling = false, DefaultTimeout = 60 }.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>Runs a statement again and again on a connection of its own, with a pause between, and fails with the first error.</summary>
    private int Work(string sql, CancellationToken token)
    {
        using var connection = Connect();
        var done = 0;
        for (; !token.IsCancellationRequested; done++)
        {
            Run(connection, sql);
            Thread.Sleep(5);
        }
        return done;
    }
}
