using System.Globalization;

namespace EtlTableOps.Behaviour;

/// <summary>
/// Readers and writers run at a fixed rate through whole jobs and their undos, beside writers that keep a ledger. None of their statements may fail; how long they may take is for
/// the benchmarks to say, because tests run beside each other on whatever machine.
/// </summary>
public abstract class LoadScenarios : EngineScenarios
{
    private const double PerSecond = 1000;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Bearable = TimeSpan.FromSeconds(30);

    /// <summary>How many of a hundred statements write.</summary>
    protected virtual int Writes => 30;

    /// <summary>What a session of the load runs first.</summary>
    protected virtual string? First => null;

    /// <summary>Reads a row by its key.</summary>
    protected virtual string Read(int id) => string.Create(CultureInfo.InvariantCulture, $"SELECT * FROM allevents WHERE event_id = {id}");

    /// <summary>Changes columns of a row that the ledger does not know: the writers of both share rows and no columns.</summary>
    protected virtual string Write(int id) => string.Create(CultureInfo.InvariantCulture, $"UPDATE allevents SET country = 'IT', amount = {id % 100} WHERE event_id = {id}");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Promise", "1")]
    [Trait("Promise", "9")]
    public async Task At_a_fixed_rate_no_statement_fails_with_or_without_a_reader_that_holds_the_table(bool held)
    {
        await EventsTable.CreateAsync(World, 5000);
        await using var ledger = await StartLedgerAsync(o => o with { Sessions = 2 });
        await using var load = new FixedRateLoad(() => OpenAsync().GetAwaiter().GetResult(),
        [
            new LoadStatement(Writes, random => Write(random.Next(5000))),
            new LoadStatement((100 - Writes) * 4 / 5, random => Read(random.Next(5000))),
            new LoadStatement((100 - Writes) / 5, random => string.Create(CultureInfo.InvariantCulture, $"SELECT count(*), sum(user_id) FROM allevents WHERE event_id BETWEEN {random.Next(5000)} AND {random.Next(5000)}")),
        ], PerSecond, sessions: 12, seed: Effort.Seed);
        var begun = FixedRateLoad.Now;
        var holder = Task.CompletedTask;
        for (var jobs = 0; jobs == 0 || System.Diagnostics.Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(Effort.LoadSeconds); jobs++)
        {
            await BuildAsync(Declared.Twice);
            await ProveAsync();
            if (held && jobs == 0) holder = HoldAsync(TimeSpan.FromSeconds(Math.Clamp(Effort.LoadSeconds / 2, 3, 25)));
            await SwitchAsync(with: r => r with { KeepVersions = 1, StallBudget = Budget });
            var undo = await RunAsync(await Operations.UndoAsync(new UndoRequest("allevents") { StallBudget = Budget }, Token));
            Assert.Equal(0, undo.RowsLeftBehind);
        }
        await holder;
        var report = await load.StopAsync();
        await ledger.StopAsync();

        TestContext.Current.TestOutputHelper?.WriteLine($"{(held ? "with a reader that holds the table: " : "")}{report}; {ledger.Counts}");
        Assert.Equal((0, null), (report.Failed, report.FirstFailure));
        await AgreesAsync(ledger, "after the load");
        Assert.InRange(report.Longest, TimeSpan.Zero, Bearable);
        Assert.True(report.Statements > PerSecond * Effort.LoadSeconds / 10, report.ToString());
    }

    private async Task<System.Data.Common.DbConnection> OpenAsync()
    {
        var consumer = await World.OpenConsumerAsync();
        if (First is not null) await consumer.ExecuteAsync(First);
        return consumer.Connection;
    }

    /// <summary>A reader that has read in a transaction which stays open for so long, and must be left in peace.</summary>
    private async Task HoldAsync(TimeSpan time)
    {
        await using var consumer = await World.OpenConsumerAsync();
        await consumer.ExecuteAsync("BEGIN");
        await consumer.NumberAsync("SELECT count(*) FROM allevents");
        await Task.Delay(time, Token);
        await consumer.NumberAsync("SELECT count(*) FROM allevents");
        await consumer.ExecuteAsync("COMMIT");
    }
}
