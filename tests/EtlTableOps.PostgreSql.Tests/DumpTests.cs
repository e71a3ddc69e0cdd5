using EtlTableOps.Errors;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;
using EtlTableOps.Testing;
using Npgsql;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>
/// Promises 4 and 5, with the server's own dump as the judge: whatever this tool does not know of is missing there all the same.
/// </summary>
public sealed class DumpTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private static readonly string[] Views = ["views", "elsewhere"];

    [Fact]
    [Trait("Promise", "5")]
    public async Task Rights_stay_with_whoever_gave_them_and_an_owner_stays_without_what_he_gave_up()
    {
        await Database.ExecuteAsync("""
            DO $$ DECLARE r text; BEGIN FOREACH r IN ARRAY ARRAY['dump_owner', 'dump_first', 'dump_second', 'dump_reader'] LOOP
              BEGIN EXECUTE format('CREATE ROLE %I', r); EXCEPTION WHEN duplicate_object THEN NULL; END; END LOOP; END $$;
            CREATE SCHEMA rights; GRANT ALL ON SCHEMA rights TO dump_owner; GRANT USAGE ON SCHEMA rights TO dump_first, dump_second;
            ALTER DEFAULT PRIVILEGES IN SCHEMA rights GRANT SELECT ON TABLES TO dump_reader;
            ALTER DEFAULT PRIVILEGES IN SCHEMA rights GRANT USAGE ON SEQUENCES TO dump_reader;
            CREATE TABLE rights.events (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, secret text);
            INSERT INTO rights.events (note) SELECT 'n' || i FROM generate_series(1, 50) i;
            ALTER TABLE rights.events OWNER TO dump_owner;
            GRANT ALL ON rights.events TO dump_first WITH GRANT OPTION;
            SET ROLE dump_first;
            GRANT SELECT, UPDATE ON rights.events TO dump_second WITH GRANT OPTION;
            GRANT SELECT (note) ON rights.events TO PUBLIC;
            SET ROLE dump_second;
            GRANT SELECT ON rights.events TO dump_reader;
            RESET ROLE;
            REVOKE TRUNCATE, TRIGGER ON rights.events FROM dump_owner;
            REVOKE USAGE ON SEQUENCE rights.events_id_seq FROM dump_reader;
            GRANT SELECT ON SEQUENCE rights.events_id_seq TO dump_first WITH GRANT OPTION;
            COMMENT ON SEQUENCE rights.events_id_seq IS 'the numbers';
            """);

        await StaysAsync("rights.events");
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task A_partition_keeps_what_it_has_otherwise_than_its_parent()
    {
        await Database.ExecuteAsync("""
            CREATE SCHEMA parts;
            CREATE TABLE parts.events (id int NOT NULL, at date NOT NULL, region text NOT NULL DEFAULT 'eu', note text, amount numeric DEFAULT 1, PRIMARY KEY (id, at, region), CONSTRAINT small CHECK (amount < 1000)) PARTITION BY RANGE (at);
            CREATE TABLE parts.y25 PARTITION OF parts.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (region);
            ALTER TABLE ONLY parts.y25 ALTER note SET DEFAULT 'mid';
            CREATE TABLE parts.y25_eu PARTITION OF parts.y25 FOR VALUES IN ('eu');
            CREATE TABLE parts.y25_rest PARTITION OF parts.y25 DEFAULT;
            ALTER TABLE parts.y25_rest ALTER note DROP DEFAULT;
            CREATE TABLE parts.other (note text DEFAULT 'own', gone int, amount numeric, region text NOT NULL, at date NOT NULL, id int NOT NULL, CONSTRAINT small CHECK (amount < 1000), CONSTRAINT own CHECK (id > 0));
            ALTER TABLE parts.other DROP COLUMN gone;
            ALTER TABLE parts.events ATTACH PARTITION parts.other DEFAULT;
            ALTER TABLE parts.events ALTER note SET STATISTICS 500, ALTER note SET STORAGE EXTERNAL;
            ALTER TABLE parts.y25_eu ALTER note SET STATISTICS 7, ALTER note SET STORAGE MAIN, ALTER id SET (n_distinct = 5);
            COMMENT ON COLUMN parts.y25_eu.note IS 'of the leaf';
            COMMENT ON COLUMN parts.events.note IS 'of the table';
            CREATE INDEX only_above ON ONLY parts.events (note);
            CREATE INDEX some_below ON parts.y25_eu (note);
            CREATE FUNCTION parts.pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
            CREATE TRIGGER passed BEFORE INSERT ON parts.events FOR EACH ROW EXECUTE FUNCTION parts.pass();
            CREATE TRIGGER off BEFORE UPDATE ON parts.events FOR EACH ROW EXECUTE FUNCTION parts.pass();
            ALTER TABLE parts.events DISABLE TRIGGER off;
            ALTER TABLE parts.y25_eu ENABLE ALWAYS TRIGGER passed;
            ALTER TABLE parts.other ENABLE TRIGGER off;
            INSERT INTO parts.events (id, at, region, note) SELECT i, date '2024-06-01' + i * 9, (ARRAY['eu', 'us'])[1 + i % 2], 'n' || i FROM generate_series(1, 90) i;
            """);

        await StaysAsync("parts.events");
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task Foreign_keys_of_partitioned_tables_follow_the_name_in_both_directions()
    {
        await Database.ExecuteAsync("""
            CREATE SCHEMA keys;
            CREATE TABLE keys.events (id int PRIMARY KEY, note text);
            INSERT INTO keys.events SELECT i, 'n' || i FROM generate_series(1, 90) i;
            CREATE TABLE keys.visits (id int NOT NULL, event int, kind text NOT NULL, CONSTRAINT "to event" FOREIGN KEY (event) REFERENCES keys.events ON DELETE CASCADE DEFERRABLE) PARTITION BY RANGE (id);
            CREATE TABLE keys.visits_a PARTITION OF keys.visits FOR VALUES FROM (0) TO (50);
            CREATE TABLE keys.visits_b PARTITION OF keys.visits FOR VALUES FROM (50) TO (100) PARTITION BY LIST (kind);
            CREATE TABLE keys.visits_b_x PARTITION OF keys.visits_b FOR VALUES IN ('x');
            CREATE TABLE keys.visits_b_rest PARTITION OF keys.visits_b DEFAULT;
            ALTER TABLE keys.visits_a ADD CONSTRAINT own FOREIGN KEY (id) REFERENCES keys.events NOT VALID;
            ALTER TABLE keys.visits_b ADD CONSTRAINT middle FOREIGN KEY (id) REFERENCES keys.events;
            COMMENT ON CONSTRAINT "to event" ON keys.visits IS 'which one';
            INSERT INTO keys.visits SELECT i, i, CASE WHEN i % 2 = 0 THEN 'x' ELSE 'y' END FROM generate_series(1, 90) i;
            """);

        await StaysAsync("keys.events");
        await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsync("INSERT INTO keys.visits VALUES (10, 1000, 'x')"));

        // And as the one that refers, from the middle of its own tree.
        await StaysAsync("keys.visits");
        await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsync("INSERT INTO keys.visits VALUES (95, 1, 'x')"));
        Assert.Equal(0L, await Database.ScalarAsync<long>("DELETE FROM keys.events WHERE id = 60; SELECT count(*) FROM keys.visits WHERE id = 60"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Views_over_a_retyped_column_are_made_anew_with_all_that_hangs_on_them_and_on_views_above()
    {
        await Database.ExecuteAsync("""
            DO $$ DECLARE r text; BEGIN FOREACH r IN ARRAY ARRAY['dump_owner', 'dump_first', 'dump_second', 'dump_reader'] LOOP
              BEGIN EXECUTE format('CREATE ROLE %I', r); EXCEPTION WHEN duplicate_object THEN NULL; END; END LOOP; END $$;
            CREATE SCHEMA views; CREATE SCHEMA elsewhere; GRANT ALL ON SCHEMA views TO dump_owner; GRANT USAGE ON SCHEMA views TO dump_first;
            ALTER DEFAULT PRIVILEGES IN SCHEMA views GRANT SELECT ON TABLES TO dump_reader;
            CREATE TABLE views.events (id int PRIMARY KEY, amount int, note varchar(20), kind text);
            INSERT INTO views.events SELECT i, i * 2, 'n' || i, 'k' FROM generate_series(1, 50) i;
            CREATE FUNCTION views.put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO views.events VALUES (NEW.id, NEW.amount); RETURN NEW; END $$;
            CREATE VIEW views.plain AS SELECT id, kind FROM views.events;
            CREATE VIEW views.amounts WITH (security_barrier) AS SELECT id, amount, note FROM views.events WHERE note <> 'n3' WITH LOCAL CHECK OPTION;
            ALTER VIEW views.amounts ALTER COLUMN amount SET DEFAULT 7;
            CREATE TRIGGER put INSTEAD OF INSERT ON views.amounts FOR EACH ROW EXECUTE FUNCTION views.put();
            COMMENT ON TRIGGER put ON views.amounts IS 'puts';
            CREATE VIEW elsewhere.sums AS SELECT note, sum(amount) AS total FROM views.amounts GROUP BY note;
            CREATE VIEW views.top ("No;1", total) AS SELECT p.id, s.total FROM elsewhere.sums s JOIN views.plain p ON true;
            CREATE RULE kept AS ON DELETE TO views.top DO INSTEAD (DELETE FROM views.events WHERE id = OLD."No;1"; SELECT 1);
            COMMENT ON RULE kept ON views.top IS 'keeps';
            CREATE VIEW views.whole AS SELECT id, amount, count(*) FROM views.events GROUP BY id;
            COMMENT ON VIEW views.amounts IS 'the amounts; all'; COMMENT ON COLUMN elsewhere.sums.total IS 'in all';
            REVOKE SELECT ON views.amounts FROM dump_reader;
            GRANT SELECT ON views.amounts TO dump_first WITH GRANT OPTION;
            ALTER VIEW views.amounts OWNER TO dump_owner;
            SET ROLE dump_first; GRANT SELECT (note) ON views.amounts TO dump_second; RESET ROLE;
            REVOKE DELETE ON views.amounts FROM dump_owner;
            """);
        var before = await DumpAsync(Views);
        var job = new TableJob(Database, "views.events", Token);

        var swap = await job.ReplaceAsync(new DeclaredChange { Alter = [new AlteredColumn("amount", "bigint"), new AlteredColumn("note", "varchar(30)")] });

        Assert.Empty(swap.Differences);
        Assert.Equal(
            before.Select(b => b.Replace("amount integer", "amount bigint", StringComparison.Ordinal).Replace("NULL::integer AS amount", "NULL::bigint AS amount", StringComparison.Ordinal).Replace("varying(20)", "varying(30)", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            await DumpAsync(Views));
        Assert.Equal("bigint", await Database.ScalarAsync<string>("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'views.amounts'::regclass AND attname = 'amount'"));
        Assert.Equal(50L, await Database.ScalarAsync<long>("SELECT count(*) FROM views.whole"));

        Assert.Empty((await job.UndoAsync()).Differences);
        Assert.Equal(before, await DumpAsync(Views));
        await job.RemoveVersionsAsync();
        Assert.Equal(before, await DumpAsync(Views, versions: true));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_view_that_does_not_fit_the_new_type_or_cannot_be_made_anew_is_refused_by_name_before_anything_is_built()
    {
        await Database.ExecuteAsync("""
            CREATE SCHEMA unfit;
            CREATE TYPE unfit.state AS ENUM ('on', 'off');
            CREATE TABLE unfit.events (id int PRIMARY KEY, state unfit.state, amount int);
            CREATE VIEW unfit.lit AS SELECT id FROM unfit.events WHERE state = 'on';
            CREATE VIEW unfit.amounts AS SELECT amount FROM unfit.events;
            CREATE MATERIALIZED VIEW unfit.stored AS SELECT sum(amount) FROM unfit.amounts;
            """);
        var before = await DumpAsync(["unfit"]);
        var job = new TableJob(Database, "unfit.events", Token);

        var text = await Assert.ThrowsAsync<EtlException>(() => job.BuildAsync(new DeclaredChange { Alter = [new AlteredColumn("state", "text")] }));
        var stored = await Assert.ThrowsAsync<EtlException>(() => job.BuildAsync(new DeclaredChange { Alter = [new AlteredColumn("amount", "bigint")] }));

        Assert.All([text, stored], e => Assert.Equal(ErrorCode.CannotCarryOver, e.Code));
        Assert.Contains("View unfit.lit", text.Message, StringComparison.Ordinal);
        Assert.Contains("operator does not exist", text.Message, StringComparison.Ordinal);
        Assert.Contains("View unfit.stored", stored.Message, StringComparison.Ordinal);
        Assert.Equal(before, await DumpAsync(["unfit"]));

        // What still compiles is made anew, beside one that does not.
        await job.ReplaceAsync(new DeclaredChange { Alter = [new AlteredColumn("id", "bigint")] });
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_retyped_column_leaves_how_it_was_stored_to_its_new_type_unless_that_is_a_text_as_well()
    {
        await Database.ExecuteAsync("""
            CREATE SCHEMA stored;
            CREATE TABLE stored.events (id int PRIMARY KEY, doc text, note text);
            ALTER TABLE stored.events ALTER doc SET STORAGE EXTERNAL, ALTER doc SET STATISTICS 7, ALTER note SET STORAGE EXTERNAL;
            INSERT INTO stored.events SELECT i, '{}', i::text FROM generate_series(1, 9) i;
            """);

        await new TableJob(Database, "stored.events", Token).ReplaceAsync(new DeclaredChange { Alter = [new AlteredColumn("doc", "varchar(10)"), new AlteredColumn("note", "int")] });

        Assert.Equal("doc e 7, note p -1", await Database.ScalarAsync<string>("SELECT string_agg(attname || ' ' || attstorage::text || ' ' || attstattarget, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'stored.events'::regclass AND attnum > 1"));
    }

    /// <summary>The dump is the same after a switch that declares nothing, after its undo, and after the removal of the versions.</summary>
    private async Task StaysAsync(string table)
    {
        var job = new TableJob(Database, table, Token);
        var schema = table.Split('.')[0];
        var before = await DumpAsync([schema]);
        var swap = await job.ReplaceAsync();
        Assert.Empty(swap.Differences);
        Assert.Equal(before, await DumpAsync([schema]));
        Assert.Empty((await job.UndoAsync()).Differences);
        Assert.Equal(before, await DumpAsync([schema]));
        await job.RemoveVersionsAsync();
        Assert.Equal(before, await DumpAsync([schema], versions: true));
    }

    private async Task<IReadOnlyList<string>> DumpAsync(string[] schemas, bool versions = false) =>
    [
        .. (await Database.Cluster.DumpAsync(Database.Name, schemas))
            // The journal is there to stay, and so is a version until it is dropped.
            .Where(b => !b.StartsWith("etltableops_journal", StringComparison.Ordinal) && !b.Contains("etltableops_journal", StringComparison.Ordinal))
            .Where(b => versions || !(b.Contains("_old_2", StringComparison.Ordinal) || b.Contains("__old_", StringComparison.Ordinal) || b.Contains("etltableops_guard", StringComparison.Ordinal)))
            .Select(Sorted).Order(StringComparer.Ordinal),
    ];

    /// <summary>One object's lines in a fixed order where their order means nothing: rights are listed as they were given.</summary>
    private static string Sorted(string block)
    {
        var lines = block.Split('\n').Where(l => l.Trim() is not ("" or "--") && !l.StartsWith("SET default_t", StringComparison.Ordinal) && !l.StartsWith('\\') && !l.StartsWith("-- PostgreSQL", StringComparison.Ordinal));
        return string.Join('\n', block.Contains("; Type: ACL;", StringComparison.Ordinal) ? lines.Order(StringComparer.Ordinal) : lines);
    }
}
