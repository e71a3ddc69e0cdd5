using System.Text;

namespace EtlTableOps.Composition;

/// <summary>How a file of rows is written, where its name does not say it.</summary>
public sealed record RowFileOptions
{
    /// <summary>The format; null goes by the name's ending.</summary>
    public RowFileFormat? Format { get; init; }

    /// <summary>What separates fields; null is a tab for <c>.tsv</c>, else a comma. Not for JSON Lines.</summary>
    public string? Delimiter { get; init; }

    /// <summary>What stands around a field that holds delimiters, quotes or line ends. Not for JSON Lines.</summary>
    public char Quote { get; init; } = '"';

    /// <summary>The encoding of a file without a byte order mark; null is UTF-8.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>The unquoted text that means null; null is the empty text. Not for JSON Lines, which has a null.</summary>
    public string? NullText { get; init; }

    /// <summary>
    /// The names of the columns: of a CSV file that has no header line; of the properties of JSON Lines where the first object does not
    /// have them all. Null takes the header line, or the first object's properties.
    /// </summary>
    public IReadOnlyList<string>? Columns { get; init; }
}

/// <summary>Formats of files of rows.</summary>
public enum RowFileFormat
{
    /// <summary>Separated values (RFC 4180).</summary>
    Csv,
    /// <summary>One JSON object a line.</summary>
    JsonLines,
    /// <summary>Apache Parquet, which only a database that knows it can read.</summary>
    Parquet,
}
