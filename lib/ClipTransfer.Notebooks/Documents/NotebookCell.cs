using System.Text.Json.Nodes;

namespace ClipTransfer.Notebooks.Documents;

/// <summary>One cell of a notebook.</summary>
/// <param name="Id">Its id, unique in the notebook (nbformat 4.5).</param>
/// <param name="Kind">Prose, code, or neither.</param>
/// <param name="Source">Its text, lines ended by <c>\n</c>.</param>
/// <param name="Metadata">Everything else that Jupyter keeps with it.</param>
/// <param name="Outputs">What it showed; empty unless it is code and was run.</param>
/// <param name="ExecutionCount">The how-manieth cell it was in its run; null if it was not run.</param>
public sealed record NotebookCell(
    string Id, CellKind Kind, string Source, JsonObject Metadata, IReadOnlyList<CellOutput> Outputs, int? ExecutionCount = null)
{
    /// <summary>A cell without outputs.</summary>
    public NotebookCell(string id, CellKind kind, string source, params string[] tags)
        : this(id, kind, source, TagsAsMetadata(tags), [])
    {
    }

    /// <summary>The tags that Jupyter shows.</summary>
    public IReadOnlyList<string> Tags =>
        Metadata["tags"] is JsonArray tags ? [.. tags.OfType<JsonValue>().Select(tag => tag.ToString())] : [];

    private static JsonObject TagsAsMetadata(string[] tags) =>
        tags.Length == 0 ? [] : new JsonObject { ["tags"] = new JsonArray([.. tags.Select(tag => JsonValue.Create(tag))]) };
}
