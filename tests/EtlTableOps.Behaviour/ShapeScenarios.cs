using System.Runtime.CompilerServices;
using EtlTableOps.Composition;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>Tables of every shape: keys of several columns, no key, no row, only nulls, many columns, real data.</summary>
public abstract class ShapeScenarios : EngineScenarios
{
    [Fact]
    [Trait("Promise", "2")]
    public async Task A_key_of_several_columns_feeds_the_shadow()
    {
        await World.ExecuteAsync("CREATE TABLE visits (place text NOT NULL, day integer NOT NULL, guests integer, PRIMARY KEY (day, place))");
        await World.ExecuteAsync("INSERT INTO visits VALUES ('a', 1, 1), ('a', 2, 2), ('b', 1, 3), ('b''s', 1, 4)");
        Assert.Equal(World.UsualFeed, (await BuildAsync(new() { Add = [new AddedColumn("more", "integer", "guests + 1")] }, table: "visits")).Feed);
        await World.ExecuteAsync("UPDATE visits SET day = day + 10 WHERE place = 'a'");
        await World.ExecuteAsync("UPDATE visits SET guests = NULL WHERE place = 'b'");
        await World.ExecuteAsync("DELETE FROM visits WHERE place = 'b''s'");
        await ProveAsync("visits");
        await SwitchAsync("visits");
        Assert.Equal(["a | 11 | 1 | 2", "a | 12 | 2 | 3", "b | 1 | ∅ | ∅"], await World.RowsAsync("SELECT * FROM visits"));
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Keys_that_exchange_their_values_end_up_right()
    {
        await World.ExecuteAsync("CREATE TABLE seats (id integer NOT NULL PRIMARY KEY, guest text)");
        await World.ExecuteAsync("INSERT INTO seats VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cid')");
        await BuildAsync(Declared.Nothing, table: "seats");
        await World.ExecuteAsync("UPDATE seats SET id = -1 WHERE id = 1; UPDATE seats SET id = 1 WHERE id = 2; UPDATE seats SET id = 2 WHERE id = -1");
        await World.ExecuteAsync("DELETE FROM seats WHERE id = 3; INSERT INTO seats VALUES (3, 'Cid again')");
        await ProveAsync("seats");
        await SwitchAsync("seats");
        Assert.Equal(["1 | Bob", "2 | Ann", "3 | Cid again"], await World.RowsAsync("SELECT * FROM seats"));
    }

    [Fact]
    public async Task A_table_without_a_key_is_switched_without_a_feed()
    {
        await World.ExecuteAsync("CREATE TABLE readings (sensor integer, value integer)");
        await World.ExecuteAsync("INSERT INTO readings VALUES (1, 10), (1, 10), (NULL, NULL)");
        Assert.Equal(FeedKind.None, (await BuildAsync(new() { Add = [new AddedColumn("unit", "text", "'C'")] }, table: "readings")).Feed);
        await ProveAsync("readings");
        await SwitchAsync("readings");
        Assert.Equal(["1 | 10 | C", "1 | 10 | C", "∅ | ∅ | C"], await World.RowsAsync("SELECT * FROM readings"));
        await UndoAsync("readings");
        Assert.Equal(["1 | 10", "1 | 10", "∅ | ∅"], await World.RowsAsync("SELECT * FROM readings"));
    }

    [Fact]
    public async Task A_table_without_rows_is_switched()
    {
        await World.ExecuteAsync("CREATE TABLE nothing_yet (id integer NOT NULL PRIMARY KEY, note text)");
        await BuildAsync(new() { Add = [new AddedColumn("more", "text NOT NULL DEFAULT 'x'")] }, table: "nothing_yet");
        Assert.Equal(0, (await ProveAsync("nothing_yet")).Rows);
        await SwitchAsync("nothing_yet");
        await World.ExecuteAsync("INSERT INTO nothing_yet (id) VALUES (1)");
        Assert.Equal(["1 | ∅ | x"], await World.RowsAsync("SELECT * FROM nothing_yet"));
    }

    [Fact]
    public async Task A_table_of_one_column_is_switched()
    {
        await World.ExecuteAsync("CREATE TABLE tokens (token text)");
        await World.ExecuteAsync("INSERT INTO tokens VALUES ('a'), (NULL), (''), ('a')");
        await BuildAsync(Declared.Nothing, table: "tokens");
        Assert.Equal(4, (await ProveAsync("tokens")).Rows);
        await SwitchAsync("tokens");
        Assert.Equal(["", "a", "a", "∅"], await World.RowsAsync("SELECT * FROM tokens"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Null_empty_text_and_zero_are_three_things_to_the_test()
    {
        await World.ExecuteAsync("CREATE TABLE sparse (id integer NOT NULL PRIMARY KEY, a text, b text, n integer)");
        await World.ExecuteAsync("INSERT INTO sparse VALUES (1, NULL, '', 0), (2, '', NULL, NULL), (3, NULL, NULL, NULL), (4, 'ab', 'c', 1)");
        await BuildAsync(Declared.Nothing, r => r with { Feed = FeedKind.None }, "sparse");
        await ProveAsync("sparse");
        foreach (var (change, back) in new[]
        {
            ("UPDATE sparse_new SET a = '', b = NULL WHERE id = 1", "UPDATE sparse_new SET a = NULL, b = '' WHERE id = 1"),
            ("UPDATE sparse_new SET n = NULL WHERE id = 1", "UPDATE sparse_new SET n = 0 WHERE id = 1"),
            ("UPDATE sparse_new SET a = 'a', b = 'bc' WHERE id = 4", "UPDATE sparse_new SET a = 'ab', b = 'c' WHERE id = 4"),
        })
        {
            await World.ExecuteAsync(change);
            Assert.Contains((await TestAsync("sparse")).Checks, c => c is { Name: "content", Passed: false });
            await World.ExecuteAsync(back);
            Assert.Contains((await TestAsync("sparse")).Checks, c => c is { Name: "content", Passed: true });
        }
    }

    [Fact]
    public async Task A_table_of_two_hundred_columns_is_switched()
    {
        var columns = Enumerable.Range(1, 200).Select(i => $"c{i} {(i % 3) switch { 0 => "text", 1 => "integer", _ => "numeric(12,4)" }}");
        await World.ExecuteAsync($"CREATE TABLE wide (id integer NOT NULL PRIMARY KEY, {string.Join(", ", columns)})");
        await World.ExecuteAsync($"INSERT INTO wide VALUES (1, {string.Join(", ", Enumerable.Range(1, 200).Select(i => (i % 3) == 0 ? $"'t{i}'" : $"{i}"))})");
        await BuildAsync(new() { Set = [new SetColumn("c200", "c199 + c1")] }, table: "wide");
        await World.ExecuteAsync("UPDATE wide SET c1 = 1000");
        await ProveAsync("wide");
        await SwitchAsync("wide");
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM wide WHERE c200 = 1199 AND c198 = 't198'"));
    }

    [Fact]
    public async Task A_feed_follows_a_unique_key_where_there_is_no_primary_one()
    {
        await World.ExecuteAsync("CREATE TABLE keyed (code varchar(10) NOT NULL UNIQUE, value integer)");
        await World.ExecuteAsync("INSERT INTO keyed VALUES ('a', 1), ('b', 2)");
        Assert.Equal(World.UsualFeed, (await BuildAsync(Declared.Nothing, table: "keyed")).Feed);
        await World.ExecuteAsync("UPDATE keyed SET code = 'c', value = 3 WHERE code = 'a'");
        await ProveAsync("keyed");
        await SwitchAsync("keyed");
        Assert.Equal(["b | 2", "c | 3"], await World.RowsAsync("SELECT * FROM keyed"));
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Rows_move_in_and_out_of_the_condition_while_the_shadow_is_prepared()
    {
        await EventsTable.CreateAsync(World, 100);
        await BuildAsync(new() { Where = "user_id < 50" });
        await World.ExecuteAsync("UPDATE allevents SET user_id = 96 WHERE event_id = 1");
        await World.ExecuteAsync("UPDATE allevents SET user_id = 1 WHERE event_id = 60");
        await SyncAsync();
        await World.ExecuteAsync("UPDATE allevents SET user_id = 2 WHERE event_id = 61");
        await ProveAsync();
        var expected = await World.RowsAsync("SELECT * FROM allevents WHERE user_id < 50");
        await SwitchAsync();
        Assert.Equal(expected, await LiveRowsAsync());
    }

    [Fact]
    public async Task Ten_thousand_bird_strikes_fly_in_from_their_file()
    {
        if (BirdStrikes() is not { } file)
        {
            Assert.Skip("birdstrikes.csv is not beside this checkout (../shared/data).");
            return;
        }
        await World.ExecuteAsync("""
            CREATE TABLE "Bird Strikes" ("Airport Name" text, "Aircraft Make Model" text, "Effect Amount of damage" text, "Flight Date" date, "Aircraft Airline Operator" text,
              "Origin State" text, "Phase of flight" text, "Wildlife Size" text, "Wildlife Species" text, "Time of day" text,
              "Cost Other" numeric, "Cost Repair" numeric, "Cost Total $" numeric, "Speed IAS in knots" integer)
            """);
        await BuildAsync(Declared.Nothing, table: "\"Bird Strikes\"");
        await using (var rows = RowSources.Open(file, new RowFileOptions()))
            Assert.Equal(10_000, (await ImportAsync(new ImportRequest("Bird Strikes") { Rows = rows })).RowsDone);
        await ProveAsync("Bird Strikes");
        await SwitchAsync("Bird Strikes");
        Assert.Equal(10_000, await World.CountAsync("SELECT count(*) FROM \"Bird Strikes\""));

        await BuildAsync(new() { Add = [new AddedColumn("Cost in k$", "numeric", "\"Cost Total $\" / 1000.0")], Where = "\"Cost Total $\" > 0", Drop = ["Time of day"] }, table: "Bird Strikes");
        var costly = await World.CountAsync("SELECT count(*) FROM \"Bird Strikes\" WHERE \"Cost Total $\" > 0");
        Assert.Equal(costly, (await ProveAsync("Bird Strikes")).Rows);
        await SwitchAsync("Bird Strikes");
        Assert.Equal(costly, await World.CountAsync("SELECT count(*) FROM \"Bird Strikes\" WHERE \"Cost in k$\" > 0"));
        await UndoAsync("Bird Strikes");
        Assert.Equal(10_000, await World.CountAsync("SELECT count(*) FROM \"Bird Strikes\""));
    }

    private static string? BirdStrikes([CallerFilePath] string here = "")
    {
        var file = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "shared", "data", "birdstrikes.csv"));
        return File.Exists(file) ? file : null;
    }
}
