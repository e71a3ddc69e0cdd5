using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using Microsoft.Data.Sqlite;

namespace EtlTableOps.Sqlite;

/// <summary>SQLite, embedded: the database is a file.</summary>
public sealed class SqliteEngine : IEngine
{
    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(10);

    static SqliteEngine() => SQLitePCL.Batteries_V2.Init();

    /// <inheritdoc/>
    public string Name => "sqlite";

    /// <inheritdoc/>
    public EngineCapabilities Capabilities { get; } = CapabilitiesOf(true);

    /// <inheritdoc/>
    public Task<IEngineSession> OpenAsync(ConnectionTarget target, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(target);
        return OpenAsync(SqliteTarget.Read(target), token);
    }

    internal static EngineCapabilities CapabilitiesOf(bool writeAheadLog) => new()
    {
        TransactionalDdl = true,
        SharedSnapshots = false,
        ReadersPassExchange = writeAheadLog,
        ReadsHoldUpCommits = !writeAheadLog,
        SingleWriter = true,
        MaxNameBytes = 255,
        Feeds = [FeedKind.TriggerLog, FeedKind.Column, FeedKind.None],
    };

    internal static async Task<IEngineSession> OpenAsync(SqliteConnectionStringBuilder target, CancellationToken token)
    {
        var display = "sqlite:" + target.DataSource;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var connection = new SqliteConnection(target.ToString());
            try
            {
                connection.Open();
                return new SqliteSession(connection, target);
            }
            catch (SqliteException e) when (SqliteFailures.IsBusy(e) && watch.Elapsed < OpenFor)
            {
                // Somebody recovers the log or holds the file alone for a moment.
                await connection.DisposeAsync().ConfigureAwait(false);
                await Task.Delay(20, token).ConfigureAwait(false);
            }
            catch (SqliteException e)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw new EtlException(ErrorCode.ConnectionFailed, e, display, e.Message)
                {
                    Remedy = SqliteFailures.Classify(e) == FailureKind.NotPermitted
                        ? "Check that the file is there and that you may read and write it and its directory."
                        : "Check that the file is a SQLite database, and one that this version of SQLite can read.",
                };
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }
}
