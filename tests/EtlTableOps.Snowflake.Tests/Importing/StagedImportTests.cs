using EtlTableOps.Behaviour;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Journal;
using EtlTableOps.Snowflake.Testing;
using EtlTableOps.Snowflake.Tests.Behaviour;

namespace EtlTableOps.Snowflake.Tests.Importing;

/// <summary>Files that the database reads by itself: of a stage, and Parquet from here through a temporary one. All of an import or nothing, and proven like any other.</summary>
public sealed class StagedImportTests : EngineScenarios
{
    private SnowflakeModel Model => ((SnowflakeWorld)World).Model;

    protected override EngineWorld NewWorld() => new SnowflakeWorld();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await EventsTable.CreateAsync(World, 100);
        await World.ExecuteAsync("CREATE STAGE landing");
        await BuildAsync(Declared.Twice);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Json_of_a_stage_is_added_by_names_and_defaults_fill_in()
    {
        Stage("2026/a.json", """[{"event_id":1001,"event_ts":"2026-01-02 03:04:05","user_id":7,"amount":12.5},{"event_id":1002,"event_ts":"2026-01-02 03:04:05","user_id":8,"payload":"it's"}]""");
        Stage("2026/b.json", """{"event_id":1003,"event_ts":"2026-01-02 03:04:05","user_id":9}""");
        Stage("other/c.json", """{"event_id":1004}""");
        var result = await FromAsync("@landing/2026/", "json");
        Assert.Equal((3L, 103L, 3L, SwapState.Built), (result.RowsDone, result.Rows, result.RowsImported, result.State));
        Assert.Equal(103, (await ProveAsync()).Rows);
        await SwitchAsync();
        Assert.Equal(3, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id > 1000 AND kind = 'click' AND twice IS NULL"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 1001 AND amount = 12.5 AND payload IS NULL"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 1002 AND payload = 'it''s'"));
    }

    [Fact]
    public async Task Parquet_from_here_goes_up_as_it_is()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.parquet");
        await File.WriteAllTextAsync(file, """PAR1{"event_id":1001,"event_ts":"2026-01-02 03:04:05","user_id":7}PAR1""", Token);
        try
        {
            var result = await ImportAsync(new ImportRequest("allevents") { Staged = new StagedFiles { LocalFile = file, Format = "PARQUET" } });
            Assert.Equal(1, result.RowsDone);
            await ProveAsync();
            Assert.Contains(Model.History, q => q.Text.StartsWith("PUT ", StringComparison.Ordinal) && q.Text.Contains("SOURCE_COMPRESSION = NONE AUTO_COMPRESS = FALSE", StringComparison.Ordinal));
            Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE event_id = 1001 AND kind = 'click'"));
            await FailsAsync(ErrorCode.BadInput, () => ImportAsync(new ImportRequest("allevents") { Staged = new StagedFiles { LocalFile = file + ".gone", Format = "PARQUET" } }));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_parquet_file_with_a_column_too_many_leaves_nothing()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.parquet");
        await File.WriteAllTextAsync(file, """PAR1{"event_id":1001,"event_ts":"2026-01-02 03:04:05","user_id":7,"extra":1}PAR1""", Token);
        try
        {
            var failure = await FailsAsync(ErrorCode.BadInput, () => ImportAsync(new ImportRequest("allevents") { Staged = new StagedFiles { LocalFile = file, Format = "PARQUET" } }));
            Assert.Contains("'extra'", failure.Message, StringComparison.Ordinal);
            Assert.Equal(100, (await ProveAsync()).Rows);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Separated_files_go_by_their_header_or_by_the_columns_that_were_named()
    {
        Stage("named.csv", "EVENT_ID,payload,event_ts,user_id,kind,country,amount,twice\n1001,\"a, \"\"b\"\"\",2026-01-02 03:04:05,7,view,DE,1.5,14\n");
        Assert.Equal(1, (await FromAsync("@landing/named.csv", "CSV")).RowsDone);
        Stage("places.csv", "1002,2026-01-02 03:04:05,8\n1003,2026-01-02 03:04:05,9\n");
        Stage("places.txt", "no rows of ours");
        Assert.Equal(2, (await FromAsync("@landing/places", "CSV", "event_id,event_ts,user_id", ".*[.]csv")).RowsDone);
        await ProveAsync();
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE event_id = 1001 AND payload = 'a, \"b\"' AND twice = 14"));
        Assert.Equal(2, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE event_id IN (1002, 1003) AND kind = 'click'"));
    }

    [Fact]
    public async Task A_header_without_a_column_that_has_a_default_is_refused()
    {
        Stage("few.csv", "event_id,event_ts,user_id\n1001,2026-01-02 03:04:05,7\n");
        var failure = await FailsAsync(ErrorCode.BadInput, () => FromAsync("@landing/few.csv", "CSV"));
        Assert.Contains("'KIND'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_format_of_the_database_is_used_by_its_name()
    {
        await World.ExecuteAsync("CREATE FILE FORMAT \"semi colons\" TYPE = CSV FIELD_DELIMITER = ';' SKIP_HEADER = 1");
        Stage("a.csv", "x;y;z\n1001;2026-01-02 03:04:05;7\n");
        Assert.Contains("PARSE_HEADER", (await FailsAsync(ErrorCode.BadInput, () => FromAsync("@landing", "s1.\"semi colons\""))).Message, StringComparison.Ordinal);
        Assert.Equal(1, (await FromAsync("@landing", "\"semi colons\"", "event_id,event_ts,user_id")).RowsDone);
        await ProveAsync();
    }

    [Theory]
    [InlineData("@landing", "XML FILES", "neither")]
    [InlineData("@landing", "", "Say CSV")]
    [InlineData("landing", "JSON", "@stage/path")]
    [InlineData("@landing/a; DROP TABLE allevents", "JSON", "@stage/path")]
    [InlineData("@landing/a--b", "JSON", "@stage/path")]
    [InlineData("@%allevents", "JSON", "@stage/path")]
    [InlineData("@landing/none/", "JSON", "no file")]
    public async Task What_cannot_be_used_is_refused_before_anything_is_done(string location, string format, string says)
    {
        var failure = await FailsAsync(ErrorCode.BadInput, () => FromAsync(location, format));
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
        Assert.Equal(100, (await ProveAsync()).Rows);
    }

    [Fact]
    public async Task Whoever_may_make_no_file_format_is_told_the_ways_around()
    {
        Stage("a.json", """{"event_id":1001,"event_ts":"2026-01-02 03:04:05","user_id":7}""");
        Model.Faults = m => m.Time == FaultTime.BeforeExecution && m.Sql.StartsWith("CREATE TEMPORARY FILE FORMAT", StringComparison.Ordinal) ? Fault.Of(new ModelError(3001, "42501", "SQL access control error: Insufficient privileges to operate on schema 'S1'")) : null;
        Assert.Contains("CREATE FILE FORMAT", (await FailsAsync(ErrorCode.NotPermitted, () => FromAsync("@landing", "JSON"))).Remedy, StringComparison.Ordinal);
        Assert.Equal(1, (await FromAsync("@landing", "JSON", "event_id,event_ts,user_id")).RowsDone);
        await ProveAsync();
    }

    [Fact]
    [Trait("Promise", "6")]
    public async Task A_bad_row_is_named_and_leaves_nothing()
    {
        Stage("a.json", """{"event_id":1001,"event_ts":"2026-01-02 03:04:05","user_id":7}""");
        Stage("b.json", "{\"event_id\":1002,\"event_ts\":\"2026-01-02 03:04:05\",\"user_id\":7}\n{\"event_id\":\"x\",\"event_ts\":\"2026-01-02 03:04:05\",\"user_id\":7}\n");
        var failure = await FailsAsync(ErrorCode.BadRow, () => FromAsync("@landing", "JSON"));
        Assert.Contains("b.json, line 2", failure.Message, StringComparison.Ordinal);
        Assert.Equal(100, (await ProveAsync()).Rows);
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE event_id > 1000"));

        // Files that were taken back are not passed over as loaded.
        Stage("b.json", """{"event_id":1002,"event_ts":"2026-01-02 03:04:05","user_id":7}""");
        Assert.Equal(2, (await FromAsync("@landing", "JSON")).RowsDone);
        await ProveAsync();
    }

    [Fact]
    [Trait("Promise", "6")]
    public async Task A_load_whose_connection_is_lost_leaves_nothing()
    {
        Stage("a.json", """{"event_id":1001,"event_ts":"2026-01-02 03:04:05","user_id":7}""");
        Model.Faults = m => m.Sql.StartsWith("COPY INTO", StringComparison.Ordinal) && m.Time == FaultTime.AfterExecution ? Fault.Lost : null;
        await FailsAsync(ErrorCode.ConnectionLost, () => FromAsync("@landing", "JSON"));
        Model.Faults = null;
        World.EndDeadSessions();
        Assert.Equal(100, (await ProveAsync()).Rows);
        Assert.Equal(1, (await FromAsync("@landing", "JSON")).RowsDone);
        await ProveAsync();
    }

    private void Stage(string file, string content) => StagedFolder.Write(Model, "LANDING", file, content);

    private Task<ShadowTable> FromAsync(string location, string format, string? columns = null, string? pattern = null) =>
        ImportAsync(new ImportRequest("allevents") { Staged = new StagedFiles { Location = location, Format = format, Columns = columns?.Split(','), Pattern = pattern } });
}
