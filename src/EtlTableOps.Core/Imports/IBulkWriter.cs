namespace EtlTableOps.Imports;

/// <summary>Takes rows into a table as fast as the engine can.</summary>
public interface IBulkWriter : IAsyncDisposable
{
    /// <summary>
    /// Adds a row. Values come in the order of the columns: null, a string in the usual text form of the
    /// column's type (invariant culture, ISO dates), or a typed .NET value. The array may be reused by the caller after the call.
    /// </summary>
    /// <exception cref="BadValueException">A value does not fit its column.</exception>
    ValueTask WriteAsync(object?[] values, CancellationToken token);

    /// <summary>Ends the load and returns the rows that were taken. Without it, disposing abandons the load.</summary>
    Task<long> CompleteAsync(CancellationToken token);
}

/// <summary>A value that its column does not take; the importer adds file and line.</summary>
public sealed class BadValueException : Exception
{
    /// <summary>Makes it.</summary>
    /// <param name="row">Rows taken before the bad one by this writer, or -1 when not known.</param>
    /// <param name="column">The column's name; empty when the whole row is meant.</param>
    /// <param name="message">What is wrong, with the value.</param>
    /// <param name="inner">The driver's failure.</param>
    public BadValueException(long row, string column, string message, Exception? inner = null)
        : base(message, inner)
    {
        Row = row;
        Column = column;
    }

    /// <summary>Rows taken before the bad one, or -1.</summary>
    public long Row { get; }

    /// <summary>The column's name.</summary>
    public string Column { get; }
}
