using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Shadows;

namespace EtlTableOps.Feeds;

/// <summary>What is asked of change logs, and how a feed's log is applied.</summary>
internal static class LogReader
{
    /// <summary>What a log holds now.</summary>
    public static async Task<LogState> ReadLogAsync(this IEngineSession session, ChangeLog log, CancellationToken token)
    {
        var rows = await session.QueryAsync(session.Dialect.ReadLog(log), r => new LogState(
            Number(r.GetValue(0)), Number(r.GetValue(1)), Number(r.GetValue(2)), Number(r.GetValue(3)) != 0) { Blind = Number(r.GetValue(3)) == 2, EmptiedAt = r.FieldCount > 4 ? Number(r.GetValue(4)) : 0 }, token).ConfigureAwait(false);
        return rows[0];
    }

    /// <summary>What a feed's log holds now; a broken one is an error.</summary>
    public static async Task<LogState> ReadFeedAsync(this IEngineSession session, ShadowBlueprint shadow, CancellationToken token)
    {
        var state = await session.ReadLogAsync(shadow.Feed! with { KeysUncounted = true }, token).ConfigureAwait(false);
        if (state.Broken)
            throw new EtlException(ErrorCode.FeedBroken, shadow.Live.Name, state.Blind ? LogState.BlindReason : "rows changed in a way that left no key to find them by") { SwapId = shadow.SwapId };
        return state;
    }

    /// <summary>
    /// The statements that bring the shadow up to a position of its feed, without the guard taking our own writes for somebody
    /// else's.
    /// </summary>
    public static IReadOnlyList<Sql> Drain(this IDialect dialect, ShadowBlueprint shadow, long upto) =>
    [
        .. dialect.SuspendLog(shadow.Guard),
        .. dialect.ApplyLog(shadow.Feed!, shadow).Select(s => s.With(new SqlParameter("upto", upto))),
        .. dialect.ResumeLog(shadow.Guard),
    ];

    private static long Number(object value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);
}
