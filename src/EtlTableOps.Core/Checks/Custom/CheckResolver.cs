using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks.Custom;

/// <summary>Resolves checks against the shadow: its columns by their names, other tables by theirs.</summary>
internal sealed partial class CheckResolver(IEngineSession session, TableShape live, TableShape shadow, PastMoment? liveAsOf, ChangeLog? feed)
{
    private readonly Dictionary<string, DistributionGroup> groups = new(StringComparer.Ordinal);

    private ISqlQuoting Quoting => session.Dialect;

    /// <summary>What is to be measured for a check, and how it is read.</summary>
    /// <exception cref="EtlException">ColumnNotFound, TableNotFound or BadInput.</exception>
    public async Task<ResolvedCheck> ResolveAsync(CheckDefinition check, CancellationToken token)
    {
        if (check.Kind == CheckKind.NotUnderstood) return new NotUnderstoodCheck(check);
        if (check is { Kind: CheckKind.Unique, AsSql: true }) return new UniqueCheck(check, check.Columns);
        var columns = check.Columns.Select(Find).ToList();
        if (columns.GroupBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new EtlException(ErrorCode.BadInput, $"Column {twice.Key} is named twice.");
        var names = columns.Select(c => c.Name).ToList();
        switch (check.Kind)
        {
            case CheckKind.Unique:
                return new UniqueCheck(check, names);
            case CheckKind.Relationships:
                return await RelationshipsAsync(check, names[0], token).ConfigureAwait(false);
            case CheckKind.QueryEqual:
                return new AnswerQuery(check);
            case CheckKind.Expression:
                var condition = check.ColumnFirst ? SqlText.Write(Quoting, $"{Named(names[0], check.ColumnFunction)} {new SqlText(check.Sql!)}") : new SqlText(check.Sql!);
                return new RowsCheck(check, names, new SqlText($"NOT {SqlText.InParentheses(condition.Text)}"), $"This holds for every row: {condition.Text}.");
            case CheckKind.RowCount:
                List<SqlText> counted = [.. names.Select(n => SqlText.Write(Quoting, $"{new Id(n)} IS NOT NULL"))];
                if (check.Where is { } where) counted.Insert(0, SqlText.InParentheses(where));
                return new RowCountCheck(check, counted.Count > 0 ? [new ScanMeasure(ScanMeasureKind.Rows, SqlText.Join(" AND ", counted))] : []);
            case CheckKind.Distribution:
                if (live.FindColumn(names[0]) is null)
                    throw new EtlException(ErrorCode.BadInput, $"Column {names[0]} is not in the live table, so that there is nothing to hold it against.");
                return new DistributionCheck(check, names[0], GroupOf(check.Where));
            default:
                return OfColumn(check, columns[0]);
        }
    }

    /// <summary>The checks of one column that the one scan answers.</summary>
    private ResolvedCheck OfColumn(CheckDefinition check, Column column)
    {
        var value = SqlText.Write(Quoting, $"{new Id(column.Name)}");
        // Where there is a condition, other rows have no value for this check.
        var chosen = check.Where is { } where ? new SqlText($"CASE WHEN {SqlText.InParentheses(where)} THEN {value} END") : value;
        switch (check.Kind)
        {
            case CheckKind.NotNull:
                return new NotNullCheck(check, column.Name, value);
            case CheckKind.AcceptedValues:
                var list = SqlText.Join(", ", check.Values.Select(v => check.AsSql ? SqlText.InParentheses(v) : Literal(v)));
                return new RowsCheck(check, [column.Name], new SqlText($"{value} {(check.Not ? "IN" : "NOT IN")} ({list})"), $"{(check.Not ? "No" : "Every")} value of {column.Name} is one of {string.Join(", ", check.Values)}.");
            case CheckKind.Range:
                return new RowsCheck(check, [column.Name], Outside(check, value), $"Every {column.Name} is {Bounds(check)}.");
            case CheckKind.Pattern:
                var matches = session.Dialect.Matches(value, check.Pattern!);
                return new RowsCheck(check, [column.Name], check.Not ? matches : new SqlText($"NOT {SqlText.InParentheses(matches.Text)}"), $"{(check.Not ? "No" : "Every")} {column.Name} matches {check.Pattern}.");
            case CheckKind.NullFraction when check.Where is { } rows:
                return new FigureCheck(check, [new ScanMeasure(ScanMeasureKind.Rows, SqlText.InParentheses(rows)), new ScanMeasure(ScanMeasureKind.Values, chosen)],
                    (_, m) => Fraction(Number(m[0]), Number(m[1])), $"The part of the rows without a value in {column.Name}");
            case CheckKind.NullFraction:
                return new FigureCheck(check, [new ScanMeasure(ScanMeasureKind.Values, chosen)], (scan, m) => Fraction(scan.Content.Rows, Number(m[0])), $"The part of the rows without a value in {column.Name}");
            case CheckKind.DistinctCount:
                return new FigureCheck(check, [new ScanMeasure(ScanMeasureKind.Distinct, chosen)], (_, m) => Number(m[0]), $"Different values of {column.Name}");
            default:
                return new FreshnessCheck(check, column.Name, new ScanMeasure(ScanMeasureKind.Age, chosen) { Type = column.Type });
        }
    }

    private async Task<RelationshipsCheck> RelationshipsAsync(CheckDefinition check, string column, CancellationToken token)
    {
        var name = TableName.Parse(check.To!, session.Dialect.Folding);
        var parent = await FindTableAsync(name.Schema is null ? new TableName(live.Name.Schema, name.Name) : name, token).ConfigureAwait(false)
            // A source of dbt's has a name of its own, which need not be its schema's.
            ?? await FindTableAsync(new TableName(name.Schema is null ? null : live.Name.Schema, name.Name), token).ConfigureAwait(false)
            ?? throw new EtlException(ErrorCode.TableNotFound, check.To, session.Info.Display);
        var field = check.Field ?? column;
        if (parent.Shape is not { } shape) return new RelationshipsCheck(check, column, parent.Name, TableName.ParsePart(field, session.Dialect.Folding));
        // What points to the table itself has to find its row in the one that takes its place.
        var target = shape.Name == live.Name ? shadow : shape;
        return new RelationshipsCheck(check, column, target.Name, Find(target, field).Name);
    }

    private async Task<(TableName Name, TableShape? Shape)?> FindTableAsync(TableName name, CancellationToken token)
    {
        try
        {
            return await session.ReadShapeAsync(name, token).ConfigureAwait(false) is { } shape ? (shape.Name, shape) : null;
        }
        catch (EtlException e) when (e.Code == ErrorCode.NotATable)
        {
            // A view will do: it is only asked for its values.
            return (name, null);
        }
    }

    private DistributionGroup GroupOf(string? where)
    {
        var key = where ?? "";
        if (!groups.TryGetValue(key, out var group)) groups[key] = group = new DistributionGroup(live, shadow, where, liveAsOf, feed);
        return group;
    }

    private SqlText Named(string column, string? function) => function is null ? SqlText.Write(Quoting, $"{new Id(column)}") : SqlText.Write(Quoting, $"{new SqlText(function)}({new Id(column)})");

    private Column Find(string name) => Find(shadow, name);

    private static Column Find(TableShape table, string name) => table.FindColumn(name)
        ?? (name.Length > 2 && name[0] == '"' && name[^1] == '"' ? table.FindColumn(name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal)) : null)
        ?? throw new EtlException(ErrorCode.ColumnNotFound, table.Name, name, string.Join(", ", table.Columns.Select(c => c.Name)));

    private SqlText Outside(CheckDefinition check, SqlText value)
    {
        var conditions = new List<SqlText>();
        if (check.Min is { } min) conditions.Add(new SqlText($"{value} {(check.Exclusive ? "<=" : "<")} {Bound(check, min)}"));
        if (check.Max is { } max) conditions.Add(new SqlText($"{value} {(check.Exclusive ? ">=" : ">")} {Bound(check, max)}"));
        return SqlText.InParentheses(SqlText.Join(" OR ", conditions).Text);
    }

    /// <summary>A number as it is; anything else as text, which the database reads as the column's type.</summary>
    private SqlText Bound(CheckDefinition check, string bound) =>
        check.AsSql ? SqlText.InParentheses(bound) : PlainNumber().IsMatch(bound) ? new SqlText(bound.StartsWith('-') ? $"({bound})" : bound) : Literal(bound);

    private SqlText Literal(string text) => SqlText.Write(Quoting, $"{new SqlLiteral(text)}");

    private static string Bounds(CheckDefinition check) => (check.Min, check.Max) switch
    {
        ({ } min, { } max) => $"between {min} and {max}{(check.Exclusive ? ", both excluded" : "")}",
        ({ } min, null) => $"{(check.Exclusive ? "above" : "at least")} {min}",
        _ => $"{(check.Exclusive ? "below" : "at most")} {check.Max}",
    };

    private static double? Fraction(double? rows, double? values) => rows > 0 ? (rows - values) / rows : 0;

    private static double? Number(object? value) => value is null ? null : Convert.ToDouble(value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]+)?$")]
    private static partial Regex PlainNumber();
}
