using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Shadows;

/// <summary>A declared change resolved against a live table: everything a dialect needs to write the shadow's SQL.</summary>
public sealed record ShadowBlueprint
{
    /// <summary>The swap.</summary>
    public required string SwapId { get; init; }

    /// <summary>The live table as it was read.</summary>
    public required TableShape Live { get; init; }

    /// <summary>The shadow's name, in the live table's schema.</summary>
    public required TableName Shadow { get; init; }

    /// <summary>
    /// The name under which the shadow stands until it carries its mark, where it cannot be made with its mark in one piece. It is one of ours, so that a build that ends
    /// in between leaves nothing that nobody may drop.
    /// </summary>
    public TableName MadeAs => NameOfUnmarked(Shadow, SwapId);

    /// <summary>The shadow's columns in their order.</summary>
    public required IReadOnlyList<ShadowColumn> Columns { get; init; }

    /// <summary>Rows kept, or null for all.</summary>
    public SqlText? Where { get; init; }

    /// <summary>A whole query instead of the live table's rows, or null.</summary>
    public SqlText? Query { get; init; }

    /// <summary>The moment as of which the live table's rows are, where it is not that of the feed; null for now.</summary>
    public PastMoment? AsOf { get; init; }

    /// <summary>No rows are taken over.</summary>
    public bool StructureOnly { get; init; }

    /// <summary>
    /// Under which names the objects that share a name space with the live table's (indexes, sequences …) are kept on the
    /// shadow until the exchange gives them their own.
    /// </summary>
    public required IReadOnlyList<KeptName> KeptNames { get; init; }

    /// <summary>The feed's log on the live table, or null.</summary>
    public ChangeLog? Feed { get; init; }

    /// <summary>The column that feeds the shadow until its test puts the log in its place; null where none does.</summary>
    public ColumnFeed? Window { get; init; }

    /// <summary>The guard's log on the shadow.</summary>
    public required ChangeLog Guard { get; init; }

    /// <summary>The notes of which rows were imported, that is do not come from the live table; null for none.</summary>
    public ChangeLog? ImportNotes { get; init; }

    /// <summary>How many sessions may load, and build indexes, side by side.</summary>
    public int Sessions { get; init; } = 1;

    /// <summary>How long other people's statements may be made to wait.</summary>
    public TimeSpan StallBudget { get; init; }

    internal static TableName NameOfUnmarked(TableName shadow, string swapId) => shadow.WithName($"etltableops_shadow_{Journal.SwapId.Tail(swapId)}");

    /// <summary>The name under which an object is kept on the shadow; its own name when it keeps it.</summary>
    public string NameOf(AttachmentKind kind, string name)
    {
        foreach (var kept in KeptNames)
        {
            if (kept.Kind == kind && kept.Name == name) return kept.KeptAs;
        }
        return name;
    }

    /// <summary>The content that the shadow must have by the declaration, read from the live side.</summary>
    public ContentQuery ExpectedContent => new()
    {
        From = Query is null ? Live.Name : null,
        Query = Query,
        Columns = [.. Stored.Select(c => new ContentColumn(c.Source, c.Type, c.Collation))],
        Where = Where,
        AsOf = AsOf,
        ExceptLogged = Feed,
    };

    /// <summary>The content that the shadow has.</summary>
    public ContentQuery ActualContent(ISqlQuoting quoting) => new()
    {
        From = Shadow,
        Columns = [.. Stored.Select(c => new ContentColumn(SqlText.Write(quoting, $"{new Id(c.Name)}"), c.Type, c.Collation))],
        ExceptLogged = Feed is null ? null : Feed,
    };

    /// <summary>The columns whose values are stored from a source, that is all but generated ones.</summary>
    public IEnumerable<ShadowColumn> Stored => Columns.Where(c => c.Generated is null);
}

/// <summary>A column of the shadow.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as SQL, without constraints.</param>
/// <param name="Source">What it is computed from: SQL over the live table's columns.</param>
public sealed record ShadowColumn(string Name, string Type, SqlText Source)
{
    /// <summary>The live column that it continues, or null for an added one.</summary>
    public Column? From { get; init; }

    /// <summary>Whether <see cref="Source"/> is the live column as it is.</summary>
    public bool Unchanged { get; init; }

    /// <summary>Whether it takes null.</summary>
    public bool Nullable { get; init; } = true;

    /// <summary>Its default as SQL, or null.</summary>
    public string? Default { get; init; }

    /// <summary>A generated column's expression, or null.</summary>
    public string? Generated { get; init; }

    /// <summary>Its collation, or null.</summary>
    public string? Collation { get; init; }

    /// <summary>For an added column: what stood behind the type in the declaration (NOT NULL, DEFAULT …), or empty.</summary>
    public string Constraints { get; init; } = "";
}
