using System.Diagnostics;
using EtlTableOps.Behaviour;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Snowflake.Testing;
using EtlTableOps.Switching;

namespace EtlTableOps.Snowflake.Tests.Behaviour;

/// <summary>A cancel while the server works on a statement: the statement is ended there, and what is left is known.</summary>
public sealed class SnowflakeCancelTests : EngineScenarios
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private SnowflakeModel Model => ((SnowflakeWorld)World).Model;

    protected override EngineWorld NewWorld() => new SnowflakeWorld();

    public static MatrixTheoryData<string, FaultTime> Statements => new(
        ["CREATE TABLE \"S1\".\"etltableops_shadow_", "COMMENT ON TABLE \"S1\".\"etltableops_shadow_", "ALTER TABLE \"S1\".\"etltableops_shadow_", "INSERT INTO \"S1\".\"ALLEVENTS_NEW\""],
        [FaultTime.BeforeExecution, FaultTime.AfterExecution]);

    [Theory]
    [MemberData(nameof(Statements))]
    [Trait("Promise", "6")]
    public async Task A_build_leaves_nothing(string statement, FaultTime time)
    {
        await EventsTable.CreateAsync(World, 100);
        var before = await LiveRowsAsync();
        var operation = await Operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = Declared.Twice }, Token);
        var failure = await CancelAsync(sql => sql.StartsWith(statement, StringComparison.Ordinal), time, operation);
        Assert.Equal(ErrorCode.Cancelled, Assert.IsType<EtlException>(failure).Code);
        await NothingLeftAsync();
        Assert.Equal(before, await LiveRowsAsync());
        await ReplaceAsync(Declared.Twice);
    }

    [Theory]
    [InlineData(FaultTime.BeforeExecution)]
    [InlineData(FaultTime.AfterExecution)]
    [Trait("Promise", "7")]
    public async Task A_switch_is_done_or_not_done_and_says_so(FaultTime time)
    {
        await EventsTable.CreateAsync(World, 100);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        var operation = await Operations.SwitchAsync(new SwitchRequest("allevents"), Token);
        var failure = await CancelAsync(sql => sql.Contains(" SWAP WITH ", StringComparison.Ordinal), time, operation);
        var live = (await World.DescribeAsync("allevents")).Any(l => l.Contains("twice", StringComparison.Ordinal));
        if (failure is not null) Assert.Equal(live, Assert.IsType<EtlException>(failure).DurableChangeMade);
        await RepairAsync();
        Assert.Equal(live ? SwapState.Switched : SwapState.Proven, (await LastSwapAsync()).State);
        if (!live) await SwitchAsync();
        Assert.Equal(1, Model.History.Count(q => q.Text.Contains(" SWAP WITH ", StringComparison.Ordinal) && q.Status == "SUCCESS"));
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));
    }

    /// <summary>Runs an operation, and cancels it when the server has the statement in hand.</summary>
    private async Task<Exception?> CancelAsync<T>(Func<string, bool> isIt, FaultTime time, PreparedOperation<T> operation)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Model.Faults = m =>
        {
            if (m.Time != time || !isIt(m.Sql) || !reached.TrySetResult()) return null;
            return new Fault { Delay = TimeSpan.FromMinutes(2) };
        };
        var running = Record.ExceptionAsync(() => operation.RunAsync(cancel.Token)).AsTask();
        Assert.Same(reached.Task, await Task.WhenAny(reached.Task, running));
        var watch = Stopwatch.StartNew();
        // The driver's cancel waits for the server's word.
        await Task.Run(cancel.Cancel, Token);
        var failure = await running;
        Assert.True(watch.Elapsed < Soon, $"it took {watch.Elapsed}");
        return failure;
    }
}
