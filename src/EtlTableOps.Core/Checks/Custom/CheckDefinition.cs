using System.Globalization;

namespace EtlTableOps.Checks.Custom;

/// <summary>What a check of the user's looks at.</summary>
public enum CheckKind
{
    /// <summary>No value, or combination of values, occurs twice.</summary>
    Unique,
    /// <summary>Every row has a value.</summary>
    NotNull,
    /// <summary>Every value is one of a list.</summary>
    AcceptedValues,
    /// <summary>Every value is found in a column of another table.</summary>
    Relationships,
    /// <summary>A condition holds for every row.</summary>
    Expression,
    /// <summary>How many rows there are, also in proportion to the live table.</summary>
    RowCount,
    /// <summary>How old the newest value of a time is.</summary>
    Freshness,
    /// <summary>Every value lies between two bounds.</summary>
    Range,
    /// <summary>Every value matches a regular expression.</summary>
    Pattern,
    /// <summary>Which part of the rows has no value.</summary>
    NullFraction,
    /// <summary>How many different values there are.</summary>
    DistinctCount,
    /// <summary>How far a column's distribution is from that of the live table.</summary>
    Distribution,
    /// <summary>A query gives the same rows over the shadow as over the live table.</summary>
    QueryEqual,
    /// <summary>Nothing: a test of a foreign file that has no counterpart here. It is told as a warning.</summary>
    NotUnderstood,
}

/// <summary>What it means that a check does not hold.</summary>
public enum CheckSeverity
{
    /// <summary>The test fails.</summary>
    Error,
    /// <summary>The test passes, and says so.</summary>
    Warn,
}

/// <summary>A check that the user defines, as it was written: names are not resolved yet, and nothing is known of the table.</summary>
/// <param name="Kind">What is looked at.</param>
public sealed record CheckDefinition(CheckKind Kind)
{
    /// <summary>The user's name for it; null takes the kind and the columns.</summary>
    public string? Name { get; init; }

    /// <summary>The columns, as the user wrote them; empty for a check of the whole table.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>What it means that it does not hold.</summary>
    public CheckSeverity Severity { get; init; }

    /// <summary>Only rows for which this SQL condition over the shadow's columns is true; null for all.</summary>
    public string? Where { get; init; }

    /// <summary>When it warns; null for its ordinary rule.</summary>
    public CheckThreshold? WarnIf { get; init; }

    /// <summary>When it fails; null for its ordinary rule.</summary>
    public CheckThreshold? ErrorIf { get; init; }

    /// <summary>The SQL of <see cref="CheckKind.Expression"/> or of <see cref="CheckKind.QueryEqual"/>.</summary>
    public string? Sql { get; init; }

    /// <summary>Whether <see cref="Sql"/> is what follows the column's name, as dbt_utils.expression_is_true under a column has it.</summary>
    public bool ColumnFirst { get; init; }

    /// <summary>With <see cref="ColumnFirst"/>: a function of SQL's through which the column goes, such as <c>length</c>; null for none.</summary>
    internal string? ColumnFunction { get; init; }

    /// <summary>The values of <see cref="CheckKind.AcceptedValues"/>.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Whether values and bounds are SQL as they stand, instead of text or numbers; of <see cref="CheckKind.Unique"/>, whether its columns are.</summary>
    public bool AsSql { get; init; }

    /// <summary>For <see cref="CheckKind.AcceptedValues"/> and <see cref="CheckKind.Pattern"/>: the values are the ones that must not occur.</summary>
    public bool Not { get; init; }

    /// <summary>The lowest that is right: of a value, of a number of rows, of a fraction.</summary>
    public string? Min { get; init; }

    /// <summary>The highest that is right.</summary>
    public string? Max { get; init; }

    /// <summary>Whether a value must not be one of its bounds.</summary>
    public bool Exclusive { get; init; }

    /// <summary>For <see cref="CheckKind.RowCount"/>: at least so many times the rows of the live table.</summary>
    public double? MinRatio { get; init; }

    /// <summary>At most so many times.</summary>
    public double? MaxRatio { get; init; }

    /// <summary>For <see cref="CheckKind.Relationships"/>: the other table, as the user wrote it.</summary>
    public string? To { get; init; }

    /// <summary>Its column; null for the same name.</summary>
    public string? Field { get; init; }

    /// <summary>The regular expression of <see cref="CheckKind.Pattern"/>, in the engine's own syntax.</summary>
    public string? Pattern { get; init; }

    /// <summary>For <see cref="CheckKind.Freshness"/>: an age at which it warns.</summary>
    public TimeSpan? WarnAfter { get; init; }

    /// <summary>An age at which it fails.</summary>
    public TimeSpan? ErrorAfter { get; init; }

    /// <summary>For <see cref="CheckKind.Unique"/> over several columns: two nulls are equal, and a row with one takes part; else it does not.</summary>
    public bool NullsEqual { get; init; }

    /// <summary>For <see cref="CheckKind.NotUnderstood"/>: why.</summary>
    public string? Reason { get; init; }

    /// <summary>Where it is written (<c>checks.yml:12</c>); null for one that was given as a parameter.</summary>
    public string? DefinedAt { get; init; }

    /// <summary>The name under which its result stands: the user's, or the kind with its columns.</summary>
    public string Title => Name ?? (Kind == CheckKind.NotUnderstood ? "not_understood" : Columns.Count > 0 ? $"{Word(Kind)}({string.Join(", ", Columns)})" : Sql is { } sql ? $"{Word(Kind)}({Shorten(sql)})" : Word(Kind));

    /// <summary>The word by which a kind is called in files and parameters.</summary>
    public static string Word(CheckKind kind) => kind switch
    {
        CheckKind.NotNull => "not_null",
        CheckKind.AcceptedValues => "accepted_values",
        CheckKind.RowCount => "row_count",
        CheckKind.NullFraction => "null_fraction",
        CheckKind.DistinctCount => "distinct_count",
        CheckKind.QueryEqual => "query_equal",
        CheckKind.NotUnderstood => "not_understood",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>The whole definition in one line, as the journal keeps it.</summary>
    public override string ToString()
    {
        var c = CultureInfo.InvariantCulture;
        List<string?> parts =
        [
            Columns.Count == 0 ? null : ColumnFunction is null ? string.Join(", ", Columns) : $"{ColumnFunction}({Columns[0]})",
            Sql is { } sql ? string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) : null,
            Values.Count > 0 ? $"{(Not ? "not " : "")}values: [{string.Join(", ", Values)}]" : null,
            Pattern is { } pattern ? $"{(Not ? "not " : "")}pattern: {pattern}" : null,
            To is { } to ? $"to: {to}" : null,
            Field is { } field ? $"field: {field}" : null,
            Min is { } min ? $"min: {min}" : null,
            Max is { } max ? $"max: {max}" : null,
            Exclusive ? "exclusive: true" : null,
            NullsEqual ? "nulls_equal: true" : null,
            MinRatio is { } low ? string.Create(c, $"min_ratio: {low}") : null,
            MaxRatio is { } high ? string.Create(c, $"max_ratio: {high}") : null,
            WarnAfter is { } warn ? $"warn_after: {Observability.Human.Duration(warn)}" : null,
            ErrorAfter is { } error ? $"error_after: {Observability.Human.Duration(error)}" : null,
            Where is { } where ? $"where: {where}" : null,
            WarnIf is { } warnIf ? $"warn_if: {warnIf}" : null,
            ErrorIf is { } errorIf ? $"error_if: {errorIf}" : null,
            Severity == CheckSeverity.Warn ? "severity: warn" : null,
            Reason,
        ];
        return $"{Word(Kind)}({string.Join(", ", parts.Where(p => p is not null))}){(DefinedAt is null ? "" : $" [{DefinedAt}]")}";
    }

    private static string Shorten(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 60 ? line : line[..59] + "…";
    }
}
