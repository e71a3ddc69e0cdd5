using System.CommandLine;
using EtlTableOps.Cli.Output;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>repair</c>: finishes or cleans up what was interrupted.</summary>
internal static class RepairCommand
{
    public static Command Create()
    {
        var table = CommonOptions.OptionalTable();
        var command = new Command("repair", "Finishes or cleans up what was interrupted, from any machine.") { table }.Changing();
        CommandRun.Bind(command, run =>
        {
            var request = new RepairRequest { Table = run.Parsed.GetValue(table) };
            return run.ChangeAsync(
                Question.None,
                (operations, token) => operations.RepairAsync(request, token),
                swaps => JsonLine.Success(command.Name, "swaps", swaps),
                run.Text.ShowRepair,
                swaps => swaps.Any(s => s.Pending.Count > 0) ? ExitCode.CleanUpPending : ExitCode.Done);
        });
        return command;
    }
}
