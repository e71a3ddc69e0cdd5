using EtlTableOps.Checks.Custom;
using EtlTableOps.Errors;
using EtlTableOps.Files;

namespace EtlTableOps.Composition;

/// <summary>The way from files and short texts to a test's checks, alike for all front ends.</summary>
public static class CheckFiles
{
    /// <summary>The checks of files for a table, and those given beside.</summary>
    /// <param name="paths">Files of checks, or schema files of a dbt project; a directory stands for all such files beneath it.</param>
    /// <param name="model">Under which name they stand there; null for the table's own.</param>
    /// <param name="table">The table as the user wrote it.</param>
    /// <param name="given">Checks given as parameters.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> with file, line and column.</exception>
    public static IReadOnlyList<CheckDefinition> Collect(IReadOnlyList<string> paths, string? model, string table, IReadOnlyList<CheckDefinition> given)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(given);
        if (model is not null && paths.Count == 0) throw new EtlException(ErrorCode.BadInput, "-Model says under which name the checks of a file stand, and there is no -CheckFile.");
        return [.. CheckSelection.Select(CheckFileReader.Read([.. paths.SelectMany(Files)]), model, table), .. given];
    }

    /// <summary>Of the project itself; what stands beside it is no schema file, but for its tools.</summary>
    private const string ProjectFile = "dbt_project.yml";

    /// <summary>What a project fetched or made.</summary>
    private static readonly string[] OtherDirectories = ["dbt_packages", "dbt_modules", "target", "logs"];

    private static IReadOnlyList<string> Files(string path)
    {
        if (!Directory.Exists(path)) return [path];
        try
        {
            List<string> found = [.. Beneath(path).Order(StringComparer.Ordinal)];
            return found.Count > 0 ? found : throw new EtlException(ErrorCode.BadInput, $"There is no file of checks (.yml, .yaml) beneath '{path}'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"The directory '{path}' cannot be read: {e.Message}");
        }
    }

    private static IEnumerable<string> Beneath(string directory)
    {
        // Links are left aside: they may lead in a circle.
        var own = new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden | FileAttributes.System, IgnoreInaccessible = false };
        var files = Directory.EnumerateFiles(directory, "*", own).Where(f => Path.GetExtension(f).ToLowerInvariant() is ".yml" or ".yaml").ToList();
        foreach (var file in files.Exists(f => Path.GetFileName(f) == ProjectFile) ? [] : files) yield return file;
        foreach (var inner in Directory.EnumerateDirectories(directory, "*", own).Where(d => !OtherDirectories.Contains(Path.GetFileName(d))))
        {
            foreach (var file in Beneath(inner)) yield return file;
        }
    }
}
