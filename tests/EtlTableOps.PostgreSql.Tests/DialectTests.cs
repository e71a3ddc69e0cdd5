using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

public sealed class DialectTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private const string Events = """
        DROP SCHEMA IF EXISTS d CASCADE; CREATE SCHEMA d;
        CREATE TABLE d.events (id int PRIMARY KEY, a int, b int, note text, CONSTRAINT small CHECK (a < 1000000));
        CREATE INDEX by_a ON d.events (a); CREATE INDEX by_b ON d.events (b); CREATE STATISTICS d.ab ON a, b FROM d.events;
        INSERT INTO d.events SELECT i, i, -i, 'n' || i FROM generate_series(1, 100) i;
        """;

    private TableJob Job => new(Database, "d.events", Token);

    [Theory]
    [Trait("Promise", "4")]
    [InlineData("UPDATE d.events_new SET a = CASE id WHEN 1 THEN 2 ELSE 1 END WHERE id IN (1, 2)")]
    [InlineData("UPDATE d.events_new SET (a, b) = (b, a) WHERE id = 7")]
    [InlineData("UPDATE d.events_new SET note = note || ' ' WHERE id = 7")]
    [InlineData("UPDATE d.events_new SET a = NULL WHERE id = 7")]
    [InlineData("UPDATE d.events_new SET a = a + 1, b = b - 31 WHERE id = 7")]
    public async Task A_changed_value_is_seen_in_the_sums_although_nobody_logged_it(string tamper)
    {
        await Database.ExecuteAsync(Events);
        await Job.BuildAsync();
        await Database.ExecuteAsync("ALTER TABLE d.events_new DISABLE TRIGGER USER; " + tamper + "; DO $$ DECLARE t text; BEGIN FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'd.events_new'::regclass LOOP EXECUTE format('ALTER TABLE d.events_new ENABLE ALWAYS TRIGGER %I', t); END LOOP; END $$");
        var result = await Job.TestAsync();
        Assert.Contains(result.Checks, c => c.Name == "content" && !c.Passed);
        Assert.Contains(result.Checks, c => c.Name == "guard" && c.Passed);
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task The_feed_follows_keys_that_change_writes_of_replicas_and_writes_of_people_without_rights_to_it()
    {
        await Database.ExecuteAsync(Events + """
            DO $$ BEGIN CREATE ROLE d_writer; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            GRANT USAGE ON SCHEMA d TO d_writer; GRANT SELECT, INSERT, UPDATE, DELETE ON d.events TO d_writer;
            """);
        await Job.BuildAsync();
        await Database.ExecuteAsync("UPDATE d.events SET id = id + 1000 WHERE id <= 10; UPDATE d.events SET id = id - 1000 WHERE id = 1001");
        await Database.ExecuteAsync("SET session_replication_role = replica; DELETE FROM d.events WHERE id = 50");
        await Database.ExecuteAsync("SET ROLE d_writer; SET etltableops.skip = 'd.events'; INSERT INTO d.events VALUES (500, 5, 5); UPDATE d.events SET note = 'x' WHERE id = 60; SET client_min_messages = warning; DELETE FROM d.events WHERE id = -1");
        await Job.SyncAsync();
        await Job.ProveAsync();
        await Job.SwitchAsync();
        Assert.Equal("9,1,0,1,1", await Database.ScalarAsync<string>("SELECT concat_ws(',', count(*) FILTER (WHERE id > 1000), count(*) FILTER (WHERE id = 1), count(*) FILTER (WHERE id = 50), count(*) FILTER (WHERE id = 500), count(*) FILTER (WHERE note = 'x')) FROM d.events"));
    }

    [Fact]
    public async Task What_an_app_writes_is_logged_even_when_it_asks_to_be_skipped()
    {
        await Database.ExecuteAsync(Events + """
            DO $$ BEGIN CREATE ROLE d_cheat LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            GRANT USAGE ON SCHEMA d TO d_cheat; GRANT SELECT, INSERT ON d.events TO d_cheat;
            """);
        await Job.BuildAsync();
        var log = await Database.ScalarAsync<string>("SELECT format('%I.%I', 'd', relname) FROM pg_class WHERE relname LIKE 'etltableops_feed%' AND relkind = 'r'");
        await using (var cheat = await Database.OpenAsync("d_cheat"))
        {
            await using var write = new Npgsql.NpgsqlCommand($"SET etltableops.skip = '\"d\".\"{log![2..]}\"'; INSERT INTO d.events VALUES (700)", cheat);
            await write.ExecuteNonQueryAsync(Token);
        }
        Assert.Equal(1L, await Database.ScalarAsync<long>($"SELECT count(*) FROM {log}"));
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task A_feed_is_not_queued_for_behind_a_writer()
    {
        await Database.ExecuteAsync(Events);
        await using var writer = await Database.OpenAsync();
        await using (var begin = new Npgsql.NpgsqlCommand("BEGIN; UPDATE d.events SET a = 0 WHERE id = 1", writer)) await begin.ExecuteNonQueryAsync(Token);
        await using var session = await OpenSessionAsync();
        var shape = (await session.ReadShapeAsync(new TableName("d", "events"), Token))!;
        var log = new ChangeLog(shape.Name, new TableName("d", "etltableops_feed_x"), [shape.Columns[0]]);
        await using var transaction = await session.BeginAsync(TransactionMode.Write, null, Token);
        var failure = await Assert.ThrowsAsync<EtlException>(() => session.ExecuteAllAsync(session.Dialect.InstallLog(log), Token));
        Assert.Equal(FailureKind.Busy, session.Classify(failure));
    }

    [Fact]
    public async Task An_index_check_or_statistics_of_a_dropped_column_goes_with_it_and_a_retyped_key_keeps_its_references()
    {
        await Database.ExecuteAsync(Events + """
            CREATE TABLE d.refs (id int PRIMARY KEY, event int CONSTRAINT to_event REFERENCES d.events);
            INSERT INTO d.refs VALUES (1, 1);
            """);
        await Job.RunAsync(o => o.NewShadowAsync(new NewShadowRequest("d.events") { Change = new DeclaredChange { Drop = ["b"], Alter = [new AlteredColumn("id", "bigint")] }, Force = true }, Token));
        await Job.ProveAsync();
        await Job.SwitchAsync();
        Assert.Equal("by_a,events_pkey", await Database.ScalarAsync<string>("SELECT string_agg(c.relname, ',' ORDER BY c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE indrelid = 'd.events'::regclass"));
        Assert.Equal("bigint", await Database.ScalarAsync<string>("SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'd.events'::regclass AND attname = 'id'"));
        Assert.True(await Database.ScalarAsync<bool>("SELECT convalidated AND confrelid = 'd.events'::regclass FROM pg_constraint WHERE conname = 'to_event'"));
        Assert.Empty((await Job.UndoAsync()).Pending);
        Assert.Equal("by_a,by_b,events_pkey", await Database.ScalarAsync<string>("SELECT string_agg(c.relname, ',' ORDER BY c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE indrelid = 'd.events'::regclass"));
    }

    [Theory]
    [InlineData("CREATE MATERIALIZED VIEW d.m AS SELECT a FROM d.events", "d.m")]
    [InlineData("CREATE FUNCTION d.f() RETURNS SETOF d.events LANGUAGE sql AS 'SELECT * FROM d.events'", "d.f()")]
    [InlineData("CREATE TABLE d.kid () INHERITS (d.events)", "inherit")]
    [InlineData("CREATE TABLE d.holds (e d.events)", "holds")]
    [InlineData("CREATE TEMPORARY VIEW v AS SELECT a FROM d.events; SELECT pg_sleep(0)", "temporary")]
    public async Task What_cannot_follow_is_refused_by_name_and_with_a_remedy(string with, string named)
    {
        await Database.ExecuteAsync(Events);
        await using var connection = await Database.OpenAsync();
        await using (var make = new Npgsql.NpgsqlCommand(with, connection)) await make.ExecuteNonQueryAsync(Token);
        var failure = await Assert.ThrowsAsync<EtlException>(() => Job.BuildAsync());
        Assert.Equal(ErrorCode.CannotCarryOver, failure.Code);
        Assert.Contains(named, failure.Message + failure.Remedy, StringComparison.Ordinal);
        Assert.Equal(0L, await Database.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relname = 'events_new'"));
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task A_view_is_locked_alone_and_before_its_table_and_nobody_waits_for_long()
    {
        await Database.ExecuteAsync(Events + "CREATE TABLE d.far (id int); CREATE VIEW d.v AS SELECT e.id FROM d.events e, d.far f WHERE e.id = f.id;");
        await Job.BuildAsync();
        await Job.ProveAsync();
        // A reader of another table behind the view is no obstacle, and no one who waits behind us.
        await using var reader = await Database.OpenAsync();
        await using (var begin = new Npgsql.NpgsqlCommand("BEGIN; SELECT * FROM d.far", reader)) await begin.ExecuteNonQueryAsync(Token);
        var swap = await Job.SwitchAsync();
        Assert.Equal(1, swap.Stall!.Tries);
        await using var again = new Npgsql.NpgsqlCommand("SELECT count(*) FROM d.v", reader);
        Assert.Equal(0L, await again.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task The_owner_needs_no_superuser_and_is_told_before_what_belongs_to_somebody_else()
    {
        await Database.ExecuteAsync(Events + """
            DO $$ BEGIN CREATE ROLE d_owner LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            ALTER SCHEMA d OWNER TO d_owner; ALTER TABLE d.events OWNER TO d_owner; ALTER STATISTICS d.ab OWNER TO d_owner;
            CREATE VIEW d.mine AS SELECT id FROM d.events; ALTER VIEW d.mine OWNER TO d_owner;
            CREATE VIEW d.theirs AS SELECT id FROM d.events;
            """);
        var job = new TableJob(Database, "d.events", Token, "d_owner");
        var failure = await Assert.ThrowsAsync<EtlException>(() => job.BuildAsync());
        Assert.Equal(ErrorCode.CannotCarryOver, failure.Code);
        Assert.Contains("d.theirs", failure.Message, StringComparison.Ordinal);
        await Database.ExecuteAsync("DROP VIEW d.theirs");
        Assert.Empty((await job.ReplaceAsync()).Differences);
        Assert.Empty((await job.UndoAsync()).Differences);
        Assert.Single(await job.RemoveVersionsAsync());
    }
}
