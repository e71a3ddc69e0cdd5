using EtlTableOps.Journal;
using EtlTableOps.Observability;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>A big table goes little by little, and half of one is never taken for a shadow or a version.</summary>
[Trait("Promise", "9")]
public sealed class RemovalTests : TestFile
{
    private const int Many = 300_000;

    [Fact]
    public async Task A_big_shadow_is_emptied_before_it_is_dropped()
    {
        await BigAsync();
        await BuildAsync("t");
        var ear = new Ear();
        await RemoveShadowAsync(ear);
        Assert.True(ear.Pieces > 1);
        Assert.Equal(["t"], Tables());
    }

    [Fact]
    public async Task A_shadow_whose_removal_is_cut_off_cannot_be_used_and_is_cleaned_up()
    {
        await BigAsync();
        await BuildAsync("t");
        await ProveAsync("t");
        await Assert.ThrowsAsync<IOException>(() => RemoveShadowAsync(new Ear { FailAt = 2 }));
        var failure = await Assert.ThrowsAsync<Errors.EtlException>(() => SwitchAsync("t"));
        Assert.Equal(Errors.ErrorCode.WrongState, failure.Code);
        await RepairAsync();
        Assert.Equal(["t"], Tables());
        Assert.Equal(Many.ToString(System.Globalization.CultureInfo.InvariantCulture), One("SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task A_version_whose_removal_is_cut_off_is_none_any_more_and_is_cleaned_up()
    {
        await BigAsync();
        await ReplaceAsync("t");
        var operations = new TableOperations(Database, new Ear { FailAt = 2 });
        var removal = await operations.RemoveVersionsAsync(new RemoveVersionsRequest("t") { Keep = 0 }, Token);
        await Assert.ThrowsAsync<IOException>(() => removal.RunAsync(Token));
        var failure = await Assert.ThrowsAsync<Errors.EtlException>(() => UndoAsync("t"));
        Assert.Equal(Errors.ErrorCode.NoVersion, failure.Code);
        await RepairAsync();
        Assert.Equal(["t"], Tables());
        Assert.Empty((await Operations.HistoryAsync(new HistoryRequest { Table = "t" }, Token))[0].Pending);
    }

    private async Task RepairAsync() => await (await Operations.RepairAsync(new RepairRequest { Table = "t" }, Token)).RunAsync(Token);

    private Task BigAsync()
    {
        Run("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
        Run($"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Many}) INSERT INTO t SELECT i, 'v' FROM n");
        return Task.CompletedTask;
    }

    private async Task RemoveShadowAsync(Ear ear) =>
        await (await new TableOperations(Database, ear).RemoveShadowAsync(new RemoveShadowRequest("t"), Token)).RunAsync(Token);

    private IReadOnlyList<string> Tables() => Rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'etltableops_journal*' AND name NOT GLOB 'etltableops_guard_*'");

    private sealed class Ear : IRunObserver
    {
        public int Pieces { get; private set; }

        public int FailAt { get; init; }

        public void OnEvent(RunEvent happened)
        {
            if (happened is RunProgress { Operation: "remove" or "retention" } && ++Pieces == FailAt) throw new IOException("cut off");
        }
    }
}
