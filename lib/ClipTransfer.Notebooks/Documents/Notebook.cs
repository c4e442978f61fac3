using System.Text.Json.Nodes;

namespace ClipTransfer.Notebooks.Documents;

/// <summary>A Jupyter notebook (nbformat 4) in memory.</summary>
/// <param name="Cells">Its cells, in order.</param>
/// <param name="Metadata">Kernel, language, and whatever else stands there.</param>
public sealed record Notebook(IReadOnlyList<NotebookCell> Cells, JsonObject Metadata)
{
    /// <summary>The first heading of the first cell of prose, or null.</summary>
    public string? Title => Cells
        .Where(cell => cell.Kind == CellKind.Markdown)
        .SelectMany(cell => cell.Source.Split('\n'))
        .FirstOrDefault(line => line.StartsWith("# ", StringComparison.Ordinal))?[2..].Trim();

    /// <summary>The metadata of a C# notebook that every engine accepts.</summary>
    public static JsonObject CSharpMetadata() => new()
    {
        ["kernelspec"] = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" },
        ["language_info"] = new JsonObject { ["file_extension"] = ".cs", ["mimetype"] = "text/x-csharp", ["name"] = "C#", ["pygments_lexer"] = "csharp" },
    };
}
