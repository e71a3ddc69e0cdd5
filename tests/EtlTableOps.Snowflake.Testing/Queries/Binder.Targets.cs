namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Binder
{
    /// <summary>The rows of the table that a statement changes, unmasked, under its alias.</summary>
    public Relation TargetScan(TableItem table, string? alias)
    {
        var scan = Scan(table, run.Rows(table), table.Columns, masked: false);
        return alias is null ? scan : scan with { Columns = [.. scan.Columns.Select(c => c with { Source = alias })] };
    }

    public Relation MergeSource(Source source) => BindSource(source, null);

    /// <summary>The rows that an UPDATE or DELETE means, each led by the target's columns and its row id, and what names mean in them.</summary>
    public (Func<IEnumerable<object?[]>> Rows, Scope Scope) Targets(TableItem table, string? alias, Source? from, Expr? where)
    {
        var target = TargetScan(table, alias);
        if (from is null)
        {
            var scope = new Scope(target.Columns, null);
            var condition = where is null ? null : Condition(where, scope);
            return (() => Filtered(target.Rows(null), condition, null), scope);
        }
        var other = BindSource(from, null);
        var both = new Scope([.. target.Columns, .. other.Columns], null);
        var (equalities, rest) = where is null ? ([], []) : Walk.Split(where, new Scope(target.Columns, null), new Scope(other.Columns, null));
        var keys = equalities.Select(k => JoinKey(Bind(k.Left, new Scope(target.Columns, null)), Bind(k.Right, new Scope(other.Columns, null)))).ToList();
        var conditions = rest.Select(e => Condition(e, both)).ToList();
        return (() => Joined("INNER", target, other, keys, conditions, null), both);
    }
}
