using System.Management.Automation;
using EtlTableOps.Errors;
using EtlTableOps.Reports;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>What <c>-ReportPath</c> names, by PowerShell's rules of paths.</summary>
internal static class ReportPaths
{
    /// <summary>Looks at all of them before any work begins.</summary>
    /// <exception cref="EtlException">BadInput for an ending that says no form, a directory that is not there, or a path of no file system.</exception>
    public static IReadOnlyList<ReportFile> Read(this PSCmdlet cmdlet, IReadOnlyList<string> paths)
    {
        var files = new List<ReportFile>();
        foreach (var path in paths)
        {
            var whole = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            if (provider.Name != "FileSystem") throw new EtlException(ErrorCode.BadInput, $"The report '{path}' is no path of a file system.");
            files.Add(ReportFile.At(whole));
        }
        return files;
    }

    /// <summary>Writes a result into each of them.</summary>
    public static async Task<bool> WriteAsync(this IReadOnlyList<ReportFile> files, Report report, CancellationToken token)
    {
        foreach (var file in files) await file.WriteAsync(report, token).ConfigureAwait(false);
        return true;
    }
}
