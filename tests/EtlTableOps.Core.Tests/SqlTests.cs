using EtlTableOps.Engines;
using EtlTableOps.Tables;
using FsCheck;
using FsCheck.Fluent;

namespace EtlTableOps.Core.Tests;

public sealed class SqlTests
{
    private static readonly ISqlQuoting Quoting = new StandardQuoting();

    [Fact]
    public void Each_part_of_a_statement_quotes_itself()
    {
        var sql = Sql.Write(Quoting, $"INSERT INTO {new TableName("my schema", "t\"x")} ({new[] { new Id("a"), new Id("b c") }}) SELECT {new SqlText("1+1")}, {new SqlLiteral("it's")} LIMIT {5}");
        Assert.Equal("INSERT INTO \"my schema\".\"t\"\"x\" (\"a\", \"b c\") SELECT 1+1, 'it''s' LIMIT 5", sql.Text);
        Assert.Empty(sql.Parameters);
    }

    [Fact]
    public void A_parameter_stands_by_name_and_travels_beside_once()
    {
        var id = new SqlParameter("id", "x' OR 1=1 --");
        var sql = Sql.Write(Quoting, $"SELECT {id}, {id}, {new SqlParameter("n", null)}");
        Assert.Equal("SELECT @id, @id, @n", sql.Text);
        Assert.Equal(["id", "n"], sql.Parameters.Select(p => p.Name));
        Assert.Equal("x' OR 1=1 --", sql.Parameters[0].Value);
    }

    [Fact]
    public void Parameters_are_added_without_losing_those_that_were_there()
    {
        var sql = Sql.Write(Quoting, $"SELECT {new SqlParameter("a", 1)}").With(new SqlParameter("b", 2));
        Assert.Equal(["a", "b"], sql.Parameters.Select(p => p.Name));
    }

    [Fact]
    public void Fragments_join_with_what_stands_between()
    {
        Assert.Equal("a AND b", SqlText.Join(" AND ", [new SqlText("a"), new SqlText("b")]).Text);
        Assert.Equal("x, y", Sql.Write(Quoting, $"{new[] { new SqlText("x"), new SqlText("y") }}").Text);
    }

    [Fact]
    public void A_number_is_written_the_same_on_every_machine() =>
        Assert.Equal("-1234567", Sql.Write(Quoting, $"{-1234567L}").Text);

    [Fact]
    public void No_name_gets_out_of_its_quotes()
    {
        var names = Gen.Elements("a", "\"", "'", ";", "--", " ", "\\", "\n").NonEmptyListOf().Select(string.Concat);
        Prop.ForAll(names.ToArbitrary(), name =>
        {
            var text = Sql.Write(Quoting, $"{new Id(name)}").Text;
            return text[0] == '"' && text[^1] == '"' && text[1..^1].Replace("\"\"", "", StringComparison.Ordinal).Contains('"', StringComparison.Ordinal) == false;
        }).QuickCheckThrowOnFailure();
    }

    private sealed class StandardQuoting : ISqlQuoting
    {
        public string Quote(string identifier) => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

        public string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
    }
}
