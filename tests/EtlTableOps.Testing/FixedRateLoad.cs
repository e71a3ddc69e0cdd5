using System.Data.Common;
using System.Diagnostics;

namespace EtlTableOps.Testing;

/// <summary>A statement of a load.</summary>
/// <param name="Share">How often it comes, in proportion to the others.</param>
/// <param name="Text">Its text; asked anew for each run.</param>
public sealed record LoadStatement(int Share, Func<Random, string> Text);

/// <summary>What statements of a load had to bear during some time.</summary>
/// <param name="Statements">How many were due and ended.</param>
/// <param name="Failed">How many failed.</param>
/// <param name="FirstFailure">What the first one said; null when none failed.</param>
/// <param name="Longest">From the time at which it was due to its end, so that queueing behind others counts.</param>
/// <param name="LongestAlone">The longest time that one statement took by itself.</param>
/// <param name="P999">The time that 999 of 1,000 stayed within, from due to end.</param>
/// <param name="Mean">The mean, from due to end.</param>
/// <param name="MeanAlone">The mean time of a statement by itself.</param>
/// <param name="MedianAlone">The time that half of the statements took by themselves at most.</param>
public sealed record LoadReport(int Statements, int Failed, string? FirstFailure, TimeSpan Longest, TimeSpan LongestAlone, TimeSpan P999, TimeSpan Mean, TimeSpan MeanAlone, TimeSpan MedianAlone);

/// <summary>
/// Consumers that run statements at a fixed rate, whether or not earlier ones have ended (an open loop): a statement that had to wait until its session was free counts
/// from the time at which it was due. A session that loses its connection opens another; its statement has failed.
/// </summary>
public sealed class FixedRateLoad : IAsyncDisposable
{
    private readonly Func<DbConnection> open;
    private readonly IReadOnlyList<LoadStatement> statements;
    private readonly long interval;
    private readonly int seed;
    private readonly List<Sample>[] samples;
    private readonly Thread[] threads;
    private readonly long began;
    private volatile bool stopping;

    /// <summary>Starts at once.</summary>
    /// <param name="open">Opens a connection of the engine's driver.</param>
    /// <param name="statements">What is run.</param>
    /// <param name="perSecond">Statements a second in all.</param>
    /// <param name="sessions">How many sessions take turns.</param>
    /// <param name="seed">Chooses the statements.</param>
    public FixedRateLoad(Func<DbConnection> open, IReadOnlyList<LoadStatement> statements, double perSecond, int sessions = 8, int seed = 1)
    {
        this.open = open;
        this.statements = statements;
        this.seed = seed;
        interval = (long)(Stopwatch.Frequency / perSecond);
        samples = [.. Enumerable.Range(0, sessions).Select(_ => new List<Sample>())];
        // A moment for the connections, so that the first statements are not late.
        began = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 2;
        threads = [.. Enumerable.Range(0, sessions).Select(i => new Thread(() => Work(i)) { IsBackground = true, Name = $"load {i}" })];
        foreach (var thread in threads) thread.Start();
    }

    private readonly record struct Sample(int Statement, long Due, long Began, long Ended, string? Failure);

    /// <summary>Now, for <see cref="Between"/>.</summary>
    public static long Now => Stopwatch.GetTimestamp();

    /// <summary>What the statements bore that were due between two moments; for all of them to have ended, ask after <see cref="StopAsync"/>.</summary>
    public LoadReport Between(long from, long to) => Sum(samples.SelectMany(Copy).Where(s => s.Due >= from && s.Due < to));

    /// <summary>The same for one of the statements alone, by its place in the list.</summary>
    public LoadReport Between(long from, long to, int statement) => Sum(samples.SelectMany(Copy).Where(s => s.Due >= from && s.Due < to && s.Statement == statement));

    /// <summary>The same by when they ended: for a rate that cannot be kept up with.</summary>
    public LoadReport EndedBetween(long from, long to) => Sum(samples.SelectMany(Copy).Where(s => s.Ended >= from && s.Ended < to));

    private static LoadReport Sum(IEnumerable<Sample> chosen)
    {
        var all = chosen.ToList();
        if (all.Count == 0) return new LoadReport(0, 0, null, default, default, default, default, default, default);
        var waits = all.Select(s => s.Ended - s.Due).Order().ToList();
        var alone = all.Select(s => s.Ended - s.Began).Order().ToList();
        return new LoadReport(all.Count, all.Count(s => s.Failure is not null), all.Find(s => s.Failure is not null).Failure,
            Time(waits[^1]), Time(alone[^1]), Time(waits[(int)Math.Min(waits.Count - 1, Math.Ceiling(waits.Count * 0.999))]),
            Time((long)waits.Average()), Time((long)alone.Average()), Time(alone[alone.Count / 2]));
    }

    /// <summary>Lets what is under way end, and returns what all statements bore.</summary>
    public async Task<LoadReport> StopAsync()
    {
        stopping = true;
        await Task.Run(() => Array.ForEach(threads, t => t.Join()));
        return Between(0, long.MaxValue);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private static TimeSpan Time(long ticks) => Stopwatch.GetElapsedTime(0, ticks);

    private static Sample[] Copy(List<Sample> list)
    {
        lock (list) return [.. list];
    }

    private void Work(int session)
    {
        var random = new Random(HashCode.Combine(seed, session));
        var shares = statements.Sum(s => s.Share);
        DbConnection? connection = null;
        for (var n = (long)session; !stopping; n += threads.Length)
        {
            connection ??= Open();
            var due = began + n * interval;

            // Up to a millisecond late; to wait for the exact moment would take the processor from those whose waits are measured.
            while (Stopwatch.GetTimestamp() is var now && now < due && !stopping) Thread.Sleep((int)Math.Clamp((due - now) * 1000 / Stopwatch.Frequency, 1, 50));
            if (stopping) break;
            var statement = Choose(random, shares);
            var sample = Run(ref connection, statement, statements[statement].Text(random), due);
            lock (samples[session]) samples[session].Add(sample);
        }
        connection?.Dispose();
    }

    private int Choose(Random random, int shares)
    {
        var at = random.Next(shares);
        for (var i = 0; i < statements.Count; i++)
        {
            if ((at -= statements[i].Share) < 0) return i;
        }
        throw new InvalidOperationException("Shares are positive.");
    }

    private static Sample Run(ref DbConnection? connection, int statement, string text, long due)
    {
        var since = Stopwatch.GetTimestamp();
        try
        {
            if (connection is null) return new Sample(statement, due, since, Stopwatch.GetTimestamp(), "no connection");
            using var command = connection.CreateCommand();
            command.CommandText = text;
            using (var reader = command.ExecuteReader())
            {
                while (reader.Read())
                {
                }
            }
            return new Sample(statement, due, since, Stopwatch.GetTimestamp(), null);
        }
        catch (DbException e)
        {
            var ended = Stopwatch.GetTimestamp();
            if (connection!.State != System.Data.ConnectionState.Open)
            {
                connection.Dispose();
                connection = null;
            }
            return new Sample(statement, due, since, ended, e.Message);
        }
    }

    private DbConnection? Open()
    {
        try
        {
            return open();
        }
        catch (DbException)
        {
            // Counted as the failure of the statement that is due.
            Thread.Sleep(20);
            return null;
        }
    }
}
