using System.Globalization;

namespace EtlTableOps.Testing.Ledgers;

/// <summary>
/// The statements of one session: each is chosen by chance, must concern the rows that it is meant for, and is noted until it is committed or forgotten.
/// </summary>
internal sealed class LedgerActions
{
    private const int Remembered = 50;

    private readonly LedgerTable table;
    private readonly LedgerOptions options;
    private readonly Ledger ledger;
    private readonly int number;
    private readonly Random random;
    private readonly Func<string, Task<int>> execute;
    private readonly Func<Func<Consumer, Task<IReadOnlyList<long>>>, Task<IReadOnlyList<long>>> query;
    private readonly Dictionary<long, LedgerRow> mine;
    private readonly List<long> keys;
    private readonly List<long> free = [];
    private readonly Dictionary<long, LedgerRow?> staged = [];
    private readonly List<Func<bool, Task>> others;
    private readonly int usual;
    private long nextId;
    private long texts;

    public LedgerActions(Ledger ledger, int number, long highest, Random random, Func<string, Task<int>> execute, Func<Func<Consumer, Task<IReadOnlyList<long>>>, Task<IReadOnlyList<long>>> query)
    {
        (this.ledger, this.number, this.random, this.execute, this.query) = (ledger, number, random, execute, query);
        (table, options) = (ledger.Table, ledger.Options);
        mine = ledger.Account.Rows.Where(r => r.Id % options.Sessions == number).ToDictionary(r => r.Id);
        keys = [.. mine.Keys.Order()];
        usual = keys.Count;
        nextId = highest + 1 + number;
        others = [.. Others()];
    }

    /// <summary>Runs one statement, or the few that belong together.</summary>
    public async Task OneAsync(bool inTransaction)
    {
        // The table stays about as large as it was.
        if (mine.Count > (usual * 5 / 4) + 50 && random.Next(2) == 0)
        {
            await (Does(LedgerWork.Sets) ? DeleteSetAsync() : DeleteAsync());
            return;
        }
        if (mine.Count < usual / 2 && Does(LedgerWork.Sets) && random.Next(2) == 0)
        {
            await InsertAsync(random.Next(2, 60));
            return;
        }
        var roll = random.Next(100);
        if (roll < 25) await InsertAsync(1);
        else if (roll < 35) await DeleteAsync();
        else if (roll < 65 || others.Count == 0) await UpdateAsync();
        else await others[random.Next(others.Count)](inTransaction);
    }

    /// <summary>What was run is in the database for good.</summary>
    public void Committed()
    {
        foreach (var (id, row) in staged)
        {
            if (row is null)
            {
                if (mine.Remove(id)) AddFree(id);
                continue;
            }
            if (mine.TryAdd(id, row))
            {
                keys.Add(id);
                free.Remove(id);
            }
            else
            {
                mine[id] = row;
            }
        }
        ledger.Account.Commit(staged);
        staged.Clear();
    }

    /// <summary>Rows of this session that somebody else removed.</summary>
    public void Emptied(IEnumerable<long> ids)
    {
        foreach (var id in ids.Where(mine.Remove)) AddFree(id);
    }

    /// <summary>What was run is not in the database.</summary>
    public void Forget() => staged.Clear();

    private void AddFree(long id)
    {
        free.Add(id);
        if (free.Count > Remembered) free.RemoveAt(0);
    }

    private IEnumerable<Func<bool, Task>> Others()
    {
        if (Does(LedgerWork.KeyChanges))
        {
            yield return _ => RekeyAsync();
            yield return inTransaction => inTransaction ? ChangePlacesAsync() : RekeyAsync();
        }
        if (Does(LedgerWork.Sets))
        {
            yield return _ => InsertAsync(random.Next(2, 30));
            yield return _ => UpdateSetAsync();
            yield return _ => DeleteSetAsync();
        }
        if (Does(LedgerWork.Reinserts))
        {
            yield return _ => ReinsertAsync();
            yield return inTransaction => inTransaction ? DeleteAndReinsertAsync() : ReinsertAsync();
        }
        if (Does(LedgerWork.Upserts)) yield return _ => UpsertAsync();
        if (Does(LedgerWork.Merges)) yield return _ => MergeAsync();
        if (Does(LedgerWork.Copies) && options.Copy is not null) yield return _ => CopyAsync();
    }

    private async Task InsertAsync(int count)
    {
        var rows = Enumerable.Range(0, count).Select(_ => NewRow(NextId())).ToList();
        await RequireAsync(count, table.Insert(rows));
        foreach (var row in rows) staged[row.Id] = row;
    }

    private async Task UpdateAsync()
    {
        if (Pick() is not { } old) return;
        var row = NewRow(old.Id);
        if (await OneOrHiddenAsync(old, table.Update(row))) staged[row.Id] = row;
    }

    private async Task DeleteAsync()
    {
        if (Pick() is not { } old) return;
        if (await OneOrHiddenAsync(old, $"DELETE FROM {table.Name} WHERE {table.At(old.Id)}")) staged[old.Id] = null;
    }

    private async Task RekeyAsync()
    {
        if (Pick() is not { } old) return;
        var id = random.Next(2) == 0 && Free() is { } given ? given : NextId();
        if (!await OneOrHiddenAsync(old, $"UPDATE {table.Name} SET {table.Rekey(id)} WHERE {table.At(old.Id)}")) return;
        staged[old.Id] = null;
        staged[id] = old with { Id = id };
    }

    private async Task ChangePlacesAsync()
    {
        if (Pick(certain: true) is not { } one) return;
        staged[one.Id] = one;
        if (Pick(certain: true) is not { } other) return;
        var between = NextId();
        await RequireAsync(1, $"UPDATE {table.Name} SET {table.Rekey(between)} WHERE {table.At(one.Id)}");
        await RequireAsync(1, $"UPDATE {table.Name} SET {table.Rekey(one.Id)} WHERE {table.At(other.Id)}");
        await RequireAsync(1, $"UPDATE {table.Name} SET {table.Rekey(other.Id)} WHERE {table.At(between)}");
        staged[one.Id] = other with { Id = one.Id };
        staged[other.Id] = one with { Id = other.Id };
    }

    private async Task UpdateSetAsync()
    {
        var rows = PickSome(certain: false);
        if (rows.Count == 0) return;
        var model = NewRow(0);
        var sql = string.Create(CultureInfo.InvariantCulture, $"UPDATE {table.Name} SET {table.Text} = '{model.Text}', {table.Number} = {model.Number} WHERE {table.Any(rows.Select(r => r.Id))} RETURNING {table.Id}");
        foreach (var row in await ConcernedAsync(rows, sql)) staged[row.Id] = model with { Id = row.Id };
    }

    private async Task DeleteSetAsync()
    {
        var rows = PickSome(certain: false);
        if (rows.Count == 0) return;
        foreach (var row in await ConcernedAsync(rows, $"DELETE FROM {table.Name} WHERE {table.Any(rows.Select(r => r.Id))} RETURNING {table.Id}")) staged[row.Id] = null;
    }

    private async Task ReinsertAsync()
    {
        if (Free() is not { } id)
        {
            await InsertAsync(1);
            return;
        }
        var row = NewRow(id);
        await RequireAsync(1, table.Insert([row]));
        staged[id] = row;
    }

    private async Task DeleteAndReinsertAsync()
    {
        if (Pick() is not { } old) return;
        if (!await OneOrHiddenAsync(old, $"DELETE FROM {table.Name} WHERE {table.At(old.Id)}")) return;
        var row = NewRow(old.Id);
        await RequireAsync(1, table.Insert([row]));
        staged[old.Id] = row;
    }

    /// <summary>Some keys that are there, one that was free, and a new one.</summary>
    private async Task UpsertAsync()
    {
        var ids = PickSome(certain: true).Select(r => r.Id).ToList();
        if (Free() is { } id) ids.Add(id);
        ids.Add(NextId());
        var rows = ids.Select(NewRow).ToList();
        await RequireAsync(rows.Count, $"{table.Insert(rows)} ON CONFLICT ({table.Key}) DO UPDATE SET {table.Text} = excluded.{table.Text}, {table.Number} = excluded.{table.Number}");
        foreach (var row in rows) staged[row.Id] = row;
    }

    private async Task MergeAsync()
    {
        var rows = PickSome(certain: true);
        if (rows.Count == 0) return;
        var model = NewRow(0);
        var sql = string.Create(CultureInfo.InvariantCulture, $"""
            MERGE INTO {table.Name} AS t USING (VALUES {string.Join(", ", rows.Select(r => $"({r.Id})"))}) AS s (id) ON t.{table.Id} = s.id
            WHEN MATCHED AND s.id % 3 = 0 THEN DELETE
            WHEN MATCHED THEN UPDATE SET {table.Text} = '{model.Text}', {table.Number} = {model.Number}
            """);
        await RequireAsync(rows.Count, sql);
        foreach (var row in rows) staged[row.Id] = row.Id % 3 == 0 ? null : model with { Id = row.Id };
    }

    private async Task CopyAsync()
    {
        var rows = Enumerable.Range(0, random.Next(1, 40)).Select(_ => NewRow(NextId())).ToList();
        await query(async consumer =>
        {
            await options.Copy!(consumer, $"{table.Name} ({table.Columns})", rows);
            return [];
        });
        foreach (var row in rows) staged[row.Id] = row;
    }

    private LedgerRow NewRow(long id) => new(id, random.Next(97), string.Create(CultureInfo.InvariantCulture, $"session {number}, text {++texts}"));

    private long NextId()
    {
        var id = nextId;
        nextId += options.Sessions;
        return id;
    }

    /// <summary>A key whose row was deleted, and that this piece of work has not touched yet.</summary>
    private long? Free()
    {
        if (free.Count == 0) return null;
        var id = free[random.Next(free.Count)];
        return staged.ContainsKey(id) ? null : id;
    }

    /// <summary>A row that this piece of work has not touched yet.</summary>
    /// <param name="certain">One that is in the table for certain, whatever a change leaves out.</param>
    private LedgerRow? Pick(bool certain = false)
    {
        for (var attempt = 0; attempt < 20 && keys.Count > 0; attempt++)
        {
            var at = random.Next(keys.Count);
            if (!mine.TryGetValue(keys[at], out var row))
            {
                keys[at] = keys[^1];
                keys.RemoveAt(keys.Count - 1);
                continue;
            }
            if (!staged.ContainsKey(row.Id) && !(certain && options.Hides(row))) return row;
        }
        return null;
    }

    private List<LedgerRow> PickSome(bool certain)
    {
        var rows = new Dictionary<long, LedgerRow>();
        for (var i = random.Next(2, 20); i > 0; i--)
        {
            if (Pick(certain) is { } row) rows[row.Id] = row;
        }
        return [.. rows.Values];
    }

    private bool MayBeHidden(LedgerRow row) => ledger.Hiding && options.Hides(row);

    private async Task RequireAsync(int rows, string sql)
    {
        var found = await execute(sql);
        if (found != rows) throw new InvalidOperationException($"{found} rows instead of {rows} by: {sql}");
    }

    private async Task<bool> OneOrHiddenAsync(LedgerRow row, string sql)
    {
        var found = await execute(sql);
        if (found == 1) return true;
        if (found == 0 && MayBeHidden(row)) return false;
        throw new InvalidOperationException($"{found} rows instead of one by: {sql}");
    }

    /// <summary>Which of the rows a statement with RETURNING has concerned; those that are missing must be hidden.</summary>
    private async Task<IReadOnlyList<LedgerRow>> ConcernedAsync(List<LedgerRow> rows, string sql)
    {
        var ids = (await query(async c => [.. (await c.QueryAsync(sql)).Select(l => long.Parse(l, CultureInfo.InvariantCulture))])).ToList();
        var concerned = rows.Where(r => ids.Contains(r.Id)).ToList();
        if (concerned.Count != ids.Count || rows.Any(r => !ids.Contains(r.Id) && !MayBeHidden(r)))
            throw new InvalidOperationException($"{ids.Count} rows instead of {rows.Count} by: {sql}");
        return concerned;
    }

    private bool Does(LedgerWork work) => (options.Work & work) == work;
}
