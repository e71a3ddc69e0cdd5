using System.Net.Sockets;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using Npgsql;

namespace EtlTableOps.PostgreSql;

/// <summary>PostgreSQL 12 and later.</summary>
public sealed class PostgreSqlEngine : IEngine
{
    internal static readonly EngineCapabilities Facts = new()
    {
        TransactionalDdl = true,
        SharedSnapshots = true,
        ReadersPassExchange = false,
        SingleWriter = false,
        MaxNameBytes = 63,
        Feeds = [FeedKind.TriggerLog, FeedKind.Column, FeedKind.None],
    };

    /// <inheritdoc/>
    public string Name => "postgresql";

    /// <inheritdoc/>
    public EngineCapabilities Capabilities => Facts;

    /// <inheritdoc/>
    public async Task<IEngineSession> OpenAsync(ConnectionTarget target, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(target);
        return await OpenAsync(PostgreSqlConnectionText.Read(target), token).ConfigureAwait(false);
    }

    internal static async Task<PostgreSqlSession> OpenAsync(NpgsqlConnectionStringBuilder settings, CancellationToken token)
    {
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(token).ConfigureAwait(false);
            return await PostgreSqlSession.BeginAsync(connection, settings, token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            if (token.IsCancellationRequested) throw new EtlException(ErrorCode.Cancelled, e);
            if (e is NpgsqlException or SocketException or IOException or TimeoutException or ArgumentException or InvalidOperationException or NotSupportedException)
                throw new EtlException(ErrorCode.ConnectionFailed, e, PostgreSqlConnectionText.Display(settings, null, null), PostgreSqlFailures.Explain(e));
            throw;
        }
    }
}
