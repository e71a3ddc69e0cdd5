using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.PowerShell.Pipeline;

/// <summary>
/// A plan as a script that a person can read: statements as they will run, everything else as SQL comments. Each piece has a tag, so that a
/// program can pick the statements out of the information stream.
/// </summary>
internal static class PlanText
{
    public const string NoteTag = "EtlTableOps.PlanNote";
    public const string StatementTag = "EtlTableOps.PlanStatement";

    public static IEnumerable<(string Text, string Tag)> Render(Plan plan)
    {
        yield return ($"-- {plan.Operation} of {plan.Live}, swap {plan.SwapId}", NoteTag);
        foreach (var note in plan.Notes) yield return (Comment(note), NoteTag);
        var number = 0;
        foreach (var step in plan.Steps)
        {
            number++;
            yield return ($"{Environment.NewLine}-- {number}. {step.Name}: {step.Title}{Manner(step)}", NoteTag);
            foreach (var sql in step.Statements.SelectMany(s => s.All))
            {
                foreach (var parameter in sql.Parameters) yield return ($"-- @{parameter.Name} = {Show(parameter)}", NoteTag);
                yield return (sql.Text.TrimEnd().TrimEnd(';') + ";", StatementTag);
            }
        }
    }

    private static string Manner(PlanStep step)
    {
        var scope = step.Scope switch
        {
            StepScope.NoTransaction => " (outside a transaction)",
            StepScope.Exchange => " (in the one transaction of the exchange)",
            _ => "",
        };
        return step.Chunks is { } chunks
            ? $"{scope} (repeated from {Human.Count(chunks.First)} to {Human.Count(chunks.End)}, {Human.Count(chunks.Size)} at a time)"
            : scope;
    }

    private static string Show(SqlParameter parameter) =>
        parameter.Value is null ? "null" : Comment(Convert.ToString(parameter.Value, CultureInfo.InvariantCulture) ?? "")[3..];

    private static string Comment(string text) => "-- " + text.ReplaceLineEndings(Environment.NewLine + "-- ");
}
