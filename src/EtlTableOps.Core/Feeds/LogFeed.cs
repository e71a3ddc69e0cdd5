using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Journal;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Feeds;

/// <summary>A feed by a log of changed keys, or by the engine's own record of changes. Its position is the log itself: what is brought over is taken out of it.</summary>
internal sealed class LogFeed(IEngineSession session, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint) : IFeed
{
    private LogState last = new(0, 0, 0, false);

    public SwapRecord Record => record;

    public string Title => "Bring logged changes over";

    public IReadOnlyList<Sql> Shown => session.Dialect.Drain(blueprint, last.Position);

    public bool InPass => false;

    public string? HeldBack => null;

    public async Task<FeedState> ReadAsync(CancellationToken token)
    {
        last = await session.ReadFeedAsync(blueprint, token).ConfigureAwait(false);
        var age = last.Changes == 0 ? 0L : (await session.QueryAsync(session.Dialect.AgeOfLog(blueprint.Feed!), r => r.IsDBNull(0) ? (long?)null : Convert.ToInt64(r.GetValue(0), CultureInfo.InvariantCulture), token).ConfigureAwait(false))[0];
        return new FeedState(last.Changes, age is { } known ? TimeSpan.FromMicroseconds(Math.Max(0, known / 1000)) : null, last.Changes > 0);
    }

    public async Task<long> BringAsync(FeedState state, long changes, TimeSpan? patience, CancellationToken token)
    {
        var take = session.Capabilities.CountedPositions ? Math.Min(changes, last.Changes) : last.Changes;
        for (var upto = take == last.Changes ? last.Position : last.Position - last.Changes + take; ;)
        {
            try
            {
                return await BringAsync(take, upto, patience, token).ConfigureAwait(false);
            }
            catch (EtlException e) when (session.Capabilities.CountedPositions && upto != long.MaxValue && session.Classify(e) == FailureKind.BadData)
            {
                // Rows are taken as they are now. One may have taken over a value (of another unique key) from a row whose change stands further behind, or was logged since: with
                // that one in the same batch it fits. All that is logged always does, unless the change itself does not.
                take = Math.Min(take * 4, last.Changes);
                upto = take == last.Changes ? long.MaxValue : last.Position - last.Changes + take;
            }
        }
    }

    private Task<long> BringAsync(long take, long upto, TimeSpan? patience, CancellationToken token)
    {
        return Patience.WhileBusyAsync(session, async () =>
        {
            var transaction = await session.BeginAsync(TransactionMode.SnapshotWrite, null, token).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await ImportedRows.RefuseOverwritingAsync(session, record, shadow, blueprint, upto, token).ConfigureAwait(false);
                await session.ExecuteAllAsync(session.Dialect.Drain(blueprint, upto), token).ConfigureAwait(false);
                await transaction.CommitAsync(token).ConfigureAwait(false);
                await session.ExecuteAllAsync(session.Dialect.SettleLog(blueprint.Guard), CancellationToken.None).ConfigureAwait(false);
                return take;
            }
        }, token, patience);
    }
}
