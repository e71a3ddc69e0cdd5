using System.Globalization;
using System.Text.Json;
using EtlTableOps.Composition;
using EtlTableOps.Engines;

namespace EtlTableOps.Cli.Tests;

/// <summary>What every command does on a real database, by exit code, text and JSON; each engine inherits it.</summary>
public abstract partial class CommandScenarios : IAsyncLifetime
{
    private const int Rows = 300;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("etl-table-ops-cli-");

    /// <summary>What a user types behind <c>--connection</c>.</summary>
    protected abstract string Connection { get; }

    /// <summary>A folder for this test's files.</summary>
    protected string Folder => folder.FullName;

    /// <summary>Makes the empty database; skips the test when the engine is not there.</summary>
    protected abstract ValueTask StartAsync();

    /// <summary>Everything that is in the database, so that two states compare as equal text.</summary>
    protected abstract Task<string> StateAsync();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        await ExecuteAsync("CREATE TABLE allevents (event_id integer NOT NULL PRIMARY KEY, kind text NOT NULL, amount numeric(10,2), note text)");
        await ExecuteAsync("CREATE INDEX allevents_kind ON allevents (kind)");
        await ExecuteAsync("CREATE VIEW small_events AS SELECT event_id, kind FROM allevents WHERE amount < 100");
        var rows = Enumerable.Range(1, Rows).Select(i => string.Create(CultureInfo.InvariantCulture, $"({i}, 'kind {i % 3}', {i}.50, NULL)"));
        await ExecuteAsync("INSERT INTO allevents VALUES " + string.Join(", ", rows));
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_whole_job_runs_from_a_shell_and_goes_back()
    {
        var built = (await RunAsync("new-shadow", "allevents", "--add-column", "band text = CASE WHEN amount < 100 THEN 'small' ELSE 'large' END", "--where", "event_id > 100")).Exits(0);
        Assert.Contains("allevents_new is built: 200 rows", built.Out, StringComparison.Ordinal);
        Assert.Contains("etl-table-ops test", built.Out, StringComparison.Ordinal);

        var file = Path.Combine(Folder, "more.csv");
        await File.WriteAllTextAsync(file, "band,event_id,kind\nsmall,1001,imported\nlarge,1002,\"a, b\"\n");
        (await RunAsync("import", "allevents", "--file", file)).Exits(0);
        (await RunWithInputAsync("{\"event_id\": 1003, \"kind\": \"piped\"}\n", "import", "allevents", "--file", "-", "--format", "jsonl")).Exits(0);

        await ExecuteAsync("UPDATE allevents SET note = 'written meanwhile' WHERE event_id = 150");
        var synced = (await RunAsync("sync", "allevents", "--json")).Exits(0).Json;
        Assert.Equal(1, synced.GetProperty("rowsDone").GetInt64());

        var tested = (await RunAsync("test", "allevents", "--json")).Exits(0).Json;
        Assert.True(tested.GetProperty("passed").GetBoolean());
        Assert.Equal(203, tested.GetProperty("rows").GetInt64());

        var switched = (await RunAsync("switch", "allevents")).Exits(0);
        Assert.Contains("is live now", switched.Out, StringComparison.Ordinal);
        Assert.Equal(203, await NumberAsync("SELECT count(*) FROM allevents"));
        Assert.Equal(1, await NumberAsync("SELECT count(*) FROM allevents WHERE band = 'large' AND note = 'written meanwhile'"));

        var undone = (await RunAsync("undo", "allevents", "--json")).Exits(0).Json;
        Assert.Equal("Undo", undone.GetProperty("operation").GetString());
        Assert.Equal(Rows, await NumberAsync("SELECT count(*) FROM allevents"));
    }

    [Fact]
    public async Task A_column_feeds_from_a_shell_and_a_sync_gives_way_to_a_load()
    {
        if (!Connection.StartsWith("snowflake", StringComparison.Ordinal))
        {
            await ExecuteAsync("CREATE TABLE visits (visit_id integer NOT NULL PRIMARY KEY, seen timestamp NOT NULL)");
            await ExecuteAsync("INSERT INTO visits VALUES (1, '2026-01-01 00:00:00'), (2, '2026-01-02 00:00:00')");
            (await RunAsync("new-shadow", "visits", "--feed", "column")).Exits(64);
            (await RunAsync("new-shadow", "visits", "--feed", "column", "--feed-column", "nowhere")).Exits(1);
            var built = (await RunAsync("new-shadow", "visits", "--feed", "column", "--feed-column", "seen", "--feed-overlap", "5s", "--json")).Exits(0).Json;
            Assert.Equal("Column", built.GetProperty("feed").GetString());
            await ExecuteAsync("INSERT INTO visits VALUES (3, '2026-01-03 00:00:00')");
            await ExecuteAsync("DELETE FROM visits WHERE visit_id = 1");
            var synced = (await RunAsync("sync", "visits", "--max-load", "10", "--load-query", "SELECT count(*) FROM visits", "--json")).Exits(0).Json;
            Assert.Equal(0, synced.GetProperty("lag").GetInt64());
            Assert.True(synced.GetProperty("lagTimeSeconds").GetDouble() >= 5);
            var refuted = (await RunAsync("test", "visits")).Exits(2);
            Assert.Contains("1 extra", refuted.Out, StringComparison.Ordinal);
            await ExecuteAsync("INSERT INTO visits VALUES (1, '2026-01-03 00:00:00')");
            (await RunAsync("test", "visits")).Exits(0);
            (await RunAsync("switch", "visits")).Exits(0);
        }
        (await RunAsync("new-shadow", "allevents")).Exits(0);
        await ExecuteAsync("UPDATE allevents SET note = 'written meanwhile' WHERE event_id = 150");
        (await RunAsync("sync", "allevents", "--max-load", "10")).Exits(64);
        var wrong = (await RunAsync("sync", "allevents", "--max-load", "10", "--load-query", "SELECT 'x'", "--json")).Exits(64).Json;
        Assert.Equal("BadInput", wrong.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_program_finds_one_json_object_on_the_last_line_and_nothing_else_on_the_output()
    {
        var run = (await RunAsync("new-shadow", "allevents", "--add-column", "band text", "--json", "--verbose")).Exits(0);
        Assert.Single(run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(run.Json.GetProperty("ok").GetBoolean());
        Assert.Equal("new-shadow", run.Json.GetProperty("command").GetString());
        Assert.Equal(0, run.Json.GetProperty("exitCode").GetInt32());
        Assert.Equal("Built", run.Json.GetProperty("state").GetString());
        Assert.Equal(Rows, run.Json.GetProperty("rows").GetInt64());
        Assert.True(run.Json.GetProperty("elapsedSeconds").GetDouble() > 0);
        Assert.False(run.Json.TryGetProperty("connection", out _));
        Assert.Contains("INSERT INTO", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_switch_without_a_proof_is_refused_with_2_and_changes_nothing()
    {
        (await RunAsync("new-shadow", "allevents", "--drop-column", "note")).Exits(0);
        var run = (await RunAsync("switch", "allevents", "--json")).Exits(2);
        var error = run.Json.GetProperty("error");
        Assert.Equal("NotProven", error.GetProperty("code").GetString());
        Assert.False(error.GetProperty("durableChangeMade").GetBoolean());
        Assert.False(error.GetProperty("ownershipUnknown").GetBoolean());
        Assert.Contains("test", error.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, await NumberAsync("SELECT count(*) FROM allevents WHERE note IS NULL AND event_id = 1"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_refuted_shadow_ends_with_2_and_the_check_by_name()
    {
        (await RunAsync("new-shadow", "allevents")).Exits(0);
        await ExecuteAsync("UPDATE allevents_new SET kind = 'tampered' WHERE event_id = 7");
        var run = (await RunAsync("test", "allevents")).Exits(2);
        Assert.Contains("refuted", run.Out, StringComparison.Ordinal);
        Assert.Contains("FAILED", run.Out, StringComparison.Ordinal);
        (await RunAsync("switch", "allevents")).Exits(2);
    }

    [Fact]
    public async Task A_test_is_reported_in_every_form_also_when_it_failed()
    {
        (await RunAsync("new-shadow", "allevents", "--set-column", "kind = 'bought'")).Exits(0);
        string[] files = [.. new[] { "html", "xml", "md", "json" }.Select(e => Path.Combine(Folder, "report." + e))];
        string[] reports = [.. files.SelectMany(f => new[] { "--report", f })];
        var run = (await RunAsync(["test", "allevents", "--distribution", .. reports])).Exits(0);
        Assert.Contains("alarm", run.Out, StringComparison.Ordinal);
        Assert.Contains("<strong>Passed</strong>", await File.ReadAllTextAsync(files[0]), StringComparison.Ordinal);
        Assert.Contains("failures=\"0\"", await File.ReadAllTextAsync(files[1]), StringComparison.Ordinal);
        Assert.Contains("| kind |", await File.ReadAllTextAsync(files[2]), StringComparison.Ordinal);
        Assert.Contains("\"passed\": true", await File.ReadAllTextAsync(files[3]), StringComparison.Ordinal);

        await ExecuteAsync("UPDATE allevents_new SET kind = 'tampered' WHERE event_id = 7");
        var refuted = (await RunAsync(["test", "allevents", "--distribution-column", "KIND", "--distribution-rows", "0", "--json", .. reports])).Exits(2).Json;
        Assert.Equal(1, refuted.GetProperty("distributions").GetArrayLength());
        Assert.Contains("<strong>Failed</strong>", await File.ReadAllTextAsync(files[0]), StringComparison.Ordinal);
        Assert.DoesNotContain("failures=\"0\"", await File.ReadAllTextAsync(files[1]), StringComparison.Ordinal);
        Assert.DoesNotContain("assword", string.Concat(files.Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_comparison_is_reported_too()
    {
        await ExecuteAsync("CREATE TABLE other AS SELECT * FROM allevents");
        await ExecuteAsync("UPDATE other SET kind = 'clicked' WHERE event_id = 7");
        var (page, tests) = (Path.Combine(Folder, "compared.html"), Path.Combine(Folder, "compared.xml"));
        (await RunAsync("compare", "allevents", "other", "--key", "event_id", "--report", page, "--report", tests)).Exits(2);
        Assert.Contains("differs from", await File.ReadAllTextAsync(page), StringComparison.Ordinal);
        Assert.Contains("<ins>", await File.ReadAllTextAsync(page), StringComparison.Ordinal);
        Assert.Contains("failures=\"1\"", await File.ReadAllTextAsync(tests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checks_of_one_s_own_come_as_options_and_from_files()
    {
        (await RunAsync("new-shadow", "allevents")).Exits(0);
        var run = (await RunAsync("test", "allevents", "--check", "not_null(event_id)", "--check", "not_null(note, severity: warn, where: event_id < 0)", "--check", "accepted_values(kind, 'nothing, at all', severity: warn)", "--json")).Exits(0).Json;
        var own = run.GetProperty("checks").EnumerateArray().Where(c => c.GetProperty("custom").GetBoolean()).ToList();
        Assert.Equal([false, false, true], own.Select(c => c.GetProperty("warned").GetBoolean()));

        var project = Path.Combine(Folder, "project");
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(project, "models", "marts")).FullName, "schema.yml");
        await File.WriteAllTextAsync(Path.Combine(project, "dbt_project.yml"), "name: shop\nmodels: {}\n");
        await File.WriteAllTextAsync(Path.Combine(project, "packages.yml"), "packages: []\n");
        await File.WriteAllTextAsync(Path.Combine(project, "models", "remarks.yml"), "# nothing yet\n");
        await File.WriteAllTextAsync(file, "models:\n  - name: fct_events\n    columns:\n      - name: event_id\n        tests: [unique, not_null, {my_own: {a: 1}}]\n    tests:\n      - dbt_utils.expression_is_true: {expression: event_id <> 7}\n");
        var failed = (await RunAsync("test", "allevents", "--check-file", project, "--model", "fct_events")).Exits(2);
        Assert.Contains("schema.yml:7", failed.Out, StringComparison.Ordinal);
        Assert.Contains("warning", failed.Out, StringComparison.Ordinal);
        Assert.Contains("my_own(event_id)", failed.Out, StringComparison.Ordinal);
        (await RunAsync("switch", "allevents")).Exits(2);

        var missing = (await RunAsync("test", "allevents", "--check-file", file, "--json")).Exits(64).Json.GetProperty("error").GetProperty("message").GetString();
        Assert.Contains("--model", missing, StringComparison.Ordinal);
        (await RunAsync("test", "allevents", "--check", "nonsense(a)")).Exits(64);
        (await RunAsync("test", "allevents", "--check", "not_null(nobody)")).Exits(64);
        await File.WriteAllTextAsync(file, "checks:\n  - name: allevents\n    tests: [uniqe: event_id]\n");
        Assert.Contains("schema.yml, line 3, column 13", (await RunAsync("test", "allevents", "--check-file", file)).Exits(64).Error, StringComparison.Ordinal);
        await ShowsAsync("event_id > 4711", "test", "allevents", "--check", "expression(event_id > 4711)");
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task An_undo_keeps_later_rows_and_refuses_those_that_do_not_fit_unless_forced()
    {
        await ReplaceAsync();
        await ExecuteAsync("INSERT INTO allevents (event_id, kind) VALUES (2001, 'later'), (2002, 'later')");
        Assert.Equal(2, (await RunAsync("undo", "allevents", "--json")).Exits(0).Json.GetProperty("rowsKept").GetInt64());
        Assert.Equal(2, await NumberAsync("SELECT count(*) FROM allevents WHERE kind = 'later'"));

        (await RunAsync("new-shadow", "allevents", "--set-column", "kind = upper(kind)")).Exits(0);
        (await RunAsync("test", "allevents")).Exits(0);
        (await RunAsync("switch", "allevents")).Exits(0);
        await ExecuteAsync("INSERT INTO allevents (event_id, kind) VALUES (2003, 'LATEST')");
        var refused = (await RunAsync("undo", "allevents", "--json")).Exits(2);
        Assert.StartsWith("1 rows were written", refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, await NumberAsync("SELECT count(*) FROM allevents WHERE kind = 'LATEST'"));

        var forced = (await RunAsync("undo", "allevents", "--force", "--json")).Exits(0).Json;
        Assert.Equal(1, forced.GetProperty("rowsLeftBehind").GetInt64());
        Assert.Equal(0, await NumberAsync("SELECT count(*) FROM allevents WHERE kind = 'LATEST'"));
        Assert.Equal(1, await NumberAsync($"SELECT count(*) FROM {forced.GetProperty("leftBehindIn").GetString()} WHERE kind = 'LATEST'"));
    }

    [Fact]
    public async Task A_retried_switch_of_the_same_swap_is_done_already_and_exits_with_0()
    {
        var id = (await RunAsync("new-shadow", "allevents", "--json")).Exits(0).Json.GetProperty("swapId").GetString()!;
        (await RunAsync("test", "allevents")).Exits(0);
        (await RunAsync("switch", "allevents", "--swap-id", id)).Exits(0);
        var state = await NumberAsync("SELECT count(*) FROM etltableops_journal");
        var again = (await RunAsync("switch", "allevents", "--swap-id", id, "--json")).Exits(0).Json;
        Assert.Equal(id, again.GetProperty("swapId").GetString());
        Assert.Equal(state, await NumberAsync("SELECT count(*) FROM etltableops_journal"));
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task What_if_shows_statements_and_writes_nothing()
    {
        var before = await StateAsync();
        await ShowsAsync("INSERT INTO", "new-shadow", "allevents", "--add-column", "band text = kind");
        Assert.Equal(before, await StateAsync());

        (await RunAsync("new-shadow", "allevents")).Exits(0);
        var file = Path.Combine(Folder, "more.csv");
        await File.WriteAllTextAsync(file, "event_id,kind\n1001,imported\n");
        before = await StateAsync();
        await ShowsAsync("--", "import", "allevents", "--file", file);
        await ShowsAsync("--", "sync", "allevents");
        await ShowsAsync("SELECT", "test", "allevents");
        await ShowsAsync("DROP TABLE", "remove-shadow", "allevents");
        await ShowsAsync("--", "repair");
        Assert.Equal(before, await StateAsync());

        (await RunAsync("test", "allevents")).Exits(0);
        before = await StateAsync();
        await ShowsAsync("RENAME", "switch", "allevents");
        Assert.Equal(before, await StateAsync());

        (await RunAsync("switch", "allevents")).Exits(0);
        before = await StateAsync();
        await ShowsAsync("RENAME", "undo", "allevents");
        await ShowsAsync("DROP TABLE", "versions", "allevents", "--remove", "--keep", "0");
        var json = (await RunAsync("undo", "allevents", "--what-if", "--json")).Exits(0).Json;
        Assert.True(json.GetProperty("whatIf").GetBoolean());
        Assert.NotEqual(0, json.GetProperty("steps")[0].GetProperty("statements").GetArrayLength());
        Assert.Equal(before, await StateAsync());
    }

    [Fact]
    public async Task The_journal_and_the_versions_are_listed_and_versions_are_dropped()
    {
        await ReplaceAsync();
        await ReplaceAsync();
        var history = (await RunAsync("history", "allevents", "--json")).Exits(0).Json.GetProperty("swaps");
        Assert.Equal(["Switched", "Switched"], history.EnumerateArray().Select(s => s.GetProperty("state").GetString()));
        var newest = history[0].GetProperty("swapId").GetString()!;
        Assert.Contains(newest, (await RunAsync("history")).Exits(0).Out, StringComparison.Ordinal);
        Assert.Contains("RENAME", (await RunAsync("history", "--id", newest, "--statements")).Exits(0).Out, StringComparison.Ordinal);

        var versions = (await RunAsync("versions", "allevents", "--json")).Exits(0).Json.GetProperty("versions");
        Assert.Equal(2, versions.GetArrayLength());
        var removed = (await RunAsync("versions", "allevents", "--remove", "--keep", "1", "--json")).Exits(0).Json.GetProperty("versions");
        Assert.Equal([true], removed.EnumerateArray().Select(v => v.GetProperty("removed").GetBoolean()));
        Assert.Equal(1, (await RunAsync("versions", "allevents", "--json")).Json.GetProperty("versions").GetArrayLength());
    }

    [Fact]
    public async Task A_shadow_is_abandoned_and_nothing_was_left_to_repair()
    {
        (await RunAsync("new-shadow", "allevents")).Exits(0);
        var refused = (await RunAsync("new-shadow", "allevents")).Exits(1);
        Assert.Contains("ShadowExists", refused.Error, StringComparison.Ordinal);
        (await RunAsync("new-shadow", "allevents", "--force")).Exits(0);
        Assert.Contains("abandoned", (await RunAsync("remove-shadow", "allevents")).Exits(0).Out, StringComparison.Ordinal);
        Assert.Contains("nothing to repair", (await RunAsync("repair")).Exits(0).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_row_is_named_by_file_line_column_and_value_and_leaves_nothing()
    {
        (await RunAsync("new-shadow", "allevents")).Exits(0);
        var file = Path.Combine(Folder, "bad.csv");
        await File.WriteAllTextAsync(file, "event_id,kind,amount\n1001,fine,1.5\n1002,bad,twelve\n");
        var run = (await RunAsync("import", "allevents", "--file", file)).Exits(1);
        foreach (var part in (string[])["bad.csv", "line 3", "amount", "twelve", "Nothing was changed."]) Assert.Contains(part, run.Error, StringComparison.Ordinal);
        Assert.Equal(Rows, await NumberAsync("SELECT count(*) FROM allevents_new"));
    }

    [Theory]
    [InlineData("no_such_table", "TableNotFound", "sync")]
    [InlineData("allevents", "NoShadow", "sync")]
    [InlineData("allevents", "NoShadow", "test")]
    [InlineData("allevents", "NoShadow", "switch")]
    [InlineData("allevents", "NoVersion", "undo")]
    [InlineData("small_events", "NotATable", "new-shadow")]
    [InlineData("no_such_table", "TableNotFound", "new-shadow")]
    [InlineData("allevents", "ColumnNotFound", "new-shadow", "--drop-column", "no_such_column")]
    [InlineData("allevents", "ColumnExists", "new-shadow", "--add-column", "kind text")]
    public async Task What_cannot_be_done_is_told_with_code_and_remedy_and_changes_nothing(string table, string code, string command, params string[] options)
    {
        var before = await StateAsync();
        var run = (await RunAsync([command, table, .. options, "--json"])).Exits(1);
        var error = run.Json.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("remedy").GetString()!);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync());
    }

    [Theory]
    [InlineData("--where", "no_such_function(amount) > 1")]
    [InlineData("--add-column", "band text = no_such_column || 'x'")]
    [InlineData("--query", "SELECT no_such_column FROM allevents")]
    public async Task Sql_that_the_database_does_not_accept_is_a_usage_error_that_tells_what_it_said(string option, string sql)
    {
        var before = await StateAsync();
        var run = (await RunAsync("new-shadow", "allevents", option, sql)).Exits(64);
        Assert.Contains("no_such_", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync());
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [Trait("Promise", "6")]
    public async Task A_signal_ends_a_build_with_130_and_the_live_table_stays(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill, which Windows has not");
        // Some hundred million rows to count: it never ends by itself in the time of a test.
        const string Endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT i AS event_id, 'x' AS kind, 1 AS amount FROM n";
        using var process = Tool.Start(["new-shadow", "allevents", "--query", Endless, "--feed", "none", "--connection", Connection, "--json", "--verbose"]);
        await WaitForAsync(async () => await NumberAsync(JournalRowsOrZero) > 0, process);
        await Task.Delay(500);
        using (var kill = System.Diagnostics.Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var run = (await Tool.EndAsync(process)).Exits(130);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"it took {watch.Elapsed} to stop");
        Assert.Equal("Cancelled", run.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(Rows, await NumberAsync("SELECT count(*) FROM allevents"));
        (await RunAsync("repair")).Exits(0);
        Assert.Contains("NoShadow", (await RunAsync("test", "allevents")).Exits(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_connection_comes_from_the_environment_too()
    {
        var variables = new Dictionary<string, string> { ["ETLTABLEOPS_CONNECTION"] = Connection };
        var run = (await Tool.RunAsync(["versions"], variables, null)).Exits(0);
        Assert.Contains("No version is kept", run.Out, StringComparison.Ordinal);
    }

    /// <summary>Counts the journal's rows; 0 while there is no journal.</summary>
    protected abstract string JournalRowsOrZero { get; }

    /// <summary>Runs a command on this database.</summary>
    protected Task<ToolRun> RunAsync(params string[] arguments) => Tool.RunAsync([.. arguments, "--connection", Connection]);

    /// <summary>Runs SQL on the side.</summary>
    protected async Task ExecuteAsync(string sql)
    {
        await using var session = await OpenAsync();
        await session.ExecuteAsync(new Sql(sql), TestContext.Current.CancellationToken);
    }

    /// <summary>Reads rows on the side, each as one line.</summary>
    protected async Task<IReadOnlyList<string>> LinesAsync(string sql)
    {
        await using var session = await OpenAsync();
        return await session.QueryAsync(new Sql(sql), r => string.Join('|', Enumerable.Range(0, r.FieldCount).Select(i => r.IsDBNull(i) ? "null" : Convert.ToString(r.GetValue(i), CultureInfo.InvariantCulture))), TestContext.Current.CancellationToken);
    }

    private async Task<long> NumberAsync(string sql) => long.Parse((await LinesAsync(sql))[0], CultureInfo.InvariantCulture);

    private Task<ToolRun> RunWithInputAsync(string input, params string[] arguments) => Tool.RunAsync([.. arguments, "--connection", Connection], null, input);

    private async Task ShowsAsync(string part, params string[] arguments)
    {
        var run = (await RunAsync([.. arguments, "--what-if"])).Exits(0);
        Assert.Contains(part, run.Out, StringComparison.Ordinal);
        Assert.EndsWith("-- Nothing was run and nothing was changed.", run.Out.TrimEnd(), StringComparison.Ordinal);
    }

    private async Task ReplaceAsync()
    {
        (await RunAsync("new-shadow", "allevents")).Exits(0);
        (await RunAsync("test", "allevents")).Exits(0);
        (await RunAsync("switch", "allevents")).Exits(0);
    }

    private async Task<IEngineSession> OpenAsync()
    {
        var database = await EngineList.ConnectAsync(Connection, null, null, null, TestContext.Current.CancellationToken);
        return await database.OpenSessionAsync(TestContext.Current.CancellationToken);
    }

    private static async Task WaitForAsync(Func<Task<bool>> seen, System.Diagnostics.Process process)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await seen()) return;
            if (process.HasExited) Assert.Fail("it ended before it was stopped: " + await process.StandardError.ReadToEndAsync() + await process.StandardOutput.ReadToEndAsync());
            await Task.Delay(100);
        }
        Assert.Fail("the build did not begin within 30 seconds");
    }
}
