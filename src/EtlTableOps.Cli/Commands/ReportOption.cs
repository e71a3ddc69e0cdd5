using System.CommandLine;
using EtlTableOps.Errors;
using EtlTableOps.Reports;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>--report</c>, on every command that proves or compares.</summary>
internal static class ReportOption
{
    public static Option<ReportFile[]> Create() => new("--report")
    {
        Description = "A file that the result is also written to, by its ending: .html for people, .xml for pipelines (JUnit), .md for a pull request, .json for programs. Also when the test failed. Can be repeated.",
        HelpName = "file",
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result =>
        {
            var files = new List<ReportFile>();
            foreach (var token in result.Tokens)
            {
                try
                {
                    files.Add(ReportFile.At(token.Value));
                }
                catch (EtlException e) when (e.Code == ErrorCode.BadInput)
                {
                    result.AddError(e.Message);
                }
            }
            return [.. files];
        },
    };

    /// <summary>Writes a result into each of them.</summary>
    public static async Task WriteAsync(this ReportFile[]? files, Report report, CancellationToken token)
    {
        foreach (var file in files ?? []) await file.WriteAsync(report, token);
    }
}
