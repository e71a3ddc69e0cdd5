using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Shadows;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>An import is many short transactions here, over tables with and without row numbers.</summary>
public sealed class ImportTests : TestFile
{
    private const int Many = 40_000;

    public static TheoryData<string> Tables => new()
    {
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        "CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, v TEXT)",
        "CREATE TABLE t (v TEXT, rowid TEXT, id INTEGER NOT NULL UNIQUE ON CONFLICT REPLACE)",
        "CREATE TABLE t (id TEXT NOT NULL, v TEXT, PRIMARY KEY (id)) WITHOUT ROWID",
        "CREATE TABLE t (id INTEGER NOT NULL, v TEXT DEFAULT '', PRIMARY KEY (id, v)) WITHOUT ROWID",
        "CREATE TABLE t (id INTEGER, v TEXT)",
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task What_fails_in_a_late_piece_is_taken_back_whole(string create)
    {
        Run(create);
        Run("INSERT INTO t (id, v) VALUES (-5, 'old'), (1, 'old'), (70000, 'old')");
        await BuildAsync("t");
        await ProveAsync("t");
        var before = Rows("SELECT id, v FROM t_new ORDER BY id");
        await using var rows = new Source(Many, failAt: Many - 1);
        var failure = await Assert.ThrowsAsync<EtlException>(() => ImportAsync(new ImportRequest("t") { Rows = rows }));
        Assert.Equal(ErrorCode.BadRow, failure.Code);
        Assert.Equal(before, Rows("SELECT id, v FROM t_new ORDER BY id"));
        await SwitchAsync("t");
        Assert.Equal(before, Rows("SELECT id, v FROM t ORDER BY id"));
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task What_came_in_by_pieces_is_proven_and_goes_live(string create)
    {
        Run(create);
        Run("INSERT INTO t (id, v) VALUES (-5, 'old'), (1, 'old'), (70000, 'old')");
        await BuildAsync("t");
        await using var rows = new Source(Many, failAt: -1);
        Assert.Equal(Many, (await ImportAsync(new ImportRequest("t") { Rows = rows })).RowsDone);
        await ImportAsync(new ImportRequest("t") { Query = "SELECT 900000 AS id, 'more' AS v" });
        await ProveAsync("t");
        await SwitchAsync("t");
        Assert.Equal((Many + 4).ToString(System.Globalization.CultureInfo.InvariantCulture), One("SELECT count(*) FROM t"));
    }

    [Theory]
    [InlineData("CREATE TABLE t (id TEXT NOT NULL, v TEXT, PRIMARY KEY (id)) WITHOUT ROWID")]
    [InlineData("CREATE TABLE t (id TEXT NOT NULL COLLATE NOCASE PRIMARY KEY, v TEXT)")]
    [InlineData("CREATE TABLE t (id NOT NULL, v TEXT DEFAULT '', PRIMARY KEY (v, id)) WITHOUT ROWID")]
    public async Task A_later_row_under_an_imported_key_is_found_whatever_the_key(string create)
    {
        Run(create);
        Run("INSERT INTO t (id, v) VALUES ('a', 'x')");
        await BuildAsync("t");
        await ImportAsync(new ImportRequest("t") { Query = "SELECT 'b' AS id, 'y' AS v" });
        await ProveAsync("t");
        Run("INSERT INTO t (id, v) VALUES ('c', 'y')");
        await (await Operations.SyncAsync(new SyncRequest("t"), Token)).RunAsync(Token);
        Run("INSERT INTO t (id, v) VALUES ('b', 'y')");
        var failure = await Assert.ThrowsAsync<EtlException>(() => SwitchAsync("t"));
        Assert.Equal(ErrorCode.ImportedKeyTaken, failure.Code);
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task Others_write_while_an_import_runs_and_nothing_may_be_done_with_its_shadow()
    {
        Run("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE other (n INTEGER)");
        await BuildAsync("t");
        var refused = new List<ErrorCode>();
        await using var rows = new Source(Many, failAt: -1)
        {
            // By then a first piece is in, and no transaction is open while rows are waited for.
            At = (30_000, async () =>
            {
                while (One("SELECT count(*) > 0 FROM t_new") == "0") await Task.Delay(5, Token);
                Run("INSERT INTO other VALUES (1)");
                foreach (var operation in new Func<Task>[]
                {
                    async () => await Operations.TestAsync(new TestRequest("t"), Token),
                    async () => await Operations.SwitchAsync(new SwitchRequest("t"), Token),
                    async () => await Operations.ImportAsync(new ImportRequest("t") { Query = "SELECT 5 AS id" }, Token),
                })
                {
                    refused.Add((await Assert.ThrowsAsync<EtlException>(operation)).Code);
                }
            }),
        };
        await ImportAsync(new ImportRequest("t") { Rows = rows });
        Assert.Equal([ErrorCode.WrongState, ErrorCode.WrongState, ErrorCode.WrongState], refused);
        await ProveAsync("t");
    }

    private async Task<ShadowTable> ImportAsync(ImportRequest request) => await (await Operations.ImportAsync(request, Token)).RunAsync(Token);

    /// <summary>Rows with keys that neither begin at the end of the table nor come in order.</summary>
    private sealed class Source(int count, int failAt) : IRowSource
    {
        public (int Row, Func<Task> Do)? At { get; init; }

        public string Name => "rows";

        public long Line { get; private set; }

        public long Position => Line;

        public long Length => count;

        public ValueTask<IReadOnlyList<string>> ReadColumnsAsync(CancellationToken token) => ValueTask.FromResult<IReadOnlyList<string>>(["id", "v"]);

        public async ValueTask<bool> ReadAsync(object?[] values, CancellationToken token)
        {
            if (Line >= count) return false;
            var i = ++Line;
            if (At is { } at && at.Row == i) await at.Do();
            if (i == failAt) throw new BadValueException(-1, "id", "no number");
            values[0] = i % 3 == 0 ? 200_000 - i : 200_000 + i;
            values[1] = "new";
            return true;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
