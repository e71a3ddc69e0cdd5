namespace EtlTableOps.Snowflake.Tests.Model;

/// <summary>CREATE TABLE by LIKE, CLONE and a query: what each carries over and what not (engines.md 1.2).</summary>
public sealed class CopyTests : IDisposable
{
    private readonly Account account = new();

    public CopyTests()
    {
        account.Run("CREATE ROLE READER");
        account.Run("CREATE ROLE WRITER");
        account.Run("CREATE TABLE parent (k integer PRIMARY KEY)");
        account.Run("CREATE SEQUENCE seq START = 100");
        account.Run("CREATE TAG cost");
        account.Run("CREATE ROW ACCESS POLICY only_even AS (x integer) RETURNS BOOLEAN -> x % 2 = 0");
        account.Run("CREATE MASKING POLICY stars AS (v text) RETURNS text -> '***'");
        account.Run("CREATE TABLE t (id integer DEFAULT seq.NEXTVAL PRIMARY KEY, secret text COMMENT 'hidden', k integer REFERENCES parent (k)) CLUSTER BY (id) COMMENT = 'the table' DATA_RETENTION_TIME_IN_DAYS = 5");
        account.Run("INSERT INTO t (id, secret) VALUES (1, 'a'), (2, 'b')");
        account.Run("ALTER TABLE t ADD ROW ACCESS POLICY only_even ON (id)");
        account.Run("ALTER TABLE t ALTER COLUMN secret SET MASKING POLICY stars");
        account.Run("ALTER TABLE t SET TAG cost = 'high'");
        account.Run("ALTER TABLE t ADD SEARCH OPTIMIZATION");
        account.Run("GRANT SELECT ON TABLE t TO ROLE READER WITH GRANT OPTION");
        account.Run("GRANT INSERT ON FUTURE TABLES IN SCHEMA s1 TO ROLE WRITER");
    }

    [Fact]
    public void A_clone_keeps_rows_policies_tags_and_a_suspended_clustering_key()
    {
        account.Run("CREATE TABLE c CLONE t COPY GRANTS");
        var clone = account.Model.Table("C");
        Assert.Equal((2, "DB1.S1.ONLY_EVEN", "DB1.S1.STARS"), (clone.RowCount, clone.RowAccessPolicy, clone.Columns[1].MaskingPolicy));
        Assert.Equal(("high", "id", false, true, "the table", 5), (clone.Tags["DB1.S1.COST"], clone.ClusterBy, clone.Clustering, clone.SearchOptimization, clone.Comment, clone.Retention));
        Assert.Same(account.Model.Table("PARENT"), clone.Constraints.Find(c => c.Kind == "FOREIGN KEY")!.Parent);
        account.Run("INSERT INTO c (secret) VALUES ('n')");
        Assert.Equal(["100"], account.Column("K", "SELECT MAX(id) AS k FROM c"));
        var grant = Assert.Single(clone.Grants);
        Assert.Equal(("SELECT", "READER", true), (grant.Privilege, grant.Grantee, grant.GrantOption));
    }

    [Fact]
    public void Future_grants_come_without_copy_grants_only()
    {
        account.Run("CREATE TABLE c CLONE t");
        Assert.Equal(["INSERT WRITER"], account.Model.Table("C").Grants.Select(g => $"{g.Privilege} {g.Grantee}"));
        account.Run("CREATE TABLE d LIKE t COPY GRANTS");
        Assert.Equal(["SELECT READER"], account.Model.Table("D").Grants.Select(g => $"{g.Privilege} {g.Grantee}"));
    }

    [Fact]
    public void Like_takes_structure_and_neither_rows_nor_the_row_access_policy()
    {
        account.Run("CREATE TABLE l LIKE t");
        var like = account.Model.Table("L");
        Assert.Equal((0, null, false, null), (like.RowCount, like.RowAccessPolicy, like.SearchOptimization, like.TrackedSince));
        Assert.Equal(("id", true, "the table"), (like.ClusterBy, like.Clustering, like.Comment));
        Assert.Equal(["FOREIGN KEY", "PRIMARY KEY"], like.Constraints.Select(c => c.Kind).Order());
        Assert.Equal("hidden", like.Columns[1].Comment);
    }

    [Fact]
    public void A_query_makes_a_table_of_what_the_role_sees_and_nothing_else()
    {
        account.Run("CREATE TABLE q AS SELECT * FROM t");
        Assert.Equal(["2 | *** | ∅"], account.Rows("SELECT * FROM q"));
        var made = account.Model.Table("Q");
        Assert.Equal(("", "", null), (made.ClusterBy, made.Comment, made.RowAccessPolicy));
        Assert.Empty(made.Constraints);
    }

    [Fact]
    public void Row_access_policies_hide_rows_from_every_sum()
    {
        Assert.Equal("1 | 2", account.Rows("SELECT COUNT(*), MAX(id) FROM t")[0]);
        account.Run("ALTER TABLE t DROP ROW ACCESS POLICY only_even");
        Assert.Equal("2 | 2", account.Rows("SELECT COUNT(*), MAX(id) FROM t")[0]);
    }

    [Fact]
    public void A_clone_of_a_time_has_that_times_rows_and_columns_and_todays_comment()
    {
        var then = account.Now();
        account.Run("DELETE FROM t");
        account.Run("ALTER TABLE t ADD COLUMN later integer");
        account.Run("COMMENT ON TABLE t IS 'newer'");
        account.Run($"CREATE TABLE c CLONE t AT (TIMESTAMP => {then})");
        var clone = account.Model.Table("C");
        Assert.Equal(["ID", "SECRET", "K"], clone.Columns.Select(c => c.Name));
        Assert.Equal("newer", clone.Comment);
        Assert.Equal(2, clone.RowCount);
    }

    [Fact]
    public void A_clone_writes_on_its_own()
    {
        account.Run("CREATE TABLE c CLONE t");
        account.Run("UPDATE c SET k = 7");
        Assert.Equal("0", account.One("SELECT COUNT(*) FROM t WHERE k = 7"));
    }

    [Fact]
    public void Replacing_copies_the_grants_of_the_table_that_goes()
    {
        account.Run("CREATE TABLE other (id integer)");
        account.Run("CREATE STREAM s ON TABLE t");
        account.Run("CREATE OR REPLACE TABLE t CLONE other COPY GRANTS");
        Assert.Equal(["SELECT READER"], account.Model.Table("T").Grants.Select(g => $"{g.Privilege} {g.Grantee}"));
        Assert.Equal(["true"], account.Column("stale", "SHOW STREAMS"));
    }

    [Fact]
    public void What_is_dropped_can_be_taken_back()
    {
        account.Run("DROP TABLE t");
        account.Fails(2003, "SELECT * FROM t");
        account.Run("UNDROP TABLE t");
        Assert.Equal("the table", account.Model.Table("T").Comment);
    }

    public void Dispose() => account.Dispose();
}
