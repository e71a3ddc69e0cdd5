using EtlTableOps.Behaviour;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Snowflake.Testing;
using EtlTableOps.Switching;

namespace EtlTableOps.Snowflake.Tests.Behaviour;

/// <summary>
/// The exchange where it is one statement outside of any transaction: whatever becomes of its answer, it is done once or not at all, and rows that come in around
/// it are on the live table afterwards.
/// </summary>
public sealed class SnowflakeExchangeTests : EngineScenarios
{
    private SnowflakeModel Model => ((SnowflakeWorld)World).Model;

    private int Swaps => Model.History.Count(q => IsSwap(q.Text) && q.Status == "SUCCESS");

    protected override EngineWorld NewWorld() => new SnowflakeWorld();

    [Fact]
    [Trait("Promise", "7")]
    public async Task A_swap_whose_answer_is_lost_is_found_done_and_not_repeated()
    {
        await ProvenAsync();
        Strike(FaultTime.AfterExecution, Fault.Lost);
        var swap = await SwitchAsync();
        Assert.Equal(SwapState.Switched, swap.State);
        Assert.Equal(1, Swaps);
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));
        Assert.Contains(Told.Events.OfType<Observability.RunWarning>(), w => w.Text.Contains("asking the server", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task An_undo_whose_answer_is_lost_is_found_done_and_not_repeated()
    {
        await ProvenAsync();
        await SwitchAsync();
        Strike(FaultTime.AfterExecution, Fault.Lost);
        await UndoAsync();
        Assert.Equal(2, Swaps);
        Assert.DoesNotContain(await World.DescribeAsync("allevents"), l => l.Contains("twice", StringComparison.Ordinal));
    }

    public static TheoryData<string, ErrorCode> Failures => new()
    {
        { "lost", ErrorCode.ConnectionLost },
        { "expired", ErrorCode.ConnectionLost },
        { "privileges", ErrorCode.NotPermitted },
        { "timeout", ErrorCode.StatementFailed },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    [Trait("Promise", "7")]
    public async Task A_swap_that_was_certainly_not_done_leaves_a_proven_shadow(string what, ErrorCode code)
    {
        Assert.SkipWhen(what == "expired" && SnowflakeWorld.OfficialDriver is not null, "The official driver renews a session that has expired, and sends the statement again.");
        await ProvenAsync();
        Strike(FaultTime.BeforeExecution, what switch
        {
            "lost" => Fault.Lost,
            "expired" => Fault.Of(new ModelError(390112, "08001", "Your session has expired. Please login again.")),
            "privileges" => Fault.Of(new ModelError(3001, "42501", "SQL access control error: Insufficient privileges to operate on table 'ALLEVENTS'")),
            _ => Fault.Of(new ModelError(630, "57014", "Statement reached its statement or warehouse timeout of 1 second(s) and was canceled.")),
        });
        await FailsAsync(code, () => SwitchAsync());
        Assert.Equal(0, Swaps);
        Assert.Equal(SwapState.Proven, (await LastSwapAsync()).State);
        Assert.DoesNotContain(await World.DescribeAsync("allevents"), l => l.Contains("twice", StringComparison.Ordinal));
        Assert.Equal(SwapState.Switched, (await SwitchAsync()).State);
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task A_table_that_is_busy_is_tried_again_and_exchanged_once()
    {
        await ProvenAsync();
        var times = 0;
        Model.Faults = m => IsSwap(m.Sql) && m.Time == FaultTime.BeforeExecution && ++times <= 2
            ? Fault.Of(new ModelError(625, "57014", "Statement was aborted because the number of waiters for this lock exceeds the 20 statements limit."))
            : null;
        var swap = await SwitchAsync();
        Assert.Equal(3, swap.Stall!.Tries);
        Assert.Equal(1, Swaps);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "6")]
    public async Task Cut_off_around_the_swap_a_repair_asks_which_table_is_live(bool done)
    {
        await ProvenAsync();
        Model.Faults = m => m.Time == FaultTime.BeforeExecution && ((IsSwap(m.Sql) && !done) || (m.Sql.StartsWith("UPDATE \"S1\".\"etltableops_journal\"", StringComparison.Ordinal) && Announced))
            ? Fault.Of(new ModelError(300005, "XX000", "Processing aborted by error 300005; incident 1"))
            : null;
        await Assert.ThrowsAsync<EtlException>(() => SwitchAsync());
        Model.Faults = null;
        Assert.Equal(SwapState.Switching, (await LastSwapAsync()).State);
        await FailsAsync(ErrorCode.WrongState, () => BuildAsync(Declared.Nothing, r => r with { Force = true }));

        await RepairAsync();
        Assert.Equal(done ? SwapState.Switched : SwapState.Proven, (await LastSwapAsync()).State);
        if (!done) await SwitchAsync();
        Assert.Equal(1, Swaps);
        Assert.Empty((await LastSwapAsync()).Pending);
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));
        await UndoAsync();
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "6")]
    public async Task Cut_off_around_the_swap_of_an_undo_a_repair_asks_which_table_is_live(bool done)
    {
        await ProvenAsync();
        await SwitchAsync();
        provenAt = Moment.OfNanoseconds(Model.Now());
        Model.Faults = m => m.Time == FaultTime.BeforeExecution && ((IsSwap(m.Sql) && !done) || (m.Sql.StartsWith("UPDATE \"S1\".\"etltableops_journal\"", StringComparison.Ordinal) && Announced))
            ? Fault.Of(new ModelError(300005, "XX000", "Processing aborted by error 300005; incident 1"))
            : null;
        await Assert.ThrowsAsync<EtlException>(() => UndoAsync());
        Model.Faults = null;
        await RepairAsync();
        var last = await LastSwapAsync();
        Assert.Equal((SwapOperation.Undo, done ? SwapState.Switched : SwapState.Abandoned), (last.Operation, last.State));
        if (!done) await UndoAsync();
        Assert.Equal(2, Swaps);
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents"));
        Assert.DoesNotContain(await World.DescribeAsync("allevents"), l => l.Contains("twice", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Rows_that_reach_the_live_table_up_to_the_swap_are_on_it_afterwards()
    {
        await ProvenAsync();
        var written = false;
        Model.Faults = m =>
        {
            if (!IsSwap(m.Sql) || m.Time != FaultTime.BeforeExecution || written) return null;
            written = true;
            Side("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 4)");
            Side("UPDATE allevents SET payload = 'at the last moment' WHERE event_id = 7");
            Side("DELETE FROM allevents WHERE event_id = 8");
            return null;
        };
        await SwitchAsync();
        Assert.True(written);
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 900 AND twice = 8"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 7 AND payload = 'at the last moment'"));
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 8"));

        // What we brought over is not what others wrote since.
        await UndoAsync();
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 900"));
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task A_row_that_was_changed_under_the_live_name_since_is_newer_and_stays()
    {
        await ProvenAsync();
        Model.Faults = m =>
        {
            if (!IsSwap(m.Sql)) return null;
            if (m.Time == FaultTime.BeforeExecution) Side("UPDATE allevents SET payload = 'older' WHERE event_id IN (7, 9)");
            if (m.Time == FaultTime.AfterExecution) Side("UPDATE allevents SET payload = 'newer' WHERE event_id = 7");
            return null;
        };
        await SwitchAsync();
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 7 AND payload = 'newer'"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 9 AND payload = 'older'"));
        Assert.StartsWith("1 rows", (await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task Grants_and_the_clustering_key_are_on_the_name_before_and_after()
    {
        await EventsTable.CreateAsync(World, 50);
        Model.Roles.Add("READER");
        await World.ExecuteAsync("GRANT SELECT ON TABLE allevents TO ROLE READER");
        await World.ExecuteAsync("ALTER TABLE allevents CLUSTER BY (event_ts)");
        await World.ExecuteAsync("COMMENT ON TABLE allevents IS 'what happened'");
        var before = await World.DescribeAsync("allevents");
        foreach (var change in new[] { new DeclaredChange { Where = "event_id > 0" }, new DeclaredChange { Set = [new SetColumn("payload", "payload")] }, new DeclaredChange { Alter = [new AlteredColumn("payload", "text")] } })
        {
            var swap = await ReplaceAsync(change);
            Assert.Empty(swap.Differences);
            Assert.Equal(before, await World.DescribeAsync("allevents"));
            await UndoAsync();
            Assert.Equal(before, await World.DescribeAsync("allevents"));
        }
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task A_stream_is_refused_unless_it_was_said_to_be_made_anew_and_is_consumed()
    {
        await EventsTable.CreateAsync(World, 50);
        await World.ExecuteAsync("CREATE STREAM of_events ON TABLE allevents");
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        Assert.Contains("-RecreateStreams", (await FailsAsync(ErrorCode.CannotCarryOver, () => SwitchAsync())).Remedy, StringComparison.Ordinal);
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 4)");
        await FailsAsync(ErrorCode.CannotCarryOver, () => SwitchAsync(with: r => r with { Choices = DependentChoices.RecreateStreams }));
        await World.ExecuteAsync("CREATE TABLE taken_out AS SELECT * FROM of_events");
        var swap = await SwitchAsync(with: r => r with { Choices = DependentChoices.RecreateStreams });
        Assert.Empty(swap.Differences);
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (901, '2026-01-01 00:00:00', 4)");
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM of_events"));
    }

    [Fact]
    [Trait("Promise", "1")]
    public async Task A_view_that_reads_all_columns_stops_an_added_column()
    {
        await EventsTable.CreateAsync(World, 50);
        await World.ExecuteAsync("CREATE VIEW everything AS SELECT * FROM allevents");
        await FailsAsync(ErrorCode.CannotCarryOver, () => BuildAsync(Declared.Twice));
        await ReplaceAsync(new DeclaredChange { Where = "event_id > 10" });
        Assert.Equal(40, await World.CountAsync("SELECT count(*) FROM everything"));
    }

    private bool Announced => Model.History.Any(q => q.Text.StartsWith("UPDATE \"S1\".\"etltableops_journal\"", StringComparison.Ordinal) && q.Status == "SUCCESS" && q.Started.CompareTo(provenAt) > 0);

    private Moment provenAt;

    private static bool IsSwap(string sql) => sql.StartsWith("ALTER TABLE", StringComparison.Ordinal) && sql.Contains(" SWAP WITH ", StringComparison.Ordinal);

    private async Task ProvenAsync()
    {
        await EventsTable.CreateAsync(World, 100);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        provenAt = Moment.OfNanoseconds(Model.Now());
    }

    private void Strike(FaultTime time, Fault fault)
    {
        var struck = false;
        Model.Faults = m =>
        {
            if (struck || m.Time != time || !IsSwap(m.Sql)) return null;
            struck = true;
            return fault;
        };
    }

    private void Side(string sql)
    {
        var session = Model.OpenSession();
        session.Execute(sql);
        session.Close();
    }
}
