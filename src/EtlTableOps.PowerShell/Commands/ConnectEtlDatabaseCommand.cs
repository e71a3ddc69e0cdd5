using System.Management.Automation;
using EtlTableOps.Engines;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Opens a database under a name; the one opened last is the default of every other command.</summary>
[Cmdlet(VerbsCommunications.Connect, "EtlDatabase")]
[OutputType(typeof(EtlDatabase))]
public sealed class ConnectEtlDatabaseCommand : DatabaseCmdlet
{
    /// <summary>The connection text, a connection asset (hashtable), or an open database.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public object Connection { get; set; } = "";

    /// <summary>A name for it; the database's own name where it is not given.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>User and password that are not part of the text.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var sessions = SessionTable.Current;
        Attempt(ConnectionChoice.From(Connection), () =>
        {
            var choice = ConnectionChoice.From(Connection).With(Name, Credential);
            var database = Open(choice);
            // Two databases of one name on two servers: the second gets a number, so that neither hides the other.
            for (var number = 2; choice.Name is null && sessions.Find(database.Name) is { } other && !ReferenceEquals(other, database) && other.Display != database.Display; number++)
            {
                database = Open(choice.With($"{database.Database}-{number}", null));
            }
            sessions.Add(database);
            WriteObject(database);
        }, terminating: true);
    }

    private EtlDatabase Open(ConnectionChoice choice)
    {
        var directory = FileSystemLocation;
        return Await(token => choice.OpenAsync(directory, token));
    }
}
