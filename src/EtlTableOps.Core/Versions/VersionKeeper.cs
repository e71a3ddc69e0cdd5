using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Versions;

/// <summary>Lists kept versions and drops those that are not to be kept.</summary>
internal sealed class VersionKeeper(EtlDatabase database, IRunObserver observer)
{
    /// <summary>The name of the step that removes a log of later rows.</summary>
    public const string PruneName = "remove-log";

    private const string Operation = "retention";

    /// <summary>Kept versions, newest first.</summary>
    public async Task<IReadOnlyList<TableVersion>> ListAsync(string? table, CancellationToken token)
    {
        var session = await database.OpenSessionAsync(token).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var versions = new List<TableVersion>();
            var all = await SwapHistory.ReadAllAsync(session, table, token).ConfigureAwait(false);
            foreach (var record in all)
            {
                if (record is not { Version: VersionState.Kept, VersionTable: { } name }) continue;
                var since = all.Where(r => r.Live == record.Live && r.Details.SwitchedAt >= record.Details.SwitchedAt).ToList();
                var keeps = session.Dialect.LaterRows is not null && since.TrueForAll(r => r.Details.GuardLog is not null);
                versions.Add(Describe(record, await session.ReadShapeAsync(name, token).ConfigureAwait(false)) with
                {
                    KeepsLaterRows = keeps,
                    UndoableUntil = keeps ? since.MaxBy(r => r.Details.SwitchedAt)!.Details.UndoableUntil : null,
                });
            }
            return [.. versions.OrderByDescending(v => v.Retired)];
        }
    }

    public async Task<PreparedOperation<IReadOnlyList<TableVersion>>> PrepareRemovalAsync(RemoveVersionsRequest request, CancellationToken token)
    {
        if (request.Keep is null == request.Version is null)
            throw new EtlException(ErrorCode.BadInput, "Say either how many versions to keep or which one to drop.");
        if (request.Keep < 0) throw new EtlException(ErrorCode.BadInput, "The number of versions to keep cannot be below zero.");
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var chosen = request.Keep is { } keep
                ? await ChooseAsync(scope, keep, token).ConfigureAwait(false)
                : [await FindAsync(scope, request.Version!, token).ConfigureAwait(false)];
            var plan = new Plan(Operation, scope.Live.Name, chosen.Count > 0 ? chosen[0].Id : "", [.. await StepsAsync(scope, chosen, token).ConfigureAwait(false), .. PruneSteps(scope.Dialect, await scope.SwapsAsync(token).ConfigureAwait(false), chosen.Select(r => r.Id), null)])
            {
                Summary = chosen.Count == 0
                    ? $"Nothing to do: no version of {scope.Live.Name} is to be dropped"
                    : $"Drop {chosen.Count.ToString(CultureInfo.InvariantCulture)} kept version(s) of {scope.Live.Name}: {string.Join(", ", chosen.Select(r => r.VersionTable))}",
            };
            return new PreparedOperation<IReadOnlyList<TableVersion>>(plan, t => RunAsync(scope.Live.Name, chosen, t));
        }
    }

    /// <summary>Kept versions beyond the newest so many.</summary>
    public static async Task<IReadOnlyList<SwapRecord>> ChooseAsync(TableScope scope, int keep, CancellationToken token) =>
    [
        .. (await scope.SwapsAsync(token).ConfigureAwait(false))
            .Where(r => r.Version == VersionState.Kept)
            .OrderByDescending(r => r.Details.SwitchedAt)
            .Skip(keep),
    ];

    /// <summary>A kept version by its table's name or its swap's id.</summary>
    public static async Task<SwapRecord> FindAsync(TableScope scope, string version, CancellationToken token)
    {
        var name = TableName.Parse(version, scope.Dialect.Folding).Name;
        return (await scope.SwapsAsync(token).ConfigureAwait(false))
            // Our names hold capitals (a time of day), which an engine folds in a text without quotes; no two versions differ in case alone.
            .FirstOrDefault(r => r.Version == VersionState.Kept && (r.Id == version || string.Equals(r.VersionTable?.Name, name, StringComparison.OrdinalIgnoreCase)))
            ?? throw new EtlException(ErrorCode.NoVersion, scope.Live.Name, $" {version}");
    }

    /// <summary>The steps that drop versions.</summary>
    public static async Task<IReadOnlyList<PlanStep>> StepsAsync(TableScope scope, IEnumerable<SwapRecord> records, CancellationToken token)
    {
        var steps = new List<PlanStep>();
        foreach (var record in records)
        {
            if (Empty(scope.Dialect, await scope.Session.ReadShapeAsync(record.VersionTable!, token).ConfigureAwait(false)) is { } empty) steps.Add(empty);
            steps.Add(Step(scope.Dialect, record));
        }
        return steps;
    }

    /// <summary>Drops versions that carry our mark, and the logs that counted for them alone.</summary>
    public async Task<IReadOnlyList<SwapRecord>> RemoveAsync(TableScope scope, IReadOnlyList<SwapRecord> records, CancellationToken token)
    {
        var removed = new List<SwapRecord>();
        foreach (var record in records)
        {
            var table = await scope.Session.ReadShapeAsync(record.VersionTable!, token).ConfigureAwait(false);
            if (table is not null && !(table.Mark is { Role: MarkRole.Version } mark && mark.SwapId == record.Id))
            {
                observer.OnEvent(new RunWarning(new EtlException(ErrorCode.NotOurs, record.VersionTable).Message));
                continue;
            }
            // With a part of its rows it is no version any more: that it goes is written first, and the rest is work that a repair finds.
            var drop = Step(scope.Dialect, record);
            var going = await scope.Journal.SaveAsync(record with
            {
                Version = VersionState.Removed,
                Details = record.Details with { Pending = [.. record.Details.Pending, .. SwapFinisher.Pending([drop])] },
            }, token).ConfigureAwait(false);
            if (Empty(scope.Dialect, table) is { } empty) await new StepRunner(scope.Session, scope.Journal, observer, Operation, record.Id).RunAsync(empty, token).ConfigureAwait(false);
            removed.Add(await SwapFinisher.FinishAsync(scope, going, Operation, observer, token).ConfigureAwait(false));
        }
        await PruneLogsAsync(scope, token).ConfigureAwait(false);
        return removed;
    }

    /// <summary>
    /// Removes logs of rows written since an exchange once no version is left that they count for: a version counts all that was written since it was
    /// set aside, so a log serves every version that is as old as its exchange or older. The one that is still written to goes as well when its time is over.
    /// </summary>
    public async Task PruneLogsAsync(TableScope scope, CancellationToken token)
    {
        foreach (var record in Prunable(await scope.SwapsAsync(token).ConfigureAwait(false), [], null))
        {
            await new StepRunner(scope.Session, scope.Journal, observer, Operation, record.Id).RunAsync(PruneStep(scope.Dialect, record), token).ConfigureAwait(false);
            await scope.Journal.SaveAsync(record with { Details = record.Details with { GuardLog = null, LogEndedAt = IsOver(record) ? DateTime.UtcNow : null } }, token).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends the log of later rows when its time is over, as a part of other work: a table that is too busy for it is left to the next command.
    /// </summary>
    public async Task EndLogAsync(TableScope scope, CancellationToken token)
    {
        if (Open(await scope.SwapsAsync(token).ConfigureAwait(false)) is not { } open || !IsOver(open)) return;
        try
        {
            await PruneLogsAsync(scope, token).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code == ErrorCode.LockNotObtained)
        {
            observer.OnEvent(new RunWarning($"The log of rows written since the last switch of {scope.Live.Name} is no longer needed, and could not be ended yet: {e.Message}"));
        }
    }

    /// <summary>The table's last exchange, whose log of later rows is still written to; null for none.</summary>
    public static SwapRecord? Open(IEnumerable<SwapRecord> swaps) =>
        swaps.Where(r => r.Details.SwitchedAt is not null).MaxBy(r => r.Details.SwitchedAt) is { Details.GuardLog: not null } open ? open : null;

    /// <summary>Whether the time for which later rows were to be logged is over.</summary>
    public static bool IsOver(SwapRecord record) => record.Details.UndoableUntil < DateTime.UtcNow;

    /// <summary>The steps of <see cref="PruneLogsAsync"/> as they will be, for a plan.</summary>
    /// <param name="dialect">Writes the SQL.</param>
    /// <param name="swaps">The journal's swaps of the table.</param>
    /// <param name="going">Swaps whose versions will not be kept any more.</param>
    /// <param name="exchanged">When an exchange is to come before, that keeps a version more; null for none.</param>
    public static IReadOnlyList<PlanStep> PruneSteps(IDialect dialect, IReadOnlyList<SwapRecord> swaps, IEnumerable<string> going, DateTime? exchanged) =>
        [.. Prunable(swaps, going, exchanged).Select(r => PruneStep(dialect, r))];

    private static List<SwapRecord> Prunable(IReadOnlyList<SwapRecord> swaps, IEnumerable<string> going, DateTime? exchanged)
    {
        var gone = going.ToHashSet(StringComparer.Ordinal);
        var past = swaps.Where(r => r.Details.SwitchedAt is not null).ToList();
        var oldest = past.Where(r => r.Version == VersionState.Kept && !gone.Contains(r.Id)).Min(r => r.Details.SwitchedAt) ?? exchanged;
        var over = exchanged is null && Open(past) is { } open && IsOver(open) ? open : null;
        return past.FindAll(r => r.Details.GuardLog is not null && (oldest is null || r.Details.SwitchedAt < oldest || r == over));
    }

    /// <summary>Removes a log of later rows with its triggers.</summary>
    public static PlanStep PruneStep(IDialect dialect, SwapRecord record) =>
        new(PruneName, "Remove a log of later rows that no undo needs any more, or whose time is over", dialect.RemoveLog(record.Details.GuardLog! with { Watched = record.Live }));

    private static PlanStep? Empty(IDialect dialect, TableShape? table) => table is null ? null : dialect.EmptyTable(table, SwitchRequest.DefaultStallBudget);

    private static PlanStep Step(IDialect dialect, SwapRecord record) =>
        new("remove-version", $"Drop version {record.VersionTable}", dialect.DropTable(record.VersionTable!));

    private async Task<IReadOnlyList<TableVersion>> RunAsync(TableName live, IReadOnlyList<SwapRecord> chosen, CancellationToken token)
    {
        var scope = await TableScope.WorkAsync(database, live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var result = new List<TableVersion>();
            foreach (var planned in chosen)
            {
                var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
                var shape = await scope.Session.ReadShapeAsync(record.VersionTable!, token).ConfigureAwait(false);
                var removed = await RemoveAsync(scope, [record], token).ConfigureAwait(false);
                if (removed.Count > 0) result.Add(Describe(record, shape) with { Removed = true, RecoverableUntil = shape is { UndropDays: > 0 } ? DateTime.UtcNow.AddDays(shape.UndropDays) : null });
            }

            // A removal that was interrupted between a version and its log leaves the log without a version to choose.
            if (chosen.Count == 0) await PruneLogsAsync(scope, token).ConfigureAwait(false);
            return result;
        }
    }

    private TableVersion Describe(SwapRecord record, TableShape? shape)
    {
        var retired = record.Details.SwitchedAt ?? record.Changed;
        return new TableVersion
        {
            Connection = database,
            Table = database.Show(record.Live),
            Version = database.Show(record.VersionTable!),
            SwapId = record.Id,
            Retired = retired,
            Age = DateTime.UtcNow - retired,
            Rows = shape?.EstimatedRows ?? -1,
            Bytes = shape?.Bytes ?? -1,
        };
    }
}
