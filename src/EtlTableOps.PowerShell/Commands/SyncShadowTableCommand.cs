using System.Globalization;
using System.Management.Automation;
using EtlTableOps.Errors;
using EtlTableOps.PowerShell.Binding;
using EtlTableOps.PowerShell.Pipeline;

namespace EtlTableOps.PowerShell.Commands;

/// <summary>Brings a shadow table up to date from its feed. Can be repeated.</summary>
[Cmdlet(VerbsData.Sync, "ShadowTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(ShadowTable))]
public sealed class SyncShadowTableCommand : TableCmdlet
{
    /// <summary>Waits between batches while the load is above this number; with -LoadQuery.</summary>
    [Parameter]
    public double? MaxLoad { get; set; }

    /// <summary>Tells the load, one number: SQL, or a script block.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? LoadQuery { get; set; }

    private protected override void Work()
    {
        var operations = Operations;
        var request = new SyncRequest(Table) { MaxLoad = MaxLoad };
        request = Unwrap.One(LoadQuery) switch
        {
            null => request,
            string sql => request with { LoadQuery = sql },
            ScriptBlock script => request with { Load = token => AskPipelineAsync(() => Number(script), token) },
            var other => throw new EtlException(ErrorCode.BadInput, $"-LoadQuery takes SQL or a script block, not a {other.GetType().Name}."),
        };
        Perform(Table, token => operations.SyncAsync(request, token), Emit);
    }

    private static double Number(ScriptBlock script)
    {
        try
        {
            var given = script.Invoke().Select(o => (object?)o).Select(Unwrap.One).ToList();
            if (given is [IConvertible and not string and not DateTime and not bool and not char] && Convert.ToDouble(given[0], CultureInfo.InvariantCulture) is var load && double.IsFinite(load)) return load;
        }
        catch (RuntimeException e)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"The script block of -LoadQuery failed: {e.Message}");
        }
        throw new EtlException(ErrorCode.BadInput, "The script block of -LoadQuery does not return one number.");
    }
}
