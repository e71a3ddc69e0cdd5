using EtlTableOps.Checks.Custom;
using EtlTableOps.Errors;
using EtlTableOps.Files;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>Checks of the user's: each kind holding and not holding, with what narrows and softens them.</summary>
public abstract class CheckScenarios : EngineScenarios
{
    // Of EventsTable: country is NULL for every fourth row and else DE, FR, US; amount is NULL for every fifth and below 100; kind is click or view.
    private const int Rows = 200;

    public static TheoryData<string> Holding =>
    [
        "unique(event_id)",
        "unique(event_id, kind)",
        "unique(country, where: event_id IN (1, 2, 4, 8))",
        "unique(kind, country, where: event_id IN (2, 4, 8), nulls_equal: false)",
        "not_null(event_id)",
        "not_null(country, where: event_id < 4)",
        "accepted_values(country, DE, FR, US)",
        "accepted_values(country, XX, not: true)",
        "accepted_values(user_id, 5, 6, where: event_id IN (5, 6))",
        "expression(user_id >= 0 AND amount < 100)",
        "expression(amount > -1 -- a remark\n)",
        "row_count(200, 200)",
        "row_count(min: 50, max: 50, where: country IS NULL)",
        "row_count(min_ratio: 1, max_ratio: 1)",
        "row_count(min_ratio: 1, max_ratio: 1, where: kind = 'view')",
        "freshness(event_ts, 40000d)",
        "range(user_id, 0, 96)",
        "range(amount, min: 0)",
        "range(event_ts, min: 2020-01-01, max: 2027-01-01)",
        "range(user_id, min: -1, max: 97, exclusive: true)",
        "pattern(kind, '^(click|view)$')",
        "pattern(payload, payload [0-9]+)",
        "pattern(kind, 'x', not: true)",
        "null_fraction(country, 0.25)",
        "null_fraction(country, max: 0, where: country IS NOT NULL)",
        "null_fraction(amount, min: 0.1, max: 0.3)",
        "distinct_count(country, 3, 3)",
        "distinct_count(kind, min: 1, max: 1, where: kind = 'view')",
        "query_equal(SELECT kind, count(*), sum(user_id) FROM {{ table }} GROUP BY kind)",
        "query_equal(SELECT country FROM {{table}} AS e WHERE e.event_id < 50)",
        "query_equal(WITH x AS (SELECT max(event_id) AS m FROM {{ table }}) SELECT m FROM x;)",
    ];

    /// <summary>Each with what is found of it.</summary>
    public static TheoryData<string, string> Broken => new()
    {
        { "unique(kind)", "2 values in 200 rows" },
        { "unique(country)", "3 values in 150 rows" },
        { "unique(kind, country, nulls_equal: true)", "8 values in 200 rows" },
        { "not_null(country)", "50 rows" },
        { "not_null(country, where: event_id < 9)", "2 rows" },
        { "accepted_values(country, DE, FR)", "50 rows" },
        { "accepted_values(country, DE, not: true)", "50 rows" },
        { "expression(event_id <> 17)", "1 row" },
        { "row_count(201)", "200 rows" },
        { "row_count(max: 10, where: country IS NULL)", "50 rows" },
        { "row_count(min_ratio: 1.5)", "200 rows, 1 times the live table's 200" },
        { "freshness(event_ts, 1h)", "" },
        { "freshness(event_ts, 40000d, where: event_id < 0)", "no value" },
        { "range(user_id, 1, 95)", "" },
        { "range(event_ts, min: 2021-01-01)", "" },
        { "range(user_id, min: 0, max: 96, exclusive: true)", "" },
        { "pattern(kind, '^click$')", "66 rows" },
        { "pattern(kind, 'iew', not: true)", "66 rows" },
        { "null_fraction(country, 0.2)", "0.25" },
        { "distinct_count(country, 4)", "3" },
    };

    [Theory]
    [MemberData(nameof(Holding))]
    public async Task A_check_that_holds_passes(string check)
    {
        await ShadowAsync();
        var verdict = Only(await TestAsync(check));
        Assert.True(verdict is { Passed: true, Warned: false }, $"{verdict}");
        Assert.True(verdict.Custom);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_check_that_does_not_hold_fails_the_test_and_says_what_is_there(string check, string found)
    {
        await ShadowAsync();
        var result = await TestAsync(check);
        var verdict = Only(result);
        Assert.False(verdict.Passed, $"{verdict}");
        Assert.False(result.Passed);
        if (found.Length > 0) Assert.Equal(found, verdict.Found);
        Assert.All(result.Checks.Where(c => !c.Custom), c => Assert.True(c.Passed, $"{c}"));
        Assert.Equal(SwapState.Refuted, (await LastSwapAsync()).State);
        await FailsAsync(ErrorCode.TestFailed, () => SwitchAsync());
    }

    [Fact]
    public async Task A_query_that_answers_otherwise_fails_with_rows_of_both_answers()
    {
        await EventsTable.CreateAsync(World, Rows);
        await BuildAsync(new DeclaredChange { Set = [new SetColumn("user_id", "CASE WHEN event_id = 7 THEN 500 ELSE user_id END")] });
        var verdict = Only(await TestAsync("query_equal(SELECT user_id FROM {{ table }} WHERE event_id IN (7, 8))"));
        Assert.False(verdict.Passed);
        Assert.Contains("live: 7", verdict.Message, StringComparison.Ordinal);
        Assert.Contains("shadow: 500", verdict.Message, StringComparison.Ordinal);
        Assert.Equal("1 rows of the live table's answer are missing, 1 are new", verdict.Found);
        // As often, too: a row that occurs twice is not the same as once.
        Assert.True(Only(await TestAsync("query_equal(SELECT kind FROM {{ table }} WHERE event_id IN (1, 2))")).Passed);
        await World.ExecuteAsync("DELETE FROM allevents_new WHERE event_id = 2");
        Assert.False(Only(await TestAsync("query_equal(SELECT kind FROM {{ table }} WHERE event_id IN (1, 2))")).Passed);
    }

    [Fact]
    public async Task Tests_of_a_dbt_project_are_answered_as_dbt_would_and_what_is_not_known_is_named()
    {
        await ShadowAsync();
        var file = CheckFileReader.Read("""
            models:
              - name: allevents
                columns:
                  - name: country
                    tests:
                      - dbt_utils.at_least_one
                      - dbt_utils.not_empty_string
                      - dbt_utils.not_constant
                      - dbt_expectations.expect_column_value_lengths_to_equal: {value: 3}
                      - our_own: {least: 1}
                  - name: kind
                    tests:
                      - dbt_utils.not_constant: {config: {where: kind = 'view'}}
                      - dbt_utils.at_least_one: {config: {where: event_id < 0}}
                tests:
                  - unique: {column_name: kind || country}
                  - not_null: {column_name: "coalesce(country, 'none')"}
            """, "schema.yml");
        var result = await RunAsync(await Operations.TestAsync(new TestRequest("allevents") { Checks = CheckSelection.Select([file], null, "allevents") }, Token));
        (string, bool, string)[] expected =
        [
            ("dbt_utils.at_least_one(country)", true, "150 rows with a value in country"),
            ("dbt_utils.not_empty_string(country)", true, "0 rows"),
            ("dbt_utils.not_constant(country)", true, "3"),
            ("dbt_expectations.expect_column_value_lengths_to_equal(country)", false, "150 rows"),
            ("our_own(country)", true, "not checked"),
            ("dbt_utils.not_constant(kind)", false, "1"),
            ("dbt_utils.at_least_one(kind)", false, "0 rows with a value in kind"),
            ("unique(kind || country)", false, "6 values in 150 rows"),
            ("expression((coalesce(country, 'none')) IS NOT NULL)", true, "0 rows"),
        ];
        Assert.Equal(expected, result.Checks.Where(c => c.Custom).Select(c => (c.Name, c.Passed, c.Found)));
        Assert.Equal("our_own(country)", Assert.Single(result.Checks, c => c.Warned).Name);
    }

    [Fact]
    public async Task A_distribution_is_held_against_that_of_the_live_table()
    {
        await EventsTable.CreateAsync(World, Rows);
        if (!World.HasProfiles)
        {
            await BuildAsync(Declared.Nothing);
            Assert.Contains("is not available here", (await FailsAsync(ErrorCode.BadInput, () => TestAsync("distribution(country)"))).Message, StringComparison.Ordinal);
            return;
        }
        await BuildAsync(new DeclaredChange { Add = Declared.Twice.Add, Set = [new SetColumn("user_id", "CASE WHEN user_id < 50 THEN 0 ELSE user_id END")] });
        var result = await TestAsync("distribution(country)", "distribution(amount, where: amount IS NOT NULL)", "distribution(user_id)", "distribution(kind, 0.5)");
        Assert.Equal([true, true, false, true], result.Checks.Where(c => c.Custom).Select(c => c.Passed));
        Assert.DoesNotContain(result.Checks, c => c is { Custom: true, Warned: true });
        Assert.True(double.Parse(Named(result, "distribution(user_id").Found, System.Globalization.CultureInfo.InvariantCulture) > 0.25);
        Assert.True(Only(await TestAsync("distribution(user_id, 100)")).Passed);
        await FailsAsync(ErrorCode.BadInput, () => TestAsync("distribution(nothing)"));
        await FailsAsync(ErrorCode.BadInput, () => TestAsync("distribution(kind, where: nobody > 1)"));
        await FailsAsync(ErrorCode.BadInput, () => TestAsync("distribution(twice)"));
    }

    [Fact]
    public async Task Every_value_has_to_be_found_in_the_other_table()
    {
        await ShadowAsync();
        await World.ExecuteAsync("CREATE TABLE countries (code varchar(2), \"a\"\"b\" varchar(2))");
        await World.ExecuteAsync("INSERT INTO countries VALUES ('DE', 'DE'), ('FR', 'FR'), (NULL, 'US')");
        Assert.True(Only(await TestAsync("relationships(country, countries, \"a\"\"b\")")).Passed);
        var verdict = Only(await TestAsync("relationships(country, to: countries, field: code)"));
        Assert.False(verdict.Passed);
        Assert.Equal("50 rows", verdict.Found);
        Assert.Contains("=US", verdict.Message, StringComparison.Ordinal);
        Assert.True(Only(await TestAsync("relationships(country, countries, code, where: country <> 'US')")).Passed);
        // The table's own name is the shadow's, which takes its place.
        Assert.True(Only(await TestAsync("relationships(twice, allevents, twice)")).Passed);
        await FailsAsync(ErrorCode.BadInput, () => TestAsync("relationships(country, nowhere, code)"));
        await FailsAsync(ErrorCode.BadInput, () => TestAsync("relationships(country, countries, nothing)"));
    }

    [Fact]
    public async Task A_null_breaks_no_condition_as_with_a_check_of_the_database()
    {
        await ShadowAsync();
        var result = await TestAsync("expression(amount >= 0)", "range(amount, 0, 100)", "accepted_values(country, DE, FR, US)", "pattern(payload, .)", "expression(NULL IS NOT NULL OR amount >= 0)");
        Assert.True(result.Passed, string.Join(Environment.NewLine, result.Checks.Where(c => !c.Passed)));
    }

    [Fact]
    public async Task A_warning_is_told_and_lets_the_test_pass()
    {
        await ShadowAsync();
        var result = await TestAsync("not_null(country, severity: warn)", "not_null(event_id, severity: warn)");
        Assert.True(result.Passed);
        Assert.Equal([true, false], result.Checks.Where(c => c.Custom).Select(c => c.Warned));
        Assert.Equal(SwapState.Proven, (await LastSwapAsync()).State);
        await SwitchAsync();
    }

    [Theory]
    [InlineData("not_null(country, error_if: >50)", true, true)]
    [InlineData("not_null(country, error_if: >49)", false, false)]
    [InlineData("not_null(country, error_if: >50, warn_if: >50)", true, false)]
    [InlineData("not_null(country, error_if: >= 60, warn_if: between 40 and 50)", true, true)]
    [InlineData("not_null(country, warn_if: >10)", false, false)]
    [InlineData("not_null(country, severity: warn, error_if: >10)", true, true)]
    [InlineData("not_null(country, severity: warn, warn_if: >100)", true, false)]
    [InlineData("null_fraction(country, warn_if: > 0.2, error_if: > 0.3)", true, true)]
    [InlineData("null_fraction(country, warn_if: > 0.2, error_if: > 0.24)", false, false)]
    [InlineData("row_count(warn_if: < 300)", true, true)]
    [InlineData("freshness(event_ts, warn_after: 1h)", true, true)]
    [InlineData("freshness(event_ts, warn_after: 1h, error_after: 40000d)", true, true)]
    [InlineData("unique(kind, error_if: > 2)", true, true)]
    public async Task Thresholds_are_those_of_dbt(string check, bool passed, bool warned)
    {
        await ShadowAsync();
        var verdict = Only(await TestAsync(check));
        Assert.True((verdict.Passed, verdict.Warned) == (passed, warned), $"{verdict}");
    }

    [Fact]
    public async Task What_breaks_a_check_is_named_by_its_key()
    {
        await ShadowAsync();
        var result = await TestAsync("expression(event_id NOT IN (17, 18))", "not_null(country, where: event_id = 4)", "unique(country, where: event_id IN (1, 5))");
        Assert.Contains("event_id=17", Named(result, "expression").Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("event_id=18", Named(result, "expression").Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("event_id=4", Named(result, "not_null").Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("country=DE (2 times)", Named(result, "unique").Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Forty_checks_are_one_statement_for_each_side()
    {
        await ShadowAsync();
        List<string> checks = ["accepted_values(country, DE, FR, US)", "range(amount, 0, 100)", "expression(user_id >= 0)", "null_fraction(country, 0.25)", "row_count(200)", "freshness(event_ts, 40000d)", "pattern(kind, 'i')", "distinct_count(kind, 2)"];
        for (var i = 0; checks.Count < 40; i++) checks.Add($"not_null(event_id, name: n{i}, where: event_id > {i})");
        var result = await TestAsync([.. checks]);
        Assert.True(result.Passed, string.Join(Environment.NewLine, result.Checks.Where(c => !c.Passed)));
        Assert.Equal(40, result.Checks.Count(c => c.Custom));
        var scans = result.Statements.Where(s => World.IsScan(s)).ToList();
        Assert.Single(scans, s => s.Contains("llevents_new", StringComparison.OrdinalIgnoreCase));
        Assert.Single(scans, s => !s.Contains("llevents_new", StringComparison.OrdinalIgnoreCase));
        // And no other one reads for the checks: the contract alone asks as many.
        Assert.Equal((await ProveAsync()).Statements.Count, result.Statements.Count);
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "not_null(contry)", "contry" },
        { "unique(event_id, nothing)", "nothing" },
        { "expression(user_id >=)", "expression(user_id >=)" },
        { "expression(nobody > 1)", "nobody" },
        { "not_null(country, where: 1 =)", "not_null(country)" },
        { "pattern(kind, '([a-z')", "pattern(kind)" },
        { "query_equal(SELECT nothing FROM {{ table }})", "nothing" },
        { "query_equal(SELECT twice FROM {{ table }})", "twice" },
        { "query_equal(SELECT * FROM {{ table }})", "columns" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_cannot_be_asked_is_refused_by_name_before_anything_is_read(string check, string named)
    {
        await ShadowAsync();
        var before = await World.EverythingAsync();
        var failure = await FailsAsync(ErrorCode.BadInput, () => TestAsync("not_null(event_id)", check));
        Assert.Contains(named, failure.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Check ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Check not_null(event_id)", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.DurableChangeMade);
        Assert.Equal(before, await World.EverythingAsync());
        Assert.Equal(SwapState.Built, (await LastSwapAsync()).State);
    }

    [Fact]
    public async Task Columns_and_tables_may_have_any_name()
    {
        await World.ExecuteAsync("CREATE TABLE \"order\" (\"a\"\"b\" integer, \"select\" varchar(10), \"Two Words\" varchar(10))");
        await World.ExecuteAsync("INSERT INTO \"order\" VALUES (1, 'x', 'y'), (1, NULL, 'z')");
        await BuildAsync(Declared.Nothing, table: "\"order\"");
        CheckDefinition[] checks =
        [
            new(CheckKind.NotNull) { Columns = ["select"] },
            new(CheckKind.Unique) { Columns = ["a\"b"] },
            new(CheckKind.Unique) { Columns = ["\"a\"\"b\"", "Two Words"] },
            new(CheckKind.AcceptedValues) { Columns = ["two words"], Values = ["y", "z", "it's \\"] },
            new(CheckKind.DistinctCount) { Columns = ["select"], Max = "1" },
            new(CheckKind.QueryEqual) { Sql = "SELECT \"a\"\"b\", \"select\" FROM {{ table }}" },
        ];
        var result = await RunAsync(await Operations.TestAsync(new TestRequest("\"order\"") { Checks = checks }, Token));
        Assert.Equal([false, false, true, true, true, true], result.Checks.Where(c => c.Custom).Select(c => c.Passed));
    }

    [Fact]
    public async Task An_empty_table_breaks_nothing_but_what_asks_for_rows()
    {
        await EventsTable.CreateAsync(World, 0);
        await BuildAsync(Declared.Twice);
        var result = await TestAsync("unique(kind)", "not_null(kind)", "accepted_values(kind, a)", "expression(1 = 0)", "range(amount, 5, 6)", "null_fraction(kind, 0)", "row_count(max: 0)", "row_count(min_ratio: 1, max_ratio: 1)",
            "distinct_count(kind, 0, 0)", "query_equal(SELECT count(*) FROM {{ table }})");
        Assert.True(result.Passed, string.Join(Environment.NewLine, result.Checks.Where(c => !c.Passed)));
        Assert.False((await TestAsync("row_count(1)")).Passed);
        Assert.False((await TestAsync("freshness(event_ts, 1d)")).Passed);
    }

    [Fact]
    public async Task A_row_on_which_a_check_cannot_be_computed_ends_the_test_with_the_check_s_name()
    {
        await ShadowAsync();
        var bad = World.FailsOn("user_id", "5");
        var failure = await Assert.ThrowsAsync<EtlException>(() => TestAsync("not_null(event_id)", $"expression({bad})"));
        Assert.Contains("Check expression(", failure.Message, StringComparison.Ordinal);
        Assert.Equal(SwapState.Built, (await LastSwapAsync()).State);
        await ProveAsync();
    }

    [Fact]
    public async Task Rows_that_the_feed_is_still_to_bring_over_are_left_aside()
    {
        Assert.SkipUnless(World.UsualFeed == Feeds.FeedKind.TriggerLog, "This engine reads the live table as it was instead.");
        await ShadowAsync();
        await World.ExecuteAsync("UPDATE allevents SET kind = 'other' WHERE event_id = 3");
        var result = await TestAsync("row_count(199, 199)", "query_equal(SELECT event_id, kind FROM {{ table }})", "accepted_values(kind, click, view)", "row_count(min_ratio: 1, max_ratio: 1)");
        Assert.True(result.Passed, string.Join(Environment.NewLine, result.Checks.Where(c => !c.Passed)));
        await SyncAsync();
        Assert.False((await TestAsync("accepted_values(kind, click, view)")).Passed);
    }

    [Fact]
    public async Task The_proof_keeps_what_was_checked_and_how_it_went()
    {
        await ShadowAsync();
        await TestAsync("not_null(country, severity: warn, where: event_id > 2)");
        var line = (await World.RowsAsync("SELECT * FROM \"etltableops_journal\"")).Single(l => l.Contains("Proven", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("warned not_null(country)", line, StringComparison.Ordinal);
        Assert.Contains("not_null(country, where: event_id \\u003E 2, severity: warn)", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_shows_what_the_checks_ask()
    {
        await ShadowAsync();
        var prepared = await Operations.TestAsync(new TestRequest("allevents") { Checks = [CheckFile.ReadOne("expression(user_id > 4711)"), CheckFile.ReadOne("unique(kind)")] }, Token);
        var statements = prepared.Plan.Steps.Single(s => s.Name == "compare").Statements;
        Assert.Contains(statements, s => s.Text.Contains("user_id > 4711", StringComparison.Ordinal));
        Assert.Contains(statements, s => s.Text.Contains("HAVING count(*) > 1", StringComparison.Ordinal));
    }

    private async Task ShadowAsync()
    {
        await EventsTable.CreateAsync(World, Rows);
        await BuildAsync(Declared.Twice);
    }

    private async Task<ShadowTestResult> TestAsync(params string[] checks) =>
        await RunAsync(await Operations.TestAsync(new TestRequest("allevents") { Checks = [.. checks.Select(CheckFile.ReadOne)] }, Token));

    private static ShadowCheck Named(ShadowTestResult result, string kind) => Assert.Single(result.Checks, c => c.Custom && c.Name.StartsWith(kind, StringComparison.Ordinal));

    private static ShadowCheck Only(ShadowTestResult result) => Assert.Single(result.Checks, c => c.Custom);
}
