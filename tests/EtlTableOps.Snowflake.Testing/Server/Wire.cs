using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>Values and results in the shapes of the driver's protocol (snowflake-driver.md).</summary>
internal static class Wire
{
    public static JsonObject Result(ModelResult result, ModelSession session)
    {
        var data = new JsonObject
        {
            ["queryId"] = result.QueryId,
            ["statementTypeId"] = result.StatementType,
            ["rowtype"] = new JsonArray([.. result.Columns.Select(c => (JsonNode)RowType(c))]),
            ["rowset"] = new JsonArray([.. result.Rows.Select(r => (JsonNode)new JsonArray([.. r.Select((v, i) => v is null ? null : JsonValue.Create(Value(v, result.Columns[i].Type)))]))]),
            ["total"] = result.Rows.Count,
            ["returned"] = result.Rows.Count,
            ["parameters"] = Parameters(session),
            ["finalDatabaseName"] = session.Database,
            ["finalSchemaName"] = session.Schema,
            ["finalWarehouseName"] = session.Warehouse,
            ["finalRoleName"] = session.Role,
            ["queryResultFormat"] = "json",
        };
        return data;
    }

    public static JsonArray Parameters(ModelSession session) => [Pair("TIMEZONE", session.Parameter("TIMEZONE")), Pair("AUTOCOMMIT", session.Parameter("AUTOCOMMIT")), Pair("CLIENT_SESSION_KEEP_ALIVE", "false"), Pair("CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "0")];

    /// <summary>A value as text in the rowset.</summary>
    public static string Value(object value, SfType type) => value switch
    {
        bool flag => flag ? "1" : "0",
        decimal number => Conversion.ToText(number, type),
        double real => real.ToString("R", CultureInfo.InvariantCulture),
        Moment moment => type.Kind switch
        {
            SfKind.Date => (moment.Seconds / 86400).ToString(CultureInfo.InvariantCulture),
            SfKind.TimestampTz => string.Create(CultureInfo.InvariantCulture, $"{Seconds(moment)} {moment.Offset + 1440}"),
            _ => Seconds(moment),
        },
        byte[] bytes => Convert.ToHexString(bytes),
        _ => value.ToString() ?? "",
    };

    /// <summary>The other way, for a client of ours.</summary>
    public static object? Value(string? text, SfType type)
    {
        if (text is null) return null;
        switch (type.Kind)
        {
            case SfKind.Fixed: return decimal.Parse(text, CultureInfo.InvariantCulture);
            case SfKind.Real: return double.Parse(text, CultureInfo.InvariantCulture);
            case SfKind.Boolean: return text == "1";
            case SfKind.Date: return new Moment(long.Parse(text, CultureInfo.InvariantCulture) * 86400, 0);
            case SfKind.TimestampTz:
                var parts = text.Split(' ');
                return OfSeconds(parts[0]) with { Offset = int.Parse(parts[1], CultureInfo.InvariantCulture) - 1440 };
            case SfKind.Time or SfKind.TimestampLtz or SfKind.TimestampNtz: return OfSeconds(text);
            case SfKind.Binary: return Convert.FromHexString(text);
            case SfKind.Variant or SfKind.Object or SfKind.Array: return new Json(text);
            default: return text;
        }
    }

    public static SfType Type(JsonElement column)
    {
        var name = column.GetProperty("type").GetString();
        var kind = Enum.GetValues<SfKind>().First(k => new SfType(k).WireName == name);
        return new SfType(kind, Number("precision"), Number("scale"), Number("length"));

        int Number(string property) => column.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : 0;
    }

    /// <summary>A bound value of a request.</summary>
    public static ModelBind Bind(string type, string? value) => type switch
    {
        _ when value is null => new ModelBind(SfType.Text, null),
        "FIXED" => decimal.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture) is var number ? new ModelBind(SfType.Number(38, (decimal.GetBits(number)[3] >> 16) & 0xFF), number) : null!,
        "REAL" => new ModelBind(SfType.Real, double.Parse(value, CultureInfo.InvariantCulture)),
        "BOOLEAN" => new ModelBind(SfType.Boolean, value is "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase)),
        "DATE" => new ModelBind(SfType.Date, Moment.OfNanoseconds(Int128.Parse(value, CultureInfo.InvariantCulture) * 1_000_000).Day),
        "TIME" => new ModelBind(new SfType(SfKind.Time, Scale: 9), Moment.OfNanoseconds(Int128.Parse(value, CultureInfo.InvariantCulture))),
        "TIMESTAMP_NTZ" => new ModelBind(SfType.Ntz, Moment.OfNanoseconds(Int128.Parse(value, CultureInfo.InvariantCulture))),
        "TIMESTAMP_LTZ" => new ModelBind(SfType.Ltz, Moment.OfNanoseconds(Int128.Parse(value, CultureInfo.InvariantCulture))),
        "TIMESTAMP_TZ" => value.Split(' ') is var parts ? new ModelBind(SfType.Tz, Moment.OfNanoseconds(Int128.Parse(parts[0], CultureInfo.InvariantCulture)) with { Offset = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) - 1440 : 0 }) : null!,
        "BINARY" => new ModelBind(SfType.Binary, Convert.FromHexString(value)),
        _ => new ModelBind(SfType.Text, value),
    };

    /// <summary>The same the other way.</summary>
    public static (string Type, string? Value) Bind(ModelBind bind) => (bind.Type.Kind, bind.Value) switch
    {
        (_, null) => ("TEXT", null),
        (SfKind.Date, Moment day) => ("DATE", ((Int128)day.Seconds * 1000).ToString(CultureInfo.InvariantCulture)),
        (SfKind.TimestampTz, Moment zoned) => ("TIMESTAMP_TZ", string.Create(CultureInfo.InvariantCulture, $"{zoned.Nanoseconds} {zoned.Offset + 1440}")),
        (_, Moment moment) => (bind.Type.WireName.ToUpperInvariant(), moment.Nanoseconds.ToString(CultureInfo.InvariantCulture)),
        (SfKind.Boolean, bool flag) => ("BOOLEAN", flag ? "True" : "False"),
        (_, byte[] bytes) => ("BINARY", Convert.ToHexString(bytes)),
        (_, { } value) => (bind.Type.WireName.ToUpperInvariant(), Conversion.ToText(value, bind.Type)),
    };

    private static JsonObject RowType(ResultColumn column) => new()
    {
        ["name"] = column.Name,
        ["type"] = column.Type.WireName,
        ["nullable"] = column.Nullable,
        ["precision"] = column.Type.Kind == SfKind.Fixed ? column.Type.Precision : 0,
        ["scale"] = column.Type.Scale,
        ["length"] = column.Type.Length,
        ["byteLength"] = Math.Min((long)column.Type.Length * 4, SfType.LongestText),
    };

    private static JsonObject Pair(string name, string value) => new() { ["name"] = name, ["value"] = value };

    private static string Seconds(Moment moment) => string.Create(CultureInfo.InvariantCulture, $"{(moment.Seconds < 0 && moment.Nanos > 0 ? (decimal)moment.Nanoseconds / 1_000_000_000 : moment.Seconds + (moment.Nanos / 1_000_000_000m)):F9}");

    private static Moment OfSeconds(string text) => Moment.OfNanoseconds((Int128)(decimal.Parse(text, CultureInfo.InvariantCulture) * 1_000_000_000));
}
