using System.Text;

namespace EtlTableOps.Files;

/// <summary>How a text file of separated values is written.</summary>
public sealed record CsvFormat
{
    /// <summary>What stands between fields; null takes a comma.</summary>
    public string? Delimiter { get; init; }

    /// <summary>What stands around a field that holds delimiters, quotes or line ends; twice inside such a field it means itself.</summary>
    public char Quote { get; init; } = '"';

    /// <summary>The encoding of a file without a byte order mark; null takes UTF-8.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>
    /// The unquoted text that means null. The same text in quotes is a text, so that an empty field is null and <c>""</c> is the
    /// empty text where nothing else is said.
    /// </summary>
    public string NullText { get; init; } = "";

    /// <summary>The names of the columns of a file that has no header line; null when the first line names them.</summary>
    public IReadOnlyList<string>? Columns { get; init; }
}
