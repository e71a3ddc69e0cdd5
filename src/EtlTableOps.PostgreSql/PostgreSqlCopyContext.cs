using System.Globalization;

namespace EtlTableOps.PostgreSql;

/// <summary>
/// Reads the place out of what the server says where a COPY failed: <c>COPY t, line 3, column c: "x"</c>. Its words may be in any language, so
/// only the table's name, the first number behind it and the columns' names are looked for.
/// </summary>
internal static class PostgreSqlCopyContext
{
    /// <summary>The row's number from 1, the column and its value; 0 and empty where it does not say.</summary>
    public static (long Line, string Column, string Value) Read(string? where, string table, IEnumerable<string> columns)
    {
        var start = "COPY " + table;
        foreach (var line in (where ?? "").Split('\n'))
        {
            if (!line.StartsWith(start, StringComparison.Ordinal)) continue;
            var rest = line.AsSpan(start.Length);
            var first = rest.IndexOfAnyInRange('0', '9');
            if (first < 0) continue;
            rest = rest[first..];
            var end = rest.IndexOfAnyExceptInRange('0', '9');
            var number = end < 0 ? rest : rest[..end];
            if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var row)) continue;
            var (column, value) = end < 0 ? ("", "") : Column(rest[end..].ToString(), columns);
            return (row, column, value);
        }
        return (0, "", "");
    }

    // A word stands before the column's name, and a colon with the value may stand behind it.
    private static (string Column, string Value) Column(string rest, IEnumerable<string> columns)
    {
        var (found, value) = ("", "");
        var place = int.MaxValue;
        foreach (var column in columns)
        {
            var at = rest.IndexOf(' ' + column, StringComparison.Ordinal);
            // The first that stands there, because the value behind it may hold other columns' names.
            if (at < 0 || at > place || (at == place && column.Length < found.Length)) continue;
            var behind = rest.AsSpan(at + 1 + column.Length);
            if (behind.Length > 0 && behind[0] != ':') continue;
            found = column;
            value = behind.TrimStart(": ").Trim('"').ToString();
            place = at;
        }
        return (found, value);
    }
}
