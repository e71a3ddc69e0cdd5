using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>Counts and orders values for profiles.</summary>
internal sealed partial class SqliteDialect : IProfiles
{
    /// <inheritdoc/>
    public IProfiles Profiles => this;

    /// <inheritdoc/>
    public SqlText Once => new("MATERIALIZED ");

    /// <inheritdoc/>
    /// <remarks>
    /// A column may hold what its type does not say: numbers come first, then texts, then bytes. BINARY takes the place of the column's collation, which may call different texts equal.
    /// </remarks>
    public ProfileForm FormOf(Column column)
    {
        ArgumentNullException.ThrowIfNull(column);
        var type = SqliteType.Of(column.Type);
        var name = SqlText.Write(this, $"{new Id(column.Name)}");
        var value = SqlText.Write(this, $"{name} COLLATE BINARY");
        if (type.DemandsNumber) return new ProfileForm(ProfileKind.Number, value, value);
        if (type.DemandsTime) return new ProfileForm(ProfileKind.Time, value, value);
        var text = SqlText.Write(this, $"CASE typeof({name}) WHEN 'blob' THEN 'x''' || hex({name}) || '''' ELSE CAST({name} AS TEXT) END COLLATE BINARY");
        var whole = SqlText.Write(this, $"CASE WHEN length({name}) > {ColumnProfile.LongestText} THEN substr({text}, 1, {ColumnProfile.LongestText}) || printf('%016x', {new SqlText(SqliteFunctions.Hash)}('B', {name})) ELSE {text} END COLLATE BINARY");
        return new ProfileForm(ProfileKind.Category, whole, SqlText.Write(this, $"substr({text}, 1, {ColumnProfile.LongestText + 1})"))
        {
            Note = type.IsBlob ? "bytes are told apart by their hexadecimal text" : null,
        };
    }

    /// <inheritdoc/>
    public SqlText Text(ProfileKind kind, SqlText value) => SqlText.Write(this, $"CAST({value} AS TEXT)");

    /// <inheritdoc/>
    /// <remarks>SQLite has no type for times: a text is read as a date, a number is taken for seconds of the epoch.</remarks>
    public SqlText Number(ProfileKind kind, SqlText value) => kind == ProfileKind.Time
        ? SqlText.Write(this, $"CASE typeof({value}) WHEN 'text' THEN (julianday({value}) - 2440587.5) * 86400.0 WHEN 'blob' THEN NULL ELSE CAST({value} AS REAL) END")
        : SqlText.Write(this, $"CASE WHEN typeof({value}) IN ('integer', 'real') THEN CAST({value} AS REAL) END");

    SqlText IProfiles.Rows(ContentQuery rows) => RowsOf(rows);

    /// <inheritdoc/>
    /// <remarks>Without a key there is the row's number: a table without one has a primary key.</remarks>
    public SqlText? InSample(TableShape table, IReadOnlyList<Column> key)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(key);
        var rowNumber = new[] { "rowid", "_rowid_", "oid" }.FirstOrDefault(n => table.Columns.All(c => !string.Equals(c.Name, n, StringComparison.OrdinalIgnoreCase)));
        if (key.Count == 0 && rowNumber is null) return null;
        var values = key.Count == 0 ? [new SqlText(rowNumber!)] : key.Select(k => SqlText.Write(this, $"{new Id(k.Name)}")).ToList();
        var letters = key.Count == 0 ? "N" : string.Concat(key.Select(k => (char)SqliteType.Of(k.Type).Affinity));
        return SqlText.Write(this, $"({new SqlText(SqliteFunctions.Hash)}({values.Prepend(SqlText.Write(this, $"{new SqlLiteral(letters)}"))}) & {IProfiles.Buckets - 1}) < @sample");
    }
}
