using System.Management.Automation;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Plans;
using EtlTableOps.PowerShell.Binding;

namespace EtlTableOps.PowerShell.Pipeline;

/// <summary>A cmdlet that works on a database: finds it, shows plans and asks before it runs them.</summary>
public abstract class DatabaseCmdlet : EtlCmdlet
{
    private ConnectionChoice? openedFor;
    private EtlDatabase? opened;
    private string? activity;

    private protected sealed override string Activity => activity ?? base.Activity;

    /// <summary>The directory that relative paths start from: PowerShell's location, when it is one of the file system.</summary>
    private protected string FileSystemLocation => SessionState.Path.CurrentFileSystemLocation.ProviderPath;

    /// <summary>The files that a path means, from PowerShell's location, wildcards filled.</summary>
    private protected IEnumerable<string> FilesLike(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path) || File.Exists(GetUnresolvedProviderPathFromPSPath(path)))
            return [GetUnresolvedProviderPathFromPSPath(path)];
        var found = GetResolvedProviderPathFromPSPath(path, out _);
        return found.Count > 0 ? found.Order(StringComparer.Ordinal) : throw new EtlException(ErrorCode.BadInput, $"No file is named like '{path}'.");
    }

    /// <summary>The database that a <c>-Connection</c> argument means; the runspace's default for null. A text is opened once a command.</summary>
    private protected EtlDatabase Resolve(object? connection)
    {
        if (connection is null) return ConnectionChoice.Default;
        var choice = ConnectionChoice.From(connection);
        if (choice.Database is { } database) return database;
        if (opened is not null && Equals(openedFor, choice)) return opened;
        var directory = FileSystemLocation;
        opened = Await(token => choice.OpenAsync(directory, token));
        openedFor = choice;
        return opened;
    }

    /// <summary>The operations of a database, heard by this cmdlet.</summary>
    private protected TableOperations On(object? connection) => new(Resolve(connection), Observer);

    /// <summary>Plans, shows, asks, runs. Nothing is written when it is not approved.</summary>
    /// <param name="table">The live table, for the progress bar.</param>
    /// <param name="prepare">Plans by reading alone.</param>
    /// <param name="done">Takes the result of the run.</param>
    private protected void Perform<T>(string? table, Func<CancellationToken, Task<PreparedOperation<T>>> prepare, Action<T> done)
    {
        activity = table is null ? null : $"{base.Activity} {table}";
        var prepared = Await(prepare);
        if (!Approve(prepared.Plan)) return;
        done(Await(prepared.RunAsync));
    }

    /// <summary>Asks as PowerShell asks; with <c>-WhatIf</c> shows the statements that would run.</summary>
    private protected bool Approve(Plan plan)
    {
        var question = plan.Notes.Count == 0 ? plan.Summary : plan.Summary + Environment.NewLine + string.Join(Environment.NewLine, plan.Notes);
        if (ShouldProcess(plan.Summary, question, MyInvocation.MyCommand.Name, out var reason)) return true;
        if (reason == ShouldProcessReason.WhatIf)
        {
            // To the information stream like Write-Host: seen on the screen, and caught with 6> or -InformationVariable. Never output,
            // which the next command of the pipeline would take for something that was done.
            foreach (var (text, tag) in PlanText.Render(plan)) WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST", tag]);
        }
        return false;
    }

    /// <summary>Writes a result, and remembers its names for completion.</summary>
    private protected void Emit(object result)
    {
        var seen = SessionTable.Current;
        switch (result)
        {
            case ShadowTable shadow:
                seen.Remember(SeenKind.Table, shadow.Table);
                seen.Remember(SeenKind.Swap, shadow.SwapId);
                break;
            case ShadowTestResult test:
                seen.Remember(SeenKind.Table, test.Table);
                break;
            case TableSwap swap:
                seen.Remember(SeenKind.Table, swap.Table);
                seen.Remember(SeenKind.Swap, swap.SwapId);
                if (swap.VersionState == Journal.VersionState.Kept) seen.Remember(SeenKind.Version, swap.Version);
                break;
            case TableVersion version:
                seen.Remember(SeenKind.Table, version.Table);
                if (!version.Removed) seen.Remember(SeenKind.Version, version.Version);
                break;
        }
        WriteObject(result);
    }
}

/// <summary>A cmdlet with the <c>-Connection</c> that nearly all share.</summary>
public abstract class ConnectedCmdlet : DatabaseCmdlet
{
    /// <summary>The database: an open connection or its name, a connection text, or a hashtable. The one opened last where it is not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public object? Connection { get; set; }

    private protected TableOperations Operations => On(Connection);
}

/// <summary>A cmdlet that works on one live table.</summary>
public abstract class TableCmdlet : ConnectedCmdlet
{
    /// <summary>The live table: its name, with its schema where wanted. Names that are no plain identifiers may stand in double quotes.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string Table { get; set; } = "";

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Attempt(Table, Work);

    private protected abstract void Work();
}
