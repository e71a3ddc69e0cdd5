using System.CommandLine;
using System.Text.Json.Nodes;
using EtlTableOps.Cli.Output;
using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Plans;

namespace EtlTableOps.Cli.Commands;

/// <summary>Whether a person at a terminal is asked before a change.</summary>
internal enum Question
{
    /// <summary>It is done at once.</summary>
    None,
    /// <summary>A person at a terminal is asked; a pipeline is not.</summary>
    Ask,
}

/// <summary>One run of one command: its options, its output and the way every one of them ends.</summary>
internal sealed class CommandRun
{
    private readonly string name;

    private CommandRun(string name, ParseResult parsed, CancellationToken token)
    {
        this.name = name;
        Parsed = parsed;
        Token = token;
        Detail = parsed.GetValue(CommonOptions.Verbose) ? Detail.Verbose
            : parsed.GetValue(CommonOptions.Quiet) ? Detail.Quiet
            : Detail.Normal;
        Display = new RunDisplay(Terminal, Detail);
        Text = new ResultText(Terminal.Out);
    }

    public ParseResult Parsed { get; }

    public CancellationToken Token { get; }

    public Terminal Terminal { get; } = new();

    public Detail Detail { get; }

    public RunDisplay Display { get; }

    public ResultText Text { get; }

    /// <summary>A secret that is not a part of the connection text, or null.</summary>
    public static string? Password => Environment.GetEnvironmentVariable(CommonOptions.PasswordVariable) is { Length: > 0 } secret ? secret : null;

    private bool Json => Parsed.GetValue(CommonOptions.Json);

    private TextWriter Out => Terminal.Out.Profile.Out.Writer;

    private TextWriter Error => Terminal.Error.Profile.Out.Writer;

    /// <summary>Makes a command do this, with its failures turned into text, JSON and an exit code.</summary>
    public static void Bind(Command command, Func<CommandRun, Task<ExitCode>> body) =>
        command.SetAction((parsed, token) => ExecuteAsync(command.Name, parsed, body, token));

    /// <summary>Opens the database that the options name.</summary>
    public async Task<TableOperations> OpenAsync()
    {
        var text = Parsed.GetValue(CommonOptions.Connection) ?? Environment.GetEnvironmentVariable(CommonOptions.ConnectionVariable);
        if (string.IsNullOrWhiteSpace(text)) throw new EtlException(ErrorCode.NoConnection);
        return new TableOperations(await ConnectAsync(text, Password), Display);
    }

    /// <summary>Opens a database by its connection text.</summary>
    public Task<EtlDatabase> ConnectAsync(string text, string? password) => EngineList.ConnectAsync(text, null, null, password, Token);

    /// <summary>Prepares a change, shows or confirms or runs it, and tells what came of it.</summary>
    /// <param name="question">Whether a person is asked.</param>
    /// <param name="prepare">Plans it.</param>
    /// <param name="toJson">The result for a program.</param>
    /// <param name="toText">The result for a person.</param>
    /// <param name="outcome">The exit code of a result; null for done.</param>
    /// <param name="report">Writes the result somewhere else too, before it is told.</param>
    public async Task<ExitCode> ChangeAsync<T>(
        Question question,
        Func<TableOperations, CancellationToken, Task<PreparedOperation<T>>> prepare,
        Func<T, JsonObject> toJson,
        Action<T> toText,
        Func<T, ExitCode>? outcome = null,
        Func<T, Task>? report = null)
    {
        var operations = await OpenAsync();
        var prepared = await prepare(operations, Token);
        if (Parsed.GetValue(CommonOptions.WhatIf))
        {
            if (Json) JsonLine.Write(Out, JsonLine.WhatIf(name, prepared.Plan));
            else ResultText.Show(Out, prepared.Plan);
            return ExitCode.Done;
        }
        if (question == Question.Ask && !Confirm(prepared.Plan)) throw new OperationCanceledException();
        var result = await Display.WhileAsync(() => prepared.RunAsync(Token));
        if (report is not null) await report(result);
        var code = outcome?.Invoke(result) ?? ExitCode.Done;
        Tell(code, () => toJson(result), () => toText(result));
        return code;
    }

    /// <summary>Reads and tells.</summary>
    /// <param name="read">Reads.</param>
    /// <param name="toJson">The result for a program.</param>
    /// <param name="toText">The result for a person.</param>
    /// <param name="outcome">The exit code of a result; null for done.</param>
    public async Task<ExitCode> ReadAsync<T>(Func<TableOperations, CancellationToken, Task<T>> read, Func<T, JsonObject> toJson, Action<T> toText, Func<T, ExitCode>? outcome = null)
    {
        var operations = await OpenAsync();
        var result = await Display.WhileAsync(() => read(operations, Token));
        var code = outcome?.Invoke(result) ?? ExitCode.Done;
        Tell(code, () => toJson(result), () => toText(result));
        return code;
    }

    /// <summary>Tells a result to a program or to a person.</summary>
    public void Tell(ExitCode code, Func<JsonObject> toJson, Action toText)
    {
        if (!Json)
        {
            toText();
            return;
        }
        var line = toJson();
        line["ok"] = code == ExitCode.Done;
        line["exitCode"] = (int)code;
        JsonLine.Write(Out, line);
    }

    private static async Task<int> ExecuteAsync(string name, ParseResult parsed, Func<CommandRun, Task<ExitCode>> body, CancellationToken token)
    {
        var run = new CommandRun(name, parsed, token);
        try
        {
            return (int)await body(run);
        }
        catch (Exception failure)
        {
            return (int)run.Fail(failure);
        }
    }

    private ExitCode Fail(Exception failure)
    {
        // A cancel may surface as whatever a driver throws when it is interrupted; our own token knows better.
        if (Token.IsCancellationRequested && failure is not EtlException) failure = new OperationCanceledException(failure.Message, failure, Token);
        switch (failure)
        {
            case EtlException typed:
                ResultText.Show(Error, typed);
                break;
            case OperationCanceledException when !Token.IsCancellationRequested:
                Error.WriteLine("Not done: it was not confirmed. Nothing was changed.");
                break;
            case OperationCanceledException:
                ResultText.Show(Error, new EtlException(ErrorCode.Cancelled, failure));
                break;
            default:
                Error.WriteLine($"error {failure.GetType().Name}: {failure.Message}");
                Error.WriteLine("This is a defect of the tool. Run 'repair', and report what --verbose shows.");
                break;
        }
        // Where a driver said no, its own words help; the stack is for who asked for everything.
        if (Detail == Detail.Verbose) Error.WriteLine(failure.ToString());
        if (Json) JsonLine.Write(Out, JsonLine.Failure(name, failure));
        return ExitCodes.Of(failure);
    }

    private bool Confirm(Plan plan)
    {
        if (Parsed.GetValue(CommonOptions.Yes) || !Terminal.CanAsk) return true;
        foreach (var note in plan.Notes) Error.WriteLine("  " + note);
        return Terminal.Ask(plan.Summary + ". Go on?");
    }
}
