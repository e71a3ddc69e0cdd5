using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Imports;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>
/// Loads staged files. A file that was loaded before is loaded again (FORCE): what is asked for is done, and an import that was taken back leaves no file behind that
/// the next one would pass over in silence (COPY INTO table).
/// </content>
public sealed partial class SnowflakeDialect
{
    /// <summary>CSV, JSON or PARQUET; null for the name of a format.</summary>
    internal static string? KindOf(string? format) => format?.ToUpperInvariant() is "CSV" or "JSON" or "PARQUET" ? format.ToUpperInvariant() : null;

    /// <summary>
    /// The options of a format that was named by its kind alone: CSV as RFC 4180 has it and as this tool reads it, JSON as objects or as an array of them, Parquet
    /// with the types that its writer meant.
    /// </summary>
    internal static string InlineFormat(StagedFiles files) => KindOf(files.Format) switch
    {
        "CSV" => $@"TYPE = CSV{(files.Columns is null ? " PARSE_HEADER = TRUE" : "")} FIELD_OPTIONALLY_ENCLOSED_BY = '""' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE",
        "JSON" => "TYPE = JSON STRIP_OUTER_ARRAY = TRUE",
        _ => "TYPE = PARQUET USE_LOGICAL_TYPE = TRUE",
    };

    /// <summary>The names of the columns in files, in their order (INFER_SCHEMA).</summary>
    internal Sql StagedColumns(string location, string format) =>
        Sql.Write(this, $"SELECT COLUMN_NAME FROM TABLE(INFER_SCHEMA(LOCATION => {new SqlLiteral(location)}, FILE_FORMAT => {new SqlLiteral(format)})) ORDER BY ORDER_ID");

    /// <summary>
    /// One COPY. By expressions, columns that are left out get their defaults; by the header, which expressions cannot see, they would be null (COPY INTO table,
    /// MATCH_BY_COLUMN_NAME).
    /// </summary>
    internal Sql CopyStaged(StagedFiles files, StagedColumns found, TableName table, IReadOnlyList<Column> columns, IReadOnlyList<(Column Column, SqlText Next)> numbered)
    {
        var location = new SqlText(files.Location!);
        var pattern = files.Pattern is { } text ? SqlText.Write(this, $" PATTERN = {new SqlLiteral(text)}") : new SqlText("");
        var format = KindOf(files.Format) is null ? SqlText.Write(this, $"FORMAT_NAME = {new SqlLiteral(files.Format!)}") : new SqlText(InlineFormat(files));
        if (found.Way == StagedWay.Header)
            return Sql.Write(this, $"COPY INTO {table} FROM {location}{pattern} FILE_FORMAT = ({format}) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE FORCE = TRUE ON_ERROR = ABORT_STATEMENT");
        var into = columns.Concat(numbered.Select(n => n.Column)).Select(c => new Id(c.Name));
        var values = columns.Select((c, i) => Staged(found.Way == StagedWay.Place ? new SqlText(string.Create(CultureInfo.InvariantCulture, $"${i + 1}")) : SqlText.Write(this, $"$1:{new Id(found.Names[i])}"), found.Way, c)).Concat(numbered.Select(n => n.Next));
        return Sql.Write(this, $"COPY INTO {table} ({into}) FROM (SELECT {values} FROM {location}){pattern} FILE_FORMAT = ({format}) FORCE = TRUE ON_ERROR = ABORT_STATEMENT");
    }

    /// <summary>A field as its column takes it: of a record it is a VARIANT, of separated files a text, which is converted where it is stored.</summary>
    private SqlText Staged(SqlText field, StagedWay way, Column column)
    {
        var type = column.Type.Trim().ToUpperInvariant();
        if (type.StartsWith("GEOGRAPHY", StringComparison.Ordinal)) return new SqlText($"TO_GEOGRAPHY({field})");
        if (type.StartsWith("GEOMETRY", StringComparison.Ordinal)) return new SqlText($"TO_GEOMETRY({field})");
        if (way == StagedWay.Place) return type.StartsWith("VARIANT", StringComparison.Ordinal) || type.StartsWith("OBJECT", StringComparison.Ordinal) || type.StartsWith("ARRAY", StringComparison.Ordinal) ? new SqlText($"PARSE_JSON({field})") : field;
        return type.StartsWith("VARIANT", StringComparison.Ordinal) ? field : Convert(field, column.Type);
    }
}
