using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Documents;

/// <summary>Reads <c>.ipynb</c> files of nbformat 4.</summary>
public static class NotebookReader
{
    private const string Remedy = "Open it in a notebook editor, or fetch it again from the repository";

    /// <summary>Reads a notebook from a file.</summary>
    /// <exception cref="InputException">The file is missing, is not JSON, or is no notebook: names the place.</exception>
    public static Notebook Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, $"cannot be read ({error.Message.TrimEnd('.')})", "Check the path and its permissions", error);
        }

        return Parse(text, path);
    }

    /// <summary>Reads a notebook from text.</summary>
    /// <param name="json">The file's content.</param>
    /// <param name="name">What to call the file in an error.</param>
    /// <exception cref="InputException">The text is not JSON or no notebook: names the place.</exception>
    public static Notebook Parse(string json, string name)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json);
        }
        catch (JsonException error)
        {
            var line = (error.LineNumber ?? 0) + 1;
            throw new InputException($"{name} line {line.ToString(CultureInfo.InvariantCulture)}", "is not JSON, so not a notebook", Remedy, error);
        }

        try
        {
            return Convert(root, name);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or FormatException)
        {
            // JsonNode says so where a value has another type than asked for, or a name stands twice.
            throw new InputException(name, $"is JSON, but not a notebook ({error.Message.ReplaceLineEndings(" ").TrimEnd('.')})", Remedy, error);
        }
    }

    private static Notebook Convert(JsonNode? root, string name)
    {
        if (root is not JsonObject notebook || notebook["cells"] is not JsonArray cells)
            throw new InputException(name, "is JSON, but not a notebook: it has no list 'cells'", Remedy);
        var format = (notebook["nbformat"] as JsonValue)?.GetValue<int>();
        if (format != 4)
            throw new InputException(name, $"has nbformat {format?.ToString(CultureInfo.InvariantCulture) ?? "missing"}, expected 4", "Let `jupyter nbconvert --to notebook` convert it");

        var ids = new HashSet<string>(StringComparer.Ordinal);
        var converted = new List<NotebookCell>(cells.Count);
        for (var index = 0; index < cells.Count; index++)
        {
            var place = $"{name} cell {(index + 1).ToString(CultureInfo.InvariantCulture)}";
            if (cells[index] is not JsonObject cell) throw new InputException(place, "is not a JSON object", Remedy);
            var id = (cell["id"] as JsonValue)?.GetValue<string>() ?? $"cell-{(index + 1).ToString("d2", CultureInfo.InvariantCulture)}";
            if (!ids.Add(id)) throw new InputException(place, $"has the id '{id}' of an earlier cell", "Give each cell an id of its own");
            converted.Add(ConvertCell(cell, id, place));
        }

        return new Notebook(converted, Metadata(notebook));
    }

    private static NotebookCell ConvertCell(JsonObject cell, string id, string place)
    {
        var kind = (cell["cell_type"] as JsonValue)?.ToString() switch
        {
            "markdown" => CellKind.Markdown,
            "code" => CellKind.Code,
            "raw" => CellKind.Raw,
            var other => throw new InputException(place, $"has the cell_type '{other}'", "Expected markdown, code or raw"),
        };
        if (cell["source"] is null) throw new InputException(place, "has no source", Remedy);
        var source = Text(cell["source"], place).ReplaceLineEndings("\n");
        if (kind != CellKind.Code) return new NotebookCell(id, kind, source, Metadata(cell), []);
        var outputs = cell["outputs"] is JsonArray list ? list.Select(output => ConvertOutput(output, place)).ToArray() : [];
        return new NotebookCell(id, kind, source, Metadata(cell), outputs, (cell["execution_count"] as JsonValue)?.GetValue<int>());
    }

    private static CellOutput ConvertOutput(JsonNode? node, string place)
    {
        if (node is not JsonObject output) throw new InputException(place, "has an output that is not a JSON object", Remedy);
        switch ((output["output_type"] as JsonValue)?.ToString())
        {
            case "stream":
                return new StreamOutput((output["name"] as JsonValue)?.ToString() ?? "stdout", Text(output["text"], place));
            case "display_data":
                return new DisplayOutput(Bundle(output, place));
            case "execute_result":
                return new DisplayOutput(Bundle(output, place), (output["execution_count"] as JsonValue)?.GetValue<int>() ?? 0);
            case "error":
                var trace = output["traceback"] is JsonArray lines ? lines.Select(line => Text(line, place)).ToArray() : [];
                return new ErrorOutput((output["ename"] as JsonValue)?.ToString() ?? "", (output["evalue"] as JsonValue)?.ToString() ?? "", trace);
            case var other:
                throw new InputException(place, $"has an output of type '{other}'", "Clear the outputs and run it again");
        }
    }

    private static Dictionary<string, JsonNode> Bundle(JsonObject output, string place)
    {
        var bundle = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        if (output["data"] is not JsonObject data) return bundle;
        foreach (var (mimeType, content) in data)
        {
            if (content is null) continue;
            bundle[mimeType] = NotebookWriter.IsJson(mimeType) ? content.DeepClone() : JsonValue.Create(Text(content, place))!;
        }

        return bundle;
    }

    private static JsonObject Metadata(JsonObject owner) => owner["metadata"] is JsonObject metadata ? (JsonObject)metadata.DeepClone() : [];

    /// <summary>nbformat stores text as one string or as a list of lines.</summary>
    private static string Text(JsonNode? node, string place) => node switch
    {
        null => "",
        JsonArray lines => string.Concat(lines.Select(line => Text(line, place))),
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw new InputException(place, "has a text that is neither a string nor a list of strings", Remedy),
    };
}
