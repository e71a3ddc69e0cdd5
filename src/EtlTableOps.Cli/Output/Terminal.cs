using System.Text;
using Spectre.Console;

namespace EtlTableOps.Cli.Output;

/// <summary>
/// Where text goes: results to the standard output, progress, questions and errors to the standard error. Colours and cursor
/// movements only where a terminal shows them.
/// </summary>
internal sealed class Terminal
{
    private const int PlainWidth = 80;
    private const int WidestLine = 120;

    public Terminal()
    {
        Out = Create(Console.IsOutputRedirected, Console.OpenStandardOutput, Console.Out);
        Error = Create(Console.IsErrorRedirected, Console.OpenStandardError, Console.Error);
    }

    /// <summary>Results.</summary>
    public IAnsiConsole Out { get; }

    /// <summary>Progress, questions, warnings and errors.</summary>
    public IAnsiConsole Error { get; }

    /// <summary>Whether progress can be drawn in place.</summary>
    public bool CanDraw => !Console.IsErrorRedirected && Error.Profile.Capabilities.Ansi;

    /// <summary>Whether a person is there to be asked.</summary>
    public static bool CanAsk => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <summary>Asks for a yes; anything else, and the end of the input, is a no.</summary>
    public bool Ask(string question)
    {
        Error.Write(new Text(question + " [y/N] "));
        var answer = Console.In.ReadLine()?.Trim();
        return answer is not null && (answer.Equals("y", StringComparison.OrdinalIgnoreCase) || answer.Equals("yes", StringComparison.OrdinalIgnoreCase));
    }

    private static IAnsiConsole Create(bool redirected, Func<Stream> open, TextWriter shown)
    {
        // Files and pipes get UTF-8 without a mark, whatever code page the machine's console has.
        var writer = redirected ? new StreamWriter(open(), new UTF8Encoding(false)) { AutoFlush = true } : shown;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        console.Profile.Width = redirected ? PlainWidth : Math.Min(console.Profile.Width, WidestLine);
        return console;
    }
}
