using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>A test class with a database of its own.</summary>
public abstract class PostgreSqlTest(PostgreSqlDatabase database) : IClassFixture<PostgreSqlDatabase>, IAsyncLifetime
{
    protected PostgreSqlDatabase Database => database;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync() => database.PrepareAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Opens a session of ours, through the door that front ends use.</summary>
    protected async Task<IEngineSession> OpenSessionAsync(string? user = null, string? password = null, string? text = null)
    {
        var connected = await EngineList.ConnectAsync(text ?? database.ConnectionText, null, user, password, Token);
        return await connected.OpenSessionAsync(Token);
    }
}
