using System.Globalization;

namespace EtlTableOps.Checks.Custom;

/// <summary>What a check found, before it is judged.</summary>
/// <param name="Value">The number that thresholds are of: rows that break it, or the figure itself.</param>
/// <param name="Breaks">Whether it breaks the rule, where no threshold says otherwise.</param>
/// <param name="Expected">What was asked for.</param>
/// <param name="Found">What is there.</param>
/// <param name="Message">What that means.</param>
internal sealed record CheckFinding(double Value, bool Breaks, string Expected, string Found, string Message)
{
    /// <summary>Whether it is to be told although nothing fails: of two rules the weaker one was broken.</summary>
    public bool Warns { get; init; }

    /// <summary>A number of rows that break a rule.</summary>
    public static CheckFinding OfRows(long rows, string rule, string what = "row") => new(rows, rows > 0, "0 " + what + "s", Count(rows, what), rows == 0 ? rule : $"{Count(rows, what)} break{(rows == 1 ? "s" : "")} it: {rule}");

    /// <summary>The verdict, by dbt's rule: with severity error the threshold of an error is looked at first, then that of a warning; with severity warn that of a warning alone.</summary>
    public (bool Failed, bool Warned) Judge(CheckDefinition check)
    {
        var failed = check.Severity == CheckSeverity.Error && (check.ErrorIf?.Holds(Value) ?? Breaks);
        var warned = !failed && (Warns || (check.WarnIf?.Holds(Value) ?? Breaks));
        return (failed, warned);
    }

    /// <summary>What was asked for, with the thresholds.</summary>
    public string Wanted(CheckDefinition check) =>
        check.ErrorIf is null && check.WarnIf is null ? Expected : string.Join(", ", new[] { check.ErrorIf is { } e ? $"error if {e}" : null, check.WarnIf is { } w ? $"warning if {w}" : null }.OfType<string>());

    private static string Count(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");
}
