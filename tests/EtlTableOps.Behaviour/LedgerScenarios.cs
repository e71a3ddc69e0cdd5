using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Shadows;
using EtlTableOps.Testing.Ledgers;

namespace EtlTableOps.Behaviour;

/// <summary>
/// Writers of all kinds work on the table through many whole jobs and their undos, and keep their own account of what they committed. After each of them the table is what the account says:
/// no row lost, none doubled, none stale.
/// </summary>
public abstract class LedgerScenarios : InterruptionSteps
{
    /// <summary>On a machine with other work a lock is held for longer than a switch takes on a quiet one.</summary>
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(2);

    private readonly SortedDictionary<string, TimeSpan> spent = [];

    private static readonly string[] Kinds = ["column", "nothing", "drop", "where", "both", "twice"];

    [Fact]
    [Trait("Promise", "2")]
    [Trait("Promise", "8")]
    public async Task After_each_of_many_jobs_and_undos_the_table_is_what_its_writers_committed()
    {
        await EventsTable.CreateAsync(World, 1000);
        await CyclesAsync(EventsTable.Ledger, Effort.Cycles, [(World.EmptyStatement("allevents"), _ => true)]);
    }

    [Fact]
    [Trait("Promise", "2")]
    [Trait("Promise", "8")]
    public async Task So_it_is_where_the_key_has_two_columns_and_rows_move_between_partitions()
    {
        await CreateInRegionsAsync();
        await CyclesAsync(InRegions, (Effort.Cycles + 4) / 5, EmptyingRegions);
    }

    [Fact]
    [Trait("Promise", "2")]
    [Trait("Promise", "6")]
    public Task Killed_at_any_moment_with_writers_at_work_it_is_finished_or_cleaned_up() => KilledUnderWritersAsync("switch", "undo", "build");

    /// <summary>Makes the table of <see cref="InRegions"/>, in partitions where the engine has them.</summary>
    protected virtual async Task CreateInRegionsAsync()
    {
        await World.ExecuteAsync($"CREATE TABLE allevents ({RegionColumns})");
        await FillRegionsAsync();
    }

    /// <summary>The columns and the key of such a table.</summary>
    protected const string RegionColumns = """
        region text NOT NULL, event_id integer NOT NULL, user_id integer NOT NULL, kind text NOT NULL DEFAULT 'click', country varchar(2), amount numeric(10,2), payload text,
        PRIMARY KEY (region, event_id)
        """;

    /// <summary>A table whose key has two columns, one of which says in which partition a row is: a row that gets another key moves to another one.</summary>
    protected static LedgerTable InRegions { get; } = new("allevents")
    {
        Key = "region, event_id",
        Columns = "region, event_id, user_id, payload",
        Values = row => FormattableString.Invariant($"('r{row.Id % 3}', {row.Id}, {row.Number}, '{row.Text}')"),
        At = id => FormattableString.Invariant($"region = 'r{id % 3}' AND event_id = {id}"),
        Rekey = id => FormattableString.Invariant($"region = 'r{id % 3}', event_id = {id}"),
    };

    /// <summary>Puts rows into it.</summary>
    protected Task FillRegionsAsync() => World.ExecuteAsync(
        $"INSERT INTO allevents ({InRegions.Columns}) VALUES {string.Join(", ", Enumerable.Range(1, 500).Select(i => InRegions.Values(new LedgerRow(i, i % 97, "as it was"))))}");

    /// <summary>What empties it, or a part of it.</summary>
    protected virtual IReadOnlyList<(string Sql, Func<LedgerRow, bool> Concerns)> EmptyingRegions => [(World.EmptyStatement("allevents"), _ => true)];

    private async Task CyclesAsync(LedgerTable table, int cycles, IReadOnlyList<(string Sql, Func<LedgerRow, bool> Concerns)> emptying)
    {
        var structure = await World.DescribeAsync("allevents");
        var random = new Random(Effort.Seed);
        await using var ledger = await StartLedgerAsync(o => o with { Emptying = emptying, Hides = row => row.Number >= 90, Work = table == InRegions ? o.Work & ~LedgerWork.Copies : o.Work }, table);
        for (var cycle = 1; cycle <= cycles; cycle++)
        {
            var kind = Kinds[cycle % Kinds.Length];
            await CycleAsync(ledger, random, kind, string.Create(CultureInfo.InvariantCulture, $"cycle {cycle} ({kind})"));
        }
        await ledger.StopAsync();
        Assert.Equal(structure, await World.DescribeAsync("allevents"));
        await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
        await NothingLeftAsync();
        var times = spent.Select(t => $"{t.Key} {t.Value.TotalSeconds:0.0} s");
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Effort.Seed}, {cycles} cycles, {ledger.Rows} rows, {ledger.Counts}, emptied {ledger.Emptied} times; {string.Join(", ", times)}");
    }

    private async Task CycleAsync(Ledger ledger, Random random, string kind, string when)
    {
        try
        {
            ledger.Hiding = kind == "where";
            var first = await JobAsync(ledger, random, kind switch
            {
                "column" or "twice" => Declared.Twice,
                "drop" => new DeclaredChange { Drop = ["kind", "amount"] },
                "where" => new DeclaredChange { Where = "user_id < 90" },
                "both" => new DeclaredChange { Add = Declared.Twice.Add, Drop = ["country"] },
                _ => Declared.Nothing,
            }, when);
            if (kind == "twice") await JobAsync(ledger, random, new DeclaredChange { Drop = ["twice"] }, when + ", second switch");
            await TimedAsync("undo", async () =>
            {
                var undo = await RunAsync(await Operations.UndoAsync(new UndoRequest("allevents") { To = first.Version, StallBudget = Patient }, Token));
                Assert.Equal((0L, null), (undo.RowsLeftBehind, undo.LeftBehindIn));
            });
            ledger.Hiding = false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{when}, seed {Effort.Seed}: {e.Message}", e);
        }
        await TimedAsync("compare", async () => await AgreesAsync(ledger, when + ", after the undo"));
    }

    /// <summary>Builds, brings over, proves and switches, with the writers at work.</summary>
    private async Task<TableSwap> JobAsync(Ledger ledger, Random random, DeclaredChange change, string when)
    {
        await TimedAsync("build", () => BuildAsync(change));
        await Task.Delay(random.Next(40), Token);
        if (random.Next(3) > 0) await TimedAsync("sync", () => SyncAsync());
        await TimedAsync("test", () => ProveAsync());
        if (random.Next(2) == 0) await TimedAsync("sync", () => SyncAsync());
        var before = Stopwatch.GetTimestamp();
        TableSwap? swap = null;
        await TimedAsync("switch", async () => swap = await SwitchAsync(with: r => r with { KeepVersions = 2, StallBudget = Patient }));
        await Task.Delay(random.Next(40), Token);
        await TimedAsync("compare", async () =>
        {
            await AgreesAsync(ledger, when + ", after the switch");
            if (change.Add.Count > 0) await ComputedAsync(ledger, before, when);
        });
        return swap!;
    }

    private async Task TimedAsync(string what, Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work();
        spent[what] = spent.GetValueOrDefault(what) + watch.Elapsed;
    }

    /// <summary>A row that nobody wrote to since before the switch has the column that the change computed for it.</summary>
    private async Task ComputedAsync(Ledger ledger, long before, string when)
    {
        await ledger.PauseAsync();
        try
        {
            var wrong = (await World.RowsAsync("SELECT event_id FROM allevents WHERE twice IS NULL OR twice <> user_id * 2")).ToHashSet();
            var stale = ledger.UnchangedSince(before).Where(r => wrong.Contains(r.Id.ToString(CultureInfo.InvariantCulture))).ToList();
            Assert.True(stale.Count == 0, $"{when}: the computed column is not as declared in {string.Join(", ", stale.Take(10))}");
        }
        finally
        {
            ledger.Resume();
        }
    }
}
