namespace EtlTableOps.Imports;

/// <summary>Files that the database reads by itself: they lie where it can reach them, or are handed to it as they are.</summary>
public sealed record StagedFiles
{
    /// <summary>Where they lie, as the database names it: <c>@landing/2026/</c>. Null when <see cref="LocalFile"/> is given.</summary>
    public string? Location { get; init; }

    /// <summary>A file of this machine that is handed over as it is; null when <see cref="Location"/> is given.</summary>
    public string? LocalFile { get; init; }

    /// <summary>CSV, JSON or PARQUET in any case, or the name of a file format that the database keeps. A local file says it too.</summary>
    public string? Format { get; init; }

    /// <summary>A regular expression that the whole paths of the files must match; null takes all under the location.</summary>
    public string? Pattern { get; init; }

    /// <summary>
    /// The columns: of separated files their fields from the first on, of others the names as they are in the files. Null has the database look for the
    /// names in the files.
    /// </summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>What it is, for messages.</summary>
    public string Name => LocalFile is { } file ? Path.GetFileName(file) : Pattern is null ? Location ?? "" : $"{Location} (pattern {Pattern})";
}
