using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Switching;

/// <summary>Finds the way back for rows that were written after a version was set aside, or says why there is none.</summary>
internal sealed class LaterRowsResolver(IDialect dialect, TableShape live, TableShape version)
{
    private readonly List<LaterColumn> columns = [];
    private readonly List<UnfitReason> reasons = [];

    /// <summary>The inverse of all changes from the version to the live table; null with the reason when there is none.</summary>
    /// <param name="id">The undo.</param>
    /// <param name="since">The exchanges since the version was live, oldest first.</param>
    public (LaterRows? Rows, string? WhyNot) Resolve(string id, IReadOnlyList<SwapRecord> since)
    {
        if (dialect.LaterRows is not { } sql) return (null, "this engine has no way to bring them along");
        if (since.Any(r => r.Operation != SwapOperation.Switch)) return (null, "an undo lies between, and the way forward again is not known");
        if (since.Any(r => r.Details.Change.Query is not null)) return (null, "a whole query says nothing of which row comes from which");
        if (since.Count > 1 && since.Any(r => r.Details.Change is not { Set.Count: 0, Alter.Count: 0, Where: null, StructureOnly: false }))
            return (null, "several switches lie between, and one of them computes, retypes or leaves out rows");
        if (since.Any(r => r.Details.GuardLog is null)) return (null, "the log of that time is gone");
        var logs = since.Select(r => r.Details.GuardLog!).ToList();
        logs[^1] = logs[^1] with { Watched = live.Name };
        var key = logs[0].Key.Select(c => c.Name).ToList();
        if (key.Count == 0 || !logs.TrueForAll(l => l.Key.Select(c => c.Name).SequenceEqual(key)) || !version.Keys.Any(k => k.Columns.ToHashSet().SetEquals(key)))
            return (null, "no unique key tells which row is which on both sides");

        var change = since[0].Details.Change;
        foreach (var column in version.Columns.Where(c => !c.IsGenerated))
        {
            if (Add(sql, column, key, since) is { } whyNot) return (null, whyNot);
        }
        var notTaken = change.StructureOnly ? new SqlText("1 = 1") : change.Where is { } where ? new SqlText($"{SqlText.InParentheses(where).Text} IS NOT TRUE") : (SqlText?)null;
        if (notTaken is { } condition)
        {
            reasons.Add(new UnfitReason("rows have the key of a row that the change left out", SqlText.Write(dialect, $"EXISTS ({Former("1", key)} AND {condition})")) { OnlyNewKeys = true });
        }
        var tookOver = change.StructureOnly ? new SqlText("1 = 0") : change.Where is { } taken ? SqlText.InParentheses(taken) : (SqlText?)null;
        return (new LaterRows { SwapId = id, Live = live.Name, Version = version.Name, Logs = logs, Columns = columns, Reasons = reasons, TookOver = tookOver }, null);
    }

    /// <summary>Adds one column of the version; returns why the whole has no way back.</summary>
    private string? Add(ILaterRows sql, Column column, List<string> key, IReadOnlyList<SwapRecord> since)
    {
        var there = live.Columns.FirstOrDefault(c => c.Name == column.Name);
        var change = since[0].Details.Change;
        if (there is null || since.Any(r => Names(r.Details.Change.Drop).Contains(column.Name)))
        {
            columns.Add(new LaterColumn(column.Name, null));
            if (!column.Nullable && column.Default is null && column.Identity is null)
                reasons.Add(new UnfitReason($"column {column.Name} may not be null, and the live table has it no more", SqlText.Write(dialect, $"NOT EXISTS ({Former("1", key)})")));
            return null;
        }
        var taken = SqlText.Write(dialect, $"l.{new Id(column.Name)}");
        if (change.Set.FirstOrDefault(s => version.FindColumn(s.Name)?.Name == column.Name) is { } set)
        {
            Derive(sql, column, taken, SqlText.InParentheses(set.Expression), "computed", key);
            return null;
        }
        if (change.Alter.FirstOrDefault(a => version.FindColumn(a.Name)?.Name == column.Name) is { } altered)
        {
            if (altered.Expression is null && sql.Fits(taken, there.Type, column.Type) is { } fits)
            {
                columns.Add(new LaterColumn(column.Name, dialect.Convert(taken, column.Type)));
                reasons.Add(new UnfitReason($"column {column.Name} has values that {column.Type} cannot hold", SqlText.Write(dialect, $"{taken} IS NOT NULL AND NOT ({fits})")));
                return null;
            }
            var source = altered.Expression is { } expression ? SqlText.InParentheses(expression) : SqlText.Write(dialect, $"{new Id(column.Name)}");
            Derive(sql, column, taken, dialect.Convert(source, altered.Type), "retyped", key);
            return null;
        }
        if (there.Type != column.Type) return $"column {column.Name} got another type since the switch";
        columns.Add(new LaterColumn(column.Name, taken));
        return null;
    }

    /// <summary>What the change computed has no inverse; the version's own value is right as long as the live one still follows from it.</summary>
    private void Derive(ILaterRows sql, Column column, SqlText taken, SqlText expression, string how, List<string> key)
    {
        columns.Add(new LaterColumn(column.Name, null));
        var former = SqlText.Write(dialect, $"({Former(expression.Text, key)})");
        reasons.Add(new UnfitReason($"column {column.Name} is {how} by the change, and there is no way back from its new values", sql.Differ(taken, former)));
    }

    /// <summary>The version's row of the same key, under the live table's name, by which an expression may call it.</summary>
    private SqlText Former(string what, List<string> key)
    {
        var name = new Id(live.Name.Name);
        var same = SqlText.Join(" AND ", key.Select(k => SqlText.Write(dialect, $"{name}.{new Id(k)} = l.{new Id(k)}")));
        return SqlText.Write(dialect, $"SELECT {new SqlText(what)} FROM {version.Name} AS {name} WHERE {same}");
    }

    private HashSet<string> Names(IEnumerable<string> named) => [.. named.Select(n => version.FindColumn(n)?.Name ?? n)];
}
