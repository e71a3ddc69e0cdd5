using System.Globalization;
using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks.Custom;

/// <summary>What a check is given, taken piece by piece, so that what nobody took is told.</summary>
internal sealed class CheckArguments
{
    private readonly List<(CheckScalar Key, CheckNode Value)> entries = [];
    private readonly HashSet<string> present = new(StringComparer.Ordinal);
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);

    public CheckArguments(CheckPlace place) => Place = place;

    public CheckPlace Place { get; }

    /// <summary>The first entry that nobody took; null when all were.</summary>
    public CheckScalar? Left => entries.Where(e => !taken.Contains(e.Key.Text!)).Select(e => e.Key).FirstOrDefault();

    /// <summary>The first text that only dbt fills in; null where there is none.</summary>
    public string? Template => entries.Where(e => e.Key.Text is not ("description" or "meta" or "tags")).Select(e => TemplateIn(e.Value)).FirstOrDefault(t => t is not null);

    /// <summary>Adds entries; what has a name that is there already is refused, because one of them would go unheard.</summary>
    public void Add(CheckMap map)
    {
        foreach (var (key, value) in map.Entries)
        {
            if (!present.Add(key.Text ?? "")) throw key.Place.Error($"'{key.Text}' is given twice for one check.");
            entries.Add((key, value));
        }
    }

    public void Add(string name, CheckNode value) => Add(new CheckMap(value.Place, [(new CheckScalar(value.Place, name), value)]));

    public bool Has(string name) => present.Contains(name);

    /// <summary>Whether an entry is this one word.</summary>
    public bool Says(string name, string word) => entries.Exists(e => e.Key.Text == name && e.Value is CheckScalar { Text: { } text } && text.Equals(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>Takes what means nothing here.</summary>
    public void Ignore(params string[] names) => taken.UnionWith(names);

    public CheckNode? Take(params string[] names)
    {
        foreach (var name in names)
        {
            var index = entries.FindIndex(e => e.Key.Text == name);
            if (index < 0) continue;
            taken.Add(name);
            return entries[index].Value;
        }
        return null;
    }

    public string? Text(params string[] names) => Take(names) switch
    {
        null => null,
        CheckScalar { Text: { } text } => text,
        CheckScalar => null,
        var other => throw other.Place.Error($"'{names[0]}' is to be one value."),
    };

    public string Required(params string[] names) => Text(names) is { } text && !string.IsNullOrWhiteSpace(text) ? text : throw Place.Error($"'{names[0]}' is missing.");

    /// <summary>A list of texts, or one text alone.</summary>
    public IReadOnlyList<string> Texts(params string[] names) => Take(names) switch
    {
        null => [],
        CheckScalar { Text: { } text } => [text],
        CheckList list => [.. list.Items.Select(i => i is CheckScalar { Text: { } text } ? text : throw i.Place.Error($"'{names[0]}' is to be a list of single values{(i is CheckScalar ? "; a missing value is never one of them, so that null says nothing: use not_null" : "")}."))],
        var other => throw other.Place.Error($"'{names[0]}' is to be a list."),
    };

    /// <summary>A list of texts, where a null is no value.</summary>
    public IReadOnlyList<string> TextsWithoutNulls(string name) => Take(name) is CheckList list
        ? [.. list.Items.Where(i => i is not CheckScalar { Text: null }).Select(i => i is CheckScalar { Text: { } text } ? text : throw i.Place.Error($"'{name}' is to be a list of single values."))]
        : Texts(name);

    private static string? TemplateIn(CheckNode node) => node switch
    {
        CheckScalar { Text: { } text } => CheckReader.IsTemplate(text) ? text : null,
        CheckList list => list.Items.Select(TemplateIn).FirstOrDefault(t => t is not null),
        CheckMap map => map.Entries.Select(e => TemplateIn(e.Value)).FirstOrDefault(t => t is not null),
        _ => null,
    };

    public bool Flag(bool standard, params string[] names)
    {
        if (Take(names) is not { } node) return standard;
        return (node as CheckScalar)?.Text?.ToLowerInvariant() switch
        {
            "true" or "yes" or "on" => true,
            "false" or "no" or "off" => false,
            var other => throw node.Place.Error($"'{names[0]}' is true or false, not '{other}'."),
        };
    }

    public double? Number(params string[] names)
    {
        if (Take(names) is not { } node) return null;
        return node is CheckScalar { Text: { } text } && double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw node.Place.Error($"'{names[0]}' is to be a number, not '{(node as CheckScalar)?.Text}'.");
    }

    /// <summary>A number as text, so that nothing of it is lost.</summary>
    public string? NumberText(params string[] names) => Number(names) is { } number ? number.ToString("R", CultureInfo.InvariantCulture) : null;

    public TimeSpan? Time(params string[] names) => Read(names, Human.ParseDuration, out TimeSpan time) ? time : null;

    public CheckThreshold? Threshold(params string[] names) => Read(names, CheckThreshold.Parse, out CheckThreshold? threshold) ? threshold : null;

    private bool Read<T>(string[] names, Func<string, T> read, out T? value)
    {
        value = default;
        if (Take(names) is not { } node) return false;
        try
        {
            value = read((node as CheckScalar)?.Text ?? throw node.Place.Error($"'{names[0]}' is to be one value."));
            return true;
        }
        catch (EtlException e) when (e.Code == ErrorCode.BadInput && !e.Message.Contains("is to be one value", StringComparison.Ordinal))
        {
            throw node.Place.Error($"'{names[0]}': {e.Message}", e);
        }
    }
}
