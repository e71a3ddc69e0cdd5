using System.Collections;
using System.Globalization;
using System.Text;
using EtlTableOps.Engines;

namespace EtlTableOps.PostgreSql;

/// <summary>The text form of typed values, as the server reads it, whatever the machine's culture.</summary>
internal static class PostgreSqlTextForm
{
    /// <summary>Writes a value that is not null.</summary>
    public static string Of(object value) => value switch
    {
        string given => given,
        bool given => given ? "true" : "false",
        double given => NumberText.Of(given),
        float given => given.ToString("R", CultureInfo.InvariantCulture),
        DateTime given => given.ToString(given.Kind switch
        {
            DateTimeKind.Utc => "yyyy-MM-dd HH:mm:ss.FFFFFFF'Z'",
            DateTimeKind.Local => "yyyy-MM-dd HH:mm:ss.FFFFFFFzzz",
            _ => "yyyy-MM-dd HH:mm:ss.FFFFFFF",
        }, CultureInfo.InvariantCulture),
        DateTimeOffset given => given.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture),
        DateOnly given => given.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly given => given.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        TimeSpan given => Span(given),
        byte[] given => "\\x" + Convert.ToHexString(given),
        Enum given => given.ToString(),
        // A map is a document, not a list of values.
        IEnumerable given when value is not IDictionary && value.GetType().Namespace?.StartsWith("System.Text.Json", StringComparison.Ordinal) is not true => Array(given),
        IFormattable given => given.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    // Within a day it is a time of day as well as an interval.
    private static string Span(TimeSpan value)
    {
        if (value >= TimeSpan.Zero && value < TimeSpan.FromDays(1)) return value.ToString("hh\\:mm\\:ss\\.FFFFFFF", CultureInfo.InvariantCulture).TrimEnd('.');
        var sign = value < TimeSpan.Zero ? "-" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{Math.Abs(value.Days)} days {sign}{value:hh\\:mm\\:ss\\.fffffff}");
    }

    private static string Array(IEnumerable values)
    {
        var text = new StringBuilder("{");
        foreach (var value in values)
        {
            if (text.Length > 1) text.Append(',');
            if (value is null or DBNull) text.Append("NULL");
            else if (value is IEnumerable and not string and not byte[]) text.Append(Array((IEnumerable)value));
            else text.Append('"').Append(Of(value).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }
        return text.Append('}').ToString();
    }
}
