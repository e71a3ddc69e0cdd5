using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using EtlTableOps.Behaviour;
using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Snowflake.Tests.Behaviour;
using EtlTableOps.Snowflake.Tests.Importing;
using EtlTableOps.Switching;

namespace EtlTableOps.Snowflake.Tests.Statements;

/// <summary>
/// The exact statements of every operation, a file for each, to be reviewed like code. They are the plan's, which another scenario holds to be those that are run. With
/// ETLTABLEOPS_WRITE_STATEMENTS=1 the files are written instead of compared.
/// </summary>
public sealed partial class StatementListTests : EngineScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        ((SnowflakeWorld)World).Model.Roles.Add("READER");
        await World.ExecuteAsync("CREATE TABLE countries (code varchar(2) NOT NULL PRIMARY KEY)");
        await EventsTable.CreateAsync(World, 20);
        await World.ExecuteAsync("ALTER TABLE allevents CLUSTER BY (event_ts)");
        await World.ExecuteAsync("COMMENT ON TABLE allevents IS 'what happened, and it''s dear'");
        await World.ExecuteAsync("GRANT SELECT ON TABLE allevents TO ROLE READER");
    }

    [Theory]
    [InlineData("build-nothing-declared")]
    [InlineData("build-where")]
    [InlineData("build-added-with-default")]
    [InlineData("build-dropped")]
    [InlineData("build-computed")]
    [InlineData("build-computed-where")]
    [InlineData("build-retyped")]
    [InlineData("build-query")]
    [InlineData("build-structure")]
    [InlineData("build-without-feed")]
    [InlineData("build-as-of")]
    [InlineData("build-as-of-computed")]
    [InlineData("build-as-of-with-feed")]
    public async Task A_build(string name)
    {
        if (name.Contains("as-of", StringComparison.Ordinal)) await World.ExecuteAsync("ALTER TABLE allevents SET CHANGE_TRACKING = TRUE");
        var moment = new PastMoment { Ago = TimeSpan.Zero };
        await SameAsync(name, Operations.NewShadowAsync(RequestOf(name, moment), Token));
    }

    private static NewShadowRequest RequestOf(string name, PastMoment moment) => new("allevents")
    {
        Feed = name.EndsWith("with-feed", StringComparison.Ordinal) ? FeedKind.ChangeTracking : name is "build-without-feed" or "build-as-of" or "build-as-of-computed" ? FeedKind.None : null,
        Change = name switch
        {
            "build-where" => new DeclaredChange { Where = "event_ts >= '2024-01-01' -- two years" },
            "build-added-with-default" => new() { Add = [new AddedColumn("source", "varchar(10) NOT NULL DEFAULT 'web'")] },
            "build-dropped" => new() { Drop = ["payload", "amount"] },
            "build-computed" => new() { Add = [new AddedColumn("band", "varchar", "IFF(amount >= 50, 'high', 'low')")], Set = [new SetColumn("country", "UPPER(country)")] },
            "build-computed-where" => new() { Set = [new SetColumn("country", "UPPER(country)")], Where = "event_id > 5" },
            "build-retyped" => new() { Alter = [new AlteredColumn("user_id", "varchar(20)")] },
            "build-query" => new() { Query = "SELECT event_id, event_ts, user_id, kind, 1 AS one FROM allevents" },
            "build-structure" => new() { StructureOnly = true },
            "build-as-of" or "build-as-of-with-feed" => new() { AsOf = moment },
            "build-as-of-computed" => new() { AsOf = moment with { Before = true }, Set = [new SetColumn("country", "UPPER(country)")] },
            _ => new(),
        },
    };

    [Fact]
    public async Task An_import_of_a_query()
    {
        await BuildAsync(Declared.Nothing);
        await SameAsync("import-query", Operations.ImportAsync(new ImportRequest("allevents") { Query = "SELECT event_id + 500 AS event_id, event_ts, user_id FROM allevents" }, Token));
    }

    [Theory]
    [InlineData("import-stage-json", "JSON", null)]
    [InlineData("import-stage-parquet", "parquet", null)]
    [InlineData("import-stage-csv-header", "CSV", null)]
    [InlineData("import-stage-csv-places", "CSV", "event_id,event_ts,user_id")]
    [InlineData("import-stage-named-format", "s1.lines", null)]
    public async Task An_import_from_a_stage(string name, string format, string? columns)
    {
        await World.ExecuteAsync("CREATE TABLE plain (event_id integer, event_ts timestamp, user_id integer, payload variant)");
        await World.ExecuteAsync("CREATE STAGE landing");
        await World.ExecuteAsync("CREATE FILE FORMAT lines TYPE = JSON");
        StagedFolder.Write(((SnowflakeWorld)World).Model, "LANDING", "2026/a", format.ToUpperInvariant() switch
        {
            "CSV" => "event_id,event_ts,user_id,payload\n1,2026-01-01 00:00:00,2,{}\n",
            "PARQUET" => "PAR1{\"event_id\":1,\"event_ts\":\"2026-01-01 00:00:00\",\"user_id\":2,\"payload\":{}}PAR1",
            _ => "{\"event_id\":1,\"event_ts\":\"2026-01-01 00:00:00\",\"user_id\":2,\"payload\":{}}",
        });
        await BuildAsync(Declared.Nothing, table: "plain");
        var files = new StagedFiles { Location = "@landing/2026/", Format = format, Columns = columns?.Split(','), Pattern = columns is null ? null : ".*[.]csv(.gz)?" };
        await SameAsync(name, Operations.ImportAsync(new ImportRequest("plain") { Staged = files }, Token));
    }

    [Fact]
    public async Task A_sync()
    {
        await BuildAsync(Declared.Twice with { Where = "event_id > 5" });
        await SameAsync("sync", Operations.SyncAsync(new SyncRequest("allevents"), Token));
    }

    [Fact]
    public async Task A_sync_without_a_key()
    {
        await World.ExecuteAsync("CREATE TABLE readings (sensor integer, value integer)");
        await BuildAsync(new DeclaredChange { Where = "value > 0" }, table: "readings");
        await SameAsync("sync-without-key", Operations.SyncAsync(new SyncRequest("readings"), Token));
    }

    [Fact]
    public async Task A_test()
    {
        await BuildAsync(Declared.Twice);
        await SameAsync("test", Operations.TestAsync(new TestRequest("allevents"), Token));
    }

    [Fact]
    public async Task A_test_with_checks()
    {
        await BuildAsync(Declared.Twice);
        string[] checks =
        [
            "not_null(event_id)", "not_null(country, where: event_id > 5)", "unique(country, where: kind = 'view')", "unique(kind, country, nulls_equal: true)", "accepted_values(country, DE, 'it''s \\')", "range(amount, -1, 100)",
            "pattern(kind, '^\\w+$')", "expression(amount >= 0 -- or nothing\n)", "relationships(country, countries, code)", "null_fraction(amount, 0.5)", "distinct_count(country, max: 10)", "freshness(event_ts, 9000d)", "row_count(1, min_ratio: 0.5)",
            "query_equal(SELECT kind, count(*) FROM {{ table }} GROUP BY kind)",
        ];
        await SameAsync("test-with-checks", Operations.TestAsync(new TestRequest("allevents") { Checks = [.. checks.Select(Checks.Custom.CheckFile.ReadOne)] }, Token));
    }

    [Fact]
    public async Task A_test_with_imported_rows()
    {
        await BuildAsync(Declared.Twice);
        await ImportAsync(new ImportRequest("allevents") { Query = "SELECT event_id + 500 AS event_id, event_ts, user_id FROM allevents" });
        await SameAsync("test-with-imports", Operations.TestAsync(new TestRequest("allevents"), Token));
    }

    [Fact]
    public async Task A_test_with_distributions()
    {
        await BuildAsync(Declared.Twice);
        await SameAsync("test-distribution", Operations.TestAsync(new TestRequest("allevents") { Distribution = new Checks.DistributionRequest { Columns = ["EVENT_TS", "AMOUNT", "KIND", "TWICE"] } }, Token));
    }

    [Fact]
    public async Task A_switch_and_an_undo()
    {
        await World.ExecuteAsync("CREATE TABLE notes (event_id integer, CONSTRAINT notes_of_events FOREIGN KEY (event_id) REFERENCES allevents (event_id))");
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        await SameAsync("switch", Operations.SwitchAsync(new SwitchRequest("allevents"), Token));
        await SwitchAsync();
        await SameAsync("undo", Operations.UndoAsync(new UndoRequest("allevents"), Token));
        await SameAsync("versions-remove", Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
    }

    [Fact]
    public async Task A_switch_that_makes_dependents_anew()
    {
        await World.ExecuteAsync("CREATE STREAM of_events ON TABLE allevents APPEND_ONLY = TRUE COMMENT = 'for the lake'");
        await World.ExecuteAsync("CREATE MATERIALIZED VIEW by_country AS SELECT country, user_id FROM allevents");
        await BuildAsync(new DeclaredChange { Where = "event_id > 5" });
        await ProveAsync();
        await SameAsync("switch-recreate", Operations.SwitchAsync(new SwitchRequest("allevents") { Choices = DependentChoices.RecreateStreams | DependentChoices.RecreateMaterializedViews }, Token));
    }

    [Fact]
    public async Task A_switch_that_makes_pipes_and_dynamic_tables_anew()
    {
        await World.ExecuteAsync("CREATE STAGE landing");
        await World.ExecuteAsync("CREATE PIPE running AUTO_INGEST = TRUE COMMENT = 'from the lake' AS COPY INTO allevents FROM @landing FILE_FORMAT = (TYPE = JSON)");
        await World.ExecuteAsync("CREATE PIPE resting AS COPY INTO allevents FROM @landing FILE_FORMAT = (TYPE = JSON)");
        await World.ExecuteAsync("ALTER PIPE resting SET PIPE_EXECUTION_PAUSED = TRUE");
        await World.ExecuteAsync("GRANT MONITOR ON PIPE running TO ROLE READER");
        await World.ExecuteAsync("CREATE DYNAMIC TABLE per_country TARGET_LAG = '1 hour' WAREHOUSE = WH AS SELECT country, COUNT(*) AS n FROM allevents GROUP BY country");
        await World.ExecuteAsync("GRANT SELECT ON DYNAMIC TABLE per_country TO ROLE READER");
        await World.ExecuteAsync("ALTER DYNAMIC TABLE per_country SUSPEND");
        await BuildAsync(new DeclaredChange { Where = "event_id > 5" });
        await ProveAsync();
        await SameAsync("switch-remake", Operations.SwitchAsync(new SwitchRequest("allevents") { Choices = DependentChoices.RecreatePipes | DependentChoices.RecreateDynamicTables }, Token));
    }

    [Fact]
    public async Task A_switch_that_overwrites_and_its_undo()
    {
        await World.ExecuteAsync("CREATE STREAM of_events ON TABLE allevents");
        await BuildAsync(Declared.Twice, r => r with { Method = ExchangeMethod.Overwrite });
        await ProveAsync();
        await SameAsync("switch-overwrite", Operations.SwitchAsync(new SwitchRequest("allevents"), Token));
        await SwitchAsync();
        await SameAsync("undo-overwrite", Operations.UndoAsync(new UndoRequest("allevents"), Token));
    }

    [Fact]
    public async Task A_switch_that_overwrites_a_table_without_a_key()
    {
        await World.ExecuteAsync("CREATE TABLE readings (sensor integer, value integer)");
        await BuildAsync(new DeclaredChange { Where = "value > 0" }, r => r with { Method = ExchangeMethod.Overwrite }, table: "readings");
        await ProveAsync("readings");
        await SameAsync("switch-overwrite-without-key", Operations.SwitchAsync(new SwitchRequest("readings"), Token));
    }

    [Fact]
    public async Task Giving_a_shadow_up()
    {
        await BuildAsync(Declared.Twice);
        await SameAsync("shadow-remove", Operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), Token));
    }

    [Theory]
    [InlineData("compare")]
    [InlineData("compare-tolerance")]
    [InlineData("compare-as-text")]
    public async Task A_comparison(string name)
    {
        var amount = name == "compare-as-text" ? "float" : "numeric(10,2)";
        await World.ExecuteAsync($"CREATE TABLE copied (event_id integer NOT NULL PRIMARY KEY, event_ts timestamp, amount {amount}, payload varchar, country varchar(2))");
        await World.ExecuteAsync("INSERT INTO copied SELECT event_id, event_ts, amount, payload, country FROM allevents");
        await World.ExecuteAsync("UPDATE copied SET amount = 70 WHERE event_id = 7");
        Told.Clear();
        var found = await Operations.CompareAsync(new CompareRequest("allevents", "copied") { Where = "event_id < 15", Tolerances = name == "compare-tolerance" ? [Checks.Tolerance.Parse("AMOUNT=0.01")] : [] }, Token);
        Assert.Equal("7", Assert.Single(found.Rows).Key[0].Value);
        // Both sides run at once: in which order they are told is chance.
        var text = string.Concat(Told.Statements.Order(StringComparer.Ordinal).Select(s => s.ReplaceLineEndings("\n") + ";\n"));
        await SameTextAsync(name, Moment().Replace(text, "TO_TIMESTAMP_LTZ(1700000000000000000, 9)"));
    }

    private static async Task SameAsync<T>(string name, Task<PreparedOperation<T>> preparing)
    {
        var plan = (await preparing).Plan;
        var text = new StringBuilder();
        foreach (var step in plan.Steps)
        {
            text.Append("-- ").Append(step.Name).Append(": ").Append(step.Title).Append('\n');
            foreach (var sql in step.Statements.SelectMany(s => s.All)) text.Append(sql.Text.ReplaceLineEndings("\n")).Append(";\n");
        }
        var found = Stamp().Replace(Id().Replace(text.ToString(), "20261121T000000Z-00000000"), "_OLD_20261121T000000Z");
        found = Nanoseconds().Replace(found, "1700000000000000000");
        found = Tail().Replace(found, "$1_00000000");
        await SameTextAsync(name, found);
    }

    private static async Task SameTextAsync(string name, string found)
    {
        var file = Path.Combine(Folder(), name + ".sql");
        if (Environment.GetEnvironmentVariable("ETLTABLEOPS_WRITE_STATEMENTS") == "1") await File.WriteAllTextAsync(file, found, Token);
        Assert.Equal((await File.ReadAllTextAsync(file, Token)).ReplaceLineEndings("\n"), found);
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    [GeneratedRegex("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")]
    private static partial Regex Id();

    [GeneratedRegex("_OLD_[0-9]{8}T[0-9]{6}Z(_[0-9A-F]{8})?")]
    private static partial Regex Stamp();

    [GeneratedRegex("\\b1[0-9]{18}\\b")]
    private static partial Regex Nanoseconds();

    [GeneratedRegex(@"TO_TIMESTAMP_LTZ\([0-9]+, 9\)")]
    private static partial Regex Moment();

    [GeneratedRegex("(etltableops_[a-z]+)_[0-9a-f]{8}")]
    private static partial Regex Tail();
}
