using System.Text.Json;
using System.Text.Json.Nodes;
using EtlTableOps.Errors;
using EtlTableOps.Plans;
using EtlTableOps.Reports;

namespace EtlTableOps.Cli.Output;

/// <summary>
/// What <c>--json</c> prints: one compact object as the last line of the standard output, where Airflow's XCom and the like
/// look for it. Durations are numbers of seconds, and their names end so.
/// </summary>
internal static class JsonLine
{
    private static readonly JsonSerializerOptions Options = ResultJson.Options;

    /// <summary>A result: the object's own members behind <c>ok</c> and the command.</summary>
    public static JsonObject Success(string command, object result)
    {
        var line = new JsonObject { ["ok"] = true, ["command"] = command };
        foreach (var (name, value) in JsonSerializer.SerializeToNode(result, result.GetType(), Options)!.AsObject().ToList())
            line[name] = value?.DeepClone();
        return line;
    }

    /// <summary>A list of results under a name.</summary>
    public static JsonObject Success<T>(string command, string listName, IReadOnlyList<T> results) => new()
    {
        ["ok"] = true,
        ["command"] = command,
        [listName] = JsonSerializer.SerializeToNode(results, Options),
    };

    /// <summary>A plan that was only shown.</summary>
    public static JsonObject WhatIf(string command, Plan plan) => new()
    {
        ["ok"] = true,
        ["command"] = command,
        ["whatIf"] = true,
        ["table"] = plan.Live.ToString(),
        ["swapId"] = plan.SwapId,
        ["summary"] = plan.Summary,
        ["notes"] = JsonSerializer.SerializeToNode(plan.Notes, Options),
        ["steps"] = new JsonArray([.. plan.Steps.Select(Step)]),
    };

    /// <summary>A failure with the facts that a caller needs before trying again.</summary>
    public static JsonObject Failure(string command, Exception failure)
    {
        var code = ExitCodes.Of(failure);
        if (failure is not EtlException e)
        {
            return code == ExitCode.Cancelled
                ? Failure(command, new EtlException(ErrorCode.Cancelled, failure))
                : Failure(command, code, failure.GetType().Name, failure.Message, "");
        }
        var line = Failure(command, code, e.Code.ToString(), ShellWords.Of(e.Message), ShellWords.Of(e.Remedy));
        var error = line["error"]!.AsObject();
        error["durableChangeMade"] = e.DurableChangeMade;
        error["ownershipUnknown"] = e.OwnershipUnknown;
        if (e.SwapId is not null) error["swapId"] = e.SwapId;
        return line;
    }

    /// <summary>A failure of the command line itself.</summary>
    public static JsonObject Failure(string command, ExitCode exit, string code, string message, string remedy) => new()
    {
        ["ok"] = false,
        ["command"] = command,
        ["exitCode"] = (int)exit,
        ["error"] = new JsonObject
        {
            ["code"] = code,
            ["message"] = message,
            ["remedy"] = remedy,
            ["durableChangeMade"] = false,
            ["ownershipUnknown"] = false,
        },
    };

    /// <summary>Writes the line.</summary>
    public static void Write(TextWriter writer, JsonObject line)
    {
        writer.WriteLine(line.ToJsonString(Options));
        writer.Flush();
    }

    private static JsonNode Step(PlanStep step) => new JsonObject
    {
        ["name"] = step.Name,
        ["title"] = step.Title,
        ["scope"] = step.Scope.ToString(),
        ["statements"] = new JsonArray([.. step.Statements.SelectMany(s => s.All).Select(s => (JsonNode)s.Text)]),
    };
}
