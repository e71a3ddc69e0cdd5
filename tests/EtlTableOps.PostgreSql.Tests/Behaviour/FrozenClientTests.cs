using System.Diagnostics;
using EtlTableOps.Behaviour;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests.Behaviour;

/// <summary>A client of ours that is stopped (SIGSTOP) while it holds locks that others wait for.</summary>
[Trait("Promise", "6")]
public sealed class FrozenClientTests(PostgreSqlCluster cluster) : EngineScenarios
{
    /// <summary>Two seconds of silence (the dialect's), and the statement that runs at the time; the rest is the machine's.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(6);

    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);

    [Theory]
    [Trait("Promise", "9")]
    [InlineData("switch", "COMMENT")]
    [InlineData("undo", "COMMENT")]
    [InlineData("build", "CREATE TRIGGER")]
    public async Task Others_go_on_soon_and_the_command_says_what_happened(string operation, string slow)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Stops a process by a signal.");
        await EventsTable.CreateAsync(World, 1000);
        if (operation == "undo") await ReplaceAsync(Declared.Twice);
        if (operation == "switch")
        {
            await BuildAsync(Declared.Twice);
            await ProveAsync();
        }
        var structure = await World.DescribeAsync("allevents");

        // One statement under the lock takes its time, so that the process can be stopped in the middle.
        await World.ExecuteAsync($"""
            CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
              IF EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname IN ('allevents', 'allevents_new') AND l.pid = pg_backend_pid() AND l.mode IN ('ShareRowExclusiveLock', 'AccessExclusiveLock')) THEN PERFORM pg_sleep(0.5); END IF; END $$;
            CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('{slow}') EXECUTE FUNCTION slow()
            """);
        using var host = HostProcess.Start(World, operation, "never", TimeSpan.FromSeconds(20));
        await using var consumer = await World.OpenConsumerAsync();
        while ((await consumer.QueryAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'"))[0] == "0")
        {
            Token.ThrowIfCancellationRequested();
            await Task.Delay(5, Token);
        }
        host.Signal("STOP");
        var waited = Stopwatch.StartNew();
        await consumer.ExecuteAsync("UPDATE allevents SET country = 'IT' WHERE event_id = 1");
        var stall = waited.Elapsed;
        Assert.True(stall < Bound, $"{stall} behind a frozen client");
        Assert.True(stall > TimeSpan.FromSeconds(1), $"The client was not stopped under the lock ({stall}).");

        await World.ExecuteAsync("DROP EVENT TRIGGER slow");
        host.Signal("CONT");
        var (code, error) = await host.EndAsync(Token);
        Assert.NotEqual(0, code);
        Assert.Contains("ConnectionLost", error, StringComparison.Ordinal);

        // Not done, nothing lost, and the next one of us does it.
        Assert.Equal(structure, await World.DescribeAsync("allevents"));
        await RepairAsync();
        if (operation == "undo") await UndoAsync();
        else if (operation == "switch") await SwitchAsync();
        else await ReplaceAsync(Declared.Twice);
        Assert.Equal(1, await World.CountAsync("SELECT count(*) FROM allevents WHERE event_id = 1 AND country = 'IT'"));
        Assert.Equal(1000, await World.CountAsync("SELECT count(*) FROM allevents"));
    }
}
