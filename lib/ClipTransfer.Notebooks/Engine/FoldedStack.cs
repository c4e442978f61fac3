using System.Net;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Documents;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>The stack trace of an error, folded: one line until someone opens it.</summary>
internal static class FoldedStack
{
    /// <summary>What is shown below the error; null if it has no stack.</summary>
    public static IReadOnlyDictionary<string, JsonNode>? Of(ErrorOutput error)
    {
        if (error.Stack.Count == 0) return null;
        var text = string.Join('\n', error.Stack);
        return new Dictionary<string, JsonNode>
        {
            ["text/html"] = JsonValue.Create($"<details><summary>Stack trace</summary><pre tabindex=\"0\">{WebUtility.HtmlEncode(text)}</pre></details>"),
            ["text/plain"] = JsonValue.Create(text),
        };
    }
}
