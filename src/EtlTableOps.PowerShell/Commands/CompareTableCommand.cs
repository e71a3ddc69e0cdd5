using System.Management.Automation;
using EtlTableOps.Checks;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;
using EtlTableOps.Reports;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Compares two tables, of one database or of two, row by row.</summary>
[Cmdlet(VerbsData.Compare, "Table")]
[OutputType(typeof(TableDifferences), typeof(bool))]
public sealed class CompareTableCommand : TableCmdlet
{
    /// <summary>The table that is compared: what there is.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Shadow")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string OtherTable { get; set; } = "";

    /// <summary>The database of the other table, where it is not the same; any engine.</summary>
    [Parameter]
    [ValidateNotNull]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public object? ToConnection { get; set; }

    /// <summary>The columns that tell rows apart; a key of both tables, or of one, where it is not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Key { get; set; } = [];

    /// <summary>Compares only these columns, and the key.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Columns { get; set; } = [];

    /// <summary>Does not compare these columns.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] ExcludeColumn { get; set; } = [];

    /// <summary>A condition in SQL: only the rows of either table for which it is true are compared.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Where { get; set; }

    /// <summary>How far values may be apart: @{ amount = 0.01; score = '1%'; event_ts = '1s'; ratio = 'noise' }.</summary>
    [Parameter]
    [ToleranceTransformation]
    public Tolerance[] Tolerance { get; set; } = [];

    /// <summary>Ends the search after so many differing rows; the counts are then the least that there are.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaxDifferences { get; set; } = CompareRequest.DefaultMaxDifferences;

    /// <summary>Ends the search after so long: '90s', '10m' or a number of seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? TimeLimit { get; set; }

    /// <summary>Files that the result is written to, by their ending: .html, .xml (JUnit), .md, .json.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] ReportPath { get; set; } = [];

    /// <summary>Gives true where the tables are equal, else false, instead of the result.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override void Work()
    {
        var reports = this.Read(ReportPath);
        var request = new CompareRequest(Table, OtherTable)
        {
            To = ToConnection is null ? null : Resolve(ToConnection),
            Key = Key,
            Columns = Columns,
            ExcludeColumns = ExcludeColumn,
            Where = Where,
            Tolerances = Tolerance,
            MaxDifferences = MaxDifferences,
            TimeLimit = TimeLimit,
        };
        var operations = Operations;
        var found = Await(token => operations.CompareAsync(request, token));
        if (reports.Count > 0) Await(token => reports.WriteAsync(Report.Of(found, operations.Database), token));
        WriteObject(Quiet ? found.Equal : found);
    }
}
