using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;

namespace EtlTableOps.Shadows;

/// <summary>
/// A shadow of the live table as it was. Either it stays so, and what was written since is left behind by declaration; or the feed begins at that moment and brings
/// it up to date. Which of the two is said by the user, because both can be meant and one of them leaves rows behind.
/// </summary>
internal static class PastState
{
    /// <summary>The change with a moment that means the same ever after, and what a person should know of it; refuses what cannot be read.</summary>
    public static async Task<(DeclaredChange Change, IReadOnlyList<string> Notes)> ResolveAsync(TableScope scope, NewShadowRequest request, CancellationToken token)
    {
        var change = request.Change;
        if (change.AsOf is not { } moment) return (change, []);
        var (session, live) = (scope.Session, scope.Live);
        var past = scope.Dialect.PastStates
            ?? throw new EtlException(ErrorCode.NotSupported, "A table as it was", $"{session.EngineName} keeps no former states of a table.", "Go back to a kept version with Undo-TableSwap, or bring the rows from a backup by -Query or an import.");
        if (change.Query is not null || change.StructureOnly)
            throw new EtlException(ErrorCode.BadInput, "A moment says from when the live table's rows are. A whole query says so by itself, and the bare structure has no rows.");
        if (request.Feed is not { } feed)
        {
            throw new EtlException(ErrorCode.BadInput, $"The live table as it was {moment}: shall it stay so? Say -Feed None (command line: --feed none) to leave behind what was written since, "
                + "or name a feed to bring it up to date from there.");
        }
        if (feed != FeedKind.None && moment.Statement is not null)
            throw new EtlException(ErrorCode.FeedNotPossible, feed, live.Name, "a feed begins at a time, and the moment is a statement.", "Give the time instead, or use -Feed None.");

        var now = (await session.QueryAsync(past.Now, r => Convert.ToInt64(r.GetValue(0), System.Globalization.CultureInfo.InvariantCulture), token).ConfigureAwait(false))[0];
        if (moment.Ago is { } ago) moment = moment with { Ago = null, Time = DateTimeOffset.UnixEpoch.AddTicks(now / 100) - ago };
        if (moment.Time > DateTimeOffset.UnixEpoch.AddTicks(now / 100).AddMilliseconds(1)) throw new EtlException(ErrorCode.BadInput, $"The moment ({moment}) lies in the future.");

        await RefuseUnreadableAsync(scope, past, moment, token).ConfigureAwait(false);
        var since = await CountAsync(session, past, live.Name, moment, token).ConfigureAwait(false);
        if (feed != FeedKind.None)
        {
            return since is { } behind
                ? (change with { AsOf = moment }, [$"Rows as they were {moment}; {behind} changes since then are brought over from there."])
                : throw new EtlException(ErrorCode.FeedNotPossible, feed, live.Name, $"its changes were not followed {moment}, so that nothing can bring the shadow up to date from there.", "Leave the moment out, or use -Feed None.");
        }
        var left = since is { } rows ? $"{rows} rows that were changed since" : "whatever was changed since (how much the database cannot say: it did not follow the table's changes then)";
        return (change with { AsOf = moment }, [$"Rows as they were {moment}. Left behind by declaration: {left}. A switch keeps them in the version, where they can be read."]);
    }

    private static async Task RefuseUnreadableAsync(TableScope scope, IPastStates past, PastMoment moment, CancellationToken token)
    {
        var live = scope.Live.Name;
        IReadOnlyList<Tables.Column> then;
        try
        {
            then = await scope.Session.DescribeQueryAsync(Sql.Write(scope.Dialect, $"SELECT * FROM {live} {past.At(moment)}"), token).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code is not (ErrorCode.ConnectionLost or ErrorCode.Cancelled))
        {
            throw new EtlException(ErrorCode.BadInput, e, $"{live} cannot be read as it was {moment}: {e.Cause} Its former states are kept for {scope.Live.UndropDays} days.");
        }
        var now = await scope.Session.DescribeQueryAsync(Sql.Write(scope.Dialect, $"SELECT * FROM {live}"), token).ConfigureAwait(false);
        if (!then.Select(c => (c.Name, c.Type)).SequenceEqual(now.Select(c => (c.Name, c.Type))))
            throw new EtlException(ErrorCode.BadInput, $"{live} had other columns {moment} ({string.Join(", ", then.Select(c => $"{c.Name} {c.Type}"))}). Take its rows of then by -Query, with the columns that it has now.");
    }

    private static async Task<long?> CountAsync(IEngineSession session, IPastStates past, Tables.TableName live, PastMoment moment, CancellationToken token)
    {
        try
        {
            return (await session.QueryAsync(past.CountChanges(live, moment), r => Convert.ToInt64(r.GetValue(0), System.Globalization.CultureInfo.InvariantCulture), token).ConfigureAwait(false))[0];
        }
        catch (EtlException e) when (e.Code == ErrorCode.StatementFailed)
        {
            return null;
        }
    }
}
