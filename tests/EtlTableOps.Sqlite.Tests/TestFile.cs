using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;
using Microsoft.Data.Sqlite;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>A database file of its own for one test, with a connection of an application beside ours.</summary>
public abstract class TestFile : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("etltableops-");

    protected string Path => System.IO.Path.Combine(folder.FullName, "events.db");

    protected DirectoryInfo Folder => folder;

    /// <summary>The application's connection; foreign keys are enforced on it.</summary>
    protected SqliteConnection Application { get; private set; } = null!;

    protected EtlDatabase Database { get; private set; } = null!;

    protected IEngineSession Session { get; private set; } = null!;

    protected TableOperations Operations => new(Database);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Database = await EngineList.ConnectAsync($"sqlite:{Path};Mode=ReadWriteCreate", null, null, null, Token);
        Application = Connect();
        Run("PRAGMA journal_mode = WAL");
        Session = await Database.OpenSessionAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Application.DisposeAsync();
        folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    protected SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false, ForeignKeys = true }.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>Runs statements as the application.</summary>
    protected void Run(string sql)
    {
        using var command = Application.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The rows of a query as lines, as the application sees them.</summary>
    protected IReadOnlyList<string> Rows(string sql)
    {
        using var command = Application.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read()) rows.Add(string.Join("|", Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "null" : Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))));
        return rows;
    }

    protected string One(string sql) => Assert.Single(Rows(sql));

    protected async Task<TableShape> ShapeAsync(string table) =>
        await Session.ReadShapeAsync(new TableName(null, table), Token) ?? throw new InvalidOperationException($"no table {table}");

    protected async Task BuildAsync(string table, DeclaredChange? change = null) =>
        await (await Operations.NewShadowAsync(new NewShadowRequest(table) { Change = change ?? new DeclaredChange() }, Token)).RunAsync(Token);

    protected async Task ProveAsync(string table)
    {
        var result = await (await Operations.TestAsync(new TestRequest(table), Token)).RunAsync(Token);
        Assert.True(result.Passed, string.Join(Environment.NewLine, result.Checks.Where(c => !c.Passed).Select(c => $"{c.Name}: {c.Message}")));
    }

    protected async Task<TableSwap> SwitchAsync(string table)
    {
        var swap = await (await Operations.SwitchAsync(new SwitchRequest(table) { StallBudget = TimeSpan.FromSeconds(10) }, Token)).RunAsync(Token);
        Assert.Empty(swap.Differences);
        return swap;
    }

    protected async Task<TableSwap> UndoAsync(string table)
    {
        var swap = await (await Operations.UndoAsync(new UndoRequest(table) { Force = true, StallBudget = TimeSpan.FromSeconds(10) }, Token)).RunAsync(Token);
        Assert.Empty(swap.Differences);
        return swap;
    }

    protected async Task ReplaceAsync(string table, DeclaredChange? change = null)
    {
        await BuildAsync(table, change);
        await ProveAsync(table);
        await SwitchAsync(table);
    }
}
