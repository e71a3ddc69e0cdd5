using EtlTableOps.Behaviour;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Snowflake.Testing;
using EtlTableOps.Switching;

namespace EtlTableOps.Snowflake.Tests.Behaviour;

/// <summary>
/// Pipes into the table and dynamic tables over it: refused unless the user said that they are made anew; then as they were, with their rights, on the new table. A pipe that was
/// stopped for an exchange goes on when that is not done, whoever was interrupted where.
/// </summary>
public sealed class RemadeDependentsTests : EngineScenarios
{
    private const DependentChoices Both = DependentChoices.RecreatePipes | DependentChoices.RecreateDynamicTables;

    private SnowflakeModel Model => ((SnowflakeWorld)World).Model;

    private CatalogItem Pipe => Assert.Single(Model.Items("PIPE"));

    private bool Paused => Pipe.Properties.GetValueOrDefault("pipe_execution_paused") == "TRUE";

    protected override EngineWorld NewWorld() => new SnowflakeWorld();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Model.Roles.Add("READER");
        await EventsTable.CreateAsync(World, 50);
        await World.ExecuteAsync("CREATE STAGE landing");
        await World.ExecuteAsync("CREATE PIPE loads AUTO_INGEST = TRUE COMMENT = 'from the lake' AS COPY INTO allevents (event_id) FROM @landing FILE_FORMAT = (TYPE = JSON)");
        await World.ExecuteAsync("GRANT MONITOR ON PIPE loads TO ROLE READER");
        await World.ExecuteAsync("CREATE DYNAMIC TABLE per_country TARGET_LAG = '1 hour' WAREHOUSE = WH AS SELECT country, COUNT(*) AS n FROM allevents GROUP BY country");
        await World.ExecuteAsync("GRANT SELECT ON DYNAMIC TABLE per_country TO ROLE READER");
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task They_are_refused_unless_it_was_said_that_they_are_made_anew()
    {
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        foreach (var (said, lacking) in new[] { (DependentChoices.RecreatePipes, "-RecreateDynamicTables"), (DependentChoices.RecreateDynamicTables, "-RecreatePipes") })
        {
            Assert.Contains(lacking, (await FailsAsync(ErrorCode.CannotCarryOver, () => SwitchAsync(with: r => r with { Choices = said }))).Remedy, StringComparison.Ordinal);
        }
        Assert.False(Paused);
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task Made_anew_they_are_as_they_were_and_so_after_an_undo()
    {
        var (pipe, table) = (Pipe, Model.Items("DYNAMIC TABLE")[0]);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        var swap = await SwitchAsync(with: r => r with { Choices = Both });
        Assert.Empty(swap.Differences);
        SameButAnew(pipe, table);
        (pipe, table) = (Pipe, Model.Items("DYNAMIC TABLE")[0]);
        await RunAsync(await Operations.UndoAsync(new UndoRequest("allevents") { Choices = Both }, Token));
        SameButAnew(pipe, table);
        Assert.Equal(50, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task What_was_stopped_before_is_stopped_afterwards()
    {
        await World.ExecuteAsync("ALTER PIPE loads SET PIPE_EXECUTION_PAUSED = TRUE");
        await World.ExecuteAsync("ALTER DYNAMIC TABLE per_country SUSPEND");
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        await SwitchAsync(with: r => r with { Choices = Both });
        Assert.True(Paused);
        Assert.True(((ViewItem)Model.Items("DYNAMIC TABLE")[0]).Suspended);
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task A_pipe_that_does_not_come_to_rest_keeps_the_names_and_goes_on()
    {
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        Pipe.Properties["pending"] = "3";
        var failure = await FailsAsync(ErrorCode.CannotCarryOver, () => SwitchAsync(with: r => r with { Choices = Both, TryFor = TimeSpan.FromSeconds(1) }));
        Assert.Contains("files to load", failure.Message, StringComparison.Ordinal);
        Assert.False(Paused);
        Assert.Equal((0, SwapState.Proven), (Swaps, (await LastSwapAsync()).State));
        Pipe.Properties["pending"] = "0";
        await SwitchAsync(with: r => r with { Choices = Both });
        Assert.Equal(1, Swaps);
    }

    [Theory]
    [InlineData("ALTER TABLE \"S1\".\"ALLEVENTS\" SWAP", false)]
    [InlineData("SELECT IFF(CAST(s:\"executionState\"", false)]
    [InlineData("create or replace pipe", true)]
    [InlineData("GRANT MONITOR ON PIPE", true)]
    [InlineData("create or replace dynamic table", true)]
    [Trait("Promise", "6")]
    public async Task Cut_off_anywhere_a_repair_leaves_the_pipe_running_and_as_it_was(string at, bool done)
    {
        var (pipe, table) = (Pipe, Model.Items("DYNAMIC TABLE")[0]);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        var cut = false;
        Model.Faults = m =>
        {
            // From there on nothing of ours is answered any more, as for a process that was killed.
            if (m.Time == FaultTime.BeforeExecution && m.Sql.StartsWith(at, StringComparison.Ordinal)) cut = true;
            return cut && m.Time == FaultTime.BeforeExecution && (m.Sql.StartsWith(at, StringComparison.Ordinal) || m.Sql.StartsWith("UPDATE \"S1\".\"etltableops_journal\"", StringComparison.Ordinal) || m.Sql.StartsWith("ALTER PIPE", StringComparison.Ordinal))
                ? Fault.Of(new ModelError(300005, "XX000", "Processing aborted by error 300005; incident 1"))
                : null;
        };
        await Assert.ThrowsAsync<EtlException>(() => SwitchAsync(with: r => r with { Choices = Both }));
        Model.Faults = null;
        if (!done) Assert.True(Paused);
        await RepairAsync();
        Assert.False(Paused);
        Assert.Equal((done ? 1 : 0, done ? SwapState.Switched : SwapState.Proven), (Swaps, (await LastSwapAsync()).State));
        if (!done) await SwitchAsync(with: r => r with { Choices = Both });
        Assert.Empty((await LastSwapAsync()).Pending);
        SameButAnew(pipe, table);
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task What_belongs_to_another_role_is_refused_whatever_was_said()
    {
        Model.Roles.Add("LOADER");
        await World.ExecuteAsync("GRANT OWNERSHIP ON PIPE loads TO ROLE LOADER COPY CURRENT GRANTS");
        var failure = await FailsAsync(ErrorCode.CannotCarryOver, () => BuildAsync(Declared.Twice));
        Assert.Contains("LOADER", failure.Message, StringComparison.Ordinal);
    }

    private int Swaps => Model.History.Count(q => q.Status == "SUCCESS" && q.Text.Contains(" SWAP WITH ", StringComparison.Ordinal));

    private void SameButAnew(CatalogItem pipe, CatalogItem table)
    {
        Assert.False(Paused);
        foreach (var (was, now) in new[] { (pipe, Pipe), (table, Assert.Single(Model.Items("DYNAMIC TABLE"))) })
        {
            Assert.NotEqual(was.Id, now.Id);
            Assert.Equal((was.Text, was.Comment, was.Owner), (now.Text, now.Comment, now.Owner));
            Assert.Equal(was.Grants.Select(g => (g.Privilege, g.Grantee)), now.Grants.Select(g => (g.Privilege, g.Grantee)));
            Assert.Equal(was.Properties.GetValueOrDefault("auto_ingest"), now.Properties.GetValueOrDefault("auto_ingest"));
            Assert.Equal(was.Properties.GetValueOrDefault("target_lag"), now.Properties.GetValueOrDefault("target_lag"));
        }
    }
}
