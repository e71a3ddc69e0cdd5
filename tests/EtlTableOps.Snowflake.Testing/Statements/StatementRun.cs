using System.Collections.Immutable;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>A value for a question mark.</summary>
public sealed record ModelBind(SfType Type, object? Value);

/// <summary>What a statement is to the session.</summary>
internal enum StatementClass
{
    Query,
    Dml,
    Ddl,

    /// <summary>Session settings and transaction control: neither data nor catalog.</summary>
    Session,
}

/// <summary>
/// A parsed statement. <paramref name="Prepare"/> runs under the model's lock: resolves names, takes snapshots and table locks; what it returns runs
/// outside.
/// </summary>
internal sealed record Statement(string Type, StatementClass Class, Func<StatementRun, Func<ModelResult>> Prepare)
{
    /// <summary>Metadata statements need no warehouse (engines.md 1.9).</summary>
    public bool NeedsWarehouse { get; init; }
}

/// <summary>A statement on its way.</summary>
internal sealed class StatementRun(ModelSession session, string sql, IReadOnlyList<ModelBind> binds, QueryRecord record)
{
    private readonly long began = Environment.TickCount64;
    private volatile bool cancelled;

    public ModelSession Session { get; } = session;

    public string Sql { get; } = sql;

    public QueryRecord Record { get; } = record;

    public string QueryId => Record.Id;

    public Moment Started => Record.Started;

    public CatalogLookup Catalog { get; } = new(session);

    /// <summary>The statement changes data, so a stream that it reads moves on.</summary>
    public bool ChangesData { get; set; }

    public ModelTransaction Transaction { get; set; } = null!;

    /// <summary>The statement is only explained.</summary>
    public bool Explains { get; set; }

    /// <summary>For COPY: the format of the files, which of them are wanted, which were loaded before, and which were read.</summary>
    public Dictionary<string, string> FileOptions { get; set; } = new(StringComparer.Ordinal);

    public HashSet<string>? SkipFiles { get; set; }

    public HashSet<string>? OnlyFiles { get; set; }

    public string? FilePattern { get; set; }

    public IReadOnlyList<string> FilesRead { get; set; } = [];

    /// <summary>For COPY: where each row of the files stands, file and number in it.</summary>
    public List<(string File, int Row)> RowPlaces { get; } = [];

    /// <summary>For COPY by a SELECT: fields that a file does not have are null.</summary>
    public int FieldsAtLeast { get; set; }

    public ModelBind? Bind(int number) => number < binds.Count ? binds[number] : null;

    public int BindCount => binds.Count;

    public void Cancel()
    {
        cancelled = true;
        lock (Session.Model.Gate) Monitor.PulseAll(Session.Model.Gate);
    }

    /// <summary>Ends the statement when somebody cancelled it or its time is up.</summary>
    public void Check()
    {
        if (cancelled) throw ModelError.Cancelled();
        var limit = Session.Seconds("STATEMENT_TIMEOUT_IN_SECONDS");
        if (limit > 0 && Environment.TickCount64 - began > limit * 1000) throw ModelError.TimedOut(limit);
    }

    public void Wait(TimeSpan time)
    {
        for (var until = Environment.TickCount64 + (long)time.TotalMilliseconds; Environment.TickCount64 < until;)
        {
            Check();
            Thread.Sleep((int)Math.Clamp(until - Environment.TickCount64, 0, 10));
        }
    }

    /// <summary>The table as this statement sees it: what is committed, and what its own transaction did.</summary>
    public ImmutableSortedDictionary<long, object?[]> Rows(TableItem table) =>
        Session.Transaction is { } open && open.Changes.TryGetValue(table, out var changes) ? table.With(changes) : table.Rows;

    public void Scanned(TableItem table)
    {
        Record.BytesScanned += table.Bytes;
        Record.PartitionsScanned += (long)(table.RowCount + 999) / 1000;
    }

    /// <summary>Takes the lock that UPDATE, DELETE and MERGE exclude each other by (engines.md 1.4). Under the model's lock, which it gives up while it waits.</summary>
    public void Lock(TableItem table)
    {
        if (Explains) return;
        var until = Environment.TickCount64 + (Session.Seconds("LOCK_TIMEOUT") * 1000);
        while (table.LockedBy is { } holder && holder != Transaction)
        {
            Check();
            var left = until - Environment.TickCount64;
            if (left <= 0) throw ModelError.LockTimeout(table.Name);
            Monitor.Wait(Session.Model.Gate, (int)Math.Min(left, 50));
        }
        table.LockedBy = Transaction;
        Transaction.Locked(table);
    }
}
