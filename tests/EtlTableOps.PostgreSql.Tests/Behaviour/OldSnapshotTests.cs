using EtlTableOps.Behaviour;
using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests.Behaviour;

/// <summary>Transactions that read a state from before the shadow was filled (facts: PostgreSQL's MVCC caveats).</summary>
public sealed class OldSnapshotTests(PostgreSqlCluster cluster) : EngineScenarios
{
    private const string Old = "SET application_name = 'nightly report'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM others";

    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);

    [Fact]
    [Trait("Promise", "1")]
    public async Task A_switch_waits_for_them_without_a_lock_and_says_for_whom()
    {
        await BeginAsync();
        await using var reader = await World.OpenConsumerAsync();
        await reader.ExecuteAsync(Old);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        Told.Hear = e =>
        {
            if (e is not RunWarning { Text: var text } || !text.StartsWith("Waiting", StringComparison.Ordinal)) return;
            World.ExecuteAsync("BEGIN; LOCK TABLE allevents, allevents_new IN ACCESS EXCLUSIVE MODE NOWAIT; COMMIT").GetAwaiter().GetResult();
            reader.ExecuteAsync("COMMIT").GetAwaiter().GetResult();
        };

        var swap = await SwitchAsync();

        var named = Assert.Single(swap.Stall!.OldSnapshots);
        Assert.Contains("[nightly report]", named, StringComparison.Ordinal);
        Assert.Contains("postgres", named, StringComparison.Ordinal);
        Assert.Equal(named, Assert.Single((await LastSwapAsync()).Stall!.OldSnapshots));
    }

    [Fact]
    [Trait("Promise", "1")]
    public async Task Where_they_do_not_end_it_refuses_by_their_names_and_goes_on_only_when_told_to()
    {
        await BeginAsync();
        await using var reader = await World.OpenConsumerAsync();
        await reader.ExecuteAsync(Old);
        await BuildAsync(Declared.Twice);
        await ProveAsync();

        var failure = await FailsAsync(ErrorCode.OldSnapshots, () => SwitchAsync(with: r => r with { TryFor = TimeSpan.FromSeconds(1) }));

        Assert.Contains("[nightly report]", failure.Message, StringComparison.Ordinal);
        var swap = await SwitchAsync(with: r => r with { IgnoreOldSnapshots = true });
        Assert.Single(swap.Stall!.OldSnapshots);
        // That is what they are warned of.
        Assert.Equal(0, await reader.NumberAsync("SELECT count(*) FROM allevents"));
        await reader.ExecuteAsync("COMMIT");
        Assert.Equal(200, await reader.NumberAsync("SELECT count(*) FROM allevents"));
    }

    [Theory]
    [InlineData("BEGIN; SELECT count(*) FROM others; SET LOCAL work_mem = '1MB'")]
    [InlineData("BEGIN; INSERT INTO others VALUES (1)")]
    [InlineData("BEGIN ISOLATION LEVEL REPEATABLE READ")]
    public async Task Transactions_that_hold_no_older_state_are_not_waited_for(string begin)
    {
        await BeginAsync();
        await using var other = await World.OpenConsumerAsync();
        await other.ExecuteAsync(begin);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        // Begun after the test, with an older writer still at work.
        await using var younger = await World.OpenConsumerAsync();
        await younger.ExecuteAsync(Old);

        var swap = await SwitchAsync(with: r => r with { TryFor = TimeSpan.FromSeconds(10) });

        Assert.Empty(swap.Stall!.OldSnapshots);
        Assert.Equal(200, await younger.NumberAsync("SELECT count(*) FROM allevents"));
        Assert.Equal(200, await other.NumberAsync("SELECT count(*) FROM allevents"));
    }

    [Fact]
    public async Task Long_statements_of_their_own_and_busy_transactions_do_not_hold_a_switch_up()
    {
        await BeginAsync();
        await World.ExecuteAsync("INSERT INTO others SELECT generate_series(1, 20)");
        await using var sleeper = await World.OpenConsumerAsync();
        var sleeping = sleeper.NumberAsync("SELECT count(pg_sleep(2)) FROM others");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var busy = Enumerable.Range(0, 3).Select(_ => BusyAsync(stop.Token)).ToList();
        await BuildAsync(Declared.Twice);
        await ProveAsync();

        await SwitchAsync();

        var outlasted = !sleeping.IsCompleted;
        await stop.CancelAsync();
        await Task.WhenAll(busy);
        await World.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'");
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => sleeping);
        Assert.True(outlasted, "The long statement was to outlast the switch.");
    }

    [Fact]
    public async Task An_undo_waits_for_whoever_would_miss_many_later_rows()
    {
        await BeginAsync();
        await ReplaceAsync(Declared.Twice);
        await using var reader = await World.OpenConsumerAsync();
        await reader.ExecuteAsync(Old);
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) SELECT i, now(), 1 FROM generate_series(1001, 3000) i");

        var failure = await FailsAsync(ErrorCode.OldSnapshots, async () => await RunAsync(await Operations.UndoAsync(new UndoRequest("allevents") { TryFor = TimeSpan.FromSeconds(1) }, Token)));

        Assert.Contains("[nightly report]", failure.Message, StringComparison.Ordinal);
        await reader.ExecuteAsync("COMMIT");
        Assert.Equal(2000, (await UndoAsync()).RowsKept);
    }

    private async Task BeginAsync()
    {
        await EventsTable.CreateAsync(World, 200);
        await World.ExecuteAsync("CREATE TABLE others (id integer)");
    }

    private async Task BusyAsync(CancellationToken stop)
    {
        await using var consumer = await World.OpenConsumerAsync();
        while (!stop.IsCancellationRequested) await consumer.ExecuteAsync("BEGIN; UPDATE others SET id = id WHERE false; SELECT pg_sleep(0.01); SELECT count(*) FROM others; COMMIT");
    }
}
