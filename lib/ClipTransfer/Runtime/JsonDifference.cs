using System.Text.Json.Nodes;

namespace ClipTransfer.Runtime;

/// <summary>The first place in which two JSON values differ.</summary>
/// <param name="Path">Field names joined by dots, for example <c>model.embedDim</c>.</param>
/// <param name="Left">The value there, as JSON; <c>nothing</c> where the field is missing.</param>
/// <param name="Right">The other value.</param>
internal sealed record JsonDifference(string Path, string Left, string Right)
{
    private const string Missing = "nothing";

    /// <summary>Compares two values; null where they are equal. The order of fields does not count.</summary>
    public static JsonDifference? First(JsonNode? left, JsonNode? right, string path = "")
    {
        if (left is JsonObject a && right is JsonObject b)
        {
            return a.Select(field => field.Key).Union(b.Select(field => field.Key), StringComparer.Ordinal)
                .Select(name => Field(a, b, name, path.Length == 0 ? name : $"{path}.{name}")).FirstOrDefault(difference => difference is not null);
        }

        return JsonNode.DeepEquals(left, right) ? null : new JsonDifference(path, Shown(left), Shown(right));
    }

    private static JsonDifference? Field(JsonObject a, JsonObject b, string name, string path)
    {
        if (!a.ContainsKey(name)) return new JsonDifference(path, Missing, Shown(b[name]));
        return b.ContainsKey(name) ? First(a[name], b[name], path) : new JsonDifference(path, Shown(a[name]), Missing);
    }

    private static string Shown(JsonNode? value) => value?.ToJsonString() ?? "null";
}
