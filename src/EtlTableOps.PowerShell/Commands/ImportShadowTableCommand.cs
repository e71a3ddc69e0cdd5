using System.Management.Automation;
using System.Text;
using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Observability;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Adds rows in bulk to a shadow table, all of a source or none of it.</summary>
[Cmdlet(VerbsData.Import, "ShadowTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = Objects)]
[OutputType(typeof(ShadowTable))]
public sealed class ImportShadowTableCommand : DatabaseCmdlet
{
    private const string Objects = "Objects";
    private const string File = "File";
    private const string Stage = "Stage";
    private const string OtherTable = "Table";
    private const string OtherQuery = "Query";

    private ObjectRows? rows;
    private Task<ShadowTable>? import;
    private bool refused;

    /// <summary>The live table whose shadow takes the rows.</summary>
    // Not bound from the pipeline where that carries rows: a row may have a column of this name.
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = Objects)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = File)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = Stage)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = OtherTable)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = OtherQuery)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string Table { get; set; } = "";

    /// <summary>CSV, JSON Lines or Parquet files, by the ending of their names; wildcards are allowed. Parquet is read by the database, where it can.</summary>
    [Parameter(Mandatory = true, ParameterSetName = File)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The files' format, where their names do not tell it.</summary>
    [Parameter(ParameterSetName = File)]
    [ValidateSet("Csv", "JsonLines", "Parquet")]
    public string? Format { get; set; }

    /// <summary>What separates the fields of a CSV file; a comma where it is not given, a tab for .tsv.</summary>
    [Parameter(ParameterSetName = File)]
    [ValidateNotNullOrEmpty]
    public string? Delimiter { get; set; }

    /// <summary>The encoding of a file without a byte order mark: utf-8, latin1, utf-16, …</summary>
    [Parameter(ParameterSetName = File)]
    [ValidateNotNullOrEmpty]
    public string? Encoding { get; set; }

    /// <summary>The unquoted text that means null in a CSV file; the empty text where it is not given.</summary>
    [Parameter(ParameterSetName = File)]
    public string? NullText { get; set; }

    /// <summary>The columns' names of a CSV file that has no header line, in their order; of Parquet and of JSON in a stage the columns that are wanted.</summary>
    [Parameter(ParameterSetName = File)]
    [Parameter(ParameterSetName = Stage)]
    [ValidateNotNullOrEmpty]
    public string[]? Header { get; set; }

    /// <summary>Files of a stage, such as @landing/2026/, which the database reads by itself.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Stage)]
    [ValidateNotNullOrEmpty]
    public string? FromStage { get; set; }

    /// <summary>What the files of a stage are: CSV, JSON or PARQUET, or the name of a file format that the database keeps.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Stage)]
    [ValidateNotNullOrEmpty]
    public string? FileFormat { get; set; }

    /// <summary>A regular expression that the whole paths of the stage's files must match.</summary>
    [Parameter(ParameterSetName = Stage)]
    [ValidateNotNullOrEmpty]
    public string? Pattern { get; set; }

    /// <summary>Another table of the same database.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OtherTable)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string? FromTable { get; set; }

    /// <summary>A SQL query of the same database.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OtherQuery)]
    [ValidateNotNullOrEmpty]
    public string? Query { get; set; }

    /// <summary>Objects whose properties are the columns; the first one says which.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = Objects)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>The database: an open connection or its name, a connection text, or a hashtable. The one opened last where it is not given.</summary>
    [Parameter(ParameterSetName = Objects)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = File)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = Stage)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = OtherTable)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = OtherQuery)]
    [ValidateNotNull]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public object? Connection { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case File:
                Attempt(Table, ImportFiles);
                break;
            case Stage:
                Attempt(Table, () => ImportOne(new ImportRequest(Table) { Staged = new StagedFiles { Location = FromStage, Format = FileFormat, Pattern = Pattern, Columns = Header } }, Emit));
                break;
            case OtherTable:
                Attempt(Table, () => ImportOne(new ImportRequest(Table) { FromTable = FromTable }, Emit));
                break;
            case OtherQuery:
                Attempt(Table, () => ImportOne(new ImportRequest(Table) { Query = Query }, Emit));
                break;
            default:
                // What failed here has failed as a whole: the objects to come would be rows of nothing.
                if (InputObject is not null && !refused) Attempt(Table, () => Take(InputObject), terminating: true);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName != Objects || refused) return;
        if (rows is null || import is null)
        {
            Attempt(Table, () => throw new EtlException(ErrorCode.BadInput, "No rows came: pipe objects in, or name a source with -Path, -FromStage, -FromTable or -Query."));
            return;
        }
        rows.Complete();
        Attempt(Table, () =>
        {
            Finish(import);
            Emit(import.GetAwaiter().GetResult());
        }, terminating: true);
    }

    private void ImportOne(ImportRequest request, Action<ShadowTable> done)
    {
        var operations = On(Connection);
        Perform(Table, token => operations.ImportAsync(request, token), done);
    }

    private void ImportFiles()
    {
        var options = new RowFileOptions
        {
            Format = Format is null ? null : Enum.Parse<RowFileFormat>(Format, ignoreCase: true),
            Delimiter = Delimiter,
            Encoding = Encoding is null ? null : FindEncoding(Encoding),
            NullText = NullText,
            Columns = Header,
        };
        ShadowTable? last = null;
        foreach (var file in Path.SelectMany(FilesLike))
        {
            var staged = RowSources.ForDatabase(file, options);
            var source = staged is null ? RowSources.Open(file, options) : null;
            try
            {
                ImportOne(new ImportRequest(Table) { Rows = source, Staged = staged }, done =>
                    last = last is null ? done : done with { RowsDone = last.RowsDone + done.RowsDone, Elapsed = last.Elapsed + done.Elapsed });
            }
            catch (EtlException) when (last is not null)
            {
                // Each file is kept or refused as a whole: what came before the bad one is in the shadow, and must not come again.
                WriteWarning($"The files before {file} were imported, {Human.Count(last.RowsDone)} rows, and stay in {last.Shadow}.");
                throw;
            }
            finally
            {
                source?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
        if (last is not null) Emit(last);
    }

    private static Encoding FindEncoding(string name)
    {
        try
        {
            return System.Text.Encoding.GetEncoding(name);
        }
        catch (ArgumentException e)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"'{name}' is no encoding. Name one such as utf-8, utf-16 or latin1.");
        }
    }

    private void Take(PSObject item)
    {
        try
        {
            if (import is null) Start(item);
            if (refused) return;
            var row = rows!.ToRow(item);
            while (!rows.TryAdd(row))
            {
                if (import!.IsCompleted) break;
                // The import's end ends the wait as well: a failed one makes no more room.
                var room = rows.WaitForRoomAsync(StopToken);
                Wait(Task.WhenAny(room, import));
            }
        }
        catch (BadValueException e)
        {
            if (import is null) throw new EtlException(ErrorCode.BadRow, e, "pipeline", e.Row + 1, e.Column.Length > 0 ? e.Column : "(row)", e.Message);
            // The import hears of it where it reads, and takes back all of it.
            rows!.Complete(e);
            Finish(import);
            import.GetAwaiter().GetResult();
            throw;
        }
        WritePending();
        if (!import!.IsCompleted) return;
        Finish(import);
        import.GetAwaiter().GetResult();
    }

    private void Start(PSObject first)
    {
        var source = new ObjectRows(first);
        var operations = On(Connection);
        rows = source;
        var request = new ImportRequest(Table) { Rows = source };
        var prepared = Await(token => operations.ImportAsync(request, token));
        refused = !Approve(prepared.Plan);
        if (!refused) import = Begin(prepared.RunAsync);
    }
}
