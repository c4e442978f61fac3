using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Documents;

/// <summary>Writes <c>.ipynb</c> files of nbformat 4.5, laid out as Jupyter lays them out, so that a diff shows only what changed.</summary>
public static class NotebookWriter
{
    private static readonly JsonSerializerOptions _layout = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the notebook whole or not at all.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, Notebook notebook) => AtomicFile.WriteText(path, ToJson(notebook));

    /// <summary>The notebook's file content.</summary>
    public static string ToJson(Notebook notebook) => new JsonObject
    {
        ["cells"] = new JsonArray([.. notebook.Cells.Select(CellToJson)]),
        ["metadata"] = notebook.Metadata.DeepClone(),
        ["nbformat"] = 4,
        ["nbformat_minor"] = 5,
    }.ToJsonString(_layout) + "\n";

    /// <summary>Whether content of this MIME type is stored as a JSON value, not as text.</summary>
    internal static bool IsJson(string mimeType) =>
        mimeType == "application/json" || mimeType.EndsWith("+json", StringComparison.Ordinal);

    private static JsonNode CellToJson(NotebookCell cell)
    {
        var json = new JsonObject
        {
            ["cell_type"] = cell.Kind switch { CellKind.Markdown => "markdown", CellKind.Code => "code", _ => "raw" },
        };
        if (cell.Kind == CellKind.Code) json["execution_count"] = cell.ExecutionCount;
        json["id"] = cell.Id;
        json["metadata"] = cell.Metadata.DeepClone();
        if (cell.Kind == CellKind.Code) json["outputs"] = new JsonArray([.. cell.Outputs.Select(OutputToJson)]);
        json["source"] = Lines(cell.Source);
        return json;
    }

    private static JsonNode OutputToJson(CellOutput output) => output switch
    {
        StreamOutput stream => new JsonObject { ["name"] = stream.Name, ["output_type"] = "stream", ["text"] = Lines(stream.Text) },
        DisplayOutput { ExecutionCount: { } count } result => new JsonObject
        {
            ["data"] = Bundle(result.Data),
            ["execution_count"] = count,
            ["metadata"] = new JsonObject(),
            ["output_type"] = "execute_result",
        },
        DisplayOutput display => new JsonObject
        {
            ["data"] = Bundle(display.Data),
            ["metadata"] = new JsonObject(),
            ["output_type"] = "display_data",
        },
        ErrorOutput error => new JsonObject
        {
            ["ename"] = error.Name,
            ["evalue"] = error.Value,
            ["output_type"] = "error",
            ["traceback"] = new JsonArray([.. error.Traceback.Select(line => JsonValue.Create(line))]),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(output), output, "an output that nbformat does not know"),
    };

    private static JsonObject Bundle(IReadOnlyDictionary<string, JsonNode> data)
    {
        var bundle = new JsonObject();
        foreach (var (mimeType, content) in data.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            bundle[mimeType] = !IsJson(mimeType) && content is JsonValue value && value.TryGetValue<string>(out var text)
                ? Lines(text)
                : content.DeepClone();
        }

        return bundle;
    }

    /// <summary>Text as a list of lines, each with its line end.</summary>
    private static JsonArray Lines(string text)
    {
        var lines = new JsonArray();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add((JsonNode?)JsonValue.Create(text[start..end]));
            start = end;
        }

        return lines;
    }
}
