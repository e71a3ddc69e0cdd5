using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EtlTableOps.Snowflake;

/// <summary>A table of a TOML file: values are texts, tables or lists of these. A number or date is kept as its text.</summary>
internal sealed class TomlTable : Dictionary<string, object>
{
    public TomlTable()
        : base(StringComparer.Ordinal)
    {
    }

    /// <summary>A header made it, so that a second header of the same name is an error.</summary>
    public bool HasHeader { get; set; }

    /// <summary>It was written in one piece, so that nothing can be added to it.</summary>
    public bool IsClosed { get; set; }
}

/// <summary>A TOML text that cannot be read. Its message never repeats any of the text, because a secret may stand anywhere in it.</summary>
internal sealed class TomlException(int line, string message) : Exception(message)
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;
}

/// <summary>
/// Reads TOML 1.0 as the files of Snowflake's tools use it. No library: the one worth having is not on every package source, and the module
/// would carry it into every session for one small file.
/// </summary>
internal sealed partial class TomlReader
{
    private readonly string text;
    private int at;

    private TomlReader(string text) => this.text = text;

    /// <summary>Reads a whole text.</summary>
    /// <exception cref="TomlException">It is no TOML.</exception>
    public static TomlTable Read(string text) => new TomlReader(text.StartsWith('\uFEFF') ? text[1..] : text).ReadAll();

    private char Here => at < text.Length ? text[at] : '\0';

    private bool AtEnd => at >= text.Length;

    private TomlTable ReadAll()
    {
        var root = new TomlTable();
        var current = root;
        while (true)
        {
            SkipBlank(lines: true);
            if (AtEnd) return root;
            if (Here == '[') current = ReadHeader(root);
            else ReadPair(current);
            SkipBlank(lines: false);
            if (!AtEnd && !TakeLineEnd()) throw Bad("there is more in the line than one entry; a text stands in quotes");
        }
    }

    private TomlTable ReadHeader(TomlTable root)
    {
        at++;
        var isList = Take('[');
        var keys = ReadKeys();
        if (!Take(']') || (isList && !Take(']'))) throw Bad("the bracket of a table's name is not closed");
        var parent = Descend(root, keys[..^1], byHeader: true);
        if (isList)
        {
            if (!parent.TryGetValue(keys[^1], out var old)) parent[keys[^1]] = old = new List<object>();
            var entry = new TomlTable { HasHeader = true };
            (old as List<object> ?? throw Bad("this name was given a value before")).Add(entry);
            return entry;
        }
        if (!parent.TryGetValue(keys[^1], out var found)) parent[keys[^1]] = found = new TomlTable();
        if (found is not TomlTable { HasHeader: false, IsClosed: false } table) throw Bad("this table stands in the file twice");
        table.HasHeader = true;
        return table;
    }

    private void ReadPair(TomlTable table)
    {
        var keys = ReadKeys();
        if (!Take('=')) throw Bad("behind a key stands an equals sign");
        SkipBlank(lines: false);
        var owner = Descend(table, keys[..^1], byHeader: false);
        var line = Line;
        var value = ReadValue();
        if (!owner.TryAdd(keys[^1], value)) throw new TomlException(line, "this key stands in the table twice");
    }

    private TomlTable Descend(TomlTable table, List<string> keys, bool byHeader)
    {
        foreach (var key in keys)
        {
            if (!table.TryGetValue(key, out var next)) table[key] = next = new TomlTable();
            table = next switch
            {
                TomlTable { IsClosed: false } inner => inner,
                List<object> { Count: > 0 } list when byHeader && list[^1] is TomlTable { IsClosed: false } last => last,
                _ => throw Bad("part of this dotted name was given a value before"),
            };
        }
        return table;
    }

    private List<string> ReadKeys()
    {
        var keys = new List<string>();
        do
        {
            SkipBlank(lines: false);
            keys.Add(ReadKey());
            SkipBlank(lines: false);
        }
        while (Take('.'));
        return keys;
    }

    private string ReadKey()
    {
        if (Here is '"' or '\'') return ReadQuoted(Here);
        var start = at;
        while (char.IsAsciiLetterOrDigit(Here) || Here is '_' or '-') at++;
        return at > start ? text[start..at] : throw Bad("a key was expected: letters, digits, _ and -, or a text in quotes");
    }

    private object ReadValue() => Here switch
    {
        '"' or '\'' => StartsWith(new string(Here, 3)) ? ReadLong(Here) : ReadQuoted(Here),
        '[' => ReadList(),
        '{' => ReadInline(),
        _ => ReadBare(),
    };

    private List<object> ReadList()
    {
        at++;
        var list = new List<object>();
        while (true)
        {
            SkipBlank(lines: true);
            if (Take(']')) return list;
            if (AtEnd) throw Bad("a list is not closed");
            list.Add(ReadValue());
            SkipBlank(lines: true);
            if (!Take(',') && Here != ']') throw Bad("between the entries of a list stands a comma, and behind them a closing bracket");
        }
    }

    private TomlTable ReadInline()
    {
        at++;
        var table = new TomlTable();
        SkipBlank(lines: false);
        if (!Take('}'))
        {
            do
            {
                ReadPair(table);
                SkipBlank(lines: false);
            }
            while (Take(','));
            if (!Take('}')) throw Bad("the brace of a table within a line is not closed");
        }
        table.IsClosed = true;
        return table;
    }

    private string ReadBare()
    {
        var start = at;
        while (!AtEnd && Here is not (',' or ']' or '}' or '#' or '\r' or '\n')) at++;
        var bare = text[start..at].TrimEnd(' ', '\t');
        at = start + bare.Length;
        if (bare is "true" or "false" || Dated().IsMatch(bare)) return bare;
        if (Number().IsMatch(bare)) return bare.Replace("_", "", StringComparison.Ordinal);
        at = start;
        throw Bad(bare.Length == 0 ? "a value was expected" : "the value is no number, date, true or false; a text stands in quotes");
    }

    private string ReadQuoted(char quote)
    {
        at++;
        var value = new StringBuilder();
        while (true)
        {
            if (AtEnd || Here is '\n' or '\r') throw Bad("the quotes of a text are not closed in its line");
            if (Take(quote)) return value.ToString();
            if (quote == '"' && Here == '\\') value.Append(ReadEscape());
            else value.Append(TakePlain());
        }
    }

    private string ReadLong(char quote)
    {
        var line = Line;
        var end = new string(quote, 3);
        at += 3;
        TakeLineEnd();
        var value = new StringBuilder();
        while (!StartsWith(end))
        {
            if (AtEnd) throw new TomlException(line, "the three quotes of a text of several lines are not closed");
            if (quote == '"' && Here == '\\')
            {
                if (SkipFoldedLine()) continue;
                value.Append(ReadEscape());
            }
            else if (TakeLineEnd())
            {
                value.Append('\n');
            }
            else
            {
                value.Append(TakePlain());
            }
        }
        at += 3;
        // Up to two more quotes belong to the text.
        for (var more = 0; more < 2 && Take(quote); more++) value.Append(quote);
        return value.ToString();
    }

    // A backslash at a line's end takes the line end and all blank behind it out of the text.
    private bool SkipFoldedLine()
    {
        var start = at++;
        SkipSpaces();
        if (!TakeLineEnd())
        {
            at = start;
            return false;
        }
        do SkipSpaces();
        while (TakeLineEnd());
        return true;
    }

    private char TakePlain()
    {
        if (char.IsControl(Here) && Here != '\t') throw Bad("a text holds a control character");
        return text[at++];
    }

    private string ReadEscape()
    {
        at++;
        var kind = Here;
        at++;
        return kind switch
        {
            'b' => "\b",
            't' => "\t",
            'n' => "\n",
            'f' => "\f",
            'r' => "\r",
            '"' => "\"",
            '\\' => "\\",
            'u' => ReadCodePoint(4),
            'U' => ReadCodePoint(8),
            _ => throw Bad(@"a backslash in double quotes begins one of \b \t \n \f \r \"" \\ \u \U; a Windows path stands in single quotes"),
        };
    }

    private string ReadCodePoint(int digits)
    {
        if (at + digits <= text.Length && int.TryParse(text.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && Rune.IsValid(code))
        {
            at += digits;
            return new Rune(code).ToString();
        }
        throw Bad("the digits behind \\u or \\U are no character");
    }

    private void SkipBlank(bool lines)
    {
        while (true)
        {
            SkipSpaces();
            if (Here == '#')
            {
                while (!AtEnd && Here is not ('\n' or '\r')) at++;
            }
            if (!lines || !TakeLineEnd()) return;
        }
    }

    private void SkipSpaces()
    {
        while (Here is ' ' or '\t') at++;
    }

    private bool TakeLineEnd() => Take('\n') || (StartsWith("\r\n") && (at += 2) > 0);

    private bool Take(char wanted)
    {
        if (AtEnd || text[at] != wanted) return false;
        at++;
        return true;
    }

    private bool StartsWith(string wanted) => text.AsSpan(at).StartsWith(wanted, StringComparison.Ordinal);

    private int Line => 1 + text.AsSpan(0, Math.Min(at, text.Length)).Count('\n');

    private TomlException Bad(string why) => new(Line, why);

    [GeneratedRegex(@"^[+-]?(?:\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?|inf|nan|0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+)$")]
    private static partial Regex Number();

    [GeneratedRegex(@"^(?:\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?|\d\d:\d\d:\d\d(?:\.\d+)?)$")]
    private static partial Regex Dated();
}
