using System.Text;
using EtlTableOps.Errors;

namespace EtlTableOps.Checks.Custom;

/// <summary>Reads a check in one line: <c>not_null(country)</c>, <c>range(amount, min: 0, max: 100)</c>, <c>expression(amount &gt;= 0)</c>.</summary>
internal static class CheckText
{
    /// <summary>The text as the tree that a file would give.</summary>
    public static CheckMap Parse(string text, CheckPlace place)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var word = (open < 0 ? text : text[..open]).Trim();
        if (word.Length == 0 || !word.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.'))
            throw place.Error($"'{text}' is no check: write it like not_null(country), unique(a, b), expression(amount >= 0) or range(amount, min: 0).");
        if (!CheckReader.Known.Contains(word)) throw place.Error($"'{word}' is no check. Known: {string.Join(", ", CheckReader.Known)}.");
        if (open >= 0 && !text.TrimEnd().EndsWith(')')) throw place.Error($"'{text}' is no check: its parenthesis is not closed.");
        var inside = open < 0 ? "" : text.TrimEnd()[(open + 1)..^1];
        CheckNode arguments = CheckReader.TakesSql(word) ? new CheckScalar(place, inside) : Arguments(word, inside, place);
        return new CheckMap(place, [(new CheckScalar(place, word), arguments)]);
    }

    private static CheckMap Arguments(string word, string inside, CheckPlace place)
    {
        var names = CheckReader.Positions(word);
        var entries = new List<(CheckScalar Key, CheckNode Value)>();
        var position = 0;
        foreach (var item in Split(inside, place))
        {
            var colon = NameEnd(item);
            var value = Value(colon < 0 ? item : item[(colon + 1)..].Trim(), place);
            if (colon >= 0)
            {
                Add(item[..colon].Trim(), value);
                continue;
            }
            // The last name that ends with dots takes all that follow.
            var name = names[Math.Min(position++, names.Count - 1)];
            if (!name.EndsWith('…'))
            {
                if (position > names.Count) throw place.Error($"{word} takes no more than {names.Count} arguments without a name: {string.Join(", ", names)}.");
                Add(name, value);
                continue;
            }
            name = name[..^1];
            var index = entries.FindIndex(e => e.Key.Text == name);
            if (index < 0) Add(name, new CheckList(place, [value]));
            else entries[index] = (entries[index].Key, new CheckList(place, [.. ((CheckList)entries[index].Value).Items, value]));
        }
        return new CheckMap(place, entries);

        void Add(string name, CheckNode value)
        {
            if (entries.Exists(e => e.Key.Text == name)) throw place.Error($"{word} is given '{name}' twice.");
            entries.Add((new CheckScalar(place, name), value));
        }
    }

    /// <summary>Where the name before a value ends; -1 where the item is a value alone.</summary>
    private static int NameEnd(string item)
    {
        var end = 0;
        while (end < item.Length && (char.IsAsciiLetterLower(item[end]) || item[end] == '_')) end++;
        return end > 0 && end < item.Length && item[end] == ':' ? end : -1;
    }

    private static CheckNode Value(string text, CheckPlace place) => text.Length >= 2 && text[0] == '[' && text[^1] == ']'
        ? new CheckList(place, [.. Split(text[1..^1], place).Select(i => new CheckScalar(place, Unquote(i)))])
        : new CheckScalar(place, Unquote(text));

    /// <summary>Single quotes are taken off; double quotes belong to a column's name, as in SQL.</summary>
    private static string Unquote(string text) => text.Length >= 2 && text[0] == '\'' && text[^1] == '\'' ? text[1..^1].Replace("''", "'", StringComparison.Ordinal) : text;

    private static List<string> Split(string text, CheckPlace place)
    {
        var items = new List<string>();
        var item = new StringBuilder();
        var depth = 0;
        var quote = '\0';
        foreach (var c in text)
        {
            if (quote != '\0') quote = c == quote ? '\0' : quote;
            else if (c is '\'' or '"') quote = c;
            else if (c is '(' or '[') depth++;
            else if (c is ')' or ']') depth--;
            if (c == ',' && depth == 0 && quote == '\0')
            {
                Take();
                continue;
            }
            item.Append(c);
        }
        if (quote != '\0' || depth != 0) throw place.Error($"'{text}' has a quote or bracket that is not closed.");
        if (items.Count > 0 || item.ToString().Trim().Length > 0) Take();
        return items;

        void Take()
        {
            var one = item.ToString().Trim();
            item.Clear();
            if (one.Length == 0) throw place.Error($"'{text}' has nothing between two commas.");
            items.Add(one);
        }
    }
}
