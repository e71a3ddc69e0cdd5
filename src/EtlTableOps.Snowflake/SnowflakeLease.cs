using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <summary>
/// Keeps other operations of ours off a table, by a row that says who works on it and until when. There is no lock that ends with a session here, so the row
/// is renewed while the work goes on and counts for nothing once it has run out: after a minute on another machine, at once on the machine that
/// can see that the process is gone.
/// </summary>
internal sealed class SnowflakeLease : IAsyncDisposable
{
    private const string Now = "DATE_PART(EPOCH_NANOSECOND, SYSDATE())";
    private static readonly TimeSpan For = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(15);

    private readonly IEngineSession session;
    private readonly TableName table;
    private readonly string live;
    private readonly string holder;
    private readonly CancellationTokenSource stop = new();
    private readonly Task renewing;

    private SnowflakeLease(IEngineSession session, TableName table, string live, string holder)
    {
        this.session = session;
        this.table = table;
        this.live = live;
        this.holder = holder;
        renewing = RenewAsync();
    }

    /// <summary>Takes it, or returns null when another holds it.</summary>
    public static async Task<IAsyncDisposable?> TryTakeAsync(SnowflakeSession session, TableName live, string operation, CancellationToken token)
    {
        var dialect = session.Dialect;
        var table = TableOf(live);

        // Who holds it, told in one text, which is what makes it the holder's: the user's name stands last, because it may have any sign in it.
        var holder = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}/{operation}/{DateTime.UtcNow:O}/{session.Info.User}");
        if (await session.ReadObjectIdAsync(table, token).ConfigureAwait(false) is null)
            await session.ExecuteAsync(Sql.Write(dialect, $"CREATE TABLE IF NOT EXISTS {table} (live_table text NOT NULL, holder text NOT NULL, until_ns number(38,0) NOT NULL)"), token).ConfigureAwait(false);

        // Renewed on a session of its own: the operation's may be in a transaction, or busy for an hour.
        var apart = await session.OpenAnotherAsync(token).ConfigureAwait(false);
        try
        {
            var dead = await HolderAsync(apart, table, live.Name, token).ConfigureAwait(false) is { } other && IsDead(other) ? other : "";
            var take = Sql.Write(dialect, $"""
                MERGE INTO {table} AS t USING (SELECT {new SqlParameter("live", live.Name)} AS live_table, {new SqlParameter("holder", holder)} AS holder) AS s ON t.live_table = s.live_table
                WHEN MATCHED AND (t.until_ns < {new SqlText(Now)} OR t.holder = {new SqlParameter("dead", dead)}) THEN UPDATE SET holder = s.holder, until_ns = {new SqlText(Now)} + {Nanoseconds}
                WHEN NOT MATCHED THEN INSERT (live_table, holder, until_ns) VALUES (s.live_table, s.holder, {new SqlText(Now)} + {Nanoseconds})
                """);
            await apart.ExecuteAsync(take, token).ConfigureAwait(false);
            if (await HolderAsync(apart, table, live.Name, token).ConfigureAwait(false) == holder) return new SnowflakeLease(apart, table, live.Name, holder);
            // Of two that came in at once both have a row.
            await apart.ExecuteAsync(Release(dialect, table, live.Name, holder), token).ConfigureAwait(false);
            await apart.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch
        {
            await apart.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Who holds it now; null when nobody does.</summary>
    public static async Task<OperationHolder?> FindHolderAsync(IEngineSession session, TableName live, CancellationToken token)
    {
        var holder = await HolderAsync(session, TableOf(live), live.Name, token).ConfigureAwait(false);
        return holder?.Split('/', 6) is [var host, var process, _, var operation, var since, var user]
            ? new OperationHolder(operation, user, host, int.Parse(process, CultureInfo.InvariantCulture), DateTime.Parse(since, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind))
            : null;
    }

    /// <summary>Gives it back.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await renewing.ConfigureAwait(false);
        try
        {
            await session.ExecuteAsync(Release(session.Dialect, table, live, holder), CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException)
        {
            // It runs out by itself.
        }
        await session.DisposeAsync().ConfigureAwait(false);
        stop.Dispose();
    }

    private static TableName TableOf(TableName live) => new(live.Schema, "etltableops_leases");

    private static Sql Release(IDialect dialect, TableName table, string live, string holder) =>
        Sql.Write(dialect, $"DELETE FROM {table} WHERE live_table = {new SqlParameter("live", live)} AND holder = {new SqlParameter("holder", holder)}");

    private static long Nanoseconds => (long)For.TotalMilliseconds * 1_000_000;

    /// <summary>Who holds it; of two rows that came in at once, whoever is first by name.</summary>
    private static async Task<string?> HolderAsync(IEngineSession session, TableName table, string live, CancellationToken token)
    {
        var sql = Sql.Write(session.Dialect, $"SELECT MIN(holder) FROM {table} WHERE live_table = {new SqlParameter("live", live)} AND until_ns >= {new SqlText(Now)}");
        return (await session.QueryAsync(sql, r => r.IsDBNull(0) ? null : r.GetString(0), token).ConfigureAwait(false))[0];
    }

    private static bool IsDead(string holder)
    {
        if (holder.Split('/') is not [var machine, var process, ..] || machine != Environment.MachineName || !int.TryParse(process, CultureInfo.InvariantCulture, out var id)) return false;
        try
        {
            using var running = Process.GetProcessById(id);
            return running.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private async Task RenewAsync()
    {
        var renew = Sql.Write(session.Dialect, $"UPDATE {table} SET until_ns = {new SqlText(Now)} + {Nanoseconds} WHERE live_table = {new SqlParameter("live", live)} AND holder = {new SqlParameter("holder", holder)}");
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Renewal, stop.Token).ConfigureAwait(false);
                await session.ExecuteAsync(renew, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (EtlException)
            {
                // Tried again in time; if it runs out nevertheless, the journal's revisions let only one of two go on.
            }
        }
    }
}
