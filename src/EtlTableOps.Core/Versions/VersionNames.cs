using EtlTableOps.Journal;
using EtlTableOps.Tables;

namespace EtlTableOps.Versions;

/// <summary>Names for tables that are set aside.</summary>
internal static class VersionNames
{
    /// <summary>
    /// A name that nothing has, and that no version of the journal ever had: by the time, and by the swap too when two exchanges fall into one
    /// second.
    /// </summary>
    public static async Task<TableName> FreeAsync(TableScope scope, string swapId, TableName? shown, CancellationToken token)
    {
        // What was shown and confirmed is what is run, also when the clock went on in between.
        if (shown is not null && await scope.Session.ReadShapeAsync(shown, token).ConfigureAwait(false) is null) return shown;
        var maxBytes = scope.Session.Capabilities.MaxNameBytes;
        var name = scope.Live.Name.WithName(SwapId.VersionName(scope.Live.Name.Name, scope.Dialect.Folding, maxBytes));
        var used = (await scope.SwapsAsync(token).ConfigureAwait(false)).Any(r => r.VersionTable == name);
        return !used && await scope.Session.ReadShapeAsync(name, token).ConfigureAwait(false) is null
            ? name
            : name.WithName(SwapId.WithSuffix(name.Name, "_" + (scope.Dialect.Folding == IdentifierFolding.Upper ? SwapId.Tail(swapId).ToUpperInvariant() : SwapId.Tail(swapId)), maxBytes));
    }
}
