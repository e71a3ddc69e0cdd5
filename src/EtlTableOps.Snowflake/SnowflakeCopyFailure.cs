using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake;

/// <summary>
/// The row that a COPY refused. The server says, after what is wrong, <c>File 'rows-00001.csv.gz', line 3, character 7 Row 3, column "T"["AMOUNT":2]</c>;
/// for a load with expressions the column is the field's number in place of its name.
/// </summary>
/// <param name="File">The file, as the server names it.</param>
/// <param name="Line">The line in the file.</param>
/// <param name="Row">The row in the file; null where it is not told.</param>
/// <param name="Column">The column's name, <c>$</c> with the field's number, or empty.</param>
/// <param name="Why">What is wrong.</param>
internal sealed partial record SnowflakeCopyFailure(string File, long Line, long? Row, string Column, string Why)
{
    /// <summary>Reads it out of a failure; null when the server named no row.</summary>
    public static SnowflakeCopyFailure? Of(EtlException failure)
    {
        var said = SnowflakeOpening.Bare((failure.InnerException ?? failure).Message);
        var place = Place().Match(said);
        if (!place.Success) return null;
        var row = RowText().Match(said, place.Index);
        return new SnowflakeCopyFailure(
            place.Groups["file"].Value,
            long.Parse(place.Groups["line"].ValueSpan, CultureInfo.InvariantCulture),
            row.Success ? long.Parse(row.Groups["row"].ValueSpan, CultureInfo.InvariantCulture) : null,
            row.Success ? row.Groups["column"].Value.Replace("\"\"", "\"", StringComparison.Ordinal) : "",
            said[..place.Index].Trim().TrimEnd('.', ','));
    }

    /// <summary>The column's name where fields were counted.</summary>
    public string ColumnOf(IReadOnlyList<string> fields) =>
        Column.StartsWith('$') && int.TryParse(Column.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= fields.Count ? fields[number - 1] : Column;

    [GeneratedRegex("File '(?<file>[^']*)', line (?<line>[0-9]+)")]
    private static partial Regex Place();

    [GeneratedRegex("""Row (?<row>[0-9]+)(?:, column (?:"(?:[^"]|"")*"\["(?<column>(?:[^"]|"")*)"|"?(?<column>\$[0-9]+)))?""")]
    private static partial Regex RowText();
}
