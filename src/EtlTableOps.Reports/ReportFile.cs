using System.Text;
using EtlTableOps.Errors;

namespace EtlTableOps.Reports;

/// <summary>How a report is written.</summary>
public enum ReportFormat
{
    /// <summary>A page for people, whole in one file.</summary>
    Html,
    /// <summary>JUnit XML, which Azure DevOps, GitHub's reporters, Jenkins and GitLab show as tests.</summary>
    JUnit,
    /// <summary>Markdown for a pull request or a job's summary.</summary>
    Markdown,
    /// <summary>Everything, for programs.</summary>
    Json,
}

/// <summary>A file that a report is written to.</summary>
public sealed class ReportFile
{
    private const string Endings = ".html, .xml (JUnit), .md or .json";

    private ReportFile(string path, ReportFormat format)
    {
        Path = path;
        Format = format;
    }

    /// <summary>Its whole path.</summary>
    public string Path { get; }

    /// <summary>How it is written.</summary>
    public ReportFormat Format { get; }

    /// <summary>Takes a path by its ending. To be asked before any work begins.</summary>
    /// <param name="path">A path of the file system; one that is not whole is below the process's directory.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> for another ending, a directory that is not there, or a path that is one.</exception>
    public static ReportFile At(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        ReportFormat format = System.IO.Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".html" or ".htm" => ReportFormat.Html,
            ".xml" => ReportFormat.JUnit,
            ".md" or ".markdown" => ReportFormat.Markdown,
            ".json" => ReportFormat.Json,
            _ => throw new EtlException(ErrorCode.BadInput, $"The report '{path}' has no ending that says how it is to be written: {Endings}."),
        };
        var whole = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(whole)) throw new EtlException(ErrorCode.BadInput, $"The report '{path}' is a directory.");
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(whole))) throw new EtlException(ErrorCode.BadInput, $"The directory of the report '{path}' does not exist.");
        return new ReportFile(whole, format);
    }

    /// <summary>The report as text.</summary>
    public static string Render(Report report, ReportFormat format) => format switch
    {
        ReportFormat.Html => HtmlReport.Render(report),
        ReportFormat.JUnit => JUnitReport.Render(report),
        ReportFormat.Markdown => MarkdownReport.Render(report),
        _ => JsonReport.Render(report),
    };

    /// <summary>Writes it, UTF-8 without a byte order mark. Whoever looks meanwhile sees the former file or the new one, whole.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.ReportNotWritten"/>.</exception>
    public async Task WriteAsync(Report report, CancellationToken token)
    {
        var text = Render(report, Format);
        var draft = $"{Path}.{Guid.NewGuid():N}.tmp";
        try
        {
            await File.WriteAllTextAsync(draft, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), token).ConfigureAwait(false);
            File.Move(draft, Path, overwrite: true);
        }
        catch (Exception e)
        {
            try
            {
                File.Delete(draft);
            }
            catch (Exception again) when (again is IOException or UnauthorizedAccessException)
            {
                // What kept it from being written is what is told.
            }
            if (e is IOException or UnauthorizedAccessException) throw new EtlException(ErrorCode.ReportNotWritten, e, Path, e.Message);
            throw;
        }
    }
}
