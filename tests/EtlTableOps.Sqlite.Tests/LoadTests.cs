using EtlTableOps.Observability;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>A load goes in pieces of so many rows, wherever these lie.</summary>
public sealed class LoadTests : TestFile
{
    [Theory]
    [InlineData("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")]
    [InlineData("CREATE TABLE t (id INTEGER NOT NULL, v TEXT, PRIMARY KEY (id, v)) WITHOUT ROWID")]
    [Trait("Promise", "9")]
    public async Task A_wide_gap_between_keys_makes_no_piece_larger(string create)
    {
        Run(create);
        Run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) INSERT INTO t SELECT i, 'v' FROM n");
        Run("INSERT INTO t VALUES (4000000000000, 'far'), (-4000000000000, 'far')");
        var told = new Ear();
        var build = await new TableOperations(Database, told).NewShadowAsync(new NewShadowRequest("t"), Token);
        await build.RunAsync(Token);
        Assert.InRange(told.Rows[0], 1, 5000);
        Assert.Equal(12_002, told.Rows[^1]);
        await ProveAsync("t");
    }

    private sealed class Ear : IRunObserver
    {
        public List<long> Rows { get; } = [];

        public void OnEvent(RunEvent happened)
        {
            if (happened is RunProgress progress) Rows.Add(progress.Done);
        }
    }
}
