using System.Management.Automation;
using EtlTableOps.Engines;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Closes a database of this session. Operations that run on it go on to their end.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "EtlDatabase", DefaultParameterSetName = "One")]
[OutputType(typeof(void))]
public sealed class DisconnectEtlDatabaseCommand : DatabaseCmdlet
{
    /// <summary>The open database or its name; the default one where it is not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = "One")]
    [ValidateNotNull]
    [ConnectionTransformation]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public object? Connection { get; set; }

    /// <summary>Closes all databases of this session.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "All")]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Connection, () =>
    {
        var sessions = SessionTable.Current;
        foreach (var database in All ? sessions.Open : [Chosen()])
        {
            database.Close();
            sessions.Remove(database);
        }
    });

    private EtlDatabase Chosen()
    {
        if (Connection is null) return ConnectionChoice.Default;
        return ConnectionChoice.From(Connection).Database
            ?? throw new Errors.EtlException(Errors.ErrorCode.NoConnection);
    }
}
