using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Tables;

namespace EtlTableOps.Imports;

/// <summary>Imports of files that the database reads by itself: what they hold, and the statement that takes them.</summary>
internal static class StagedImport
{
    /// <summary>Reads which columns the files have and writes the statement; of a file that was not handed over yet nothing is known.</summary>
    public static async Task<ImportSource> ReadAsync(
        TableScope scope, StagedFiles files, TableShape shadow, Func<IReadOnlyList<string>, string, (List<Column> Columns, List<(Column Column, SqlText Next)> Numbered)> match, CancellationToken token)
    {
        if ((files.Location is null) == (files.LocalFile is null)) throw new EtlException(ErrorCode.BadInput, "Files that the database reads are named by a location or as a local file, one of both.");
        var loads = Require(scope.Session, files);
        if (files.LocalFile is { } file)
        {
            if (!File.Exists(file)) throw new EtlException(ErrorCode.BadInput, $"There is no file '{file}'.");
            return new ImportSource(files.Name, [], [], [new Sql($"-- upload of {files.Name}, and one statement that loads it")])
            {
                Notes = ["Which columns the file has is read by the database after the upload; one that the shadow does not have, or one that is missing, is refused then, and nothing is kept."],
            };
        }
        var found = await loads.ReadColumnsAsync(files, shadow.Name, token).ConfigureAwait(false);
        var (columns, numbered) = match(found.Names, files.Name);
        return new ImportSource(files.Name, [.. columns, .. numbered.Select(n => n.Column)], numbered, [loads.Load(files, found, shadow, columns, numbered)]);
    }

    /// <summary>Hands a local file over, before the import's transaction.</summary>
    public static async Task<StagedFiles> UploadAsync(TableScope scope, StagedFiles files, TableShape shadow, IRunObserver observer, CancellationToken token)
    {
        observer.OnEvent(new RunNote($"Uploading {files.Name}."));
        return await Require(scope.Session, files).UploadAsync(files, shadow.Name, token).ConfigureAwait(false);
    }

    private static IStagedLoads Require(IEngineSession session, StagedFiles files) => session.StagedLoads
        ?? throw new EtlException(ErrorCode.NotSupported, files.LocalFile is null ? "An import from a stage" : "An import of a file that only the database can read",
            $"{session.EngineName} reads no such files by itself.", "Give the rows as CSV or JSON Lines, or pipe objects in.");
}
