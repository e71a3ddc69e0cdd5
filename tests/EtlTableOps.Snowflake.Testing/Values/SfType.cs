using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>Families of Snowflake's data types, named as on the wire.</summary>
public enum SfKind
{
    Fixed,
    Real,
    Text,
    Boolean,
    Date,
    Time,
    TimestampNtz,
    TimestampLtz,
    TimestampTz,
    Binary,
    Variant,
    Object,
    Array,
}

/// <summary>A data type; precision and scale of numbers, scale of times, length of texts in characters and of binaries in bytes.</summary>
public readonly record struct SfType(SfKind Kind, int Precision = 0, int Scale = 0, int Length = 0)
{
    public const int LongestText = 16_777_216;
    public const int LongestBinary = 8_388_608;

    public static readonly SfType Integer = new(SfKind.Fixed, 38);
    public static readonly SfType Real = new(SfKind.Real);
    public static readonly SfType Text = new(SfKind.Text, Length: LongestText);
    public static readonly SfType Boolean = new(SfKind.Boolean);
    public static readonly SfType Date = new(SfKind.Date);
    public static readonly SfType Ntz = new(SfKind.TimestampNtz, Scale: 9);
    public static readonly SfType Ltz = new(SfKind.TimestampLtz, Scale: 9);
    public static readonly SfType Tz = new(SfKind.TimestampTz, Scale: 9);
    public static readonly SfType Variant = new(SfKind.Variant);
    public static readonly SfType Binary = new(SfKind.Binary, Length: LongestBinary);

    public bool IsNumber => Kind is SfKind.Fixed or SfKind.Real;

    public bool IsMoment => Kind is SfKind.Date or SfKind.Time or SfKind.TimestampNtz or SfKind.TimestampLtz or SfKind.TimestampTz;

    public bool IsSemiStructured => Kind is SfKind.Variant or SfKind.Object or SfKind.Array;

    public static SfType Number(int precision, int scale) => new(SfKind.Fixed, precision, scale);

    public static SfType Varchar(int length) => new(SfKind.Text, Length: length);

    /// <summary>The name on the wire of the driver's protocol.</summary>
    public string WireName => Kind switch
    {
        SfKind.TimestampNtz => "timestamp_ntz",
        SfKind.TimestampLtz => "timestamp_ltz",
        SfKind.TimestampTz => "timestamp_tz",
        _ => Kind.ToString().ToLowerInvariant(),
    };

    /// <summary>The type as DESCRIBE shows it.</summary>
    public override string ToString() => Kind switch
    {
        SfKind.Fixed => string.Create(CultureInfo.InvariantCulture, $"NUMBER({Precision},{Scale})"),
        SfKind.Real => "FLOAT",
        SfKind.Text => string.Create(CultureInfo.InvariantCulture, $"VARCHAR({Length})"),
        SfKind.Binary => string.Create(CultureInfo.InvariantCulture, $"BINARY({Length})"),
        SfKind.Time => string.Create(CultureInfo.InvariantCulture, $"TIME({Scale})"),
        SfKind.TimestampNtz => string.Create(CultureInfo.InvariantCulture, $"TIMESTAMP_NTZ({Scale})"),
        SfKind.TimestampLtz => string.Create(CultureInfo.InvariantCulture, $"TIMESTAMP_LTZ({Scale})"),
        SfKind.TimestampTz => string.Create(CultureInfo.InvariantCulture, $"TIMESTAMP_TZ({Scale})"),
        _ => Kind.ToString().ToUpperInvariant(),
    };

    /// <summary>The family as INFORMATION_SCHEMA.COLUMNS.DATA_TYPE shows it.</summary>
    public string Family => Kind switch
    {
        SfKind.Fixed => "NUMBER",
        SfKind.Real => "FLOAT",
        SfKind.TimestampNtz => "TIMESTAMP_NTZ",
        SfKind.TimestampLtz => "TIMESTAMP_LTZ",
        SfKind.TimestampTz => "TIMESTAMP_TZ",
        _ => Kind.ToString().ToUpperInvariant(),
    };

    /// <summary>The type of a type's name in SQL; null when there is no such type.</summary>
    internal static SfType? Of(string name, int? first, int? second) => name switch
    {
        "NUMBER" or "DECIMAL" or "NUMERIC" or "DEC" => Number(first ?? 38, second ?? 0),
        "INT" or "INTEGER" or "BIGINT" or "SMALLINT" or "TINYINT" or "BYTEINT" => Integer,
        "FLOAT" or "FLOAT4" or "FLOAT8" or "DOUBLE" or "DOUBLE PRECISION" or "REAL" => Real,
        "VARCHAR" or "STRING" or "TEXT" or "NVARCHAR" or "NVARCHAR2" or "CHAR VARYING" or "NCHAR VARYING" => Varchar(first ?? LongestText),
        "CHAR" or "CHARACTER" or "NCHAR" => Varchar(first ?? 1),
        "BINARY" or "VARBINARY" => new SfType(SfKind.Binary, Length: first ?? LongestBinary),
        "BOOLEAN" => Boolean,
        "DATE" => Date,
        "TIME" => new SfType(SfKind.Time, Scale: first ?? 9),
        "TIMESTAMP_NTZ" or "TIMESTAMPNTZ" or "DATETIME" or "TIMESTAMP" or "TIMESTAMP WITHOUT TIME ZONE" => new SfType(SfKind.TimestampNtz, Scale: first ?? 9),
        "TIMESTAMP_LTZ" or "TIMESTAMPLTZ" or "TIMESTAMP WITH LOCAL TIME ZONE" => new SfType(SfKind.TimestampLtz, Scale: first ?? 9),
        "TIMESTAMP_TZ" or "TIMESTAMPTZ" or "TIMESTAMP WITH TIME ZONE" => new SfType(SfKind.TimestampTz, Scale: first ?? 9),
        "VARIANT" => Variant,
        "OBJECT" => new SfType(SfKind.Object),
        "ARRAY" => new SfType(SfKind.Array),
        _ => null,
    };
}
