using EtlTableOps.Plans;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>What is shown is what is run, and showing it writes nothing.</summary>
public abstract class WhatIfScenarios : EngineScenarios
{
    [Fact]
    [Trait("Promise", "10")]
    public async Task Preparing_any_operation_writes_nothing()
    {
        await EventsTable.CreateAsync(World, 100);
        await UnchangedAsync(() => Operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = Declared.Twice }, Token));
        await BuildAsync(Declared.Twice);
        await UnchangedAsync(() => Operations.NewShadowAsync(new NewShadowRequest("allevents") { Force = true }, Token));
        await UnchangedAsync(() => Operations.SyncAsync(new SyncRequest("allevents"), Token));
        await UnchangedAsync(() => Operations.ImportAsync(new ImportRequest("allevents") { Query = "SELECT event_id + 500 AS event_id, event_ts, user_id FROM allevents" }, Token));
        await UnchangedAsync(() => Operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), Token));
        await UnchangedAsync(() => Operations.TestAsync(new TestRequest("allevents"), Token));
        await ProveAsync();
        await UnchangedAsync(() => Operations.SwitchAsync(new SwitchRequest("allevents"), Token));
        await SwitchAsync();
        await UnchangedAsync(() => Operations.UndoAsync(new UndoRequest("allevents"), Token));
        await UnchangedAsync(() => Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
        await UnchangedAsync(() => Operations.RepairAsync(new RepairRequest(), Token));
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task The_statements_that_are_shown_are_those_that_are_run()
    {
        await EventsTable.CreateAsync(World, 100);
        await SameAsync(await Operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = Declared.Twice }, Token));
        await SameAsync(await Operations.ImportAsync(new ImportRequest("allevents") { Query = "SELECT event_id + 500 AS event_id, event_ts, user_id FROM allevents" }, Token));
        await World.ExecuteAsync("UPDATE allevents SET payload = 'before the sync' WHERE event_id = 1");
        await SameAsync(await Operations.SyncAsync(new SyncRequest("allevents"), Token));
        await ProveAsync();
        await World.ExecuteAsync("UPDATE allevents SET payload = 'before the switch' WHERE event_id = 1");
        await SameAsync(await Operations.SwitchAsync(new SwitchRequest("allevents"), Token));
        await World.ExecuteAsync("UPDATE allevents SET payload = 'before the undo' WHERE event_id = 1");
        await SameAsync(await Operations.UndoAsync(new UndoRequest("allevents") { Force = true }, Token));
        await SameAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
        await BuildAsync(Declared.Twice);
        await SameAsync(await Operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), Token));
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_plan_says_in_words_what_it_does_to_which_table()
    {
        await EventsTable.CreateAsync(World, 20);
        var build = await Operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = Declared.Twice with { Where = "event_id > 3" } }, Token);
        Assert.Contains("allevents_new", build.Plan.Summary, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("event_id > 3", build.Plan.Summary, StringComparison.Ordinal);
        Assert.Contains(build.Plan.Notes, n => n.Contains("event_id", StringComparison.OrdinalIgnoreCase));
        Assert.All(build.Plan.Steps, s => Assert.NotEmpty(s.Title));
        await RunAsync(build);
        await ProveAsync();
        var swap = await Operations.SwitchAsync(new SwitchRequest("allevents"), Token);
        Assert.Contains("allevents_old_", swap.Plan.Summary, StringComparison.OrdinalIgnoreCase);
    }

    private async Task UnchangedAsync<T>(Func<Task<PreparedOperation<T>>> prepare)
    {
        var before = await World.EverythingAsync();
        var operation = await prepare();
        Assert.NotEmpty(operation.Plan.Summary);
        Assert.Equal(before, await World.EverythingAsync());
    }

    private async Task SameAsync<T>(PreparedOperation<T> operation)
    {
        // A second or two between the look and the act must not change a name that was shown.
        await Task.Delay(1100, Token);
        var shown = operation.Plan.Steps.SelectMany(s => s.Statements).SelectMany(s => s.All).Select(s => s.Text).ToList();
        Told.Clear();
        await RunAsync(operation);
        var ran = Told.Statements;
        var notRun = shown.Except(ran).ToList();
        var notShown = ran.Except(shown).ToList();
        Assert.True(notRun.Count == 0 && notShown.Count == 0,
            $"{operation.Plan.Operation}{Environment.NewLine}shown, not run:{Environment.NewLine}{string.Join(Environment.NewLine, notRun)}{Environment.NewLine}run, not shown:{Environment.NewLine}{string.Join(Environment.NewLine, notShown)}");

        // Statements that come several times (a setting, a catch-up before and under the lock) have no one place; those that change structure have.
        var repeated = shown.GroupBy(s => s).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet();
        Assert.Equal(shown.Where(ChangesStructure).Except(repeated), ran.Where(ChangesStructure).Except(repeated));
    }

    private static bool ChangesStructure(string sql) =>
        sql.StartsWith("CREATE", StringComparison.Ordinal) || sql.StartsWith("ALTER", StringComparison.Ordinal) || sql.StartsWith("COMMENT", StringComparison.Ordinal);
}
