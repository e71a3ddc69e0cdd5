using System.CommandLine;
using EtlTableOps.Cli.Output;
using Spectre.Console;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>remove-shadow</c>: abandons a shadow.</summary>
internal static class RemoveShadowCommand
{
    public static Command Create()
    {
        var table = CommonOptions.Table();
        var command = new Command("remove-shadow", "Abandons the shadow of a live table: drops it with its feed; the live table stays as it is.") { table, CommonOptions.Yes }.Changing();
        CommandRun.Bind(command, run =>
        {
            var request = new RemoveShadowRequest(run.Parsed.GetRequiredValue(table));
            return run.ChangeAsync(
                Question.Ask,
                (operations, token) => operations.RemoveShadowAsync(request, token),
                shadow => JsonLine.Success(command.Name, shadow),
                shadow => run.Terminal.Out.WriteLine($"{shadow.Shadow} is abandoned; {shadow.Table} is as it was."));
        });
        return command;
    }
}
