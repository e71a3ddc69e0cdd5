namespace EtlTableOps.Shadows;

/// <summary>
/// What the user said the difference between the live table and its replacement shall be. Everything
/// that it does not name stays as it is (promise 4). Expressions and conditions are SQL of the engine over the live table's columns.
/// </summary>
public sealed record DeclaredChange
{
    /// <summary>Columns that are added at the end, in this order.</summary>
    public IReadOnlyList<AddedColumn> Add { get; init; } = [];

    /// <summary>Columns that are left out.</summary>
    public IReadOnlyList<string> Drop { get; init; } = [];

    /// <summary>Columns whose values are computed anew.</summary>
    public IReadOnlyList<SetColumn> Set { get; init; } = [];

    /// <summary>Columns that get another type.</summary>
    public IReadOnlyList<AlteredColumn> Alter { get; init; } = [];

    /// <summary>Only rows of which this SQL condition is true are kept; null keeps all.</summary>
    public string? Where { get; init; }

    /// <summary>
    /// A whole SQL query whose result becomes the shadow's rows, instead of the members above. Its columns are matched by name
    /// with the live table's; further columns are added, missing ones dropped.
    /// </summary>
    public string? Query { get; init; }

    /// <summary>The structure alone: no row is taken over, all come through imports.</summary>
    public bool StructureOnly { get; init; }

    /// <summary>The live table's rows as they were at a moment; null for those of now.</summary>
    public PastMoment? AsOf { get; init; }

    /// <summary>Whether nothing is declared: the replacement equals the live table.</summary>
    public bool IsIdentity => Add.Count == 0 && Drop.Count == 0 && Set.Count == 0 && Alter.Count == 0 && Where is null && Query is null && !StructureOnly && AsOf is null;

    /// <summary>The change in words, in one line.</summary>
    public override string ToString() => string.Join("; ", Describe());

    /// <summary>The change in words, a line each.</summary>
    public IEnumerable<string> Describe()
    {
        foreach (var c in Add) yield return c.Expression is null ? $"add column {c.Name} {c.Type}" : $"add column {c.Name} {c.Type} = {c.Expression}";
        foreach (var c in Drop) yield return $"drop column {c}";
        foreach (var c in Set) yield return $"set column {c.Name} = {c.Expression}";
        foreach (var c in Alter) yield return c.Expression is null ? $"alter column {c.Name} to {c.Type}" : $"alter column {c.Name} to {c.Type} = {c.Expression}";
        if (Where is not null) yield return $"keep rows where {Where}";
        if (Query is not null) yield return $"rows of the query {Query}";
        if (AsOf is not null) yield return $"rows as they were {AsOf}";
        if (StructureOnly) yield return "structure only, no rows";
        if (IsIdentity) yield return "no difference (a rebuild)";
    }
}

/// <summary>A column to add.</summary>
/// <param name="Name">Its name, stored as written.</param>
/// <param name="Type">Its type as SQL, with NOT NULL and DEFAULT where wanted: <c>text</c>, <c>integer NOT NULL DEFAULT 0</c>.</param>
/// <param name="Expression">SQL that computes it from the live row; null leaves it to its default.</param>
public sealed record AddedColumn(string Name, string Type, string? Expression = null)
{
    /// <summary>
    /// Whether the name stood in double quotes. On an engine that stores unquoted names in capitals, one without quotes is stored so too: else nobody could
    /// name the column without quotes.
    /// </summary>
    public bool Quoted { get; init; }

    /// <summary>Reads <c>name type [= expression]</c>; a name with blanks stands in double quotes.</summary>
    /// <exception cref="Errors.EtlException"><see cref="Errors.ErrorCode.BadInput"/> when the text is none.</exception>
    public static AddedColumn Parse(string text)
    {
        var (name, type, expression) = DeclaredColumnText.ReadTyped(text);
        return new AddedColumn(name, type, expression) { Quoted = text.TrimStart().StartsWith('"') };
    }
}

/// <summary>A column to compute anew.</summary>
/// <param name="Name">The column.</param>
/// <param name="Expression">SQL over the live row.</param>
public sealed record SetColumn(string Name, string Expression)
{
    /// <summary>Reads <c>name = expression</c>; a name with blanks stands in double quotes.</summary>
    /// <exception cref="Errors.EtlException"><see cref="Errors.ErrorCode.BadInput"/> when the text is none.</exception>
    public static SetColumn Parse(string text)
    {
        var (name, expression) = DeclaredColumnText.ReadAssignment(text);
        return new SetColumn(name, expression);
    }
}

/// <summary>A column to retype.</summary>
/// <param name="Name">The column.</param>
/// <param name="Type">The new type as SQL.</param>
/// <param name="Expression">SQL over the live row; null converts the old value by a cast.</param>
public sealed record AlteredColumn(string Name, string Type, string? Expression = null)
{
    /// <summary>Reads <c>name type [= expression]</c>; a name with blanks stands in double quotes.</summary>
    /// <exception cref="Errors.EtlException"><see cref="Errors.ErrorCode.BadInput"/> when the text is none.</exception>
    public static AlteredColumn Parse(string text)
    {
        var (name, type, expression) = DeclaredColumnText.ReadTyped(text);
        return new AlteredColumn(name, type, expression);
    }
}
