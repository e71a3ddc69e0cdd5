using System.Globalization;
using EtlTableOps.Errors;

namespace EtlTableOps.Observability;

/// <summary>Quantities as people write and read them; one way for all front ends. Always in the invariant culture.</summary>
public static class Human
{
    private static readonly string[] ByteUnits = ["B", "KB", "MB", "GB", "TB", "PB"];

    /// <summary>A size: <c>662 MB</c>; a dash when it is not known (below 0).</summary>
    public static string Bytes(long bytes)
    {
        if (bytes < 0) return "-";
        var value = (double)bytes;
        var unit = 0;
        while (value >= 1024 && unit < ByteUnits.Length - 1)
        {
            value /= 1024;
            unit++;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{value.ToString(value >= 100 || unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {ByteUnits[unit]}");
    }

    /// <summary>A number with separators: <c>1,200,000</c>; a dash when it is not known (below 0).</summary>
    public static string Count(long count) => count < 0 ? "-" : count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A time: <c>12 ms</c>, <c>3.4 s</c>, <c>2m 05s</c>, <c>3h 20m</c>, <c>4d 3h</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        var c = CultureInfo.InvariantCulture;
        if (time < TimeSpan.Zero) return "-";
        if (time < TimeSpan.FromMilliseconds(10)) return time.TotalMilliseconds.ToString("0.#", c) + " ms";
        if (time < TimeSpan.FromSeconds(1)) return time.TotalMilliseconds.ToString("0", c) + " ms";
        if (time < TimeSpan.FromMinutes(1)) return time.TotalSeconds.ToString("0.0", c) + " s";
        if (time < TimeSpan.FromHours(1)) return string.Create(c, $"{time.Minutes}m {time.Seconds:00}s");
        return time < TimeSpan.FromDays(1)
            ? string.Create(c, $"{time.Hours}h {time.Minutes:00}m")
            : string.Create(c, $"{(int)time.TotalDays}d {time.Hours}h");
    }

    /// <summary>
    /// Reads a time as people write it: <c>100ms</c>, <c>2s</c>, <c>5m</c>, <c>1h</c>, <c>1d</c>, or <c>00:05:00</c>. A number without
    /// a unit is seconds.
    /// </summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when the text is none, or less than nothing.</exception>
    public static TimeSpan ParseDuration(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var line = text.Trim();
        if (line.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(line, CultureInfo.InvariantCulture, out var span) && span >= TimeSpan.Zero) return span;
        var digits = line.AsSpan().TrimEnd("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ").Length;
        if (double.TryParse(line[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            var seconds = line[digits..].Trim().ToLowerInvariant() switch
            {
                "ms" => number / 1000,
                "" or "s" or "sec" => number,
                "m" or "min" => number * 60,
                "h" => number * 3600,
                "d" => number * 86400,
                _ => double.NaN,
            };
            if (seconds <= TimeSpan.MaxValue.TotalSeconds / 2) return TimeSpan.FromSeconds(seconds);
        }
        throw new EtlException(ErrorCode.BadInput, $"'{text}' is no time. Write it like 100ms, 2s, 5m, 1h or 00:05:00.");
    }
}
