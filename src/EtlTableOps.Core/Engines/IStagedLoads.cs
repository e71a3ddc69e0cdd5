using EtlTableOps.Imports;
using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>
/// Loads files that the database reads by itself. What is checked is who asks (names of columns, what is missing); how values are converted is the database's
/// business.
/// </summary>
public interface IStagedLoads
{
    /// <summary>
    /// Hands a local file over for as long as the session lives and says where it lies then. Not within a transaction.
    /// </summary>
    Task<StagedFiles> UploadAsync(StagedFiles files, TableName table, CancellationToken token);

    /// <summary>The names of the columns in the files, as they stand there. Not within a transaction.</summary>
    /// <exception cref="Errors.EtlException"><see cref="Errors.ErrorCode.BadInput"/> when the location, the format or a name cannot be used, or no file is there.</exception>
    Task<StagedColumns> ReadColumnsAsync(StagedFiles files, TableName table, CancellationToken token);

    /// <summary>The one statement that loads all files or nothing.</summary>
    /// <param name="files">The files.</param>
    /// <param name="found">What <see cref="ReadColumnsAsync"/> found.</param>
    /// <param name="table">The shadow.</param>
    /// <param name="columns">The shadow's columns, in the order of the names that were found.</param>
    /// <param name="numbered">Further columns that the database numbers, with the expression of the next number.</param>
    /// <exception cref="Errors.EtlException"><see cref="Errors.ErrorCode.BadInput"/> when columns that are left out would not get their defaults.</exception>
    Sql Load(StagedFiles files, StagedColumns found, TableShape table, IReadOnlyList<Column> columns, IReadOnlyList<(Column Column, SqlText Next)> numbered);

    /// <summary>Runs that statement within the running transaction and returns the rows that came in.</summary>
    /// <exception cref="Errors.EtlException"><see cref="Errors.ErrorCode.BadRow"/> with file, line and column where the database names them.</exception>
    Task<long> LoadAsync(Sql load, StagedFiles files, TableShape table, IReadOnlyList<Column> columns, CancellationToken token);
}

/// <summary>What is known of staged files.</summary>
/// <param name="Names">Their columns.</param>
/// <param name="Way">How a column is found in a file.</param>
public sealed record StagedColumns(IReadOnlyList<string> Names, StagedWay Way);

/// <summary>How a column is found in a staged file.</summary>
public enum StagedWay
{
    /// <summary>By its place: separated files whose columns were named.</summary>
    Place,
    /// <summary>By the header line of separated files.</summary>
    Header,
    /// <summary>By its name in each record.</summary>
    Name,
}
