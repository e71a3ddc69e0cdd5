using EtlTableOps.Checks;
using EtlTableOps.Engines;

namespace EtlTableOps.PostgreSql;

/// <content>Hashes rows one by one, so that two sides are compared without bringing them to the client.</content>
public sealed partial class PostgreSqlDialect
{
    private const long KeyMask = (1L << HashedRows.KeyBits) - 1;

    /// <inheritdoc/>
    /// <remarks>The server's own hashes may change between major versions.</remarks>
    public string HashFamily => $"postgresql {serverMajorVersion}";

    /// <inheritdoc/>
    public string TextType => "text";

    /// <inheritdoc/>
    /// <remarks>
    /// The second branch, which has no rows, hides from the planner what the buckets are computed from. It would else expect as many of them as there are rows, and leave the whole work
    /// to one process; so it expects two hundred and lets several add up, each for itself.
    /// </remarks>
    public Sql BucketSums(HashedRows rows, int bits)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return Sql.Write(this, $"SELECT b, count(*), sum(h) FROM (SELECT {KeyHash(rows)} >> {HashedRows.KeyBits - bits} AS b, {ContentHash(rows)} AS h FROM {RowsOf(rows.Content)} UNION ALL SELECT 0::bigint, 0::bigint FROM generate_series(1, 0)) AS x GROUP BY b");
    }

    /// <inheritdoc/>
    public Sql Hashes(HashedRows rows, BucketChoice buckets)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(buckets);
        var bucket = SqlText.Write(this, $"k >> {HashedRows.KeyBits - buckets.Bits}");
        var wanted = buckets.Unbroken
            ? SqlText.Write(this, $"{bucket} BETWEEN {buckets.Numbers[0]} AND {buckets.Numbers[^1]}")
            : SqlText.Write(this, $"({bucket}) = ANY ({NumbersOf(buckets.Numbers)})");
        var loose = rows.Loose.Select((c, i) => SqlText.Write(this, $", {c.Expression} AS t{i + 1}"));
        return Sql.Write(this, $"SELECT * FROM (SELECT {KeyHash(rows)} AS k, {ContentHash(rows)} AS h{SqlText.Join("", loose)} FROM {RowsOf(rows.Content)}) AS x WHERE {wanted} ORDER BY k, h");
    }

    /// <inheritdoc/>
    public Sql Texts(HashedRows rows, IReadOnlyList<long> keyHashes, int most)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var texts = rows.Key.Concat(rows.Content.Columns).Concat(rows.Loose).Select((c, i) => SqlText.Write(this, $", CAST(CAST({c.Expression} AS {new SqlText(c.Type.Trim())}) AS text) AS t{i + 1}"));
        return Sql.Write(this, $"SELECT * FROM (SELECT {KeyHash(rows)} AS k, {ContentHash(rows)} AS h{SqlText.Join("", texts)} FROM {RowsOf(rows.Content)}) AS x WHERE k = ANY ({NumbersOf(keyHashes)}) ORDER BY k, h LIMIT {most}");
    }

    /// <inheritdoc/>
    public ValueKind KindOf(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return TypeText.IsArray(type) ? ValueKind.Text : TypeText.Bare(type) switch
        {
            "timestamp with time zone" or "timestamptz" => ValueKind.Instant,
            "timestamp without time zone" or "timestamp" => ValueKind.Timestamp,
            "date" => ValueKind.Date,
            "time without time zone" or "time" => ValueKind.Time,
            "uuid" => ValueKind.Uuid,
            "bytea" => ValueKind.Bytes,
            "boolean" or "bool" => ValueKind.Boolean,
            "smallint" or "int2" or "integer" or "int" or "int4" or "bigint" or "int8" or "oid" or "numeric" or "decimal"
                or "real" or "float4" or "double precision" or "float8" or "float" => ValueKind.Number,
            "json" or "jsonb" => ValueKind.Json,
            _ => ValueKind.Text,
        };
    }

    /// <inheritdoc/>
    public bool CanWrite(string type, ValueKind kind) => kind == ValueKind.Text || (KindOf(type), kind) switch
    {
        (ValueKind.Timestamp or ValueKind.Date, ValueKind.Instant) or (ValueKind.Date, ValueKind.Timestamp) => true,
        var (own, _) => own == kind,
    };

    /// <inheritdoc/>
    public SqlText Canonical(ContentColumn column, ValueKind kind)
    {
        ArgumentNullException.ThrowIfNull(column);
        var own = KindOf(column.Type);
        var value = SqlText.Write(this, $"CAST({column.Expression} AS {new SqlText(column.Type.Trim())})");
        return (kind == ValueKind.Text ? own : kind) switch
        {
            ValueKind.Instant when own == ValueKind.Instant => Moment(SqlText.Write(this, $"({value} AT TIME ZONE 'UTC')"), "Z"),
            // Without a zone it is taken for UTC, which the comparison says.
            ValueKind.Instant => Moment(SqlText.Write(this, $"CAST({value} AS timestamp)"), "Z"),
            ValueKind.Timestamp => Moment(SqlText.Write(this, $"CAST({value} AS timestamp)"), ""),
            ValueKind.Date => SqlText.Write(this, $"CASE WHEN isfinite({value}) AND {value} > '0001-01-01' THEN to_char({value}, 'YYYY-MM-DD') ELSE CAST({value} AS text) END"),
            ValueKind.Time => SqlText.Write(this, $"to_char(CAST({value} AS interval), 'HH24:MI:SS.US') || '000'"),
            ValueKind.Bytes => SqlText.Write(this, $"encode({value}, 'hex')"),
            ValueKind.Number => Number(value, TypeText.Bare(column.Type)),
            _ => SqlText.Write(this, $"CAST({value} AS text)"),
        };
    }

    private SqlText Moment(SqlText value, string zone) => SqlText.Write(this,
        $"CASE WHEN isfinite({value}) AND {value} > '0001-01-01' THEN to_char({value}, {new SqlLiteral($"YYYY-MM-DD\"T\"HH24:MI:SS.US\"000{zone}\"")}) ELSE CAST({value} AS text) END");

    private SqlText Number(SqlText value, string type) => type switch
    {
        "numeric" or "decimal" => Plain(value),
        "real" or "float4" or "double precision" or "float8" or "float" => SqlText.Write(this,
            $"CASE WHEN {value} IN ('NaN', 'Infinity', '-Infinity') THEN CAST({value} AS text) ELSE {Plain(SqlText.Write(this, $"CAST(CAST({value} AS text) AS numeric)"))} END"),
        _ => SqlText.Write(this, $"CAST({value} AS text)"),
    };

    private SqlText Plain(SqlText number) => serverMajorVersion >= 13
        ? SqlText.Write(this, $"CAST(trim_scale({number}) AS text)")
        : SqlText.Write(this, $"regexp_replace(CAST({number} AS text), '\\.0+$|(\\.[0-9]*[1-9])0+$', '\\1')");

    private SqlText KeyHash(HashedRows rows)
    {
        if (rows.Key.Count == 0) return SqlText.Write(this, $"({ContentHash(rows)} & {KeyMask})");
        if (rows.AsText) return TextHash(rows.Key);
        var key = SqlText.Join(", ", rows.Key.Select(Comparable));
        return serverMajorVersion >= 14
            ? SqlText.Write(this, $"(hash_record_extended(ROW({key}), 0) & {KeyMask})")
            : SqlText.Write(this, $"(hashtextextended(ROW({key})::text, 0) & {KeyMask})");
    }

    private SqlText ContentHash(HashedRows rows) => rows.AsText ? TextHash(rows.Content.Columns) : RowHash(RowOf(rows.Content), 0);

    private SqlText TextHash(IReadOnlyList<ContentColumn> columns)
    {
        var values = SqlText.Join(" || ',' || ", columns.Select(c => SqlText.Write(this, $"coalesce('''' || replace({c.Expression}, '''', '''''') || '''', 'NULL')")));
        return SqlText.Write(this, $"CAST(CAST('x' || substr(md5(convert_to({values}, 'UTF8')), 1, 15) AS bit({HashedRows.KeyBits})) AS bigint)");
    }

    private SqlText NumbersOf(IReadOnlyList<long> numbers) =>
        SqlText.Write(this, $"{new SqlLiteral("{" + string.Join(',', numbers.Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture))) + "}")}::bigint[]");
}
