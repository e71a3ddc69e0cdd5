using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>Counts and orders values for profiles.</content>
public sealed partial class SnowflakeDialect : IProfiles
{
    /// <inheritdoc/>
    public IProfiles Profiles => this;

    /// <inheritdoc/>
    /// <remarks>There is no such word; the service decides.</remarks>
    public SqlText Once => new("");

    /// <inheritdoc/>
    /// <remarks>
    /// Text goes by its letters whatever its collation calls equal; a long one by its beginning and a hash of the whole. A TIME has no seconds of the epoch (DATE_PART), so it goes by its text, as do
    /// semi-structured and geospatial values.
    /// </remarks>
    public ProfileForm FormOf(Column column)
    {
        ArgumentNullException.ThrowIfNull(column);
        var value = SqlText.Write(this, $"{new Id(column.Name)}");
        if (SnowflakeType.IsNumber(column.Type)) return new ProfileForm(ProfileKind.Number, value, value);
        if (SnowflakeType.IsTime(column.Type)) return new ProfileForm(ProfileKind.Time, value, value);
        var plain = SnowflakeType.IsText(column.Type) || SnowflakeType.IsHashed(column.Type);
        var bare = SnowflakeType.IsText(column.Type) && column.Collation is not null ? SqlText.Write(this, $"COLLATE({value}, '')") : value;
        var text = column.Type.StartsWith("GEO", StringComparison.OrdinalIgnoreCase) ? SqlText.Write(this, $"ST_ASEWKT({value})")
            : SnowflakeType.IsText(column.Type) ? bare
            : plain ? SqlText.Write(this, $"TO_VARCHAR({value})") : SqlText.Write(this, $"TO_JSON({value})");
        var whole = SqlText.Write(this, $"CASE WHEN LENGTH({text}) > {ColumnProfile.LongestText} THEN LEFT({text}, {ColumnProfile.LongestText}) || MD5({text}) ELSE {text} END");
        return new ProfileForm(ProfileKind.Category, whole, plain ? SqlText.Write(this, $"LEFT({text}, {ColumnProfile.LongestText + 1})") : null)
        {
            Note = plain ? null : $"values of type {column.Type} are told apart by their text",
        };
    }

    /// <inheritdoc/>
    public SqlText Text(ProfileKind kind, SqlText value) => SqlText.Write(this, $"TO_VARCHAR({value})");

    /// <inheritdoc/>
    public SqlText Number(ProfileKind kind, SqlText value) => kind == ProfileKind.Time
        ? SqlText.Write(this, $"CAST(DATE_PART(EPOCH_MICROSECOND, {value}) AS DOUBLE PRECISION) / 1000000")
        : SqlText.Write(this, $"CAST({value} AS DOUBLE PRECISION)");

    /// <inheritdoc/>
    /// <remarks>HyperLogLog, within 2 % or so (APPROX_COUNT_DISTINCT).</remarks>
    public SqlText? EstimateDistinct(SqlText value) => SqlText.Write(this, $"APPROX_COUNT_DISTINCT({value})");

    SqlText IProfiles.Rows(ContentQuery rows) => RowsOf(rows);

    /// <inheritdoc/>
    public Sql Ready(Sql sql, ContentQuery rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return SinceLog(Sendable(sql, "The profile of the columns"), rows);
    }

    /// <inheritdoc/>
    public SqlText? InSample(TableShape table, IReadOnlyList<Column> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Count == 0 ? null : SqlText.Write(this, $"ABS(HASH({key.Select(k => SqlText.Write(this, $"{new Id(k.Name)}"))}) % {IProfiles.Buckets}) < @sample");
    }
}
