using System.CommandLine;
using EtlTableOps.Cli.Output;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>test</c>: proves or refutes the shadow.</summary>
internal static class TestCommand
{
    public static Command Create()
    {
        var table = CommonOptions.Table();
        var command = new Command("test", "Proves that the shadow differs from the live table in exactly the declared way. Exit code 2 when it does not.") { table }.Changing();
        CommandRun.Bind(command, run =>
        {
            var request = new TestRequest(run.Parsed.GetRequiredValue(table));
            return run.ChangeAsync(
                Question.None,
                (operations, token) => operations.TestAsync(request, token),
                test => JsonLine.Success(command.Name, test),
                run.Text.Show,
                test => test.Passed ? ExitCode.Done : ExitCode.Refused);
        });
        return command;
    }
}
