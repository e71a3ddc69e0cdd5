using System.Diagnostics;
using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Testing;
using Npgsql;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>
/// A large table's indexes are built by several sessions at once. The indexes here are on expressions that do what the table <c>act</c> tells them to, so
/// that a test decides what happens while an index is built.
/// </summary>
public sealed class IndexBuildTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    /// <summary>Both wait until the other is being built too, and give up after a while.</summary>
    private const string Meet = "meet";

    /// <summary>The second waits until the first is being built and fails; the first would wait for minutes.</summary>
    private const string Fail = "fail";

    /// <summary>Both would wait for minutes.</summary>
    private const string Hang = "hang";

    private static string BuildsAtWork => "(SELECT count(*) FROM pg_catalog.pg_stat_progress_create_index WHERE datname = current_database())";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Database.ExecuteAsync($"""
            DROP SCHEMA public CASCADE;
            CREATE SCHEMA public;
            CREATE TABLE act (what text NOT NULL);
            CREATE FUNCTION acting(id bigint, place int) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
            DECLARE what text;
            BEGIN
              IF id <> 1 OR pg_catalog.current_query() NOT LIKE 'CREATE %INDEX %' THEN RETURN id; END IF;
              SELECT a.what INTO what FROM public.act a;
              IF what IS NULL THEN RETURN id; END IF;
              FOR i IN 1..600 LOOP
                PERFORM pg_catalog.pg_stat_clear_snapshot();
                IF {BuildsAtWork} = 2 THEN
                  IF what = '{Meet}' THEN PERFORM pg_catalog.pg_sleep(0.5); RETURN id; END IF;
                  IF what = '{Fail}' AND place = 2 THEN RAISE EXCEPTION 'this index cannot be'; END IF;
                END IF;
                PERFORM pg_catalog.pg_sleep(0.2);
              END LOOP;
              RAISE EXCEPTION 'waited in vain';
            END $$;
            CREATE TABLE big (id bigint, note text NOT NULL DEFAULT repeat('n', 1500), CONSTRAINT big_pkey PRIMARY KEY (id)) WITH (autovacuum_enabled = off);
            INSERT INTO big (id) SELECT generate_series(1, 8000);
            CREATE INDEX first ON big (acting(id, 1));
            CREATE INDEX second ON big (acting(id, 2));
            COMMENT ON INDEX first IS 'of the first';
            COMMENT ON CONSTRAINT big_pkey ON big IS 'the key';
            ALTER TABLE big CLUSTER ON big_pkey;
            ANALYZE big;
            """);
    }

    [Fact]
    public async Task Two_sessions_build_indexes_at_once_as_the_plan_shows()
    {
        await ActAsync(Meet);
        var told = new Told();
        var operations = await OperationsAsync(told);
        var prepared = await operations.NewShadowAsync(new NewShadowRequest("big"), Token);
        var shown = prepared.Plan.Steps.SelectMany(s => s.Statements).Select(s => s.Text).ToList();

        await prepared.RunAsync(Token);

        Assert.Equal(shown, told.Statements);
        Assert.Contains("SET LOCAL max_parallel_maintenance_workers = 0", shown);
        var lines = (await operations.HistoryAsync(new HistoryRequest { Table = "big", Statements = true }, Token))[0].Lines;
        Assert.Equal(["index-1", "index-2", "index-3"], lines.Select(l => l.Step).Where(s => s.StartsWith("index", StringComparison.Ordinal)).Order());
        Assert.Equal(prepared.Plan.Steps.Select(s => s.Name).Order(), lines.Select(l => l.Step).Order());
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => (long)n), lines.Select(l => l.Line));
        await new TableJob(Database, "big", Token).ProveAsync();
    }

    [Fact]
    public async Task One_session_builds_them_one_after_the_other()
    {
        await Database.ExecuteAsync("DROP INDEX second");
        var operations = await OperationsAsync();
        var prepared = await operations.NewShadowAsync(new NewShadowRequest("big") { Sessions = 1 }, Token);
        Assert.All(prepared.Plan.Steps, s => Assert.Equal(1, s.Abreast));
        await prepared.RunAsync(Token);
        await new TableJob(Database, "big", Token).ProveAsync();
    }

    [Fact]
    public async Task An_index_that_cannot_be_built_stops_the_others_and_is_the_one_that_is_named()
    {
        await ActAsync(Fail);
        var operations = await OperationsAsync();
        var prepared = await operations.NewShadowAsync(new NewShadowRequest("big"), Token);

        var e = await Assert.ThrowsAsync<EtlException>(() => prepared.RunAsync(Token));

        Assert.Equal(ErrorCode.StatementFailed, e.Code);
        Assert.Contains("this index cannot be", e.Message, StringComparison.Ordinal);
        await NothingIsLeftAsync(operations);
    }

    [Fact]
    public async Task A_cancel_stops_all_that_are_being_built()
    {
        await ActAsync(Hang);
        var operations = await OperationsAsync();
        var prepared = await operations.NewShadowAsync(new NewShadowRequest("big"), Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var running = prepared.RunAsync(stop.Token);
        await UntilAsync($"SELECT {BuildsAtWork} = 2");
        await stop.CancelAsync();

        var e = await Assert.ThrowsAnyAsync<Exception>(() => running);
        Assert.True(e is OperationCanceledException or EtlException { Code: ErrorCode.Cancelled }, e.ToString());
        await NothingIsLeftAsync(operations);
    }

    [Fact]
    [Trait("Promise", "6")]
    public async Task Builds_of_a_killed_process_end_by_themselves_and_are_repaired()
    {
        await KillABuildAsync();
        var operations = await OperationsAsync();
        await (await operations.RepairAsync(new RepairRequest { Table = "big" }, Token)).RunAsync(Token);
        await NothingIsLeftAsync(operations);
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task A_repair_that_waits_for_work_on_the_shadow_does_not_hold_up_the_live_table()
    {
        await KillABuildAsync();
        var operations = await OperationsAsync();
        Task repairing;
        await using (var other = await Database.OpenAsync())
        {
            await using (var work = new NpgsqlCommand("BEGIN; LOCK TABLE big_new IN SHARE MODE", other)) await work.ExecuteNonQueryAsync(Token);
            var prepared = await operations.RepairAsync(new RepairRequest { Table = "big" }, Token);
            repairing = prepared.RunAsync(Token);
            await UntilAsync("SELECT count(*) > 0 FROM pg_locks WHERE relation = 'big_new'::regclass AND NOT granted");

            await Database.ExecuteAsync("SET lock_timeout = '2s'; UPDATE big SET note = 'changed' WHERE id = 2");
        }
        await repairing;
        await NothingIsLeftAsync(operations);
    }

    /// <summary>Kills a process that builds two indexes, and waits until the server has noticed.</summary>
    private async Task KillABuildAsync()
    {
        Assert.SkipWhen(await Database.ScalarAsync<int>("SELECT current_setting('server_version_num')::int") < 140000, "Before version 14 the server does not look whether its client is still there.");
        await ActAsync(Hang);
        await Database.ExecuteAsync("ALTER TABLE big ADD COLUMN user_id integer");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "exec", Path.Combine(AppContext.BaseDirectory, "EtlTableOps.TestHost.dll"), Database.ConnectionText, "build", "big", "600000ms" }) start.ArgumentList.Add(argument);
        using (var host = Process.Start(start)!)
        {
            await UntilAsync($"SELECT {BuildsAtWork} = 2");
            host.Kill();
            await host.WaitForExitAsync(Token);
        }
        await UntilAsync("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE%INDEX%'");
    }

    private Task ActAsync(string what) => Database.ExecuteAsync($"INSERT INTO act VALUES ('{what}')");

    private async Task<TableOperations> OperationsAsync(IRunObserver? observer = null) =>
        new(await EngineList.ConnectAsync(Database.ConnectionText, null, null, null, Token), observer);

    private async Task UntilAsync(string question)
    {
        for (var clock = Stopwatch.StartNew(); !await Database.ScalarAsync<bool>(question); await Task.Delay(50, Token))
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"not true within a minute: {question}");
    }

    private async Task NothingIsLeftAsync(TableOperations operations)
    {
        Assert.Equal(SwapState.Abandoned, (await operations.HistoryAsync(new HistoryRequest { Table = "big" }, Token))[0].State);
        Assert.Equal("act, big, etltableops_journal, etltableops_journal_lines", await Database.ScalarAsync<string>(
            "SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"));
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'big'::regclass"));
        Assert.Equal(0, await Database.ScalarAsync<long>($"SELECT {BuildsAtWork}"));
    }

    private sealed class Told : IRunObserver
    {
        private readonly List<string> statements = [];

        public IReadOnlyList<string> Statements
        {
            get
            {
                lock (statements) return [.. statements];
            }
        }

        public void OnEvent(RunEvent happened)
        {
            if (happened is not StatementRun run) return;
            lock (statements) statements.Add(run.Text);
        }
    }
}
