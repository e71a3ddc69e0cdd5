using System.Management.Automation;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;
using EtlTableOps.Switching;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Exchanges the names: the proven shadow goes live, the former live table is kept as a version.</summary>
[Cmdlet(VerbsCommon.Switch, "Table", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(TableSwap))]
public sealed class SwitchTableCommand : TableCmdlet
{
    /// <summary>How long other people's statements may be made to wait, in one piece: '100ms', '2s' or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan StallBudget { get; set; } = SwitchRequest.DefaultStallBudget;

    /// <summary>How long the lock is tried for before giving up: '60s', '5m' or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan TryFor { get; set; } = SwitchRequest.DefaultTryFor;

    /// <summary>Versions kept after the switch; older ones are dropped.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int KeepVersions { get; set; } = 3;

    /// <summary>Only this swap: repeated after a doubt, the command then finds its own work done and does nothing.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SwapCompleter))]
    public string? SwapId { get; set; }

    /// <summary>How the shadow takes the live table's place: Swap or Overwrite (Snowflake); the way that it was built for where it is not given.</summary>
    [Parameter]
    public ExchangeMethod? Method { get; set; }

    /// <summary>
    /// How long an undo shall be able to keep rows that are written after the switch: '24h', '7d' or a number of seconds; 0 logs none. 24 hours where it is not given (on Snowflake without an end).
    /// </summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Undoable { get; set; }

    /// <summary>Does not wait for transactions that read a state from before the shadow was filled; until they end, they may find rows of the table missing, or none in it.</summary>
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
        var request = new SwitchRequest(Table) { Undoable = Undoable, IgnoreOldSnapshots = IgnoreOldSnapshots, StallBudget = StallBudget, TryFor = TryFor, KeepVersions = KeepVersions, Method = Method, Choices = Choices.Of(RecreateStreams, RecreateMaterializedViews, RecreatePipes, RecreateDynamicTables), SwapId = string.IsNullOrEmpty(SwapId) ? null : SwapId };
        var operations = Operations;
        Perform(Table, token => operations.SwitchAsync(request, token), Emit);
    }
}
