using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Feeds;

/// <summary>
/// Puts the trigger log in a column's place. What a column does not show (deleted rows, other keys, updates that leave it alone) can only be found by comparing both tables, and the switch
/// needs a feed that is exact from that comparison on. So the test installs the log first, brings the window over, compares what is not logged since, and keeps the log
/// if nothing differs. Until then the log is there on approval, and the journal says so.
/// </summary>
internal static class HandOver
{
    private const string TakeBackName = "remove-feed-log";

    /// <summary>Whether a log is on the live table that no test has approved, because one is at work or was interrupted.</summary>
    public static bool IsUnderWay(SwapRecord record) => record is { State: SwapState.Built or SwapState.Proven or SwapState.Refuted, Details: { HandingOver: true, FeedLog: not null } };

    /// <summary>The step that installs the log; nothing where an interrupted test has left it, which has logged all the while.</summary>
    public static IReadOnlyList<PlanStep> Steps(IDialect dialect, SwapRecord record, TableShape live) => record.Details.FeedLog is null
        ? [new PlanStep("feed-log", "Start logging changes of the live table", dialect.InstallLog(Log(record, live)))]
        : [];

    /// <summary>Installs the log and brings over what the column shows.</summary>
    public static async Task<SwapRecord> BeginAsync(TableScope scope, SwapRecord record, ShadowBlueprint blueprint, string operation, IRunObserver observer, CancellationToken token)
    {
        try
        {
            // Its lock is granted when no writer is at work: whatever is not logged is committed by then, and in the window or for the comparison to find.
            foreach (var step in Steps(scope.Dialect, record, scope.Live))
            {
                var before = record;
                await Runner(scope, record, operation, observer).RunAsync(step, async () => record = await scope.Journal.UpdateAsync(before with
                {
                    Details = before.Details with { FeedLog = Log(before, scope.Live), HandingOver = true },
                }, token).ConfigureAwait(false), token).ConfigureAwait(false);
            }
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            var feed = ShadowFeeds.Open(scope, record, shadow, blueprint);
            await ShadowSynchronizer.CatchUpAsync(scope, feed, blueprint, observer, token).ConfigureAwait(false);
            return feed.Record;
        }
        catch (Exception e)
        {
            await TakeBackAfterAsync(e, record.Live, observer, async () =>
            {
                if (await scope.Journal.ReadAsync(record.Id, CancellationToken.None).ConfigureAwait(false) is { } left && IsUnderWay(left))
                    await TakeBackAsync(scope, left, operation, observer, CancellationToken.None).ConfigureAwait(false);
            }).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A test that did not come to its end leaves no log on the live table, as far as the connection still allows; a repair does the rest.</summary>
    public static async Task TakeBackAfterAsync(Exception failure, TableName live, IRunObserver observer, Func<Task> takeBack)
    {
        try
        {
            await takeBack().ConfigureAwait(false);
        }
        catch (EtlException e)
        {
            if (failure is EtlException told) told.TellDurableChange();
            observer.OnEvent(new RunWarning($"The log of the interrupted test could not be taken off {live} ({e.Message}). Run Repair-TableSwap."));
        }
    }

    /// <summary>The step that takes the log off the live table.</summary>
    public static PlanStep TakeBackStep(IDialect dialect, SwapRecord record) => new(TakeBackName, "Take the log off the live table", dialect.RemoveLog(record.Details.FeedLog!));

    /// <summary>Takes the log off the live table; the column goes on feeding.</summary>
    public static async Task<SwapRecord> TakeBackAsync(TableScope scope, SwapRecord record, string operation, IRunObserver observer, CancellationToken token)
    {
        var before = record;
        await Runner(scope, record, operation, observer).RunAsync(TakeBackStep(scope.Dialect, record), async () => record = await scope.Journal.UpdateAsync(before with
        {
            Details = before.Details with { FeedLog = null, HandingOver = false },
        }, token).ConfigureAwait(false), token).ConfigureAwait(false);
        return record;
    }

    private static ChangeLog Log(SwapRecord record, TableShape live) => BlueprintResolver.FeedLog(live, record.Id);

    private static StepRunner Runner(TableScope scope, SwapRecord record, string operation, IRunObserver observer) => new(scope.Session, scope.Journal, observer, operation, record.Id);
}
