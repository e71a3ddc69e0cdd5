using EtlTableOps.Errors;
using EtlTableOps.Shadows;
using EtlTableOps.Testing;
using Npgsql;

namespace EtlTableOps.PostgreSql.Tests;

public sealed class PartitionedTableTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private const string Schema = """
        DO $$ BEGIN CREATE ROLE part_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        DROP PUBLICATION IF EXISTS parts; DROP SCHEMA IF EXISTS p CASCADE; CREATE SCHEMA p; GRANT USAGE ON SCHEMA p TO part_reader;
        CREATE TABLE p.users (id int PRIMARY KEY);
        INSERT INTO p.users SELECT generate_series(1, 20);
        CREATE TABLE p.audit (what text);
        CREATE FUNCTION p.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO p.audit VALUES (TG_NAME || ' ' || TG_OP); RETURN NULL; END $$;
        CREATE TABLE p.events (id bigint NOT NULL, at date NOT NULL, region text NOT NULL DEFAULT 'eu', user_id int CONSTRAINT by_user REFERENCES p.users, amount numeric(10,2) CHECK (amount < 1000000), gross numeric GENERATED ALWAYS AS (amount * 1.19) STORED,
          CONSTRAINT events_pk PRIMARY KEY (id, at, region)) PARTITION BY RANGE (at);
        CREATE TABLE p.events_2025 PARTITION OF p.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') WITH (fillfactor = 70);
        CREATE TABLE p.events_2026 PARTITION OF p.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (region);
        CREATE TABLE p."Events 2026 EU" PARTITION OF p.events_2026 FOR VALUES IN ('eu', 'uk');
        CREATE TABLE p.events_2026_rest PARTITION OF p.events_2026 DEFAULT;
        -- Another order of columns, a check, a default and a dropped column of its own.
        CREATE TABLE p.events_rest (region text NOT NULL DEFAULT 'xx', junk int, at date NOT NULL, id bigint NOT NULL, gross numeric GENERATED ALWAYS AS (amount * 1.19) STORED, user_id int NOT NULL, amount numeric(10,2), CONSTRAINT small CHECK (amount < 900000), CONSTRAINT events_amount_check CHECK (amount < 1000000));
        ALTER TABLE p.events_rest DROP COLUMN junk;
        ALTER TABLE p.events ATTACH PARTITION p.events_rest DEFAULT;
        CREATE INDEX by_user_at ON p.events (user_id, at);
        CREATE UNIQUE INDEX once ON p.events (at, region, id) INCLUDE (user_id);
        CREATE INDEX only_rest ON p.events_rest (amount) WHERE amount > 5;
        CREATE TRIGGER noted AFTER INSERT ON p.events FOR EACH ROW EXECUTE FUNCTION p.note();
        CREATE TRIGGER only_eu AFTER DELETE ON p."Events 2026 EU" FOR EACH ROW EXECUTE FUNCTION p.note();
        CREATE VIEW p.europe AS SELECT * FROM p."Events 2026 EU";
        CREATE VIEW p.totals AS SELECT region, sum(amount) AS amount FROM p.events GROUP BY region;
        GRANT SELECT ON p.events TO part_reader;
        GRANT SELECT ON p.events_2025 TO PUBLIC;
        COMMENT ON TABLE p.events IS 'partitioned';
        COMMENT ON TABLE p.events_2025 IS 'last year';
        CREATE PUBLICATION parts FOR TABLE p.events WITH (publish_via_partition_root);
        INSERT INTO p.events (id, at, region, user_id, amount) SELECT i, date '2024-06-01' + i % 1200, (ARRAY['eu', 'us', 'uk'])[1 + i % 3], 1 + i % 20, i FROM generate_series(1, 5000) i;
        CREATE TABLE p.links (id int PRIMARY KEY, e bigint, at date, region text, CONSTRAINT to_event FOREIGN KEY (e, at, region) REFERENCES p.events);
        INSERT INTO p.links SELECT row_number() OVER (), id, at, region FROM p.events WHERE id <= 100;
        ANALYZE;
        """;

    private TableJob Job => new(Database, "p.events", Token);

    [Fact]
    [Trait("Promise", "5")]
    public async Task A_partitioned_table_is_replaced_with_its_tree_and_all_that_hangs_on_it()
    {
        await Database.ExecuteAsync(Schema);
        var before = await Job.ShapeAsync();
        Assert.DoesNotContain(before.Attachments, a => a.CannotFollow is not null);
        var rows = await ContentAsync();

        var first = await Job.ReplaceAsync();
        Assert.Empty(first.Differences);
        Assert.Equal(TableJob.Lines(before), TableJob.Lines(await Job.ShapeAsync()));
        Assert.Equal(rows, await ContentAsync());
        await LivesAsync();

        Assert.Empty((await Job.UndoAsync()).Differences);
        Assert.Equal(TableJob.Lines(before), TableJob.Lines(await Job.ShapeAsync()));
        await LivesAsync();
        Assert.Empty((await Job.ReplaceAsync()).Differences);
        await Job.RemoveVersionsAsync();
        Assert.Equal(TableJob.Lines(before), TableJob.Lines(await Job.ShapeAsync()));
        await LivesAsync();
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Rows_that_move_between_partitions_while_the_shadow_is_prepared_are_brought_over()
    {
        await Database.ExecuteAsync(Schema);
        await Job.BuildAsync(new DeclaredChange { Where = "id > 10", Add = [new AddedColumn("twice", "numeric", "amount * 2")] });
        await Database.ExecuteAsync("""
            UPDATE p.events SET at = at + 365 WHERE id % 50 = 0 AND NOT EXISTS (SELECT FROM p.links l WHERE l.e = events.id);
            DELETE FROM p.events WHERE id % 70 = 0 AND NOT EXISTS (SELECT FROM p.links l WHERE l.e = events.id);
            INSERT INTO p.events (id, at, user_id, amount) VALUES (9001, '2026-05-05', 3, 1), (9002, '2030-01-01', 3, 1);
            UPDATE p."Events 2026 EU" SET amount = 77 WHERE id % 11 = 0;
            """);
        await Job.SyncAsync();
        await Database.ExecuteAsync("INSERT INTO p.events (id, at, user_id, amount) VALUES (9003, '2025-05-05', 3, 1)");
        var expected = await Database.ScalarAsync<string>("SELECT md5(string_agg(concat_ws('|', id, at, region, user_id, amount, gross, amount * 2), ',' ORDER BY id)) FROM p.events WHERE id > 10");
        // A referenced row that the condition leaves out is seen by the test.
        Assert.False((await Job.TestAsync()).Passed);
        await Database.ExecuteAsync("DELETE FROM p.links WHERE e <= 10");
        await Job.ProveAsync();
        await Job.SwitchAsync();
        Assert.Equal(expected, await Database.ScalarAsync<string>("SELECT md5(string_agg(concat_ws('|', id, at, region, user_id, amount, gross, twice), ',' ORDER BY id)) FROM p.events"));
        Assert.Equal(1L, await Database.ScalarAsync<long>("SELECT count(*) FROM p.events WHERE id = 9003"));
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Emptying_one_partition_or_all_is_followed()
    {
        await Database.ExecuteAsync(Schema);
        await Database.ExecuteAsync("DELETE FROM p.links; ALTER TABLE p.links DROP CONSTRAINT to_event");
        await Job.BuildAsync();
        await Database.ExecuteAsync("TRUNCATE p.events_2026_rest; INSERT INTO p.events (id, at, region, user_id, amount) VALUES (9001, '2026-05-05', 'us', 3, 1)");
        await Job.SyncAsync();
        await Job.ProveAsync();
        await Database.ExecuteAsync("TRUNCATE p.events_2026; INSERT INTO p.events (id, at, region, user_id, amount) VALUES (9002, '2026-05-05', 'us', 3, 1)");
        var rows = await ContentAsync();
        await Job.SwitchAsync();
        Assert.Equal(rows, await ContentAsync());
        Assert.Equal("9002", await Database.ScalarAsync<string>("SELECT string_agg(id::text, ',') FROM p.events_2026"));

        await Database.ExecuteAsync("TRUNCATE p.events; INSERT INTO p.events (id, at, region, user_id, amount) VALUES (9003, '2026-05-05', 'us', 3, 1)");
        await Job.UndoAsync();
        Assert.Equal("9003", await Database.ScalarAsync<string>("SELECT string_agg(id::text, ',') FROM p.events"));
    }

    [Fact]
    public async Task A_partition_by_itself_is_refused_with_a_remedy()
    {
        await Database.ExecuteAsync(Schema);
        var failure = await Assert.ThrowsAsync<EtlException>(() => new TableJob(Database, "p.events_2025", Token).BuildAsync());
        Assert.Equal(ErrorCode.CannotCarryOver, failure.Code);
        Assert.Contains("partitioned table", failure.Remedy, StringComparison.Ordinal);
    }

    private Task<string?> ContentAsync() => Database.ScalarAsync<string>("SELECT md5(string_agg(concat_ws('|', tableoid::regclass, id, at, region, user_id, amount, gross), ',' ORDER BY id)) FROM p.events");

    private async Task LivesAsync()
    {
        await Database.ExecuteAsync("INSERT INTO p.events (id, at, user_id, amount) VALUES (10000, '2026-03-03', 5, 5)");
        Assert.Equal("p.\"Events 2026 EU\"", await Database.ScalarAsync<string>("SELECT tableoid::regclass::text FROM p.events WHERE id = 10000"));
        Assert.Equal(1L, await Database.ScalarAsync<long>("SELECT count(*) FROM p.europe WHERE id = 10000"));
        await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsync("INSERT INTO p.events (id, at, user_id) VALUES (10001, '2026-03-03', 99)"));
        await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsync("INSERT INTO p.links VALUES (10001, 10001, '2026-03-03', 'eu')"));
        await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsync("DELETE FROM p.users WHERE id = 5"));
        await Database.ExecuteAsync("DELETE FROM p.events WHERE id = 10000");
        Assert.Equal("only_eu DELETE", await Database.ScalarAsync<string>("SELECT what FROM p.audit WHERE what LIKE 'only_eu%' LIMIT 1"));
        await Database.ExecuteAsync("DELETE FROM p.audit");
        // On the parent, on the parent's partition that has partitions, and on the four that hold rows.
        Assert.Equal(6L, await Database.ScalarAsync<long>("SELECT count(*) FROM pg_constraint WHERE conname = 'by_user' AND conrelid::regclass::text LIKE 'p.%' AND conrelid::regclass::text NOT LIKE '%\\_old\\_%' AND convalidated"));
    }
}
