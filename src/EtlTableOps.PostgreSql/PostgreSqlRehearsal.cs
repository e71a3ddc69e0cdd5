using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <summary>
/// Tries out whether views still compile over other column types, on temporary tables and views of the same names, in a transaction that is
/// rolled back. The server prints what lies on the path without its schema, and looks for that among temporary objects first: so the
/// same text means the temporary ones.
/// </summary>
internal sealed class PostgreSqlRehearsal(PostgreSqlSession session)
{
    public async Task<Attachment?> FindUnfitAsync(PostgreSqlTable live, IReadOnlyDictionary<string, string> types, CancellationToken token)
    {
        var views = live.ViewsToRebuild(types);
        if (views.Count == 0) return null;
        if (views.FirstOrDefault(v => v.Obstacle is not null) is { } stuck) return Unfit(stuck, stuck.Obstacle!);
        var transaction = await session.BeginAsync(TransactionMode.Write, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // What the user named by his own path is made under it.
            if (!await StageAsync(live, types, token).ConfigureAwait(false)) return null;
            return await PlayAsync(live, views, token).ConfigureAwait(false);
        }
    }

    private static Attachment Unfit(ViewFacts view, string reason) => new(AttachmentKind.View, view.Name.ToString(), "") { CannotFollow = reason };

    private async Task<bool> StageAsync(PostgreSqlTable live, IReadOnlyDictionary<string, string> types, CancellationToken token)
    {
        try
        {
            foreach (var member in live.Members)
            {
                var names = member.ColumnOrder.Where(types.ContainsKey).Concat(types.Keys.Where(n => !member.ColumnOrder.Contains(n)));
                var columns = names.Select(n => SqlText.Write(session.Dialect, $"{new Id(n)} {new SqlText(types[n])}")).ToList();

                // A view may group by a key and show the columns that depend on it.
                if (live.Keys.FirstOrDefault(k => k.IsPrimary && k.Columns.All(types.ContainsKey)) is { } key) columns.Add(SqlText.Write(session.Dialect, $"PRIMARY KEY ({key.Columns.Select(c => new Id(c))})"));
                await session.ExecuteAsync(Sql.Write(session.Dialect, $"CREATE TEMPORARY TABLE {new Id(member.Name.Name)} ({SqlText.Join(", ", columns)}) ON COMMIT DROP"), token).ConfigureAwait(false);
            }
            return true;
        }
        catch (EtlException e) when (session.Classify(e) is FailureKind.NotPermitted)
        {
            // Without the right to temporary tables the exchange itself is the first try; it changes nothing when it fails.
            return false;
        }
    }

    private async Task<Attachment?> PlayAsync(PostgreSqlTable live, IReadOnlyList<ViewFacts> views, CancellationToken token)
    {
        // The texts are asked for in the schema of the table and before anything stands in its objects' way.
        await session.ExecuteAsync(Sql.Write(session.Dialect, $"SET LOCAL search_path = {new Id(live.Name.Schema!)}, pg_temp"), token).ConfigureAwait(false);
        var texts = new List<string>();
        foreach (var view in views)
        {
            texts.Add((await session.QueryAsync(new Sql("SELECT pg_catalog.pg_get_viewdef(@view::bigint::oid)", [new SqlParameter("view", view.Oid)]), r => r.GetString(0), token).ConfigureAwait(false))[0].TrimEnd(';'));
        }
        await session.ExecuteAsync(Sql.Write(session.Dialect, $"SET LOCAL search_path = pg_temp, {new Id(live.Name.Schema!)}"), token).ConfigureAwait(false);
        foreach (var (view, text) in views.Zip(texts))
        {
            try
            {
                await session.ExecuteAsync(Sql.Write(session.Dialect, $"CREATE TEMPORARY VIEW {new Id(view.Name.Name)} ({new SqlText(view.Names)}) AS{new SqlText(text)}"), token).ConfigureAwait(false);
            }
            catch (EtlException e) when (session.Classify(e) is FailureKind.Fatal or FailureKind.BadData)
            {
                return Unfit(view, $"its text does not fit the new type of a column: {PostgreSqlFailures.Explain(e.InnerException ?? e)}.");
            }
        }
        return null;
    }
}
