namespace EtlTableOps.Snowflake.Testing;

/// <summary>What an open transaction did so far, table by table; nobody else sees it. READ COMMITTED: its statements see others' commits.</summary>
internal sealed class ModelTransaction
{
    private readonly Dictionary<TableItem, Dictionary<long, object?[]?>> changes = [];
    private readonly HashSet<TableItem> locked = [];

    public required long Id { get; init; }

    public bool Explicit { get; init; }

    public IReadOnlyDictionary<TableItem, Dictionary<long, object?[]?>> Changes => changes;

    /// <summary>Streams whose offset moves at the commit (engines.md 1.6).</summary>
    public Dictionary<StreamItem, long> Consumed { get; } = [];

    public Dictionary<long, object?[]?> Of(TableItem table)
    {
        if (!changes.TryGetValue(table, out var of)) changes[table] = of = [];
        return of;
    }

    public void Locked(TableItem table) => locked.Add(table);

    /// <summary>Publishes all of it at one time. Under the model's lock.</summary>
    public long Commit(SnowflakeModel model)
    {
        var time = model.Clock();
        foreach (var (table, rows) in changes)
        {
            if (rows.Count > 0) table.Apply(rows, time);
        }
        foreach (var (stream, offset) in Consumed) stream.Offset = offset;
        Release(model);
        return time;
    }

    /// <summary>Gives up the locks.</summary>
    public void Release(SnowflakeModel model)
    {
        foreach (var table in locked) table.LockedBy = null;
        locked.Clear();
        Monitor.PulseAll(model.Gate);
    }
}
