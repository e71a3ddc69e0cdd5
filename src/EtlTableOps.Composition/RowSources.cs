using System.IO.Compression;
using EtlTableOps.Errors;
using EtlTableOps.Files;
using EtlTableOps.Imports;

namespace EtlTableOps.Composition;

/// <summary>The way from a file's name to its rows.</summary>
public static class RowSources
{
    private const string Endings = ".csv, .tsv, .txt, .jsonl, .ndjson, each with .gz too, and .parquet where the database reads it";

    /// <summary>A file that only the database can read, to be handed over as it is; null for one whose rows are read here.</summary>
    public static StagedFiles? ForDatabase(string path, RowFileOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        var parquet = options.Format is { } said ? said == RowFileFormat.Parquet : path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase);
        return parquet ? new StagedFiles { LocalFile = Path.GetFullPath(path), Format = "PARQUET", Columns = options.Columns } : null;
    }

    /// <summary>
    /// Opens a file by the ending of its name: <c>.csv</c>, <c>.tsv</c>, <c>.txt</c>, <c>.jsonl</c>, <c>.ndjson</c>, and the same with
    /// <c>.gz</c> behind.
    /// </summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when it cannot be opened or its format cannot be told.</exception>
    public static IRowSource Open(string path, RowFileOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        var packed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        var ending = Path.GetExtension(packed ? path[..^3] : path).ToLowerInvariant();
        var format = options.Format ?? ending switch
        {
            ".csv" or ".tsv" or ".txt" => RowFileFormat.Csv,
            ".jsonl" or ".ndjson" => RowFileFormat.JsonLines,
            _ => throw new EtlException(ErrorCode.BadInput, $"The format of '{path}' cannot be told from its name. Known endings: {Endings}; or say the format."),
        };
        var filled = options with { Delimiter = options.Delimiter ?? (ending == ".tsv" ? "\t" : null) };
        var file = OpenFile(path);
        try
        {
            return packed
                ? Open(new GZipStream(file, CompressionMode.Decompress), Path.GetFileName(path), format, filled, file.Length, () => file.Position)
                : Open(file, Path.GetFileName(path), format, filled, file.Length, null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads rows from a stream, such as the standard input; the format has to be said.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when no format is said.</exception>
    public static IRowSource Open(Stream stream, string name, RowFileOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(options);
        var format = options.Format ?? throw new EtlException(ErrorCode.BadInput, $"The format of {name} has to be said.");
        return Open(stream, name, format, options, stream.CanSeek ? stream.Length : -1, null);
    }

    private static IRowSource Open(Stream stream, string name, RowFileFormat format, RowFileOptions options, long length, Func<long>? position) =>
        format == RowFileFormat.Parquet ? throw new EtlException(ErrorCode.BadInput, $"{name} is said to be Parquet, which the database reads by itself: give it as a file.")
        : format == RowFileFormat.JsonLines
            ? new JsonLinesRowSource(stream, name, options.Columns, options.Encoding, length, position)
            : new CsvRowSource(stream, name, new CsvFormat
            {
                Delimiter = options.Delimiter,
                Quote = options.Quote,
                Encoding = options.Encoding,
                NullText = options.NullText ?? "",
                Columns = options.Columns,
            }, length, position);

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions { Access = FileAccess.Read, Share = FileShare.ReadWrite, Options = FileOptions.SequentialScan, BufferSize = 0 });
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"There is no file '{path}'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"The file '{path}' cannot be opened: {e.Message}");
        }
    }
}
