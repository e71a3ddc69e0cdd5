using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <summary>A column of a bulk load.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Nullable">Whether it takes null.</param>
/// <param name="Form">Writes the binary form of its type; null where we know none, then the server reads text.</param>
internal sealed record PostgreSqlBulkColumn(string Name, bool Nullable, PostgreSqlBinaryForm? Form)
{
    /// <summary>Joins the columns of a load with what their types are sent as.</summary>
    public static IReadOnlyList<PostgreSqlBulkColumn> Of(TableName table, IReadOnlyList<Column> columns, IReadOnlyList<PostgreSqlColumnType> types)
    {
        var known = types.ToDictionary(t => t.Column, StringComparer.Ordinal);
        var result = new List<PostgreSqlBulkColumn>(columns.Count);
        foreach (var column in columns)
        {
            if (!known.TryGetValue(column.Name, out var type))
                throw new EtlException(ErrorCode.ColumnNotFound, table, column.Name, string.Join(", ", known.Keys));
            result.Add(new PostgreSqlBulkColumn(column.Name, column.Nullable, PostgreSqlBinaryForm.Of(type)));
        }
        return result;
    }
}
