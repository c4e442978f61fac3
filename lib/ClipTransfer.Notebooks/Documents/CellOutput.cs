using System.Text.Json.Nodes;

namespace ClipTransfer.Notebooks.Documents;

/// <summary>One output of a code cell.</summary>
public abstract record CellOutput;

/// <summary>Text that the cell wrote.</summary>
/// <param name="Name"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">The text; carriage returns are already worked off.</param>
public sealed record StreamOutput(string Name, string Text) : CellOutput;

/// <summary>A value that the cell showed, in one or more forms.</summary>
/// <param name="Data">MIME type → content: a string, or a JSON value for JSON types.</param>
/// <param name="ExecutionCount">The cell's number if this is its last expression, null if it was shown by <c>Display()</c>.</param>
public sealed record DisplayOutput(IReadOnlyDictionary<string, JsonNode> Data, int? ExecutionCount = null) : CellOutput
{
    /// <summary>The content under a MIME type as text; null if it is not there.</summary>
    public string? Text(string mimeType) =>
        Data.TryGetValue(mimeType, out var node) ? node is JsonValue value && value.TryGetValue<string>(out var text) ? text : node.ToJsonString() : null;
}

/// <summary>What stopped the cell.</summary>
/// <param name="Name">The kind of error, for example an exception's type.</param>
/// <param name="Value">One readable message.</param>
/// <param name="Traceback">What is shown of it, a line an entry: the message, the place in the cell, and what to do.</param>
public sealed record ErrorOutput(string Name, string Value, IReadOnlyList<string> Traceback) : CellOutput
{
    /// <summary>Causes and calls that led there, for who wants to know; shown folded, below the error, and not stored with it.</summary>
    public IReadOnlyList<string> Stack { get; init; } = [];
}
