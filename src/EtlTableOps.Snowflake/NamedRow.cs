using System.Data.Common;
using System.Globalization;

namespace EtlTableOps.Snowflake;

/// <summary>A row of SHOW, DESCRIBE or the information schema, by the names of its columns.</summary>
internal readonly struct NamedRow(DbDataReader row)
{
    /// <summary>A column's text; empty when it is null or not there.</summary>
    public string this[string name]
    {
        get
        {
            for (var i = 0; i < row.FieldCount; i++)
            {
                if (!string.Equals(row.GetName(i), name, StringComparison.OrdinalIgnoreCase)) continue;
                if (row.IsDBNull(i)) return "";
                return row.GetValue(i) switch
                {
                    bool truth => truth ? "true" : "false",
                    // A time of the machine's own zone would be another text on another machine.
                    DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
                    DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
                    var value => System.Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
                };
            }
            return "";
        }
    }

    /// <summary>Whether a column says yes: ON, Y, YES or true.</summary>
    public bool Is(string name) => this[name].ToUpperInvariant() is "ON" or "Y" or "YES" or "TRUE";

    /// <summary>A column's whole number, or another one where it is none.</summary>
    public long Number(string name, long otherwise) => long.TryParse(this[name], NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
