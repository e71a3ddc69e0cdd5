using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <summary>A table with everything that its dialect needs to make it again and to exchange it.</summary>
public sealed record PostgreSqlTable : TableShape
{
    /// <summary>The table itself first, then its partitions, parents before children.</summary>
    internal IReadOnlyList<TableMember> Members { get; init; } = [];

    /// <summary>What the shadow needs to know of a column beyond its description, by name.</summary>
    internal IReadOnlyDictionary<string, ColumnFacts> Facts { get; init; } = new Dictionary<string, ColumnFacts>();

    /// <summary>What leaves the table at an exchange and comes to its successor, in the order in which it is made again.</summary>
    internal IReadOnlyList<Follower> Followers { get; init; } = [];

    /// <summary>Foreign keys from this table.</summary>
    internal IReadOnlyList<ForeignKeyFacts> ForeignKeys { get; init; } = [];

    /// <summary>Foreign keys of other tables to this one.</summary>
    internal IReadOnlyList<ForeignKeyFacts> IncomingForeignKeys { get; init; } = [];

    /// <summary>Views of the table, and views of these, each after those that it reads.</summary>
    internal IReadOnlyList<ViewFacts> Views { get; init; } = [];

    /// <summary>Other tables that an exchange changes, in the order of their object ids.</summary>
    internal IReadOnlyList<(long Oid, TableName Name)> Neighbours { get; init; } = [];

    /// <summary>Roles that get rights on every new table of ours by default, as SQL.</summary>
    internal IReadOnlyList<SqlText> DefaultGrantees { get; init; } = [];

    /// <summary>The same for sequences.</summary>
    internal IReadOnlyList<SqlText> DefaultSequenceGrantees { get; init; } = [];

    /// <summary>The table's comment without our mark, or null.</summary>
    internal string? Comment { get; init; }

    internal TableMember Root => Members[0];

    /// <summary>A member and those above it, from the table itself down.</summary>
    internal IReadOnlyList<TableMember> Lineage(TableMember member)
    {
        var line = new List<TableMember>();
        for (TableMember? at = member; at is not null; at = Members.FirstOrDefault(m => m.Oid == at.Parent)) line.Insert(0, at);
        return line;
    }

    /// <summary>
    /// The views that have to be made anew when columns get these types: those that use one that changes, and all that read these.
    /// </summary>
    internal IReadOnlyList<ViewFacts> ViewsToRebuild(IReadOnlyDictionary<string, string> types)
    {
        var retyped = Columns.Where(c => types.TryGetValue(c.Name, out var type) && type != c.Type).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var rebuilt = new List<ViewFacts>();
        foreach (var view in Views)
        {
            if (view.Columns.Any(retyped.Contains) || rebuilt.Exists(r => view.Sources.Contains(r.Oid))) rebuilt.Add(view);
        }
        return rebuilt;
    }

    internal bool IsPartitioned => Root.PartitionKey is not null;
}

/// <summary>A table, or one partition of it.</summary>
internal sealed record TableMember
{
    public required long Oid { get; init; }

    public required TableName Name { get; init; }

    /// <summary>The partition's parent; 0 for the table itself.</summary>
    public required long Parent { get; init; }

    /// <summary>FOR VALUES … or DEFAULT as SQL, or null for the table itself.</summary>
    public string? Bound { get; init; }

    /// <summary>RANGE (…) and the like as SQL, or null when it has no partitions.</summary>
    public string? PartitionKey { get; init; }

    /// <summary>The bounds from the top down: names this partition without the names of tables.</summary>
    public string Path { get; init; } = "";

    /// <summary>The columns that <see cref="PartitionKey"/> uses.</summary>
    public IReadOnlyList<string> KeyColumns { get; init; } = [];

    /// <summary>A partition's own comment, or null.</summary>
    public string? Comment { get; init; }

    public required string Owner { get; init; }

    public bool Unlogged { get; init; }

    public string? Tablespace { get; init; }

    public string? AccessMethod { get; init; }

    /// <summary>Storage parameters as SQL, or empty.</summary>
    public string Options { get; init; } = "";

    public bool RowSecurity { get; init; }

    public bool ForceRowSecurity { get; init; }

    /// <summary>d default, f full, n nothing, i an index.</summary>
    public char ReplicaIdentity { get; init; } = 'd';

    /// <summary>Pages of its heap.</summary>
    public long Pages { get; init; }

    public IReadOnlyList<IndexFacts> Indexes { get; set; } = [];

    public IReadOnlyList<CheckFacts> Checks { get; set; } = [];

    public IReadOnlyList<StatisticsFacts> Statistics { get; set; } = [];

    public IReadOnlyList<GrantFacts> Grants { get; set; } = [];

    /// <summary>What a partition's columns have otherwise than its parent's, as ALTER COLUMN actions.</summary>
    public IReadOnlyList<(string Column, string Action)> LocalColumns { get; set; } = [];

    /// <summary>How a partition's columns are stored and analyzed, as ALTER COLUMN actions, and whether that goes with the column's type.</summary>
    public IReadOnlyList<(string Column, string Action, bool OfType)> ColumnSettings { get; set; } = [];

    public IReadOnlyList<(string Column, string Comment)> ColumnComments { get; set; } = [];

    /// <summary>A partition's columns, when it has them in another order than the table; or empty.</summary>
    public IReadOnlyList<string> ColumnOrder { get; set; } = [];
}

/// <summary>What only PostgreSQL knows of a column.</summary>
internal sealed record ColumnFacts
{
    /// <summary>SET STORAGE word where it is not the type's own.</summary>
    public string? Storage { get; init; }

    public string? Compression { get; init; }

    public int? StatisticsTarget { get; init; }

    /// <summary>n_distinct and the like as SQL, or empty.</summary>
    public string Options { get; init; } = "";

    /// <summary>The identity sequence, or null.</summary>
    public string? Sequence { get; init; }

    /// <summary>Its options as SQL; limits that are the type's own are left out, so that a retyped column gets those of its new type.</summary>
    public string SequenceOptions { get; init; } = "";

    public string? SequenceComment { get; init; }

    /// <summary>Who may use the identity sequence, as SQL: the privileges with ON SEQUENCE, and the role.</summary>
    public IReadOnlyList<(string What, string Whom)> SequenceGrants { get; init; } = [];
}

/// <summary>An index, with the constraint that it serves.</summary>
internal sealed record IndexFacts
{
    public required string Name { get; init; }

    public required bool Unique { get; init; }

    /// <summary>The index's definition from USING on.</summary>
    public required string Tail { get; init; }

    /// <summary>p, u, x, or null for a plain index.</summary>
    public char? Constraint { get; init; }

    public string? ConstraintDefinition { get; init; }

    /// <summary>DEFERRABLE …, or empty.</summary>
    public string Deferral { get; init; } = "";

    public string Options { get; init; } = "";

    public string? Tablespace { get; init; }

    public string? Comment { get; init; }

    public string? ConstraintComment { get; init; }

    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>The columns that identify a row, when this index alone makes them unique and never null.</summary>
    public IReadOnlyList<string> RowKey { get; init; } = [];

    /// <summary>The index of the parent table that this one is a part of.</summary>
    public string? Parent { get; init; }

    public bool Clustered { get; init; }

    public bool ReplicaIdentity { get; init; }

    /// <summary>Statistics targets of expressions: position and target.</summary>
    public IReadOnlyList<(int Position, int Target)> Targets { get; init; } = [];

    /// <summary>Its meaning without any name.</summary>
    public string Meaning => (Constraint is null ? (Unique ? "UNIQUE " : "") + Tail : ConstraintDefinition + (Options.Length > 0 ? $" WITH ({Options})" : ""))
        + (Tablespace is null ? "" : $" TABLESPACE {Tablespace}")
        + string.Concat(Targets.Select(t => $" STATISTICS {t.Position}={t.Target}"));
}

/// <summary>A check constraint.</summary>
internal sealed record CheckFacts(string Name, string Definition, bool Validated, string? Comment, IReadOnlyList<string> Columns);

/// <summary>An extended statistics object: its parts before and after its name and table.</summary>
internal sealed record StatisticsFacts(string Name, string Body, int? Target, string Owner, string? Comment, IReadOnlyList<string> Columns);

/// <summary>Rights of a role on the table, or on one column.</summary>
/// <param name="Grantee">The role as SQL.</param>
/// <param name="Privileges">The privileges as SQL.</param>
/// <param name="Column">The column, or null.</param>
/// <param name="Grantable">WITH GRANT OPTION.</param>
/// <param name="Grantor">Who gave it, as SQL, when that is not the owner and we may act for that role.</param>
internal sealed record GrantFacts(string Grantee, string Privileges, string? Column, bool Grantable, string? Grantor);

/// <summary>
/// Something that leaves a table at an exchange and comes to its successor. Its statements name the live table by its live name: the first
/// are run before the names change, the others after, when the same name means the successor.
/// </summary>
internal sealed record Follower(AttachmentKind Kind, IReadOnlyList<Sql> Leave, IReadOnlyList<Sql> Come)
{
    /// <summary>When set, only if the successor has this column.</summary>
    public string? NeedsColumn { get; init; }
}

/// <summary>A view that reads the table, or that reads such a view.</summary>
internal sealed record ViewFacts
{
    public required long Oid { get; init; }

    public required TableName Name { get; init; }

    /// <summary>Its query, with a blank before.</summary>
    public required string Text { get; init; }

    /// <summary>The names of its columns as SQL.</summary>
    public required string Names { get; init; }

    /// <summary> WITH (…), or empty.</summary>
    public required string Options { get; init; }

    /// <summary>Its owner as SQL.</summary>
    public required string Owner { get; init; }

    /// <summary>Whether we may change it.</summary>
    public required bool Ours { get; init; }

    /// <summary>Whether it names the table itself.</summary>
    public required bool Direct { get; init; }

    /// <summary>The table's columns that it uses.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>The object ids of what it reads.</summary>
    public required IReadOnlyList<long> Sources { get; init; }

    /// <summary>Why it cannot be made anew, or null when it can.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Makes again what hangs on it: defaults, rules, triggers, comments.</summary>
    public IReadOnlyList<Sql> Hangers { get; init; } = [];

    public IReadOnlyList<GrantFacts> Grants { get; init; } = [];

    /// <summary>Takes from its owner what he took from himself.</summary>
    public IReadOnlyList<Sql> OwnRights { get; init; } = [];
}

/// <summary>A foreign key, from or to the table.</summary>
internal sealed record ForeignKeyFacts
{
    public required string Name { get; init; }

    /// <summary>The table that has it.</summary>
    public required TableName Table { get; init; }

    /// <summary>Whether that table is partitioned.</summary>
    public required bool OnPartitioned { get; init; }

    /// <summary>That table's partitions that hold rows; empty when it is not partitioned.</summary>
    public required IReadOnlyList<TableName> Leaves { get; init; }

    /// <summary>The table that it points to.</summary>
    public required TableName Target { get; init; }

    /// <summary>Its definition, without NOT VALID.</summary>
    public required string Definition { get; init; }

    public required bool Validated { get; init; }

    public required bool MatchFull { get; init; }

    /// <summary>Whether we may alter the table that has it.</summary>
    public bool Ours { get; init; } = true;

    public string? Comment { get; init; }

    public required IReadOnlyList<string> Columns { get; init; }

    public required IReadOnlyList<string> TargetColumns { get; init; }
}
