using EtlTableOps.Behaviour;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Snowflake.Testing;
using EtlTableOps.Switching;

namespace EtlTableOps.Snowflake.Tests.Behaviour;

/// <summary>The live table stays the object that it is and gets the shadow's rows: what is bound to it stays, and whatever becomes of an answer, it is done once or not at all.</summary>
public sealed class SnowflakeOverwriteTests : EngineScenarios
{
    private SnowflakeModel Model => ((SnowflakeWorld)World).Model;

    private int Overwrites => Model.History.Count(q => IsOverwrite(q.Text) && q.Status == "SUCCESS");

    protected override EngineWorld NewWorld() => new SnowflakeWorld();

    [Fact]
    [Trait("Promise", "5")]
    public async Task The_whole_job_keeps_the_table_its_stream_its_share_and_what_reads_it()
    {
        await EventsTable.CreateAsync(World, 100);
        await World.ExecuteAsync("CREATE STREAM of_events ON TABLE allevents");
        await World.ExecuteAsync("GRANT SELECT ON TABLE allevents TO SHARE partners");
        await World.ExecuteAsync("CREATE MATERIALIZED VIEW by_country AS SELECT country, user_id FROM allevents");
        await World.ExecuteAsync("COMMENT ON TABLE allevents IS 'what happened'");
        var table = Model.Table("ALLEVENTS");
        var before = await World.DescribeAsync("allevents");
        var rows = await LiveRowsAsync();

        await BuildAsync(Declared.Twice with { Where = "event_id > 10" });
        await ProveAsync();
        await World.ExecuteAsync("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 4)");
        var swap = await OverwriteAsync();
        Assert.Equal((SwapState.Switched, ExchangeMethod.Overwrite), (swap.State, swap.Method));
        Assert.Empty(swap.Differences);
        Assert.Empty(swap.Pending);
        Assert.Same(table, Model.Table("ALLEVENTS"));
        Assert.Equal(91, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));
        Assert.Equal(91, await World.CountAsync("SELECT count(*) FROM allevents"));
        Assert.Contains(table.Grants, g => g.GrantedTo == "SHARE");
        Assert.Equal(91, await World.CountAsync("SELECT count(*) FROM by_country"));
        Assert.Equal("what happened", table.Comment);

        // The version is the table as it was, under the former columns; the shadow is gone.
        var former = await World.RowsAsync($"SELECT * FROM {swap.Version}");
        Assert.Equal(rows, former.Where(r => !r.StartsWith("900 ", StringComparison.Ordinal)));
        Assert.Equal(101, former.Count);
        Assert.Null(Model.Find("ALLEVENTS_NEW"));

        // All former rows go, all new ones come.
        Assert.Contains(Told.Events.OfType<Observability.RunWarning>(), w => w.Text.Contains("every former row as deleted", StringComparison.Ordinal));
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM of_events WHERE METADATA$ACTION = 'DELETE'"));
        Assert.Equal(91, await World.CountAsync("SELECT count(*) FROM of_events WHERE METADATA$ACTION = 'INSERT'"));

        await World.ExecuteAsync("CREATE TABLE taken_out AS SELECT event_id FROM of_events");
        await UndoAsync();
        Assert.Same(table, Model.Table("ALLEVENTS"));
        Assert.Equal(before, await World.DescribeAsync("allevents"));
        Assert.Equal(101, await World.CountAsync("SELECT count(*) FROM allevents"));
        Assert.Equal(101, await World.CountAsync("SELECT count(*) FROM of_events WHERE METADATA$ACTION = 'INSERT'"));
        await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
        await NothingLeftAsync();
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task What_a_swap_refuses_is_left_alone_by_an_overwrite()
    {
        await EventsTable.CreateAsync(World, 20);
        await World.ExecuteAsync("CREATE STAGE landing");
        await World.ExecuteAsync("CREATE PIPE into_events AS COPY INTO allevents FROM @landing");
        await BuildAsync(Declared.Nothing);
        await ProveAsync();
        Assert.Contains("-Method Overwrite", (await FailsAsync(ErrorCode.CannotCarryOver, () => SwitchAsync())).Remedy, StringComparison.Ordinal);
        await RemoveShadowAsync();
        await BuildAsync(new DeclaredChange { Where = "event_id > 5" }, r => r with { Method = ExchangeMethod.Overwrite });
        await ProveAsync();
        await FailsAsync(ErrorCode.NotSupported, () => SwitchAsync(with: r => r with { Method = ExchangeMethod.Swap }));
        Assert.Equal(ExchangeMethod.Overwrite, (await SwitchAsync()).Method);
        Assert.Equal(15, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    public static TheoryData<string> Refused => ["dropped", "retyped", "strict", "policy", "retention", "rights", "owner"];

    [Theory]
    [MemberData(nameof(Refused))]
    [Trait("Promise", "4")]
    public async Task What_the_live_table_cannot_take_in_place_is_refused_before_the_build(string what)
    {
        await EventsTable.CreateAsync(World, 20);
        var change = what switch
        {
            "dropped" => new DeclaredChange { Drop = ["payload"] },
            "retyped" => new() { Alter = [new AlteredColumn("user_id", "varchar(20)")] },
            "strict" => new() { Add = [new AddedColumn("one", "integer NOT NULL", "1")] },
            "owner" => Declared.Twice,
            _ => new(),
        };
        if (what == "policy")
        {
            await World.ExecuteAsync("CREATE ROW ACCESS POLICY mine AS (who integer) RETURNS BOOLEAN -> TRUE");
            await World.ExecuteAsync("ALTER TABLE allevents ADD ROW ACCESS POLICY mine ON (user_id)");
        }
        if (what == "retention") await World.ExecuteAsync("ALTER TABLE allevents SET DATA_RETENTION_TIME_IN_DAYS = 0");
        if (what is "rights" or "owner") Belongs("OTHERS", what == "rights" ? ["SELECT", "INSERT"] : ["SELECT", "INSERT", "DELETE"]);
        var tables = Model.Items("TABLE").Count;
        var failure = await FailsAsync(what == "rights" ? ErrorCode.NotPermitted : ErrorCode.CannotCarryOver, () => BuildAsync(change, r => r with { Method = ExchangeMethod.Overwrite }));
        Assert.False(failure.DurableChangeMade);
        Assert.Equal(tables, Model.Items("TABLE").Count);
    }

    [Fact]
    public async Task Who_may_read_insert_and_delete_needs_no_ownership()
    {
        await EventsTable.CreateAsync(World, 50);
        await World.ExecuteAsync("ALTER TABLE allevents SET CHANGE_TRACKING = TRUE");
        Belongs("OTHERS", ["SELECT", "INSERT", "DELETE", "UPDATE"]);
        await BuildAsync(new DeclaredChange { Where = "event_id > 10" }, r => r with { Method = ExchangeMethod.Overwrite });
        await ProveAsync();
        await SwitchAsync();
        Assert.Equal(40, await World.CountAsync("SELECT count(*) FROM allevents"));
        Assert.Equal("OTHERS", Model.Table("ALLEVENTS").Owner);
        await UndoAsync();
        Assert.Equal(50, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "2")]
    public async Task Rows_that_reach_the_live_table_up_to_the_overwrite_are_on_it_afterwards(bool keyed)
    {
        await EventsTable.CreateAsync(World, 100);
        if (!keyed) await World.ExecuteAsync("ALTER TABLE allevents DROP PRIMARY KEY");
        await BuildAsync(Declared.Twice);
        await ProveAsync();
        var written = false;
        Model.Faults = m =>
        {
            if (!IsOverwrite(m.Sql) || m.Time != FaultTime.BeforeExecution || written) return null;
            written = true;
            Side("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 4)");
            if (keyed) Side("UPDATE allevents SET payload = 'at the last moment' WHERE event_id = 7");
            if (keyed) Side("DELETE FROM allevents WHERE event_id = 8");
            return null;
        };
        await OverwriteAsync();
        Assert.True(written);
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 900 AND twice = 8"));
        Assert.Equal(keyed ? 1 : 0, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 7 AND payload = 'at the last moment'"));
        Assert.Equal(keyed ? 0 : 1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 8"));
        Assert.Equal(keyed ? 100 : 101, await World.CountAsync("SELECT count(*) FROM allevents"));

        // What we brought over is not what others wrote since, and the version has it as well.
        await UndoAsync();
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 900"));
        Assert.Equal(keyed ? 100 : 101, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "2")]
    public async Task A_row_that_is_added_while_the_overwrite_runs_is_neither_lost_nor_doubled(bool keyed)
    {
        await EventsTable.CreateAsync(World, 100);
        if (!keyed) await World.ExecuteAsync("ALTER TABLE allevents DROP PRIMARY KEY");
        await BuildAsync(new DeclaredChange { Where = "event_id > 10" });
        await ProveAsync();
        var number = 900;
        Model.Faults = m =>
        {
            // Between the statement's snapshot and the moment that is noted, and between that and the commit.
            if (IsOverwrite(m.Sql) && m.Time == FaultTime.BeforeCommit) Side($"INSERT INTO allevents (event_id, event_ts, user_id) VALUES ({number++}, '2026-01-01 00:00:00', 4)");
            if (m.Sql == "COMMIT" && m.Time == FaultTime.BeforeExecution && number == 901) Side($"INSERT INTO allevents (event_id, event_ts, user_id) VALUES ({number++}, '2026-01-01 00:00:00', 4)");
            return null;
        };
        await OverwriteAsync();
        Model.Faults = null;
        Assert.Equal(902, number);
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 900"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 901"));
        Assert.Equal(92, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task What_is_written_from_the_commit_on_is_counted_and_newer_than_what_came_before()
    {
        await ProvenAsync();
        var done = false;
        Model.Faults = m =>
        {
            if (IsOverwrite(m.Sql) && m.Time == FaultTime.BeforeExecution) Side("UPDATE allevents SET payload = 'older' WHERE event_id IN (7, 9)");
            if (m.Sql == "COMMIT" && m.Time == FaultTime.AfterExecution && Overwrites == 1 && !done)
            {
                // Before anything of ours after the commit.
                done = true;
                Side("UPDATE allevents SET payload = 'newer' WHERE event_id = 7");
                Side("INSERT INTO allevents (event_id, event_ts, user_id) VALUES (900, '2026-01-01 00:00:00', 4)");
            }
            return null;
        };
        await OverwriteAsync();
        Model.Faults = null;
        Assert.True(done);
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 7 AND payload = 'newer'"));
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 9 AND payload = 'older'"));
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 20");
        Assert.StartsWith("3 rows", (await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync())).Message, StringComparison.Ordinal);
        var undo = await UndoAsync(force: true);
        Assert.Equal(3, undo.RowsLeftBehind);
        Assert.Equal(2, await World.CountAsync("SELECT count(*) FROM allevents WHERE payload = 'older'"));
        Assert.Equal(1, await World.CountAsync($"SELECT count(*) FROM {undo.Version} WHERE event_id = 900"));
    }

    public static TheoryData<string, string, bool> Cuts => new()
    {
        { "overwrite", "before", false },
        { "overwrite", "after", false },
        { "commit", "before", false },
        { "commit", "after", true },
    };

    [Theory]
    [MemberData(nameof(Cuts))]
    [Trait("Promise", "7")]
    public async Task An_overwrite_whose_answer_is_lost_is_done_once_or_not_at_all(string what, string when, bool done)
    {
        await ProvenAsync();
        var before = await World.DescribeAsync("allevents");
        Cut(what, when);
        if (done)
        {
            Assert.Equal(SwapState.Switched, (await OverwriteAsync()).State);
            Assert.Contains(Told.Events.OfType<Observability.RunWarning>(), w => w.Text.Contains("asking the server", StringComparison.Ordinal));
        }
        else
        {
            await FailsAsync(ErrorCode.ConnectionLost, () => OverwriteAsync());
            Model.Faults = null;
            Assert.Equal(SwapState.Proven, (await LastSwapAsync()).State);
            Assert.Equal(before, await World.DescribeAsync("allevents"));
            Assert.DoesNotContain(Model.Items("TABLE"), t => t.Name.StartsWith("etltableops_exchange", StringComparison.Ordinal));
            await OverwriteAsync();
        }
        Model.Faults = null;
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));

        // The moment of the commit was found again, so that the count is exact.
        await World.ExecuteAsync("UPDATE allevents SET payload = 'since' WHERE event_id = 1");
        Assert.StartsWith("1 rows", (await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync())).Message, StringComparison.Ordinal);
        Cut(what, when);
        if (done) await UndoAsync(force: true);
        else await FailsAsync(ErrorCode.ConnectionLost, () => UndoAsync(force: true));
        Model.Faults = null;
        if (!done) await UndoAsync(force: true);
        Assert.Equal(before, await World.DescribeAsync("allevents"));
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Where_the_moment_of_the_commit_is_not_found_the_count_is_unknown_and_said_to_be()
    {
        await ProvenAsync();
        Model.Faults = m => m.Time == FaultTime.BeforeExecution && m.Sql.Contains("QUERY_HISTORY_BY_SESSION", StringComparison.Ordinal) ? Fault.Of(new ModelError(300005, "XX000", "Processing aborted by error 300005; incident 1")) : null;
        await FailsAsync(ErrorCode.CleanUpPending, () => OverwriteAsync());
        Model.Faults = null;
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2"));
        // As where another user repairs, who may not see the statement.
        await World.ExecuteAsync($"UPDATE \"{Model.Items("TABLE").Single(t => t.Name.StartsWith("etltableops_exchange", StringComparison.Ordinal)).Name}\" SET session_id = '0'");
        await RepairAsync();
        Assert.Empty((await LastSwapAsync()).Pending);
        Assert.StartsWith("An unknown number of", (await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync())).Message, StringComparison.Ordinal);
        await UndoAsync(force: true);
        Assert.Equal(100, await World.CountAsync("SELECT count(*) FROM allevents"));
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Without_its_version_an_overwrite_is_not_finished()
    {
        await ProvenAsync();
        Model.Faults = m => m.Time == FaultTime.BeforeExecution && m.Sql.Contains(" CLONE ", StringComparison.Ordinal) ? Fault.Of(new ModelError(2003, "02000", "SQL compilation error:\nTable 'ALLEVENTS' does not exist or not authorized.")) : null;
        await FailsAsync(ErrorCode.CleanUpPending, () => OverwriteAsync());
        Model.Faults = null;
        Assert.Equal("keep", (await LastSwapAsync()).Pending[0]);
        await World.ExecuteAsync("UPDATE allevents SET payload = 'since' WHERE event_id = 1");
        await RepairAsync();
        var swap = await LastSwapAsync();
        Assert.Empty(swap.Pending);
        Assert.Equal(0, await World.CountAsync($"SELECT count(*) FROM {swap.Version} WHERE payload = 'since'"));
        Assert.StartsWith("1 rows", (await FailsAsync(ErrorCode.RowsWrittenSince, () => UndoAsync())).Message, StringComparison.Ordinal);
        await UndoAsync(force: true);
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM allevents WHERE payload = 'since'"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "2")]
    public async Task No_row_of_writers_is_lost_doubled_or_stale_through_overwrites(bool keyed)
    {
        await EventsTable.CreateAsync(World, 300);
        if (!keyed) await World.ExecuteAsync("ALTER TABLE allevents DROP PRIMARY KEY");
        var ledgers = Enumerable.Range(0, 3).Select(w => Enumerable.Range(1, 300).Where(id => id % 3 == w).ToDictionary(id => id, _ => "before")).ToList();
        await World.ExecuteAsync("UPDATE allevents SET payload = 'before'");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writers = ledgers.Select((ledger, w) => Task.Run(() => Write(ledger, w, keyed, stop.Token), Token)).ToList();
        for (var generation = 0; generation < 4; generation++)
        {
            var change = generation == 0 ? new DeclaredChange { Add = [new AddedColumn("generation", "integer", "0")] } : new DeclaredChange { Set = [new SetColumn("generation", $"{generation}")] };
            await BuildAsync(change, r => r with { Method = ExchangeMethod.Overwrite });
            if (generation % 2 == 0) await SyncAsync();
            await ProveAsync();
            await Task.Delay(50, Token);
            await SwitchAsync(with: r => r with { KeepVersions = 1 });
        }
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        var expected = ledgers.SelectMany(l => l).Select(r => $"{r.Key} | {r.Value}").Order(StringComparer.Ordinal);
        Assert.Equal(expected, (await World.RowsAsync("SELECT event_id, payload FROM allevents")).Order(StringComparer.Ordinal));
        Assert.True(ledgers.Sum(l => l.Count(r => r.Value != "before")) > 50, "next to nothing was written");
    }

    /// <summary>Writes to its own rows and keeps what was committed; a row that is not there for a moment is left for later.</summary>
    private void Write(Dictionary<int, string> ledger, int writer, bool changes, CancellationToken stop)
    {
        var random = new Random(writer);
        var session = Model.OpenSession();
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var value = $"writer {writer} statement {n}";
            var id = ledger.Count == 0 ? 0 : ledger.Keys.ElementAt(random.Next(ledger.Count));
            switch (changes && id != 0 ? random.Next(4) : 0)
            {
                case 0:
                    var next = 1_000_000 + (n * 3) + writer;
                    session.Execute($"INSERT INTO allevents (event_id, event_ts, user_id, payload) VALUES ({next}, '2026-01-01 00:00:00', 4, '{value}')");
                    ledger[next] = value;
                    break;
                case 1:
                    if (session.Execute($"DELETE FROM allevents WHERE event_id = {id}").Affected == 1) ledger.Remove(id);
                    break;
                default:
                    if (session.Execute($"UPDATE allevents SET payload = '{value}' WHERE event_id = {id}").Affected == 1) ledger[id] = value;
                    break;
            }
            Thread.Sleep(random.Next(4));
        }
        session.Close();
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task A_table_that_is_busy_is_tried_again_and_overwritten_once()
    {
        await ProvenAsync();
        var times = 0;
        Model.Faults = m => IsOverwrite(m.Sql) && m.Time == FaultTime.BeforeExecution && ++times <= 2
            ? Fault.Of(new ModelError(625, "57014", "Statement was aborted because the number of waiters for this lock exceeds the 20 statements limit."))
            : null;
        Assert.Equal(3, (await OverwriteAsync()).Stall!.Tries);
        Assert.Equal(1, Overwrites);
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Overwrites_and_swaps_of_one_table_can_be_taken_back_one_after_the_other()
    {
        await EventsTable.CreateAsync(World, 100);
        var original = await LiveRowsAsync();
        await ReplaceAsync(new DeclaredChange { Where = "event_id > 10" });
        await BuildAsync(new DeclaredChange { Where = "event_id > 20" }, r => r with { Method = ExchangeMethod.Overwrite });
        await ProveAsync();
        await SwitchAsync();
        await ReplaceAsync(new DeclaredChange { Where = "event_id > 30" });
        Assert.Equal(70, await World.CountAsync("SELECT count(*) FROM allevents"));
        await UndoAsync();
        Assert.Equal(80, await World.CountAsync("SELECT count(*) FROM allevents"));
        await UndoAsync();
        Assert.Equal(90, await World.CountAsync("SELECT count(*) FROM allevents"));
        await UndoAsync();
        Assert.Equal(original, await LiveRowsAsync());
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task The_statements_that_are_shown_are_those_that_are_run()
    {
        await ProvenAsync();
        await World.ExecuteAsync("UPDATE allevents SET payload = 'before the switch' WHERE event_id = 1");
        var before = await World.EverythingAsync();
        var shown = await Operations.SwitchAsync(new SwitchRequest("allevents") { Method = ExchangeMethod.Overwrite }, Token);
        Assert.Equal(before, await World.EverythingAsync());
        Assert.Contains(shown.Plan.Notes, n => n.Contains("written once more", StringComparison.Ordinal));
        await SameAsync(shown);
        await SameAsync(await Operations.UndoAsync(new UndoRequest("allevents"), Token));
    }

    private async Task SameAsync<T>(PreparedOperation<T> operation)
    {
        var shown = operation.Plan.Steps.SelectMany(s => s.Statements).SelectMany(s => s.All).Select(s => s.Text).ToList();
        Told.Clear();
        await RunAsync(operation);
        Assert.Empty(shown.Except(Told.Statements));
        Assert.Empty(Told.Statements.Except(shown));
    }

    private static bool IsOverwrite(string sql) => sql.StartsWith("INSERT OVERWRITE", StringComparison.Ordinal);

    private async Task ProvenAsync()
    {
        await EventsTable.CreateAsync(World, 100);
        await BuildAsync(Declared.Twice);
        await ProveAsync();
    }

    private Task<TableSwap> OverwriteAsync() => SwitchAsync(with: r => r with { Method = ExchangeMethod.Overwrite });

    /// <summary>Cuts the connection once; the server ends what is open as soon as somebody comes back, and not after five minutes.</summary>
    private void Cut(string what, string when)
    {
        var (overwritten, cut) = (false, false);
        var time = when == "before" ? FaultTime.BeforeExecution : FaultTime.AfterExecution;
        Model.Faults = m =>
        {
            if (cut)
            {
                Model.AbortDetachedTransactions();
                return null;
            }
            if (IsOverwrite(m.Sql)) overwritten = true;
            if (m.Time != time || (what == "overwrite" ? !IsOverwrite(m.Sql) : m.Sql != "COMMIT" || !overwritten)) return null;
            cut = true;
            return Fault.Lost;
        };
    }

    /// <summary>Gives the live table to another role, which lets ours do what is listed.</summary>
    private void Belongs(string role, IReadOnlyList<string> rights)
    {
        Model.Roles.Add(role);
        foreach (var right in rights) Side($"GRANT {right} ON TABLE allevents TO ROLE SYSADMIN");
        Side($"GRANT OWNERSHIP ON TABLE allevents TO ROLE {role} COPY CURRENT GRANTS");
    }

    private void Side(string sql)
    {
        var session = Model.OpenSession();
        session.Execute(sql);
        session.Close();
    }
}

/// <summary>Every way of being cut off, at an exchange that overwrites.</summary>
public sealed class SnowflakeOverwriteInterruptionTests : InterruptionSteps
{
    protected override ExchangeMethod Method => ExchangeMethod.Overwrite;

    protected override EngineWorld NewWorld() => new SnowflakeWorld(served: true);

    [Theory]
    [InlineData("switch")]
    [InlineData("undo")]
    [Trait("Promise", "6")]
    public Task Failing_at_any_boundary_it_is_done_or_not_done(string operation) => InProcessAsync(operation);

    [Theory]
    [InlineData("switch")]
    [InlineData("undo")]
    [Trait("Promise", "6")]
    public Task Killed_at_each_boundary_it_is_finished_or_cleaned_up(string operation) => KilledAtEachBoundaryAsync(operation);

    [Theory]
    [InlineData("switch")]
    [InlineData("undo")]
    [Trait("Promise", "6")]
    public Task Killed_at_any_moment_it_is_finished_or_cleaned_up(string operation) => KilledAtAnyMomentAsync(operation);
}
