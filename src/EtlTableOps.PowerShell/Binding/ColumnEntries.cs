using System.Collections;
using EtlTableOps.Errors;
using EtlTableOps.Shadows;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>Reads column declarations from hashtables.</summary>
internal static class ColumnEntries
{
    public static AddedColumn ReadAdded(IDictionary entries)
    {
        var (name, type, expression) = ReadNamed(entries);
        return new AddedColumn(name, type, expression);
    }

    public static IEnumerable<SetColumn> ReadSet(IDictionary entries)
    {
        foreach (DictionaryEntry entry in entries) yield return new SetColumn(Text(entry.Key, "a column's name"), Text(entry.Value, $"the expression of column {entry.Key}"));
    }

    public static IEnumerable<AlteredColumn> ReadAltered(IDictionary entries)
    {
        // @{ Name = 'amount'; Type = 'bigint' } declares one column; @{ amount = 'bigint'; note = 'text' } declares two.
        if (Keys(entries) is var keys && keys.Contains("Name") && keys.Contains("Type") && keys.IsSubsetOf(["Name", "Type", "Expression"]))
        {
            var (name, type, expression) = ReadNamed(entries);
            return [new AlteredColumn(name, type, expression)];
        }
        return entries.Cast<DictionaryEntry>().Select(e => new AlteredColumn(Text(e.Key, "a column's name"), Text(e.Value, $"the type of column {e.Key}")));
    }

    private static (string Name, string Type, string? Expression) ReadNamed(IDictionary entries)
    {
        string? name = null, type = null, expression = null;
        foreach (DictionaryEntry entry in entries)
        {
            switch (entry.Key.ToString()?.ToUpperInvariant())
            {
                case "NAME":
                    name = Text(entry.Value, "Name");
                    break;
                case "TYPE":
                    type = Text(entry.Value, "Type");
                    break;
                case "EXPRESSION":
                    expression = entry.Value is null ? null : Text(entry.Value, "Expression");
                    break;
                default:
                    throw new EtlException(ErrorCode.BadInput, $"A column's hashtable has the entries Name, Type and Expression, not {entry.Key}.");
            }
        }
        if (name is null || type is null) throw new EtlException(ErrorCode.BadInput, "A column's hashtable needs the entries Name and Type.");
        return (name, type, expression);
    }

    private static HashSet<string> Keys(IDictionary entries) =>
        entries.Keys.Cast<object>().Select(k => k.ToString() ?? "").ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static string Text(object? value, string what) =>
        Unwrap.One(value)?.ToString() is { } text && !string.IsNullOrWhiteSpace(text)
            ? text
            : throw new EtlException(ErrorCode.BadInput, $"A column declaration lacks {what}.");
}
