using System.Text.Json.Nodes;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary>A message of the Jupyter protocol.</summary>
/// <param name="Route">The frames before the delimiter: whom an answer goes to, or the topic of what is published.</param>
/// <param name="Header">Its id, type, session, user and time.</param>
/// <param name="Parent">The header of the message that it answers; empty where there is none.</param>
/// <param name="Metadata">Whatever else is told of it.</param>
/// <param name="Content">What it says.</param>
internal sealed record KernelMessage(IReadOnlyList<byte[]> Route, JsonObject Header, JsonObject Parent, JsonObject Metadata, JsonObject Content)
{
    /// <summary>Its type, for example <c>execute_request</c>.</summary>
    public string Type => Header["msg_type"] is JsonValue value ? value.ToString() : "";

    /// <summary>A text of the content; empty where there is none.</summary>
    public string Text(string name) => Content[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    /// <summary>A flag of the content.</summary>
    public bool Flag(string name, bool otherwise) => Content[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : otherwise;

    /// <summary>A number of the content.</summary>
    public int Number(string name, int otherwise) => Content[name] is JsonValue value && value.TryGetValue<int>(out var number) ? number : otherwise;
}
