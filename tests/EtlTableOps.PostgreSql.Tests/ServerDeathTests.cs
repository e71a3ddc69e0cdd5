using System.Diagnostics;
using EtlTableOps.Behaviour;
using EtlTableOps.Errors;
using EtlTableOps.PostgreSql.Tests.Behaviour;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>A server that writes as a real one does and may be killed.</summary>
public sealed class MortalServer : IAsyncLifetime
{
    public PostgreSqlCluster Cluster { get; } = new() { Durable = true };

    public ValueTask InitializeAsync() => Cluster.InitializeAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

/// <summary>
/// The server dies with all its processes while an operation works, and is started again: the operation ends well or with a typed failure, the live table is whole, and
/// a repair leaves nothing else.
/// </summary>
public sealed class ServerDeathTests(MortalServer server) : InterruptionSteps, IClassFixture<MortalServer>
{
    private static readonly ErrorCode[] Expected = [ErrorCode.ConnectionLost, ErrorCode.ConnectionFailed, ErrorCode.CleanUpPending];

    protected override EngineWorld NewWorld() => new PostgreSqlWorld(server.Cluster);

    [Theory]
    [InlineData("build")]
    [InlineData("sync")]
    [InlineData("test")]
    [InlineData("switch")]
    [InlineData("undo")]
    [Trait("Promise", "6")]
    public async Task A_server_that_dies_at_any_boundary_leaves_the_live_table_whole(string operation)
    {
        await BeginAsync(200);
        for (var boundary = 1; ; boundary++)
        {
            await SetUpAsync(operation);
            var place = "";
            var failure = await DisturbedAsync(operation, (number, where) =>
            {
                if (number != boundary) return;
                place = where;
                // Within the operation: it meets a server that has come back already.
                Crash(immediateShutdown: number % 4 == 0).GetAwaiter().GetResult();
                server.Cluster.StartAgainAsync().GetAwaiter().GetResult();
            }, Expected);
            await WholeAfterAsync(operation, $"{operation}, server killed {place} (boundary {boundary}; {failure?.Code})", SaysDone(failure));
            if (place.Length == 0) break;
            Assert.True(boundary < 100, "an operation without an end");
        }
    }

    [Fact]
    [Trait("Promise", "2")]
    [Trait("Promise", "6")]
    public async Task A_server_that_dies_at_any_moment_loses_no_row_that_its_writers_committed()
    {
        await BeginAsync(1000);
        Writers = await StartLedgerAsync(_ => ((PostgreSqlWorld)World).MortalLedgerOptions with { Seed = Effort.Seed });
        await using (Writers)
        {
            await RememberAsync();
            var random = new Random(Effort.Seed);
            string[] operations = ["switch", "undo", "build", "switch", "undo", "test", "sync"];
            var whole = new Dictionary<string, int>();
            for (var round = 0; round < Effort.Kills * 2; round++)
            {
                var operation = operations[round % operations.Length];
                await SetUpAsync(operation);
                // The first of each goes through, to know how long there is for the others.
                var let = !whole.TryGetValue(operation, out var length);
                var after = let ? 0 : random.Next(length + 1);
                var watch = Stopwatch.StartNew();
                var killing = let ? Task.CompletedTask : Task.Run(() => DieAsync(after, random.Next(4) == 0), Token);
                var failure = await DisturbedAsync(operation, (_, _) => { }, Expected);
                whole.TryAdd(operation, (int)watch.ElapsedMilliseconds);
                await killing;
                await WholeAfterAsync(operation, $"{operation}, server killed after {after} of {length} ms (round {round}, seed {Effort.Seed}; {failure?.Code})", SaysDone(failure));
            }
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {Effort.Seed}, {Effort.Kills * 2} rounds, {Writers.Counts}");
        }
    }

    /// <summary>What the operation told its caller: each of these failures but one says that the live table is as it was.</summary>
    private static bool SaysDone(EtlException? failure) => failure is null or { Code: ErrorCode.CleanUpPending };

    private async Task DieAsync(int after, bool immediateShutdown)
    {
        await Task.Delay(after, Token);
        await Crash(immediateShutdown);
        await server.Cluster.StartAgainAsync();
    }

    private Task Crash(bool immediateShutdown) => server.Cluster.CrashAsync(immediateShutdown);
}
