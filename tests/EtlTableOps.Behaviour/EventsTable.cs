using System.Globalization;
using System.Text;
using EtlTableOps.Testing.Ledgers;

namespace EtlTableOps.Behaviour;

/// <summary>The table that most scenarios work on: <c>allevents</c>, with an index, a partial one, a check and a default.</summary>
public static class EventsTable
{
    /// <summary>Its columns, in order.</summary>
    public const string Columns = "event_id, event_ts, user_id, kind, country, amount, payload";

    /// <summary>It, as writers with a ledger see it: they give no other columns, so that a change may drop those.</summary>
    public static LedgerTable Ledger { get; } = new("allevents")
    {
        Columns = "event_id, event_ts, user_id, payload",
        Values = row => FormattableString.Invariant($"({row.Id}, '2026-01-02 03:04:05', {row.Number}, '{row.Text}')"),
    };

    /// <summary>Makes and fills it.</summary>
    public static async Task CreateAsync(EngineWorld world, int rows)
    {
        await using var consumer = await world.OpenConsumerAsync();
        await consumer.ExecuteAsync("""
            CREATE TABLE allevents (
              event_id integer NOT NULL PRIMARY KEY,
              event_ts timestamp NOT NULL,
              user_id integer NOT NULL CHECK (user_id >= 0),
              kind text NOT NULL DEFAULT 'click',
              country varchar(2),
              amount numeric(10,2),
              payload text)
            """);
        await consumer.ExecuteAsync("CREATE INDEX ix_allevents_ts ON allevents (event_ts)");
        await consumer.ExecuteAsync("CREATE INDEX \"ix by country\" ON allevents (country) WHERE country IS NOT NULL");
        foreach (var chunk in Enumerable.Range(1, rows).Chunk(500))
            await consumer.ExecuteAsync($"INSERT INTO allevents ({Columns}) VALUES {string.Join(", ", chunk.Select(i => Row(i)))}");
    }

    /// <summary>A row as SQL, the same for the same number.</summary>
    public static string Row(int id, string? payload = null)
    {
        var text = new StringBuilder("(");
        text.Append(CultureInfo.InvariantCulture, $"{id}, '{2020 + (id % 7)}-0{1 + (id % 9)}-15 10:{id % 60:00}:00', {id % 97}, ");
        text.Append(id % 3 == 0 ? "'view'" : "'click'").Append(", ");
        text.Append((id % 4) switch { 0 => "NULL", 1 => "'DE'", 2 => "'FR'", _ => "'US'" }).Append(", ");
        text.Append(id % 5 == 0 ? "NULL" : string.Create(CultureInfo.InvariantCulture, $"{id % 100}.{id % 4 * 25:00}")).Append(", ");
        text.Append(payload is not null ? $"'{payload}'" : id % 6 == 0 ? "NULL" : string.Create(CultureInfo.InvariantCulture, $"'payload {id}, \"quoted\", 🐦'"));
        return text.Append(')').ToString();
    }
}
