using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Tables;

namespace EtlTableOps.Cli.Demo;

/// <summary>
/// The demo's own tables: the big one, an index, a view and a table that refers to it. Made by SQL that every engine
/// reads, through the same sessions that the library uses.
/// </summary>
internal sealed class DemoWorld(EtlDatabase database, DemoEvents events)
{
    public static readonly TableName Events = new(null, "allevents");
    public static readonly TableName Recent = new(null, "recent_events");
    public static readonly TableName Notes = new(null, "event_notes");

    // Only a database that holds this table has an allevents of ours: whatever else is called so is not touched.
    private static readonly TableName OwnMark = new(null, "etltableops_demo");

    private static readonly string[] EventColumns = ["event_id", "event_ts", "user_id", "event_type", "country", "amount", "payload"];

    private bool journalWasThere;

    /// <summary>Removes what an earlier run left, refuses what is not ours, and makes the tables with their rows.</summary>
    public async Task CreateAsync(IRunObserver observer, CancellationToken token)
    {
        await using var session = await database.OpenSessionAsync(token);
        if (await IsOursAsync(session, token)) await RemoveAsync(session, token);
        foreach (var name in (TableName[])[Events, Recent, Notes])
        {
            if (await ExistsAsync(session, name, token))
                throw new EtlException(ErrorCode.NameTaken, name) { Remedy = "The demo makes tables of its own and touches no others: give it another database or schema with --connection." };
        }
        journalWasThere = (await session.FindJournalsAsync(token)).Count > 0;

        var sql = session.Dialect;
        // One transaction: the mark is there exactly when the table beside it is ours.
        await using (var transaction = await session.BeginAsync(TransactionMode.Write, null, token))
        {
            await session.ExecuteAsync(Sql.Write(sql, $"CREATE TABLE {OwnMark} (made_at timestamp)"), token);
            await session.ExecuteAsync(Sql.Write(sql, $"CREATE TABLE {Events} (event_id integer NOT NULL PRIMARY KEY, event_ts timestamp NOT NULL, user_id integer NOT NULL, event_type varchar(20) NOT NULL, country varchar(2), amount numeric(12,2) NOT NULL CHECK (amount >= 0), payload text)"), token);
            await LoadAsync(session, observer, token);
            await transaction.CommitAsync(token);
        }
        await session.ExecuteAsync(Sql.Write(sql, $"CREATE INDEX allevents_by_time ON {Events} (event_ts)"), token);
        await session.ExecuteAsync(Sql.Write(sql, $"CREATE VIEW {Recent} AS SELECT event_id, event_ts, event_type, amount FROM {Events} WHERE event_ts >= {new SqlLiteral(DemoChange.Moment(events.RecentFrom))}"), token);
        await session.ExecuteAsync(Sql.Write(sql, $"CREATE TABLE {Notes} (note_id integer NOT NULL PRIMARY KEY, event_id integer NOT NULL REFERENCES {Events} (event_id), note text)"), token);
        for (var i = 0L; i < events.NotedCount; i++)
            await session.ExecuteAsync(Sql.Write(sql, $"INSERT INTO {Notes} (note_id, event_id, note) VALUES ({i + 1}, {events.Noted(i)}, 'look at this')"), token);
        await session.ExecuteAsync(new Sql("ANALYZE"), token);
    }

    /// <summary>Removes everything that the demo made in this database, and the journal where there was none before.</summary>
    public async Task RemoveAsync(CancellationToken token)
    {
        await using var session = await database.OpenSessionAsync(token);
        if (!await IsOursAsync(session, token)) return;
        await RemoveAsync(session, token);
        if (journalWasThere) return;
        foreach (var journal in await session.FindJournalsAsync(token))
        {
            await session.ExecuteAsync(Sql.Write(session.Dialect, $"DROP TABLE IF EXISTS {journal.WithName(journal.Name + "_lines")}"), token);
            await session.ExecuteAsync(Sql.Write(session.Dialect, $"DROP TABLE IF EXISTS {journal}"), token);
        }
    }

    private async Task RemoveAsync(IEngineSession session, CancellationToken token)
    {
        var operations = new TableOperations(database);
        if (await ExistsAsync(session, Events, token))
        {
            await (await operations.RepairAsync(new RepairRequest { Table = Events.Name }, token)).RunAsync(token);
            await (await operations.RemoveVersionsAsync(new RemoveVersionsRequest(Events.Name) { Keep = 0 }, token)).RunAsync(token);
            var open = (await operations.HistoryAsync(new HistoryRequest { Table = Events.Name }, token))
                .Any(s => s.State is Journal.SwapState.Built or Journal.SwapState.Proven or Journal.SwapState.Refuted);
            if (open) await (await operations.RemoveShadowAsync(new RemoveShadowRequest(Events.Name), token)).RunAsync(token);
        }
        await session.ExecuteAsync(Sql.Write(session.Dialect, $"DROP VIEW IF EXISTS {Recent}"), token);
        foreach (var name in (TableName[])[Notes, Events, OwnMark])
            await session.ExecuteAsync(Sql.Write(session.Dialect, $"DROP TABLE IF EXISTS {name}"), token);
    }

    private async Task LoadAsync(IEngineSession session, IRunObserver observer, CancellationToken token)
    {
        var shape = await session.ReadShapeAsync(Events, token) ?? throw new EtlException(ErrorCode.TableNotFound, Events, database.Display);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await using var writer = await session.BeginBulkLoadAsync(shape, [.. EventColumns.Select(c => shape.FindColumn(c)!)], token);
        var values = new object?[EventColumns.Length];
        for (var id = DemoEvents.TellTale; id <= events.Rows; id++)
        {
            var row = events.Initial(id);
            (values[0], values[1], values[2], values[3], values[4], values[5], values[6]) = (row.Id, row.At, row.User, row.Type, row.Country, row.Amount, row.Payload);
            await writer.WriteAsync(values, token);
            if (id % 20_000 == 0) observer.OnEvent(new RunProgress("demo", "make", id, events.Rows, watch.Elapsed));
        }
        await writer.CompleteAsync(token);
    }

    /// <summary>Whether an earlier, or this, run made the tables: its mark, and the columns that only its table has.</summary>
    private static async Task<bool> IsOursAsync(IEngineSession session, CancellationToken token) =>
        await ExistsAsync(session, OwnMark, token)
        && (await session.ReadShapeAsync(Events, token) is not { } shape || EventColumns.All(c => shape.FindColumn(c) is not null));

    private static async Task<bool> ExistsAsync(IEngineSession session, TableName name, CancellationToken token)
    {
        try
        {
            return await session.ReadShapeAsync(name, token) is not null;
        }
        catch (EtlException e) when (e.Code == ErrorCode.NotATable)
        {
            return true;
        }
    }
}
