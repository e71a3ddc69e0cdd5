using System.Globalization;
using EtlTableOps.Checks;
using EtlTableOps.Engines;

namespace EtlTableOps.Snowflake;

/// <content>Hashes rows one by one, so that two sides are compared without bringing them to the client.</content>
public sealed partial class SnowflakeDialect
{
    private const long KeyMask = (1L << HashedRows.KeyBits) - 1;

    /// <inheritdoc/>
    /// <remarks>HASH is the same in every account (HASH: it is deterministic).</remarks>
    public string HashFamily => "snowflake 1";

    /// <inheritdoc/>
    public string TextType => "VARCHAR";

    /// <inheritdoc/>
    public Sql BucketSums(HashedRows rows, KeyCut cut)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(cut);
        return SinceLog(Sql.Write(this, $"SELECT BITSHIFTRIGHT(x.\"etl_k\", {HashedRows.KeyBits - cut.Bits}) AS \"etl_b\", COUNT(*) AS \"etl_n\", TO_VARCHAR(SUM(x.\"etl_h\")) AS \"etl_s\" FROM (SELECT {KeyHash(rows)} AS \"etl_k\", {ContentHash(rows)} AS \"etl_h\" FROM {RowsOf(rows.Content)}) AS x GROUP BY 1"), rows.Content);
    }

    /// <inheritdoc/>
    public Sql Rows(HashedRows rows, RowChoice choice)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(choice);
        var texts = rows.Loose.Select(c => c.Expression);
        if (choice.Shown) texts = texts.Concat(rows.Key.Concat(rows.Content.Columns).Concat(rows.Loose).Select(TextOf));
        var columns = SqlText.Join("", texts.Select((t, i) => SqlText.Write(this, $", {t} AS {new Id(TextName(i))}")));
        var wanted = choice switch
        {
            { KeyHashes: { Count: > 0 } keys } => SqlText.Write(this, $" WHERE x.\"etl_k\" IN ({NumbersOf(keys)})"),
            { Buckets: { } buckets } => SqlText.Write(this, $" WHERE {IsAnyOf(SqlText.Write(this, $"BITSHIFTRIGHT(x.\"etl_k\", {HashedRows.KeyBits - buckets.Cut.Bits})"), buckets)}"),
            _ => new SqlText(""),
        };
        var most = choice.Most is { } limit ? SqlText.Write(this, $" LIMIT {limit}") : new SqlText("");
        return SinceLog(Sql.Write(this, $"SELECT * FROM (SELECT {KeyHash(rows)} AS \"etl_k\", {ContentHash(rows)} AS \"etl_h\"{columns} FROM {RowsOf(rows.Content)}) AS x{wanted} ORDER BY 1, 2{most}"), rows.Content);
    }

    /// <inheritdoc/>
    /// <remarks>There is no index by which a range's rows would be found, and a micro-partition's rows are in the order in which they came.</remarks>
    public bool HasRanges(string type) => false;

    /// <inheritdoc/>
    ValueKind IRowHashing.KindOf(string type) => MeaningOf(type);

    private static ValueKind MeaningOf(string type)
    {
        return type.Trim().ToUpperInvariant().Split('(')[0].TrimEnd() switch
        {
            "TIMESTAMP_TZ" or "TIMESTAMP_LTZ" => ValueKind.Instant,
            "TIMESTAMP_NTZ" or "TIMESTAMP" or "DATETIME" => ValueKind.Timestamp,
            "DATE" => ValueKind.Date,
            "TIME" => ValueKind.Time,
            "BINARY" or "VARBINARY" => ValueKind.Bytes,
            "BOOLEAN" => ValueKind.Boolean,
            "NUMBER" or "DECIMAL" or "NUMERIC" or "INT" or "INTEGER" or "BIGINT" or "SMALLINT" or "TINYINT" or "BYTEINT" or "FLOAT" or "DOUBLE" or "REAL" => ValueKind.Number,
            "VARIANT" or "OBJECT" or "ARRAY" => ValueKind.Json,
            _ => ValueKind.Text,
        };
    }

    /// <inheritdoc/>
    public bool CanWrite(string type, ValueKind kind) => kind == ValueKind.Text || (MeaningOf(type), kind) switch
    {
        (ValueKind.Timestamp or ValueKind.Date, ValueKind.Instant) or (ValueKind.Date, ValueKind.Timestamp) => true,
        var (own, _) => own == kind,
    };

    /// <inheritdoc/>
    /// <remarks>A FLOAT's text has at most fifteen digits here (TO_VARCHAR), so that two that differ in the last bits are written alike.</remarks>
    public SqlText Canonical(ContentColumn column, ValueKind kind)
    {
        ArgumentNullException.ThrowIfNull(column);
        var own = MeaningOf(column.Type);
        var value = own == ValueKind.Text ? column.Expression : SqlText.Write(this, $"CAST({column.Expression} AS {new SqlText(column.Type.Trim())})");
        var text = SqlText.Write(this, $"TO_VARCHAR({value})");
        return (kind == ValueKind.Text ? own : kind) switch
        {
            ValueKind.Instant when own == ValueKind.Instant => SqlText.Write(this, $"TO_VARCHAR(CONVERT_TIMEZONE('UTC', {value}), 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9\"Z\"')"),
            ValueKind.Instant => SqlText.Write(this, $"TO_VARCHAR(CAST({value} AS TIMESTAMP_NTZ), 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9\"Z\"')"),
            ValueKind.Timestamp => SqlText.Write(this, $"TO_VARCHAR(CAST({value} AS TIMESTAMP_NTZ), 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9')"),
            ValueKind.Date => SqlText.Write(this, $"TO_VARCHAR({value}, 'YYYY-MM-DD')"),
            ValueKind.Time => SqlText.Write(this, $"TO_VARCHAR({value}, 'HH24:MI:SS.FF9')"),
            ValueKind.Bytes => SqlText.Write(this, $"LOWER(TO_VARCHAR({value}, 'HEX'))"),
            ValueKind.Number => IsFloat(column.Type)
                ? SqlText.Write(this, $"COALESCE({Trimmed(SqlText.Write(this, $"TO_VARCHAR(TRY_TO_DECIMAL({text}, 38, 15))"))}, {text})")
                : Trimmed(text),
            ValueKind.Json => SqlText.Write(this, $"TO_JSON({value})"),
            _ => TextOf(column),
        };
    }

    private static bool IsFloat(string type) => type.Trim().ToUpperInvariant() is var t && (t.StartsWith("FLOAT", StringComparison.Ordinal) || t.StartsWith("DOUBLE", StringComparison.Ordinal) || t == "REAL");

    private SqlText Trimmed(SqlText number) => SqlText.Write(this, $"REGEXP_REPLACE({number}, '[.]0+$|([.][0-9]*[1-9])0+$', '\\\\1')");

    private static string TextName(int index) => "etl_t" + (index + 1).ToString(CultureInfo.InvariantCulture);

    private SqlText TextOf(ContentColumn column)
    {
        var type = column.Type.Trim();
        if (type.StartsWith("GEO", StringComparison.OrdinalIgnoreCase)) return SqlText.Write(this, $"ST_ASEWKT({column.Expression})");
        if (MeaningOf(type) == ValueKind.Json) return SqlText.Write(this, $"TO_JSON({column.Expression})");
        return SqlText.Write(this, $"TO_VARCHAR({Comparable(column)})");
    }

    private SqlText IsAnyOf(SqlText bucket, BucketChoice choice) => choice switch
    {
        { Numbers: [var one] } => SqlText.Write(this, $"{bucket} = {one}"),
        { Unbroken: true } => SqlText.Write(this, $"{bucket} BETWEEN {choice.Numbers[0]} AND {choice.Numbers[^1]}"),
        _ => SqlText.Write(this, $"{bucket} IN ({NumbersOf(choice.Numbers)})"),
    };

    private SqlText KeyHash(HashedRows rows)
    {
        if (rows.Key.Count == 0) return rows.AsText ? ContentHash(rows) : SqlText.Write(this, $"BITAND({ContentHash(rows)}, {KeyMask})");
        return rows.AsText ? TextHash(rows.Key) : SqlText.Write(this, $"BITAND(HASH({rows.Key.Select(Comparable)}), {KeyMask})");
    }

    private SqlText ContentHash(HashedRows rows) => rows.AsText ? TextHash(rows.Content.Columns) : SqlText.Write(this, $"HASH({HashedOf(rows.Content)})");

    private SqlText TextHash(IReadOnlyList<ContentColumn> columns)
    {
        var values = SqlText.Join(" || ',' || ", columns.Select(c => SqlText.Write(this, $"COALESCE('''' || REPLACE({c.Expression}, '''', '''''') || '''', 'NULL')")));
        return SqlText.Write(this, $"TO_NUMBER(SUBSTR(MD5({values}), 1, 15), 'XXXXXXXXXXXXXXX')");
    }

    private static SqlText NumbersOf(IReadOnlyList<long> numbers) => new(string.Join(", ", numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))));
}
