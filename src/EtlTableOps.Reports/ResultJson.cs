using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EtlTableOps.Engines;

namespace EtlTableOps.Reports;

/// <summary>How results are written for programs, on the command line and in reports: names in camelCase, durations as numbers of seconds whose names end so, no connection.</summary>
public static class ResultJson
{
    /// <summary>The way of all.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // It goes to a program, never into a page: text stays readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Shape } },
    };

    private static void Shape(JsonTypeInfo type)
    {
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            var property = type.Properties[i];
            if (property.PropertyType == typeof(EtlDatabase))
            {
                type.Properties.RemoveAt(i);
            }
            else if (property.PropertyType == typeof(TimeSpan?))
            {
                property.Name += "Seconds";
                property.CustomConverter = new MaybeSeconds();
            }
            else if (property.PropertyType == typeof(TimeSpan))
            {
                property.Name += "Seconds";
                property.CustomConverter = new Seconds();
            }
        }
    }

    private sealed class MaybeSeconds : JsonConverter<TimeSpan?>
    {
        public override TimeSpan? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.Null ? null : TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan? value, JsonSerializerOptions options)
        {
            if (value is { } time) writer.WriteNumberValue(Math.Round(time.TotalSeconds, 4));
            else writer.WriteNullValue();
        }
    }

    private sealed class Seconds : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(Math.Round(value.TotalSeconds, 4));
    }
}
