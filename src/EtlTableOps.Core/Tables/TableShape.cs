using EtlTableOps.Switching;

namespace EtlTableOps.Tables;

/// <summary>
/// What a table is, as its catalog says: columns, keys and everything that hangs on it. An engine may
/// return a type of its own derived from this one, with the facts that only its dialect needs.
/// </summary>
public record TableShape
{
    /// <summary>The name under which it was read.</summary>
    public required TableName Name { get; init; }

    /// <summary>Which object this is, whatever its name: an object id or the like, as the engine prints it.</summary>
    public required string ObjectId { get; init; }

    /// <summary>The columns in their order.</summary>
    public required IReadOnlyList<Column> Columns { get; init; }

    /// <summary>Primary key first, then the other unique keys that identify a row (no null, no condition).</summary>
    public required IReadOnlyList<UniqueKey> Keys { get; init; }

    /// <summary>Everything else that hangs on the table.</summary>
    public required IReadOnlyList<Attachment> Attachments { get; init; }

    /// <summary>The engine's own estimate of rows; -1 when it has none.</summary>
    public long EstimatedRows { get; init; } = -1;

    /// <summary>Size in bytes with indexes; -1 when the engine cannot say.</summary>
    public long Bytes { get; init; } = -1;

    /// <summary>For how many days the table can be brought back after it was dropped; 0 where it cannot.</summary>
    public int UndropDays { get; init; }

    /// <summary>The mark that this tool left on it (<see cref="Mark"/>), or null.</summary>
    public Mark? Mark { get; init; }

    /// <summary>
    /// Conditions, as SQL of the engine over this table's columns and the new row <c>NEW</c>, under which writing that row may displace another
    /// one without any event for the displaced row; empty where the engine has no such thing.
    /// </summary>
    public IReadOnlyList<string> Collisions { get; init; } = [];

    /// <summary>Whether the engine keeps a record of the table's changes already.</summary>
    public bool TracksChanges { get; init; }

    /// <summary>Why no feed can follow this table, whatever its key; null when one can.</summary>
    public string? NoFeed { get; init; }

    /// <summary>The key that a feed can use, or null.</summary>
    public UniqueKey? RowKey => Keys.Count > 0 ? Keys[0] : null;

    /// <summary>
    /// The column of that name: first exactly, then without regard to case when just one fits.
    /// </summary>
    public Column? FindColumn(string name)
    {
        foreach (var column in Columns)
        {
            if (string.Equals(column.Name, name, StringComparison.Ordinal)) return column;
        }
        var alike = Columns.Where(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase)).Take(2).ToList();
        return alike.Count == 1 ? alike[0] : null;
    }
}

/// <summary>A column as the catalog describes it.</summary>
/// <param name="Name">Its name, as stored.</param>
/// <param name="Type">Its declared type with length, precision and scale, as the engine writes it; empty where none is declared.</param>
/// <param name="Nullable">Whether it takes null.</param>
public sealed record Column(string Name, string Type, bool Nullable)
{
    /// <summary>The default's expression as SQL, or null.</summary>
    public string? Default { get; init; }

    /// <summary>The expression of a generated column as SQL, or null.</summary>
    public string? Generated { get; init; }

    /// <summary>How the engine numbers it by itself (for example <c>BY DEFAULT</c>), or null.</summary>
    public string? Identity { get; init; }

    /// <summary>A collation other than the type's own, or null.</summary>
    public string? Collation { get; init; }

    /// <summary>The column's comment, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>A generated column takes no value from outside.</summary>
    public bool IsGenerated => Generated is not null;
}

/// <summary>Columns that together identify a row: unique and never null.</summary>
/// <param name="Name">The constraint's or index's name; empty where it has none.</param>
/// <param name="Columns">Its columns in key order.</param>
/// <param name="IsPrimary">Whether it is the primary key.</param>
public sealed record UniqueKey(string Name, IReadOnlyList<string> Columns, bool IsPrimary);

/// <summary>
/// One thing that hangs on a table's name and must still hang there after an exchange (promise 5).
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name, unique among those of its kind on this table.</param>
/// <param name="Definition">
/// Its meaning as text that does not depend on which physical object carries the name, so that before and
/// after compare as equal strings.
/// </param>
public sealed record Attachment(AttachmentKind Kind, string Name, string Definition)
{
    /// <summary>The table's columns that it uses; a dropped or retyped one of these breaks it.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Whether only a dropped column breaks it, because the engine binds no types: a retyped one is then no reason to refuse.</summary>
    public bool SurvivesRetype { get; init; }

    /// <summary>Whether an added column breaks it too, because it fixed the list of columns when it was made.</summary>
    public bool FixesColumns { get; init; }

    /// <summary>Whether it may put other values into a row than the statement said (a trigger before an update).</summary>
    public bool ChangesRows { get; init; }

    /// <summary>Why it cannot follow an exchange, or null when it can.</summary>
    public string? CannotFollow { get; init; }

    /// <summary>The choice of the user's by which it follows after all; none where there is none.</summary>
    public DependentChoices Choice { get; init; }

    /// <summary>What the user can do about <see cref="CannotFollow"/>.</summary>
    public string? Remedy { get; init; }

    /// <summary>What it meets when the live table's rows are overwritten in place, in words; null when nothing that anybody should know.</summary>
    public string? AtOverwrite { get; init; }

    /// <summary>Whether the shadow carries it from its build on; the others move at the exchange itself.</summary>
    public bool OnShadow { get; init; }
}

/// <summary>Kinds of things that hang on a table.</summary>
public enum AttachmentKind
{
    /// <summary>The owning role.</summary>
    Owner,
    /// <summary>A right of a role, on the table or a column.</summary>
    Grant,
    /// <summary>Row security switched on, or a policy.</summary>
    Policy,
    /// <summary>A primary key, unique or exclusion constraint.</summary>
    Key,
    /// <summary>A check constraint.</summary>
    Check,
    /// <summary>A foreign key from this table.</summary>
    ForeignKey,
    /// <summary>A foreign key of another table to this one.</summary>
    IncomingForeignKey,
    /// <summary>An index that is not a constraint's.</summary>
    Index,
    /// <summary>Extended statistics.</summary>
    Statistics,
    /// <summary>A trigger on the table.</summary>
    Trigger,
    /// <summary>A rewrite rule.</summary>
    Rule,
    /// <summary>A view that reads the table.</summary>
    View,
    /// <summary>A stored view that reads the table.</summary>
    MaterializedView,
    /// <summary>A routine bound to the table or to its row type.</summary>
    Routine,
    /// <summary>The table's, a column's or an index's comment.</summary>
    Comment,
    /// <summary>A sequence that a column owns.</summary>
    Sequence,
    /// <summary>Membership in a publication.</summary>
    Publication,
    /// <summary>Replica identity, storage parameters, tablespace and the like.</summary>
    Option,
    /// <summary>A partition, or the partitioning itself.</summary>
    Partition,
    /// <summary>Inheritance from or to another table.</summary>
    Inheritance,
    /// <summary>A tag, label or classification.</summary>
    Tag,
    /// <summary>Something else, named in its definition.</summary>
    Other,
}
