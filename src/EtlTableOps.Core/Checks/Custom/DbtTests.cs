using System.Globalization;
using System.Text.RegularExpressions;

namespace EtlTableOps.Checks.Custom;

/// <summary>The tests of dbt's two well-known packages that have a counterpart here one to one.</summary>
internal static partial class DbtTests
{
    private static readonly Dictionary<string, Func<CheckDefinition, CheckArguments, CheckDefinition>> Tests = new(StringComparer.Ordinal)
    {
        ["dbt_utils.expression_is_true"] = (common, given) => Condition(common, given),
        ["dbt_utils.accepted_range"] = (common, given) => common with
        {
            Kind = CheckKind.Range,
            Columns = CheckReader.Column(given),
            Min = given.Text("min_value"),
            Max = given.Text("max_value"),
            AsSql = true,
            Exclusive = !given.Flag(true, "inclusive"),
        },
        ["dbt_utils.unique_combination_of_columns"] = (common, given) => common with { Kind = CheckKind.Unique, Columns = Listed(given, "combination_of_columns"), NullsEqual = true },
        ["dbt_utils.not_accepted_values"] = (common, given) => Values(common, given, "values", "quote", not: true),
        ["dbt_utils.not_null_proportion"] = (common, given) => Proportion(common, given),
        ["dbt_utils.not_empty_string"] = (common, given) => common with { Kind = CheckKind.Expression, Columns = CheckReader.Column(given), Sql = "<> ''", ColumnFirst = true, ColumnFunction = given.Flag(true, "trim_whitespace") ? "trim" : null },
        ["dbt_utils.at_least_one"] = (common, given) => AtLeastOne(common, given),
        ["dbt_utils.not_constant"] = (common, given) => NotConstant(common, given),
        ["dbt_utils.relationships_where"] = (common, given) => RelationshipsWhere(common, given),
        ["dbt_utils.recency"] = (common, given) => Recency(common, given, given.Required("field"), "datepart", "interval"),
        ["dbt_expectations.expect_column_values_to_not_be_null"] = (common, given) => common with { Kind = CheckKind.NotNull, Columns = CheckReader.Column(given) },
        ["dbt_expectations.expect_column_values_to_be_unique"] = (common, given) => common with { Kind = CheckKind.Unique, Columns = CheckReader.Column(given) },
        ["dbt_expectations.expect_compound_columns_to_be_unique"] = (common, given) => Compound(common, given),
        ["dbt_expectations.expect_column_values_to_be_in_set"] = (common, given) => Values(common, given, "value_set", "quote_values", not: false),
        ["dbt_expectations.expect_column_values_to_not_be_in_set"] = (common, given) => Values(common, given, "value_set", "quote_values", not: true),
        ["dbt_expectations.expect_column_values_to_be_between"] = (common, given) => common with
        {
            Kind = CheckKind.Range,
            Columns = CheckReader.Column(given),
            Min = given.Text("min_value"),
            Max = given.Text("max_value"),
            AsSql = true,
            Exclusive = given.Flag(false, "strictly"),
        },
        ["dbt_expectations.expect_column_values_to_match_regex"] = (common, given) => Regex(common, given, not: false),
        ["dbt_expectations.expect_column_values_to_not_match_regex"] = (common, given) => Regex(common, given, not: true),
        ["dbt_expectations.expect_table_row_count_to_be_between"] = (common, given) => Counted(common, given, CheckKind.RowCount, "min_value", "max_value"),
        ["dbt_expectations.expect_table_row_count_to_equal"] = (common, given) => Counted(common, given, CheckKind.RowCount, "value", "value"),
        ["dbt_expectations.expect_column_unique_value_count_to_be_between"] = (common, given) => Counted(common with { Columns = CheckReader.Column(given) }, given, CheckKind.DistinctCount, "min_value", "max_value"),
        ["dbt_expectations.expect_column_distinct_count_to_equal"] = (common, given) => Counted(common with { Columns = CheckReader.Column(given) }, given, CheckKind.DistinctCount, "value", "value"),
        ["dbt_expectations.expect_row_values_to_have_recent_data"] = (common, given) => Recency(common, given, CheckReader.Column(given)[0], "datepart", "interval"),
        ["dbt_expectations.expect_column_distinct_count_to_be_greater_than"] = (common, given) => Counted(common with { Columns = CheckReader.Column(given) }, given, CheckKind.DistinctCount, "value", null, strictly: true),
        ["dbt_expectations.expect_column_distinct_count_to_be_less_than"] = (common, given) => Counted(common with { Columns = CheckReader.Column(given) }, given, CheckKind.DistinctCount, null, "value", strictly: true),
        ["dbt_expectations.expect_column_values_to_be_null"] = (common, given) => OfColumn(common, given, "IS NULL"),
        ["dbt_expectations.expect_column_values_to_match_like_pattern"] = (common, given) => OfColumn(common, given, $"LIKE {Quoted(given, "like_pattern")}"),
        ["dbt_expectations.expect_column_values_to_not_match_like_pattern"] = (common, given) => OfColumn(common, given, $"NOT LIKE {Quoted(given, "like_pattern")}"),
        ["dbt_expectations.expect_column_value_lengths_to_equal"] = (common, given) => OfColumn(common, given, $"= {given.NumberText("value") ?? throw given.Place.Error("'value' is missing.")}") with { ColumnFunction = "length" },
        ["dbt_expectations.expect_column_value_lengths_to_be_between"] = (common, given) => Lengths(common, given),
        ["dbt_expectations.expect_column_pair_values_to_be_equal"] = (common, given) => Pair(common, given, "="),
        ["dbt_expectations.expect_column_pair_values_A_to_be_greater_than_B"] = (common, given) => Pair(common, given, given.Flag(false, "or_equal") ? ">=" : ">"),
        ["dbt_expectations.expression_is_true"] = (common, given) => Condition(common, given),
    };

    /// <summary>Whether a test has a counterpart here.</summary>
    public static bool Knows(string word) => Tests.ContainsKey(word);

    /// <summary>The check that a known test stands for.</summary>
    public static CheckDefinition Read(string word, CheckDefinition common, CheckArguments given) => Tests[word](common, given);

    /// <summary>A table as a dbt project names it: <c>ref('customers')</c>, <c>source('shop', 'customers')</c>; any other text as it is.</summary>
    public static string Reference(string text)
    {
        var bare = text.Trim();
        if (bare.StartsWith("{{", StringComparison.Ordinal) && bare.EndsWith("}}", StringComparison.Ordinal)) bare = bare[2..^2].Trim();
        if (Ref().Match(bare) is { Success: true } model) return model.Groups[2].Success ? $"{model.Groups[1].Value}_v{model.Groups[2].Value}" : model.Groups[1].Value;
        if (Source().Match(bare) is { Success: true } source) return $"{source.Groups[1].Value}.{source.Groups[2].Value}";
        return bare.Contains('(', StringComparison.Ordinal) && !bare.Contains('"', StringComparison.Ordinal) ? throw new CheckReader.NotUnderstoodException($"'{text}' is no table: ref('model'), source('schema', 'table') or the table's name") : bare;
    }

    /// <summary>Under a column the expression is what follows the column's name.</summary>
    private static CheckDefinition Condition(CheckDefinition common, CheckArguments given)
    {
        var expression = given.Required("expression");
        var column = given.Texts("column");
        // Before dbt had 'where' for all tests, this one had its own.
        if (given.Text("condition") is { } condition) common = common with { Where = And(common.Where, condition) };
        return common with { Kind = CheckKind.Expression, Columns = column, Sql = expression, ColumnFirst = column.Count > 0 };
    }

    private static CheckDefinition Values(CheckDefinition common, CheckArguments given, string list, string quote, bool not) => common with
    {
        Kind = CheckKind.AcceptedValues,
        Columns = CheckReader.Column(given),
        Values = given.TextsWithoutNulls(list) is { Count: > 0 } values ? values : throw given.Place.Error($"'{list}' is missing."),
        AsSql = !given.Flag(true, quote),
        Not = not,
    };

    private static CheckDefinition Regex(CheckDefinition common, CheckArguments given, bool not)
    {
        // Raw, or with flags, it would be another expression.
        given.Ignore("is_raw");
        return common with { Kind = CheckKind.Pattern, Columns = CheckReader.Column(given), Pattern = given.Required("regex"), Not = not };
    }

    private static CheckDefinition Compound(CheckDefinition common, CheckArguments given)
    {
        var rule = given.Text("ignore_row_if") ?? "all_values_are_missing";
        if (rule != "any_value_is_missing") throw new CheckReader.NotUnderstoodException($"expect_compound_columns_to_be_unique with ignore_row_if '{rule}' has no counterpart here");
        return common with { Kind = CheckKind.Unique, Columns = Listed(given, "column_list") };
    }

    /// <summary>At least so many values are so few nulls.</summary>
    private static CheckDefinition Proportion(CheckDefinition common, CheckArguments given)
    {
        NoThresholds(common, "not_null_proportion");
        var (least, most) = (given.Number("at_least") ?? 0, given.Number("at_most") ?? 1);
        return common with
        {
            Kind = CheckKind.NullFraction,
            Columns = CheckReader.Column(given),
            Min = Math.Round(1 - most, 12).ToString("R", CultureInfo.InvariantCulture),
            Max = Math.Round(1 - least, 12).ToString("R", CultureInfo.InvariantCulture),
        };
    }

    /// <param name="common">What all tests have.</param>
    /// <param name="given">What it is given.</param>
    /// <param name="kind">Of what.</param>
    /// <param name="min">The name of its lower bound; null where it has none.</param>
    /// <param name="max">The name of its upper bound.</param>
    /// <param name="strictly">Whether the bounds themselves are too little and too much.</param>
    private static CheckDefinition Counted(CheckDefinition common, CheckArguments given, CheckKind kind, string? min, string? max, bool strictly = false)
    {
        NoThresholds(common, "a count");
        var (low, high) = (min is null ? null : given.Number(min), max is null ? null : given.Number(max));
        if (low is null && high is null) throw given.Place.Error($"'{min ?? max}' is missing.");
        // A count is whole, so that beyond a bound is the next one.
        if (strictly || given.Flag(false, "strictly")) (low, high) = (low is { } l ? Math.Floor(l) + 1 : null, high is { } h ? Math.Ceiling(h) - 1 : null);
        return common with { Kind = kind, Min = low?.ToString("R", CultureInfo.InvariantCulture), Max = high?.ToString("R", CultureInfo.InvariantCulture) };
    }

    private static CheckDefinition OfColumn(CheckDefinition common, CheckArguments given, string condition) =>
        common with { Kind = CheckKind.Expression, Columns = CheckReader.Column(given), Sql = condition, ColumnFirst = true };

    /// <summary>The pattern stands in quotes there as it is.</summary>
    private static string Quoted(CheckArguments given, string name) =>
        given.Required(name) is var text && !text.Contains('\'', StringComparison.Ordinal) ? $"'{text}'" : throw new CheckReader.NotUnderstoodException($"the pattern {text} ends its own quotes");

    private static CheckDefinition Lengths(CheckDefinition common, CheckArguments given)
    {
        var (min, max, strictly) = (given.NumberText("min_value"), given.NumberText("max_value"), given.Flag(false, "strictly"));
        var condition = (min, max) switch
        {
            (null, null) => throw given.Place.Error("'min_value' is missing."),
            ({ } low, null) => $">{(strictly ? "" : "=")} {low}",
            (null, { } high) => $"<{(strictly ? "" : "=")} {high}",
            _ when strictly => throw new CheckReader.NotUnderstoodException("two bounds of a length that it must not reach have no counterpart here"),
            _ => $"BETWEEN {min} AND {max}",
        };
        return OfColumn(common, given, condition) with { ColumnFunction = "length" };
    }

    private static CheckDefinition Pair(CheckDefinition common, CheckArguments given, string comparison) =>
        common with { Kind = CheckKind.Expression, Sql = $"{given.Required("column_A")} {comparison} {given.Required("column_B")}" };

    private static CheckDefinition AtLeastOne(CheckDefinition common, CheckArguments given)
    {
        NoThresholds(common, "at_least_one");
        return common with { Kind = CheckKind.RowCount, Columns = CheckReader.Column(given), Min = "1" };
    }

    /// <summary>It fails at exactly one value: a column without any is no constant to it.</summary>
    private static CheckDefinition NotConstant(CheckDefinition common, CheckArguments given)
    {
        NoThresholds(common, "not_constant");
        var constant = new CheckThreshold("=", 1);
        return common with { Kind = CheckKind.DistinctCount, Columns = CheckReader.Column(given), ErrorIf = constant, WarnIf = constant };
    }

    private static CheckDefinition RelationshipsWhere(CheckDefinition common, CheckArguments given)
    {
        if (given.Text("to_condition") is { } to && to.Replace(" ", "", StringComparison.Ordinal) != "1=1") throw new CheckReader.NotUnderstoodException($"a condition of the other table ({to}) has no counterpart here");
        return common with { Kind = CheckKind.Relationships, Columns = CheckReader.Column(given), To = Reference(given.Required("to")), Field = given.Required("field"), Where = And(common.Where, given.Text("from_condition")) };
    }

    private static string? And(string? one, string? other) => one is null || other is null ? one ?? other : $"({one}) AND ({other})";

    private static CheckDefinition Recency(CheckDefinition common, CheckArguments given, string column, string part, string count)
    {
        NoThresholds(common, "recency");
        given.Ignore("column");
        var seconds = given.Required(part).Trim('\'').ToLowerInvariant() switch
        {
            "second" => 1,
            "minute" => 60,
            "hour" => 3600,
            "day" => 86400,
            "week" => 7 * 86400,
            var other => throw new CheckReader.NotUnderstoodException($"a recency by {other} has no fixed length"),
        };
        return common with { Kind = CheckKind.Freshness, Columns = [column], ErrorAfter = TimeSpan.FromSeconds(seconds * (given.Number(count) ?? throw given.Place.Error($"'{count}' is missing."))) };
    }

    private static IReadOnlyList<string> Listed(CheckArguments given, string name) => given.Texts(name) is { Count: > 0 } values ? values : throw given.Place.Error($"'{name}' is missing.");

    /// <summary>There a threshold is of a row that says yes or no; here it would be of the figure itself.</summary>
    private static void NoThresholds(CheckDefinition common, string what)
    {
        if (common.WarnIf is not null || common.ErrorIf is not null) throw new CheckReader.NotUnderstoodException($"warn_if and error_if of {what} count rows of dbt's own query");
    }

    [GeneratedRegex(@"^ref\(\s*(?:'[^']*'\s*,\s*|""[^""]*""\s*,\s*)?['""]([^'""]+)['""]\s*(?:,\s*v(?:ersion)?\s*=\s*['""]?(\w+)['""]?\s*)?\)$")]
    private static partial Regex Ref();

    [GeneratedRegex(@"^source\(\s*['""]([^'""]+)['""]\s*,\s*['""]([^'""]+)['""]\s*\)$")]
    private static partial Regex Source();
}
