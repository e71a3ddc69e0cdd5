using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace EtlTableOps.Snowflake;

/// <summary>A file of rows that waits for its upload.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Name">Its name, which it has in the stage too.</param>
/// <param name="FirstRow">How many rows of the load are in the files before it.</param>
internal sealed record SnowflakeFile(string Path, string Name, long FirstRow);

/// <summary>
/// Writes rows into compressed CSV files of bounded size, in a folder of its own that only this user can read and that goes with it. A null is
/// an empty field, every other value stands in quotes: so an empty text stays one.
/// </summary>
internal sealed class SnowflakeFiles : IDisposable
{
    private const int FlushSize = 64 * 1024;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("etltableops-load-");
    private readonly ArrayBufferWriter<byte> buffer = new(2 * FlushSize);
    private readonly long fileSize;
    private FileStream? file;
    private GZipStream? packed;
    private long fileFirstRow;
    private int files;
    private bool fieldWritten;

    /// <param name="fileSize">How many compressed bytes a file grows to before the next begins.</param>
    public SnowflakeFiles(long fileSize) => this.fileSize = fileSize;

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>The folder, for tests.</summary>
    internal string Folder => folder.FullName;

    /// <summary>Adds a field to the row that is being written.</summary>
    /// <exception cref="EncoderFallbackException">The text is no valid Unicode.</exception>
    public void WriteField(string? text)
    {
        if (fieldWritten) buffer.Write(","u8);
        fieldWritten = true;
        if (text is null) return;
        buffer.Write("\""u8);
        var rest = text.AsSpan();
        while (rest.IndexOf('"') is >= 0 and var at)
        {
            Strict.GetBytes(rest[..at], buffer);
            buffer.Write("\"\""u8);
            rest = rest[(at + 1)..];
        }
        Strict.GetBytes(rest, buffer);
        buffer.Write("\""u8);
    }

    /// <summary>Ends the row; true when <see cref="FlushAsync"/> has to be called.</summary>
    public bool EndRow()
    {
        buffer.Write("\n"u8);
        fieldWritten = false;
        Rows++;
        return buffer.WrittenCount >= FlushSize;
    }

    /// <summary>Writes what is in memory. Returns a file that became full, to be uploaded; else null.</summary>
    public async ValueTask<SnowflakeFile?> FlushAsync(CancellationToken token)
    {
        await WriteAsync(token).ConfigureAwait(false);
        return file!.Position >= fileSize ? await CloseAsync(token).ConfigureAwait(false) : null;
    }

    /// <summary>Ends the last file; null when it is empty.</summary>
    public async ValueTask<SnowflakeFile?> CompleteAsync(CancellationToken token)
    {
        if (buffer.WrittenCount > 0) await WriteAsync(token).ConfigureAwait(false);
        return file is null ? null : await CloseAsync(token).ConfigureAwait(false);
    }

    /// <summary>Deletes all files, uploaded or not.</summary>
    public void Dispose()
    {
        packed?.Dispose();
        file?.Dispose();
        try
        {
            folder.Delete(recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The system cleared its folder for temporary files.
        }
    }

    private async ValueTask WriteAsync(CancellationToken token)
    {
        if (packed is null)
        {
            var path = Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"rows-{++files:00000}.csv.gz"));
            file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true);
            packed = new GZipStream(file, CompressionLevel.Fastest);
        }
        await packed.WriteAsync(buffer.WrittenMemory, token).ConfigureAwait(false);
        buffer.ResetWrittenCount();
    }

    private async ValueTask<SnowflakeFile> CloseAsync(CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        await packed!.DisposeAsync().ConfigureAwait(false);
        await file!.DisposeAsync().ConfigureAwait(false);
        var done = new SnowflakeFile(file.Name, Path.GetFileName(file.Name), fileFirstRow);
        (packed, file, fileFirstRow) = (null, null, Rows);
        return done;
    }
}
