using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Errors;

namespace EtlTableOps.Checks.Custom;

/// <summary>When a number is too much: <c>&gt;10</c>, <c>!= 0</c>, <c>between 5 and 10</c>; the form that dbt's <c>warn_if</c> and <c>error_if</c> have.</summary>
/// <param name="Operator">One of <c>&gt; &gt;= &lt; &lt;= = !=</c> and <c>between</c>.</param>
/// <param name="Value">What is compared with; of <c>between</c> the lower end.</param>
public sealed partial record CheckThreshold(string Operator, double Value)
{
    /// <summary>Of <c>between</c> the upper end, which belongs to it; else the same as <see cref="Value"/>.</summary>
    public double Upper { get; init; } = Value;

    /// <summary>Reads it.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when the text is none.</exception>
    public static CheckThreshold Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Comparison().Match(text) is { Success: true } simple)
        {
            var sign = simple.Groups[1].Value switch { "==" => "=", "<>" => "!=", var other => other };
            return new CheckThreshold(sign, Number(simple.Groups[2].Value));
        }
        if (Between().Match(text) is { Success: true } range)
            return new CheckThreshold("between", Number(range.Groups[1].Value)) { Upper = Number(range.Groups[2].Value) };
        throw new EtlException(ErrorCode.BadInput, $"'{text}' is no threshold: write it like \">10\", \"!= 0\" or \"between 5 and 10\".");
    }

    /// <summary>Whether the number is one of those meant.</summary>
    public bool Holds(double number) => Operator switch
    {
        ">" => number > Value,
        ">=" => number >= Value,
        "<" => number < Value,
        "<=" => number <= Value,
        "=" => number == Value,
        "!=" => number != Value,
        _ => number >= Value && number <= Upper,
    };

    /// <summary>As it is written.</summary>
    public override string ToString() => Operator == "between"
        ? string.Create(CultureInfo.InvariantCulture, $"between {Value} and {Upper}")
        : string.Create(CultureInfo.InvariantCulture, $"{Operator} {Value}");

    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*(>=|<=|<>|!=|==|=|>|<)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*$")]
    private static partial Regex Comparison();

    [GeneratedRegex(@"^\s*between\s+(-?[0-9]+(?:\.[0-9]+)?)\s+and\s+(-?[0-9]+(?:\.[0-9]+)?)\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Between();
}
