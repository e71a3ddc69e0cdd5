using EtlTableOps.Engines;

namespace EtlTableOps.Cli.Demo;

/// <summary>A dashboard: counts by type from the table and through the view, look-ups by key and through the notes.</summary>
internal sealed class DemoReader : DemoConsumer
{
    private readonly DemoEvents events;
    private readonly int number;
    private readonly Sql byType;
    private readonly Sql throughView;
    private readonly Sql noted;

    public DemoReader(IEngineSession session, DemoPace pace, double perSecond, int number, DemoEvents events)
        : base(session, pace, perSecond, $"reader {number + 1}")
    {
        this.events = events;
        this.number = number;
        var sql = session.Dialect;
        var since = new SqlParameter("since", events.DashboardFrom);
        byType = Sql.Write(sql, $"SELECT event_type, count(*), sum(amount) FROM {DemoWorld.Events} WHERE event_ts >= {since} GROUP BY event_type");
        throughView = Sql.Write(sql, $"SELECT count(*), max(amount) FROM {DemoWorld.Recent} WHERE event_ts >= {since}");
        noted = Sql.Write(sql, $"SELECT count(*) FROM {DemoWorld.Notes} n JOIN {DemoWorld.Events} e ON e.event_id = n.event_id");
    }

    protected override async Task WorkOnceAsync(long number, CancellationToken token)
    {
        switch ((number + this.number) % 8)
        {
            case 0:
                Demand((await Session.QueryAsync(byType, r => r.GetString(0), token)).Count > 0, "the dashboard's counts by type are empty");
                break;
            case 4:
                Demand((await Session.QueryAsync(throughView, r => r.GetInt64(0), token))[0] > 0, "the view is empty");
                break;
            case 6:
                Demand((await Session.QueryAsync(noted, r => r.GetInt64(0), token))[0] == events.NotedCount, "a noted event is missing");
                break;
            default:
                var id = events.Noted(number % events.NotedCount);
                var lookUp = Sql.Write(Session.Dialect, $"SELECT event_type, payload FROM {DemoWorld.Events} WHERE event_id = {new SqlParameter("id", (int)id)}");
                Demand((await Session.QueryAsync(lookUp, r => r.GetString(0), token)).Count == 1, $"event {id} is not there exactly once");
                break;
        }
    }

    private static void Demand(bool held, string otherwise)
    {
        // What a consumer reads wrong is as bad as a statement that fails, and is counted with those.
        if (!held) throw new InvalidOperationException(otherwise);
    }
}
