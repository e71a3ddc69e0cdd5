using System.Collections.Immutable;
using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Binder
{
    /// <summary>The hidden column that carries a row's id where a statement changes rows.</summary>
    public const string RowId = "$ROWID";

    private Relation BindSource(Source source, Scope? outer)
    {
        var relation = source switch
        {
            TableSource table => NamedTable(table, outer),
            QuerySource query => BindQuery(query.Query, outer),
            FunctionSource function => TableFunctions.Bind(run, this, function),
            StageSource stage => StageRows.Bind(run, stage.Path, stage.Options),
            JoinSource join => Join(join, outer),
            _ => throw new InvalidOperationException(source.GetType().Name),
        };
        if (source is JoinSource) return relation;
        var name = source.Alias ?? (source is TableSource t ? t.Name.Last : null);
        var aliases = source.ColumnAliases;
        return relation with { Columns = [.. relation.Columns.Select((c, i) => c with { Source = name, Name = i < aliases.Count ? aliases[i] : c.Name })] };
    }

    private Relation NamedTable(TableSource source, Scope? outer)
    {
        if (source.Name.Parts.Count == 1)
        {
            foreach (var level in named)
            {
                if (!level.TryGetValue(source.Name.Last, out var table)) continue;
                // A table of a WITH sees those before it, not itself.
                level.Remove(source.Name.Last);
                try
                {
                    var relation = BindQuery(table.Query, outer);
                    return relation with { Columns = [.. relation.Columns.Select((c, i) => i < table.Columns.Count ? c with { Name = table.Columns[i] } : c)] };
                }
                finally
                {
                    level[source.Name.Last] = table;
                }
            }
        }
        if (source.Name.Parts.Count >= 2 && source.Name.Parts[^2] == "INFORMATION_SCHEMA") return InformationSchema.Bind(run, source.Name);
        var item = run.Catalog.Readable(source.Name);
        switch (item)
        {
            case ViewItem view: return View(view);
            case StreamItem stream: return Stream(stream);
            case TableItem table:
                run.Session.Require(table, "SELECT");
                if (source.Changes is { } changes) return Changes(table, changes);
                if (source.At is not { } point) return Scan(table, run.Rows(table), table.Columns, masked: true);
                var version = table.At(Time(point), point.Before);
                run.Scanned(table);
                return Scan(table, version.Rows, version.Columns, masked: true);
            default: throw ModelError.NoObject(source.Name.ToString());
        }
    }

    /// <summary>The rows of a table as a statement sees them: visible columns, then the row's id.</summary>
    public Relation Scan(TableItem table, ImmutableSortedDictionary<long, object?[]> rows, ImmutableArray<ModelColumn> columns, bool masked)
    {
        run.Scanned(table);
        var scope = new List<ScopeColumn>(columns.Select(c => new ScopeColumn(table.Name, c.Name, c.Type, Nullable: c.Nullable))) { new(table.Name, RowId, SfType.Integer, Hidden: true) };
        Func<Frame?, IEnumerable<object?[]>> read = _ => rows.Select(r =>
        {
            var row = new object?[columns.Length + 1];
            for (var i = 0; i < columns.Length; i++) row[i] = columns[i].Of(r.Value);
            row[^1] = (decimal)r.Key;
            return row;
        });
        if (table.RowAccessPolicy is { } policy)
        {
            var allowed = Policy(policy, table.RowAccessColumns, scope);
            var all = read;
            read = o => Filtered(all(o), allowed, o);
        }
        if (masked && columns.Any(c => c.MaskingPolicy is not null))
        {
            var masks = columns.Select((c, i) => (Place: i, Policy: c.MaskingPolicy, Using: c.MaskingUsing.Count > 0 ? c.MaskingUsing : [c.Name])).Where(m => m.Policy is not null).Select(m => (m.Place, Mask: Policy(m.Policy!, m.Using, scope))).ToArray();
            var plain = read;
            read = o => plain(o).Select(row =>
            {
                var frame = new Frame(o) { Row = [.. row] };
                foreach (var (place, mask) in masks) row[place] = mask.Value(frame);
                return row;
            });
        }
        return new Relation(scope, read);
    }

    private Bound Policy(string name, IReadOnlyList<string> columns, List<ScopeColumn> scope)
    {
        var policy = run.Catalog.AnyPolicy(name);
        var body = Bind(policy.Body, new Scope([.. policy.Arguments.Select(a => new ScopeColumn(null, a.Name, a.Type))], null));
        var places = columns.Select(c => scope.FindIndex(s => s.Name == c)).ToArray();
        return new Bound(body.Type, f => body.Value(new Frame(null) { Row = Array.ConvertAll(places, p => f.Row[p]) }));
    }

    private Relation View(ViewItem view)
    {
        if (view.InvalidReason.Length > 0) throw new ModelError(2037, "42601", $"SQL compilation error:\nFailure during expansion of view '{view.Name}': {view.InvalidReason}");
        var inner = run.Catalog.Within(view.Database, view.Schema, () => new Binder(run).BindQuery(view.Query, null));
        if (inner.Columns.Count != view.Columns.Count)
            throw new ModelError(2057, "42601", $"SQL compilation error:\nView definition for '{view.FullName}' declared {view.Columns.Count} column(s), but view query produces {inner.Columns.Count} column(s).");
        return inner with { Columns = [.. inner.Columns.Select((c, i) => c with { Name = view.Columns[i].Name })] };
    }

    private Relation Stream(StreamItem stream)
    {
        if (stream.Stale || stream.Table.IsDropped) throw new ModelError(91900, "55000", $"SQL execution error: Stream {stream.Name} has become stale. Stream needs to be recreated.");
        var now = run.Session.Model.Clock();
        if (run.ChangesData) run.Transaction.Consumed[stream] = now;
        return Net(stream.Table, stream.Offset, now, stream.Properties.GetValueOrDefault("mode") == "APPEND_ONLY");
    }

    private Relation Changes(TableItem table, ChangesClause changes)
    {
        var start = Time(changes.At);
        if (changes.At.Before) start--;
        var end = changes.End is { } point ? Time(point) : run.Session.Model.Now();
        if (table.TrackedSince is not { } since || start < since) throw ModelError.NoChanges(table.FullName);
        return Net(table, start, end, changes.AppendOnly);
    }

    /// <summary>The net changes after one time and up to another.</summary>
    private Relation Net(TableItem table, long after, long upTo, bool appendOnly)
    {
        run.Scanned(table);
        var (first, last) = (table.At(after), table.At(upTo));
        var columns = last.Columns;
        var scope = columns.Select(c => new ScopeColumn(table.Name, c.Name, c.Type)).Append(new(table.Name, "METADATA$ACTION", SfType.Varchar(6))).Append(new(table.Name, "METADATA$ISUPDATE", SfType.Boolean)).Append(new(table.Name, "METADATA$ROW_ID", SfType.Varchar(40)));
        return new Relation([.. scope], _ => Rows());

        IEnumerable<object?[]> Rows()
        {
            foreach (var id in table.TouchedBetween(after, upTo))
            {
                var old = first.Rows.GetValueOrDefault(id);
                var now = last.Rows.GetValueOrDefault(id);
                if (appendOnly)
                {
                    if (old is null) yield return Row(id, table.Versions.First(v => v.Time > after && v.Rows.ContainsKey(id)).Rows[id], "INSERT", false);
                    continue;
                }
                if (old is not null && now is not null && columns.All(c => Equals(c.Of(old), c.Of(now)))) continue;
                if (old is not null) yield return Row(id, old, "DELETE", now is not null);
                if (now is not null) yield return Row(id, now, "INSERT", old is not null);
            }
        }

        object?[] Row(long id, object?[] values, string action, bool update) => [.. columns.Select(c => c.Of(values)), action, update, id.ToString("x40", CultureInfo.InvariantCulture)];
    }

    /// <summary>The time that AT, BEFORE or END names, in nanoseconds.</summary>
    public long Time(TravelPoint point)
    {
        var model = run.Session.Model;
        var value = Bind(point.Value, new Scope([], null));
        switch (point.What)
        {
            case "TIMESTAMP":
                if (!value.Type.IsMoment || value.Type.Kind is SfKind.Date or SfKind.Time) throw new ModelError(2098, "42601", $"SQL compilation error:\nInvalid time travel expression: a timestamp is needed, not {value.Type}.");
                var time = (long)((Moment)(value.Value(new Frame(null)) ?? throw ModelError.Compilation("The time is null."))).Nanoseconds;
                var unit = (long)(model.TimeTravelResolution.TotalNanoseconds);
                return unit > 1 ? time / unit * unit : time;
            case "OFFSET":
                return model.Now() + (long)(Conversion.ToDecimal(value.Value(new Frame(null))!) * 1_000_000_000);
            case "STATEMENT":
                var id = Conversion.ToText(value.Value(new Frame(null))!, value.Type);
                var query = model.Query(id) ?? throw new ModelError(707, "02000", $"Statement {id} not found");
                return query.Committed != 0 ? query.Committed : (long)query.Started.Nanoseconds;
            default:
                return run.Catalog.Other<StreamItem>("STREAM", new Parser(Conversion.ToText(value.Value(new Frame(null))!, value.Type)).OneName()).Offset;
        }
    }

    private Relation Join(JoinSource join, Scope? outer)
    {
        var (left, right) = (BindSource(join.Left, outer), BindSource(join.Right, outer));
        if (join.Kind == "RIGHT")
        {
            var turned = Join(join with { Kind = "LEFT", Left = join.Right, Right = join.Left }, outer);
            var n = right.Columns.Count;
            return new Relation([.. turned.Columns.Skip(n), .. turned.Columns.Take(n)], o => turned.Rows(o).Select(r => (object?[])[.. r[n..], .. r[..n]]));
        }
        var columns = left.Columns.Concat(right.Columns.Select(c => join.Using.Contains(c.Name) ? c with { Hidden = true, Name = c.Name + "$RIGHT" } : c)).ToArray();
        var (ls, rs) = (new Scope(left.Columns, outer), new Scope(right.Columns, outer));
        var scope = new Scope(columns, outer);
        var keys = new List<(Bound Left, Bound Right)>();
        var rest = new List<Bound>();
        if (join.On is not null)
        {
            var (equalities, others) = Walk.Split(join.On, ls, rs);
            keys.AddRange(equalities.Select(k => JoinKey(Bind(k.Left, ls), Bind(k.Right, rs))));
            rest.AddRange(others.Select(e => Condition(e, scope)));
        }
        keys.AddRange(join.Using.Select(u => JoinKey(Bind(new ColumnExpr([], u) { Key = u }, ls), Bind(new ColumnExpr([], u) { Key = u }, rs))));
        return new Relation(columns, o => Joined(join.Kind, left, right, keys, rest, o));
    }

    public static (Bound Left, Bound Right) JoinKey(Bound left, Bound right)
    {
        var type = Comparison.Common(left, right);
        return (left with { Value = Widened(left, type) }, right with { Value = Widened(right, type) });

        static Func<Frame, object?> Widened(Bound bound, SfType type)
        {
            var value = Comparison.As(bound, type);
            return type.Kind == SfKind.Real ? f => value(f) is { } v ? Conversion.ToDouble(v) : null : value;
        }
    }

    private IEnumerable<object?[]> Joined(string kind, Relation left, Relation right, List<(Bound Left, Bound Right)> keys, List<Bound> rest, Frame? outer)
    {
        var index = new Index([.. keys.Select(k => k.Right)], right.Rows(outer), outer);
        var frame = new Frame(outer);
        var used = kind == "FULL" ? new HashSet<object?[]>(ReferenceEqualityComparer.Instance) : null;
        var count = 0;
        foreach (var row in left.Rows(outer))
        {
            if ((++count & 0xFF) == 0) run.Check();
            var matched = false;
            foreach (var other in index.Matching([.. keys.Select(k => k.Left)], row))
            {
                object?[] both = [.. row, .. other];
                frame.Row = both;
                if (!rest.TrueForAll(c => c.Value(frame) is true)) continue;
                matched = true;
                used?.Add(other);
                yield return both;
            }
            if (!matched && kind is "LEFT" or "FULL" && !matched) yield return [.. row, .. new object?[right.Columns.Count]];
        }
        if (used is null) yield break;
        foreach (var other in index.All.Where(r => !used.Contains(r))) yield return [.. new object?[left.Columns.Count], .. other];
    }

    /// <summary>Rows by their keys; without keys all rows match. A NULL matches nothing.</summary>
    internal sealed class Index
    {
        private readonly Dictionary<RowKey, List<object?[]>> byKey = [];
        private readonly Frame? outer;

        public Index(Bound[] keys, IEnumerable<object?[]> rows, Frame? outer)
        {
            this.outer = outer;
            All = [.. rows];
            if (keys.Length == 0) return;
            var frame = new Frame(outer);
            foreach (var row in All)
            {
                frame.Row = row;
                var values = Array.ConvertAll(keys, k => k.Value(frame));
                if (values.Contains(null)) continue;
                var key = new RowKey(values);
                if (!byKey.TryGetValue(key, out var list)) byKey[key] = list = [];
                list.Add(row);
            }
        }

        public List<object?[]> All { get; }

        public IReadOnlyList<object?[]> Matching(Bound[] keys, object?[] row) => Matching(keys, new Frame(outer) { Row = row });

        public IReadOnlyList<object?[]> Matching(Bound[] keys, Frame frame)
        {
            if (keys.Length == 0) return All;
            var values = Array.ConvertAll(keys, k => k.Value(frame));
            return !values.Contains(null) && byKey.TryGetValue(new RowKey(values), out var list) ? list : [];
        }
    }
}
