using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;

namespace EtlTableOps.Snowflake;

/// <summary>
/// Finds in a failed opening what the server said. The driver wraps it several times, and says outside only that a session could not be
/// opened.
/// </summary>
internal static partial class SnowflakeOpening
{
    // The driver's own wrapper: "Unable to connect".
    private const int UnableToConnect = 270001;

    public static string Explain(Exception failure)
    {
        var chain = Chain(failure).ToList();
        var best = chain.LastOrDefault(e => e is DbException d && d.ErrorCode != UnableToConnect && d.Message.Length > 0)
            ?? chain.LastOrDefault(e => e is HttpRequestException)
            ?? chain.LastOrDefault(e => e is not (AggregateException or DbException or OperationCanceledException))
            ?? chain[^1];
        var said = Bare(best.Message).Split('\n')[0].Trim();
        if (best is OperationCanceledException) said = "the server gave no answer in time";
        return best is DbException { ErrorCode: > 0 } db && !said.Contains(db.ErrorCode.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) ? $"{said} ({db.ErrorCode:D6})" : said;
    }

    /// <summary>What the server said, without what the driver writes before and behind it.</summary>
    public static string Bare(string message) => Wrapped().Match(message) is { Success: true } match ? match.Groups["said"].Value.Trim() : message.Trim();

    [GeneratedRegex("^Error: (?<said>.*) SqlState: [^,]*, VendorCode: [0-9]*, QueryId:.*$", RegexOptions.Singleline)]
    private static partial Regex Wrapped();

    private static IEnumerable<Exception> Chain(Exception failure)
    {
        yield return failure;
        var inner = failure is AggregateException all ? all.InnerExceptions : failure.InnerException is { } one ? [one] : (IEnumerable<Exception>)[];
        foreach (var deeper in inner.SelectMany(Chain)) yield return deeper;
    }
}
