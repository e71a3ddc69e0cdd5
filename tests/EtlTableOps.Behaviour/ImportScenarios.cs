using System.Text;
using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Journal;

namespace EtlTableOps.Behaviour;

/// <summary>Rows come in from files, tables, queries and objects: all of a source or nothing of it.</summary>
public abstract class ImportScenarios : EngineScenarios
{
    private const string Header = "event_id,event_ts,user_id,kind,country,amount,payload\n";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await EventsTable.CreateAsync(World, 100);
        await BuildAsync(Declared.Twice);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_csv_files_rows_are_added_to_the_declared_change()
    {
        var result = await CsvAsync(Header + "1001,2026-01-02 03:04:05,7,view,DE,12.50,\"a, \"\"b\"\"\nnext line 🐦\"\n1002,2026-01-02 03:04:05,8,click,,,\n1003,2026-01-02 03:04:05,8,\"\",\"\",0.01,\"\"\n");
        Assert.Equal((3L, 103L, 3L, SwapState.Built), (result.RowsDone, result.Rows, result.RowsImported, result.State));
        Assert.Equal(103, (await ProveAsync()).Rows);
        await SwitchAsync();
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 1001 AND payload = 'a, \"b\"\nnext line 🐦' AND amount = 12.5 AND user_id + 1 = 8 AND twice IS NULL"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 1002 AND country IS NULL AND amount IS NULL AND payload IS NULL"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 1003 AND country = '' AND kind = '' AND payload = ''"));
    }

    [Fact]
    public async Task The_header_may_reorder_and_omit_columns_and_defaults_fill_in()
    {
        await CsvAsync("user_id,Event_Id,event_ts\n7,1001,2026-01-02 03:04:05\n");
        await ProveAsync();
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE event_id = 1001 AND user_id = 7 AND kind = 'click' AND payload IS NULL"));
    }

    [Fact]
    public async Task Json_lines_are_added()
    {
        var text = """
            {"event_id":1001,"event_ts":"2026-01-02 03:04:05","user_id":7,"amount":99999999.25,"payload":{"a":[1,2]},"twice":14}
            {"user_id":8,"event_id":1002,"event_ts":"2026-01-02 03:04:05","amount":null}
            """;
        await using var rows = RowSources.Open(new MemoryStream(Encoding.UTF8.GetBytes(text)), "rows.jsonl", new RowFileOptions { Format = RowFileFormat.JsonLines });
        Assert.Equal(2, (await ImportAsync(new ImportRequest("allevents") { Rows = rows })).RowsDone);
        await ProveAsync();
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE event_id = 1001 AND amount = 99999999.25 AND payload = '{\"a\":[1,2]}' AND twice = 14"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE event_id = 1002 AND amount IS NULL AND kind = 'click' AND twice IS NULL"));
    }

    [Fact]
    public async Task Files_that_only_the_database_can_read_are_refused_where_it_reads_none()
    {
        Assert.SkipWhen(World.ReadsFiles, "This engine reads them.");
        foreach (var files in new[] { new StagedFiles { LocalFile = "rows.parquet", Format = "PARQUET" }, new StagedFiles { Location = "@landing", Format = "CSV" } })
        {
            var failure = await FailsAsync(ErrorCode.NotSupported, () => ImportAsync(new ImportRequest("allevents") { Staged = files }));
            Assert.Contains("CSV or JSON Lines", failure.Remedy, StringComparison.Ordinal);
        }
        await ProveAsync();
    }

    [Fact]
    public async Task Another_tables_rows_are_added()
    {
        await World.ExecuteAsync("CREATE TABLE \"more events\" (event_id integer, user_id integer, event_ts timestamp)");
        await World.ExecuteAsync("INSERT INTO \"more events\" VALUES (1001, 1, '2026-01-02 03:04:05'), (1002, 2, '2026-01-02 03:04:05')");
        Assert.Equal(2, (await ImportAsync(new ImportRequest("allevents") { FromTable = "\"more events\"" })).RowsDone);
        Assert.Equal(102, (await ProveAsync()).Rows);
    }

    [Fact]
    public async Task A_querys_rows_are_added()
    {
        Assert.Equal(100, (await ImportAsync(new ImportRequest("allevents") { Query = "SELECT event_id + 5000 AS event_id, event_ts, user_id, 0 AS twice FROM allevents" })).RowsDone);
        Assert.Equal(200, (await ProveAsync()).Rows);
    }

    [Fact]
    public async Task Typed_objects_are_added()
    {
        await using var rows = new ListRows("pipeline", ["event_id", "event_ts", "user_id", "amount", "payload"],
        [
            [1001, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Unspecified), 7L, 1.25m, "text"],
            [(short)1002, "2026-01-02 03:04:05", "8", 2.5d, null],
        ]);
        Assert.Equal(2, (await ImportAsync(new ImportRequest("allevents") { Rows = rows })).RowsDone);
        await ProveAsync();
        Assert.Equal(2, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE event_id IN (1001, 1002) AND amount = 1.25 * (event_id - 1000)"));
    }

    [Fact]
    public async Task Several_imports_add_up()
    {
        await CsvAsync(Header + "1001,2026-01-02 03:04:05,7,view,DE,12.50,x\n");
        await CsvAsync(Header + "1002,2026-01-02 03:04:05,7,view,DE,12.50,x\n");
        var result = await CsvAsync(Header);
        Assert.Equal((102L, 2L, 0L), (result.Rows, result.RowsImported, result.RowsDone));
        await World.ExecuteAsync("UPDATE allevents SET payload = 'meanwhile' WHERE event_id < 20");
        await ProveAsync();
        await SwitchAsync();
        Assert.Equal(102, await World.CountAsync("SELECT count(*) FROM allevents"));
        Assert.Equal(19, await World.CountAsync("SELECT count(*) FROM allevents WHERE payload = 'meanwhile'"));
    }

    public static TheoryData<string, string, int, string, string> BadFiles => new()
    {
        { "a number", "1002,2026-01-02 03:04:05,seven,view,DE,1,x", 3, "user_id", "seven" },
        { "a decimal", "1002,2026-01-02 03:04:05,7,view,DE,1.2.3,x", 3, "amount", "1.2.3" },
        { "a fraction for a whole number", "1002,2026-01-02 03:04:05,7.5,view,DE,1,x", 3, "user_id", "7.5" },
        { "too few fields", "1002,2026-01-02 03:04:05,7", 3, "(row)", "3 fields" },
        { "a quote", "1002,2026-01-02 03:04:05,7,vi\"ew,DE,1,x", 3, "kind", "quote" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task A_bad_row_is_named_by_file_line_column_and_value_and_nothing_stays(string what, string line, int number, string column, string value)
    {
        var failure = await FailsAsync(ErrorCode.BadRow, () => CsvAsync(Header + "1001,2026-01-02 03:04:05,7,view,DE,1,x\n" + line + "\n1003,2026-01-02 03:04:05,7,view,DE,1,x\n"));
        Assert.True(failure.Message.StartsWith($"rows.csv, line {number}, column {column}: ", StringComparison.OrdinalIgnoreCase), $"{what}: {failure.Message}");
        Assert.Contains(value, failure.Message, StringComparison.Ordinal);
        await NothingCameInAsync();
    }

    [Fact]
    public async Task A_bad_row_far_into_a_file_with_lines_inside_fields_is_named_exactly()
    {
        var text = new StringBuilder(Header);
        var line = 2;
        for (var i = 0; i < 3000; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{2000 + i},2026-01-02 03:04:05,7,view,DE,1,\"two\nlines\"\n");
            line += 2;
        }
        text.Append("9000,2026-01-02 03:04:05,7,view,DE,none,x\n");
        for (var i = 0; i < 3000; i++) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{10000 + i},2026-01-02 03:04:05,7,view,DE,1,x\n");
        var failure = await FailsAsync(ErrorCode.BadRow, () => CsvAsync(text.ToString()));
        Assert.StartsWith($"rows.csv, line {line}, column amount: ", failure.Message, StringComparison.OrdinalIgnoreCase);
        await NothingCameInAsync();
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task A_bad_row_behind_more_rows_than_are_taken_at_once_leaves_nothing_and_what_was_proven_stays_proven()
    {
        await ProveAsync();
        await using var rows = new ListRows("pipeline", ["event_id", "event_ts", "user_id"],
            [.. Enumerable.Range(1, 40_000).Select(i => new object?[] { 100_000 - i, "2026-01-02 03:04:05", i == 39_990 ? "none" : 1 })]);
        var failure = await FailsAsync(ErrorCode.BadRow, () => ImportAsync(new ImportRequest("allevents") { Rows = rows }));
        Assert.StartsWith("pipeline, line 39990, column user_id: ", failure.Message, StringComparison.OrdinalIgnoreCase);
        Assert.False(failure.DurableChangeMade);
        await SwitchAsync();
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task A_later_row_of_the_live_table_under_an_imported_rows_key_is_refused_everywhere()
    {
        await CsvAsync(Header + "1001,2026-01-02 03:04:05,7,view,DE,12.50,imported\n1002,2026-01-02 03:04:05,7,view,DE,12.50,imported\n");
        await CsvAsync(Header + "1005,2026-01-02 03:04:05,7,view,DE,12.50,imported\n");
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (1003, '2026-01-02 03:04:05', 1)");
        await SyncAsync();
        await ProveAsync();
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (1004, '2026-01-02 03:04:05', 1), (1005, '2026-01-02 03:04:05', 1)");
        var before = await World.DescribeAsync("allevents");

        var failure = await FailsAsync(ErrorCode.ImportedKeyTaken, () => SwitchAsync());
        Assert.Contains("1005", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.DurableChangeMade);
        await FailsAsync(ErrorCode.ImportedKeyTaken, () => SyncAsync());
        Assert.False(Assert.Single((await TestAsync()).Checks, c => c.Name == "imported-keys").Passed);
        Assert.Equal(before, await World.DescribeAsync("allevents"));
        Assert.Equal(3, await World.CountAsync("SELECT count(*) FROM allevents_new WHERE payload = 'imported'"));
        Assert.Equal(103, await World.CountAsync("SELECT count(*) FROM allevents"));
        await RemoveShadowAsync();
        await NothingLeftAsync();
    }

    [Theory]
    [InlineData("a key that is there", "50,2026-01-02 03:04:05,7,view,DE,1,x\n")]
    [InlineData("a key twice in the file", "1001,2026-01-02 03:04:05,7,view,DE,1,x\n1001,2026-01-02 03:04:05,7,view,DE,1,x\n")]
    [InlineData("what a check refuses", "1001,2026-01-02 03:04:05,-7,view,DE,1,x\n")]
    public async Task What_a_constraint_refuses_leaves_nothing(string what, string lines)
    {
        Assert.SkipUnless(World.EnforcesConstraints, "This engine enforces no constraints; the test of the shadow finds keys that are there twice.");
        var failure = await Assert.ThrowsAsync<EtlException>(() => CsvAsync(Header + lines));
        Assert.True(failure.Code is ErrorCode.ImportFailed or ErrorCode.BadRow, $"{what}: {failure.Code}: {failure.Message}");
        await NothingCameInAsync();
    }

    [Theory]
    [InlineData("event_id,event_ts,user_id,no_such_column\n1,2,3,4\n", "no_such_column")]
    [InlineData("event_id,event_ts\n1001,2026-01-02 03:04:05\n", "user_id")]
    public async Task A_header_that_does_not_fit_is_bad_input(string text, string column)
    {
        var failure = await FailsAsync(ErrorCode.BadInput, () => CsvAsync(text));
        Assert.Contains(column, failure.Message, StringComparison.OrdinalIgnoreCase);
        await NothingCameInAsync();
    }

    [Fact]
    public async Task A_null_for_a_column_that_takes_none_is_refused()
    {
        var failure = await Assert.ThrowsAsync<EtlException>(() => CsvAsync(Header + "1001,2026-01-02 03:04:05,,view,DE,1,x\n"));
        Assert.True(failure.Code is ErrorCode.ImportFailed or ErrorCode.BadRow, $"{failure.Code}: {failure.Message}");
        await NothingCameInAsync();
    }

    [Fact]
    public async Task A_request_with_no_source_or_two_is_bad_input()
    {
        await FailsAsync(ErrorCode.BadInput, () => ImportAsync(new ImportRequest("allevents")));
        await FailsAsync(ErrorCode.BadInput, () => ImportAsync(new ImportRequest("allevents") { Query = "SELECT 1", FromTable = "x" }));
        await FailsAsync(ErrorCode.TableNotFound, () => ImportAsync(new ImportRequest("allevents") { FromTable = "no_such_table" }));
        await FailsAsync(ErrorCode.BadInput, () => ImportAsync(new ImportRequest("allevents") { Query = "SELECT nothing FROM nowhere" }));
    }

    [Fact]
    public async Task There_is_no_import_without_a_shadow()
    {
        await RemoveShadowAsync();
        await FailsAsync(ErrorCode.NoShadow, () => CsvAsync(Header));
    }

    [Fact]
    public async Task A_cancelled_import_leaves_nothing()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var rows = new EndlessRows(cancel);
        var operation = await Operations.ImportAsync(new ImportRequest("allevents") { Rows = rows }, Token);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var failure = await Record.ExceptionAsync(() => operation.RunAsync(cancel.Token));
        Assert.True(failure is OperationCanceledException or EtlException { Code: ErrorCode.Cancelled }, failure?.ToString());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
        await NothingCameInAsync();
    }

    private async Task<ShadowTable> CsvAsync(string text)
    {
        await using var rows = RowSources.Open(new MemoryStream(Encoding.UTF8.GetBytes(text)), "rows.csv", new RowFileOptions { Format = RowFileFormat.Csv });
        return await ImportAsync(new ImportRequest("allevents") { Rows = rows });
    }

    private async Task NothingCameInAsync()
    {
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents_new"));
        Assert.Equal(100, (await ProveAsync()).Rows);
    }

    /// <summary>Never ends, and cancels after some rows.</summary>
    private sealed class EndlessRows(CancellationTokenSource cancel) : Imports.IRowSource
    {
        public string Name => "endless";

        public long Line { get; private set; }

        public long Position => Line;

        public long Length => -1;

        public ValueTask<IReadOnlyList<string>> ReadColumnsAsync(CancellationToken token) => ValueTask.FromResult<IReadOnlyList<string>>(["event_id", "event_ts", "user_id"]);

        public ValueTask<bool> ReadAsync(object?[] values, CancellationToken token)
        {
            token.ThrowIfCancellationRequested();
            if (++Line == 5000) cancel.Cancel();
            values[0] = 10_000 + Line;
            values[1] = "2026-01-02 03:04:05";
            values[2] = 1;
            return ValueTask.FromResult(true);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
