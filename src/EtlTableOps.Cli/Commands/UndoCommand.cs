using System.CommandLine;
using EtlTableOps.Cli.Output;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>undo</c>: goes back to a kept version.</summary>
internal static class UndoCommand
{
    public static Command Create()
    {
        var table = CommonOptions.Table();
        var to = new Option<string?>("--to") { Description = "A kept version: its table's name or its swap's id; the one before when left out.", HelpName = "version" };
        var force = new Option<bool>("--force") { Description = "Goes back although rows were written since that cannot be brought along; they stay in the table that is set aside." };
        var stall = CommonOptions.Duration("--stall-budget", "How long other people's statements may be made to wait, in one piece", SwitchRequest.DefaultStallBudget);
        var tryFor = CommonOptions.Duration("--try-for", "How long the lock is tried for before giving up", SwitchRequest.DefaultTryFor);
        var old = CommonOptions.IgnoreOldSnapshots();
        var choices = new ChoiceOptions();
        var command = new Command("undo", "Goes back to the version before, or to any kept one. Rows written since are kept; those that the former table cannot hold are refused with their exact count.") { table, to, force, stall, tryFor, old, choices.Streams, choices.MaterializedViews, choices.Pipes, choices.DynamicTables, CommonOptions.Yes }.Changing();
        CommandRun.Bind(command, run =>
        {
            var request = new UndoRequest(run.Parsed.GetRequiredValue(table))
            {
                To = run.Parsed.GetValue(to),
                Force = run.Parsed.GetValue(force),
                StallBudget = run.Parsed.GetValue(stall) ?? SwitchRequest.DefaultStallBudget,
                TryFor = run.Parsed.GetValue(tryFor) ?? SwitchRequest.DefaultTryFor,
                IgnoreOldSnapshots = run.Parsed.GetValue(old),
                Choices = choices.Read(run.Parsed),
            };
            return run.ChangeAsync(
                Question.Ask,
                (operations, token) => operations.UndoAsync(request, token),
                swap => JsonLine.Success(command.Name, swap),
                run.Text.Show,
                SwitchCommand.Outcome);
        });
        return command;
    }
}
