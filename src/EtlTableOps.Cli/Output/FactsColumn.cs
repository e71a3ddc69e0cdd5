using System.Collections.Concurrent;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EtlTableOps.Cli.Output;

/// <summary>The figures behind a bar: rows, rate, time left.</summary>
internal sealed class FactsColumn : ProgressColumn
{
    // Spectre's own state of a task takes numbers only.
    private readonly ConcurrentDictionary<int, string> facts = new();

    /// <inheritdoc/>
    protected override bool NoWrap => true;

    /// <summary>Sets a bar's figures.</summary>
    public void Set(ProgressTask task, string text) => facts[task.Id] = text;

    /// <inheritdoc/>
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
        new Text(facts.GetValueOrDefault(task.Id, "")).Overflow(Overflow.Ellipsis);
}
