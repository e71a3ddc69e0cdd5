using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests;

/// <summary>The model's SWAP: names change places, nothing else does (engines.md 1.1).</summary>
public sealed class SwapTests : IDisposable
{
    private readonly Account account = new();

    public SwapTests()
    {
        account.Run("CREATE ROLE READER");
        account.Run("CREATE TABLE t (id integer PRIMARY KEY, v text) CLUSTER BY (id) COMMENT = 'live' CHANGE_TRACKING = TRUE");
        account.Run("CREATE TABLE t_new (id integer PRIMARY KEY, v text, more integer)");
        account.Run("INSERT INTO t VALUES (1, 'old')");
        account.Run("INSERT INTO t_new VALUES (1, 'new', 7), (2, 'new', 8)");
        account.Run("GRANT SELECT ON TABLE t TO ROLE READER");
    }

    [Fact]
    public void Only_the_names_change_places()
    {
        var (live, shadow) = (account.Model.Table("T"), account.Model.Table("T_NEW"));
        account.Run("ALTER TABLE \"S1\".\"T\" SWAP WITH \"S1\".\"T_NEW\"");
        Assert.Same(shadow, account.Model.Table("T"));
        Assert.Same(live, account.Model.Table("T_NEW"));
        Assert.Equal(["1 | new | 7", "2 | new | 8"], account.Rows("SELECT * FROM t ORDER BY id"));
        Assert.Equal(["1 | old"], account.Rows("SELECT * FROM t_new"));
        Assert.Equal(["", "live"], account.Column("comment", "SHOW TABLES LIKE 'T%' IN SCHEMA \"S1\""));
        Assert.Equal(["", "LINEAR(id)"], account.Column("cluster_by", "SHOW TABLES LIKE 'T%'"));
        Assert.Equal(["OFF", "ON"], account.Column("change_tracking", "SHOW TABLES LIKE 'T%'"));
        Assert.Equal(["OWNERSHIP"], account.Column("privilege", "SHOW GRANTS ON TABLE t"));
        Assert.Equal(["OWNERSHIP", "SELECT"], account.Column("privilege", "SHOW GRANTS ON TABLE t_new"));
    }

    [Fact]
    public void The_creation_travels_with_the_object()
    {
        var before = account.Column("created_on", "SHOW TABLES LIKE 'T'").Concat(account.Column("created_on", "SHOW TABLES LIKE 'T_NEW'")).ToList();
        account.Run("ALTER TABLE t SWAP WITH t_new");
        Assert.Equal(before, account.Column("created_on", "SHOW TABLES LIKE 'T_NEW'").Concat(account.Column("created_on", "SHOW TABLES LIKE 'T'")));
    }

    [Fact]
    public void A_second_swap_takes_the_first_one_back()
    {
        account.Run("ALTER TABLE t SWAP WITH t_new");
        account.Run("ALTER TABLE t SWAP WITH t_new");
        Assert.Equal("live", account.Model.Table("T").Comment);
    }

    [Fact]
    public void Streams_go_stale_and_materialized_views_are_suspended()
    {
        account.Run("CREATE STREAM s ON TABLE t");
        account.Run("CREATE MATERIALIZED VIEW mv AS SELECT id FROM t");
        account.Run("CREATE VIEW plain AS SELECT id FROM t");
        account.Run("ALTER TABLE t SWAP WITH t_new");
        Assert.Equal(["true"], account.Column("stale", "SHOW STREAMS IN DATABASE"));
        Assert.Equal(["true"], account.Column("invalid", "SHOW MATERIALIZED VIEWS IN DATABASE"));
        Assert.Throws<ModelError>(() => account.Run("SELECT * FROM s"));
        Assert.Throws<ModelError>(() => account.Run("SELECT * FROM mv"));
        Assert.Equal(["1", "2"], account.Rows("SELECT * FROM plain ORDER BY id"));
    }

    [Fact]
    public void A_rename_leaves_streams_alone()
    {
        account.Run("CREATE STREAM s ON TABLE t");
        account.Run("ALTER TABLE t RENAME TO t_old");
        account.Run("INSERT INTO t_old VALUES (2, 'x')");
        Assert.Equal(["2 | x | INSERT | false"], account.Rows("SELECT id, v, METADATA$ACTION, METADATA$ISUPDATE FROM s"));
    }

    [Fact]
    public void A_view_with_a_star_fails_after_the_columns_changed()
    {
        account.Run("CREATE VIEW star AS SELECT * FROM t");
        account.Run("ALTER TABLE t SWAP WITH t_new");
        account.Fails(2057, "SELECT * FROM star");
    }

    [Fact]
    public void The_past_belongs_to_the_object()
    {
        var before = account.Now();
        account.Run("UPDATE t SET v = 'newer'");
        account.Run("ALTER TABLE t SWAP WITH t_new");
        Assert.Equal(["new", "new"], account.Rows($"SELECT v FROM t AT (TIMESTAMP => {before})"));
        Assert.Equal(["old"], account.Rows($"SELECT v FROM t_new AT (TIMESTAMP => {before})"));
    }

    [Fact]
    public void It_needs_ownership_of_both()
    {
        var other = account.Model.OpenSession(role: "R1");
        Account.Fails(other, 2003, "ALTER TABLE t SWAP WITH t_new");
        account.Run("GRANT SELECT ON TABLE t TO ROLE R1");
        Account.Fails(other, 3001, "ALTER TABLE t SWAP WITH t_new");
    }

    [Fact]
    public void A_temporary_table_cannot_take_part()
    {
        account.Run("CREATE TEMPORARY TABLE temp_t (id integer)");
        account.Fails(1421, "ALTER TABLE t SWAP WITH temp_t");
    }

    [Fact]
    public void A_statement_that_was_compiled_before_writes_into_the_old_object()
    {
        account.Model.Faults = m =>
        {
            if (m.Time != FaultTime.BeforeCommit || !m.Sql.StartsWith("INSERT", StringComparison.Ordinal)) return null;
            account.Model.Faults = null;
            Account.Run(account.Model.OpenSession(), "ALTER TABLE t SWAP WITH t_new");
            return null;
        };
        account.Run("INSERT INTO t (id, v) VALUES (9, 'late')");
        Assert.Equal("0", account.One("SELECT COUNT(*) FROM t WHERE id = 9"));
        Assert.Equal("1", account.One("SELECT COUNT(*) FROM t_new WHERE id = 9"));
    }

    public void Dispose() => account.Dispose();
}
