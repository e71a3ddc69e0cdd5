using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Testing.Ledgers;

namespace EtlTableOps.Behaviour;

/// <summary>
/// One database of an engine for one scenario: how consumers reach it without this tool, and what the engine calls things. SQL
/// in scenarios is what the engines have in common; what differs is a member here.
/// </summary>
public abstract class EngineWorld : IAsyncDisposable
{
    /// <summary>What a user types to connect with this tool.</summary>
    public abstract string ConnectionText { get; }

    /// <summary>The feed that a table with a key gets when none is asked for.</summary>
    public virtual FeedKind UsualFeed => FeedKind.TriggerLog;

    /// <summary>What a process apart needs in its environment to connect.</summary>
    public virtual IReadOnlyDictionary<string, string> HostEnvironment => new Dictionary<string, string>();

    /// <summary>Lets the server notice that clients died, where that takes it minutes.</summary>
    public virtual void EndDeadSessions()
    {
    }

    /// <summary>Whether tables have indexes.</summary>
    public virtual bool HasIndexes => true;

    /// <summary>Whether keys and checks are enforced; else they are informational.</summary>
    public virtual bool EnforcesConstraints => true;

    /// <summary>Whether a guard hears of each write; else of what differs in the end.</summary>
    public virtual bool SeesEveryWrite => true;

    /// <summary>Whether a sample can be taken of a table without a key; else all its rows are read.</summary>
    public virtual bool SamplesWithoutKey => true;

    /// <summary>The database reads files by itself: of a stage, and Parquet.</summary>
    public virtual bool ReadsFiles => false;

    /// <summary>What writers with a ledger do on this engine.</summary>
    public virtual LedgerOptions LedgerOptions => new();

    /// <summary>The longest name of a table, in bytes.</summary>
    public abstract int LongestName { get; }

    /// <summary>Whether a statement is the one that reads a side's content.</summary>
    public virtual bool IsScan(string statement) => statement.StartsWith("SELECT count(*), ", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether columns can be profiled here.</summary>
    public virtual bool HasProfiles => true;

    /// <summary>A condition that cannot be computed for rows whose column has this value, and that no statement refuses before it meets one.</summary>
    public virtual string FailsOn(string column, string value) => $"1 / ({column} - {value}) >= -100000";

    /// <summary>Makes the empty database; skips the test when the engine is not there.</summary>
    public abstract ValueTask StartAsync();

    /// <summary>Opens a consumer's own connection, as an application would.</summary>
    public abstract Task<Consumer> OpenConsumerAsync();

    /// <summary>
    /// Names of everything of ours that is left in the database besides the journal: change logs, their triggers and routines, marks, and the
    /// tables that are or were shadows of this live table.
    /// </summary>
    public abstract Task<IReadOnlyList<string>> LeftoversAsync(string live);

    /// <summary>Names of all objects in the database but the journal's; empty where <see cref="LeftoversAsync"/> knows all that there can be.</summary>
    public virtual Task<IReadOnlyList<string>> ObjectsAsync() => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>The table's structure and what hangs on it, from the engine's own catalog and not by this tool's eyes; a line each.</summary>
    public abstract Task<IReadOnlyList<string>> DescribeAsync(string table);

    /// <summary>An expression for the hour or day of a timestamp, or the like: what only this engine writes so.</summary>
    public abstract string YearOf(string column);

    /// <summary>
    /// Makes dependents of the table <c>allevents</c> that go beyond the common ones; nothing where there are none.
    /// </summary>
    public abstract Task AddDependentsAsync();

    /// <summary>Empties a table in the fastest way that the engine has.</summary>
    public virtual string EmptyStatement(string table) => $"TRUNCATE TABLE {table}";

    /// <summary>A trigger on a table that writes into <c>audit (what)</c> at each insert.</summary>
    public abstract string AuditTrigger(string name, string table);

    /// <summary>All tables with their rows, all other objects by their text: what must be equal when nothing was written.</summary>
    public abstract Task<IReadOnlyList<string>> EverythingAsync();

    /// <summary>Connects with this tool.</summary>
    public virtual Task<EtlDatabase> ConnectAsync() => EngineList.ConnectAsync(ConnectionText, null, null, null, CancellationToken.None);

    /// <summary>Runs SQL on the side, on a connection of its own.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var consumer = await OpenConsumerAsync();
        await consumer.ExecuteAsync(sql);
    }

    /// <summary>Reads rows on the side, each as one line of text, sorted by their text.</summary>
    public async Task<IReadOnlyList<string>> RowsAsync(string sql)
    {
        await using var consumer = await OpenConsumerAsync();
        return [.. (await consumer.QueryAsync(sql)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Reads one number on the side.</summary>
    public async Task<long> CountAsync(string sql)
    {
        await using var consumer = await OpenConsumerAsync();
        return await consumer.NumberAsync(sql);
    }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
