namespace EtlTableOps.Snowflake.Tests.Model;

/// <summary>SHOW, DESCRIBE and the information schema.</summary>
public sealed class CatalogTests : IDisposable
{
    private readonly Account account = new();

    public CatalogTests()
    {
        account.Run("CREATE TABLE parent (a integer, b text, PRIMARY KEY (b, a))");
        account.Run("CREATE TRANSIENT TABLE t (id integer IDENTITY START 5 INCREMENT 2 ORDER, amount number(10,2) NOT NULL DEFAULT 1.5, note varchar(20) COLLATE 'en-ci' COMMENT 'n', pb text, pa integer, CONSTRAINT one UNIQUE (note), FOREIGN KEY (pb, pa) REFERENCES parent)");
    }

    [Fact]
    public void Describe_tells_columns()
    {
        Assert.Equal(["ID | NUMBER(38,0) | COLUMN | N | IDENTITY START 5 INCREMENT 2 ORDER | N | N", "AMOUNT | NUMBER(10,2) | COLUMN | N | 1.5 | N | N", "NOTE | VARCHAR(20) COLLATE 'en-ci' | COLUMN | Y | ∅ | N | Y"],
            account.Rows("DESCRIBE TABLE \"S1\".\"T\"").Take(3).Select(l => string.Join(" | ", l.Split(" | ").Take(7))));
        account.Run("INSERT INTO t (note) VALUES ('a'), ('b')");
        Assert.Equal(["5", "7"], account.Rows("SELECT id FROM t ORDER BY id"));
    }

    [Fact]
    public void Keys_are_listed_with_their_order()
    {
        Assert.Equal(["B", "A"], account.Column("column_name", "SHOW PRIMARY KEYS IN TABLE parent"));
        Assert.Equal(["ONE"], account.Column("constraint_name", "SHOW UNIQUE KEYS IN TABLE t"));
        Assert.Equal(["PB", "PA"], account.Column("fk_column_name", "SHOW IMPORTED KEYS IN TABLE t"));
        Assert.Equal(["B", "A"], account.Column("pk_column_name", "SHOW EXPORTED KEYS IN TABLE parent"));
    }

    [Fact]
    public void A_foreign_key_stays_with_its_parent_at_a_swap()
    {
        account.Run("CREATE TABLE parent_new LIKE parent");
        account.Run("ALTER TABLE parent SWAP WITH parent_new");
        Assert.Equal(["PARENT_NEW", "PARENT_NEW"], account.Column("pk_table_name", "SHOW IMPORTED KEYS IN TABLE t"));
    }

    [Theory]
    [InlineData("t", 1)]
    [InlineData("T", 1)]
    [InlineData("%", 2)]
    [InlineData("par_nt", 1)]
    [InlineData("par\\\\_nt", 0)]
    public void Like_ignores_case_and_knows_wildcards(string pattern, int found) => Assert.Equal(found, account.Rows($"SHOW TABLES LIKE '{pattern}' IN SCHEMA \"S1\"").Count);

    [Fact]
    public void Show_tells_the_kind_and_the_rest_of_a_table()
    {
        account.Model.Table("PARENT").IsHybrid = true;
        Assert.Equal(["TABLE", "TRANSIENT"], account.Column("kind", "SHOW TABLES"));
        Assert.Equal(["Y", "N"], account.Column("is_hybrid", "SHOW TABLES"));
        account.Run("CREATE VIEW v AS SELECT amount FROM t");
        Assert.Equal(["TABLE", "TRANSIENT", "VIEW"], account.Column("kind", "SHOW OBJECTS IN SCHEMA s1"));
        Assert.Equal(["CREATE VIEW v AS SELECT amount FROM t"], account.Column("text", "SHOW VIEWS LIKE 'V' IN DATABASE"));
    }

    [Fact]
    public void Dependents_of_all_kinds_are_listed()
    {
        account.Run("CREATE STREAM s ON TABLE t APPEND_ONLY = TRUE COMMENT = 'c'");
        account.Run("CREATE TASK job WAREHOUSE = wh SCHEDULE = '5 MINUTE' AS INSERT INTO t (amount) SELECT 1");
        account.Run("CREATE STAGE st");
        account.Run("CREATE PIPE p AUTO_INGEST = TRUE AS COPY INTO t FROM @st");
        account.Run("CREATE DYNAMIC TABLE d TARGET_LAG = '1 hour' WAREHOUSE = wh AS SELECT amount FROM t");
        account.Run("CREATE MATERIALIZED VIEW m AS SELECT amount FROM t");
        Assert.Equal(["DB1.S1.T"], account.Column("table_name", "SHOW STREAMS IN DATABASE"));
        Assert.Equal(["APPEND_ONLY"], account.Column("mode", "SHOW STREAMS IN DATABASE"));
        Assert.Equal(["INSERT INTO t (amount) SELECT 1"], account.Column("definition", "SHOW TASKS IN DATABASE"));
        Assert.Equal(["COPY INTO t FROM @st"], account.Column("definition", "SHOW PIPES IN DATABASE"));
        Assert.Equal(["SELECT amount FROM t"], account.Column("text", "SHOW DYNAMIC TABLES IN DATABASE"));
        Assert.Equal(["false"], account.Column("invalid", "SHOW MATERIALIZED VIEWS IN DATABASE"));
    }

    [Fact]
    public void Policies_and_tags_are_told_by_the_information_schema()
    {
        account.Run("CREATE TAG cost");
        account.Run("CREATE ROW ACCESS POLICY p AS (x integer, y text) RETURNS BOOLEAN -> TRUE");
        account.Run("CREATE MASKING POLICY m AS (v text, k integer) RETURNS text -> v");
        account.Run("ALTER TABLE t ADD ROW ACCESS POLICY p ON (id, note)");
        account.Run("ALTER TABLE t ALTER COLUMN pb SET MASKING POLICY m USING (pb, id)");
        account.Run("ALTER TABLE t SET TAG cost = 'low'");
        account.Run("ALTER TABLE t ALTER COLUMN note SET TAG cost = 'high'");
        Assert.Equal(["P | ROW_ACCESS_POLICY | ∅ | [ \"ID\", \"NOTE\" ]", "M | MASKING_POLICY | PB | [ \"PB\", \"ID\" ]"],
            account.Rows("SELECT POLICY_NAME, POLICY_KIND, REF_COLUMN_NAME, REF_ARG_COLUMN_NAMES FROM TABLE(\"DB1\".INFORMATION_SCHEMA.POLICY_REFERENCES(REF_ENTITY_NAME => '\"DB1\".\"S1\".\"T\"', REF_ENTITY_DOMAIN => 'TABLE'))"));
        Assert.Equal(["COST | low | TABLE | ∅", "COST | high | COLUMN | NOTE"],
            account.Rows("SELECT TAG_NAME, TAG_VALUE, LEVEL, COLUMN_NAME FROM TABLE(INFORMATION_SCHEMA.TAG_REFERENCES_ALL_COLUMNS('\"DB1\".\"S1\".\"T\"', 'TABLE'))"));
        Assert.Equal(["low"], account.Rows("SELECT TAG_VALUE FROM TABLE(INFORMATION_SCHEMA.TAG_REFERENCES('T', 'TABLE'))"));
    }

    [Fact]
    public void A_result_of_show_can_be_read_again()
    {
        account.Run("SHOW TABLES");
        Assert.Equal(["PARENT", "T"], account.Rows("SELECT \"name\" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) ORDER BY 1"));
    }

    [Fact]
    public void Parameters_tell_where_their_value_is_from()
    {
        Assert.Equal(["false"], account.Column("value", "SHOW PARAMETERS LIKE 'QUOTED_IDENTIFIERS_IGNORE_CASE' IN SESSION"));
        account.Run("ALTER SESSION SET TIMEZONE = 'UTC'");
        Assert.Equal(["SESSION"], account.Column("level", "SHOW PARAMETERS LIKE 'TIMEZONE'"));
        account.Fails(1006, "ALTER SESSION SET NO_SUCH_THING = 1");
    }

    public void Dispose() => account.Dispose();
}
