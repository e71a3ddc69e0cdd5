using EtlTableOps.Feeds;
using EtlTableOps.Imports;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>Checks of what the logs say: that nobody wrote to the shadow, and that nothing of the live table's changes is lost.</summary>
internal static class LogChecks
{
    /// <summary>Runs them.</summary>
    public static async Task<IReadOnlyList<ShadowCheck>> RunAsync(TableScope scope, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint, CancellationToken token)
    {
        var guard = await scope.Session.ReadLogAsync(blueprint.Guard, token).ConfigureAwait(false);
        var untouched = guard.Untouched;
        List<ShadowCheck> checks =
        [
            new ShadowCheck("guard", untouched, "0 writes", guard.Blind ? "not watched all the time" : guard.Broken || guard.EmptiedAt > 0 ? "emptied at once" : $"{guard.Changes} writes",
                untouched ? "Nobody but this tool wrote to the shadow." : guard.Blind ? "The guard's triggers were disabled or dropped, so that nobody knows who wrote to the shadow." : "Somebody else wrote to the shadow after it was built."),
        ];
        if (blueprint.Feed is not { } feed) return checks;
        var state = await scope.Session.ReadLogAsync(feed, token).ConfigureAwait(false);
        checks.Add(new ShadowCheck("feed", !state.Broken, "whole", state.Broken ? "broken" : $"whole, {state.Changes} changes to come",
            state.Blind ? $"Changes of the live table were missed: {LogState.BlindReason}." : state.Broken ? "Rows of the live table changed in a way that left no key to find them by." : "Later changes of the live table are logged and are brought over before the names are exchanged."));
        if (record.Details.ImportNotes is null) return checks;
        var (rows, example) = await ImportedRows.CountOverwrittenAsync(scope.Session, record, shadow, blueprint, long.MaxValue, token).ConfigureAwait(false);
        checks.Add(new ShadowCheck("imported-keys", rows == 0, "0 rows", $"{rows} rows",
            rows == 0 ? "No later row of the live table has the key of an imported row." : $"The live table has written rows under keys of imported rows, for example {example}."));
        return checks;
    }
}
