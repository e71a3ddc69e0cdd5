using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>A statement as the query history keeps it.</summary>
public sealed class QueryRecord
{
    public required string Id { get; init; }

    public required string Text { get; init; }

    public string Tag { get; set; } = "";

    public string Type { get; set; } = "";

    public required ModelSession Session { get; init; }

    public required Moment Started { get; init; }

    public Moment? Ended { get; set; }

    /// <summary>RUNNING, SUCCESS or FAILED_WITH_ERROR.</summary>
    public string Status { get; set; } = "RUNNING";

    public int? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public long BytesScanned { get; set; }

    /// <summary>A table of the model has a partition for each thousand rows, and a scan reads all of them.</summary>
    public long PartitionsScanned { get; set; }

    public long RowsProduced { get; set; }

    public string? Database { get; init; }

    public string? Schema { get; init; }

    public string? Warehouse { get; init; }

    internal long Committed { get; set; }

    internal bool Dropped { get; set; }
}

/// <summary>Databases by name, schemas by name, objects by name: tables and views share one space of names, each other kind has its own.</summary>
public sealed class ModelDatabase(string name)
{
    public string Name { get; } = name;

    public Dictionary<string, ModelSchema> Schemas { get; } = new(StringComparer.Ordinal);
}

public sealed class ModelSchema(string name)
{
    public string Name { get; } = name;

    /// <summary>Tables, views, materialized views and dynamic tables.</summary>
    public Dictionary<string, CatalogItem> Relations { get; } = new(StringComparer.Ordinal);

    /// <summary>Everything else, by kind and name.</summary>
    public Dictionary<(string Kind, string Name), CatalogItem> Others { get; } = [];

    /// <summary>Dropped tables, the last one last: UNDROP takes them back.</summary>
    public List<TableItem> Dropped { get; } = [];

    /// <summary>GRANT … ON FUTURE TABLES: given at creation only, and never together with COPY GRANTS (engines.md 1.2).</summary>
    public List<(string Privilege, string Role)> FutureGrants { get; } = [];
}

/// <summary>
/// A Snowflake account in memory, as far as this project's statements and the rules of section 1 of engines.md go. Safe for several sessions at
/// once: names and commits are guarded by one lock, queries run beside it on snapshots.
/// </summary>
public sealed class SnowflakeModel : IDisposable
{
    private readonly List<QueryRecord> history = [];
    private readonly List<ModelSession> sessions = [];
    private readonly Lazy<DirectoryInfo> files = new(() => Directory.CreateTempSubdirectory("snowflake-model-"));
    private long clock;
    private long ids;

    /// <summary>An account with database DB1, its schemas PUBLIC and S1, and roles that need no names.</summary>
    public SnowflakeModel()
    {
        AddDatabase("DB1").Schemas["S1"] = new ModelSchema("S1");
    }

    public Dictionary<string, ModelDatabase> Databases { get; } = new(StringComparer.Ordinal);

    /// <summary>Roles that exist; grants to others fail.</summary>
    public HashSet<string> Roles { get; } = new(["ACCOUNTADMIN", "SYSADMIN", "PUBLIC", "R1"], StringComparer.Ordinal);

    /// <summary>Warehouses; a suspended one is not in the list.</summary>
    public HashSet<string> Warehouses { get; } = new(["WH"], StringComparer.Ordinal);

    public string Account { get; set; } = "TEST";

    public string Version { get; set; } = "9.30.1";

    /// <summary>Passwords by user; a user that is not here signs in with any.</summary>
    public Dictionary<string, string> Passwords { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Asked before a statement runs, before its commit and after it; null for no fault. Called outside all locks.</summary>
    public Func<StatementMoment, Fault?>? Faults { get; set; }

    /// <summary>Values of parameters of the account, over the defaults.</summary>
    public Dictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);

    /// <summary>Time travel cuts the times that it is given to this; accounts take milliseconds (engines.md 1.6), the default here is not to cut.</summary>
    public TimeSpan TimeTravelResolution { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// How coarse the server's clock is for CURRENT_TIMESTAMP, SYSDATE and the times of commits; zero for as fine as can be, where no two commits have one time.
    /// Time travel goes by milliseconds (engines.md 1.6): with a tick of one, several commits can share a time, and a boundary may fall between them.
    /// </summary>
    public TimeSpan Tick { get; set; } = TimeSpan.Zero;

    /// <summary>A read-only copy of the query history, oldest first.</summary>
    public IReadOnlyList<QueryRecord> History
    {
        get
        {
            lock (Gate) return [.. history];
        }
    }

    public IReadOnlyList<ModelSession> Sessions
    {
        get
        {
            lock (Gate) return [.. sessions];
        }
    }

    internal object Gate { get; } = new();

    /// <summary>A folder for the files of stages.</summary>
    internal string FilesFolder => files.Value.FullName;

    public ModelDatabase AddDatabase(string name)
    {
        var database = new ModelDatabase(name);
        database.Schemas["PUBLIC"] = new ModelSchema("PUBLIC");
        return Databases[name] = database;
    }

    public ModelSession OpenSession(string user = "U", string? role = "SYSADMIN", string? database = "DB1", string? schema = "S1", string? warehouse = "WH")
    {
        lock (Gate)
        {
            var session = new ModelSession(this, user, role ?? "SYSADMIN", database, schema ?? (database is null ? null : "PUBLIC"), warehouse) { Id = NextId() };
            sessions.Add(session);
            return session;
        }
    }

    /// <summary>A table by "NAME", "SCHEMA.NAME" or "DB.SCHEMA.NAME" in DB1 and S1 (exact case, no quotes); fails when there is none.</summary>
    public TableItem Table(string name) => Find(name) as TableItem ?? throw new InvalidOperationException($"The model has no table {name}.");

    /// <summary>The same of any relation; null when there is none.</summary>
    public CatalogItem? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var parts = name.Split('.');
        lock (Gate)
        {
            var database = parts.Length > 2 ? parts[0] : "DB1";
            var schema = parts.Length > 1 ? parts[^2] : "S1";
            return Databases.TryGetValue(database, out var d) && d.Schemas.TryGetValue(schema, out var s) ? s.Relations.GetValueOrDefault(parts[^1]) : null;
        }
    }

    /// <summary>All objects of a kind in a database; TABLE, VIEW, STREAM, …</summary>
    public IReadOnlyList<CatalogItem> Items(string kind, string database = "DB1")
    {
        lock (Gate)
            return [.. Databases[database].Schemas.Values.SelectMany(s => s.Relations.Values.Concat(s.Others.Values)).Where(i => i.Kind == kind).OrderBy(i => i.Schema, StringComparer.Ordinal).ThenBy(i => i.Name, StringComparer.Ordinal)];
    }

    /// <summary>Server time in nanoseconds since 1970; never the same twice.</summary>
    public long Now()
    {
        var now = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
        while (true)
        {
            var last = Interlocked.Read(ref clock);
            var next = Math.Max(now, last + 100);
            if (Interlocked.CompareExchange(ref clock, next, last) == last) return next;
        }
    }

    /// <summary>The time as the server tells it: of commits too.</summary>
    public long Clock()
    {
        var now = Now();
        var tick = (long)Tick.TotalNanoseconds;
        return tick > 1 ? now / tick * tick : now;
    }

    /// <summary>Ends transactions of sessions that were lost, as the server does after minutes or hours.</summary>
    public void AbortDetachedTransactions()
    {
        lock (Gate)
        {
            foreach (var session in sessions.Where(s => s.IsLost)) session.Rollback();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (files.IsValueCreated && files.Value.Exists) files.Value.Delete(recursive: true);
    }

    internal long NextId() => Interlocked.Increment(ref ids);

    internal string NewQueryId() => string.Create(CultureInfo.InvariantCulture, $"01{NextId():x6}-0000-{Environment.TickCount64 & 0xFFFF:x4}-0000-{Now():x16}");

    internal void Record(QueryRecord record)
    {
        lock (Gate) history.Add(record);
    }

    internal void Close(ModelSession session)
    {
        lock (Gate) sessions.Remove(session);
    }

    internal QueryRecord? Query(string id)
    {
        lock (Gate) return history.FindLast(q => q.Id == id);
    }
}
