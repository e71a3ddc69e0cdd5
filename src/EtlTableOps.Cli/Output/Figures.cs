using System.Globalization;
using EtlTableOps.Observability;

namespace EtlTableOps.Cli.Output;

/// <summary>Numbers as people read them, the same on every machine.</summary>
internal static class Figures
{
    /// <summary>A count of rows, or that it is not known.</summary>
    public static string Rows(long number) => number switch
    {
        < 0 => "rows not known",
        1 => "1 row",
        _ => Human.Count(number) + " rows",
    };

    /// <summary>Milliseconds: <c>0.8 ms</c>, <c>14 ms</c>.</summary>
    public static string Milliseconds(double milliseconds) =>
        milliseconds.ToString(milliseconds < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture) + " ms";

    /// <summary>A rate of rows.</summary>
    public static string Rate(double rowsPerSecond) => rowsPerSecond.ToString("N0", CultureInfo.InvariantCulture) + " rows/s";

    /// <summary>A moment of the journal, UTC.</summary>
    public static string Moment(DateTime utc) => utc.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";
}
