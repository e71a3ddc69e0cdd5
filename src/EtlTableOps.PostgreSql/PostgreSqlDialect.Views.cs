using EtlTableOps.Engines;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Points views at the new table.</content>
public sealed partial class PostgreSqlDialect
{
    private static IReadOnlyList<ViewFacts> Rebuilt(ExchangeBlueprint exchange) =>
        Own(exchange.Live).ViewsToRebuild(exchange.Incoming.Columns.ToDictionary(c => c.Name, c => c.Type, StringComparer.Ordinal));

    private static IEnumerable<ViewFacts> Touched(ExchangeBlueprint exchange)
    {
        var rebuilt = Rebuilt(exchange).Select(v => v.Oid).ToHashSet();
        return Own(exchange.Live).Views.Where(v => v.Direct || rebuilt.Contains(v.Oid));
    }

    private IEnumerable<Sql> DropViews(ExchangeBlueprint exchange) => Rebuilt(exchange).Reverse().Select(v => Sql.Write(this, $"DROP VIEW {v.Name}"));

    private IEnumerable<Sql> MakeViews(ExchangeBlueprint exchange)
    {
        var rebuilt = Rebuilt(exchange);
        foreach (var view in Touched(exchange))
        {
            var anew = rebuilt.Contains(view);
            yield return Sql.Write(this, $"CREATE {new SqlText(anew ? "" : "OR REPLACE ")}VIEW {view.Name} ({new SqlText(view.Names)}){new SqlText(view.Options)} AS{new SqlText(view.Text)}");
            if (!anew) continue;
            foreach (var sql in view.Hangers.Concat(view.Grants.SelectMany(g => Give(view.Name, g)))) yield return sql;
            yield return Sql.Write(this, $"ALTER VIEW {view.Name} OWNER TO {new SqlText(view.Owner)}");
            foreach (var sql in view.OwnRights) yield return sql;
        }
    }
}
