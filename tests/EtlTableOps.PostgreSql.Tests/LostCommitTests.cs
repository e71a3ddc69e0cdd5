using EtlTableOps.Behaviour;
using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.PostgreSql.Tests.Behaviour;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>The connection breaks exactly at the commit of an exchange: the server is asked what is true, and nothing is done a second time.</summary>
public sealed class LostCommitTests(PostgreSqlCluster cluster) : EngineScenarios
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);

    [Theory]
    [InlineData("switch", CommitFate.AnswerLost)]
    [InlineData("switch", CommitFate.NeverSent)]
    [InlineData("switch", CommitFate.Late)]
    [InlineData("undo", CommitFate.AnswerLost)]
    [InlineData("undo", CommitFate.NeverSent)]
    [InlineData("undo", CommitFate.Late)]
    [Trait("Promise", "2")]
    [Trait("Promise", "7")]
    public async Task A_commit_without_an_answer_is_looked_up_and_never_repeated(string operation, CommitFate fate)
    {
        await EventsTable.CreateAsync(World, 500);
        await using var ledger = await StartLedgerAsync(o => o with { Sessions = 2 });
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        if (operation == "undo") await SwitchAsync(with: r => r with { StallBudget = Budget });
        await using var way = new CommitLoss(new Uri(World.ConnectionText).Port, fate);

        var failure = await Record.ExceptionAsync(() => ExchangeAsync(way, operation));

        Assert.True(way.Happened, "no commit was lost");
        Assert.Contains(Told.Events, e => e is RunWarning { Text: var text } && text.Contains("asking the server what is true", StringComparison.Ordinal));
        var done = fate != CommitFate.NeverSent;
        if (done) Assert.Null(failure);
        else Assert.Equal((ErrorCode.ConnectionLost, false), failure is EtlException e ? (e.Code, e.OwnershipUnknown) : throw failure!);
        Assert.Equal(done == (operation == "switch"), await ReplacedAsync());
        await AgreesAsync(ledger, $"{operation}, {fate}");

        // What was not done can be done now; what was done is not done again.
        await RepairAsync();
        if (!done) await ExchangeAsync(null, operation);
        Assert.Equal(operation == "switch", await ReplacedAsync());
        if (operation == "switch") await ExchangeAsync(null, "undo");
        await AgreesAsync(ledger, $"{operation}, {fate}, at the end");
        await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
        await NothingLeftAsync();
    }

    [Fact]
    [Trait("Promise", "2")]
    [Trait("Promise", "8")]
    public async Task An_undo_brings_a_row_whose_writer_commits_late_and_before_whom_others_were_brought()
    {
        await EventsTable.CreateAsync(World, 100);
        await ReplaceAsync(Declared.Twice, r => r with { StallBudget = Budget });
        await using var late = await World.OpenConsumerAsync();
        await late.ExecuteAsync("BEGIN; UPDATE allevents SET payload = 'late' WHERE event_id = 1");
        await World.ExecuteAsync("UPDATE allevents SET payload = 'early' WHERE event_id = 2");
        Told.Clear();
        var undo = Task.Run(() => ExchangeAsync(null, "undo"));
        while (!undo.IsCompleted && !Told.Events.Any(e => e is StepStarted { Step: "exchange" })) await Task.Delay(10, Token);
        await late.ExecuteAsync("COMMIT");
        await undo;
        Assert.Equal(["early", "late"], await World.RowsAsync("SELECT payload FROM allevents WHERE event_id IN (1, 2)"));
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task While_the_server_stays_out_of_reach_nobody_claims_to_know_and_a_repair_finds_out()
    {
        // Both ways at once: each waits for the server for a whole minute.
        await Task.WhenAll(UnreachableAsync("switch", CommitFate.AnswerLost), UnreachableAsync("switch", CommitFate.NeverSent),
            UnreachableAsync("undo", CommitFate.AnswerLost), UnreachableAsync("undo", CommitFate.NeverSent));
    }

    private async Task UnreachableAsync(string operation, CommitFate fate)
    {
        var table = $"{operation}_{fate}".ToLowerInvariant();
        await World.ExecuteAsync($"CREATE TABLE {table} (id integer PRIMARY KEY, user_id integer)");
        await World.ExecuteAsync($"INSERT INTO {table} SELECT i, i FROM generate_series(1, 100) AS i");
        await BuildAsync(Declared.Twice, table: table);
        await ProveAsync(table);
        if (operation == "undo") await SwitchAsync(table, r => r with { StallBudget = Budget });
        if (operation == "undo") await World.ExecuteAsync($"INSERT INTO {table} VALUES (101, 101); DELETE FROM {table} WHERE id = 1");
        await using var way = new CommitLoss(new Uri(World.ConnectionText).Port, fate, forGood: true);

        var failure = await Assert.ThrowsAsync<EtlException>(() => ExchangeAsync(way, operation, table));

        Assert.Equal((ErrorCode.OwnershipUnknown, true), (failure.Code, failure.OwnershipUnknown));
        await RepairAsync(table);
        var done = fate == CommitFate.AnswerLost;
        Assert.Equal(done == (operation == "switch"), await ReplacedAsync(table));
        Assert.Equal(100, await World.CountAsync($"SELECT count(*) FROM {table}"));
        Assert.Equal(operation == "undo" ? 1 : 0, await World.CountAsync($"SELECT count(*) FROM {table} WHERE id = 101"));
        if (!done) await ExchangeAsync(null, operation, table);
        Assert.Equal(operation == "switch", await ReplacedAsync(table));
        var last = await LastSwapAsync(table);
        Assert.Equal((SwapState.Switched, operation == "switch" ? SwapOperation.Switch : SwapOperation.Undo), (last.State, last.Operation));
        Assert.Empty(last.Pending);
    }

    private async Task ExchangeAsync(CommitLoss? way, string operation, string table = "allevents")
    {
        var text = new UriBuilder(World.ConnectionText);
        if (way is not null) text.Port = way.Port;
        var operations = new TableOperations(await EngineList.ConnectAsync(text.Uri.ToString(), null, null, null, Token), Told);
        if (operation == "switch") await RunAsync(await operations.SwitchAsync(new SwitchRequest(table) { StallBudget = Budget }, Token));
        else await RunAsync(await operations.UndoAsync(new UndoRequest(table) { StallBudget = Budget }, Token));
    }

    private async Task<bool> ReplacedAsync(string table = "allevents") =>
        (await World.DescribeAsync(table)).Any(l => l.Contains("twice", StringComparison.Ordinal));
}
