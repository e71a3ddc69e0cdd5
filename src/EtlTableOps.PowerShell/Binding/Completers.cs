using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using EtlTableOps.Checks.Custom;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>Completes from what this runspace has seen. Never opens a connection: a Tab key must not wait for a server.</summary>
public abstract class SeenCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = (wordToComplete ?? "").Trim('\'', '"');
        foreach (var (text, tip) in Candidates())
        {
            if (!text.StartsWith(word, StringComparison.OrdinalIgnoreCase)) continue;
            yield return new CompletionResult(Quote(text), text, CompletionResultType.ParameterValue, tip);
        }
    }

    private protected abstract IEnumerable<(string Text, string Tip)> Candidates();

    private protected static IEnumerable<(string Text, string Tip)> Names(SeenKind kind) => SessionTable.Current.Seen(kind).Select(n => (n, n));

    private static string Quote(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
            ? text
            : "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
}

/// <summary>Names of open connections.</summary>
public sealed class ConnectionCompleter : SeenCompleter
{
    private protected override IEnumerable<(string Text, string Tip)> Candidates() => SessionTable.Current.Open.Select(d => (d.Name, d.Display));
}

/// <summary>Live tables that this runspace worked with.</summary>
public sealed class TableCompleter : SeenCompleter
{
    private protected override IEnumerable<(string Text, string Tip)> Candidates() => Names(SeenKind.Table);
}

/// <summary>Kept versions that were listed.</summary>
public sealed class VersionCompleter : SeenCompleter
{
    private protected override IEnumerable<(string Text, string Tip)> Candidates() => Names(SeenKind.Version);
}

/// <summary>Ids of swaps that were listed or made.</summary>
public sealed class SwapCompleter : SeenCompleter
{
    private protected override IEnumerable<(string Text, string Tip)> Candidates() => Names(SeenKind.Swap);
}

/// <summary>The words that a check begins with.</summary>
public sealed class CheckCompleter : SeenCompleter
{
    private protected override IEnumerable<(string Text, string Tip)> Candidates() => CheckFile.Words;
}
