using System.Data.Common;
using System.Globalization;
using EtlTableOps.Errors;

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

    /// <summary>A column's text, where an empty one in its place would be taken for a fact: two tables without identity for the same table, a right for none.</summary>
    /// <exception cref="EtlException">NotSupported: the answer has no such column. Columns of SHOW are renamed and added with releases of the service.</exception>
    public string Required(string name)
    {
        for (var i = 0; i < row.FieldCount; i++)
        {
            if (string.Equals(row.GetName(i), name, StringComparison.OrdinalIgnoreCase)) return this[name];
        }
        throw new EtlException(ErrorCode.NotSupported, "This release of the service", $"what it lists has no column {name}, so that nothing safe can be said of the table",
            "Look for a newer release of this tool; until then, an account's administrator may be able to go back to the former behaviour (SYSTEM$DISABLE_BEHAVIOR_CHANGE_BUNDLE).");
    }

    /// <summary>Whether a column says yes: ON, Y, YES or true.</summary>
    public bool Is(string name) => this[name].ToUpperInvariant() is "ON" or "Y" or "YES" or "TRUE";

    /// <summary>A column's whole number, or another one where it is none.</summary>
    public long Number(string name, long otherwise) => long.TryParse(this[name], NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
