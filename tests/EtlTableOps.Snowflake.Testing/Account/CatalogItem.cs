namespace EtlTableOps.Snowflake.Testing;

/// <summary>A privilege on an object, as SHOW GRANTS lists it.</summary>
public sealed record ModelGrant(string Privilege, string GrantedTo, string Grantee, bool GrantOption, string GrantedBy, Moment Created);

/// <summary>Anything in a schema. It is itself whatever it is called: SWAP and RENAME change <see cref="Name"/> and nothing else.</summary>
public class CatalogItem
{
    /// <summary>Known to the model alone, never the same twice.</summary>
    public long Id { get; internal init; }

    /// <summary>TABLE, VIEW, STREAM, …</summary>
    public string Kind { get; internal init; } = "";

    public string Name { get; internal set; } = "";

    public string Schema { get; internal set; } = "";

    public string Database { get; internal set; } = "";

    public Moment Created { get; internal init; }

    public string Owner { get; internal set; } = "";

    public string Comment { get; internal set; } = "";

    /// <summary>The definition's text: a view's query, a pipe's COPY, a task's statement, a policy's body, the whole statement that made it.</summary>
    public string Text { get; internal set; } = "";

    /// <summary>All grants but OWNERSHIP, which <see cref="Owner"/> is.</summary>
    public List<ModelGrant> Grants { get; } = [];

    /// <summary>Tags by their full name.</summary>
    public Dictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

    /// <summary>More of an object that has no class of its own, under the names that SHOW gives them.</summary>
    public Dictionary<string, string> Properties { get; } = new(StringComparer.Ordinal);

    public string FullName => $"{Database}.{Schema}.{Name}";
}

/// <summary>A view of any kind, or a dynamic table: a query with columns frozen when it was made.</summary>
public sealed class ViewItem : CatalogItem
{
    internal Query Query { get; init; } = null!;

    internal IReadOnlyList<(string Name, SfType Type)> Columns { get; set; } = [];

    /// <summary>The table under a materialized view: bound by its identity, not by its name.</summary>
    public TableItem? Base { get; internal set; }

    /// <summary>Why a materialized view or a dynamic table does not work at present; empty when it does.</summary>
    public string InvalidReason { get; internal set; } = "";

    public bool Suspended { get; internal set; }
}

/// <summary>A stream: bound to its table by identity, stale for ever once its table was swapped or replaced (engines.md 1.1).</summary>
public sealed class StreamItem : CatalogItem
{
    public TableItem Table { get; internal init; } = null!;

    public bool Stale { get; internal set; }

    /// <summary>The name of the table when the stream was made.</summary>
    public string TableName { get; internal set; } = "";

    internal long Offset { get; set; }
}

/// <summary>A row access or masking policy: arguments and a body.</summary>
public sealed class PolicyItem : CatalogItem
{
    internal IReadOnlyList<(string Name, SfType Type)> Arguments { get; init; } = [];

    internal Expr Body { get; init; } = null!;
}

public sealed class SequenceItem : CatalogItem
{
    internal long Next { get; set; } = 1;

    internal long Increment { get; init; } = 1;
}

public sealed class StageItem : CatalogItem
{
    /// <summary>Where PUT leaves the files.</summary>
    public string Folder { get; internal init; } = "";
}
