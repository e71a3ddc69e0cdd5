using EtlTableOps.Errors;
using EtlTableOps.Shadows;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>A row's key is moved by whoever may: the statement, a trigger of the user's, an expression; the log misses none, and says so where it might.</summary>
[Trait("Promise", "2")]
public sealed class MovedKeyTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private TableJob Job => new(Database, "items", Token);

    private const string MovingTrigger = """
        CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.what = 'away' THEN NEW.id := NEW.id + 1000; END IF; RETURN NEW; END $$;
        CREATE TRIGGER moves BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION move();
        """;

    [Theory]
    [InlineData("")]
    [InlineData(MovingTrigger)]
    public async Task Moved_keys_reach_the_shadow_and_come_back_by_an_undo(string before)
    {
        await CreateAsync("id int PRIMARY KEY, what text", before);
        await Job.BuildAsync();
        await Database.ExecuteAsync("UPDATE items SET what = 'away' WHERE id <= 10; UPDATE items SET id = id + 500 WHERE id BETWEEN 20 AND 30; UPDATE items SET id = id, what = 'same' WHERE id = 40");
        await Job.ProveAsync();
        await Job.SwitchAsync();
        await Database.ExecuteAsync("UPDATE items SET what = 'away' WHERE id BETWEEN 50 AND 60; UPDATE items SET id = -id WHERE id BETWEEN 70 AND 75");
        var expected = await ContentAsync();
        await Job.RunAsync(o => o.UndoAsync(new UndoRequest("items"), Token));
        Assert.Equal(expected, await ContentAsync());
    }

    [Fact]
    public async Task A_key_that_is_calculated_moves_with_what_it_is_calculated_from()
    {
        await CreateAsync("part int, number int, id int GENERATED ALWAYS AS (part * 1000 + number) STORED PRIMARY KEY, what text", "", "part, number, what");
        await Job.BuildAsync();
        await Database.ExecuteAsync("UPDATE items SET part = 7 WHERE number <= 5; UPDATE items SET what = 'x' WHERE number = 9");
        await Job.ProveAsync();
        await Job.SwitchAsync();
        await Database.ExecuteAsync("UPDATE items SET number = number + 300 WHERE number > 90");
        var expected = await ContentAsync();
        await Job.RunAsync(o => o.UndoAsync(new UndoRequest("items"), Token));
        Assert.Equal(expected, await ContentAsync());
    }

    [Fact]
    public async Task A_trigger_that_came_after_the_log_and_may_move_keys_is_no_silent_loss()
    {
        await CreateAsync("id int PRIMARY KEY, what text", "");
        await Job.BuildAsync();
        await Database.ExecuteAsync(MovingTrigger + "UPDATE items SET what = 'away' WHERE id = 1");
        Assert.Equal(ErrorCode.FeedBroken, (await Assert.ThrowsAsync<EtlException>(Job.SyncAsync)).Code);
        await Database.ExecuteAsync("DROP TRIGGER moves ON items; DROP FUNCTION move; UPDATE items SET id = 1 WHERE id = 1001");
        await Job.ReplaceAsync();
        await Database.ExecuteAsync(MovingTrigger + "UPDATE items SET what = 'away' WHERE id = 2");
        var refusal = await Assert.ThrowsAsync<EtlException>(() => Job.RunAsync(o => o.UndoAsync(new UndoRequest("items"), Token)));
        Assert.Equal(ErrorCode.RowsWrittenSince, refusal.Code);
        Assert.Contains("unknown number", refusal.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("1002", await ContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operators_of_a_writers_own_do_not_run_as_the_logs_owner()
    {
        await CreateAsync("id int PRIMARY KEY, what text", "");
        await Database.ExecuteAsync("""
            CREATE SCHEMA own;
            CREATE FUNCTION own.caught(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ran'; END $$;
            CREATE FUNCTION own.caught(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ran'; END $$;
            CREATE FUNCTION own.caught(bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ran'; END $$;
            CREATE FUNCTION own.current_setting(text, boolean) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ran'; END $$;
            CREATE FUNCTION own.record_image_ne(record, record) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ran'; END $$;
            CREATE OPERATOR own.= (LEFTARG = text, RIGHTARG = text, PROCEDURE = own.caught);
            CREATE OPERATOR own.<> (LEFTARG = text, RIGHTARG = text, PROCEDURE = own.caught);
            CREATE OPERATOR own.- (RIGHTARG = bigint, PROCEDURE = own.caught);
            CREATE OPERATOR own.= (LEFTARG = oid, RIGHTARG = oid, PROCEDURE = own.caught);
            """);
        await Job.BuildAsync();
        foreach (var write in new[] { "UPDATE items SET id = id + 200 WHERE id > 95", "DELETE FROM items WHERE id = 3", "INSERT INTO items VALUES (3, 'back')", "TRUNCATE items", "INSERT INTO items VALUES (4, 'new')" })
        {
            await Database.ExecuteAsync($"SET search_path = own, pg_catalog, public; SET etltableops.skip = 'x'; {write}");
        }
        await Job.ProveAsync();
        await Job.SwitchAsync();
        Assert.Equal("4 new", await ContentAsync());
    }

    private async Task CreateAsync(string columns, string more, string given = "id, what")
    {
        await Database.ExecuteAsync("DROP SCHEMA IF EXISTS own CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        await Database.ExecuteAsync($"CREATE TABLE items ({columns}); INSERT INTO items ({given}) SELECT {(given == "id, what" ? "i, 'a'" : "1, i, 'a'")} FROM generate_series(1, 100) i; {more}");
    }

    private async Task<string> ContentAsync() => (await Database.ScalarAsync<string>("SELECT string_agg(id || ' ' || what, ',' ORDER BY id) FROM items"))!;
}
