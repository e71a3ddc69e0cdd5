using System.Text.Json;
using System.Text.Json.Nodes;

namespace EtlTableOps.Reports;

/// <summary>Everything, for programs. The members of a result are those of the command line's <c>--json</c>; what is added later does not change what is there.</summary>
internal static class JsonReport
{
    /// <summary>The shape's name and version; another number when a member changes its meaning or goes.</summary>
    public const string Schema = "etltableops-report/1";

    private static readonly JsonSerializerOptions Indented = new(ResultJson.Options) { WriteIndented = true };

    public static string Render(Report report)
    {
        var page = new JsonObject
        {
            ["schema"] = Schema,
            ["kind"] = report.Test is not null ? "test" : "comparison",
            ["passed"] = report.Passed,
            ["verdict"] = report.Verdict,
            ["at"] = report.At.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
            ["tool"] = Report.Tool,
            ["database"] = report.Database,
            ["engine"] = report.Engine,
            ["user"] = report.User,
            ["host"] = report.Host,
        };
        object result = report.Test is not null ? report.Test : report.Differences!;
        page["result"] = JsonSerializer.SerializeToNode(result, result.GetType(), ResultJson.Options);
        return page.ToJsonString(Indented) + "\n";
    }
}
