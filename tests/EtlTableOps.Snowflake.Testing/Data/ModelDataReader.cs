using System.Collections;
using System.Data;
using System.Data.Common;
using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>Rows of results with .NET values as the driver gives them (snowflake-driver.md, table of row types).</summary>
public sealed class ModelDataReader : DbDataReader
{
    private readonly IReadOnlyList<ModelResult> results;
    private int result;
    private int row = -1;
    private bool closed;

    internal ModelDataReader(IReadOnlyList<ModelResult> results) => this.results = results;

    private ModelResult Current => results[result];

    /// <inheritdoc/>
    public override int Depth => 0;

    /// <inheritdoc/>
    public override int FieldCount => Current.Columns.Count;

    /// <inheritdoc/>
    public override bool HasRows => Current.Rows.Count > 0;

    /// <inheritdoc/>
    public override bool IsClosed => closed;

    /// <inheritdoc/>
    public override int RecordsAffected => (int)Current.Affected;

    public string QueryId => Current.QueryId;

    /// <inheritdoc/>
    public override object this[int ordinal] => GetValue(ordinal);

    /// <inheritdoc/>
    public override object this[string name] => GetValue(GetOrdinal(name));

    /// <inheritdoc/>
    public override bool Read() => ++row < Current.Rows.Count;

    /// <inheritdoc/>
    public override bool NextResult()
    {
        row = -1;
        if (result + 1 >= results.Count) return false;
        result++;
        return true;
    }

    /// <inheritdoc/>
    public override void Close() => closed = true;

    /// <inheritdoc/>
    public override object GetValue(int ordinal)
    {
        var value = Current.Rows[row][ordinal];
        var type = Current.Columns[ordinal].Type;
        return value switch
        {
            null => DBNull.Value,
            decimal number when type.Kind == SfKind.Fixed => type.Scale == 0 ? (object)checked((long)number) : Math.Round(number, type.Scale, MidpointRounding.AwayFromZero),
            Moment moment => type.Kind switch
            {
                SfKind.TimestampLtz => (object)new DateTimeOffset(DateTime.SpecifyKind(moment.ToDateTime(), DateTimeKind.Utc)).ToLocalTime(),
                SfKind.TimestampTz => new DateTimeOffset(DateTime.SpecifyKind(moment.ToDateTime(), DateTimeKind.Utc)).ToOffset(TimeSpan.FromMinutes(moment.Offset)),
                _ => moment.ToDateTime(),
            },
            Json json => json.Text,
            bool or string or double or byte[] => value,
            _ => Conversion.ToText(value, type),
        };
    }

    /// <inheritdoc/>
    public override Type GetFieldType(int ordinal) => Current.Columns[ordinal].Type.Kind switch
    {
        SfKind.Fixed => Current.Columns[ordinal].Type.Scale == 0 ? typeof(long) : typeof(decimal),
        SfKind.Real => typeof(double),
        SfKind.Boolean => typeof(bool),
        SfKind.Date or SfKind.Time or SfKind.TimestampNtz => typeof(DateTime),
        SfKind.TimestampLtz or SfKind.TimestampTz => typeof(DateTimeOffset),
        SfKind.Binary => typeof(byte[]),
        _ => typeof(string),
    };

    /// <inheritdoc/>
    public override string GetDataTypeName(int ordinal) => Current.Columns[ordinal].Type.WireName.ToUpperInvariant();

    /// <inheritdoc/>
    public override string GetName(int ordinal) => Current.Columns[ordinal].Name;

    /// <inheritdoc/>
    public override int GetOrdinal(string name)
    {
        for (var i = 0; i < Current.Columns.Count; i++)
        {
            if (string.Equals(Current.Columns[i].Name, name, StringComparison.OrdinalIgnoreCase)) return i;
        }
        throw new ArgumentException($"The result has no column {name}.", nameof(name));
    }

    /// <inheritdoc/>
    public override int GetValues(object[] values)
    {
        var count = Math.Min(values.Length, FieldCount);
        for (var i = 0; i < count; i++) values[i] = GetValue(i);
        return count;
    }

    /// <inheritdoc/>
    public override bool IsDBNull(int ordinal) => Current.Rows[row][ordinal] is null;

    /// <inheritdoc/>
    public override bool GetBoolean(int ordinal) => (bool)GetValue(ordinal);

    /// <inheritdoc/>
    public override byte GetByte(int ordinal) => Convert.ToByte(GetValue(ordinal), CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) => Copy((byte[])GetValue(ordinal), dataOffset, buffer, bufferOffset, length);

    /// <inheritdoc/>
    public override char GetChar(int ordinal) => GetString(ordinal)[0];

    /// <inheritdoc/>
    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) => Copy(GetString(ordinal).ToCharArray(), dataOffset, buffer, bufferOffset, length);

    /// <inheritdoc/>
    public override DateTime GetDateTime(int ordinal) => GetValue(ordinal) is DateTimeOffset zoned ? zoned.DateTime : (DateTime)GetValue(ordinal);

    /// <inheritdoc/>
    public override decimal GetDecimal(int ordinal) => Conversion.ToDecimal(Current.Rows[row][ordinal]!);

    /// <inheritdoc/>
    public override double GetDouble(int ordinal) => Conversion.ToDouble(Current.Rows[row][ordinal]!);

    /// <inheritdoc/>
    public override float GetFloat(int ordinal) => (float)GetDouble(ordinal);

    /// <inheritdoc/>
    public override Guid GetGuid(int ordinal) => Guid.Parse(GetString(ordinal));

    /// <inheritdoc/>
    public override short GetInt16(int ordinal) => checked((short)GetDecimal(ordinal));

    /// <inheritdoc/>
    public override int GetInt32(int ordinal) => checked((int)GetDecimal(ordinal));

    /// <inheritdoc/>
    public override long GetInt64(int ordinal) => checked((long)GetDecimal(ordinal));

    /// <inheritdoc/>
    public override string GetString(int ordinal) => Current.Rows[row][ordinal] switch
    {
        null => throw new InvalidCastException("The value is NULL."),
        decimal number => Conversion.ToText(number, Current.Columns[ordinal].Type),
        var value => Conversion.ToText(value, Current.Columns[ordinal].Type),
    };

    /// <inheritdoc/>
    public override DataTable GetSchemaTable()
    {
        var table = new DataTable("SchemaTable") { Locale = CultureInfo.InvariantCulture };
        foreach (var (name, type) in new[]
        {
            (SchemaTableColumn.ColumnName, typeof(string)), (SchemaTableColumn.ColumnOrdinal, typeof(int)), (SchemaTableColumn.ColumnSize, typeof(int)), (SchemaTableColumn.NumericPrecision, typeof(int)),
            (SchemaTableColumn.NumericScale, typeof(int)), (SchemaTableColumn.DataType, typeof(Type)), (SchemaTableColumn.AllowDBNull, typeof(bool)),
        })
            table.Columns.Add(name, type);
        for (var i = 0; i < FieldCount; i++)
        {
            var column = Current.Columns[i];
            table.Rows.Add(column.Name, i, column.Type.Length, column.Type.Kind == SfKind.Fixed ? column.Type.Precision : 0, column.Type.Scale, GetFieldType(i), column.Nullable);
        }
        return table;
    }

    /// <inheritdoc/>
    public override IEnumerator GetEnumerator() => new DbEnumerator(this);

    private static long Copy<T>(T[] data, long from, T[]? buffer, int at, int length)
    {
        if (buffer is null) return data.Length;
        var count = (int)Math.Max(0, Math.Min(length, data.Length - from));
        Array.Copy(data, from, buffer, at, count);
        return count;
    }
}
