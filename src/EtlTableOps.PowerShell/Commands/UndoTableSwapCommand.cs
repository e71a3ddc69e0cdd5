using System.Management.Automation;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Goes back to a kept version of a table.</summary>
[Cmdlet(VerbsCommon.Undo, "TableSwap", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(TableSwap))]
public sealed class UndoTableSwapCommand : TableCmdlet
{
    /// <summary>The version's table name or its swap's id; the version before where it is not given.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Version")]
    [ArgumentCompleter(typeof(VersionCompleter))]
    public string? To { get; set; }

    /// <summary>Goes on although rows were written since; they stay in the table that is set aside.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How long other people's statements may be made to wait, in one piece: '100ms', '2s' or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan StallBudget { get; set; } = SwitchRequest.DefaultStallBudget;

    /// <summary>How long the lock is tried for before giving up: '60s', '5m' or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan TryFor { get; set; } = SwitchRequest.DefaultTryFor;

    /// <summary>Does not wait for transactions that read a state from before many later rows were brought along; until they end, they may find these rows missing.</summary>
    [Parameter]
    public SwitchParameter IgnoreOldSnapshots { get; set; }

    /// <summary>Creates streams on the table anew after the exchange (Snowflake); they must have been consumed.</summary>
    [Parameter]
    public SwitchParameter RecreateStreams { get; set; }

    /// <summary>Creates materialized views over the table anew after the exchange (Snowflake).</summary>
    [Parameter]
    public SwitchParameter RecreateMaterializedViews { get; set; }

    /// <summary>Pauses and drains pipes into the table before the exchange and creates them anew after it (Snowflake); they forget which files they have loaded.</summary>
    [Parameter]
    public SwitchParameter RecreatePipes { get; set; }

    /// <summary>Creates dynamic tables over the table anew after the exchange (Snowflake); they are computed again.</summary>
    [Parameter]
    public SwitchParameter RecreateDynamicTables { get; set; }

    private protected override void Work()
    {
        var request = new UndoRequest(Table)
        {
            To = string.IsNullOrEmpty(To) ? null : To,
            Force = Force,
            IgnoreOldSnapshots = IgnoreOldSnapshots,
            StallBudget = StallBudget,
            TryFor = TryFor,
            Choices = Choices.Of(RecreateStreams, RecreateMaterializedViews, RecreatePipes, RecreateDynamicTables),
        };
        var operations = Operations;
        Perform(Table, token => operations.UndoAsync(request, token), Emit);
    }
}
