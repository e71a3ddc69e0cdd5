using System.Diagnostics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Switching;
using EtlTableOps.Tables;
using EtlTableOps.Versions;

namespace EtlTableOps.Shadows;

/// <summary>Builds a shadow table: declared change in, filled and indexed table out, with its feed running and its guard set.</summary>
internal sealed class ShadowBuilder(EtlDatabase database, IRunObserver observer)
{
    private const string Operation = "build";
    private const string JournalStep = "journal";

    public async Task<PreparedOperation<ShadowTable>> PrepareAsync(NewShadowRequest request, CancellationToken token)
    {
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var live = scope.Live;
            await scope.RefuseUnfinishedAsync(token).ConfigureAwait(false);
            if (live.Mark is not null)
                throw new EtlException(ErrorCode.NotATable, live.Name, $"a {live.Mark.Role.ToString().ToLowerInvariant()} table of this tool");
            OverwriteRules.RefuseUnsupported(scope.Session.Capabilities, request.Method);
            var resolver = new BlueprintResolver(scope.Session, live);
            var (change, past) = await PastState.ResolveAsync(scope, request, token).ConfigureAwait(false);
            request = request with { Change = change };
            var feed = ChooseFeed(request, scope.Session.Capabilities.Feeds, resolver, live);
            var choice = new FeedChoice(feed, request.FeedColumn, request.FeedOverlap, Logged: feed != FeedKind.Column);
            var id = SwapId.New();
            var maxBytes = scope.Session.Capabilities.MaxNameBytes;
            var shadow = request.ShadowName is { } name
                ? new TableName(live.Name.Schema, TableName.ParsePart(name, scope.Dialect.Folding))
                : live.Name.WithName(SwapId.WithSuffix(live.Name.Name, scope.Dialect.Folding == IdentifierFolding.Upper ? "_NEW" : "_new", maxBytes));
            if (shadow == live.Name) throw new EtlException(ErrorCode.BadInput, "The shadow cannot have the live table's name.");

            var blueprint = await resolver.ResolveAsync(
                id, shadow, request.Change, choice, SwapId.KeptNames(live, id, outgoing: false, maxBytes), request.Method, request.StallBudget, request.Sessions > 0 ? request.Sessions : 2, token).ConfigureAwait(false);
            if (blueprint.Window is { } window) await new ColumnFeedResolver(scope.Session, live).RefuseNullsAsync(window, token).ConfigureAwait(false);
            await BlueprintResolver.RefuseUnfitAsync(scope.Session, live, blueprint.Columns.ToDictionary(c => c.Name, c => c.Type, StringComparer.Ordinal), token).ConfigureAwait(false);
            if (request.Method == ExchangeMethod.Overwrite) await OverwriteRules.RefuseChangeAsync(scope.Session, live, blueprint.Columns, null, token).ConfigureAwait(false);
            var earlier = await RefuseOrReplaceAsync(scope, request, shadow, token).ConfigureAwait(false);
            var notes = await NotesAsync(scope, blueprint, feed, earlier, token).ConfigureAwait(false);
            IReadOnlyList<PlanStep> removal = earlier is null ? [] : await ShadowRemover.StepsAsync(scope.Session, earlier, token).ConfigureAwait(false);
            var prune = VersionKeeper.Open(await scope.SwapsAsync(token).ConfigureAwait(false)) is { } open && VersionKeeper.IsOver(open) ? VersionKeeper.PruneStep(scope.Dialect, open) : null;
            var plan = new Plan(Operation, live.Name, id, [.. prune is null ? Array.Empty<PlanStep>() : [prune], .. Steps(scope, blueprint, removal)])
            {
                Summary = $"Build shadow table {shadow} of {live.Name} ({string.Join("; ", request.Change.Describe())})",
                Notes = [.. past, .. notes],
            };
            return new PreparedOperation<ShadowTable>(plan, t => RunAsync(plan, request, blueprint, feed, earlier, t));
        }
    }

    private static FeedKind ChooseFeed(NewShadowRequest request, IReadOnlyList<FeedKind> feeds, BlueprintResolver resolver, TableShape live)
    {
        if (request.FeedColumn is null && (request.Feed == FeedKind.Column || request.FeedOverlap is not null))
            throw new EtlException(ErrorCode.BadInput, "A feed by a column needs the column: -FeedColumn names it.");
        if (request.FeedColumn is not null && request.Feed is not (null or FeedKind.Column))
            throw new EtlException(ErrorCode.BadInput, $"-FeedColumn belongs to -Feed Column; the {request.Feed} feed has no column.");
        if (request.FeedColumn is not null) request = request with { Feed = FeedKind.Column };
        var feed = request.Feed ?? feeds[0];
        if (feed == FeedKind.None || resolver.WhyNoFeed(feed, request.Change) is not { } reason) return feed;
        return request.Feed is null ? FeedKind.None : throw new EtlException(ErrorCode.FeedNotPossible, feed, live.Name, reason.Reason, reason.Remedy);
    }

    private static async Task<SwapRecord?> RefuseOrReplaceAsync(TableScope scope, NewShadowRequest request, TableName shadow, CancellationToken token)
    {
        var earlier = await scope.FindShadowAsync(token).ConfigureAwait(false);
        if (earlier is not null && !request.Force)
            throw new EtlException(ErrorCode.ShadowExists, scope.Live.Name, earlier.Incoming, earlier.State, earlier.User, earlier.Begun.ToString("u", System.Globalization.CultureInfo.InvariantCulture)) { SwapId = earlier.Id };
        if (earlier?.Incoming != shadow && await scope.Session.ReadShapeAsync(shadow, token).ConfigureAwait(false) is not null)
            throw new EtlException(ErrorCode.NameTaken, shadow);
        return earlier;
    }

    private static async Task<IReadOnlyList<string>> NotesAsync(TableScope scope, ShadowBlueprint blueprint, FeedKind feed, SwapRecord? earlier, CancellationToken token)
    {
        var live = blueprint.Live;
        var notes = new List<string>();
        if (earlier is not null) notes.Add($"The earlier shadow {earlier.Incoming} ({earlier.State}, swap {earlier.Id}) is dropped first.");
        notes.Add(feed switch
        {
            FeedKind.None => "No feed: the switch will refuse when rows of the live table were written after the test.",
            FeedKind.Column => $"Feed: column {blueprint.Window!.Column.Name} shows which rows of {live.Name} are new or changed. Deleted rows and updates that leave it alone it does not show: the test finds them by comparing, and installs the trigger log that the switch needs.",
            FeedKind.ChangeTracking => $"Feed: the database tracks the changes of {live.Name} from now on; they are found by {(blueprint.Feed!.Key.Count > 0 ? string.Join(", ", blueprint.Feed.Key.Select(c => c.Name)) : "no key, so that only added rows can be brought over")}.",
            _ => $"Feed: triggers on {live.Name} log the keys ({string.Join(", ", blueprint.Feed!.Key.Select(c => c.Name))}) of rows that change meanwhile.",
        });
        if (blueprint.Window is { } window)
        {
            notes.AddRange(window.Notes);
            if (!window.Indexed) notes.Add($"No index leads with column {window.Column.Name}: each pass of the feed reads the whole table{(window.SerialWriters ? ", and other writers wait for it" : "")}.");
        }
        notes.AddRange(scope.Dialect.BuildNotes(blueprint));
        notes.AddRange(live.Attachments
            .Where(a => a.Kind is AttachmentKind.Index or AttachmentKind.Check or AttachmentKind.Statistics or AttachmentKind.Key && a.Columns.Any(n => blueprint.Columns.All(c => c.From?.Name != n)))
            .Select(a => $"{a.Kind} {a.Name} goes with a dropped column, as it would with DROP COLUMN."));
        var free = await scope.Session.FreeBytesAsync(token).ConfigureAwait(false);
        if (live.Bytes > 0)
        {
            notes.Add($"Space: about {Human.Bytes(live.Bytes)} for the shadow{(free >= 0 ? $", {Human.Bytes(free)} are free" : "")}.");
            if (free >= 0 && free < live.Bytes) throw new EtlException(ErrorCode.NotEnoughSpace, live.Name, Human.Bytes(live.Bytes), Human.Bytes(free));
        }
        return notes;
    }

    private static List<PlanStep> Steps(TableScope scope, ShadowBlueprint blueprint, IReadOnlyList<PlanStep> removal)
    {
        var steps = new List<PlanStep>(removal);
        if (!scope.JournalExists) steps.Add(new PlanStep(JournalStep, "Create the journal", scope.Journal.CreateStatements()));
        if (blueprint.Feed is { } feed) steps.Add(new PlanStep("feed", "Start logging changes of the live table", scope.Dialect.InstallLog(feed)));
        steps.AddRange(scope.Dialect.BuildShadow(blueprint));
        steps.Add(new PlanStep("guard", "Guard the shadow against other writers", scope.Dialect.InstallLog(blueprint.Guard)));
        return steps;
    }

    private async Task<ShadowTable> RunAsync(Plan plan, NewShadowRequest request, ShadowBlueprint blueprint, FeedKind feed, SwapRecord? earlier, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var scope = await TableScope.WorkAsync(database, plan.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            if (TableFingerprint.Of(scope.Live) != TableFingerprint.Of(blueprint.Live))
                throw new EtlException(ErrorCode.LiveChanged, plan.Live, "its structure is not the one that was planned with", "Run the command again.");
            if (earlier is not null)
            {
                earlier = await scope.RereadAsync(earlier, token).ConfigureAwait(false);
                await ShadowRemover.AbandonAsync(scope, earlier, observer, token).ConfigureAwait(false);
            }
            else if (await scope.FindShadowAsync(token).ConfigureAwait(false) is { } other)
            {
                throw new EtlException(ErrorCode.ShadowExists, plan.Live, other.Incoming, other.State, other.User, other.Begun.ToString("u", System.Globalization.CultureInfo.InvariantCulture));
            }
            await new VersionKeeper(database, observer).EndLogAsync(scope, token).ConfigureAwait(false);
            if (plan.Steps.FirstOrDefault(s => s.Name == JournalStep) is { } create)
                await new StepRunner(scope.Session, scope.Journal, observer, Operation, plan.SwapId).RunAsync(create, token).ConfigureAwait(false);

            // The journal's line comes before the first object, so that whatever an interruption leaves is known.
            var record = await scope.Journal.InsertAsync(new SwapRecord
            {
                Id = plan.SwapId,
                Operation = SwapOperation.Switch,
                Live = plan.Live,
                Incoming = blueprint.Shadow,
                State = SwapState.Building,
                Details = new SwapDetails
                {
                    Method = request.Method,
                    Change = request.Change,
                    Feed = feed,
                    FeedColumn = blueprint.Window?.Column.Name,
                    FeedOverlap = blueprint.Window is null ? null : request.FeedOverlap,
                    FeedLog = blueprint.Feed,
                    GuardLog = blueprint.Guard,
                    IncomingNames = blueprint.KeptNames,
                },
            }, token).ConfigureAwait(false);
            try
            {
                return await BuildAsync(scope, plan, blueprint, record, earlier is not null, watch, token).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                await CleanUpAsync(scope, record, e).ConfigureAwait(false);
                throw;
            }
        }
    }

    private async Task<ShadowTable> BuildAsync(TableScope scope, Plan plan, ShadowBlueprint blueprint, SwapRecord record, bool removedEarlier, Stopwatch watch, CancellationToken token)
    {
        // Before the load: what its state does not show yet must not be below the feed's first position.
        var position = blueprint.Window is { } window ? await ColumnFeedReader.FirstAsync(scope.Session, blueprint.Live.Name, window, token).ConfigureAwait(false) : null;
        if (position is { From: null } && blueprint.Live.EstimatedRows != 0)
            observer.OnEvent(new RunNote("Transactions that began before the build are still under way, or cannot be seen: the feed's first pass reads the whole table."));
        var runner = new StepRunner(scope.Session, scope.Journal, observer, Operation, plan.SwapId) { TotalRows = blueprint.Where is null ? blueprint.Live.EstimatedRows : -1 };
        var rows = await runner.RunAsync(plan.Steps.Where(s => s.Name is not (JournalStep or VersionKeeper.PruneName) && !(removedEarlier && ShadowRemover.IsStep(s))), token).ConfigureAwait(false);
        var built = await scope.RequireTableAsync(blueprint.Shadow, token).ConfigureAwait(false);
        // What was cloned was not counted by any statement.
        if (rows == 0 && !blueprint.StructureOnly) rows = Math.Max(0, built.EstimatedRows);
        record = await scope.Journal.SaveAsync(record with
        {
            State = SwapState.Built,
            Details = record.Details with
            {
                Rows = rows,
                BuildSeconds = watch.Elapsed.TotalSeconds,
                FeedPosition = position?.ToString(),
                LiveFingerprint = TableFingerprint.Of(blueprint.Live),
                ShadowFingerprint = TableFingerprint.Of(built),
            },
        }, token).ConfigureAwait(false);
        return Describe(database, record, watch.Elapsed, rows, 0) with { Cost = await scope.Session.ReadCostAsync(observer, token).ConfigureAwait(false) };
    }

    /// <summary>A failed or cancelled build leaves nothing behind, as far as the connection still allows; Repair does the rest.</summary>
    private async Task CleanUpAsync(TableScope scope, SwapRecord record, Exception failure)
    {
        try
        {
            await ShadowRemover.AbandonAsync(scope, record with { Details = record.Details with { LastError = failure.Message } }, observer, CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException e)
        {
            if (failure is EtlException told) told.TellDurableChange();
            observer.OnEvent(new RunWarning($"The interrupted build could not be cleaned up ({e.Message}). Run Repair-TableSwap."));
        }
    }

    /// <summary>A shadow for the user, from its journal line.</summary>
    public static ShadowTable Describe(EtlDatabase database, SwapRecord record, TimeSpan elapsed, long rowsDone, long lag) => new()
    {
        Connection = database,
        Table = database.Show(record.Live),
        Shadow = database.Show(record.Incoming),
        SwapId = record.Id,
        State = record.State,
        Rows = record.Details.Rows,
        RowsImported = record.Details.Imports.Sum(i => Checks.ContentSum.Parse(i.Content).Rows),
        Elapsed = elapsed,
        RowsDone = rowsDone,
        Feed = record.Details.Feed,
        Lag = lag,
        Change = record.Details.Change,
    };
}
