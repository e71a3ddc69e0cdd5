using System.Collections.Immutable;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>A column. Rows keep its value at <see cref="Slot"/>, which no other column of the table ever gets.</summary>
public sealed class ModelColumn
{
    public required string Name { get; set; }

    public required SfType Type { get; set; }

    public bool Nullable { get; set; } = true;

    /// <summary>The text of the default, as DESCRIBE shows it; null for none.</summary>
    public string? Default { get; set; }

    /// <summary>The counter of an identity column; null for others.</summary>
    public IdentityCounter? Identity { get; set; }

    public string Comment { get; set; } = "";

    public string Collation { get; set; } = "";

    public string? MaskingPolicy { get; set; }

    public IReadOnlyList<string> MaskingUsing { get; set; } = [];

    public Dictionary<string, string> Tags { get; private init; } = new(StringComparer.Ordinal);

    internal Expr? DefaultValue { get; set; }

    internal int Slot { get; set; }

    /// <summary>The value in rows that are older than the column.</summary>
    internal object? Before { get; set; }

    internal object? Of(object?[] row) => Slot < row.Length ? row[Slot] : Before;

    internal ModelColumn Copy(bool tags = true) => new()
    {
        Name = Name,
        Type = Type,
        Nullable = Nullable,
        Default = Default,
        DefaultValue = DefaultValue,
        Identity = Identity is null ? null : new IdentityCounter { Start = Identity.Start, Increment = Identity.Increment, Next = Identity.Next, Ordered = Identity.Ordered },
        Comment = Comment,
        Collation = Collation,
        MaskingPolicy = MaskingPolicy,
        MaskingUsing = MaskingUsing,
        Slot = Slot,
        Before = Before,
        Tags = tags ? new(Tags, StringComparer.Ordinal) : new(StringComparer.Ordinal),
    };
}

public sealed class IdentityCounter
{
    public long Start { get; init; }

    public long Increment { get; init; }

    public bool Ordered { get; init; } = true;

    internal long Next { get; set; }
}

/// <summary>A key or a foreign key: informational, never enforced.</summary>
public sealed record ModelConstraint(string Name, string Kind, IReadOnlyList<string> Columns)
{
    /// <summary>The parent of a foreign key: kept by identity (engines.md 1.1, an inference).</summary>
    public TableItem? Parent { get; init; }

    public IReadOnlyList<string> ParentColumns { get; init; } = [];

    public string Comment { get; init; } = "";
}

/// <summary>The table as one commit left it. <paramref name="Touched"/>: rows that it inserted, changed or removed.</summary>
internal sealed record TableVersion(long Time, ImmutableSortedDictionary<long, object?[]> Rows, ImmutableArray<ModelColumn> Columns, long[] Touched);

/// <summary>
/// A table. Each commit adds a version that shares what it did not change with the one before, so AT is a look-up and CHANGES compares two versions
/// by row ids, which give net changes by themselves.
/// </summary>
public sealed class TableItem : CatalogItem
{
    // Replaced as a whole: queries read it beside commits.
    private volatile ImmutableList<TableVersion> versions = [];

    public ImmutableArray<ModelColumn> Columns { get; internal set; } = [];

    public List<ModelConstraint> Constraints { get; } = [];

    /// <summary>TABLE, TRANSIENT or TEMPORARY, as SHOW TABLES says in kind.</summary>
    public string TableKind { get; internal set; } = "TABLE";

    public string ClusterBy { get; internal set; } = "";

    /// <summary>Whether automatic clustering runs.</summary>
    public bool Clustering { get; internal set; }

    /// <summary>Days; null where the account's default holds.</summary>
    public int? Retention { get; internal set; }

    /// <summary>When change tracking began; null while it is off.</summary>
    public long? TrackedSince { get; internal set; }

    public bool SearchOptimization { get; internal set; }

    public string? RowAccessPolicy { get; internal set; }

    public IReadOnlyList<string> RowAccessColumns { get; internal set; } = [];

    /// <summary>Set for tests that need one of the kinds of table that this tool refuses.</summary>
    public bool IsHybrid { get; set; }

    public bool IsExternal { get; set; }

    public bool IsIceberg { get; set; }

    public bool IsDropped { get; internal set; }

    /// <summary>Files that COPY INTO loaded into this table: its load history, which a clone starts without.</summary>
    public HashSet<string> LoadedFiles { get; } = new(StringComparer.Ordinal);

    public int RowCount => Rows.Count;

    internal ImmutableSortedDictionary<long, object?[]> Rows { get; private set; } = ImmutableSortedDictionary<long, object?[]>.Empty;

    internal IReadOnlyList<TableVersion> Versions => versions;

    internal ModelTransaction? LockedBy { get; set; }

    internal int NextSlot { get; set; }

    /// <summary>A rough size, so that scans cost something.</summary>
    internal long Bytes => Rows.Count == 0 ? 0 : 512 + ((long)Rows.Count * Columns.Length * 8);

    internal ModelColumn? Column(string name)
    {
        foreach (var column in Columns)
        {
            if (column.Name == name) return column;
        }
        return null;
    }

    /// <summary>The first content, at the creation.</summary>
    internal void Begin(ImmutableSortedDictionary<long, object?[]> rows, long time)
    {
        Rows = rows;
        versions = versions.Add(new TableVersion(time, rows, Columns, []));
    }

    /// <summary>The structure changed.</summary>
    internal void Restructure(long time) => versions = versions.Add(new TableVersion(time, Rows, Columns, []));

    /// <summary>Takes what a transaction did.</summary>
    internal void Apply(IReadOnlyDictionary<long, object?[]?> changes, long time)
    {
        Rows = With(changes);
        versions = versions.Add(new TableVersion(time, Rows, Columns, [.. changes.Keys]));
    }

    /// <summary>The committed rows with changes of an open transaction over them.</summary>
    internal ImmutableSortedDictionary<long, object?[]> With(IReadOnlyDictionary<long, object?[]?> changes)
    {
        if (changes.Count == 0) return Rows;
        if (Rows.Count == 0) return changes.Where(c => c.Value is not null).ToImmutableSortedDictionary(c => c.Key, c => c.Value!);
        var rows = Rows.ToBuilder();
        foreach (var (id, row) in changes)
        {
            if (row is null) rows.Remove(id);
            else rows[id] = row;
        }
        return rows.ToImmutable();
    }

    /// <summary>The version that was current at a time; fails where time travel does not reach.</summary>
    internal TableVersion At(long time, bool before = false)
    {
        var all = versions;
        for (var i = all.Count - 1; i >= 0; i--)
        {
            if (before ? all[i].Time < time : all[i].Time <= time) return i == all.Count - 1 || Retention != 0 ? all[i] : throw ModelError.NoTimeTravel(FullName);
        }
        throw ModelError.NoTimeTravel(FullName);
    }

    /// <summary>Ids of rows that commits after the first and up to the second time touched.</summary>
    internal IEnumerable<long> TouchedBetween(long after, long upTo) => versions.Where(v => v.Time > after && v.Time <= upTo).SelectMany(v => v.Touched).Distinct().Order();

    /// <summary>Takes versions of before a rename of the object, for UNDROP nothing is lost anyway.</summary>
    internal long FirstTime => versions[0].Time;
}
