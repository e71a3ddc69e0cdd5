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
    public Sql BucketSums(HashedRows rows, KeyCut cut)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(cut);
        var bucket = cut.From is null ? SqlText.Write(this, $"{KeyHash(rows)} >> {HashedRows.KeyBits - cut.Bits}") : BucketByValue(rows.Ordered!, cut);
        return Sql.Write(this, $"SELECT b, count(*), sum(h) FROM (SELECT {bucket} AS b, {ContentHash(rows)} AS h FROM {RowsOf(ContentOf(rows))} UNION ALL SELECT 0::bigint, 0::bigint FROM generate_series(1, 0)) AS x GROUP BY b");
    }

    /// <inheritdoc/>
    public Sql Rows(HashedRows rows, RowChoice choice)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(choice);
        var texts = rows.Loose.Select(c => c.Expression);
        if (choice.Shown) texts = texts.Concat(rows.Key.Concat(rows.Content.Columns).Concat(rows.Loose).Select(c => SqlText.Write(this, $"CAST(CAST({c.Expression} AS {new SqlText(c.Type.Trim())}) AS text)")));
        var columns = SqlText.Join("", texts.Select((t, i) => SqlText.Write(this, $", {t} AS t{i + 1}")));
        var wanted = choice switch
        {
            { KeyHashes: { Count: > 0 } keys } => SqlText.Write(this, $" WHERE k = ANY ({NumbersOf(keys)})"),
            { Buckets: { } buckets } => SqlText.Write(this, $" WHERE {IsAnyOf(SqlText.Write(this, $"k >> {HashedRows.KeyBits - buckets.Cut.Bits}"), buckets)}"),
            _ => new SqlText(""),
        };
        var most = choice.Most is { } limit ? SqlText.Write(this, $" LIMIT {limit}") : new SqlText("");
        return Sql.Write(this, $"SELECT * FROM (SELECT {KeyHash(rows)} AS k, {ContentHash(rows)} AS h{columns} FROM {RowsOf(ContentOf(rows))}) AS x{wanted} ORDER BY k, h{most}");
    }

    /// <inheritdoc/>
    public bool HasRanges(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return !TypeText.IsArray(type) && TypeText.Bare(type) is "smallint" or "int2" or "integer" or "int" or "int4" or "bigint" or "int8";
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

    /// <summary>A few ranges are each looked up in the index; of many each row's bucket is looked up in the list.</summary>
    private ContentQuery ContentOf(HashedRows rows)
    {
        if (rows.Within is not { } within) return rows.Content;
        const int few = 64;
        var (key, ranges) = (rows.Ordered!.Expression, within.Ranges);
        var wanted = ranges.Count <= few
            ? SqlText.Join(" OR ", ranges.Select(r => SqlText.Write(this, $"{key} BETWEEN {r.First} AND {r.Last}")))
            : SqlText.Write(this, $"{key} BETWEEN {ranges[0].First} AND {ranges[^1].Last} AND {IsAnyOf(BucketByValue(rows.Ordered, within.Cut), within)}");
        if (within.Numbers[0] == 0) wanted = SqlText.Write(this, $"{wanted} OR {key} IS NULL");
        return rows.Content with { Where = rows.Content.Where is { } where ? SqlText.Write(this, $"(\n{where}\n) AND ({wanted})") : wanted };
    }

    private SqlText BucketByValue(ContentColumn key, KeyCut cut) => SqlText.Write(this, $"coalesce((CAST({key.Expression} AS bigint) - ({cut.From!.Value})) / {cut.Width}, 0)");

    private SqlText IsAnyOf(SqlText bucket, BucketChoice choice) => choice switch
    {
        { Numbers: [var one] } => SqlText.Write(this, $"({bucket}) = {one}"),
        { Unbroken: true } => SqlText.Write(this, $"({bucket}) BETWEEN {choice.Numbers[0]} AND {choice.Numbers[^1]}"),
        _ => SqlText.Write(this, $"({bucket}) = ANY ({NumbersOf(choice.Numbers)})"),
    };

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
