using System.Globalization;
using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.Checks;

/// <summary>How far two values of a column may be apart and still count as equal.</summary>
/// <param name="Column">The column.</param>
/// <param name="Kind">How it is measured.</param>
/// <param name="Amount">How much: a number, a share (0.01 for one percent), or seconds.</param>
public sealed record Tolerance(string Column, ToleranceKind Kind, decimal Amount)
{
    /// <summary>What calculations in another order differ by: twelve digits are equal.</summary>
    public const decimal Noise = 1e-12m;

    /// <summary>
    /// Reads what a user writes for a column: a number (<c>0.01</c>), a share (<c>1%</c>), a time (<c>1s</c>, <c>500ms</c>, <c>1d</c>), or <c>noise</c> for what
    /// floating-point numbers differ by when they are calculated in another order (twelve digits equal).
    /// </summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when it is none of these.</exception>
    public static Tolerance Parse(string column, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (string.IsNullOrWhiteSpace(column)) throw new EtlException(ErrorCode.BadInput, $"The tolerance '{text}' names no column. Write it like amount=0.01.");
        var given = text.Trim();
        if (given.Equals("noise", StringComparison.OrdinalIgnoreCase)) return new Tolerance(column.Trim(), ToleranceKind.Relative, Noise);
        var share = given.EndsWith('%');
        if (decimal.TryParse(share ? given[..^1] : given, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number))
            return new Tolerance(column.Trim(), share ? ToleranceKind.Relative : ToleranceKind.Absolute, share ? number / 100 : number);
        try
        {
            return new Tolerance(column.Trim(), ToleranceKind.Time, (decimal)Human.ParseDuration(given).TotalSeconds);
        }
        catch (EtlException e)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"'{text}' is no tolerance for column {column}. Write a number (0.01), a share (1%), a time (1s) or noise.");
        }
    }

    /// <summary>Reads <c>column=amount</c>.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when it is none.</exception>
    public static Tolerance Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.LastIndexOf('=');
        return at > 0 ? Parse(text[..at], text[(at + 1)..]) : throw new EtlException(ErrorCode.BadInput, $"'{text}' is no tolerance. Write a column and how far apart: amount=0.01, score=1%, event_ts=1s, score=noise.");
    }

    /// <summary>Whether two values, as canonical texts, are no further apart. Null is equal to null alone, and what is no number or time to nothing but itself.</summary>
    public bool Allows(string? expected, string? actual)
    {
        if (string.Equals(expected, actual, StringComparison.Ordinal)) return true;
        if (expected is null || actual is null) return false;
        if (Kind == ToleranceKind.Time) return Ticks(expected) is { } e && Ticks(actual) is { } a && Math.Abs(e - a) <= Amount;
        if (decimal.TryParse(expected, NumberStyles.Number, CultureInfo.InvariantCulture, out var first) && Fits(expected) && decimal.TryParse(actual, NumberStyles.Number, CultureInfo.InvariantCulture, out var second) && Fits(actual))
        {
            try
            {
                return Math.Abs(first - second) <= (Kind == ToleranceKind.Relative ? Amount * Math.Max(Math.Abs(first), Math.Abs(second)) : Amount);
            }
            catch (OverflowException)
            {
                // Too far apart for the exact way, or too big: the other way knows.
            }
        }
        return double.TryParse(expected, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.TryParse(actual, NumberStyles.Float, CultureInfo.InvariantCulture, out var y)
            && double.IsFinite(x) && double.IsFinite(y)
            && Math.Abs(x - y) <= (Kind == ToleranceKind.Relative ? (double)Amount * Math.Max(Math.Abs(x), Math.Abs(y)) : (double)Amount);
    }

    /// <summary>For people: <c>amount within 0.01</c>, <c>score within 1 %</c>, <c>event_ts within 1.0 s</c>.</summary>
    public override string ToString() => Column + " within " + Kind switch
    {
        ToleranceKind.Relative when Amount == Noise => "floating-point noise (12 digits equal)",
        ToleranceKind.Relative => (Amount * 100).ToString("0.############################", CultureInfo.InvariantCulture) + " %",
        ToleranceKind.Time => Human.Duration(TimeSpan.FromSeconds((double)Amount)),
        _ => Amount.ToString("0.############################", CultureInfo.InvariantCulture),
    };

    // A decimal holds 28 digits; it would round what has more.
    private static bool Fits(string text) => text.Length <= 28;

    /// <summary>Seconds of a canonical time.</summary>
    private static decimal? Ticks(string text)
    {
        var at = text.LastIndexOf('.');
        var (whole, fraction) = at > 0 ? (text[..at], text[(at + 1)..].TrimEnd('Z')) : (text, "0");
        if (!decimal.TryParse("0." + fraction, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var part)) return null;
        return DateTime.TryParseExact(whole, ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.NoCurrentDateDefault, out var time)
            ? (time.Ticks / (decimal)TimeSpan.TicksPerSecond) + part
            : null;
    }
}

/// <summary>How a tolerance is measured.</summary>
public enum ToleranceKind
{
    /// <summary>By the difference.</summary>
    Absolute,
    /// <summary>By the difference against the greater of both.</summary>
    Relative,
    /// <summary>By the time between them.</summary>
    Time,
}
