using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Behaviour;

/// <summary>Two operators at once: one works, the other is told so.</summary>
public abstract class ConcurrencyScenarios : EngineScenarios
{
    public static TheoryData<string> Operators => ["build", "test", "switch", "remove", "sync", "undo", "repair"];

    [Theory]
    [MemberData(nameof(Operators))]
    public async Task While_one_operator_works_another_is_refused(string second)
    {
        await EventsTable.CreateAsync(World, 100);
        if (second == "undo")
        {
            await ReplaceAsync(Declared.Nothing);
        }
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        var other = new TableOperations(await World.ConnectAsync());
        var prepared = await PrepareAsync(other, second);

        using var inside = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        Told.Hear = e =>
        {
            if (e is not StepStarted { Operation: "test" }) return;
            inside.Release();
            goOn.Wait(TimeSpan.FromSeconds(60));
        };
        var first = Task.Run(() => TestAsync());
        await inside.WaitAsync(TimeSpan.FromSeconds(30), Token);
        try
        {
            if (second == "repair") await prepared();
            else
            {
                var refusal = await FailsAsync(ErrorCode.OperationInProgress, prepared);
                Assert.Contains($"test by {Database.User} on {Environment.MachineName}, process {Environment.ProcessId}, since {DateTime.UtcNow:yyyy-MM-dd} ", refusal.Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            goOn.Set();
            Told.Hear = null;
        }
        Assert.True((await first).Passed);
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents_new"));
    }

    [Theory]
    [InlineData("build")]
    [InlineData("test")]
    [InlineData("switch")]
    public async Task Another_process_that_works_is_named_and_nothing_of_its_work_is_touched(string first)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Stops a process by a signal.");
        await EventsTable.CreateAsync(World, 100);
        if (first != "build")
        {
            await BuildAsync(Declared.Twice);
            await ProveAsync();
        }

        // The journal has us as the last who did something. The other process holds the lock and stands still, at its second step.
        using var other = HostProcess.Start(World, first, "freeze" + (first == "build" ? "2" : "1"));
        Assert.NotEmpty(await other.FrozenAsync(Token));
        var refusal = await FailsAsync(ErrorCode.OperationInProgress, () => first == "build" ? BuildAsync(Declared.Nothing, r => r with { Force = true }) : TestAsync());
        Assert.Contains($"{first} by {Database.User} on {Environment.MachineName}, process {other.Id}, since ", refusal.Message, StringComparison.Ordinal);
        Assert.All(await RepairAsync(), r => Assert.Contains($"process {other.Id}", r.Action, StringComparison.Ordinal));

        other.Signal("CONT");
        Assert.Equal((0, ""), await other.EndAsync(Token));
        Assert.Equal(first == "switch", (await World.DescribeAsync("allevents")).Any(l => l.Contains("twice", StringComparison.Ordinal)));
        if (first != "switch") await ProveAsync();
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task Of_two_who_prepared_the_same_switch_one_does_it()
    {
        await EventsTable.CreateAsync(World, 100);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        var one = await Operations.SwitchAsync(new SwitchRequest("allevents"), Token);
        var two = await new TableOperations(await World.ConnectAsync()).SwitchAsync(new SwitchRequest("allevents"), Token);
        var outcomes = await Task.WhenAll(new[] { one, two }.Select(async operation =>
        {
            try
            {
                await Task.Run(() => operation.RunAsync(Token));
                return true;
            }
            catch (EtlException)
            {
                return false;
            }
        }));
        Assert.Single(outcomes, done => done);
        Assert.Contains(await World.DescribeAsync("allevents"), l => l.Contains("twice", StringComparison.Ordinal));
        Assert.Single(await Operations.VersionsAsync("allevents", Token));
    }

    [Fact]
    public async Task Of_two_who_prepared_a_build_one_builds()
    {
        await EventsTable.CreateAsync(World, 100);
        var one = await Operations.NewShadowAsync(new NewShadowRequest("allevents") { Change = Declared.Twice }, Token);
        var two = await new TableOperations(await World.ConnectAsync()).NewShadowAsync(new NewShadowRequest("allevents"), Token);
        await RunAsync(one);
        await FailsAsync(ErrorCode.ShadowExists, () => RunAsync(two));
        await ProveAsync();
    }

    [Fact]
    public async Task Two_tables_are_worked_on_at_the_same_time()
    {
        await EventsTable.CreateAsync(World, 100);
        await World.ExecuteAsync("CREATE TABLE others (id integer NOT NULL PRIMARY KEY, note text)");
        await World.ExecuteAsync("INSERT INTO others VALUES (1, 'x')");
        using var inside = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        await BuildAsync(Declared.Twice);
        Told.Hear = e =>
        {
            if (e is not StepStarted { Operation: "test" }) return;
            inside.Release();
            goOn.Wait(TimeSpan.FromSeconds(60));
        };
        var first = Task.Run(() => TestAsync());
        await inside.WaitAsync(TimeSpan.FromSeconds(30), Token);
        var other = new TableOperations(await World.ConnectAsync());
        await (await other.NewShadowAsync(new NewShadowRequest("others"), Token)).RunAsync(Token);
        goOn.Set();
        Told.Hear = null;
        Assert.True((await first).Passed);
        await ProveAsync("others");
    }

    [Fact]
    public async Task Several_tables_are_begun_at_the_same_time_where_there_is_no_journal_yet()
    {
        string[] tables = ["one", "two", "three", "four"];
        foreach (var table in tables) await World.ExecuteAsync($"CREATE TABLE {table} (id integer NOT NULL PRIMARY KEY, note text)");
        var builds = new List<PreparedOperation<ShadowTable>>();
        foreach (var table in tables) builds.Add(await new TableOperations(await World.ConnectAsync()).NewShadowAsync(new NewShadowRequest(table), Token));
        await Task.WhenAll(builds.Select(build => Task.Run(() => build.RunAsync(Token))));
        foreach (var table in tables) await ProveAsync(table);
    }

    private static async Task<Func<Task>> PrepareAsync(TableOperations operations, string what) => what switch
    {
        "build" => Run(await operations.NewShadowAsync(new NewShadowRequest("allevents") { Force = true }, Token)),
        "test" => Run(await operations.TestAsync(new TestRequest("allevents"), Token)),
        "switch" => Run(await operations.SwitchAsync(new SwitchRequest("allevents"), Token)),
        "remove" => Run(await operations.RemoveShadowAsync(new RemoveShadowRequest("allevents"), Token)),
        "sync" => Run(await operations.SyncAsync(new SyncRequest("allevents"), Token)),
        "undo" => Run(await operations.UndoAsync(new UndoRequest("allevents"), Token)),
        _ => Run(await operations.RepairAsync(new RepairRequest { Table = "allevents" }, Token)),
    };

    private static Func<Task> Run<T>(PreparedOperation<T> operation) => () => operation.RunAsync(Token);
}
