using System.Globalization;
using System.Text.RegularExpressions;

namespace EtlTableOps.Checks.Custom;

/// <summary>The tests of dbt's two well-known packages that have a counterpart here one to one.</summary>
internal static partial class DbtTests
{
    /// <summary>The check that a test stands for; null for one that is not known.</summary>
    public static CheckDefinition? Read(string word, CheckDefinition common, CheckArguments given) => word switch
    {
        "dbt_utils.expression_is_true" => Condition(common, given),
        "dbt_utils.accepted_range" => common with
        {
            Kind = CheckKind.Range,
            Columns = CheckReader.Column(given),
            Min = given.Text("min_value"),
            Max = given.Text("max_value"),
            AsSql = true,
            Exclusive = !given.Flag(true, "inclusive"),
        },
        "dbt_utils.unique_combination_of_columns" => common with { Kind = CheckKind.Unique, Columns = Listed(given, "combination_of_columns"), NullsEqual = true },
        "dbt_utils.not_accepted_values" => Values(common, given, "values", "quote", not: true),
        "dbt_utils.not_null_proportion" => Proportion(common, given),
        "dbt_utils.recency" => Recency(common, given, given.Required("field"), "datepart", "interval"),
        "dbt_expectations.expect_column_values_to_not_be_null" => common with { Kind = CheckKind.NotNull, Columns = CheckReader.Column(given) },
        "dbt_expectations.expect_column_values_to_be_unique" => common with { Kind = CheckKind.Unique, Columns = CheckReader.Column(given) },
        "dbt_expectations.expect_compound_columns_to_be_unique" => Compound(common, given),
        "dbt_expectations.expect_column_values_to_be_in_set" => Values(common, given, "value_set", "quote_values", not: false),
        "dbt_expectations.expect_column_values_to_not_be_in_set" => Values(common, given, "value_set", "quote_values", not: true),
        "dbt_expectations.expect_column_values_to_be_between" => common with
        {
            Kind = CheckKind.Range,
            Columns = CheckReader.Column(given),
            Min = given.Text("min_value"),
            Max = given.Text("max_value"),
            AsSql = true,
            Exclusive = given.Flag(false, "strictly"),
        },
        "dbt_expectations.expect_column_values_to_match_regex" => Regex(common, given, not: false),
        "dbt_expectations.expect_column_values_to_not_match_regex" => Regex(common, given, not: true),
        "dbt_expectations.expect_table_row_count_to_be_between" => Counted(common, given, CheckKind.RowCount, "min_value", "max_value"),
        "dbt_expectations.expect_table_row_count_to_equal" => Counted(common, given, CheckKind.RowCount, "value", "value"),
        "dbt_expectations.expect_column_unique_value_count_to_be_between" => Counted(common with { Columns = CheckReader.Column(given) }, given, CheckKind.DistinctCount, "min_value", "max_value"),
        "dbt_expectations.expect_column_distinct_count_to_equal" => Counted(common with { Columns = CheckReader.Column(given) }, given, CheckKind.DistinctCount, "value", "value"),
        "dbt_expectations.expect_row_values_to_have_recent_data" => Recency(common, given, CheckReader.Column(given)[0], "datepart", "interval"),
        "dbt_expectations.expression_is_true" => Condition(common, given),
        _ => null,
    };

    /// <summary>A table as a dbt project names it: <c>ref('customers')</c>, <c>source('shop', 'customers')</c>; any other text as it is.</summary>
    public static string Reference(string text)
    {
        var bare = text.Trim();
        if (bare.StartsWith("{{", StringComparison.Ordinal) && bare.EndsWith("}}", StringComparison.Ordinal)) bare = bare[2..^2].Trim();
        if (Ref().Match(bare) is { Success: true } model) return model.Groups[1].Value;
        if (Source().Match(bare) is { Success: true } source) return $"{source.Groups[1].Value}.{source.Groups[2].Value}";
        return bare.Contains('(', StringComparison.Ordinal) && !bare.Contains('"', StringComparison.Ordinal) ? throw new CheckReader.NotUnderstoodException($"'{text}' is no table: ref('model'), source('schema', 'table') or the table's name") : bare;
    }

    /// <summary>Under a column the expression is what follows the column's name.</summary>
    private static CheckDefinition Condition(CheckDefinition common, CheckArguments given)
    {
        var expression = given.Required("expression");
        var column = given.Texts("column");
        return common with { Kind = CheckKind.Expression, Columns = column, Sql = expression, ColumnFirst = column.Count > 0 };
    }

    private static CheckDefinition Values(CheckDefinition common, CheckArguments given, string list, string quote, bool not) => common with
    {
        Kind = CheckKind.AcceptedValues,
        Columns = CheckReader.Column(given),
        Values = Listed(given, list),
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

    private static CheckDefinition Counted(CheckDefinition common, CheckArguments given, CheckKind kind, string min, string max)
    {
        NoThresholds(common, "a count");
        return common with { Kind = kind, Min = given.NumberText(min), Max = given.NumberText(max) };
    }

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

    [GeneratedRegex(@"^ref\(\s*(?:'[^']*'\s*,\s*|""[^""]*""\s*,\s*)?['""]([^'""]+)['""]\s*(?:,\s*v(?:ersion)?\s*=\s*\w+\s*)?\)$")]
    private static partial Regex Ref();

    [GeneratedRegex(@"^source\(\s*['""]([^'""]+)['""]\s*,\s*['""]([^'""]+)['""]\s*\)$")]
    private static partial Regex Source();
}
