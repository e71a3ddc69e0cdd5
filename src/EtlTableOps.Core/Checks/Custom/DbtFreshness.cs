using System.Globalization;
using EtlTableOps.Errors;

namespace EtlTableOps.Checks.Custom;

/// <summary>
/// How fresh a table of a dbt source is to be. It may be said of the source and of the table, beside them and under <c>config</c>; each goes before the one
/// before it, threshold by threshold, and a null takes back what was said.
/// </summary>
internal static class DbtFreshness
{
    private const string Title = "source_freshness";

    /// <summary>The check, or what cannot be checked of it; null where nothing is asked.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> for a threshold that is none.</exception>
    public static CheckDefinition? Read(CheckMap source, CheckMap table)
    {
        var rule = new Rule();
        CheckMap[] places = [source, .. Config(source), table, .. Config(table)];
        foreach (var place in places)
        {
            if (place["freshness"] is { } said) rule = rule.With(said);
        }
        if (rule is { Warn: null, Error: null } || rule.Place is not { } at) return null;
        // A time of its own takes the place of the source's, whichever of the two ways it is told.
        var times = Times(table) ?? Times(source);
        try
        {
            var (warn, error) = (rule.Warn?.Age(), rule.Error?.Age());
            if (warn is null && error is null) return null;
            var column = times switch
            {
                { Query: { } } => throw new CheckReader.NotUnderstoodException("the time is asked with a statement of the project's own (loaded_at_query)"),
                { Field: { Length: > 0 } field } => field.Trim(),
                _ => throw new CheckReader.NotUnderstoodException("there is no loaded_at_field: dbt asks the warehouse's own records when the table was last changed"),
            };
            foreach (var text in new[] { column, rule.Filter })
            {
                if (text is not null && CheckReader.IsTemplate(text)) throw new CheckReader.NotUnderstoodException(CheckReader.TemplateIn(Title, text));
            }
            if (!CheckReader.PlainColumn().IsMatch(column)) throw new CheckReader.NotUnderstoodException($"loaded_at_field is an expression ({column}) and not a column");
            return new CheckDefinition(CheckKind.Freshness)
            {
                Name = $"{Title}({column})",
                Columns = [column],
                WarnAfter = warn,
                ErrorAfter = error,
                Where = rule.Filter,
                DefinedAt = at.Short,
            };
        }
        catch (CheckReader.NotUnderstoodException e)
        {
            return CheckReader.NotUnderstood(Title, null, e.Message, at);
        }
    }

    private static IEnumerable<CheckMap> Config(CheckMap map) => map["config"] is CheckMap config ? [config] : [];

    private static (string? Field, string? Query)? Times(CheckMap map)
    {
        CheckMap[] places = [map, .. Config(map)];
        var (field, query) = (places.Select(p => p["loaded_at_field"]).FirstOrDefault(n => n is not null), places.Select(p => p["loaded_at_query"]).FirstOrDefault(n => n is not null));
        return field is null && query is null ? null : ((field as CheckScalar)?.Text, (query as CheckScalar)?.Text);
    }

    /// <summary>What was said so far.</summary>
    private sealed record Rule
    {
        public CheckPlace? Place { get; init; }

        public Threshold? Warn { get; init; }

        public Threshold? Error { get; init; }

        public string? Filter { get; init; }

        public Rule With(CheckNode said) => said switch
        {
            CheckScalar { Text: null } => new Rule(),
            CheckMap map => new Rule { Place = map.Place, Warn = Over(Warn, map["warn_after"]), Error = Over(Error, map["error_after"]), Filter = map["filter"] is CheckScalar filter ? filter.Text : Filter },
            _ => throw said.Place.Error("'freshness' is to have 'warn_after' or 'error_after'."),
        };

        private static Threshold? Over(Threshold? former, CheckNode? said) => said switch
        {
            null => former,
            CheckScalar { Text: null } => null,
            CheckMap map => new Threshold(map.Place, map["count"] as CheckScalar ?? former?.Count, map["period"] as CheckScalar ?? former?.Period),
            _ => throw said.Place.Error("A threshold of freshness is to have 'count' and 'period'."),
        };
    }

    /// <summary>A number of periods, looked at only when it is the last word.</summary>
    private sealed record Threshold(CheckPlace Place, CheckScalar? Count, CheckScalar? Period)
    {
        public TimeSpan? Age()
        {
            foreach (var text in new[] { Count?.Text, Period?.Text })
            {
                if (text is not null && CheckReader.IsTemplate(text)) throw new CheckReader.NotUnderstoodException(CheckReader.TemplateIn(Title, text));
            }
            // Without either, dbt takes it for nothing said.
            if (Count?.Text is null && Period?.Text is null) return null;
            if (!double.TryParse(Count?.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)) throw (Count?.Place ?? Place).Error($"'count' is to be a number, not '{Count?.Text}'.");
            return Period?.Text?.ToLowerInvariant() switch
            {
                "minute" when count < 1e9 => TimeSpan.FromMinutes(count),
                "hour" when count < 1e7 => TimeSpan.FromHours(count),
                "day" when count < 1e6 => TimeSpan.FromDays(count),
                "minute" or "hour" or "day" => throw Count!.Place.Error($"{Count.Text} is too much."),
                var other => throw (Period?.Place ?? Place).Error($"'period' is minute, hour or day, not '{other}'."),
            };
        }
    }
}
