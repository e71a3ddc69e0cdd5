using EtlTableOps.Errors;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>Promise 5 in SQLite's own corners: index names and foreign keys by the schema's text, numbering, statistics, consumers' prepared statements.</summary>
public sealed class ExchangeTests : TestFile
{
    [Fact]
    [Trait("Promise", "5")]
    public async Task Everything_follows_the_name_there_and_back()
    {
        Run("""
            CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
            INSERT INTO users VALUES (1, 'a'), (2, 'b');
            CREATE TABLE "All Events" (
              id INTEGER PRIMARY KEY AUTOINCREMENT, -- the number
              user_id INT CONSTRAINT "of user" REFERENCES users(id) ON DELETE RESTRICT,
              parent INT REFERENCES "All Events"(id) ON DELETE CASCADE,
              "Cost $" decimal(10,2) DEFAULT 0 CHECK ("Cost $" >= 0),
              doubled AS ("Cost $" * 2),
              code TEXT COLLATE NOCASE UNIQUE ON CONFLICT REPLACE);
            CREATE INDEX "ix 🐦" ON "All Events" ("Cost $" DESC, user_id);
            CREATE UNIQUE INDEX ix_part ON "All Events" (lower(code)) WHERE code IS NOT NULL;
            CREATE TABLE notes (event INT REFERENCES "All Events"(id) ON DELETE CASCADE, t TEXT);
            CREATE VIEW v AS SELECT id, "Cost $" AS cost FROM "All Events";
            CREATE VIEW vv AS SELECT sum(cost) AS s FROM v;
            CREATE TABLE audit (x);
            CREATE TRIGGER tr AFTER UPDATE ON "All Events" BEGIN INSERT INTO audit VALUES (new.id); END;
            INSERT INTO "All Events" (user_id, parent, "Cost $", code) VALUES (1, NULL, 1.5, 'x'), (2, 1, 2.5, 'Y'), (NULL, 2, 3, NULL);
            INSERT INTO notes VALUES (1, 'n');
            DELETE FROM "All Events" WHERE id = 3;
            ANALYZE;
            """);
        var before = Describe();
        var statistics = Rows("SELECT tbl, idx FROM sqlite_stat1 WHERE tbl = 'All Events' ORDER BY 2");

        await ReplaceAsync("\"All Events\"", new DeclaredChange { Add = [new AddedColumn("year", "INT NOT NULL DEFAULT 2026")] });
        Assert.Equal(before, Describe());
        Assert.Equal(statistics, Rows("SELECT tbl, idx FROM sqlite_stat1 WHERE tbl = 'All Events' ORDER BY 2"));
        Assert.Equal("ok", One("PRAGMA integrity_check"));
        Assert.Empty(Rows("PRAGMA foreign_key_check"));
        Run("INSERT INTO \"All Events\" (code) VALUES ('z')");
        Assert.Equal("4", One("SELECT max(id) FROM \"All Events\""));
        Assert.ThrowsAny<Exception>(() => Run("DELETE FROM users WHERE id = 1"));
        Run("UPDATE \"All Events\" SET \"Cost $\" = 9 WHERE id = 2");
        Assert.Equal("2", One("SELECT x FROM audit"));

        await UndoAsync("\"All Events\"");
        Assert.Equal(before, Describe());
        Assert.Equal(statistics, Rows("SELECT tbl, idx FROM sqlite_stat1 WHERE tbl = 'All Events' ORDER BY 2"));
        Assert.Equal("ok", One("PRAGMA integrity_check"));
        // With what was written since the switch.
        Assert.Equal("10.5", One("SELECT s FROM vv"));
        Assert.Equal("4", One("SELECT max(id) FROM \"All Events\""));
        Run("INSERT INTO \"All Events\" (code) VALUES ('zz')");
        Assert.Equal("5", One("SELECT max(id) FROM \"All Events\""));
        using var again = Connect();
        Assert.Equal(2, (await ShapeAsync("All Events")).Attachments.Count(a => a.Kind == AttachmentKind.ForeignKey));
    }

    [Fact]
    [Trait("Promise", "1")]
    public async Task A_kept_version_stands_in_nobodys_way()
    {
        Run("""
            CREATE TABLE users (id INTEGER PRIMARY KEY);
            INSERT INTO users VALUES (1), (2);
            CREATE TABLE t (id INTEGER PRIMARY KEY, user_id INT REFERENCES users(id), parent INT REFERENCES t(id) ON DELETE CASCADE);
            INSERT INTO t VALUES (1, 1, NULL), (2, 2, 1), (3, 2, 2);
            """);
        await BuildAsync("t");
        Run("DELETE FROM t WHERE id = 3");
        await ProveAsync("t");
        var swap = await SwitchAsync("t");
        Run("DELETE FROM t WHERE id = 1");
        Run("DELETE FROM users");
        Assert.Equal("0", One("SELECT count(*) FROM t"));
        Assert.Equal("2", One($"SELECT count(*) FROM {swap.Version}"));
    }

    [Fact]
    [Trait("Promise", "1")]
    public async Task Statements_that_were_prepared_before_go_on_after()
    {
        Run("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX ix ON t (a); INSERT INTO t VALUES (1, 'x')");
        using var other = Connect();
        using var read = other.CreateCommand();
        read.CommandText = "SELECT count(*) FROM t INDEXED BY ix WHERE a >= ''";
        read.Prepare();
        using var write = Application.CreateCommand();
        write.CommandText = "INSERT INTO t (a) VALUES ('more')";
        write.Prepare();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(1L + i, read.ExecuteScalar());
            await ReplaceAsync("t");
            Assert.Equal(1, write.ExecuteNonQuery());
        }
        Assert.Equal("ok", One("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task What_is_dropped_takes_its_index_along_and_a_view_that_names_it_refuses()
    {
        Run("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX ix ON t (a, b); CREATE VIEW star AS SELECT * FROM t; INSERT INTO t VALUES (1, 'x', 'y')");
        await ReplaceAsync("t", new DeclaredChange { Drop = ["b"] });
        Assert.Equal(["id", "a"], Rows("SELECT name FROM pragma_table_info('star')"));
        Assert.Equal("0", One("SELECT count(*) FROM pragma_index_list('t')"));
        Run("CREATE VIEW named AS SELECT a FROM star");
        var refused = await Assert.ThrowsAsync<EtlException>(() => BuildAsync("t", new DeclaredChange { Drop = ["a"] }));
        Assert.Equal(ErrorCode.CannotCarryOver, refused.Code);
    }

    [Fact]
    public async Task A_retyped_column_is_converted_and_what_does_not_fit_stops_the_build()
    {
        Run("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT); CREATE VIEW v AS SELECT n FROM t; INSERT INTO t VALUES (1, '12'), (2, NULL), (3, '7')");
        await ReplaceAsync("t", new DeclaredChange { Alter = [new AlteredColumn("n", "INTEGER")] });
        Assert.Equal(["integer|12", "null|null", "integer|7"], Rows("SELECT typeof(n), n FROM t"));
        Run("CREATE TABLE u (id INTEGER PRIMARY KEY, n TEXT); INSERT INTO u VALUES (1, '12'), (2, 'twelve')");
        var failed = await Assert.ThrowsAsync<EtlException>(() => BuildAsync("u", new DeclaredChange { Alter = [new AlteredColumn("n", "INTEGER")] }));
        Assert.Contains("'twelve' is no number", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE VIEW x AS SELECT 1", ErrorCode.NotATable)]
    [InlineData("CREATE VIRTUAL TABLE x USING fts5(a)", ErrorCode.NotATable)]
    [InlineData("CREATE TABLE x (id INTEGER PRIMARY KEY, a); CREATE VIRTUAL TABLE f USING fts5(a, content=x, content_rowid=id)", ErrorCode.CannotCarryOver)]
    public async Task What_cannot_be_replaced_is_refused(string create, ErrorCode code)
    {
        Run(create);
        Assert.Equal(code, (await Assert.ThrowsAsync<EtlException>(() => BuildAsync("x"))).Code);
    }

    private List<string> Describe() =>
    [
        .. Rows("SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'etltableops%' AND tbl_name NOT LIKE 'etltableops%' AND tbl_name NOT LIKE '%old%' AND name NOT LIKE 'sqlite_stat%' AND name <> 'sqlite_sequence' ORDER BY 1, 2"),
        .. Rows("SELECT * FROM pragma_table_xinfo('All Events') WHERE name <> 'year'"),
        .. Rows("SELECT * FROM pragma_foreign_key_list('All Events')"),
        .. Rows("SELECT l.name, l.\"unique\", l.origin, l.partial, x.* FROM pragma_index_list('All Events') l, pragma_index_xinfo(l.name) x ORDER BY l.name, x.seqno"),
        .. Rows("SELECT * FROM pragma_foreign_key_list('notes')"),
        .. Rows("SELECT sql FROM sqlite_schema WHERE type IN ('view', 'trigger') AND name NOT LIKE 'etltableops%'"),
    ];
}
