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
        var command = new Command("sync", "Brings the shadow up to date with the live table from its feed; can be repeated.") { table }.Changing();
        CommandRun.Bind(command, run =>
        {
            var request = new SyncRequest(run.Parsed.GetRequiredValue(table));
            return run.ChangeAsync(
                Question.None,
                (operations, token) => operations.SyncAsync(request, token),
                shadow => JsonLine.Success(command.Name, shadow),
                shadow => run.Text.Show(shadow, $"{Figures.Rows(shadow.RowsDone)} brought over to {shadow.Shadow} in {Human.Duration(shadow.Elapsed)}", null));
        });
        return command;
    }
}
