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
    private const string StepName = "remove-shadow";
    private const string LogsName = "remove-logs";
    private const string EmptyName = "empty";

    /// <summary>Whether a step of a plan is one of those that remove a shadow.</summary>
    public static bool IsStep(PlanStep step) => step.Name is StepName or LogsName or EmptyName;

    public async Task<PreparedOperation<ShadowTable>> PrepareAsync(RemoveShadowRequest request, CancellationToken token)
    {
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.FindShadowAsync(token).ConfigureAwait(false)
                ?? throw new EtlException(ErrorCode.NoShadow, scope.Live.Name);
            var plan = new Plan("remove", scope.Live.Name, record.Id, await StepsAsync(scope.Session, record, token).ConfigureAwait(false))
            {
                Summary = $"Drop shadow table {record.Incoming} of {record.Live} ({record.State}) with its feed",
            };
            return new PreparedOperation<ShadowTable>(plan, t => RunAsync(record, t));
        }
    }

    /// <summary>The steps that remove what a swap made before its exchange.</summary>
    public static async Task<IReadOnlyList<PlanStep>> StepsAsync(IEngineSession session, SwapRecord record, CancellationToken token) =>
        Steps(session, record, await session.ReadShapeAsync(record.Incoming, token).ConfigureAwait(false));

    /// <summary>
    /// Removes what a swap made and marks it abandoned. A table under the shadow's name that is not ours is left alone.
    /// </summary>
    public static async Task<SwapRecord> AbandonAsync(TableScope scope, SwapRecord record, IRunObserver observer, CancellationToken token)
    {
        var table = await scope.Session.ReadShapeAsync(record.Incoming, token).ConfigureAwait(false);
        if (table is not null && !IsOurs(table, record))
            observer.OnEvent(new RunWarning(new EtlException(ErrorCode.NotOurs, record.Incoming).Message));

        var runner = new StepRunner(scope.Session, scope.Journal, observer, "remove", record.Id);
        foreach (var step in Steps(scope.Session, record, table))
        {
            // An attempt that a busy database rolls back is repeated from the same revision.
            var before = record;
            // A shadow without its logs, or with a part of its rows, is no shadow any more; whoever comes after an interruption goes on here.
            Func<Task>? within = step.Name switch
            {
                LogsName => () => UpdateAsync(before, SwapState.Building),
                StepName => () => UpdateAsync(before, SwapState.Abandoned),
                _ => null,
            };
            await runner.RunAsync(step, within, token).ConfigureAwait(false);
        }
        return record;

        async Task UpdateAsync(SwapRecord known, SwapState state) => record = await scope.Journal.UpdateAsync(known with
        {
            State = state,
            Details = known.Details with { FeedLog = null, HandingOver = false, GuardLog = null, ImportNotes = null, Importing = null },
        }, token).ConfigureAwait(false);
    }

    private static bool IsOurs(TableShape table, SwapRecord record) => table.Mark is { Role: MarkRole.Shadow } mark && mark.SwapId == record.Id;

    /// <summary>
    /// The feed, whose triggers are on the live table, comes last where all goes at once: a dead process's session, or the database's own upkeep, may
    /// still be at work on the shadow, and to wait for that with the live table locked would hold up everybody.
    /// </summary>
    private static List<PlanStep> Steps(IEngineSession session, SwapRecord record, TableShape? table)
    {
        var dialect = session.Dialect;
        var ours = table is not null && IsOurs(table, record);
        var own = new List<Sql>();
        if (record.Details.GuardLog is { } guard && (ours || table is null)) own.AddRange(dialect.RemoveLog(guard));
        if (record.State == SwapState.Building && !session.Capabilities.TransactionalDdl) own.AddRange(dialect.DropTable(ShadowBlueprint.NameOfUnmarked(record.Incoming, record.Id)));
        if (record.Details.ImportNotes is { } notes) own.AddRange(dialect.DropTable(notes.Log));
        IReadOnlyList<Sql> drop = ours || table is null ? dialect.DropTable(record.Incoming) : [];
        IReadOnlyList<Sql> feed = record.Details.FeedLog is { } log ? dialect.RemoveLog(log) : [];
        var title = $"Drop shadow table {record.Incoming} and its feed";
        return ours && dialect.EmptyTable(table!, SwitchRequest.DefaultStallBudget) is { } empty
            ? [new PlanStep(LogsName, $"Remove feed and guard of {record.Incoming}", [.. own, .. feed]), empty, new PlanStep(StepName, title, drop)]
            : [new PlanStep(StepName, title, [.. own, .. drop, .. feed])];
    }

    private async Task<ShadowTable> RunAsync(SwapRecord planned, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var scope = await TableScope.WorkAsync(database, planned.Live, "remove", token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            record = await AbandonAsync(scope, record, observer, token).ConfigureAwait(false);
            return ShadowBuilder.Describe(database, record, watch.Elapsed, 0, 0);
        }
    }
}
