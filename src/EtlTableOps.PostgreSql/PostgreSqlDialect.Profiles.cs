using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Counts and orders values for profiles.</content>
public sealed partial class PostgreSqlDialect : IProfiles
{
    /// <summary>The hash of a key is cut to 30 bits; the rows below a limit are the sample.</summary>
    private const long Buckets = 1 << 30;

    /// <inheritdoc/>
    public IProfiles Profiles => this;

    /// <inheritdoc/>
    public SqlText Once => new("MATERIALIZED ");

    /// <inheritdoc/>
    /// <remarks>Text goes by its bytes, whatever its collation calls equal; a long one by its beginning and a hash of the whole, so that the sample stays small.</remarks>
    public ProfileForm FormOf(Column column)
    {
        ArgumentNullException.ThrowIfNull(column);
        var value = SqlText.Write(this, $"{new Id(column.Name)}");
        if (TypeText.IsNumber(column.Type)) return new ProfileForm(ProfileKind.Number, value, value);
        if (TypeText.IsTime(column.Type)) return new ProfileForm(ProfileKind.Time, value, value);
        var text = SqlText.Write(this, $"CAST({value} AS text) COLLATE pg_catalog.\"C\"");
        var whole = SqlText.Write(this, $"CASE WHEN length({text}) > {ColumnProfile.LongestText} THEN left({text}, {ColumnProfile.LongestText}) || md5({text}) ELSE {text} END");
        var plain = TypeText.IsText(column.Type) || TypeText.IsPlain(column.Type);
        return new ProfileForm(ProfileKind.Category, whole, plain ? SqlText.Write(this, $"left({text}, {ColumnProfile.LongestText + 1})") : null)
        {
            Note = plain ? null : $"values of type {column.Type} are told apart by their text",
        };
    }

    /// <inheritdoc/>
    public SqlText Text(ProfileKind kind, SqlText value) => SqlText.Write(this, $"CAST({value} AS text)");

    /// <inheritdoc/>
    /// <remarks>A numeric may be beyond a double, and its cast would then fail.</remarks>
    public SqlText Number(ProfileKind kind, SqlText value) => kind == ProfileKind.Time
        ? SqlText.Write(this, $"CAST(extract(epoch FROM {value}) AS float8)")
        : SqlText.Write(this, $"CASE WHEN {value} > 1e300 THEN 'Infinity' WHEN {value} < -1e300 THEN '-Infinity' WHEN {value} BETWEEN -1e-300 AND 1e-300 THEN 0 ELSE CAST({value} AS float8) END");

    /// <inheritdoc/>
    public SqlText Rows(TableShape table, PastMoment? asOf, SqlText? where)
    {
        ArgumentNullException.ThrowIfNull(table);
        return where is { } some ? SqlText.Write(this, $"{table.Name} WHERE {SqlText.InParentheses(some.Text)}") : SqlText.Write(this, $"{table.Name}");
    }

    /// <inheritdoc/>
    public SampleText Sample(TableShape table, IReadOnlyList<Column> key, PastMoment? asOf, SqlText? where)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(key);
        var condition = where is { } some ? SqlText.InParentheses(some.Text) : new SqlText("true");
        if (key.Count == 0) return new SampleText(SqlText.Write(this, $"{table.Name} TABLESAMPLE BERNOULLI (@sample) REPEATABLE (0) WHERE {condition}"), 100) { Integral = false };
        var row = key.Select(k => SqlText.Write(this, $"{new Id(k.Name)}"));
        var hash = serverMajorVersion >= 14 && key.All(k => TypeText.IsHashed(k.Type) || TypeText.IsText(k.Type))
            ? SqlText.Write(this, $"hash_record_extended(ROW({row}), 0)")
            : SqlText.Write(this, $"hashtextextended(ROW({row})::text, 0)");
        return new SampleText(SqlText.Write(this, $"{table.Name} WHERE ({hash} & {Buckets - 1}) < @sample AND {condition}"), Buckets);
    }
}
