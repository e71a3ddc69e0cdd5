namespace EtlTableOps.Snowflake.Testing;

/// <summary>A column as CREATE TABLE or ADD COLUMN says it.</summary>
internal sealed record ColumnDefinition(string Name, SfType? Type)
{
    public bool Nullable { get; init; } = true;

    public Expr? Default { get; init; }

    public string? DefaultText { get; init; }

    public IdentityCounter? Identity { get; init; }

    public string Collation { get; init; } = "";

    public string Comment { get; init; } = "";

    public Name? Masking { get; init; }

    public IReadOnlyList<string> MaskingUsing { get; init; } = [];

    public IReadOnlyDictionary<Name, string> Tags { get; init; } = new Dictionary<Name, string>();
}

internal sealed record ConstraintDefinition(string? Name, string Kind, IReadOnlyList<string> Columns)
{
    public Name? Parent { get; init; }

    public IReadOnlyList<string> ParentColumns { get; init; } = [];

    public string Comment { get; init; } = "";
}

/// <summary>What may stand behind the columns of a CREATE TABLE.</summary>
internal sealed class TableOptions
{
    public bool CopyGrants { get; set; }

    public bool CopyTags { get; set; }

    public string? ClusterBy { get; set; }

    public string? Comment { get; set; }

    public int? Retention { get; set; }

    public bool ChangeTracking { get; set; }

    public Name? RowAccess { get; set; }

    public IReadOnlyList<string> RowAccessColumns { get; set; } = [];

    public IReadOnlyDictionary<Name, string> Tags { get; set; } = new Dictionary<Name, string>();
}

/// <summary>What GET_DDL and SYSTEM$PIPE_STATUS tell of an object that the model keeps by its text and options.</summary>
internal static class Definitions
{
    /// <summary>The statement that makes it anew, by its full name.</summary>
    public static string Of(CatalogItem item)
    {
        var hidden = new[] { "state", "pipe_execution_paused", "pending" };
        var options = string.Concat(item.Properties.Where(p => !hidden.Contains(p.Key)).Select(p => $" {p.Key.ToUpperInvariant()} = {(p.Key is "target_lag" ? "'" + p.Value + "'" : p.Value)}"));
        return $"create or replace {item.Kind.ToLowerInvariant()} {item.Database}.{item.Schema}.{item.Name}{options} as {item.Text};";
    }

    public static string PipeStatus(CatalogItem pipe) =>
        $$"""{"executionState":"{{(pipe.Properties.GetValueOrDefault("pipe_execution_paused", "FALSE").Equals("TRUE", StringComparison.OrdinalIgnoreCase) ? "PAUSED" : "RUNNING")}}","pendingFileCount":{{pipe.Properties.GetValueOrDefault("pending", "0")}}}""";
}
