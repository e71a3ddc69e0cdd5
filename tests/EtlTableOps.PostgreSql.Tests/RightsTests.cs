using EtlTableOps.Errors;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>A right that the exchange needs and the operator lacks is a refusal before the build, not a failure at the switch.</summary>
public sealed class RightsTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private const string Schema = """
        DO $$ DECLARE r text; BEGIN FOREACH r IN ARRAY ARRAY['rights_owner', 'rights_other', 'rights_operator'] LOOP
          BEGIN EXECUTE format('CREATE ROLE %I LOGIN', r); EXCEPTION WHEN duplicate_object THEN NULL; END; END LOOP; END $$;
        GRANT rights_owner TO rights_operator;
        DROP PUBLICATION IF EXISTS of_other;
        DROP SCHEMA IF EXISTS r CASCADE; CREATE SCHEMA r; GRANT ALL ON SCHEMA r TO PUBLIC;
        CREATE TABLE r.users (id int PRIMARY KEY);
        CREATE TABLE r.notes (event int, said text);
        ALTER TABLE r.notes OWNER TO rights_other;
        CREATE TABLE r.events (id int PRIMARY KEY, who int);
        CREATE FUNCTION r.pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        REVOKE EXECUTE ON FUNCTION r.pass() FROM PUBLIC;
        """;

    [Theory]
    [InlineData("CREATE PUBLICATION of_other FOR TABLE r.events", "Publication of_other", "only its owner")]
    [InlineData("ALTER TABLE r.events ADD CONSTRAINT to_user FOREIGN KEY (who) REFERENCES r.users", "ForeignKey to_user", "you may not refer to r.users")]
    [InlineData("ALTER TABLE r.notes ADD CONSTRAINT of_event FOREIGN KEY (event) REFERENCES r.events", "IncomingForeignKey of_event on r.notes", "only the owner of r.notes")]
    [InlineData("CREATE TRIGGER passed BEFORE INSERT ON r.events FOR EACH ROW EXECUTE FUNCTION r.pass()", "Trigger passed", "you may not execute its function r.pass()")]
    [InlineData("CREATE FUNCTION r.many() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM r.events)", "Routine r.many()", "only its owner")]
    [InlineData("CREATE POLICY seen ON r.notes USING (event IN (SELECT id FROM r.events))", "Policy seen on r.notes", "only its owner rights_other")]
    [InlineData("CREATE RULE also AS ON INSERT TO r.notes DO ALSO UPDATE r.events SET who = 1 WHERE id = NEW.event", "Rule also on r.notes", "only its owner rights_other")]
    [InlineData("CREATE VIEW r.seen AS SELECT id FROM r.events; ALTER VIEW r.seen OWNER TO rights_other", "View r.seen", "only its owner rights_other")]
    public async Task What_belongs_to_somebody_else_is_refused_by_name_before_anything_is_built(string hung, string what, string reason)
    {
        await Database.ExecuteAsync(Schema + hung + "; ALTER TABLE r.events OWNER TO rights_owner");
        var before = await Database.Cluster.DumpAsync(Database.Name, "r");

        var e = await Assert.ThrowsAsync<EtlException>(() => new TableJob(Database, "r.events", Token, "rights_operator").BuildAsync());

        Assert.Equal(ErrorCode.CannotCarryOver, e.Code);
        Assert.Contains(what, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.NotEmpty(e.Remedy);
        Assert.Equal(before, await Database.Cluster.DumpAsync(Database.Name, "r"));
    }
}
