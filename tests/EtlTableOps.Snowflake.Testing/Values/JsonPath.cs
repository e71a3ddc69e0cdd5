using System.Globalization;
using System.Text.Json;

namespace EtlTableOps.Snowflake.Testing;

internal static class JsonPath
{
    /// <summary>A member or an element; null where there is none.</summary>
    public static object? Step(Json json, string step)
    {
        using var document = JsonDocument.Parse(json.Text);
        var root = document.RootElement;
        JsonElement found;
        if (root.ValueKind == JsonValueKind.Object)
        {
            if (!root.TryGetProperty(step, out found)) return null;
        }
        else if (root.ValueKind == JsonValueKind.Array && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < root.GetArrayLength()) found = root[index];
        else return null;
        return found.ValueKind == JsonValueKind.Null ? null : new Json(found.GetRawText());
    }

    /// <summary>Checks and normalizes a JSON text.</summary>
    public static object? Parse(string text, bool attempt)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Null ? null : new Json(JsonSerializer.Serialize(document.RootElement, Conversion.Plain));
        }
        catch (JsonException)
        {
            return attempt ? null : throw new ModelError(100069, "22P02", $"Error parsing JSON: {text}");
        }
    }
}
