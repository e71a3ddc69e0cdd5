using EtlTableOps.Checks.Custom;
using EtlTableOps.Errors;
using EtlTableOps.Files;

namespace EtlTableOps.Composition;

/// <summary>The way from files and short texts to a test's checks, alike for all front ends.</summary>
public static class CheckFiles
{
    /// <summary>The checks of files for a table, and those given beside.</summary>
    /// <param name="paths">Files of checks, or schema files of a dbt project.</param>
    /// <param name="model">Under which name they stand there; null for the table's own.</param>
    /// <param name="table">The table as the user wrote it.</param>
    /// <param name="given">Checks given as parameters.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> with file, line and column.</exception>
    public static IReadOnlyList<CheckDefinition> Collect(IReadOnlyList<string> paths, string? model, string table, IReadOnlyList<CheckDefinition> given)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(given);
        if (model is not null && paths.Count == 0) throw new EtlException(ErrorCode.BadInput, "-Model says under which name the checks of a file stand, and there is no -CheckFile.");
        return [.. CheckFile.Select([.. paths.Select(CheckFileReader.Read)], model, table), .. given];
    }
}
