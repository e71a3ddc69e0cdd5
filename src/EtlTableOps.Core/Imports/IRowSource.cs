namespace EtlTableOps.Imports;

/// <summary>Rows from outside the database: a file, or objects of a pipeline.</summary>
public interface IRowSource : IAsyncDisposable
{
    /// <summary>What it is, for messages: a file's name, <c>pipeline</c>.</summary>
    string Name { get; }

    /// <summary>
    /// The columns that the rows have, in their order; called before the rows. Names that the table does not have are refused
    /// by the importer.
    /// </summary>
    ValueTask<IReadOnlyList<string>> ReadColumnsAsync(CancellationToken token);

    /// <summary>Reads the next row into the array; false at the end.</summary>
    /// <exception cref="BadValueException">The source cannot be read at this place.</exception>
    ValueTask<bool> ReadAsync(object?[] values, CancellationToken token);

    /// <summary>The line, or number, of the row read last; 1 is the first line of the file.</summary>
    long Line { get; }

    /// <summary>Bytes or items read so far, for progress; with <see cref="Length"/>.</summary>
    long Position { get; }

    /// <summary>Bytes or items in all; -1 when not known.</summary>
    long Length { get; }
}
