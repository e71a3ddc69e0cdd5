using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <summary>A table with everything that its dialect needs to make it again and to exchange it.</summary>
public sealed record SnowflakeTable : TableShape
{
    /// <summary>The database that the table lies in; the functions of its information schema are asked by it.</summary>
    internal string Database { get; init; } = "";

    /// <summary>The table's comment without our mark; empty for none.</summary>
    internal string Comment { get; init; } = "";

    /// <summary>Transient: no fail-safe, at most one day of time travel.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>The clustering key as SQL, without LINEAR; empty for none.</summary>
    internal string ClusterBy { get; init; } = "";

    /// <summary>Whether the service clusters it by itself.</summary>
    internal bool AutoClustering { get; init; }

    /// <summary>Days of time travel.</summary>
    internal int RetentionDays { get; init; }

    /// <summary>Whether search optimization is on.</summary>
    internal bool SearchOptimization { get; init; }

    /// <summary>Rights other than ownership.</summary>
    internal IReadOnlyList<GrantFacts> Grants { get; init; } = [];

    /// <summary>Policies on the table and on its columns.</summary>
    internal IReadOnlyList<PolicyFacts> Policies { get; init; } = [];

    /// <summary>Tags on the table and on its columns.</summary>
    internal IReadOnlyList<TagFacts> Tags { get; init; } = [];

    /// <summary>Kinds of things that could not be read, each with the reason.</summary>
    internal IReadOnlyList<string> Unread { get; init; } = [];

    /// <summary>Keys with the names of their constraints, foreign keys from this table included.</summary>
    internal IReadOnlyList<ConstraintFacts> Constraints { get; init; } = [];

    /// <summary>Foreign keys of other tables to this one.</summary>
    internal IReadOnlyList<ConstraintFacts> Incoming { get; init; } = [];

    /// <summary>Streams on the table.</summary>
    internal IReadOnlyList<StreamFacts> Streams { get; init; } = [];

    /// <summary>Pipes into the table, and dynamic tables over it, that can be made anew.</summary>
    internal IReadOnlyList<RemadeFacts> Remade { get; init; } = [];

    /// <summary>Materialized views over the table, with the statements that made them.</summary>
    internal IReadOnlyList<(TableName Name, string Text)> StoredViews { get; init; } = [];
}

/// <summary>A right of a role, or of a share.</summary>
internal sealed record GrantFacts(string Privilege, string GrantedTo, string Grantee, bool WithGrantOption);

/// <summary>A policy on a table (no column) or on a column.</summary>
/// <param name="Name">Its complete name, quoted.</param>
/// <param name="Kind">ROW_ACCESS_POLICY, MASKING_POLICY, AGGREGATION_POLICY …</param>
/// <param name="Column">The column, or null.</param>
/// <param name="Arguments">The columns that it is given.</param>
internal sealed record PolicyFacts(string Name, string Kind, string? Column, IReadOnlyList<string> Arguments)
{
    /// <summary>Whether it decides which rows or values whoever reads gets to see.</summary>
    public bool Hides => Kind is "ROW_ACCESS_POLICY" or "MASKING_POLICY" or "AGGREGATION_POLICY" or "PROJECTION_POLICY";
}

/// <summary>A tag on a table (no column) or on a column.</summary>
internal sealed record TagFacts(string Name, string Value, string? Column);

/// <summary>A stream on the table.</summary>
internal sealed record StreamFacts(TableName Name, bool AppendOnly, string Comment);

/// <summary>A pipe or a dynamic table, with what it takes to make it anew as it is.</summary>
/// <param name="Choice">By which of the user's choices it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Text">The statement that makes it, which replaces what is there (GET_DDL).</param>
/// <param name="Stopped">Whether it is paused or suspended, and shall be so afterwards.</param>
/// <param name="Comment">Its comment; empty for none.</param>
/// <param name="Grants">Rights on it other than ownership.</param>
internal sealed record RemadeFacts(DependentChoices Choice, TableName Name, string Text, bool Stopped, string Comment, IReadOnlyList<GrantFacts> Grants)
{
    /// <summary>What it is, in SQL.</summary>
    public string Kind => Choice == DependentChoices.RecreatePipes ? "PIPE" : "DYNAMIC TABLE";
}

/// <summary>A key.</summary>
/// <param name="Table">The table that has it.</param>
/// <param name="Name">The constraint's name; made by the server where nobody gave one.</param>
/// <param name="Kind">PRIMARY KEY, UNIQUE or FOREIGN KEY.</param>
/// <param name="Columns">Its columns in key order.</param>
internal sealed record ConstraintFacts(TableName Table, string Name, string Kind, IReadOnlyList<string> Columns)
{
    /// <summary>The table that a foreign key points to, or null.</summary>
    public TableName? Target { get; init; }

    /// <summary>The database of <see cref="Target"/>, or of <see cref="Table"/> for an incoming key.</summary>
    public string Database { get; init; } = "";

    /// <summary>The columns that a foreign key points to.</summary>
    public IReadOnlyList<string> TargetColumns { get; init; } = [];

    /// <summary>Whether the server made the name up.</summary>
    public bool IsNameless => Name.StartsWith("SYS_CONSTRAINT_", StringComparison.Ordinal);
}
