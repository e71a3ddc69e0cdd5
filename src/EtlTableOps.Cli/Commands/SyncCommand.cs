using System.CommandLine;
using EtlTableOps.Cli.Output;
using EtlTableOps.Observability;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>sync</c>: brings the shadow up to date from its feed.</summary>
internal static class SyncCommand
{
    public static Command Create()
    {
        var table = CommonOptions.Table();
        var maxLoad = new Option<double?>("--max-load") { Description = "Waits between batches while the load is above this number; with --load-query.", HelpName = "number" };
        var loadQuery = new Option<string?>("--load-query") { Description = "SQL that returns the load: one number, such as a count of busy sessions. Asked before each batch, in a session of its own that only reads.", HelpName = "sql" };
        var command = new Command("sync", "Brings the shadow up to date with the live table from its feed; can be repeated.") { table, maxLoad, loadQuery }.Changing();
        CommandRun.Bind(command, run =>
        {
            var request = new SyncRequest(run.Parsed.GetRequiredValue(table)) { MaxLoad = run.Parsed.GetValue(maxLoad), LoadQuery = run.Parsed.GetValue(loadQuery) };
            return run.ChangeAsync(
                Question.None,
                (operations, token) => operations.SyncAsync(request, token),
                shadow => JsonLine.Success(command.Name, shadow),
                shadow => run.Text.Show(shadow, $"{Figures.Rows(shadow.RowsDone)} brought over to {shadow.Shadow} in {Human.Duration(shadow.Elapsed)}", null));
        });
        return command;
    }
}
