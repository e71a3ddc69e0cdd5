using EtlTableOps.Behaviour;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests.Behaviour;

/// <summary>What an operation cost, by the account's own history; that it cannot be told fails nothing.</summary>
public sealed class CostTests : EngineScenarios
{
    private SnowflakeModel Model => ((SnowflakeWorld)World).Model;

    private long Table => Model.Table("ALLEVENTS").Bytes;

    protected override EngineWorld NewWorld() => new SnowflakeWorld();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await EventsTable.CreateAsync(World, 2000);
    }

    [Fact]
    public async Task Every_step_of_the_job_says_what_it_read()
    {
        // A clone and a SWAP read nothing of the table; a copy reads it once, a test both tables.
        var cloned = await BuildAsync(Declared.Nothing);
        Assert.InRange(cloned.Cost!.BytesScanned, 0, Table - 1);
        Assert.True(cloned.Cost.Statements > 5);
        var built = await BuildAsync(new DeclaredChange { Set = [new SetColumn("country", "UPPER(country)")] }, r => r with { Force = true });
        // The earlier shadow is looked at before it goes.
        Assert.InRange(built.Cost!.BytesScanned, Table, (3 * Table) - 1);
        Assert.InRange(built.Cost.PartitionsScanned!.Value, 2, built.Cost.PartitionsTotal!.Value);
        await World.ExecuteAsync("UPDATE allevents SET payload = 'x' WHERE event_id = 1");
        Assert.NotNull((await SyncAsync()).Cost);
        Assert.NotNull((await ImportAsync(new ImportRequest("allevents") { Query = "SELECT event_id + 5000 AS event_id, event_ts, user_id FROM allevents WHERE event_id < 3" })).Cost);
        var tested = await ProveAsync();
        Assert.True(tested.Cost!.BytesScanned >= 2 * Table);
        var swap = await SwitchAsync();
        Assert.True(swap.Cost!.Statements > built.Cost.Statements, $"{swap.Cost}");
        Assert.True(Model.History.Where(q => q.Text.Contains(" SWAP WITH ", StringComparison.Ordinal)).All(q => q.BytesScanned == 0));
        Assert.True((await UndoAsync(force: true)).Cost!.Statements > 0);
        Assert.Contains("scanned", $"{swap.Cost}", StringComparison.Ordinal);
        Assert.Null((await LastSwapAsync()).Cost);
    }

    [Theory]
    [InlineData("QUERY_HISTORY_BY_SESSION", true)]
    [InlineData("SELECT CURRENT_SESSION()", true)]
    [InlineData("GET_QUERY_OPERATOR_STATS", false)]
    public async Task That_it_cannot_be_told_fails_nothing(string asked, bool whole)
    {
        Model.Faults = m => m.Time == FaultTime.BeforeExecution && m.Sql.Contains(asked, StringComparison.Ordinal) ? Fault.Of(new ModelError(3001, "42501", "SQL access control error: Insufficient privileges")) : null;
        var built = await BuildAsync(new DeclaredChange { Set = [new SetColumn("country", "UPPER(country)")] });
        var tested = await ProveAsync();
        var swap = await SwitchAsync();
        Assert.Equal(SwapState.Switched, swap.State);
        foreach (var cost in new[] { built.Cost, tested.Cost, swap.Cost })
        {
            if (whole) Assert.Null(cost);
            else Assert.Null(cost!.PartitionsScanned);
        }
        if (whole) Assert.Contains(Told.Events.OfType<Observability.RunNote>(), n => n.Text.Contains("cost is not known", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_of_another_form_fails_nothing()
    {
        Model.Faults = m => m.Time == FaultTime.BeforeExecution && m.Sql.Contains("CURRENT_SESSION", StringComparison.Ordinal) ? throw new InvalidOperationException("no such answer") : null;
        Assert.Null((await BuildAsync(Declared.Twice)).Cost);
        Assert.Null((await ProveAsync()).Cost);
    }

    [Fact]
    public async Task A_connection_that_is_lost_while_it_is_asked_fails_nothing()
    {
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        Model.Faults = m => m.Time == FaultTime.BeforeExecution && m.Sql.Contains("QUERY_HISTORY_BY_SESSION", StringComparison.Ordinal) ? Fault.Lost : null;
        var swap = await SwitchAsync();
        Assert.Equal((SwapState.Switched, null), (swap.State, swap.Cost));
        Assert.Empty((await LastSwapAsync()).Pending);
    }
}
