using Npgsql;

namespace EtlTableOps.Testing;

/// <summary>A fresh database for one test class (class fixture), on the assembly's <see cref="PostgreSqlCluster"/>.</summary>
public sealed class PostgreSqlDatabase(PostgreSqlCluster cluster) : IAsyncLifetime
{
    private string? name;

    /// <summary>The server.</summary>
    public PostgreSqlCluster Cluster => cluster;

    /// <summary>The database's name.</summary>
    public string Name => name ?? throw new InvalidOperationException("PrepareAsync was not called.");

    /// <summary>What a user would type after <c>--connection</c>.</summary>
    public string ConnectionText => cluster.ConnectionText(Name);

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// Makes the database once; to be called from the test class's <c>InitializeAsync</c>, because a fixture cannot skip a test and a test can.
    /// </summary>
    public async ValueTask PrepareAsync() => name ??= await cluster.CreateDatabaseAsync();

    /// <summary>Opens a side connection, as the superuser or as somebody else.</summary>
    public async Task<NpgsqlConnection> OpenAsync(string? user = null)
    {
        var connection = new NpgsqlConnection(cluster.Connection(Name, user));
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Runs SQL on the side.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Reads one value on the side; null for SQL's null or no row.</summary>
    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (name is not null) await cluster.DropDatabaseAsync(name);
    }
}
