using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;

namespace EtlTableOps.Switching;

/// <summary>
/// What comes after the names are exchanged: constraints validated, the outcome compared with what was there before. It is done by the switch, or by a
/// repair when the switch was interrupted there; every part can be repeated.
/// </summary>
internal static class SwapFinisher
{
    /// <summary>The steps as the journal keeps them until they are done.</summary>
    public static IReadOnlyList<PendingStep> Pending(IEnumerable<PlanStep> after) =>
        [.. after.Select(s => new PendingStep(s.Name, s.Title, [.. s.Statements.SelectMany(q => q.All).Select(q => q.Text)]) { Strict = s.Strict })];

    /// <summary>What the journal keeps, as steps again.</summary>
    public static IReadOnlyList<PlanStep> Steps(SwapRecord record) =>
        [.. record.Details.Pending.Select(Step)];

    private static PlanStep Step(PendingStep step) => new(step.Name, step.Title, [.. step.Statements.Select(s => new Sql(s))]) { Strict = step.Strict };

    /// <summary>
    /// A swap that was announced and not done, as it was before: a shadow is still proven, an undo is still to be done. What was made for the exchange already is to be taken back.
    /// </summary>
    public static SwapRecord NotDone(SwapRecord record) => record with
    {
        State = record.Operation == SwapOperation.Switch ? SwapState.Proven : SwapState.Building,
        VersionTable = null,
        Details = record.Details with { Pending = record.Details.TakeBack, TakeBack = [], OutgoingNames = [] },
    };

    /// <summary>Does what the record says is still to be done.</summary>
    public static Task<SwapRecord> FinishAsync(TableScope scope, SwapRecord record, string operation, IRunObserver observer, CancellationToken token) =>
        FinishAsync(scope.Session, scope.Journal, record, operation, observer, token);

    /// <summary>The same in a session of the caller's.</summary>
    public static async Task<SwapRecord> FinishAsync(IEngineSession session, JournalStore journal, SwapRecord record, string operation, IRunObserver observer, CancellationToken token)
    {
        var runner = new StepRunner(session, journal, observer, operation, record.Id)
        {
            // A step of DDL may have been done in part before an interruption, where DDL takes part in no transaction.
            TakesDoneAsDone = !session.Capabilities.TransactionalDdl,
        };
        while (record.Details.Pending.Count > 0)
        {
            await runner.RunAsync(Step(record.Details.Pending[0]), token).ConfigureAwait(false);
            record = await journal.SaveAsync(record with { Details = record.Details with { Pending = [.. record.Details.Pending.Skip(1)] } }, token).ConfigureAwait(false);
        }
        return record;
    }

    /// <summary>Runs something after a done exchange; whatever fails there is reported as pending, because the exchange stands.</summary>
    public static async Task<T> AfterExchangeAsync<T>(SwapRecord record, Func<Task<T>> rest)
    {
        try
        {
            return await rest().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw new EtlException(ErrorCode.CleanUpPending, e, record.Live, e.Message) { DurableChangeMade = true, SwapId = record.Id };
        }
    }

    /// <summary>A swap for the user, from its journal line.</summary>
    public static TableSwap Describe(EtlDatabase database, SwapRecord record, TimeSpan elapsed = default) => new()
    {
        Connection = database,
        SwapId = record.Id,
        Table = database.Show(record.Live),
        Operation = record.Operation,
        Method = record.Details.Method,
        State = record.State,
        Incoming = database.Show(record.Incoming),
        Version = record.VersionTable is { } version ? database.Show(version) : null,
        VersionState = record.Version,
        Begun = record.Begun,
        Changed = record.Changed,
        User = record.User,
        Host = record.Host,
        Stall = record.Details.Stall,
        UndoableUntil = record.Details.GuardLog is null ? null : record.Details.UndoableUntil,
        Differences = record.Details.Differences,
        RowsLeftBehind = record.Details.RowsLeftBehind,
        RowsKept = record.Details.RowsKept,
        LeftBehindIn = record.Details.LeftBehindIn is { } aside ? database.Show(aside) : null,
        Pending = [.. record.Details.Pending.Select(p => p.Name)],
        Change = record.Details.Change,
        Elapsed = elapsed,
    };
}
