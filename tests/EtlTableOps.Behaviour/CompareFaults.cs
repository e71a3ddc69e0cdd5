using EtlTableOps.Checks;

namespace EtlTableOps.Behaviour;

/// <summary>A table, a copy of it, and faults that can be put into the copy, each of its own kind.</summary>
internal static class CompareFaults
{
    /// <summary>The kinds of faults, in their order.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        "value", "null for empty", "empty for null", "missing row", "extra row", "duplicate pair", "trailing blank", "case", "scale", "time zone", "unicode form", "last digit", "swapped columns",
    ];

    /// <summary>Makes <c>people</c> and its copy <c>people_copy</c>, which enforces nothing.</summary>
    public static async Task CreateAsync(EngineWorld world, int rows)
    {
        ArgumentNullException.ThrowIfNull(world);
        const string columns = "first_name varchar(40), last_name varchar(40), amount numeric(12,2), score double precision, event_ts timestamp, note varchar(80)";
        await world.ExecuteAsync($"CREATE TABLE people (id integer NOT NULL PRIMARY KEY, {columns})");
        await world.ExecuteAsync($"CREATE TABLE people_copy (id integer, {columns})");
        foreach (var chunk in Enumerable.Range(1, rows).Chunk(500))
            await world.ExecuteAsync("INSERT INTO people VALUES " + string.Join(", ", chunk.Select(Row)));
        await world.ExecuteAsync("INSERT INTO people_copy SELECT * FROM people");
    }

    /// <summary>Puts a fault into the copy, at a row from 1 on; row and kind decide everything.</summary>
    public static async Task<Fault> SeedAsync(EngineWorld world, string kind, int id)
    {
        ArgumentNullException.ThrowIfNull(world);
        // A fault of some kinds needs a row of a certain make: see Row.
        var (sql, fault) = kind switch
        {
            "value" => (Set("amount = amount + 0.01"), Changed("amount")),
            "null for empty" => (Set("note = NULL"), Changed("note")),
            "empty for null" => (Set("last_name = ''"), Changed("last_name")),
            "missing row" => ([$"DELETE FROM people_copy WHERE id = {id}"], [(DifferenceKind.Missing, id, null)]),
            "extra row" => ([$"INSERT INTO people_copy (id, first_name) VALUES ({100_000 + id}, 'extra')"], [(DifferenceKind.Extra, 100_000 + id, null)]),
            "duplicate pair" => (new[] { $"INSERT INTO people_copy SELECT * FROM people WHERE id = {id}", $"DELETE FROM people_copy WHERE id = {id + 1}" }, [(DifferenceKind.Duplicated, id, null), (DifferenceKind.Missing, id + 1, null)]),
            "trailing blank" => (Set("first_name = first_name || ' '"), Changed("first_name")),
            "case" => (Set("first_name = upper(first_name)"), Changed("first_name")),
            "scale" => (Set("amount = amount * 10"), Changed("amount")),
            "time zone" => (Set("event_ts = '2026-03-29 03:30:00'"), Changed("event_ts")),
            "unicode form" => (Set("first_name = 'Zoe\u0308'"), Changed("first_name")),
            "last digit" => (Set("score = 0.30000000000000004"), Changed("score")),
            "swapped columns" => (Set("first_name = last_name, last_name = first_name"), [(DifferenceKind.Changed, id, "first_name"), (DifferenceKind.Changed, id, "last_name")]),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such fault"),
        };
        foreach (var statement in Prepare(kind, id).Concat(sql)) await world.ExecuteAsync(statement);
        return new Fault(kind, fault);

        string[] Set(string change) => [$"UPDATE people_copy SET {change} WHERE id = {id}"];
        (DifferenceKind, int, string?)[] Changed(string column) => [(DifferenceKind.Changed, id, column)];
    }

    /// <summary>What both tables must have at the row for a fault of this kind.</summary>
    private static IEnumerable<string> Prepare(string kind, int id)
    {
        var change = kind switch
        {
            "null for empty" => "note = ''",
            "empty for null" => "last_name = NULL",
            "time zone" => "event_ts = '2026-03-29 02:30:00'",
            "unicode form" => "first_name = 'Zo\u00eb'",
            "last digit" => "score = 0.3",
            _ => null,
        };
        return change is null ? [] : new[] { "people", "people_copy" }.Select(t => $"UPDATE {t} SET {change} WHERE id = {id}");
    }

    private static string Row(int id) => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"({id}, 'first{id}', 'last{id}', {id}.25, {id}.5, '2026-01-{1 + (id % 28):00} {id % 24:00}:00:00', {(id % 7 == 0 ? "NULL" : $"'note {id}'")})");
}

/// <summary>A fault that was put in, and the differences that name it: kind, key and column.</summary>
internal sealed record Fault(string Kind, IReadOnlyList<(DifferenceKind Kind, int Id, string? Column)> Shows)
{
    /// <summary>What a comparison does not say of it; empty when it is found and named.</summary>
    public IEnumerable<string> Unseen(TableDifferences found) => Shows
        .Where(s => !found.Rows.Any(r => r.Kind == s.Kind && r.Key is [{ } key] && key.Value == s.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) && (s.Column is null || r.Values.Any(v => v.Column.Equals(s.Column, StringComparison.OrdinalIgnoreCase)))))
        .Select(s => $"{Kind}: {s.Kind} {s.Id} {s.Column}");
}
