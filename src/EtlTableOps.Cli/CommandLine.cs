using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using EtlTableOps.Cli.Commands;
using EtlTableOps.Cli.Output;

namespace EtlTableOps.Cli;

/// <summary>The root of the command line: what it knows, and how a run begins and ends.</summary>
internal static class CommandLine
{
    private const string Name = "etl-table-ops";

    /// <summary>Parses, runs and returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = Build();
        // An argument may begin with '@' (a query with a variable, say): it is never the name of a file with more arguments.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0) return Usage(parsed);

        using var cancelled = new CancellationTokenSource();
        using var interrupt = CancelOn(PosixSignal.SIGINT, cancelled);
        using var terminate = CancelOn(PosixSignal.SIGTERM, cancelled);
        using var hangUp = CancelOn(PosixSignal.SIGHUP, cancelled);
        // The signals are ours: System.CommandLine would end the process after two seconds, in the middle of a clean end.
        var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        return await parsed.InvokeAsync(configuration, cancelled.Token);
    }

    /// <summary>The commands.</summary>
    public static RootCommand Build()
    {
        var root = new RootCommand(
            "Replaces a big live table by a proven shadow table with no downtime, and goes back with one command." + Environment.NewLine
            + Environment.NewLine
            + "Exit codes: 0 done or already done; 1 failed, nothing changed; 2 a check refused; 3 changed, clean-up pending; "
            + "4 it is not known which table carries the name; 64 usage; 130 cancelled.")
        {
            NewShadowCommand.Create(),
            ImportCommand.Create(),
            SyncCommand.Create(),
            TestCommand.Create(),
            CompareCommand.Create(),
            SwitchCommand.Create(),
            UndoCommand.Create(),
            HistoryCommand.Create(),
            RepairCommand.Create(),
            VersionsCommand.Create(),
            RemoveShadowCommand.Create(),
            DemoCommand.Create(),
        };
        root.SetAction(parsed =>
        {
            new HelpAction().Invoke(parsed);
            return (int)ExitCode.Usage;
        });
        return root;
    }

    private static int Usage(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var messages = parsed.Errors.Select(e => e.Message).Distinct().ToList();
        var path = command is RootCommand ? Name : $"{Name} {command.Name}";
        foreach (var message in messages) Console.Error.WriteLine(message);
        Console.Error.WriteLine($"'{path} --help' shows how it is used. Nothing was changed.");
        // The option itself may be what could not be parsed, so the words are asked and not the result.
        if (parsed.Tokens.Any(t => t.Value == CommonOptions.Json.Name))
            JsonLine.Write(Console.Out, JsonLine.Failure(command.Name, ExitCode.Usage, "Usage", string.Join(" ", messages), $"Run '{path} --help'."));
        return (int)ExitCode.Usage;
    }

    private static PosixSignalRegistration CancelOn(PosixSignal signal, CancellationTokenSource source) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            // The first signal ends the work cleanly; who sends a second one means it.
            if (source.IsCancellationRequested) return;
            context.Cancel = true;
            source.Cancel();
        });
}
