using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;

namespace EtlTableOps.Snowflake;

/// <summary>Snowflake, through its own driver, which is loaded at the first connection.</summary>
public sealed class SnowflakeEngine : IEngine
{
    private const int MaxTag = 2000;

    // What every statement of ours rests on, whatever the account's or the user's defaults are.
    private static readonly string[] Settings =
    [
        // Times in conditions and results mean the same on every machine.
        "TIMEZONE = 'UTC'",
        // A transaction is begun by BEGIN alone.
        "AUTOCOMMIT = TRUE",
        // Twelve hours is the server's default; nobody is made to wait behind us for that long.
        "LOCK_TIMEOUT = 60",
        // A statement whose client died would work on, and a repair would find it at work.
        "ABORT_DETACHED_QUERY = TRUE",
        // A quoted name means what it says. An account may have it mean its upper case: then another table carries the journal's name, and none is found by ours.
        "QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE",
        // What stands after a semicolon in a condition is an error. An account may have it run as a statement of its own.
        "MULTI_STATEMENT_COUNT = 1",
        // Two changes for one row are an error, and not the server's choice of one of them.
        "ERROR_ON_NONDETERMINISTIC_MERGE = TRUE",
    ];

    internal static readonly EngineCapabilities Facts = new()
    {
        TransactionalDdl = false,
        SharedSnapshots = false,
        ReadersPassExchange = true,
        SingleWriter = false,
        MaxNameBytes = 255,
        CountedPositions = false,
        Folding = Tables.IdentifierFolding.Upper,
        Feeds = [FeedKind.ChangeTracking, FeedKind.None],
        Methods = [Switching.ExchangeMethod.Swap, Switching.ExchangeMethod.Overwrite],
    };

    private readonly DbProviderFactory? given;
    private readonly Func<SnowflakeSurroundings> surroundings;

    /// <summary>The engine over the driver that packaging laid beside it, or that <c>ETLTABLEOPS_SNOWFLAKE_DRIVER</c> names.</summary>
    public SnowflakeEngine()
        : this(null, null)
    {
    }

    /// <summary>The engine over a given driver and given surroundings; null takes the real ones.</summary>
    internal SnowflakeEngine(DbProviderFactory? driver, SnowflakeSurroundings? surroundings)
    {
        given = driver;
        this.surroundings = surroundings is null ? () => SnowflakeSurroundings.Current : () => surroundings;
    }

    /// <inheritdoc/>
    public string Name => "snowflake";

    /// <inheritdoc/>
    public EngineCapabilities Capabilities => Facts;

    /// <inheritdoc/>
    public async Task<IEngineSession> OpenAsync(ConnectionTarget target, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(target);
        // The text first: what is wrong with it is the user's to mend, with or without a driver.
        return await OpenAsync(SnowflakeConnectionText.Read(target, surroundings()), token).ConfigureAwait(false);
    }

    /// <summary>Opens another session of a target that was read before.</summary>
    internal async Task<SnowflakeSession> OpenAsync(SnowflakeTarget target, CancellationToken token)
    {
        var driver = given ?? SnowflakeDriver.Load(surroundings());
        var connection = driver.CreateConnection()!;
        try
        {
            connection.ConnectionString = target.ConnectionString;
            await connection.OpenAsync(token).ConfigureAwait(false);
            var facts = await PrepareAsync(connection, target, token).ConfigureAwait(false);
            return new SnowflakeSession(connection, target, facts, this);
        }
        catch (Exception e)
        {
            await DisposeAsync(connection).ConfigureAwait(false);
            if (token.IsCancellationRequested) throw new EtlException(ErrorCode.Cancelled, e);
            if (e is EtlException) throw;
            // An exception that carries a secret goes no further, not even as an inner one.
            var inner = target.Betrays(e.ToString()) ? null : e;
            throw new EtlException(ErrorCode.ConnectionFailed, inner, target.Display(), target.Redact(SnowflakeOpening.Explain(e)));
        }
    }

    private static async Task<SnowflakeFacts> PrepareAsync(DbConnection connection, SnowflakeTarget target, CancellationToken token)
    {
        var run = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        var tag = Tag(run, target.QueryTag);
        foreach (var (name, value, _) in target.Parameters) await RunAsync(connection, $"ALTER SESSION SET {name} = {ParameterValue(value)}", token).ConfigureAwait(false);
        // Before all else of ours, so that the history shows whose the rest is.
        await RunAsync(connection, $"ALTER SESSION SET QUERY_TAG = {Literal(tag)}", token).ConfigureAwait(false);
        foreach (var setting in Settings) await RunAsync(connection, "ALTER SESSION SET " + setting, token).ConfigureAwait(false);

        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = "SELECT CURRENT_VERSION(), CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_SCHEMA(), CURRENT_ACCOUNT()";
            var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(token).ConfigureAwait(false);
                string? Of(int i) => reader.IsDBNull(i) ? null : reader.GetString(i);
                var database = Of(4) ?? throw new EtlException(ErrorCode.BadInput, $"The connection {target.Display()} works in no database. {DatabaseHint(target)}");
                return new SnowflakeFacts(Of(0) ?? "", Of(1) ?? target.User ?? "", Of(2), Of(3), database, Of(5), Of(6) ?? target.Account, run, tag);
            }
        }
    }

    private static string DatabaseHint(SnowflakeTarget target) => target.Entry is { } entry
        ? $"Give the entry '{entry}' a line database = \"NAME\", or set SNOWFLAKE_CONNECTIONS_{entry.ToUpperInvariant()}_DATABASE."
        : "Give the connection text a part database=NAME.";

    /// <summary>The tag of every statement: by it a statement is found in the server's history after its answer was lost.</summary>
    internal static string Tag(string run, string? own)
    {
        var tag = JsonSerializer.Serialize(own is null ? new Dictionary<string, string> { ["app"] = "etltableops", ["run"] = run } : new() { ["app"] = "etltableops", ["run"] = run, ["tag"] = own });
        // One character of the user's tag can be six in JSON, so it is cut until it fits.
        return tag.Length <= MaxTag ? tag : Tag(run, own![..(own!.Length - Math.Max(1, (tag.Length - MaxTag) / 6))]);
    }

    internal static string Literal(string text) =>
        "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal) + "'";

    // A number or a truth value stands bare, as the server's own tools send it.
    private static string ParameterValue(string value) =>
        value is "true" or "false" || long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) ? value : Literal(value);

    private static async Task RunAsync(DbConnection connection, string sql, CancellationToken token)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
        }
    }

    private static async Task DisposeAsync(DbConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is DbException or InvalidOperationException or AggregateException or OperationCanceledException or HttpRequestException)
        {
            // It did not open, or is gone; that failure is on its way.
        }
    }
}
