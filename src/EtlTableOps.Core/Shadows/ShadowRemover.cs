using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Tables;

namespace EtlTableOps.Shadows;

/// <summary>Abandons a shadow: its feed, its guard and the table itself, if it is ours.</summary>
internal sealed class ShadowRemover(EtlDatabase database, IRunObserver observer)
{
    /// <summary>The name of the one step.</summary>
    public const string StepName = "remove-shadow";

    public async Task<PreparedOperation<ShadowTable>> PrepareAsync(RemoveShadowRequest request, CancellationToken token)
    {
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.FindShadowAsync(token).ConfigureAwait(false)
                ?? throw new EtlException(ErrorCode.NoShadow, scope.Live.Name);
            var plan = new Plan("remove", scope.Live.Name, record.Id, Steps(scope.Dialect, record))
            {
                Summary = $"Drop shadow table {record.Incoming} of {record.Live} ({record.State}) with its feed",
            };
            return new PreparedOperation<ShadowTable>(plan, t => RunAsync(record, t));
        }
    }

    /// <summary>The steps that remove what a swap made before its exchange.</summary>
    public static IReadOnlyList<PlanStep> Steps(IDialect dialect, SwapRecord record) => [Step(dialect, record, true, true)];

    /// <summary>
    /// The feed, whose triggers are on the live table, comes last: a dead process's session, or the database's own upkeep, may still be at work on the
    /// shadow, and to wait for that with the live table locked would hold up everybody.
    /// </summary>
    private static PlanStep Step(IDialect dialect, SwapRecord record, bool table, bool guard)
    {
        var statements = new List<Sql>();
        if (guard && record.Details.GuardLog is { } watching) statements.AddRange(dialect.RemoveLog(watching));
        if (record.Details.ImportNotes is { } notes) statements.AddRange(dialect.DropTable(notes.Log));
        if (table) statements.AddRange(dialect.DropTable(record.Incoming));
        if (record.Details.FeedLog is { } feed) statements.AddRange(dialect.RemoveLog(feed));
        return new PlanStep(StepName, $"Drop shadow table {record.Incoming} and its feed", statements);
    }

    /// <summary>
    /// Removes what a swap made and marks it abandoned. A table under the shadow's name that is not ours is left alone.
    /// </summary>
    public static async Task<SwapRecord> AbandonAsync(TableScope scope, SwapRecord record, IRunObserver observer, CancellationToken token)
    {
        var table = await scope.Session.ReadShapeAsync(record.Incoming, token).ConfigureAwait(false);
        var ours = table?.Mark is { Role: MarkRole.Shadow } mark && mark.SwapId == record.Id;
        if (table is not null && !ours)
            observer.OnEvent(new RunWarning(new EtlException(ErrorCode.NotOurs, record.Incoming).Message));

        var runner = new StepRunner(scope.Session, scope.Journal, observer, "remove", record.Id);
        var abandoned = record;
        await runner.RunAsync(Step(scope.Dialect, record, ours, ours || table is null), async () =>
        {
            abandoned = await scope.Journal.UpdateAsync(record with
            {
                State = SwapState.Abandoned,
                Details = record.Details with { FeedLog = null, GuardLog = null, ImportNotes = null, Importing = null },
            }, token).ConfigureAwait(false);
        }, token).ConfigureAwait(false);
        return abandoned;
    }

    private async Task<ShadowTable> RunAsync(SwapRecord planned, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var scope = await TableScope.WorkAsync(database, planned.Live, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            record = await AbandonAsync(scope, record, observer, token).ConfigureAwait(false);
            return ShadowBuilder.Describe(database, record, watch.Elapsed, 0, 0);
        }
    }
}
