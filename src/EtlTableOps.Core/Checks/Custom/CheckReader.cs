using EtlTableOps.Errors;

namespace EtlTableOps.Checks.Custom;

/// <summary>
/// Reads checks in the words that dbt made known: a list of names, or of names with their arguments. In a file of dbt's own what has no counterpart here
/// becomes a warning that names it; anywhere else it is an error, because it can only be a slip.
/// </summary>
/// <param name="foreign">Whether the words are those of a dbt project.</param>
internal sealed partial class CheckReader(bool foreign)
{
    private static readonly HashSet<string> Common = new(StringComparer.Ordinal)
    {
        "name", "test_name", "description", "column", "columns", "severity", "where", "warn_if", "error_if", "config", "tags", "meta", "arguments",
        "enabled", "limit", "store_failures", "store_failures_as", "fail_calc", "quote_columns",
    };

    /// <summary>The words of our own, with the names of arguments that are given without one.</summary>
    private static readonly Dictionary<string, (CheckKind Kind, string[] Positions)> Words = new(StringComparer.Ordinal)
    {
        ["unique"] = (CheckKind.Unique, ["columns…"]),
        ["not_null"] = (CheckKind.NotNull, ["column"]),
        ["accepted_values"] = (CheckKind.AcceptedValues, ["column", "values…"]),
        ["relationships"] = (CheckKind.Relationships, ["column", "to", "field"]),
        ["expression"] = (CheckKind.Expression, []),
        ["row_count"] = (CheckKind.RowCount, ["min", "max"]),
        ["freshness"] = (CheckKind.Freshness, ["column", "error_after"]),
        ["range"] = (CheckKind.Range, ["column", "min", "max"]),
        ["pattern"] = (CheckKind.Pattern, ["column", "pattern"]),
        ["null_fraction"] = (CheckKind.NullFraction, ["column", "max"]),
        ["distinct_count"] = (CheckKind.DistinctCount, ["column", "min", "max"]),
        ["distribution"] = (CheckKind.Distribution, ["column", "max_drift"]),
        ["query_equal"] = (CheckKind.QueryEqual, []),
    };

    /// <summary>The words of our own.</summary>
    public static IEnumerable<string> Known => Words.Keys;

    /// <summary>Whether all that a check is given is one piece of SQL.</summary>
    public static bool TakesSql(string word) => word is "expression" or "query_equal";

    /// <summary>The names of the arguments that are given without one; the last takes the rest where it ends with dots.</summary>
    public static IReadOnlyList<string> Positions(string word) => Words.TryGetValue(word, out var known) ? known.Positions : [];

    /// <summary>The checks of a list, or the one.</summary>
    /// <param name="tests">The list; null for none.</param>
    /// <param name="column">The column under which it stands, or null.</param>
    public IEnumerable<CheckDefinition> ReadAll(CheckNode? tests, string? column)
    {
        var items = tests switch
        {
            null or CheckScalar { Text: null } => [],
            CheckList list => list.Items,
            _ => throw tests.Place.Error("Checks are a list: each begins with a dash."),
        };
        return items.Select(i => Read(i, column)).OfType<CheckDefinition>();
    }

    /// <summary>One check; null for one that is switched off.</summary>
    public CheckDefinition? Read(CheckNode node, string? column)
    {
        var place = node.Place;
        var map = node switch
        {
            CheckScalar { Text: { } text } when !foreign && text.Contains('(', StringComparison.Ordinal) => CheckText.Parse(text, place),
            CheckScalar { Text: { Length: > 0 } text } => new CheckMap(place, [(new CheckScalar(place, text), new CheckScalar(place, null))]),
            CheckMap given => given,
            _ => throw place.Error("A check is its name, or its name with arguments."),
        };
        var (word, arguments) = Arguments(map);
        if (foreign && word.StartsWith("dbt.", StringComparison.Ordinal)) word = word["dbt.".Length..];
        if (column is not null)
        {
            if (arguments.Has("column") || arguments.Has("columns")) throw place.Error($"{word} stands under column {column} and names a column besides.");
            arguments.Add("column", new CheckScalar(place, column));
        }
        try
        {
            if (foreign && !Words.ContainsKey(word) && !DbtTests.Knows(word))
                return arguments.Says("enabled", "false") ? null : throw new NotUnderstoodException($"{word} is no test that is known here");
            if (!arguments.Flag(true, "enabled")) return null;
            return Finish(word, arguments);
        }
        catch (NotUnderstoodException e)
        {
            if (!foreign) throw place.Error(e.Message);
            return NotUnderstood(column is null ? word : $"{word}({column})", column, e.Message, place);
        }
        catch (EtlException) when (foreign && arguments.Template is string template)
        {
            // What is wrong with it may well be right once dbt has filled it in.
            return NotUnderstood(column is null ? word : $"{word}({column})", column, TemplateIn(word, template), place);
        }
    }

    /// <summary>What has no counterpart here, as a warning that names it.</summary>
    public static CheckDefinition NotUnderstood(string name, string? column, string reason, CheckPlace place) =>
        new(CheckKind.NotUnderstood) { Name = name, Columns = column is null ? [] : [column], Reason = reason, Severity = CheckSeverity.Warn, DefinedAt = place.Short };

    /// <summary>Whether a text is to be filled in by dbt.</summary>
    public static bool IsTemplate(string text) => text.Contains("{{", StringComparison.Ordinal) || text.Contains("{%", StringComparison.Ordinal);

    /// <summary>Why a template cannot be checked.</summary>
    public static string TemplateIn(string word, string template) => $"{word} holds a template ({string.Join(' ', template.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}), which only dbt fills in";

    /// <summary>The check's name, and all that it is given, wherever it stands.</summary>
    private static (string Word, CheckArguments Arguments) Arguments(CheckMap map)
    {
        var arguments = new CheckArguments(map.Place);
        // A project's own test may have the name of one of the words that all tests take.
        var named = map.Entries.Where(e => !Common.Contains(e.Key.Text ?? "") || map.Entries is [{ Value: CheckMap }]).ToList();
        string word;
        if (map["test_name"] is CheckScalar { Text: { } other })
        {
            // dbt's other form: name, test_name, and the arguments beside them.
            word = other;
            Spread(new CheckMap(map.Place, [.. named]));
        }
        else
        {
            if (named.Count != 1)
                throw map.Place.Error(named.Count == 0 ? "A check lacks its name." : $"A check has one name, and {string.Join(", ", named.Select(n => $"'{n.Key.Text}'"))} are {named.Count}: its arguments stand under it, indented.");
            word = named[0].Key.Text!;
            var value = named[0].Value;
            if (value is CheckMap given) Spread(given);
            else if (value is not CheckScalar { Text: null }) arguments.Add("", value);
        }
        Spread(new CheckMap(map.Place, [.. map.Entries.Except(named).Where(e => e.Key.Text != "test_name")]));
        return (word, arguments);

        void Spread(CheckMap given)
        {
            foreach (var (key, value) in given.Entries)
            {
                if (key.Text is not ("config" or "arguments")) arguments.Add(new CheckMap(given.Place, [(key, value)]));
                else if (value is CheckMap inner) Spread(inner);
                else if (value is not CheckScalar { Text: null }) throw value.Place.Error($"'{key.Text}' is to hold names and values.");
            }
        }
    }

    private CheckDefinition Finish(string word, CheckArguments given)
    {
        given.Ignore("description", "tags", "meta", "limit", "store_failures", "store_failures_as", "quote_columns");
        if (foreign) given.Ignore("alias", "database", "schema", "group");
        var severity = given.Text("severity")?.ToLowerInvariant();
        var common = new CheckDefinition(CheckKind.NotUnderstood)
        {
            Name = given.Text("name"),
            Severity = severity switch
            {
                null or "error" => CheckSeverity.Error,
                "warn" => CheckSeverity.Warn,
                _ => throw given.Place.Error($"'{severity}' is no severity: error or warn."),
            },
            Where = given.Text("where", "row_condition"),
            WarnIf = Threshold(given, "warn_if"),
            ErrorIf = Threshold(given, "error_if"),
            DefinedAt = given.Place.Short,
        };
        var check = Words.TryGetValue(word, out var own) ? OfExpression(own.Kind, common, given) ?? Own(own.Kind, common, given)
            : foreign ? Called(word, DbtTests.Read(word, common, given))
            : throw new NotUnderstoodException($"'{word}' is no check. Known: {string.Join(", ", Known)}.");
        if (given.Left is { } left) throw new NotUnderstoodException(left.Text is { Length: > 0 } name ? $"{word} takes no '{name}'" : $"{word} is given a value that it has no use for");
        foreach (var sql in new[] { check.Where, check.Kind == CheckKind.QueryEqual ? null : check.Sql, check.Min, check.Max, check.To, check.Field, check.Pattern }.Concat(check.Values).Concat(check.Columns))
        {
            if (sql is not null && IsTemplate(sql)) throw new NotUnderstoodException(TemplateIn(word, sql));
        }
        return check;
    }

    /// <summary>A package's test whose own name says more than the check that it becomes keeps it.</summary>
    private static CheckDefinition Called(string word, CheckDefinition check) =>
        check is { Name: null, Columns: [var column], Kind: CheckKind.Expression or CheckKind.RowCount or CheckKind.DistinctCount } ? check with { Name = $"{word}({column})" } : check;

    /// <summary>To dbt a threshold is any end of an SQL comparison.</summary>
    private CheckThreshold? Threshold(CheckArguments given, string name)
    {
        try
        {
            return given.Threshold(name);
        }
        catch (EtlException e) when (foreign)
        {
            throw new NotUnderstoodException(e.InnerException?.Message.TrimEnd('.') ?? e.Message);
        }
    }

    /// <summary>Where a project says of which column a test is, it may be an expression.</summary>
    private CheckDefinition? OfExpression(CheckKind kind, CheckDefinition common, CheckArguments given)
    {
        if (!foreign || given.Has("column") || given.Take("column_name") is not CheckScalar { Text: { } sql } || PlainColumn().IsMatch(sql)) return null;
        return kind switch
        {
            CheckKind.Unique => common with { Kind = kind, Columns = [sql.Trim()], AsSql = true },
            CheckKind.NotNull => common with { Kind = CheckKind.Expression, Sql = $"({sql.Trim()}) IS NOT NULL" },
            _ => throw new NotUnderstoodException($"{CheckDefinition.Word(kind)} is of an expression ({sql.Trim()}) and not of a column"),
        };
    }

    private CheckDefinition Own(CheckKind kind, CheckDefinition common, CheckArguments given)
    {
        var check = common with { Kind = kind };
        return kind switch
        {
            CheckKind.Unique => check with { Columns = Columns(given), NullsEqual = given.Flag(false, "nulls_equal") },
            CheckKind.NotNull => check with { Columns = Column(given) },
            CheckKind.AcceptedValues => AcceptedValues(check, given),
            CheckKind.Relationships => check with { Columns = Column(given), To = DbtTests.Reference(given.Required("to")), Field = given.Text("field") },
            CheckKind.Expression => check with { Sql = given.Required("expression", ""), Columns = given.Texts("column") },
            CheckKind.RowCount => Bounds(check with { MinRatio = given.Number("min_ratio"), MaxRatio = given.Number("max_ratio") }, given),
            CheckKind.Freshness => Freshness(check, given),
            CheckKind.Range => Range(check, given),
            CheckKind.Pattern => Pattern(check, given),
            CheckKind.NullFraction or CheckKind.DistinctCount => Bounds(check with { Columns = Column(given) }, given),
            CheckKind.Distribution => Bounds(check with { Columns = Column(given), Max = given.NumberText("max_drift") }, given),
            _ => check with { Sql = Query(given) },
        };
    }

    private CheckDefinition AcceptedValues(CheckDefinition check, CheckArguments given)
    {
        // Under a column, what is given without a name is the list; else it is the column. A null in it is a slip, but in dbt's files it is often met, and says nothing there.
        var values = foreign ? given.TextsWithoutNulls("values") : given.Has("column") ? given.Texts("values", "") : given.Texts("values");
        if (values.Count == 0) throw foreign && given.Has("values") ? new NotUnderstoodException("accepted_values has a list without a single value") : given.Place.Error("accepted_values needs 'values'.");
        return check with { Columns = Column(given), Values = values, AsSql = !given.Flag(true, "quote"), Not = given.Flag(false, "not") };
    }

    private static CheckDefinition Freshness(CheckDefinition check, CheckArguments given)
    {
        var fresh = check with { Columns = Column(given), ErrorAfter = given.Time("error_after", "max_age"), WarnAfter = given.Time("warn_after") };
        return fresh is { ErrorAfter: null, WarnAfter: null, ErrorIf: null, WarnIf: null } ? throw given.Place.Error("freshness needs 'error_after' or 'warn_after', such as 24h.") : fresh;
    }

    private static CheckDefinition Range(CheckDefinition check, CheckArguments given)
    {
        var range = check with { Columns = Column(given), Min = given.Text("min"), Max = given.Text("max"), Exclusive = given.Flag(false, "exclusive") };
        return range is { Min: null, Max: null } ? throw given.Place.Error("range needs 'min' or 'max'.") : range;
    }

    private static CheckDefinition Pattern(CheckDefinition check, CheckArguments given)
    {
        var pattern = given.Has("column") ? given.Text("pattern", "regex", "") : given.Text("pattern", "regex");
        return check with { Columns = Column(given), Pattern = pattern ?? throw given.Place.Error("pattern needs 'pattern', a regular expression."), Not = given.Flag(false, "not") };
    }

    private static CheckDefinition Bounds(CheckDefinition check, CheckArguments given)
    {
        var bound = check with { Min = given.NumberText("min"), Max = check.Max ?? given.NumberText("max") };
        if (bound is { Kind: not CheckKind.Distribution, Min: null, Max: null, MinRatio: null, MaxRatio: null, WarnIf: null, ErrorIf: null })
            throw given.Place.Error($"{CheckDefinition.Word(check.Kind)} needs 'min' or 'max'{(check.Kind == CheckKind.RowCount ? ", or 'min_ratio' or 'max_ratio' to the live table" : "")}, or 'warn_if' or 'error_if'.");
        return bound;
    }

    private static string Query(CheckArguments given)
    {
        var query = given.Required("query", "").Trim().TrimEnd(';');
        return AnswerQuery.HasPlace(query) ? query : throw given.Place.Error("The query of query_equal names the table as {{ table }}, so that it can be asked of both.");
    }

    internal static IReadOnlyList<string> Column(CheckArguments given) => Columns(given) is [var one] ? [one] : throw given.Place.Error("The check is of one column.");

    internal static IReadOnlyList<string> Columns(CheckArguments given)
    {
        var columns = given.Texts("columns", "column", "column_name", "");
        if (columns.Count == 0 || columns.Any(string.IsNullOrWhiteSpace)) throw given.Place.Error("'column' is missing.");
        return columns;
    }

    [System.Text.RegularExpressions.GeneratedRegex(@"^\s*(?:[\w$]+|""(?:[^""]|"""")+"")\s*$")]
    internal static partial System.Text.RegularExpressions.Regex PlainColumn();

    /// <summary>Something that only dbt, or a newer version, knows.</summary>
    internal sealed class NotUnderstoodException(string message) : Exception(message);
}
