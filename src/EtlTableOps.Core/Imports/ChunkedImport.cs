using System.Diagnostics;
using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Imports;

/// <summary>
/// An import in many transactions that is all or nothing all the same: the journal says that it has begun before the first row is in, nothing else may
/// be done with the shadow until it says that it has ended, and what fails or is cut off in between is taken out again by its notes.
/// </summary>
internal sealed class ChunkedImport(TableScope scope, IImportChunks dialect, IRunObserver observer)
{
    private const string Operation = "import";
    private const int FirstTakeBack = 10;

    /// <summary>A piece keeps others out for about half of what they may be made to wait.</summary>
    private static readonly TimeSpan Aim = SwitchRequest.DefaultStallBudget / 2;

    /// <summary>Imports, and returns the changed record with the rows that came in.</summary>
    /// <param name="record">The shadow's record.</param>
    /// <param name="shadow">The shadow.</param>
    /// <param name="blueprint">Its blueprint.</param>
    /// <param name="source">What is imported, for people.</param>
    /// <param name="shown">The statements for the journal.</param>
    /// <param name="load">Moves all rows into the writer.</param>
    /// <param name="columns">The columns that are given.</param>
    /// <param name="token">Cancels; what is in is taken out again.</param>
    public async Task<(SwapRecord Record, long Rows)> RunAsync(
        SwapRecord record, TableShape shadow, ShadowBlueprint blueprint, string source, IReadOnlyList<Sql> shown, IReadOnlyList<Column> columns, Func<IBulkWriter, Task<long>> load, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var notes = record.Details.ImportNotes ?? NotesOf(record, shadow);
        var number = record.Details.Imports.Count + 1L;
        record = await BeginAsync(record with { Details = record.Details with { ImportNotes = notes, Importing = new UnfinishedImport(source, number) } }, shadow, notes, token).ConfigureAwait(false);
        try
        {
            var writer = new ChunkedWriter(scope.Session, shadow, columns, blueprint.Guard, notes, number, Aim, dialect.Others);
            foreach (var sql in dialect.PrepareSession) await scope.Session.ExecuteAsync(sql, token).ConfigureAwait(false);
            var rows = 0L;
            await Beside.RunAsync(scope.Session, dialect.Meanwhile, observer, async () => rows = await load(writer).ConfigureAwait(false), token).ConfigureAwait(false);
            await CollectStatisticsAsync(shadow.Name, token).ConfigureAwait(false);
            var content = await scope.Session.ReadContentAsync(blueprint.ActualContent(scope.Dialect) with { From = null, Query = dialect.RowsOf(notes, shadow, number), ExceptLogged = null }, token).ConfigureAwait(false);
            var done = await Patience.WhileBusyAsync(scope.Session, () => EndAsync(record, source, shown, content, watch.Elapsed, token), token).ConfigureAwait(false);
            return (done, rows);
        }
        catch (Exception e)
        {
            await CleanUpAsync(record, shadow, blueprint.Guard, e).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The notes of a shadow's imports.</summary>
    public static ChangeLog NotesOf(SwapRecord record, TableShape shadow) =>
        new(shadow.Name, shadow.Name.WithName($"etltableops_import_{SwapId.Tail(record.Id)}"), record.Details.GuardLog?.Key ?? []);

    /// <summary>The step that takes an unfinished import out of a shadow.</summary>
    public static PlanStep TakeBackStep(IImportChunks dialect, SwapRecord record, TableShape shadow) =>
        new("take-back", $"Take the rows of the interrupted import of {record.Details.Importing!.Source} out of {record.Incoming}, little by little", dialect.TakeBack(record.Details.ImportNotes!, shadow));

    /// <summary>Takes the unfinished import of a shadow back; the shadow is as it was before, and so is what was proven of it.</summary>
    public async Task<SwapRecord> TakeBackAsync(SwapRecord record, TableShape? shadow, ChangeLog? guard, CancellationToken token)
    {
        if (shadow is not null && record.Details is { Importing: { } import, ImportNotes: { } notes })
        {
            var step = TakeBackStep(dialect, record, shadow);
            observer.OnEvent(new StepStarted(Operation, step.Name, step.Title));
            foreach (var sql in step.Statements) observer.OnEvent(new StatementRun(sql.Text));
            var watch = Stopwatch.StartNew();
            await CollectStatisticsAsync(shadow.Name, token).ConfigureAwait(false);
            var gaps = new Gaps(0.5, dialect.Others);
            var rows = 0L;
            for (var count = (double)FirstTakeBack; ;)
            {
                var from = watch.Elapsed;
                var take = (long)count;
                var (taken, left) = await Patience.WhileBusyAsync(scope.Session, () => TakeSomeAsync(step, import.Number, take, guard, token), token).ConfigureAwait(false);
                rows += taken;
                if (left == 0) break;
                var worked = watch.Elapsed - from;
                count = Math.Clamp(count * (Aim / worked), Math.Max(FirstTakeBack, count / 2), count * 2);
                await gaps.PauseAsync(scope.Session, worked, token).ConfigureAwait(false);
            }
            observer.OnEvent(new StepFinished(Operation, step.Name, step.Title, watch.Elapsed, rows));
        }
        return await scope.Journal.SaveAsync(record with { Details = record.Details with { Importing = null } }, token).ConfigureAwait(false);
    }

    private async Task<SwapRecord> BeginAsync(SwapRecord record, TableShape shadow, ChangeLog notes, CancellationToken token) =>
        await Patience.WhileBusyAsync(scope.Session, async () =>
        {
            var transaction = await scope.Session.BeginAsync(TransactionMode.Write, null, token).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                foreach (var sql in dialect.InstallNotes(notes, shadow)) await scope.Session.ExecuteAsync(sql, token).ConfigureAwait(false);
                var begun = await scope.Journal.UpdateAsync(record, token).ConfigureAwait(false);
                await transaction.CommitAsync(token).ConfigureAwait(false);
                return begun;
            }
        }, token).ConfigureAwait(false);

    private async Task CollectStatisticsAsync(TableName shadow, CancellationToken token)
    {
        foreach (var sql in dialect.CollectStatistics(shadow)) await Patience.WhileBusyAsync(scope.Session, () => scope.Session.ExecuteAsync(sql, token), token).ConfigureAwait(false);
    }

    private async Task<SwapRecord> EndAsync(SwapRecord record, string source, IReadOnlyList<Sql> shown, ContentSum content, TimeSpan elapsed, CancellationToken token)
    {
        var transaction = await scope.Session.BeginAsync(TransactionMode.Write, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var done = await scope.Journal.UpdateAsync(record.WithImport(source, content), token).ConfigureAwait(false);
            await scope.Journal.AppendAsync(record.Id, Operation, Operation, shown, content.Rows, elapsed, token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
            return done;
        }
    }

    private async Task<(long Taken, long Left)> TakeSomeAsync(PlanStep step, long import, long count, ChangeLog? guard, CancellationToken token)
    {
        var session = scope.Session;
        var transaction = await session.BeginAsync(TransactionMode.Write, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (guard is not null) foreach (var sql in scope.Dialect.SuspendLog(guard)) await session.ExecuteAsync(sql, token).ConfigureAwait(false);
            long taken = 0, left = 0;
            foreach (var sql in step.Statements)
            {
                taken += left;
                left = await session.ExecuteAsync(sql.With(new("import", import), new("count", count)), token).ConfigureAwait(false);
            }
            if (guard is not null) foreach (var sql in scope.Dialect.ResumeLog(guard)) await session.ExecuteAsync(sql, token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
            return (taken, left);
        }
    }

    private async Task CleanUpAsync(SwapRecord record, TableShape shadow, ChangeLog guard, Exception failure)
    {
        try
        {
            // The end may have been written although its commit was not heard of.
            var now = await scope.Journal.ReadAsync(record.Id, CancellationToken.None).ConfigureAwait(false);
            if (now?.Details.Importing is not null) await TakeBackAsync(now, shadow, guard, CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException e)
        {
            if (failure is EtlException told) told.TellDurableChange();
            observer.OnEvent(new RunWarning($"What came in could not be taken back ({e.Message}). Run Repair-TableSwap."));
        }
    }
}
