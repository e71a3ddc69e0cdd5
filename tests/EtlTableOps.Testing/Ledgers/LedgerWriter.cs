using System.Data.Common;
using System.Diagnostics;
using System.Globalization;

namespace EtlTableOps.Testing.Ledgers;

/// <summary>One session of a ledger: pieces of work one after another, each of them all or nothing in the account as in the database.</summary>
internal sealed class LedgerWriter : IDisposable
{
    private readonly Ledger ledger;
    private readonly int number;
    private readonly LedgerOptions options;
    private readonly Random random;
    private readonly LedgerActions actions;
    private Consumer? consumer;
    private long piece;
    private long token;
    private bool committing;
    private LedgerCounts counts = new(0, 0, 0, 0, 0);

    public LedgerWriter(Ledger ledger, int number, long highest)
    {
        this.ledger = ledger;
        this.number = number;
        options = ledger.Options;
        random = new Random(unchecked((options.Seed * 1009) + number));
        actions = new LedgerActions(ledger, number, highest, random, RunAsync, RunAsync);
    }

    /// <summary>Held while a piece of work is under way.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    public LedgerCounts Counts => counts;

    public void Dispose() => Turn.Dispose();

    public async Task WorkAsync()
    {
        try
        {
            while (!ledger.Stopped.IsCancellationRequested)
            {
                await Turn.WaitAsync();
                try
                {
                    if (!await TurnAsync()) return;
                }
                finally
                {
                    Turn.Release();
                }
                await Task.Delay(random.Next((int)options.Pause.TotalMilliseconds + 1), CancellationToken.None);
            }
        }
        finally
        {
            if (consumer is not null) await consumer.DisposeAsync();
        }
    }

    /// <summary>One piece of work, whatever comes; false when there is no use in going on.</summary>
    private async Task<bool> TurnAsync()
    {
        piece++;
        committing = false;
        try
        {
            consumer ??= await ledger.OpenAsync();
            await PieceAsync();
            return true;
        }
        catch (Exception e) when (options.IsLost?.Invoke(e) == true)
        {
            counts += new LedgerCounts(0, 0, 0, 1, 0);
            return await ComeBackAsync(e);
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            var done = ledger.Failed($"session {number}, piece {piece}: {e.Message}");
            actions.Forget();
            if (consumer is not null) await consumer.DisposeAsync();
            consumer = null;
            return !done;
        }
    }

    /// <summary>These rows are gone; between two pieces of work.</summary>
    public void Emptied(IEnumerable<long> ids) => actions.Emptied(ids);

    private async Task PieceAsync()
    {
        var roll = random.Next(100);
        if (roll < 8 && Does(LedgerWork.Rollbacks)) await TransactionAsync(random.Next(1, 6), rollback: true, late: false);
        else if (roll < 18 && Does(LedgerWork.LateCommits)) await TransactionAsync(random.Next(1, 4), rollback: random.Next(8) == 0, late: true);
        else if (roll < 45 && Does(LedgerWork.Transactions)) await TransactionAsync(random.Next(1, 7), rollback: false, late: false);
        else if (roll < 52 && Does(LedgerWork.Bursts))
        {
            for (var i = random.Next(10, 40); i > 0 && !ledger.PauseWanted; i--) await SingleAsync();
        }
        else await SingleAsync();
    }

    private async Task SingleAsync()
    {
        if (options.IsLost is not null)
        {
            await TransactionAsync(1, rollback: false, late: false);
            return;
        }
        await actions.OneAsync(inTransaction: false);
        Committed();
    }

    private async Task TransactionAsync(int statements, bool rollback, bool late)
    {
        await RunAsync(options.Begin);
        if (options.IsLost is not null) await RunAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE {Ledger.ProbeTable} SET last = {++token} WHERE writer = {number}"));
        for (var i = 0; i < statements; i++) await actions.OneAsync(inTransaction: true);
        if (late) await Task.Delay(random.Next((int)options.LateBy.TotalMilliseconds + 1), CancellationToken.None);
        if (rollback)
        {
            await RunAsync("ROLLBACK");
            actions.Forget();
            counts += new LedgerCounts(0, 0, 1, 0, 0);
            return;
        }
        committing = true;
        await RunAsync("COMMIT");
        committing = false;
        Committed();
    }

    private void Committed()
    {
        actions.Committed();
        counts += new LedgerCounts(0, 1, 0, 0, 0);
    }

    /// <summary>After the server went away: reaches it again, and asks it what became of a commit without an answer.</summary>
    private async Task<bool> ComeBackAsync(Exception lost)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            try
            {
                if (consumer is not null) await consumer.DisposeAsync();
                consumer = null;
                consumer = await ledger.OpenAsync();
                if (committing)
                {
                    var last = await consumer.NumberAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT last FROM {Ledger.ProbeTable} WHERE writer = {number}"));
                    counts += new LedgerCounts(0, 0, 0, 0, 1);
                    if (last == token) Committed();
                }
                actions.Forget();
                return true;
            }
            catch (Exception e) when (options.IsLost!(e) && watch.Elapsed < options.Patience)
            {
                await Task.Delay(50, CancellationToken.None);
            }
            catch (Exception e) when (e is DbException or InvalidOperationException)
            {
                ledger.Failed($"session {number} did not find the server again: {e.Message} (lost by: {lost.Message})");
                return false;
            }
        }
    }

    private async Task<int> RunAsync(string sql)
    {
        var rows = await consumer!.ExecuteAsync(sql);
        counts += new LedgerCounts(1, 0, 0, 0, 0);
        return rows;
    }

    private async Task<IReadOnlyList<long>> RunAsync(Func<Consumer, Task<IReadOnlyList<long>>> run)
    {
        var ids = await run(consumer!);
        counts += new LedgerCounts(1, 0, 0, 0, 0);
        return ids;
    }

    private bool Does(LedgerWork work) => (options.Work & work) == work;
}
