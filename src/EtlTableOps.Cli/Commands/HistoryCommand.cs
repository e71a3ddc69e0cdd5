using System.CommandLine;
using EtlTableOps.Cli.Output;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>history</c>: the journal.</summary>
internal static class HistoryCommand
{
    public static Command Create()
    {
        var table = CommonOptions.OptionalTable();
        var id = new Option<string?>("--id") { Description = "Only this swap.", HelpName = "swap" };
        var statements = new Option<bool>("--statements") { Description = "With the statements that were run." };
        var command = new Command("history", "Shows the journal: what was begun, proven, switched and undone, by whom and when; newest first.") { table, id, statements }.Reading();
        CommandRun.Bind(command, run =>
        {
            var request = new HistoryRequest { Table = run.Parsed.GetValue(table), Id = run.Parsed.GetValue(id), Statements = run.Parsed.GetValue(statements) };
            return run.ReadAsync(
                (operations, token) => operations.HistoryAsync(request, token),
                swaps => JsonLine.Success(command.Name, "swaps", swaps),
                swaps => run.Text.Show(swaps, request.Statements));
        });
        return command;
    }
}
