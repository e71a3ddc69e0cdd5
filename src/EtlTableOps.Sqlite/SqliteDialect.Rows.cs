using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Sqlite.Schema;

namespace EtlTableOps.Sqlite;

/// <summary>Hashes rows one by one, so that two sides are compared without bringing them to the client.</summary>
internal sealed partial class SqliteDialect
{
    private const long KeyMask = (1L << HashedRows.KeyBits) - 1;
    private const int MostArguments = 90;

    /// <inheritdoc/>
    /// <remarks>The hash is ours, and the same for every file.</remarks>
    public string HashFamily => "sqlite 1";

    /// <inheritdoc/>
    public string TextType => "TEXT";

    /// <inheritdoc/>
    /// <remarks>An aggregate of ours adds up all buckets in one pass; GROUP BY would sort the rows.</remarks>
    public Sql BucketSums(HashedRows rows, int bits)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var sums = SqlText.Write(this, $"SELECT {new SqlText(SqliteRowFunctions.Buckets)}({bits}, k, h) FROM (SELECT {KeyHash(rows)} AS k, {ContentHash(rows)} AS h FROM {RowsOf(rows.Content)} LIMIT -1)");
        return Sql.Write(this, $"SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(({sums}))");
    }

    /// <inheritdoc/>
    public Sql Hashes(HashedRows rows, BucketChoice buckets)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(buckets);
        var bucket = SqlText.Write(this, $"k >> {HashedRows.KeyBits - buckets.Bits}");
        var wanted = buckets.Unbroken
            ? SqlText.Write(this, $"{bucket} BETWEEN {buckets.Numbers[0]} AND {buckets.Numbers[^1]}")
            : SqlText.Write(this, $"({bucket}) IN ({NumbersOf(buckets.Numbers)})");
        var loose = rows.Loose.Select((c, i) => SqlText.Write(this, $", {c.Expression} AS t{i + 1}"));
        return Sql.Write(this, $"SELECT * FROM (SELECT {KeyHash(rows)} AS k, {ContentHash(rows)} AS h{SqlText.Join("", loose)} FROM {RowsOf(rows.Content)}) WHERE {wanted} ORDER BY k, h");
    }

    /// <inheritdoc/>
    public Sql Texts(HashedRows rows, IReadOnlyList<long> keyHashes, int most)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var texts = rows.Key.Concat(rows.Content.Columns).Concat(rows.Loose).Select((c, i) =>
            SqlText.Write(this, $", {new SqlText(SqliteRowFunctions.Shown)}({new SqlLiteral(((char)SqliteType.Of(c.Type).Affinity).ToString())}, {c.Expression}) AS t{i + 1}"));
        return Sql.Write(this, $"SELECT * FROM (SELECT {KeyHash(rows)} AS k, {ContentHash(rows)} AS h{SqlText.Join("", texts)} FROM {RowsOf(rows.Content)}) WHERE k IN ({NumbersOf(keyHashes)}) ORDER BY k, h LIMIT {most}");
    }

    /// <inheritdoc/>
    /// <remarks>What a person means who declares such a type; what is really in a column, each value says itself.</remarks>
    public ValueKind KindOf(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var (own, words) = (SqliteType.Of(type), type.ToUpperInvariant().Split([' ', '(', ')', ','], StringSplitOptions.RemoveEmptyEntries));
        return words switch
        {
            [] => ValueKind.Text,
            ["TIMESTAMPTZ", ..] or ["TIMESTAMP", "WITH", ..] => ValueKind.Instant,
            ["DATETIME" or "TIMESTAMP", ..] => ValueKind.Timestamp,
            ["DATE", ..] => ValueKind.Date,
            ["TIME", ..] => ValueKind.Time,
            ["UUID" or "GUID", ..] => ValueKind.Uuid,
            ["JSON", ..] => ValueKind.Json,
            _ when own.IsBlob => ValueKind.Bytes,
            _ when own.IsBoolean => ValueKind.Boolean,
            _ when own.DemandsNumber => ValueKind.Number,
            _ => ValueKind.Text,
        };
    }

    /// <inheritdoc/>
    /// <remarks>A column takes values of any kind here, and each one is read as what the other side says that it is.</remarks>
    public bool CanWrite(string type, ValueKind kind) => true;

    /// <inheritdoc/>
    public SqlText Canonical(ContentColumn column, ValueKind kind)
    {
        ArgumentNullException.ThrowIfNull(column);
        return SqlText.Write(this, $"{new SqlText(SqliteRowFunctions.Canonical)}({(long)(kind == ValueKind.Text ? KindOf(column.Type) : kind)}, {column.Expression})");
    }

    private SqlText KeyHash(HashedRows rows)
    {
        if (rows.Key.Count == 0) return SqlText.Write(this, $"({ContentHash(rows)} & {KeyMask})");
        return rows.AsText ? TextHash(rows.Key) : SqlText.Write(this, $"({HashOf(rows.Key)} & {KeyMask})");
    }

    private SqlText ContentHash(HashedRows rows) => rows.AsText ? TextHash(rows.Content.Columns) : HashOf(rows.Content.Columns);

    private SqlText TextHash(IReadOnlyList<ContentColumn> columns)
    {
        var lists = columns.Chunk(MostArguments).Select(chunk => SqlText.Write(this, $"{new SqlText(SqliteRowFunctions.List)}({chunk.Select(c => c.Expression)})"));
        return SqlText.Write(this, $"{new SqlText(SqliteRowFunctions.TextHash)}({SqlText.Join(" || ',' || ", lists)})");
    }

    private static SqlText NumbersOf(IReadOnlyList<long> numbers) => new(string.Join(", ", numbers.Select(SqliteNames.Number)));
}
