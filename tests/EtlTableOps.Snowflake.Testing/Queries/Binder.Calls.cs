using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Binder
{
    private Bound Call(CallExpr call, Scope scope)
    {
        if (call.Over is not null) return WindowCall(call, scope);
        if (Accumulator.IsAggregate(call.Name, call.Arguments.Count)) return AggregateCall(call, scope);
        if (call.Name is "HASH") return Hash(Expand(call.Arguments, scope));
        // DATE_PART(EPOCH_SECOND, …): the word is no column.
        var given = call.Arguments is [ColumnExpr { Path.Count: 0 } part, ..] && call.Name is "DATE_PART" or "DATE_TRUNC" or "DATEADD" or "DATEDIFF" or "TIMESTAMPADD" or "TIMESTAMPDIFF" or "TIMEADD"
            ? [new LiteralExpr(((ColumnExpr)call.Arguments[0]).Name, SfType.Text), .. call.Arguments.Skip(1)] : call.Arguments;
        var arguments = Expand(given, scope);
        return Contextual(call, arguments) ?? Functions.Find(call.Name, arguments)
            ?? throw new ModelError(2140, "42601", $"SQL compilation error:\nUnknown function {call.Name}");
    }

    /// <summary>Functions that tell of the session and the statement.</summary>
    private Bound? Contextual(CallExpr call, Bound[] arguments)
    {
        var session = run.Session;
        switch (call.Name)
        {
            case "CURRENT_VERSION": return Text(session.Model.Version);
            case "CURRENT_USER": return Text(session.User);
            case "CURRENT_ROLE": return Text(session.Role);
            case "CURRENT_WAREHOUSE": return Text(session.Warehouse);
            case "CURRENT_DATABASE": return Text(session.Database);
            case "CURRENT_SCHEMA": return Text(session.Schema);
            case "CURRENT_ACCOUNT": return Text(session.Model.Account);
            case "CURRENT_SESSION": return Text(session.Id.ToString(CultureInfo.InvariantCulture));
            case "CURRENT_STATEMENT": return Text(run.Sql);
            case "CURRENT_TRANSACTION": return Text(session.Transaction?.Id.ToString(CultureInfo.InvariantCulture));
            case "LAST_QUERY_ID": return Text(session.LastQueryId(arguments.Length == 0 ? -1 : (int)(decimal)arguments[0].Value(new Frame(null))!));
            case "CURRENT_TIMESTAMP" or "LOCALTIMESTAMP" or "GETDATE" or "SYSTIMESTAMP": return Constant(run.Started, SfType.Ltz);
            // Another value in each call, even of one statement.
            case "SYSDATE": return new Bound(SfType.Ntz, _ => Moment.OfNanoseconds(session.Model.Clock()), Nullable: false);
            case "CURRENT_DATE": return Constant(run.Started.Day, SfType.Date);
            case "CURRENT_TIME": return Constant(new Moment(run.Started.Seconds - run.Started.Day.Seconds, run.Started.Nanos), new SfType(SfKind.Time, Scale: 9));
            case "SYSTEM$ABORT_TRANSACTION":
                return Text("Transaction aborted.");
            case "SYSTEM$STREAM_HAS_DATA":
                var stream = run.Catalog.Other<StreamItem>("STREAM", new Parser((string)arguments[0].Value(new Frame(null))!).OneName());
                var waiting = Net(stream.Table, stream.Offset, session.Model.Now(), false).Rows(null).Any();
                return Constant(waiting, SfType.Boolean);
            case "COLLATE": return arguments[0];
            case "SYSTEM$PIPE_STATUS":
                var pipe = run.Catalog.Other<CatalogItem>("PIPE", new Parser((string)arguments[0].Value(new Frame(null))!).OneName());
                return Text(Definitions.PipeStatus(pipe));
            case "GET_DDL":
                var described = Objects.Find(run, ((string)arguments[0].Value(new Frame(null))!).ToUpperInvariant().Replace('_', ' '), new Parser((string)arguments[1].Value(new Frame(null))!).OneName());
                return Text(Definitions.Of(described));
            default: return null;
        }

        static Bound Text(string? value) => value is null ? Null with { Type = SfType.Text } : Constant(value, SfType.Text);
    }

    /// <summary>Binds arguments; a star becomes all columns.</summary>
    private Bound[] Expand(IReadOnlyList<Expr> arguments, Scope scope)
    {
        var bound = new List<Bound>();
        foreach (var argument in arguments)
        {
            if (argument is not StarExpr star) bound.Add(Bind(argument, scope));
            else bound.AddRange(StarColumns(star, scope).Select(i => Up(i, scope.Columns[i].Type, 0, true)));
        }
        return [.. bound];
    }

    private static IEnumerable<int> StarColumns(StarExpr star, Scope scope) => Enumerable.Range(0, scope.Columns.Count)
        .Where(i => !scope.Columns[i].Hidden && (star.Qualifier is null || scope.Columns[i].Source == star.Qualifier) && !star.Exclude.Contains(scope.Columns[i].Name));

    private static Bound Hash(Bound[] arguments) => new(SfType.Number(19, 0), f =>
    {
        var values = new object?[arguments.Length];
        for (var i = 0; i < values.Length; i++) values[i] = arguments[i].Value(f);
        return (decimal)(long)ContentHash.Row(values);
    }, Nullable: false);

    private Bound AggregateCall(CallExpr call, Scope scope)
    {
        if (scope.Grouping is not { } grouping) throw new ModelError(2035, "42601", $"SQL compilation error:\nInvalid aggregate function in this place: [{call.Key}]");
        var key = call.Key;
        for (var i = 0; i < grouping.Aggregates.Count; i++)
        {
            if (key.Length == 0 || grouping.Aggregates[i].Key != key) continue;
            var known = i;
            return new Bound(grouping.Aggregates[i].Type, f => f.Row[grouping.Keys.Count + known]);
        }
        var aggregate = Aggregate(call, grouping.Input);
        var place = grouping.Aggregates.Count;
        grouping.Aggregates.Add(aggregate);
        return new Bound(aggregate.Type, f => f.Row[grouping.Keys.Count + place]);
    }

    private BoundAggregate Aggregate(CallExpr call, Scope input)
    {
        var arguments = call.Name == "COUNT" && call.Arguments is [StarExpr] ? [] : Expand(call.Arguments, input);
        if (call.Name is "SUM" or "AVG") arguments = [Comparable(arguments[0])];
        var order = Order(call.Within, input);
        var type = Accumulator.TypeOf(call.Name, arguments);
        return new BoundAggregate(call.Key, type, () => Accumulator.New(call.Name, arguments), arguments, call.Distinct, order);

        static Bound Comparable(Bound bound) => bound.Type.IsNumber ? bound
            : bound.Type.Kind is SfKind.Text or SfKind.Variant ? Cast(bound, SfType.Number(38, 9), false)
            : throw new ModelError(1044, "42P13", $"SQL compilation error:\nInvalid argument types for function 'SUM': ({bound.Type})");
    }

    private OrderKey[] Order(IReadOnlyList<OrderItem> items, Scope scope) => [.. items.Select(i => new OrderKey(Bind(i.Value, scope), i.Descending, i.NullsFirst ?? i.Descending))];

    private Bound WindowCall(CallExpr call, Scope scope)
    {
        if (scope.Windows is null) throw new ModelError(2303, "42601", $"SQL compilation error:\nWindow function [{call.Key}] is not allowed in this place");
        var over = call.Over!;
        var partition = over.Partition.Select(e => Bind(e, scope)).ToArray();
        var order = Order(over.Order, scope);
        Bound[] arguments;
        BoundAggregate? aggregate = null;
        SfType type;
        if (call.Name is "ROW_NUMBER" or "RANK" or "DENSE_RANK") (arguments, type) = ([], SfType.Number(18, 0));
        else if (call.Name is "LAG" or "LEAD" or "FIRST_VALUE" or "LAST_VALUE")
        {
            arguments = Expand(call.Arguments, scope);
            type = arguments[0].Type;
        }
        else
        {
            aggregate = Aggregate(call, scope);
            (arguments, type) = (aggregate.Arguments, aggregate.Type);
        }
        var place = scope.Windows.Count;
        scope.Windows.Add(new BoundWindow(call.Name, aggregate, arguments, partition, order, type));
        return new Bound(type, f => f.Windows[place]);
    }
}
