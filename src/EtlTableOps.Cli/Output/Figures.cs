using System.Globalization;

namespace EtlTableOps.Cli.Output;

/// <summary>Numbers as people read them, the same on every machine.</summary>
internal static class Figures
{
    /// <summary>A count with its groups: <c>1,000,000</c>.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count of rows, or that it is not known.</summary>
    public static string Rows(long number) => number switch
    {
        < 0 => "rows not known",
        1 => "1 row",
        _ => Count(number) + " rows",
    };

    /// <summary>A length of time: <c>12 ms</c>, <c>3.4 s</c>, <c>2 min 05 s</c>, <c>1 h 12 min</c>, <c>3 d 4 h</c>.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms"),
        { TotalSeconds: < 100 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds:00} s"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h"),
    };

    /// <summary>Milliseconds: <c>0.8 ms</c>, <c>14 ms</c>.</summary>
    public static string Milliseconds(double milliseconds) =>
        milliseconds.ToString(milliseconds < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture) + " ms";

    /// <summary>A rate of rows.</summary>
    public static string Rate(double rowsPerSecond) => rowsPerSecond.ToString("N0", CultureInfo.InvariantCulture) + " rows/s";

    /// <summary>A size, or that it is not known.</summary>
    public static string Size(long bytes)
    {
        if (bytes < 0) return "not known";
        string[] units = ["B", "KB", "MB", "GB", "TB"];
        var size = (double)bytes;
        var unit = 0;
        while (size >= 1024 && unit < units.Length - 1)
        {
            size /= 1024;
            unit++;
        }
        return size.ToString(size < 10 && unit > 0 ? "0.0" : "N0", CultureInfo.InvariantCulture) + " " + units[unit];
    }

    /// <summary>A moment of the journal, UTC.</summary>
    public static string Moment(DateTime utc) => utc.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";
}
