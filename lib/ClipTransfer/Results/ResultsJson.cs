using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>How results are written as JSON: camel case, readable, enums by name, and no NaN (null stands for it).</summary>
public static class ResultsJson
{
    /// <summary>Indented, for files that people read.</summary>
    public static JsonSerializerOptions Options { get; } = Make(indented: true);

    /// <summary>One line, for JSON lines.</summary>
    public static JsonSerializerOptions Line { get; } = Make(indented: false);

    private static JsonSerializerOptions Make(bool indented) => new(JsonSerializerDefaults.Web)
    {
        WriteIndented = indented,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(), new FiniteOrNull() },
    };
}
