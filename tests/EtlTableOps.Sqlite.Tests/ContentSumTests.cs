using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>Promise 4: a computed value and the same value stored have one hash, and any other value has another.</summary>
public sealed class ContentSumTests : TestFile
{
    [Theory]
    [InlineData("INTEGER", "'12'")]
    [InlineData("INTEGER", "12.0")]
    [InlineData("INTEGER", "' 12 '")]
    [InlineData("INTEGER", "'abc'")]
    [InlineData("INTEGER", "12.5")]
    [InlineData("INTEGER", "9223372036854775807")]
    [InlineData("INTEGER", "'9223372036854775808'")]
    [InlineData("INTEGER", "9007199254740993")]
    [InlineData("NUMERIC(10,2)", "'10.50'")]
    [InlineData("NUMERIC", "'1e3'")]
    [InlineData("NUMERIC", "3e15")]
    [InlineData("NUMERIC", "9.2e18")]
    [InlineData("NUMERIC", "1e19")]
    [InlineData("timestamp", "'2026-01-02 03:04:05'")]
    [InlineData("REAL", "5")]
    [InlineData("REAL", "'5'")]
    [InlineData("REAL", "-0.0")]
    [InlineData("REAL", "9007199254740993")]
    [InlineData("REAL", "1e999")]
    [InlineData("REAL", "1e999 - 1e999")]
    [InlineData("TEXT", "12")]
    [InlineData("TEXT", "0.1 + 0.2")]
    [InlineData("TEXT", "1e100")]
    [InlineData("TEXT", "x'414243'")]
    [InlineData("varchar(3)", "'longer'")]
    [InlineData("BLOB", "12")]
    [InlineData("BLOB", "'12'")]
    [InlineData("", "1.0")]
    [InlineData("", "''")]
    [InlineData("BOOLEAN", "1 = 1")]
    [InlineData("ANY", "'12'")]
    [InlineData("INTEGER", "NULL")]
    public async Task A_computed_value_hashes_as_it_is_stored(string type, string expression)
    {
        Run($"CREATE TABLE source (x); INSERT INTO source VALUES (0); CREATE TABLE target (c {type}); INSERT INTO target SELECT {expression} FROM source");
        Assert.Equal(await SumAsync("source", (expression, type)), await SumAsync("target", ("c", type)));
    }

    [Theory]
    [InlineData("'1'", "1")]
    [InlineData("1", "1.5")]
    [InlineData("NULL", "''")]
    [InlineData("NULL", "0")]
    [InlineData("'a'", "'a '")]
    [InlineData("'a'", "x'61'")]
    [InlineData("'a'", "'A'")]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("x'00'", "x'0000'")]
    public async Task Different_values_hash_differently(string a, string b)
    {
        Run($"CREATE TABLE one (c); INSERT INTO one VALUES ({a}); CREATE TABLE two (c); INSERT INTO two VALUES ({b})");
        Assert.NotEqual(await SumAsync("one", ("c", "")), await SumAsync("two", ("c", "")));
    }

    [Fact]
    public async Task Values_exchanged_between_rows_or_columns_show()
    {
        Run("CREATE TABLE one (a, b); INSERT INTO one VALUES (1, 2), (3, 4); CREATE TABLE rows (a, b); INSERT INTO rows VALUES (3, 2), (1, 4); CREATE TABLE columns (a, b); INSERT INTO columns VALUES (2, 1), (3, 4); CREATE TABLE pairs (a, b); INSERT INTO pairs VALUES (1, 2), (3, 4), (3, 4), (3, 4)");
        (string, string)[] columns = [("a", ""), ("b", "")];
        var sums = new List<ContentSum>();
        foreach (var table in new[] { "one", "rows", "columns", "pairs" }) sums.Add(await SumAsync(table, columns));
        Assert.Equal(4, sums.Distinct().Count());
    }

    [Fact]
    public async Task An_empty_table_has_the_empty_sum_and_three_hundred_columns_are_no_problem()
    {
        Run("CREATE TABLE none (a)");
        Assert.Equal(ContentSum.Empty, await SumAsync("none", ("a", "")));
        var names = Enumerable.Range(0, 300).Select(i => $"c{i}").ToList();
        Run($"CREATE TABLE wide ({string.Join(", ", names)}); INSERT INTO wide (c0, c299) VALUES (1, 2)");
        var before = await SumAsync("wide", [.. names.Select(n => (n, ""))]);
        Run("UPDATE wide SET c150 = 7");
        Assert.NotEqual(before, await SumAsync("wide", [.. names.Select(n => (n, ""))]));
    }

    private async Task<ContentSum> SumAsync(string table, params (string Expression, string Type)[] columns)
    {
        var query = new ContentQuery { From = new TableName(null, table), Columns = [.. columns.Select(c => new ContentColumn(new SqlText(c.Expression), c.Type))] };
        return (await Session.QueryAsync(Session.Dialect.ContentSum(query), r => new ContentSum(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)), Token))[0];
    }
}
