using System.Net;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Engine;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary>Answers what a client asks about code that it does not run: completion, inspection, whether it is whole.</summary>
/// <remarks>Jupyter counts positions in Unicode code points, .NET in UTF-16 units.</remarks>
/// <param name="engine">The engine, which may still be warming up.</param>
internal sealed class CodeQuestions(Task<NotebookEngine> engine)
{
    private static readonly CSharpParseOptions _script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    /// <summary><c>complete_request</c>.</summary>
    public async Task<JsonObject> CompleteAsync(KernelMessage request)
    {
        var code = request.Text("code");
        var list = (await engine.ConfigureAwait(false)).Complete(code, Units(code, request.Number("cursor_pos", code.Length)));
        var (start, end) = (Points(code, list.Start), Points(code, list.End));
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. list.Items.Select(item => JsonValue.Create(item.Text))]),
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            ["metadata"] = new JsonObject
            {
                ["_jupyter_types_experimental"] = new JsonArray([.. list.Items.Select(item => new JsonObject { ["start"] = start, ["end"] = end, ["text"] = item.Text, ["type"] = item.Kind })]),
            },
        };
    }

    /// <summary><c>inspect_request</c>.</summary>
    public async Task<JsonObject> InspectAsync(KernelMessage request)
    {
        var code = request.Text("code");
        var text = (await engine.ConfigureAwait(false)).Inspect(code, Units(code, request.Number("cursor_pos", code.Length)));
        return new JsonObject
        {
            ["status"] = "ok",
            ["found"] = text is not null,
            ["data"] = text is null ? [] : new JsonObject { ["text/plain"] = text, ["text/html"] = $"<pre style=\"white-space:pre-wrap\">{WebUtility.HtmlEncode(text)}</pre>" },
            ["metadata"] = new JsonObject(),
        };
    }

    /// <summary><c>is_complete_request</c>: whether Enter should run the code or begin another line.</summary>
    public static JsonObject IsComplete(KernelMessage request)
    {
        var code = CellSource.CodeInPlace(request.Text("code"));
        var tree = CSharpSyntaxTree.ParseText(code, _script);
        if (!SyntaxFactory.IsCompleteSubmission(tree)) return new JsonObject { ["status"] = "incomplete", ["indent"] = Indent(code) };
        return new JsonObject { ["status"] = tree.GetDiagnostics().Any(found => found.Severity == DiagnosticSeverity.Error) ? "invalid" : "complete" };
    }

    private static string Indent(string code)
    {
        var line = code.Split('\n')[^1];
        var indent = line[..^line.TrimStart().Length];
        return line.TrimEnd().EndsWith('{') ? indent + "    " : indent;
    }

    private static int Units(string text, int points)
    {
        var at = 0;
        for (; points > 0 && at < text.Length; points--) at += char.IsSurrogatePair(text, at) ? 2 : 1;
        return at;
    }

    private static int Points(string text, int units) => text[..units].EnumerateRunes().Count();
}
