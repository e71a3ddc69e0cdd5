using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Switching;

/// <summary>
/// What must be true for the live table to get another table's rows in its place, so that it is refused before anything is built or changed: the columns that are there
/// stay as they are, and whoever writes sees every row.
/// </summary>
internal static class OverwriteRules
{
    private const string UseSwap = "Leave -Method Overwrite away (command line: --method overwrite): a swap of names takes such a change.";

    /// <summary>Refuses a way that the engine does not have.</summary>
    public static void RefuseUnsupported(EngineCapabilities capabilities, ExchangeMethod method)
    {
        if (!capabilities.Methods.Contains(method))
            throw new EtlException(ErrorCode.NotSupported, $"-Method {method}", "this engine exchanges tables by their names alone.", $"Use -Method {capabilities.Methods[0]}, or leave -Method away: the exchange is one transaction here, and what hangs on the table follows the name.");
    }

    /// <summary>Refuses a declared change that the live table cannot take while it stays the object that it is.</summary>
    /// <param name="session">Asks.</param>
    /// <param name="live">The live table.</param>
    /// <param name="columns">The shadow's columns.</param>
    /// <param name="shadow">The shadow; null before it is built.</param>
    /// <param name="token">Cancels the asking.</param>
    public static async Task RefuseChangeAsync(IEngineSession session, TableShape live, IReadOnlyList<ShadowColumn> columns, TableShape? shadow, CancellationToken token)
    {
        foreach (var column in live.Columns)
        {
            var kept = columns.FirstOrDefault(c => c.From?.Name == column.Name);
            if (kept is null) throw Refusal($"Dropped column {column.Name}", "the live table keeps its columns when its rows are overwritten.", UseSwap);
            if (kept.Type != column.Type) throw Refusal($"Retyped column {column.Name}", "the live table keeps its columns' types when its rows are overwritten.", UseSwap);
        }
        var added = columns.Where(c => c.From is null).ToList();
        foreach (var column in added.Where(c => !c.Nullable && c.Default is null))
            throw Refusal($"Added column {column.Name}", "it takes no null and has no default, and it is added to a live table that has rows and is written to.", "Give it a default, or leave NOT NULL away; a swap of names takes it as it is.");
        if (added.Count > 0 && live.Attachments.FirstOrDefault(a => a.Kind == AttachmentKind.Owner) is { CannotFollow: not null } owner)
            throw Refusal($"Added column {added[0].Name}", $"only the owner of the live table may add a column to it, and that is {owner.Name}.", owner.Remedy ?? "Connect as the owner.");
        await RefuseEngineAsync(session, live, shadow, token).ConfigureAwait(false);
    }

    /// <summary>Refuses a version that the live table cannot be made to be again in place.</summary>
    public static async Task RefuseVersionAsync(IEngineSession session, TableShape live, TableShape version, CancellationToken token)
    {
        const string copy = "Copy the rows out of the version by hand, or build a shadow from it with -Query and switch by a swap of names.";
        foreach (var column in version.Columns)
        {
            var there = live.Columns.FirstOrDefault(c => c.Name == column.Name)
                ?? throw Refusal($"Column {column.Name} of version {version.Name}", "the live table has it no more, and keeps its columns when its rows are overwritten.", copy);
            if (there.Type != column.Type) throw Refusal($"Column {column.Name} of version {version.Name}", $"the live table has it as {there.Type}, the version as {column.Type}.", copy);
        }
        foreach (var added in live.Columns.Where(c => version.Columns.All(v => v.Name != c.Name)))
        {
            if (!added.Nullable && added.Default is null)
                throw Refusal($"Column {added.Name}", $"version {version.Name} has no values for it, and it takes no null.", $"ALTER TABLE … ALTER COLUMN … DROP NOT NULL first.");
            if (live.Attachments.FirstOrDefault(a => a.Columns.Contains(added.Name)) is { } user)
                throw Refusal($"{user.Kind} {user.Name}", $"it uses column {added.Name}, which version {version.Name} has not, so that the column is dropped.", "Drop it or take it off the column before going back.");
        }
        await RefuseEngineAsync(session, live, version, token).ConfigureAwait(false);
    }

    /// <summary>What overwriting means for whoever reads or writes meanwhile, and for what hangs on the table.</summary>
    public static IEnumerable<string> Notes(ExchangeBlueprint exchange)
    {
        if (exchange.Method != ExchangeMethod.Overwrite) yield break;
        yield return $"All rows of {exchange.Live.Name} are written once more, in one statement. Readers see the former rows until it is done; others' UPDATE, DELETE and MERGE wait for it, whatever the stall budget.";
        var added = exchange.Incoming.Columns.Where(c => exchange.Live.FindColumn(c.Name) is null).Select(c => c.Name).ToList();
        if (added.Count > 0) yield return $"Added to the live table just before: {string.Join(", ", added)}. Until its rows are overwritten, readers see no value there but the default.";
        var dropped = exchange.Live.Columns.Where(c => exchange.Incoming.FindColumn(c.Name) is null).Select(c => c.Name).ToList();
        if (dropped.Count > 0) yield return $"Dropped from the live table just after: {string.Join(", ", dropped)}. Their values stay in {exchange.Version}.";
        foreach (var attachment in exchange.Live.Attachments.Where(a => a.AtOverwrite is not null)) yield return $"{attachment.Kind} {attachment.Name}: {attachment.AtOverwrite}";
    }

    private static async Task RefuseEngineAsync(IEngineSession session, TableShape live, TableShape? incoming, CancellationToken token)
    {
        if (session.Dialect.WhyNoOverwrite(live, incoming) is { } reason) throw Refusal(reason.What, reason.Reason, reason.Remedy);
        if (session.Dialect.OverwriteRights(live) is not { } question) return;
        try
        {
            await session.QueryAsync(question, _ => 0, token).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code == ErrorCode.NotPermitted)
        {
            throw new EtlException(ErrorCode.NotPermitted, e, session.Info.User, e.Cause, $"Grant SELECT, INSERT and DELETE on {live.Name} to the role that is connected with.");
        }
    }

    private static EtlException Refusal(string what, string reason, string remedy) => new(ErrorCode.CannotCarryOver, what, reason, remedy);
}
