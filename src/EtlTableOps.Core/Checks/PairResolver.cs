using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>Decides how two tables are compared: by which key, in which columns, in which form, with what said about it.</summary>
internal sealed class PairResolver(CompareRequest request, TableShape expected, IDialect expectedDialect, TableShape actual, IDialect actualDialect)
{
    private readonly List<string> notes = [];
    private readonly bool asText = expectedDialect.HashFamily != actualDialect.HashFamily;

    public ComparedPair Resolve()
    {
        var common = CommonColumns();
        var key = ResolveKey(common);
        var columns = ChooseColumns(common, key);
        var hashed = columns.Select(c => Forms(c)).ToList();
        var keyed = key.Select(k => hashed[columns.IndexOf(k)]).ToList();
        var tolerances = Tolerances(columns, key);
        var ordered = Ordered(key);
        if (asText) notes.Add("Values are compared as canonical text, the same on both sides, because the databases hash typed values each in its own way.");
        return new ComparedPair
        {
            ExpectedName = "",
            ActualName = "",
            Expected = Side(expected, [.. hashed.Select(h => h.Expected)], [.. keyed.Select(h => h.Expected)]) with { Ordered = ordered?.Expected },
            Actual = Side(actual, [.. hashed.Select(h => h.Actual)], [.. keyed.Select(h => h.Actual)]) with { Ordered = ordered?.Actual },
            Key = [.. key.Select(k => k.Expected.Name)],
            Columns = [.. columns.Select(c => c.Expected.Name)],
            Tolerances = tolerances,
            Notes = notes,
            EstimatedRows = Math.Max(expected.EstimatedRows, actual.EstimatedRows),
        };
    }

    private HashedRows Side(TableShape table, IReadOnlyList<ContentColumn> columns, IReadOnlyList<ContentColumn> key) => new(new ContentQuery
    {
        From = table.Name,
        Columns = columns,
        Where = string.IsNullOrWhiteSpace(request.Where) ? null : new SqlText(request.Where),
    })
    {
        Key = key,
        AsText = asText,
    };

    /// <summary>Columns of the same name, in the order of the first table. What only one side has is said.</summary>
    private List<CommonColumn> CommonColumns()
    {
        var common = expected.Columns.Select(c => (Mine: c, Other: actual.FindColumn(c.Name))).Where(c => c.Other is not null).Select(c => new CommonColumn(c.Mine, c.Other!)).ToList();
        Tell("the first table", expected.Columns.Where(c => common.TrueForAll(k => k.Expected != c)));
        Tell("the second table", actual.Columns.Where(c => common.TrueForAll(k => k.Actual != c)));
        return common.Count > 0 ? common : throw new EtlException(ErrorCode.BadInput, $"{expected.Name} and {actual.Name} have no column in common.");

        void Tell(string where, IEnumerable<Column> alone)
        {
            var names = string.Join(", ", alone.Select(c => c.Name));
            if (names.Length > 0) notes.Add($"Only {where} has {names}: not compared.");
        }
    }

    private List<CommonColumn> ResolveKey(List<CommonColumn> common)
    {
        if (request.Key.Count > 0) return [.. request.Key.Select(k => Find(common, k, "-Key")).Distinct()];
        var mine = expected.Keys.Select(k => k.Columns.Select(n => common.Find(c => c.Expected.Name == n)).ToList()).ToList();
        var others = actual.Keys.Select(k => k.Columns.Select(n => common.Find(c => c.Actual.Name == n)).ToList()).ToList();
        var whole = mine.Where(k => !k.Contains(null)).ToList();
        var both = whole.Find(k => others.Exists(o => o.Count == k.Count && o.TrueForAll(k.Contains)));
        if (both is not null) return both!;
        var either = whole.Concat(others.Where(k => !k.Contains(null))).FirstOrDefault();
        if (either is null)
        {
            notes.Add("No key is common to both tables: whole rows are compared, and a changed row counts as one missing and one extra. -Key names columns that tell rows apart.");
            return [];
        }
        notes.Add($"Only one table has {string.Join(", ", either.Select(c => c!.Expected.Name))} as its key; rows are told apart by it on both sides.");
        return either!;
    }

    private List<CommonColumn> ChooseColumns(List<CommonColumn> common, List<CommonColumn> key)
    {
        var wanted = request.Columns.Select(c => Find(common, c, "-Columns")).ToHashSet();
        var left = request.ExcludeColumns.Select(c => Find(common, c, "-ExcludeColumn")).ToHashSet();
        if (left.FirstOrDefault(key.Contains) is { } needed) throw new EtlException(ErrorCode.BadInput, $"-ExcludeColumn leaves out {needed.Expected.Name}, by which rows are told apart.");
        var chosen = common.Where(c => key.Contains(c) || ((wanted.Count == 0 || wanted.Contains(c)) && !left.Contains(c))).ToList();
        return chosen.Count > 0 ? chosen : throw new EtlException(ErrorCode.BadInput, "No column is left to be compared.");
    }

    private CommonColumn Find(List<CommonColumn> common, string name, string parameter)
    {
        var folded = TableName.ParsePart(name.Trim(), expectedDialect.Folding);
        var column = expected.FindColumn(folded) ?? throw new EtlException(ErrorCode.ColumnNotFound, expected.Name, name, string.Join(", ", common.Select(c => c.Expected.Name)));
        return common.Find(c => c.Expected == column) ?? throw new EtlException(ErrorCode.BadInput, $"{parameter} names {name}, which {actual.Name} does not have.");
    }

    /// <summary>A column as it is hashed on both sides: typed where the types are the same, else as canonical text of what both mean.</summary>
    private (ContentColumn Expected, ContentColumn Actual) Forms(CommonColumn column)
    {
        var (mine, other) = (Plain(expectedDialect, column.Expected), Plain(actualDialect, column.Actual));
        if (!asText && string.Equals(mine.Type, other.Type, StringComparison.OrdinalIgnoreCase))
        {
            // By bytes on both sides, even where only one says that its text has a collation.
            var collation = mine.Collation ?? other.Collation;
            return (mine with { Collation = collation }, other with { Collation = collation });
        }
        var kind = CommonKind(mine.Type, other.Type);
        var types = mine.Type == other.Type ? mine.Type : $"{TypeName(mine.Type)} against {TypeName(other.Type)}";
        if (!asText) notes.Add($"{column.Expected.Name} ({types}) is compared as {Describe(kind)}.");
        else if (kind == ValueKind.Json) notes.Add($"{column.Expected.Name} is JSON and compared by its text, blanks and the order of members included.");
        if (kind == ValueKind.Instant && (expectedDialect.KindOf(mine.Type) != kind || actualDialect.KindOf(other.Type) != kind)) notes.Add($"{column.Expected.Name} has a time zone on one side only; without one it is taken for UTC.");
        return (Canonical(expectedDialect, mine, kind), Canonical(actualDialect, other, kind));
    }

    /// <summary>The key as both tables have it, where each finds its rows by it: whole numbers, and a key of that table alone.</summary>
    private (ContentColumn Expected, ContentColumn Actual)? Ordered(List<CommonColumn> key)
    {
        if (key is not [var column] || !Finds(expected, expectedDialect, column.Expected) || !Finds(actual, actualDialect, column.Actual)) return null;
        return (Plain(expectedDialect, column.Expected), Plain(actualDialect, column.Actual));

        static bool Finds(TableShape table, IDialect dialect, Column column) => dialect.HasRanges(column.Type) && table.Keys.Any(k => k.Columns is [var name] && name == column.Name);
    }

    private Dictionary<string, LooseColumn> Tolerances(List<CommonColumn> columns, List<CommonColumn> key)
    {
        var tolerances = new Dictionary<string, LooseColumn>(StringComparer.Ordinal);
        foreach (var tolerance in request.Tolerances)
        {
            var column = Find(columns, tolerance.Column, "-Tolerance");
            var own = tolerance with { Column = column.Expected.Name };
            if (key.Count == 0) throw new EtlException(ErrorCode.BadInput, $"A tolerance needs a key by which the two values of a row are found, and none is common to {expected.Name} and {actual.Name}. Name one with -Key.");
            if (key.Contains(column)) throw new EtlException(ErrorCode.BadInput, $"{own.Column} is a part of the key, by which rows are told apart: it can have no tolerance.");
            if (!tolerances.TryAdd(own.Column, Loose(own, expectedDialect, Plain(expectedDialect, column.Expected), actualDialect, Plain(actualDialect, column.Actual)))) throw new EtlException(ErrorCode.BadInput, $"{own.Column} has two tolerances.");
            notes.Add($"Tolerance: {own}.");
        }
        return tolerances;
    }

    /// <summary>A column with a tolerance as canonical text of both sides.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when the tolerance does not fit what the column holds.</exception>
    public static LooseColumn Loose(Tolerance tolerance, IDialect expectedDialect, ContentColumn mine, IDialect actualDialect, ContentColumn other)
    {
        var kind = CommonKind(expectedDialect, mine.Type, actualDialect, other.Type);
        // An untyped column of text may hold times and numbers: where the engine can read them as such, it does.
        if (kind == ValueKind.Text && tolerance.Kind == ToleranceKind.Time && Both(ValueKind.Timestamp)) kind = ValueKind.Timestamp;
        else if (kind == ValueKind.Text && tolerance.Kind != ToleranceKind.Time && Both(ValueKind.Number)) kind = ValueKind.Number;
        var isTime = kind is ValueKind.Instant or ValueKind.Timestamp or ValueKind.Date or ValueKind.Time;
        if (tolerance.Kind == ToleranceKind.Time ? !isTime : kind != ValueKind.Number)
            throw new EtlException(ErrorCode.BadInput, $"Column {tolerance.Column} is {TypeName(mine.Type)}: {(isTime ? "its tolerance is a time, such as 1s" : kind == ValueKind.Number ? "its tolerance is a number or a share, such as 0.01 or 1%" : "only numbers and times can have a tolerance")}.");
        return new LooseColumn(tolerance, Canonical(expectedDialect, mine, kind), Canonical(actualDialect, other, kind));

        bool Both(ValueKind wanted) => expectedDialect.CanWrite(mine.Type, wanted) && actualDialect.CanWrite(other.Type, wanted);
    }

    private ValueKind CommonKind(string mine, string other) => CommonKind(expectedDialect, mine, actualDialect, other);

    /// <summary>The form that both sides can write: what either means, times before numbers before text.</summary>
    private static ValueKind CommonKind(IDialect expectedDialect, string mine, IDialect actualDialect, string other)
    {
        foreach (var kind in new[] { expectedDialect.KindOf(mine), actualDialect.KindOf(other) }.Order())
        {
            if (expectedDialect.CanWrite(mine, kind) && actualDialect.CanWrite(other, kind)) return kind;
        }
        return ValueKind.Text;
    }

    private static ContentColumn Plain(IDialect dialect, Column column) => new(SqlText.Write(dialect, $"{new Id(column.Name)}"), column.Type, column.Collation);

    private static ContentColumn Canonical(IDialect dialect, ContentColumn column, ValueKind kind) => new(dialect.Canonical(column, kind), dialect.TextType);

    private static string TypeName(string type) => type.Length == 0 ? "of no type" : type;

    private static string Describe(ValueKind kind) => kind switch
    {
        ValueKind.Instant or ValueKind.Timestamp => "date and time",
        ValueKind.Number => "a number",
        ValueKind.Text => "text",
        ValueKind.Json => "the text of its JSON",
        ValueKind.Boolean => "true or false",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private sealed record CommonColumn(Column Expected, Column Actual);
}
