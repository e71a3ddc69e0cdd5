using System.Management.Automation;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Builds a shadow table beside a live one, with the declared difference and with all that hangs on the live table.</summary>
[Cmdlet(VerbsCommon.New, "ShadowTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = "Change")]
[OutputType(typeof(ShadowTable))]
public sealed class NewShadowTableCommand : TableCmdlet
{
    /// <summary>Columns to add: 'name type [= expression]' or @{ Name; Type; Expression }. Types and expressions are SQL.</summary>
    [Parameter(ParameterSetName = "Change")]
    [ValidateNotNullOrEmpty]
    [AddedColumnTransformation]
    public AddedColumn[] AddColumn { get; set; } = [];

    /// <summary>Columns to leave out.</summary>
    [Parameter(ParameterSetName = "Change")]
    [ValidateNotNullOrEmpty]
    public string[] DropColumn { get; set; } = [];

    /// <summary>Columns to compute anew: @{ name = 'expression' }. Expressions are SQL.</summary>
    [Parameter(ParameterSetName = "Change")]
    [ValidateNotNullOrEmpty]
    [SetColumnTransformation]
    public SetColumn[] SetColumn { get; set; } = [];

    /// <summary>Columns to retype: @{ name = 'type' } or @{ Name; Type; Expression }. Types and expressions are SQL.</summary>
    [Parameter(ParameterSetName = "Change")]
    [ValidateNotNullOrEmpty]
    [AlteredColumnTransformation]
    public AlteredColumn[] AlterColumn { get; set; } = [];

    /// <summary>Keeps only rows of which this condition is true. It is SQL over the live table's columns.</summary>
    [Parameter(ParameterSetName = "Change")]
    [ValidateNotNullOrEmpty]
    public string? Where { get; set; }

    /// <summary>Takes the live table's rows as they were at a moment: a time, how long it is ago, or a statement's id (Snowflake); with -Feed.</summary>
    [Parameter(ParameterSetName = "Change")]
    [MomentTransformation]
    public PastMoment? At { get; set; }

    /// <summary>The same just before a moment.</summary>
    [Parameter(ParameterSetName = "Change")]
    [MomentTransformation]
    public PastMoment? Before { get; set; }

    /// <summary>A whole SQL query whose result becomes the shadow's rows; its columns are matched by name.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Query")]
    [ValidateNotNullOrEmpty]
    public string? Query { get; set; }

    /// <summary>Takes over the structure alone; all rows come through imports.</summary>
    [Parameter(ParameterSetName = "Change")]
    public SwitchParameter Structure { get; set; }

    /// <summary>How later writes to the live table reach the shadow; the engine's default where it is not given.</summary>
    [Parameter]
    public FeedKind? Feed { get; set; }

    /// <summary>For -Feed Column: the column that every insert and update of the live table sets to the present time or to a growing number.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? FeedColumn { get; set; }

    /// <summary>For -Feed Column: how much further back than the oldest transaction rows are read again, for writers with a clock of their own: '10s' or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? FeedOverlap { get; set; }

    /// <summary>How it is to take the live table's place: Swap exchanges the names; Overwrite keeps the live table and gives it the shadow's rows (Snowflake).</summary>
    [Parameter]
    public ExchangeMethod Method { get; set; }

    /// <summary>The shadow's name; the live name with _new where it is not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ShadowName { get; set; }

    /// <summary>How long other people's statements may be made to wait, in one piece: '100ms', '2s' or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan StallBudget { get; set; } = SwitchRequest.DefaultStallBudget;

    /// <summary>Sessions that load, and build indexes, side by side where the engine can.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int Sessions { get; set; }

    /// <summary>Abandons an earlier shadow of the same live table first.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Work()
    {
        if (At is not null && Before is not null) throw new EtlException(ErrorCode.BadInput, "-At and -Before name two moments; give one of them.");
        var request = new NewShadowRequest(Table)
        {
            Change = new DeclaredChange
            {
                Add = AddColumn,
                Drop = DropColumn,
                Set = SetColumn,
                Alter = AlterColumn,
                Where = Where,
                AsOf = At ?? (Before is null ? null : Before with { Before = true }),
                Query = Query,
                StructureOnly = Structure,
            },
            Method = Method,
            ShadowName = ShadowName,
            Feed = Feed,
            FeedColumn = FeedColumn,
            FeedOverlap = FeedOverlap,
            StallBudget = StallBudget,
            Sessions = Sessions,
            Force = Force,
        };
        var operations = Operations;
        Perform(Table, token => operations.NewShadowAsync(request, token), Emit);
    }
}
