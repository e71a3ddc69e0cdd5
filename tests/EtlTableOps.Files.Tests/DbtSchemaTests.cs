using EtlTableOps.Checks.Custom;
using EtlTableOps.Errors;

namespace EtlTableOps.Files.Tests;

/// <summary>What schema files of dbt projects hold beside plain tests: nothing of it may crash, and nothing may be passed over in silence.</summary>
public sealed class DbtSchemaTests
{
    private static IReadOnlyList<string> Checks(string yaml, string? model = null, string table = "bookings") =>
        [.. CheckSelection.Select([CheckFileReader.Read(yaml, "s.yml")], model, table).Select(c => $"{c.Name ?? "-"}: {c}")];

    [Fact]
    public void A_source_is_as_fresh_as_it_says_and_a_table_s_own_words_go_first()
    {
        const string yaml = """
            sources:
              - name: desk
                schema: raw_desk
                loaded_at_field: synced_at
                config:
                  freshness:
                    warn_after: {count: 6, period: hour}
                    error_after: {count: 2, period: day}
                tables:
                  - name: bookings
                    columns:
                      - name: id
                        data_tests: [unique]
                  - name: rooms
                    config:
                      freshness:
                        warn_after: null
                        error_after: {count: 5}
                        filter: "deleted = 0"
                      loaded_at_field: '"Seen"'
                  - name: prices
                    freshness: null
                  - name: guests
                    identifier: guest_list
                    loaded_at_field: "cast(seen as timestamp)"
                  - name: halls
                    loaded_at_query: "select max(t) from halls"
                  - name: keys
                    loaded_at_field: "{{ var('column') }}"
              - name: bare
                tables:
                  - name: doors
                    freshness: {warn_after: {count: 1, period: day}}
                  - name: walls
                    freshness: {warn_after: {}, error_after: {}}
                  - name: roofs
                    loaded_at_field: at
                    freshness: {warn_after: {count: "{{ var('n') }}", period: day}}
            """;
        Assert.Equal(["-: unique(id) [s.yml:13]", "source_freshness(synced_at): freshness(synced_at, warn_after: 6h 00m, error_after: 2d 0h) [s.yml:7]"], Checks(yaml));
        Assert.Equal(["""source_freshness("Seen"): freshness("Seen", error_after: 5d 0h, where: deleted = 0) [s.yml:17]"""], Checks(yaml, "desk.rooms"));
        Assert.Equal(["prices: not_understood(severity: warn, the files have this table, but no test of it) [s.yml:21]"], Checks(yaml, "prices"));
        Assert.Contains("loaded_at_field is an expression (cast(seen as timestamp))", Assert.Single(Checks(yaml, "raw_desk.guest_list")), StringComparison.Ordinal);
        Assert.Contains("loaded_at_query", Assert.Single(Checks(yaml, "halls")), StringComparison.Ordinal);
        Assert.Contains("source_freshness holds a template ({{ var('column') }})", Assert.Single(Checks(yaml, "keys")), StringComparison.Ordinal);
        Assert.Contains("there is no loaded_at_field", Assert.Single(Checks(yaml, "doors")), StringComparison.Ordinal);
        Assert.Contains("no test of it", Assert.Single(Checks(yaml, "walls")), StringComparison.Ordinal);
        Assert.Contains("source_freshness holds a template", Assert.Single(Checks(yaml, "roofs")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("warn_after: {count: soon, period: day}", 5, 37, "soon")]
    [InlineData("warn_after: {count: 1, period: year}", 5, 48, "year")]
    [InlineData("warn_after: {count: 1}", 5, 29, "minute, hour or day")]
    [InlineData("warn_after: 1d", 5, 29, "'count' and 'period'")]
    [InlineData("error_after: {count: 99999999999, period: day}", 5, 38, "too much")]
    public void A_freshness_that_is_none_is_refused_with_its_place(string freshness, int line, int column, string said)
    {
        var failure = Assert.Throws<EtlException>(() => Checks($"sources:\n- name: s\n  tables:\n  - name: t\n    freshness: {{{freshness}}}\n    loaded_at_field: at\n"));
        Assert.StartsWith(FormattableString.Invariant($"s.yml, line {line}, column {column}: "), failure.Message, StringComparison.Ordinal);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_version_of_a_model_has_its_columns_and_tests()
    {
        const string yaml = """
            models:
              - name: guests
                latest_version: 2
                config: {alias: people}
                data_tests:
                  - dbt_utils.unique_combination_of_columns: {combination_of_columns: [id, day]}
                columns:
                  - name: id
                    data_tests: [unique]
                  - name: day
                    data_tests: [not_null]
                versions:
                  - v: 1
                    config: {alias: people_first}
                  - v: 2
                    columns:
                      - include: all
                        exclude: [day]
                      - name: since
                        data_tests: [not_null]
                  - v: 10
                    data_tests: [one_of_ours]
                    columns:
                      - {include: [day]}
            """;
        string[] latest = ["-: unique(id) [s.yml:9]", "-: not_null(since) [s.yml:20]", "-: unique(id, day, nulls_equal: true) [s.yml:6]"];
        Assert.Equal(latest, Checks(yaml, "guests"));
        Assert.Equal(latest, Checks(yaml, "guests.v2"));
        Assert.Equal(latest, Checks(yaml, null, "sales.guests_v2"));
        Assert.Equal(["-: unique(id) [s.yml:9]", "-: not_null(day) [s.yml:11]", "-: unique(id, day, nulls_equal: true) [s.yml:6]"], Checks(yaml, null, "people_first"));
        Assert.Equal(["-: not_null(day) [s.yml:11]", "one_of_ours: not_understood(severity: warn, one_of_ours is no test that is known here) [s.yml:22]"], Checks(yaml, "guests_v10"));
        Assert.Equal("guests_v10", CheckFileReader.Read(yaml.Replace("latest_version: 2", "description: x", StringComparison.Ordinal), "s.yml").Models.Single(m => m.IsCalled("guests")).Name);
    }

    [Fact]
    public void Packages_tests_with_a_counterpart_become_it()
    {
        const string yaml = """
            models:
              - name: bookings
                columns:
                  - name: note
                    tests:
                      - dbt_utils.not_empty_string
                      - dbt_utils.not_empty_string: {trim_whitespace: false}
                      - dbt_utils.at_least_one
                      - dbt_utils.not_constant: {config: {severity: warn}}
                      - dbt_utils.relationships_where: {to: ref('rooms'), field: id, from_condition: id > 5}
                      - dbt_utils.relationships_where: {to: ref('rooms'), field: id, to_condition: open}
                      - dbt_expectations.expect_column_values_to_be_null: {row_condition: gone}
                      - dbt_expectations.expect_column_values_to_match_like_pattern: {like_pattern: 'A%'}
                      - dbt_expectations.expect_column_value_lengths_to_be_between: {min_value: 2, max_value: 9}
                      - dbt_expectations.expect_column_value_lengths_to_equal: {value: 3}
                      - dbt_expectations.expect_column_distinct_count_to_be_greater_than: {value: 4}
                      - dbt_expectations.expect_table_row_count_to_be_between: {min_value: 1.5, max_value: 9, strictly: true}
                      - dbt.not_null
                      - accepted_values: {values: [a, null, ~]}
                      - accepted_values: {values: [null]}
                tests:
                  - dbt_expectations.expect_column_pair_values_A_to_be_greater_than_B: {column_A: until, column_B: since, or_equal: true}
                  - dbt_utils.expression_is_true: {expression: a > b, condition: a > 0}
                  - unique: {column_name: "room || '-' || day", config: {where: day > 0}}
                  - not_null: {column_name: "coalesce(a, b)"}
                  - accepted_values: {column_name: upper(a), values: [A]}
                  - not_null: {column_name: note, config: {error_if: "> 1 and 1=1"}}
            """;
        string[] expected =
        [
            "dbt_utils.not_empty_string(note): expression(trim(note), <> '')", "dbt_utils.not_empty_string(note): expression(note, <> '')", "dbt_utils.at_least_one(note): row_count(note, min: 1)", "dbt_utils.not_constant(note): distinct_count(note, warn_if: = 1, error_if: = 1, severity: warn)",
            "-: relationships(note, to: rooms, field: id, where: id > 5)", "dbt_utils.relationships_where(note): not_understood(note, severity: warn, a condition of the other table (open) has no counterpart here)",
            "dbt_expectations.expect_column_values_to_be_null(note): expression(note, IS NULL, where: gone)", "dbt_expectations.expect_column_values_to_match_like_pattern(note): expression(note, LIKE 'A%')", "dbt_expectations.expect_column_value_lengths_to_be_between(note): expression(length(note), BETWEEN 2 AND 9)", "dbt_expectations.expect_column_value_lengths_to_equal(note): expression(length(note), = 3)",
            "dbt_expectations.expect_column_distinct_count_to_be_greater_than(note): distinct_count(note, min: 5)", "dbt_expectations.expect_table_row_count_to_be_between(note): not_understood(note, severity: warn, dbt_expectations.expect_table_row_count_to_be_between takes no 'column')",
            "-: not_null(note)", "-: accepted_values(note, values: [a])", "accepted_values(note): not_understood(note, severity: warn, accepted_values has a list without a single value)",
            "-: expression(until >= since)", "-: expression(a > b, where: a > 0)", "-: unique(room || '-' || day, where: day > 0)", "-: expression((coalesce(a, b)) IS NOT NULL)",
            "accepted_values: not_understood(severity: warn, accepted_values is of an expression (upper(a)) and not of a column)",
            "not_null: not_understood(severity: warn, '> 1 and 1=1' is no threshold: write it like \">10\", \"!= 0\" or \"between 5 and 10\")",
        ];
        Assert.Equal(expected, Checks(yaml).Select(c => c[..c.LastIndexOf(" [", StringComparison.Ordinal)]));
    }

    [Fact]
    public void What_only_dbt_fills_in_and_what_is_nobody_s_test_is_named()
    {
        const string yaml = """
            x-common: &soft {severity: warn}
            models:
              - name: bookings
                config: {enabled: "{{ var('on') }}"}
                tests:
                  - not_null: {column_name: a, enabled: "{{ var('on', true) | as_bool }}"}
                  - not_null: {column_name: b, severity: "{{ 'error' if target.name == 'prod' else 'warn' }}"}
                  - not_null: {column_name: c, description: "{{ doc('c') }}", config: {<<: *soft, alias: c_is_there, schema: audit}}
                  - dbt_utils.accepted_range: {column_name: d, min_value: "{{ var('least') }}"}
                  - relationships: {column_name: e, to: "{{ ref('rooms') }}", field: id}
                  - relationships: {column_name: e, to: "{{ var('rooms') }}", field: id}
                  - elementary.volume_anomalies: {where: "{{ var('x') }}"}
                  - where: {column_name: f}
                  - ours: {enabled: false}
            data_tests:
              - name: nobody_pays_twice
                description: a statement of our own
            unit_tests:
              - {name: u, model: bookings}
            """;
        string[] expected =
        [
            "not_null: not_understood(severity: warn, not_null holds a template ({{ var('on', true) | as_bool }}), which only dbt fills in) [s.yml:6]",
            "not_null: not_understood(severity: warn, not_null holds a template ({{ 'error' if target.name == 'prod' else 'warn' }}), which only dbt fills in) [s.yml:7]",
            "-: not_null(c, severity: warn) [s.yml:8]",
            "dbt_utils.accepted_range: not_understood(severity: warn, dbt_utils.accepted_range holds a template ({{ var('least') }}), which only dbt fills in) [s.yml:9]",
            "-: relationships(e, to: rooms, field: id) [s.yml:10]",
            "relationships: not_understood(severity: warn, '{{ var('rooms') }}' is no table: ref('model'), source('schema', 'table') or the table's name) [s.yml:11]",
            "elementary.volume_anomalies: not_understood(severity: warn, elementary.volume_anomalies is no test that is known here) [s.yml:12]",
            "where: not_understood(severity: warn, where is no test that is known here) [s.yml:13]",
            "nobody_pays_twice: not_understood(severity: warn, it is a statement of the project's own) [s.yml:16]",
        ];
        Assert.Equal(expected, Checks(yaml));
    }

    [Fact]
    public void A_name_that_is_several_tables_is_refused_and_other_tables_are_found_under_their_own_names()
    {
        var models = CheckFileReader.Read("""
            models:
              - name: rooms
                config: {alias: dim_rooms}
              - name: bookings
                columns:
                  - name: room
                    tests:
                      - relationships: {to: ref('rooms'), field: id}
                      - relationships: {to: "source('desk', 'rooms')", field: id}
                      - relationships: {to: "ref('rates', v=3)", field: id}
            """, "m.yml");
        var sources = CheckFileReader.Read("""
            sources:
              - {name: desk, schema: raw, tables: [{name: bookings, tests: [unique: {column_name: id}]}, {name: rooms, identifier: ROOM}]}
              - {name: shop, tables: [{name: bookings}]}
            """, "s.yml");
        Assert.Equal(["dim_rooms", "raw.ROOM", "rates_v3"], CheckSelection.Select([models, sources], "bookings", "b").Select(c => c.To));
        Assert.Equal("unique(id)", Assert.Single(CheckSelection.Select([models, sources], "desk.bookings", "b")).Title);
        Assert.Equal("unique(id)", Assert.Single(CheckSelection.Select([sources], null, "raw.bookings")).Title);
        foreach (var files in new[] { new[] { models, sources }, [sources] })
        {
            var failure = Assert.Throws<EtlException>(() => CheckSelection.Select(files, null, "bookings"));
            Assert.Contains("desk.bookings (s.yml:2), shop.bookings (s.yml:3)", failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("name: shop\nconfig-version: 2\nmodels:\n  shop: {materialized: table}\n", "1, column 1", "project's own file")]
    [InlineData("models:\n- name: t\n  tests:\n  - not_null: a\n\0  - not_null: b\n", "5, column 1", "U+0000")]
    [InlineData("models: !include more.yml\n", "1, column 9", "!include")]
    [InlineData("models:\n- name: t\n  versions: [{description: x}]\n", "3, column 14", "(v)")]
    [InlineData("models:\n- name: t\n  tests: [{accepted_values: {column_name: a}}]\n", "3, column 11", "values")]
    [InlineData("models:\n- name: t\n  tests: [{not_null: {column_name: a, severity: loud}}]\n", "3, column 11", "loud")]
    [InlineData("models:\n- name: t\n  columns:\n  - name: a\n    data_test: [unique]\n", "5, column 5", "'data_test'")]
    [InlineData("model:\n- name: t\n", "1, column 1", "'model'")]
    public void What_dbt_would_refuse_or_pass_over_is_refused_with_its_place(string yaml, string place, string said)
    {
        var failure = Assert.Throws<EtlException>(() => CheckFileReader.Read(yaml, "s.yml"));
        Assert.StartsWith($"s.yml, line {place}: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_one_name_are_told_apart_by_their_directories_and_a_byte_that_is_no_letter_by_its_place()
    {
        var folder = Directory.CreateTempSubdirectory("dbt");
        try
        {
            foreach (var part in new[] { "a/staging", "b/staging", "b/marts" }) Directory.CreateDirectory(Path.Combine(folder.FullName, part));
            var paths = new[] { "a/staging/schema.yml", "b/staging/schema.yml", "b/marts/schema.yml", "b/other.yml" }.Select(p => Path.Combine(folder.FullName, p)).ToList();
            foreach (var path in paths) File.WriteAllText(path, "sources:\n- name: s\n");
            Assert.Equal(["a/staging/schema.yml", "b/staging/schema.yml", "marts/schema.yml", "other.yml"], CheckFileReader.Read(paths).Select(f => f.Name));
            // Nothing but remarks is no fault among others.
            File.WriteAllText(paths[3], "# later\n");
            Assert.Empty(CheckFileReader.Read(paths)[3].Models);
            Assert.Contains("empty", Assert.Throws<EtlException>(() => CheckFileReader.Read([paths[3]])).Message, StringComparison.Ordinal);
            File.WriteAllBytes(paths[0], [.. "models:\n- name: é"u8, 0xE9, .. "\n"u8]);
            Assert.StartsWith("a/staging/schema.yml, line 2, column 10: ", Assert.Throws<EtlException>(() => CheckFileReader.Read(paths)).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
