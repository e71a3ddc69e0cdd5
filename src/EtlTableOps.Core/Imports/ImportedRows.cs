using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Imports;

/// <summary>
/// Looks for rows that the live table wrote under the keys of imported rows. To bring one over would put it in the imported row's place, and nobody
/// declared that.
/// </summary>
internal static class ImportedRows
{
    /// <summary>How many such rows the feed holds up to a position, and the key of one of them.</summary>
    public static async Task<(long Rows, string? Example)> CountOverwrittenAsync(IEngineSession session, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint, long upto, CancellationToken token)
    {
        if (blueprint.Feed is not { } feed || record.Details.ImportNotes is not { } notes || session.Dialect.ImportNotes is not { } dialect) return default;
        var sql = dialect.CountOverwritten(notes, shadow, feed).With(new SqlParameter("upto", upto));
        return (await session.QueryAsync(sql, r => (Convert.ToInt64(r.GetValue(0), CultureInfo.InvariantCulture), r.IsDBNull(1) ? null : r.GetString(1)), token).ConfigureAwait(false))[0];
    }

    /// <summary>Refuses to bring changes over as far as a position when that would replace imported rows. For the transaction that brings them over.</summary>
    public static async Task RefuseOverwritingAsync(IEngineSession session, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint, long upto, CancellationToken token)
    {
        var (rows, example) = await CountOverwrittenAsync(session, record, shadow, blueprint, upto, token).ConfigureAwait(false);
        if (rows > 0) throw new EtlException(ErrorCode.ImportedKeyTaken, record.Live, rows, example) { SwapId = record.Id };
    }
}
