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
    public Sql BucketSums(HashedRows rows, KeyCut cut)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(cut);
        // The aggregate takes the bucket from where it is in a key's hash.
        var key = cut.From is null ? KeyHash(rows) : SqlText.Write(this, $"({BucketByValue(rows.Ordered!, cut)}) << {HashedRows.KeyBits - cut.Bits}");
        var sums = SqlText.Write(this, $"SELECT {new SqlText(SqliteRowFunctions.Buckets)}({cut.Bits}, k, h) FROM (SELECT {key} AS k, {ContentHash(rows)} AS h FROM {RowsOf(ContentOf(rows))} LIMIT -1)");
        return Sql.Write(this, $"SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(({sums}))");
    }

    /// <inheritdoc/>
    public Sql Rows(HashedRows rows, RowChoice choice)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(choice);
        var texts = rows.Loose.Select(c => c.Expression);
        if (choice.Shown) texts = texts.Concat(rows.Key.Concat(rows.Content.Columns).Concat(rows.Loose).Select(c =>
            SqlText.Write(this, $"{new SqlText(SqliteRowFunctions.Shown)}({new SqlLiteral(((char)SqliteType.Of(c.Type).Affinity).ToString())}, {c.Expression})")));
        var columns = SqlText.Join("", texts.Select((t, i) => SqlText.Write(this, $", {t} AS t{i + 1}")));
        var wanted = choice switch
        {
            { KeyHashes: { Count: > 0 } keys } => SqlText.Write(this, $" WHERE k IN ({NumbersOf(keys)})"),
            { Buckets: { } buckets } => SqlText.Write(this, $" WHERE {IsAnyOf(SqlText.Write(this, $"k >> {HashedRows.KeyBits - buckets.Cut.Bits}"), buckets)}"),
            _ => new SqlText(""),
        };
        var most = choice.Most is { } limit ? SqlText.Write(this, $" LIMIT {limit}") : new SqlText("");
        return Sql.Write(this, $"SELECT * FROM (SELECT {KeyHash(rows)} AS k, {ContentHash(rows)} AS h{columns} FROM {RowsOf(ContentOf(rows))}){wanted} ORDER BY k, h{most}");
    }

    /// <inheritdoc/>
    /// <remarks>The library's own rule for what is an integer column. Some other value may be in one all the same, and is in the first bucket then.</remarks>
    public bool HasRanges(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.Contains("INT", StringComparison.OrdinalIgnoreCase);
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

    /// <summary>A few ranges are each looked up in the index; of many each row's bucket is looked up in the list.</summary>
    private ContentQuery ContentOf(HashedRows rows)
    {
        if (rows.Within is not { } within) return rows.Content;
        const int few = 64;
        var (key, ranges) = (rows.Ordered!.Expression, within.Ranges);
        var wanted = ranges.Count <= few
            ? SqlText.Join(" OR ", ranges.Select(r => SqlText.Write(this, $"{key} BETWEEN {r.First} AND {r.Last}")))
            : SqlText.Write(this, $"{key} BETWEEN {ranges[0].First} AND {ranges[^1].Last} AND {IsAnyOf(BucketByValue(rows.Ordered, within.Cut), within)}");
        wanted = SqlText.Write(this, $"typeof({key}) = 'integer' AND ({wanted})");
        if (within.Numbers[0] == 0) wanted = SqlText.Write(this, $"{wanted} OR typeof({key}) <> 'integer'");
        return rows.Content with { Where = rows.Content.Where is { } where ? SqlText.Write(this, $"{SqlText.InParentheses(where.Text)} AND ({wanted})") : wanted };
    }

    private SqlText BucketByValue(ContentColumn key, KeyCut cut) => SqlText.Write(this, $"CASE WHEN typeof({key.Expression}) = 'integer' THEN ({key.Expression} - ({cut.From!.Value})) / {cut.Width} ELSE 0 END");

    private SqlText IsAnyOf(SqlText bucket, BucketChoice choice) => choice switch
    {
        { Numbers: [var one] } => SqlText.Write(this, $"({bucket}) = {one}"),
        { Unbroken: true } => SqlText.Write(this, $"({bucket}) BETWEEN {choice.Numbers[0]} AND {choice.Numbers[^1]}"),
        _ => SqlText.Write(this, $"({bucket}) IN ({NumbersOf(choice.Numbers)})"),
    };

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
