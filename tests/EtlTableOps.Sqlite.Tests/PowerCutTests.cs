using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Behaviour;
using EtlTableOps.Errors;
using EtlTableOps.Sqlite.Tests.Behaviour;
using EtlTableOps.Testing;
using EtlTableOps.Testing.Ledgers;

namespace EtlTableOps.Sqlite.Tests;

/// <summary>
/// What a power cut leaves on the disk: copies of the file and its journals as they are while an operation works. Each copy opens without damage, its live table is the old
/// one or the new one with what was committed, and a repair leaves nothing else.
/// </summary>
public sealed class PowerCutTests : InterruptionSteps
{
    private static readonly string[] Everything = ["events.db", "events.db-wal", "events.db-shm", "events.db-journal"];

    // The index over the log is rebuilt from it, and is lost with the memory that it stands for.
    private static readonly string[] WithoutShared = ["events.db", "events.db-wal", "events.db-journal"];

    private string mode = "WAL";

    protected override EngineWorld NewWorld() => new SqliteWorld();

    [Theory]
    [InlineData("build", "WAL")]
    [InlineData("sync", "WAL")]
    [InlineData("test", "WAL")]
    [InlineData("switch", "WAL")]
    [InlineData("undo", "WAL")]
    [InlineData("build", "DELETE")]
    [InlineData("sync", "DELETE")]
    [InlineData("switch", "DELETE")]
    [InlineData("undo", "DELETE")]
    [Trait("Promise", "6")]
    public async Task A_power_cut_at_any_boundary_leaves_the_live_table_whole(string operation, string journal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Files are copied by cp.");
        mode = journal;
        await World.ExecuteAsync("PRAGMA journal_mode = " + mode);
        await BeginAsync(200);
        await SetUpAsync(operation);
        var taken = new List<(DirectoryInfo Copy, string When)>();
        await DisturbedAsync(operation, (boundary, place) =>
        {
            taken.Add((Copy(Everything), $"{operation}, power cut {place} (boundary {boundary})"));
            if (mode == "WAL") taken.Add((Copy(WithoutShared), $"{operation}, power cut {place} (boundary {boundary}), without shared memory"));
        });
        Assert.NotEmpty(taken);
        foreach (var (copy, when) in taken) await WholeAsync(copy, operation, when);
    }

    [Theory]
    [InlineData("WAL")]
    [InlineData("DELETE")]
    [Trait("Promise", "2")]
    [Trait("Promise", "6")]
    public async Task A_power_cut_at_any_moment_loses_no_row_that_writers_committed(string journal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The process is frozen by a signal.");
        mode = journal;
        await World.ExecuteAsync("PRAGMA journal_mode = " + mode);
        await BeginAsync(1000);
        // A statement with RETURNING commits when its last row is read, and there the driver does not wait for readers, who are in a commit's way without a write-ahead log.
        Writers = await StartLedgerAsync(o => mode == "WAL" ? o : o with { Work = o.Work & ~LedgerWork.Sets });
        await using (Writers)
        {
            string[] operations = ["switch", "undo", "build"];
            var random = new Random(Effort.Seed);
            for (var round = 0; round < Effort.Kills; round++)
            {
                var operation = operations[round % operations.Length];
                await SetUpAsync(operation);
                await CutAsync(operation, random, round);
                await WholeAfterAsync(operation, $"{operation} (round {round})");
            }
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {Effort.Seed}, {Effort.Kills} rounds, {Writers.Counts}");
        }
    }

    /// <summary>Copies as they are at some moments of the operation, which runs in a process of its own. Nobody writes while a copy is taken.</summary>
    private async Task CutAsync(string operation, Random random, int round)
    {
        using var process = StartHost(operation, "600000ms");
        var ending = EndAsync(process);
        var watch = Stopwatch.StartNew();
        // A process takes some time to begin.
        await Task.Delay(random.Next(100, 500), Token);
        for (var cut = 1; !ending.IsCompleted && cut <= 4; cut++)
        {
            await Writers!.PauseAsync();
            WritersPaused = true;
            try
            {
                await SignalAsync(process.Id, "STOP");
                var at = watch.ElapsedMilliseconds;
                var copy = Copy(mode == "WAL" && random.Next(2) == 0 ? WithoutShared : Everything);
                await SignalAsync(process.Id, "CONT");
                await WholeAsync(copy, operation, string.Create(CultureInfo.InvariantCulture, $"{operation}, power cut after {at} ms (round {round}, cut {cut}, seed {Effort.Seed})"));
            }
            finally
            {
                WritersPaused = false;
                Writers.Resume();
            }
            await Task.Delay(random.Next(80), Token);
        }
        var (ended, place) = await ending;
        Assert.True(ended, place);
    }

    private async Task WholeAsync(DirectoryInfo copy, string operation, string when)
    {
        var world = new SqliteWorld(mode, copy);
        var left = await EnterAsync(world);
        try
        {
            Assert.Equal(["ok"], await world.RowsAsync("PRAGMA integrity_check"));
            await WholeAfterAsync(operation, when);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or EtlException or Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{when}: {e.Message}", e);
        }
        finally
        {
            await EnterAsync(left);
            await world.DisposeAsync();
        }
    }

    /// <summary>Another process copies: one that opens and closes the file here would let go of all locks that this process has on it.</summary>
    private DirectoryInfo Copy(string[] names)
    {
        var copy = Directory.CreateTempSubdirectory("etltableops-copy-");
        var there = names.Select(n => Path.Combine(((SqliteWorld)World).Folder.FullName, n)).Where(File.Exists);
        using var copying = Process.Start("cp", [.. there, copy.FullName]);
        copying.WaitForExit();
        Assert.Equal(0, copying.ExitCode);
        return copy;
    }

    private static async Task SignalAsync(int process, string signal)
    {
        using var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {process}")]);
        await kill.WaitForExitAsync();
    }
}
