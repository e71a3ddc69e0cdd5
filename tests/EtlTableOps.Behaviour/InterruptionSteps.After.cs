using System.Diagnostics;
using EtlTableOps.Journal;
using EtlTableOps.Switching;

namespace EtlTableOps.Behaviour;

/// <content>What must be true after an interruption.</content>
public abstract partial class InterruptionSteps
{
    /// <summary>After the cut: the live table is one of the two that it may be, consumers can work, and a repair leaves nothing of ours.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="when">Where it was cut off, for people.</param>
    /// <param name="done">Whether it says that it was done; null when it could not say anything any more.</param>
    protected async Task WholeAfterAsync(string operation, string when, bool? done = null)
    {
        try
        {
            var found = await World.DescribeAsync("allevents");
            var seen = await World.CountAsync("SELECT sum(events) FROM of_users");
            await RowsAsync("found", (original.Count, seen));
            await RepairUntilFreeAsync();
            var now = await World.DescribeAsync("allevents");
            var replaced = now.Any(l => l.Contains("twice", StringComparison.Ordinal));
            // A table that stays the object that it is gets its columns before its rows, and loses them after.
            if (Method == ExchangeMethod.Swap) Assert.Equal(found, now);
            // Cut off before the journal was there, it has no line at all.
            var last = (await Operations.HistoryAsync(new HistoryRequest { Table = "allevents" }, Token)) is [var newest, ..] ? newest : null;
            Assert.Empty(last?.Pending ?? []);
            await RowsAsync("repaired", replaced ? (original.Count, await World.CountAsync("SELECT count(*) FROM allevents WHERE twice = user_id * 2")) : null);
            Assert.NotEqual(SwapState.Building, last?.State);

            if (replaced) Assert.Contains(operation, new[] { "switch", "undo" });
            if (done is not null && operation is "switch" or "undo") Assert.True(replaced == (done == (operation == "switch")), $"it said that it was {(done == true ? "" : "not ")}done, and the table was {(replaced ? "" : "not ")}replaced");
            if (replaced) await BackAsync();
            else if (last?.State is SwapState.Built or SwapState.Proven or SwapState.Refuted) await ContinueAsync(operation);
            await World.ExecuteAsync("UPDATE allevents SET user_id = user_id WHERE event_id = 1");
            await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest("allevents") { Keep = 0 }, Token));
            if (Writers is null) Assert.Equal(original, await LiveRowsAsync());
            else await RowsAsync("at the end");
            Assert.Equal(structure, await World.DescribeAsync("allevents"));
            await NothingElseAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{when}: {e.Message}", e);
        }
    }

    /// <summary>
    /// The database has the objects that it had, and nothing of ours. A server may take a moment to see its sessions' ends, and to remove temporary tables of those that died with it.
    /// </summary>
    private async Task NothingElseAsync()
    {
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(50, Token))
        {
            var now = await World.ObjectsAsync();
            var left = await World.LeftoversAsync("allevents");
            if (left.Count == 0 && objects.SequenceEqual(now)) return;
            if (watch.Elapsed > TimeSpan.FromSeconds(30)) Assert.Fail($"left behind: {string.Join(", ", left.Concat(now.Except(objects)))}; gone: {string.Join(", ", objects.Except(now))}");
        }
    }

    /// <summary>The live table holds what it must: what its writers committed, or as many rows as were there.</summary>
    private async Task RowsAsync(string when, (long Expected, long Found)? count = null)
    {
        if (Writers is null)
        {
            if (count is { } both) Assert.Equal(both.Expected, both.Found);
            return;
        }
        if (!WritersPaused) await Writers.PauseAsync();
        try
        {
            await using var consumer = await World.OpenConsumerAsync();
            var wrong = Writers.Failures.Concat(await Writers.DifferencesAsync(consumer)).ToList();
            Assert.True(wrong.Count == 0, $"{when}, {wrong.Count} things wrong:{Environment.NewLine}{string.Join(Environment.NewLine, wrong.Take(20))}");
        }
        finally
        {
            if (!WritersPaused) Writers.Resume();
        }
    }

    /// <summary>A shadow that survived is usable: it passes its test, with or without the import that was cut off.</summary>
    private async Task ContinueAsync(string operation)
    {
        if (operation == "sync") await SyncAsync();
        var result = await ProveAsync();
        Assert.True(Writers is not null || result.Rows == original.Count || (operation == "import" && result.Rows == original.Count + more), $"{result.Rows} rows");
        await RemoveShadowAsync();
    }

    /// <summary>A server may take a moment to notice that its client died; until then its work is left alone.</summary>
    protected async Task RepairUntilFreeAsync()
    {
        World.EndDeadSessions();
        for (var watch = Stopwatch.StartNew(); ;)
        {
            var done = await RepairAsync();
            if (done.All(s => s.Action?.StartsWith("left alone", StringComparison.Ordinal) != true) && await LockIsFreeAsync()) return;
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "the dead process still holds the operation's lock");
            await Task.Delay(50, Token);
        }
    }

    private async Task<bool> LockIsFreeAsync()
    {
        await using var session = await Database.OpenSessionAsync(Token);
        var shape = await session.ReadShapeAsync(Tables.TableName.Parse("allevents", session.Dialect.Folding), Token);
        var held = await session.TryLockOperationAsync(shape!.Name, Token);
        if (held is null) return false;
        await held.DisposeAsync();
        return true;
    }
}
