using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests.Model;

/// <summary>Types, errors of data, MERGE, the sums of tables (engines.md 1.6, 1.7, 1.8, 1.10).</summary>
public sealed class DataTests : IDisposable
{
    private readonly Account account = new();

    [Theory]
    [InlineData("INSERT INTO t (n) VALUES ('abc')", 100038)]
    [InlineData("INSERT INTO t (n) SELECT 'abc'", 100038)]
    [InlineData("INSERT INTO t (n) VALUES (1000)", 100039)]
    [InlineData("INSERT INTO t (s) VALUES ('four')", 100078)]
    [InlineData("INSERT INTO t (req) VALUES (NULL)", 100072)]
    [InlineData("INSERT INTO t (d) VALUES ('no day')", 100040)]
    [InlineData("INSERT INTO t (at) VALUES ('no time')", 100035)]
    [InlineData("INSERT INTO t (b) VALUES ('maybe')", 100037)]
    [InlineData("INSERT INTO t (d) VALUES (5)", 2023)]
    [InlineData("INSERT INTO t (n, s) VALUES (1)", 2020)]
    [InlineData("INSERT INTO t (n) VALUES (1 / 0)", 100051)]
    [InlineData("UPDATE t SET req = NULL", 100072)]
    [InlineData("SELECT nothing FROM t", 904)]
    [InlineData("SELECT n FROM t GROUP BY s", 979)]
    [InlineData("SELECT * FROM nowhere", 2003)]
    [InlineData("SELECT * FROM t WHERE", 1003)]
    [InlineData("SELECT 1; SELECT 2", 8)]
    [InlineData("CREATE TABLE t (x integer)", 2002)]
    [InlineData("DROP TABLE nowhere", 2003)]
    [InlineData("CREATE INDEX i ON t (n)", 2)]
    [InlineData("CREATE TABLE u (x integer CHECK (x > 0))", 2)]
    public void Wrong_statements_fail_with_their_codes_and_change_nothing(string sql, int code)
    {
        account.Run("CREATE TABLE t (n number(3,0), s varchar(3), req integer NOT NULL DEFAULT 7, d date, at timestamp, b boolean)");
        account.Run("INSERT INTO t (n) VALUES (1)");
        account.Fails(code, sql);
        Assert.Equal(["1 | ∅ | 7 | ∅ | ∅ | ∅"], account.Rows("SELECT * FROM t"));
    }

    [Fact]
    public void Keys_are_not_enforced()
    {
        account.Run("CREATE TABLE t (id integer PRIMARY KEY, u integer UNIQUE)");
        account.Run("INSERT INTO t VALUES (1, 1), (1, 1)");
        Assert.Equal("2", account.One("SELECT COUNT(*) FROM t"));
        account.Fails(100072, "INSERT INTO t (u) VALUES (1)");
    }

    [Fact]
    public void Names_fold_to_upper_case_and_quoted_ones_do_not()
    {
        account.Run("CREATE TABLE \"Mixed\" (\"a b\" integer, plain integer)");
        account.Run("INSERT INTO \"Mixed\" (\"a b\", PLAIN) VALUES (1, 2)");
        Assert.Equal(["1 | 2"], account.Rows("SELECT \"a b\", Plain FROM \"Mixed\""));
        account.Fails(2003, "SELECT * FROM mixed");
        account.Fails(904, "SELECT \"plain\" FROM \"Mixed\"");
    }

    [Fact]
    public void The_sum_of_a_table_knows_types_nulls_and_duplicates_and_no_order_of_rows()
    {
        string Sum(string values, string columns = "*") => account.One($"SELECT HASH_AGG({columns}) FROM VALUES {values}")!;
        Assert.Equal(Sum("(1, 'a'), (2, 'b')"), Sum("(2, 'b'), (1, 'a')"));
        Assert.NotEqual(Sum("(1, 'a'), (2, 'b')"), Sum("(1, 'b'), (2, 'a')"));
        Assert.NotEqual(Sum("('10')"), Sum("(10)"));
        Assert.Equal(Sum("(10)"), Sum("(10.00)"));
        Assert.Equal(Sum("(10)"), Sum("(1e1)"));
        Assert.NotEqual(Sum("(1), (1)"), Sum("(1)"));
        Assert.NotEqual(Sum("(NULL, 1)"), Sum("(1, NULL)"));
        Assert.NotEqual(Sum("(1), (2)", "column1, 1"), Sum("(1), (2)", "1, column1"));
        Assert.Equal("0", account.One("SELECT HASH_AGG(x) FROM (SELECT 1 AS x) WHERE x = 2"));
        Assert.Equal("0", account.One("SELECT HASH_AGG(NULL) - HASH_AGG(NULL)"));
        Assert.NotEqual("0", account.One("SELECT HASH_AGG(NULL)"));
        Assert.Equal(account.One("SELECT SUM(HASH(x, 'k')) FROM (SELECT 1 AS x UNION ALL SELECT 2)"), account.One("SELECT HASH(2, 'k') + HASH(1, 'k')"));
    }

    [Fact]
    public void A_merge_updates_deletes_and_inserts_at_once()
    {
        account.Run("CREATE TABLE t (k integer, v text)");
        account.Run("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
        var result = account.Run("""
            MERGE INTO t USING (SELECT column1 AS k, column2 AS v, column3 AS gone FROM VALUES (1, 'x', FALSE), (2, NULL, TRUE), (4, 'n', FALSE), (5, 'never', TRUE)) AS s ON t.k = s.k
            WHEN MATCHED AND s.gone THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED AND NOT s.gone THEN INSERT (k, v) VALUES (s.k, s.v)
            """);
        Assert.Equal((3, StatementTypes.Merge), (result.Affected, result.StatementType));
        Assert.Equal(["1 | x", "3 | c", "4 | n"], account.Rows("SELECT * FROM t ORDER BY k"));
    }

    [Fact]
    public void Two_source_rows_for_one_row_are_an_error_and_unmatched_ones_are_all_inserted()
    {
        account.Run("CREATE TABLE t (k integer, v integer)");
        account.Run("INSERT INTO t VALUES (1, 0)");
        const string Merge = "MERGE INTO t USING (SELECT column1 AS k, column2 AS v FROM VALUES {0}) AS s ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.k, s.v)";
        account.Fails(100090, Merge.Replace("{0}", "(1, 1), (1, 2)", StringComparison.Ordinal));
        Assert.Equal(["1 | 0"], account.Rows("SELECT * FROM t"));
        account.Run(Merge.Replace("{0}", "(7, 1), (7, 2)", StringComparison.Ordinal));
        Assert.Equal("2", account.One("SELECT COUNT(*) FROM t WHERE k = 7"));
    }

    [Fact]
    public void Types_change_only_where_the_server_lets_them()
    {
        account.Run("CREATE TABLE t (s varchar(5), n number(5,2))");
        account.Run("INSERT INTO t VALUES ('abcde', 123.45)");
        account.Run("ALTER TABLE t ALTER COLUMN s SET DATA TYPE varchar(10)");
        account.Run("ALTER TABLE t ALTER COLUMN n SET DATA TYPE number(10,2)");
        account.Fails(40052, "ALTER TABLE t ALTER COLUMN s SET DATA TYPE varchar(3)");
        account.Fails(40052, "ALTER TABLE t ALTER COLUMN n SET DATA TYPE number(10,4)");
        account.Fails(40052, "ALTER TABLE t ALTER COLUMN n SET DATA TYPE varchar");
        Assert.Equal(["abcde | 123.45"], account.Rows("SELECT * FROM t"));
    }

    [Fact]
    public void An_added_column_has_its_default_in_old_rows()
    {
        account.Run("CREATE TABLE t (id integer)");
        account.Run("INSERT INTO t VALUES (1)");
        account.Fails(2202, "ALTER TABLE t ADD COLUMN must integer NOT NULL");
        account.Run("ALTER TABLE t ADD COLUMN source text NOT NULL DEFAULT 'web', COLUMN note text");
        account.Run("INSERT INTO t (id) VALUES (2)");
        Assert.Equal(["1 | web | ∅", "2 | web | ∅"], account.Rows("SELECT * FROM t ORDER BY id"));
        account.Run("ALTER TABLE t DROP COLUMN source, note");
        Assert.Equal(["1", "2"], account.Rows("SELECT * FROM t ORDER BY id"));
    }

    [Theory]
    [InlineData("SELECT '12'::NUMBER(5,2) + 1", "13.00")]
    [InlineData("SELECT TRY_CAST('x' AS integer)", "∅")]
    [InlineData("SELECT 7 / 2", "3.500000")]
    [InlineData("SELECT 'a' || NULL", "∅")]
    [InlineData("SELECT COALESCE(NULL, 5) || 'x'", "5x")]
    [InlineData("SELECT IFF(1 > 2, 'y', 'n')", "n")]
    [InlineData("SELECT CASE WHEN NULL THEN 1 ELSE 2 END", "2")]
    [InlineData("SELECT UPPER('ä') || LOWER('B') || LENGTH('🐦x')", "Äb2")]
    [InlineData("SELECT 'a_c' LIKE 'a\\\\_c' ESCAPE '\\\\'", "true")]
    [InlineData("SELECT 'ABC' ILIKE 'a%'", "true")]
    [InlineData("SELECT 5 BETWEEN 1 AND 5 AND 3 NOT IN (1, 2)", "true")]
    [InlineData("SELECT NULL IN (1, 2)", "∅")]
    [InlineData("SELECT DATE_PART(EPOCH_NANOSECOND, TO_TIMESTAMP_LTZ(1700000000123456789, 9))", "1700000000123456789")]
    [InlineData("SELECT DATE_TRUNC('month', '2024-02-29 10:11:12'::timestamp)::date", "2024-02-01")]
    [InlineData("SELECT YEAR('2024-02-29'::date) + DATEDIFF(day, '2024-02-28'::date, '2024-03-01'::date)", "2026")]
    [InlineData("SELECT PARSE_JSON('{\"a\":{\"b\":[1,2]}}'):a.b[1]::integer", "2")]
    [InlineData("SELECT TO_VARCHAR('2024-02-29 10:11:12'::timestamp, 'YYYY-MM-DD\"T\"HH24:MI:SS')", "2024-02-29T10:11:12")]
    [InlineData("SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 7))", "7")]
    [InlineData("SELECT x FROM (SELECT column1 AS x, column2 AS y FROM VALUES (1, 'b'), (2, 'a')) QUALIFY ROW_NUMBER() OVER (ORDER BY y) = 1", "2")]
    [InlineData("WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT x + y FROM a JOIN b ON a.x < b.y", "3")]
    [InlineData("SELECT COUNT(*) FROM (SELECT 1 AS x MINUS SELECT 1)", "0")]
    [InlineData("SELECT LISTAGG(column1, ',') WITHIN GROUP (ORDER BY column1 DESC) FROM VALUES (1), (3), (2)", "3,2,1")]
    [InlineData("SELECT COUNT(*) FROM (SELECT column1 AS k FROM VALUES (1), (2), (3)) AS a WHERE EXISTS (SELECT 1 FROM two AS b WHERE b.k = a.k AND b.v > a.k)", "1")]
    [InlineData("SELECT COUNT(*) FROM (SELECT column1 AS k FROM VALUES (1), (2), (3)) AS a WHERE NOT EXISTS (SELECT 1 FROM two AS b WHERE b.k = a.k)", "1")]
    [InlineData("SELECT COUNT(*) FROM two AS a WHERE k IN (SELECT b.k FROM two AS b WHERE b.v > a.k)", "1")]
    [InlineData("SELECT COUNT(*) FROM two WHERE k NOT IN (SELECT column1 FROM VALUES (1), (NULL))", "0")]
    [InlineData("SELECT SUM((SELECT MAX(b.v) FROM two AS b WHERE b.k = a.k)) FROM two AS a", "11")]
    [InlineData("SELECT GREATEST(0, (SELECT COUNT_IF(column1 > 1) FROM VALUES (1), (2), (3)) - 5)", "0")]
    public void Expressions_give_what_the_server_gives(string sql, string expected)
    {
        account.Run("CREATE TABLE two (k integer, v integer)");
        account.Run("INSERT INTO two VALUES (1, 10), (2, 1)");
        Assert.Equal(expected, account.Rows(sql)[0]);
    }

    public void Dispose() => account.Dispose();
}
