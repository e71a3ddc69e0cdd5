namespace EtlTableOps.Sqlite;

/// <summary>The letters by which our hash function is told a column's affinity.</summary>
internal static class SqliteAffinity
{
    /// <summary>INTEGER and NUMERIC: text that is a number becomes one, a whole real becomes a whole number.</summary>
    public const byte Numeric = (byte)'N';

    /// <summary>REAL: every number becomes a real.</summary>
    public const byte Real = (byte)'R';

    /// <summary>TEXT: numbers become text.</summary>
    public const byte Text = (byte)'T';

    /// <summary>None: a value stays what it is.</summary>
    public const byte None = (byte)'B';
}

/// <summary>What SQLite, and a person, make of a declared type.</summary>
/// <param name="Affinity">Its affinity (manual: Datatypes In SQLite, 3.1).</param>
/// <param name="DemandsNumber">Whether a person who declares it means numbers alone; DATE and STRING are NUMERIC to SQLite, but hold text.</param>
/// <param name="DemandsWholeNumber">Whether whole numbers are meant.</param>
/// <param name="IsBoolean">Whether true and false are meant.</param>
/// <param name="IsBlob">Whether bytes are meant.</param>
internal readonly record struct SqliteType(byte Affinity, bool DemandsNumber, bool DemandsWholeNumber, bool IsBoolean, bool IsBlob)
{
    /// <summary>Whether a point of time is meant; SQLite stores it as a text or a number.</summary>
    public bool DemandsTime { get; init; }

    private static readonly string[] NumberWords = ["NUMERIC", "DECIMAL", "DEC", "NUMBER", "NUM", "MONEY", "CURRENCY"];

    /// <summary>Reads a declared type.</summary>
    public static SqliteType Of(string type)
    {
        var upper = type.ToUpperInvariant();
        var words = upper.Split([' ', '(', ')', ',', '\t', '\n', '"', '[', ']'], StringSplitOptions.RemoveEmptyEntries);
        if (upper.Contains("INT", StringComparison.Ordinal))
        {
            // By SQLite's rules POINT is an INTEGER type; nobody means it so.
            var meant = words.Any(w => w.StartsWith("INT", StringComparison.Ordinal) || (w.EndsWith("INT", StringComparison.Ordinal) && w != "POINT") || w.EndsWith("INTEGER", StringComparison.Ordinal));
            return new SqliteType(SqliteAffinity.Numeric, meant, meant, false, false);
        }
        if (Has("CHAR") || Has("CLOB") || Has("TEXT")) return new SqliteType(SqliteAffinity.Text, false, false, false, false);
        if (Has("BLOB")) return new SqliteType(SqliteAffinity.None, false, false, false, true);
        if (upper.Length == 0) return new SqliteType(SqliteAffinity.None, false, false, false, false);
        if (Has("REAL") || Has("FLOA") || Has("DOUB")) return new SqliteType(SqliteAffinity.Real, true, false, false, false);
        return new SqliteType(SqliteAffinity.Numeric, words.Any(w => NumberWords.Contains(w)), false, words.Any(w => w.StartsWith("BOOL", StringComparison.Ordinal)), false)
        {
            DemandsTime = words.Any(w => w is "DATE" or "TIME" or "TIMESTAMP" or "TIMESTAMPTZ" or "DATETIME" or "DATETIME2"),
        };

        bool Has(string part) => upper.Contains(part, StringComparison.Ordinal);
    }
}
