using System.CommandLine;
using EtlTableOps.Checks.Custom;
using EtlTableOps.Cli.Output;
using EtlTableOps.Composition;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>test</c>: proves or refutes the shadow.</summary>
internal static class TestCommand
{
    public static Command Create()
    {
        var table = CommonOptions.Table();
        var check = new Option<CheckDefinition[]>("--check")
        {
            Description = "A check beside the contract's own, such as 'not_null(country)', 'unique(a, b)', 'range(amount, min: 0)' or 'expression(amount >= 0)'. May be given several times.",
            HelpName = "check",
            CustomParser = result => [.. result.Tokens.Select(word => CommonOptions.Read(result, word.Value, CheckFile.ReadOne)).OfType<CheckDefinition>()],
        };
        var checkFile = new Option<string[]>("--check-file") { Description = "A file of checks, in YAML: with a section 'checks:', or a schema file of a dbt project. May be given several times.", HelpName = "path" };
        var model = new Option<string?>("--model") { Description = "The name under which the checks stand in the files, where it is not the table's.", HelpName = "name" };
        var command = new Command("test", "Proves that the shadow differs from the live table in exactly the declared way, and that checks of your own hold. Exit code 2 when not.") { table, check, checkFile, model }.Changing();
        CommandRun.Bind(command, run =>
        {
            var live = run.Parsed.GetRequiredValue(table);
            var request = new TestRequest(live)
            {
                Checks = CheckFiles.Collect(run.Parsed.GetValue(checkFile) ?? [], run.Parsed.GetValue(model), live, run.Parsed.GetValue(check) ?? []),
            };
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
