using System.Globalization;
using EtlTableOps.Sqlite.Schema;
using Microsoft.Data.Sqlite;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>The table's text is rewritten by us, so every form that SQLite accepts must come through it unchanged in meaning.</summary>
public sealed class CreateTableTextTests
{
    [Theory]
    [InlineData("CREATE TABLE t(a)")]
    [InlineData("CREATE TABLE t(a, b, c)")]
    [InlineData("CREATE TABLE \"t\"(\"a b\" INTEGER PRIMARY KEY AUTOINCREMENT, [c d] varchar(10) NOT NULL DEFAULT 'x,y)', `e` decimal ( 10 , 2 ) CHECK (e > 0))")]
    [InlineData("CREATE TABLE t(a INT /* , not a column ) */, -- neither (this\n b TEXT COLLATE NOCASE DEFAULT (upper('x')), PRIMARY KEY (a, b)) WITHOUT ROWID")]
    [InlineData("CREATE TABLE t(a, b GENERATED ALWAYS AS (a * 2) STORED, c INT AS (a + 1), d)")]
    [InlineData("CREATE TABLE t(a REFERENCES p ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED NOT NULL, b CONSTRAINT nn NOT NULL ON CONFLICT REPLACE UNIQUE ON CONFLICT IGNORE)")]
    [InlineData("CREATE TABLE t(a, b, CONSTRAINT u UNIQUE (a COLLATE NOCASE DESC) ON CONFLICT REPLACE CHECK (a > b) CONSTRAINT f FOREIGN KEY (a, b) REFERENCES p (x, y) MATCH FULL NOT DEFERRABLE)")]
    [InlineData("CREATE TABLE t(a DEFAULT -1.5e-3, b DEFAULT x'00ff', c DEFAULT CURRENT_TIMESTAMP, d DEFAULT +7 NOT NULL, e DEFAULT TRUE)")]
    [InlineData("CREATE TABLE t('a' TEXT, \"b\"\"c\" double precision, 🐦 unsigned big int, \"select\" [odd type] (3))")]
    [InlineData("CREATE TABLE t(a NULL, b CONSTRAINT alone, c INTEGER CONSTRAINT pk PRIMARY KEY DESC)")]
    public void Every_form_keeps_its_meaning_under_another_name(string sql)
    {
        var text = CreateTableText.Parse(sql);
        Assert.Equal(Structure(sql, "t"), Structure(text.Rename("\"new \"\" name\"", foreignKeys: true), "new \" name"));
    }

    [Fact]
    public void Foreign_keys_can_be_left_out_and_nothing_else()
    {
        var text = CreateTableText.Parse("CREATE TABLE t(id INTEGER PRIMARY KEY, a INT CONSTRAINT fk REFERENCES p(x) ON DELETE CASCADE NOT NULL, b TEXT, FOREIGN KEY (b) REFERENCES q, CHECK (a > 0))");
        Assert.True(text.HasForeignKeys);
        var without = text.Rename("n", foreignKeys: false);
        Assert.False(CreateTableText.Parse(without).HasForeignKeys);
        Assert.Equal("CREATE TABLE n(id INTEGER PRIMARY KEY, a INT  NOT NULL, b TEXT, CHECK (a > 0))", without);
    }

    [Fact]
    public void A_dropped_column_takes_its_constraints_along_and_an_added_one_stands_before_those_of_the_table()
    {
        var text = CreateTableText.Parse("CREATE TABLE t(a INT, b INT CHECK (b > a), c TEXT, UNIQUE (a, c), CHECK (c <> ''), CHECK (a > 0))");
        var sql = text.Rewrite("n", [new ColumnEdit("b", null, null), new ColumnEdit("c", "VARCHAR(5)", null), new ColumnEdit(null, null, "d REAL NOT NULL DEFAULT 0")], foreignKeys: true);
        Assert.Equal("CREATE TABLE n(b INT, c VARCHAR(5), d REAL NOT NULL DEFAULT 0, CHECK (c <> ''))", sql.Replace("INT ,", "INT,", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CREATE VIRTUAL TABLE t USING fts5(a)")]
    [InlineData("CREATE TABLE t(a INT")]
    [InlineData("CREATE TABLE t(a INT, 'open)")]
    [InlineData("CREATE TABLE t(a INT WHATEVER (1) (2))")]
    public void What_is_not_understood_is_refused(string sql) => Assert.Throws<FormatException>(() => CreateTableText.Parse(sql));

    [Fact]
    public void Tables_at_random_keep_their_meaning_and_their_columns_can_be_taken_away_one_by_one()
    {
        for (var seed = 1; seed <= 400; seed++)
        {
            var random = new Random(seed);
            var sql = RandomTable(random, out var names);
            var text = CreateTableText.Parse(sql);
            Assert.Equal(names, text.Columns.Select(c => c.Name));
            Assert.True(Structure(sql, "t").SequenceEqual(Structure(text.Rename("\"x y\"", true), "x y")), $"seed {seed}: {sql}");
            if (names.Count < 2) continue;
            var gone = names[random.Next(names.Count)];
            var left = text.Rewrite("t", [.. names.Where(n => n != gone).Select(n => new ColumnEdit(n, null, null))], true);
            Assert.True(Structure(left, "t").Count(l => l.StartsWith("column ", StringComparison.Ordinal)) == names.Count - 1, $"seed {seed}: {left}");
        }
    }

    private static string RandomTable(Random random, out List<string> names)
    {
        string[] quotes = ["\"{0}\"", "[{0}]", "`{0}`"];
        string[] types = ["", "INT", "INTEGER", "varchar(20)", "decimal ( 10,2 )", "double precision", "BLOB", "TEXT"];
        string[] clauses = ["NOT NULL", "NOT NULL ON CONFLICT ABORT", "DEFAULT 5", "DEFAULT 'a,)('", "DEFAULT (1 + (2))", "COLLATE NOCASE", "CONSTRAINT \"c k\" CHECK (1 < 2)", "UNIQUE", "REFERENCES p(x) ON DELETE CASCADE", "REFERENCES p DEFERRABLE INITIALLY DEFERRED", "/* c , */ NULL", "-- line )\n CHECK ('it''s' <> '')"];
        string[] tails = ["UNIQUE ({0})", "CHECK ({0} IS NOT 7)", "CONSTRAINT z UNIQUE ({0} DESC) ON CONFLICT IGNORE", "FOREIGN KEY ({0}) REFERENCES q(y) ON UPDATE SET DEFAULT"];
        names = [];
        var parts = new List<string>();
        var written = new List<string>();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var name = random.Next(4) switch { 0 => "select", 1 => "a b", 2 => "naïve 🐦", _ => "col" } + names.Count.ToString(CultureInfo.InvariantCulture);
            var quoted = string.Format(CultureInfo.InvariantCulture, quotes[random.Next(quotes.Length)], name);
            names.Add(name);
            written.Add(quoted);
            parts.Add($"{quoted} {types[random.Next(types.Length)]} {string.Join(' ', Enumerable.Range(0, random.Next(0, 4)).Select(_ => clauses[random.Next(clauses.Length)]))}");
        }
        for (var i = random.Next(0, 3); i > 0; i--) parts.Add(string.Format(CultureInfo.InvariantCulture, tails[random.Next(tails.Length)], written[random.Next(written.Count)]));
        return $"CREATE TABLE t({string.Join(random.Next(2) == 0 ? "," : " ,\n ", parts)})";
    }

    /// <summary>What SQLite itself makes of a text.</summary>
    private static List<string> Structure(string sql, string table)
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
        command.CommandText = """
            SELECT 'column ' || name || ' ' || type || ' ' || "notnull" || coalesce(dflt_value, '-') || pk || hidden FROM pragma_table_xinfo(@t)
            UNION ALL SELECT 'key ' || l."unique" || l.origin || coalesce(x.name, '-') || x."desc" || coalesce(x.coll, '-') FROM pragma_index_list(@t) l, pragma_index_xinfo(l.name) x
            UNION ALL SELECT 'foreign ' || "table" || "from" || coalesce("to", '-') || on_update || on_delete FROM pragma_foreign_key_list(@t)
            """;
        command.Parameters.AddWithValue("@t", table);
        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read()) lines.Add(reader.GetString(0));
        return lines;
    }
}
