using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Cli.Demo;

/// <summary>
/// An application that adds, changes and deletes events, each in a transaction, and writes into its ledger what it committed.
/// </summary>
internal sealed class DemoWriter : DemoConsumer
{
    private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    private readonly DemoEvents events;
    private readonly int number;
    private readonly int writers;
    private readonly List<CommittedChange> page;
    private readonly List<long> added = [];
    private readonly Random random;
    private readonly Sql tellTale;
    private Era era = Era.BeforeSwitch;
    private long next;

    public DemoWriter(IEngineSession session, DemoPace pace, double perSecond, int number, int writers, DemoEvents events, DemoLedger ledger)
        : base(session, pace, perSecond, $"writer {number + 1}")
    {
        this.events = events;
        this.number = number;
        this.writers = writers;
        page = ledger.NewPage();
        random = new Random(number);
        next = events.FirstFreeId + number;
        tellTale = Sql.Write(session.Dialect, $"SELECT count(*) FROM {DemoWorld.Events} WHERE event_id = {DemoEvents.TellTale}");
    }

    protected override bool CanBeHeld => true;

    protected override async Task WorkOnceAsync(long number, CancellationToken token)
    {
        switch (number % 4)
        {
            case 0 or 2:
                var row = events.New(next);
                next += writers;
                added.Add(row.Id);
                await ChangeAsync(ChangeKind.Insert, row.Id, row.Cents, Insert(row), token);
                break;
            case 1:
                var (id, cents) = (Pick(), (long)random.Next(0, 50_000));
                await ChangeAsync(ChangeKind.Update, id, cents, Update(id, cents), token);
                break;
            default:
                var gone = Pick();
                if (!DemoEvents.IsNoted(gone)) await ChangeAsync(ChangeKind.Delete, gone, 0, Delete(gone), token);
                break;
        }
    }

    /// <summary>A key of this writer's own: mostly one of the beginning, sometimes one that it added.</summary>
    private long Pick()
    {
        if (added.Count > 0 && random.Next(4) == 0) return added[random.Next(added.Count)];
        var id = random.NextInt64(1, events.Rows + 1);
        id -= (id - number) % writers;
        return id < 1 ? id + writers : id;
    }

    private async Task ChangeAsync(ChangeKind kind, long id, long cents, Sql change, CancellationToken token)
    {
        await using var transaction = await BeginAsync(token);
        var rows = await Session.ExecuteAsync(change, token);
        // Only the table of the beginning has the very old row, and its lock holds until the commit: this says, for sure, which
        // table the change went to.
        var original = (await Session.QueryAsync(tellTale, r => r.GetInt64(0), token))[0] == 1;
        await transaction.CommitAsync(token);
        era = (era, original) switch
        {
            (Era.BeforeSwitch, false) => Era.Switched,
            (Era.Switched, true) => Era.AfterUndo,
            _ => era,
        };
        // No row of that key: it was deleted earlier, or the declared change removed it.
        if (rows > 0) page.Add(new CommittedChange(era, kind, id, cents));
    }

    /// <summary>
    /// Where only one session of a database can write, an application waits for its turn (busy_timeout, usually 5 seconds) and
    /// fails after that; everywhere else nothing is tried twice.
    /// </summary>
    private async Task<ISessionTransaction> BeginAsync(CancellationToken token)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await Session.BeginAsync(TransactionMode.Write, null, token);
            }
            catch (EtlException e) when (Session.Capabilities.SingleWriter && waited.Elapsed < BusyTimeout && Session.Classify(e) == FailureKind.Busy)
            {
                await Task.Delay(1, token);
            }
        }
    }

    private Sql Insert(DemoEvent row) => Sql.Write(
        Session.Dialect,
        $"INSERT INTO {DemoWorld.Events} (event_id, event_ts, user_id, event_type, country, amount, payload) VALUES ({Key(row.Id)}, {new SqlParameter("ts", row.At)}, {new SqlParameter("user", row.User)}, {new SqlParameter("type", row.Type)}, {new SqlParameter("country", row.Country)}, {new SqlParameter("amount", row.Amount)}, {new SqlParameter("payload", row.Payload)})");

    private Sql Update(long id, long cents) => Sql.Write(
        Session.Dialect,
        $"UPDATE {DemoWorld.Events} SET amount = {new SqlParameter("amount", cents / 100m)} WHERE event_id = {Key(id)}");

    private Sql Delete(long id) => Sql.Write(Session.Dialect, $"DELETE FROM {DemoWorld.Events} WHERE event_id = {Key(id)}");

    private static SqlParameter Key(long id) => new("id", (int)id);
}
