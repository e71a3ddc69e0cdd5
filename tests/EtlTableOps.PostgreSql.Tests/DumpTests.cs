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

    /// <summary>The dump is the same after a switch that declares nothing, after its undo, and after the removal of the versions.</summary>
    private async Task StaysAsync(string table)
    {
        var job = new TableJob(Database, table, Token);
        var before = await DumpAsync();
        var swap = await job.ReplaceAsync();
        Assert.Empty(swap.Differences);
        Assert.Equal(before, await DumpAsync());
        Assert.Empty((await job.UndoAsync()).Differences);
        Assert.Equal(before, await DumpAsync());
        await job.RemoveVersionsAsync();
        Assert.Equal(before, await DumpAsync(versions: true));
    }

    private async Task<IReadOnlyList<string>> DumpAsync(bool versions = false) =>
    [
        .. (await Database.Cluster.DumpAsync(Database.Name))
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
