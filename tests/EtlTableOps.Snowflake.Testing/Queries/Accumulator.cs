using System.Text;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>An aggregate over rows as they come.</summary>
internal abstract class Accumulator
{
    private static readonly HashSet<string> Names =
        ["COUNT", "SUM", "MIN", "MAX", "AVG", "HASH_AGG", "COUNT_IF", "BOOLAND_AGG", "BOOLOR_AGG", "ANY_VALUE", "LISTAGG", "ARRAY_AGG", "APPROX_COUNT_DISTINCT"];

    public static bool IsAggregate(string name, int arguments) => Names.Contains(name) && (arguments > 0 || name is "COUNT");

    public static SfType TypeOf(string name, Bound[] a) => name switch
    {
        "COUNT" or "COUNT_IF" or "APPROX_COUNT_DISTINCT" => SfType.Number(18, 0),
        "HASH_AGG" => SfType.Number(19, 0),
        "SUM" => a[0].Type.Kind == SfKind.Fixed ? SfType.Number(38, a[0].Type.Scale) : SfType.Real,
        "AVG" => a[0].Type.Kind == SfKind.Fixed ? SfType.Number(38, Math.Min(12, a[0].Type.Scale + 6)) : SfType.Real,
        "BOOLAND_AGG" or "BOOLOR_AGG" => SfType.Boolean,
        "LISTAGG" => SfType.Text,
        "ARRAY_AGG" => new SfType(SfKind.Array),
        _ => a[0].Type,
    };

    public static Accumulator New(string name, Bound[] a) => name switch
    {
        "COUNT" => new Counter(),
        "COUNT_IF" => new Folder(0m, (sum, v) => v is true ? (decimal)sum! + 1 : sum),
        "APPROX_COUNT_DISTINCT" => new DistinctCounter(),
        "HASH_AGG" => new Hasher(),
        "SUM" => new Folder(null, Add),
        "AVG" => new Average(),
        "MIN" => new Folder(null, (x, v) => x is null || Comparison.Of(v, x) < 0 ? v : x),
        "MAX" => new Folder(null, (x, v) => x is null || Comparison.Of(v, x) > 0 ? v : x),
        "ANY_VALUE" => new Folder(null, (x, v) => x ?? v),
        "BOOLAND_AGG" => new Folder(null, (x, v) => x is not false && v is true),
        "BOOLOR_AGG" => new Folder(null, (x, v) => x is true || v is true),
        "LISTAGG" => new TextList(a[0].Type, a.Length > 1 ? (string)a[1].Value(new Frame(null))! : ""),
        _ => new ArrayList(a[0].Type),
    };

    public abstract void Take(object?[] values);

    public abstract object? Result();

    private static object? Add(object? sum, object value)
    {
        if (sum is null) return value;
        if (sum is decimal x && value is decimal y)
        {
            try
            {
                return x + y;
            }
            catch (OverflowException)
            {
                throw ModelError.OutOfRange($"{x} + {y}");
            }
        }
        return Conversion.ToDouble(sum) + Conversion.ToDouble(value);
    }

    private sealed class Counter : Accumulator
    {
        private long count;

        public override void Take(object?[] values)
        {
            foreach (var value in values)
            {
                if (value is null) return;
            }
            count++;
        }

        public override object Result() => (decimal)count;
    }

    private sealed class DistinctCounter : Accumulator
    {
        private readonly HashSet<RowKey> seen = [];

        public override void Take(object?[] values)
        {
            if (values[0] is not null) seen.Add(new RowKey(values));
        }

        public override object Result() => (decimal)seen.Count;
    }

    private sealed class Hasher : Accumulator
    {
        private ulong sum;

        public override void Take(object?[] values) => sum += ContentHash.Spread(ContentHash.Row(values));

        public override object Result() => (decimal)(long)sum;
    }

    private sealed class Folder(object? start, Func<object?, object, object?> fold) : Accumulator
    {
        private object? state = start;

        public override void Take(object?[] values)
        {
            if (values[0] is { } value) state = fold(state, value);
        }

        public override object? Result() => state;
    }

    private sealed class Average : Accumulator
    {
        private object? sum;
        private long count;

        public override void Take(object?[] values)
        {
            if (values[0] is not { } value) return;
            sum = Add(sum, value);
            count++;
        }

        public override object? Result() => sum switch { null => null, decimal d => Math.Round(d / count, 12), _ => (double)sum / count };
    }

    private sealed class TextList(SfType type, string separator) : Accumulator
    {
        private readonly StringBuilder text = new();
        private bool any;

        public override void Take(object?[] values)
        {
            if (values[0] is not { } value) return;
            if (any) text.Append(separator);
            text.Append(Conversion.ToText(value, type));
            any = true;
        }

        public override object Result() => text.ToString();
    }

    private sealed class ArrayList(SfType type) : Accumulator
    {
        private readonly List<string> items = [];

        public override void Take(object?[] values)
        {
            if (values[0] is { } value) items.Add(Conversion.ToJson(value, type));
        }

        public override object Result() => new Json("[" + string.Join(",", items) + "]");
    }
}
