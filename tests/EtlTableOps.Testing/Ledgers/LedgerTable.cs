namespace EtlTableOps.Testing.Ledgers;

/// <summary>A row as a ledger knows it.</summary>
/// <param name="Id">The number that tells it from all others.</param>
/// <param name="Number">A number that writers change.</param>
/// <param name="Text">A text that writers change, another one at each write.</param>
public sealed record LedgerRow(long Id, long Number, string? Text);

/// <summary>The table that a ledger's sessions write to: what its columns are called, and the SQL of its key.</summary>
/// <param name="Name">The table as it stands in SQL.</param>
public sealed record LedgerTable(string Name)
{
    /// <summary>The column of <see cref="LedgerRow.Id"/>: in the key, or the whole key.</summary>
    public string Id { get; init; } = "event_id";

    /// <summary>The column of <see cref="LedgerRow.Number"/>.</summary>
    public string Number { get; init; } = "user_id";

    /// <summary>The column of <see cref="LedgerRow.Text"/>.</summary>
    public string Text { get; init; } = "payload";

    /// <summary>All columns of the key, as <c>ON CONFLICT</c> takes them.</summary>
    public string Key { get; init; } = "event_id";

    /// <summary>The columns that an insert gives, as <see cref="Values"/> has them.</summary>
    public required string Columns { get; init; }

    /// <summary>A row's values in parentheses; its texts hold no quotes.</summary>
    public required Func<LedgerRow, string> Values { get; init; }

    /// <summary>The condition that finds a row by its key.</summary>
    public Func<long, string> At { get; init; } = id => FormattableString.Invariant($"event_id = {id}");

    /// <summary>The assignments that give a row another key.</summary>
    public Func<long, string> Rekey { get; init; } = id => FormattableString.Invariant($"event_id = {id}");

    internal string Insert(IEnumerable<LedgerRow> rows) => $"INSERT INTO {Name} ({Columns}) VALUES {string.Join(", ", rows.Select(Values))}";

    internal string Update(LedgerRow row) => FormattableString.Invariant($"UPDATE {Name} SET {Text} = '{row.Text}', {Number} = {row.Number} WHERE {At(row.Id)}");

    internal string Any(IEnumerable<long> ids) => string.Join(" OR ", ids.Select(id => $"({At(id)})"));
}
