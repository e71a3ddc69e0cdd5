using System.Globalization;
using EtlTableOps.Checks.Custom;
using EtlTableOps.Errors;

namespace EtlTableOps.Files.Tests;

/// <summary>Files of checks: what they may say, in our words and in dbt's, and where an error is.</summary>
public sealed class CheckFileTests
{
    private const string Own = """
        version: 2
        checks:
          - name: allevents
            columns:
              - name: event_id
                tests: [unique, not_null]
              - name: country
                tests:
                  - accepted_values: {values: [DE, NO, yes, 010, 1.0]}
                  - relationships: {to: countries, field: code, severity: warn, where: "country <> 'XX'"}
                  - not_null:
                      config: {severity: warn, warn_if: ">10", error_if: "!= 0"}
              - name: amount
                checks:
                  - range: {min: 0, max: 1e3}
                  - null_fraction: {max: 0.25, name: few gaps}
                  - pattern: '^[0-9]+$'
            tests:
              - row_count: {min: 1000, min_ratio: 0.9}
              - expression: "amount >= 0"
              - unique: [a, b]
              - freshness: {column: event_ts, warn_after: 12h, error_after: 1d}
              - query_equal: "SELECT kind, count(*) FROM {{ table }} GROUP BY kind"
              - distinct_count(country, 3)
          - not_null: payload
        """;

    private const string Shop = """
        version: 2

        models:
          - name: customers
            description: "{{ doc('customers') }}"
            config: {alias: dim_customers}
            columns:
              - name: customer_id
                description: This is a unique key
                data_tests:
                  - unique
                  - not_null
              - name: name
                data_type: text
          - name: orders
            description: This table has basic information about orders, as well as some derived facts based on payments
            data_tests:
              - dbt_utils.expression_is_true:
                  arguments:
                    expression: "amount - credit_card_amount >= 0"
              - dbt_utils.unique_combination_of_columns:
                  combination_of_columns: [order_id, customer_id]
              - elementary.volume_anomalies
            columns:
              - name: order_id
                tests:
                  - unique:
                      config:
                        severity: error
                        error_if: ">1000"
                        warn_if: ">10"
                  - not_null
              - name: customer_id
                tests:
                  - not_null:
                      name: every order has a customer
                      config:
                        where: "order_date > '2020-01-01'"
                        tags: [nightly]
                        store_failures: true
                  - relationships:
                      to: ref('customers')
                      field: customer_id
                  - name: customers_of_the_source
                    test_name: relationships
                    to: source('shop', 'raw_customers')
                    field: id
              - name: status
                tests:
                  - accepted_values:
                      arguments:
                        values: ['placed', 'shipped', 'completed', 'return_pending', 'returned']
                  - accepted_values:
                      values: [1, 2]
                      quote: false
                      enabled: false
              - name: amount
                tests:
                  - dbt_utils.accepted_range:
                      min_value: 0
                      inclusive: false
                  - dbt_utils.expression_is_true:
                      expression: ">= tax"
                  - dbt_utils.not_null_proportion: {at_least: 0.95}
                  - dbt_expectations.expect_column_values_to_be_between: {min_value: 1, max_value: 2, row_condition: "id is not null"}
                  - not_null:
                      where: "date > '{{ var('start') }}'"
                  - my_own_test:
                      argument: 5
        """;

    [Fact]
    public void Our_own_words_are_read()
    {
        var file = CheckFileReader.Read(Own, "checks.yml");
        var checks = CheckSelection.Select([file], null, "sales.allevents");
        string[] expected =
        [
            "unique(event_id) [checks.yml:6]",
            "not_null(event_id) [checks.yml:6]",
            "accepted_values(country, values: [DE, NO, yes, 010, 1.0]) [checks.yml:9]",
            "relationships(country, to: countries, field: code, where: country <> 'XX', severity: warn) [checks.yml:10]",
            "not_null(country, warn_if: > 10, error_if: != 0, severity: warn) [checks.yml:11]",
            "range(amount, min: 0, max: 1e3) [checks.yml:15]",
            "null_fraction(amount, max: 0.25) [checks.yml:16]",
            "pattern(amount, pattern: ^[0-9]+$) [checks.yml:17]",
            "row_count(min: 1000, min_ratio: 0.9) [checks.yml:19]",
            "expression(amount >= 0) [checks.yml:20]",
            "unique(a, b) [checks.yml:21]",
            "freshness(event_ts, warn_after: 12h 00m, error_after: 1d 0h) [checks.yml:22]",
            "query_equal(SELECT kind, count(*) FROM {{ table }} GROUP BY kind) [checks.yml:23]",
            "distinct_count(country, min: 3) [checks.yml:24]",
            "not_null(payload) [checks.yml:25]",
        ];
        Assert.Equal(expected, checks.Select(c => c.ToString()));
        Assert.Equal("few gaps", checks[6].Title);
    }

    [Fact]
    public void A_schema_file_of_dbt_is_read_and_what_has_no_counterpart_is_named()
    {
        var file = CheckFileReader.Read(Shop, "schema.yml");
        Assert.Equal(["unique(customer_id)", "not_null(customer_id)"], CheckSelection.Select([file], null, "dim_customers").Select(c => c.Title));
        var checks = CheckSelection.Select([file], "orders", "allevents");
        string[] expected =
        [
            "unique(order_id, warn_if: > 10, error_if: > 1000) [schema.yml:27]",
            "not_null(order_id) [schema.yml:32]",
            "not_null(customer_id, where: order_date > '2020-01-01') [schema.yml:35]",
            "relationships(customer_id, to: dim_customers, field: customer_id) [schema.yml:41]",
            "relationships(customer_id, to: shop.raw_customers, field: id) [schema.yml:44]",
            "accepted_values(status, values: [placed, shipped, completed, return_pending, returned]) [schema.yml:50]",
            "range(amount, min: 0, exclusive: true) [schema.yml:59]",
            "expression(amount, >= tax) [schema.yml:62]",
            "null_fraction(amount, min: 0, max: 0.05) [schema.yml:64]",
            "range(amount, min: 1, max: 2, where: id is not null) [schema.yml:65]",
            "not_understood(amount, severity: warn, not_null holds a template (date > '{{ var('start') }}'), which only dbt fills in) [schema.yml:66]",
            "not_understood(amount, severity: warn, my_own_test is no test that is known here) [schema.yml:68]",
            "expression(amount - credit_card_amount >= 0) [schema.yml:18]",
            "unique(order_id, customer_id, nulls_equal: true) [schema.yml:21]",
            "not_understood(severity: warn, elementary.volume_anomalies is no test that is known here) [schema.yml:23]",
        ];
        Assert.Equal(expected, checks.Select(c => c.ToString()));
        Assert.Equal("every order has a customer", checks[2].Title);
        Assert.True(checks[7].ColumnFirst);
    }

    [Theory]
    [InlineData("checks:\n  - name: t\n    columns:\n      - name: a\n        tests: [uniqe]\n", 5, 17, "uniqe")]
    [InlineData("checks:\n  - name: t\n    columns:\n      - name: a\n        tests:\n          - not_null: {sevrity: warn}\n", 6, 13, "sevrity")]
    [InlineData("checks:\n  - name: t\n    tests:\n    - row_count: {min: many}\n", 4, 24, "many")]
    [InlineData("checks:\n  - name: t\n    tests:\n    - row_count: {min: 1, error_if: lots}\n", 4, 37, "lots")]
    [InlineData("checks:\n  - name: t\n    tests:\n    - row_count: {min: 1}\n    tests:\n    - row_count: {min: 1}\n", 5, 5, "second time")]
    [InlineData("checks:\n\t- name: t\n", 2, 1, "tab")]
    [InlineData("checks:\n  - name: t\n    tests: [\n", 4, 1, "YAML")]
    [InlineData("", 1, 1, "empty")]
    [InlineData("# nothing\n", 1, 1, "empty")]
    [InlineData("--- ~\n", 1, 5, "empty")]
    [InlineData("a: 1\n---\nb: 2\n", 2, 1, "second document")]
    [InlineData("- a\n", 1, 1, "checks:")]
    [InlineData("check:\n  - name: t\n", 1, 1, "'check'")]
    [InlineData("version: 2\n", 1, 1, "holds no checks")]
    [InlineData("checks:\n  - name: t\n    test: [unique]\n    columns: []\n", 3, 5, "'test'")]
    [InlineData("checks:\n  - {name: t, tests: [{unique: a, not_null: b}]}\n", 2, 23, "one name")]
    [InlineData("checks:\n  - {name: t, tests: [{unique: *nobody}]}\n", 2, 32, "nobody")]
    [InlineData("checks:\n  - {name: t, tests: [{accepted_values: {column: a, values: [DE, null]}}]}\n", 2, 66, "not_null")]
    [InlineData("checks:\n  - {name: t, tests: [{accepted_values: {column: a}}]}\n", 2, 23, "values")]
    [InlineData("checks:\n  - {name: t, tests: [{query_equal: SELECT 1}]}\n", 2, 23, "{{ table }}")]
    [InlineData("checks:\n  - {name: t, tests: ['range(a, 1, 2, 3)']}\n", 2, 23, "no more than 3")]
    [InlineData("checks:\n  - {name: t, tests: ['not_null(a']}\n", 2, 23, "not closed")]
    [InlineData("checks:\n  - name: t\n    tests: [uniqe: a]\n", 3, 13, "uniqe")]
    [InlineData("models:\n  - columns: []\n", 2, 5, "name")]
    public void What_is_wrong_is_told_with_its_line_and_column(string text, int line, int column, string said)
    {
        var failure = Assert.Throws<EtlException>(() => CheckFileReader.Read(text, "c.yml"));
        Assert.Equal(ErrorCode.BadInput, failure.Code);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"c.yml, line {line}, column {column}: "), failure.Message, StringComparison.Ordinal);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Anchors_aliases_and_merged_maps_are_followed()
    {
        var file = CheckFileReader.Read("""
            checks:
              - name: t
                columns:
                  - name: a
                    tests: &both
                      - not_null: &soft {severity: warn}
                      - unique: {<<: *soft, where: b > 1}
                  - name: b
                    tests: *both
            """, "c.yml");
        Assert.Equal(["not_null(a, severity: warn)", "unique(a, where: b > 1, severity: warn)", "not_null(b, severity: warn)", "unique(b, where: b > 1, severity: warn)"], file.Models[0].Checks.Select(c => (c with { DefinedAt = null }).ToString()));
    }

    [Fact]
    public void A_few_lines_that_stand_for_billions_are_refused()
    {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (var i = 1; i < 12; i++) text += string.Create(CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]\n");
        var failure = Assert.Throws<EtlException>(() => CheckFileReader.Read(text, "c.yml"));
        Assert.Contains("aliases", failure.Message, StringComparison.Ordinal);
        Assert.Contains("deep", Assert.Throws<EtlException>(() => CheckFileReader.Read(new string('[', 5000), "c.yml")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_with_and_without_a_byte_order_mark_and_its_errors_name_it()
    {
        var folder = Directory.CreateTempSubdirectory("checks");
        try
        {
            string At(string name) => Path.Combine(folder.FullName, name);
            File.WriteAllText(At("bom.yml"), "checks:\r\n  - not_null: ä\r\n", new System.Text.UTF8Encoding(true));
            Assert.Equal("not_null(ä)", CheckFileReader.Read(At("bom.yml")).Models[0].Checks[0].Title);
            File.WriteAllBytes(At("latin.yml"), [.. "checks:\n  - not_null: "u8, 0xE4]);
            Assert.Contains("UTF-8", Assert.Throws<EtlException>(() => CheckFileReader.Read(At("latin.yml"))).Message, StringComparison.Ordinal);
            Assert.Contains("no file", Assert.Throws<EtlException>(() => CheckFileReader.Read(At("nowhere.yml"))).Message, StringComparison.Ordinal);
            Assert.Contains("cannot be opened", Assert.Throws<EtlException>(() => CheckFileReader.Read(folder.FullName)).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_table_without_checks_is_told_which_ones_there_are()
    {
        var file = CheckFileReader.Read(Shop, "schema.yml");
        var failure = Assert.Throws<EtlException>(() => CheckSelection.Select([file], null, "allevents"));
        Assert.Contains("customers, orders", failure.Message, StringComparison.Ordinal);
        Assert.Contains("-Model", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "A seed that can be repeated is wanted.")]
    public void Whatever_a_file_holds_is_read_or_refused_by_a_typed_error()
    {
        const string alphabet = "{}[]:,-&*#?|>!%@`'\"\\ \t\n\r~<=ax0é\u0085\u2028\0";
        var random = new Random(20261121);
        string[] seeds = [Own, Shop];
        for (var i = 0; i < 4000; i++)
        {
            var text = new System.Text.StringBuilder(seeds[i % 2]);
            for (var n = random.Next(1, 12); n > 0; n--)
            {
                var at = random.Next(text.Length);
                switch (random.Next(4))
                {
                    case 0: text.Remove(at, Math.Min(random.Next(1, 40), text.Length - at)); break;
                    case 1: text.Insert(at, alphabet[random.Next(alphabet.Length)]); break;
                    case 2: text[at] = alphabet[random.Next(alphabet.Length)]; break;
                    default: text.Insert(at, text.ToString(random.Next(text.Length), 1)); break;
                }
                if (text.Length == 0) break;
            }
            try
            {
                CheckFileReader.Read(text.ToString(), "f.yml");
            }
            catch (EtlException e) when (e.Code == ErrorCode.BadInput)
            {
                Assert.Matches(@"^f\.yml, line [0-9]+, column [0-9]+: ", e.Message);
            }
        }
    }
}
