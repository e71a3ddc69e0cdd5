using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;

namespace EtlTableOps.Behaviour;

/// <summary>Each kind of declared change becomes exactly that; what cannot be is refused before anything happens.</summary>
public abstract class DeclaredChangeScenarios : EngineScenarios
{
    private const string All = "event_id, event_ts, user_id, kind, country, amount, payload";

    [Fact]
    public async Task A_way_of_exchange_that_the_engine_does_not_have_is_refused_before_anything()
    {
        Assert.SkipWhen(Database.Capabilities.Methods.Contains(ExchangeMethod.Overwrite), "This engine has every way there is.");
        await EventsTable.CreateAsync(World, 20);
        var failure = await FailsAsync(ErrorCode.NotSupported, () => BuildAsync(Declared.Nothing, r => r with { Method = ExchangeMethod.Overwrite }));
        Assert.Contains("-Method Swap", failure.Remedy, StringComparison.Ordinal);
        Assert.False(failure.DurableChangeMade);
        await NothingLeftAsync();
        await BuildAsync(Declared.Nothing);
        await ProveAsync();
        await FailsAsync(ErrorCode.NotSupported, () => SwitchAsync(with: r => r with { Method = ExchangeMethod.Overwrite }));
        Assert.Equal(ExchangeMethod.Swap, (await SwitchAsync(with: r => r with { Method = ExchangeMethod.Swap })).Method);
    }

    [Fact]
    [Trait("Promise", "4")]
    public Task A_column_is_added_and_computed() =>
        BecomesAsync(new() { Add = [new AddedColumn("band", "text", "CASE WHEN amount >= 50 THEN 'high' WHEN amount IS NULL THEN NULL ELSE 'low' END")] },
            $"SELECT {All}, CASE WHEN amount >= 50 THEN 'high' WHEN amount IS NULL THEN NULL ELSE 'low' END FROM allevents");

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_column_is_added_with_its_default()
    {
        await BecomesAsync(new() { Add = [new AddedColumn("source", "text NOT NULL DEFAULT 'web'"), new AddedColumn("note", "text")] }, $"SELECT {All}, 'web', NULL FROM allevents");
        await World.ExecuteAsync($"INSERT INTO allevents ({All}) VALUES {EventsTable.Row(9000)}");
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 9000 AND source = 'web' AND note IS NULL"));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => World.ExecuteAsync("UPDATE allevents SET source = NULL WHERE event_id = 9000"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public Task Columns_are_dropped() =>
        BecomesAsync(new() { Drop = ["payload", "amount"] }, "SELECT event_id, event_ts, user_id, kind, country FROM allevents");

    [Fact]
    [Trait("Promise", "4")]
    public Task A_column_is_computed_anew() =>
        BecomesAsync(new() { Set = [new SetColumn("country", "lower(country)"), new SetColumn("user_id", "user_id + 1")] },
            "SELECT event_id, event_ts, user_id + 1, kind, lower(country), amount, payload FROM allevents");

    [Fact]
    [Trait("Promise", "4")]
    public Task A_column_gets_another_type() =>
        BecomesAsync(new() { Alter = [new AlteredColumn("user_id", "bigint"), new AlteredColumn("country", "text"), new AlteredColumn("amount", "integer", "CASE WHEN amount IS NULL THEN -1 ELSE 7 END")] },
            "SELECT event_id, event_ts, user_id, kind, country, CASE WHEN amount IS NULL THEN -1 ELSE 7 END, payload FROM allevents");

    [Fact]
    [Trait("Promise", "4")]
    public Task Only_the_rows_of_a_condition_are_kept() =>
        BecomesAsync(new() { Where = "country = 'DE' OR payload IS NULL" }, $"SELECT {All} FROM allevents WHERE country = 'DE' OR payload IS NULL");

    [Fact]
    [Trait("Promise", "4")]
    public Task A_condition_that_ends_in_a_comment_is_still_only_a_condition() =>
        BecomesAsync(new() { Where = "event_id > 5 -- the old ones go" }, $"SELECT {All} FROM allevents WHERE event_id > 5");

    [Fact]
    [Trait("Promise", "4")]
    public Task All_kinds_go_together() =>
        BecomesAsync(new()
        {
            Add = [new AddedColumn("year", "integer", World.YearOf("event_ts"))],
            Drop = ["payload"],
            Set = [new SetColumn("kind", "upper(kind)")],
            Alter = [new AlteredColumn("amount", "text", "'x'")],
            Where = "event_id % 2 = 1",
        }, $"SELECT event_id, event_ts, user_id, upper(kind), country, 'x', {World.YearOf("event_ts")} FROM allevents WHERE event_id % 2 = 1");

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_query_becomes_the_rows()
    {
        await EventsTable.CreateAsync(World, 300);
        var expected = await World.RowsAsync("SELECT min(event_id), min(event_ts), user_id, 'sum', count(*) FROM allevents GROUP BY user_id");
        var shadow = await BuildAsync(new() { Query = "SELECT count(*) AS events, user_id, min(event_id) AS event_id, min(event_ts) AS event_ts, 'sum' AS kind FROM allevents GROUP BY user_id" });
        Assert.Equal(FeedKind.None, shadow.Feed);
        await ProveAsync();
        var swap = await SwitchAsync();
        Assert.Empty(swap.Pending);
        Assert.Equal(expected, await World.RowsAsync("SELECT event_id, event_ts, user_id, kind, events FROM allevents"));
        await UndoAsync();
        Assert.Equal(300, await World.CountAsync("SELECT count(payload) + count(CASE WHEN payload IS NULL THEN 1 END) FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task The_structure_alone_has_no_row()
    {
        await EventsTable.CreateAsync(World, 100);
        var shadow = await BuildAsync(new() { StructureOnly = true, Add = [new AddedColumn("note", "text")] });
        Assert.Equal((0L, FeedKind.None), (shadow.Rows, shadow.Feed));
        await using (var rows = new ListRows("objects", ["event_id", "event_ts", "user_id", "note"], [["1", "2026-01-01 00:00:00", "1", "n"]]))
            await ImportAsync(new ImportRequest("allevents") { Rows = rows });
        await ProveAsync();
        await SwitchAsync();
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE note = 'n' AND kind = 'click'"));
    }

    [Fact]
    public async Task A_column_is_found_whatever_its_case_when_only_one_fits()
    {
        await EventsTable.CreateAsync(World, 10);
        await ReplaceAsync(new() { Drop = ["PAYLOAD"] });
        Assert.DoesNotContain(await World.DescribeAsync("allevents"), l => l.Contains("payload", StringComparison.Ordinal));
    }

    public static TheoryData<string, ErrorCode> Refusals => new()
    {
        { "drop missing", ErrorCode.ColumnNotFound },
        { "set missing", ErrorCode.ColumnNotFound },
        { "alter missing", ErrorCode.ColumnNotFound },
        { "add existing", ErrorCode.ColumnExists },
        { "add twice", ErrorCode.BadInput },
        { "drop and set", ErrorCode.BadInput },
        { "bad expression", ErrorCode.BadInput },
        { "bad condition", ErrorCode.BadInput },
        { "bad query", ErrorCode.BadInput },
        { "two statements", ErrorCode.BadInput },
        { "query and columns", ErrorCode.BadInput },
        { "structure and condition", ErrorCode.BadInput },
        { "not null without value", ErrorCode.BadInput },
        { "key in a type", ErrorCode.BadInput },
        { "drop all", ErrorCode.BadInput },
        { "feed for a query", ErrorCode.FeedNotPossible },
        { "no such table", ErrorCode.TableNotFound },
        { "a view", ErrorCode.NotATable },
        { "no name", ErrorCode.BadInput },
        { "its own name", ErrorCode.BadInput },
        { "a taken name", ErrorCode.NameTaken },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_cannot_be_is_refused_and_nothing_is_changed(string what, ErrorCode code)
    {
        await EventsTable.CreateAsync(World, 20);
        await World.ExecuteAsync("CREATE VIEW some_view AS SELECT kind FROM allevents");
        await World.ExecuteAsync("CREATE TABLE taken (x integer)");
        var before = (await World.DescribeAsync("allevents"), await LiveRowsAsync());
        var request = new NewShadowRequest("allevents");
        var change = what switch
        {
            "drop missing" => new DeclaredChange { Drop = ["nothing"] },
            "set missing" => new() { Set = [new("nothing", "1")] },
            "alter missing" => new() { Alter = [new("nothing", "text")] },
            "add existing" => new() { Add = [new("Kind", "text")] },
            "add twice" => new() { Add = [new("x", "text"), new("x", "text")] },
            "drop and set" => new() { Drop = ["kind"], Set = [new("kind", "'x'")] },
            "bad expression" => new() { Add = [new("x", "integer", "no_such_column + 1")] },
            "bad condition" => new() { Where = "event_id >" },
            "bad query" => new() { Query = "SELECT * FROM nowhere" },
            "two statements" => new() { Where = "1=1); DROP TABLE taken; --" },
            "query and columns" => new() { Query = "SELECT * FROM allevents", Drop = ["kind"] },
            "structure and condition" => new() { StructureOnly = true, Where = "1=1" },
            "not null without value" => new() { Add = [new("x", "text NOT NULL")] },
            "key in a type" => new() { Add = [new("x", "integer PRIMARY KEY")] },
            "drop all" => new() { Drop = ["event_id", "event_ts", "user_id", "kind", "country", "amount", "payload"] },
            "feed for a query" => new() { Query = "SELECT * FROM allevents" },
            _ => Declared.Nothing,
        };
        request = what switch
        {
            "feed for a query" => request with { Feed = World.UsualFeed },
            "no such table" => new NewShadowRequest("no_such_table"),
            "a view" => new NewShadowRequest("some_view"),
            "no name" => new NewShadowRequest("a.b.c"),
            "its own name" => request with { ShadowName = "allevents" },
            "a taken name" => request with { ShadowName = "taken" },
            _ => request,
        };
        var failure = await FailsAsync(code, async () => await RunAsync(await Operations.NewShadowAsync(request with { Change = change }, Token)));
        Assert.False(failure.DurableChangeMade);
        Assert.Equal(before.Item1, await World.DescribeAsync("allevents"));
        Assert.Equal(before.Item2, await LiveRowsAsync());
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM taken"));
        await NothingLeftAsync();
    }

    [Fact]
    public async Task A_change_that_the_data_refuses_leaves_nothing()
    {
        Assert.SkipUnless(World.EnforcesConstraints, "This engine has no checks that data could break.");
        await EventsTable.CreateAsync(World, 100);
        await FailsAsync(ErrorCode.StatementFailed, () => BuildAsync(new() { Set = [new SetColumn("user_id", "user_id - 50")] }));
        await NothingLeftAsync();
        Assert.Equal(SwapState.Abandoned, (await LastSwapAsync()).State);
        await BuildAsync(Declared.Twice);
    }

    [Fact]
    [Trait("Promise", "11")]
    public async Task A_table_of_that_name_that_is_not_ours_is_never_touched()
    {
        await EventsTable.CreateAsync(World, 10);
        await World.ExecuteAsync("CREATE TABLE allevents_new (precious integer)");
        await World.ExecuteAsync("INSERT INTO allevents_new VALUES (42)");
        await FailsAsync(ErrorCode.NameTaken, () => BuildAsync(Declared.Twice, r => r with { Force = true }));
        Assert.Equal(42, await World.CountAsync("SELECT precious FROM allevents_new"));
    }

    [Fact]
    [Trait("Promise", "11")]
    public async Task A_shadow_that_somebody_replaced_is_not_dropped()
    {
        await EventsTable.CreateAsync(World, 10);
        await BuildAsync(Declared.Twice);
        await World.ExecuteAsync("DROP TABLE allevents_new");
        await World.ExecuteAsync("CREATE TABLE allevents_new (precious integer)");
        await World.ExecuteAsync("INSERT INTO allevents_new VALUES (42)");
        await RemoveShadowAsync();
        Assert.Equal(42, await World.CountAsync("SELECT precious FROM allevents_new"));
    }

    private async Task BecomesAsync(DeclaredChange change, string query)
    {
        await EventsTable.CreateAsync(World, 600);
        var expected = await World.RowsAsync(query);
        var before = await LiveRowsAsync();
        var shadow = await BuildAsync(change);
        Assert.Equal(expected.Count, shadow.Rows);
        await ProveAsync();
        var swap = await SwitchAsync();
        Assert.Empty(swap.Pending);
        Assert.Equal(expected, await LiveRowsAsync());
        Assert.Equal(before, await World.RowsAsync($"SELECT * FROM {swap.Version}"));
    }
}
