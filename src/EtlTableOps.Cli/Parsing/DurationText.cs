using System.Globalization;

namespace EtlTableOps.Cli.Parsing;

/// <summary>A length of time as people write it: <c>100ms</c>, <c>2s</c>, <c>1.5m</c>, <c>1h</c>, or <c>00:01:30</c>.</summary>
internal static class DurationText
{
    /// <summary>What the help says about it.</summary>
    public const string Form = "such as 100ms, 2s, 5m or 1h";

    private static readonly (string Unit, double Milliseconds)[] Units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

    /// <summary>Reads it; false when it is no positive length of time, or longer than a day.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var trimmed = text.Trim();
        foreach (var (unit, milliseconds) in Units)
        {
            if (!trimmed.EndsWith(unit, StringComparison.OrdinalIgnoreCase)) continue;
            if (!double.TryParse(trimmed[..^unit.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) continue;
            return Accept(number * milliseconds, out duration);
        }
        return trimmed.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(trimmed, CultureInfo.InvariantCulture, out var clock)
            && Accept(clock.TotalMilliseconds, out duration);
    }

    private static bool Accept(double milliseconds, out TimeSpan duration)
    {
        var fits = milliseconds is > 0 and <= 86_400_000;
        duration = fits ? TimeSpan.FromMilliseconds(milliseconds) : default;
        return fits;
    }
}
