using System.Text.Json;

namespace ClipTransfer.Data;

/// <summary>The note that img2dataset writes beside each picture: an object with <c>caption</c> and <c>url</c> among other things.</summary>
internal static class CaptionJson
{
    /// <summary>One of its texts; null where it is absent, no text, or the note is no JSON.</summary>
    public static string? Text(ReadOnlyMemory<byte> json, string property)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null; // InvalidOperationException: half a surrogate
        }
    }
}
