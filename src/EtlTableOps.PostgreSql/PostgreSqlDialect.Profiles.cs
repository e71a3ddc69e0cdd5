using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Counts and orders values for profiles.</content>
public sealed partial class PostgreSqlDialect : IProfiles
{
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

    SqlText IProfiles.Rows(ContentQuery rows) => RowsOf(rows);

    /// <inheritdoc/>
    /// <remarks>Without a key, a row is chosen by the place where it lies.</remarks>
    public SqlText? InSample(TableShape table, IReadOnlyList<Column> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var row = key.Select(k => SqlText.Write(this, $"{new Id(k.Name)}"));
        var hash = key.Count == 0 ? new SqlText("hashtextextended(CAST(ctid AS text), 0)")
            : serverMajorVersion >= 14 && key.All(k => TypeText.IsHashed(k.Type) || TypeText.IsText(k.Type)) ? SqlText.Write(this, $"hash_record_extended(ROW({row}), 0)")
            : SqlText.Write(this, $"hashtextextended(CAST(ROW({row}) AS text), 0)");
        return SqlText.Write(this, $"({hash} & {IProfiles.Buckets - 1}) < @sample");
    }
}
