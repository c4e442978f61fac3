using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Engine;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ClipTransfer.Tests.Notebooks;

/// <summary>What every notebook of this project keeps to, so that it runs in each engine and reads like the others.</summary>
internal static partial class NotebookRules
{
    private const int FewestCells = 15;
    private const int MostCells = 40;
    private const int MostLines = 14;

    private static readonly MarkdownPipeline _prose = new MarkdownPipelineBuilder().UseMathematics().UsePipeTables().Build();
    private static readonly CSharpParseOptions _script = new(LanguageVersion.Latest, kind: Microsoft.CodeAnalysis.SourceCodeKind.Script);

    /// <summary>Every breach, each with its cell.</summary>
    /// <param name="json">The notebook's file.</param>
    /// <param name="version">The version of ClipTransfer.Plots that it must ask for.</param>
    public static IReadOnlyList<string> Breaches(string json, string version)
    {
        var breaches = new List<string>();
        var root = JsonNode.Parse(json)!;
        var notebook = NotebookReader.Parse(json, "notebook");
        breaches.AddRange(FileBreaches(root));
        breaches.AddRange(OrderBreaches(notebook, version));
        var number = 0;
        foreach (var cell in notebook.Cells)
        {
            number++;
            var found = cell.Kind == CellKind.Code ? CodeBreaches(cell.Source) : ProseBreaches(cell.Source);
            breaches.AddRange(found.Select(breach => $"cell {number}: {breach}"));
        }

        return breaches;
    }

    private static IEnumerable<string> FileBreaches(JsonNode root)
    {
        if ((root["nbformat"]?.ToString(), root["nbformat_minor"]?.ToString()) != ("4", "5")) yield return "is not nbformat 4.5";
        if (root["metadata"]?["kernelspec"]?["name"]?.ToString() != ".net-csharp") yield return "kernelspec is not .net-csharp";
        if (root["metadata"]?["language_info"]?["name"]?.ToString() != "C#") yield return "language_info is not C#";
        if (root.ToJsonString().Contains("polyglot_notebook", StringComparison.Ordinal)) yield return "has metadata of Polyglot Notebooks";
        var number = 0;
        foreach (var cell in root["cells"]!.AsArray())
        {
            number++;
            if (cell!["id"] is null) yield return $"cell {number}: has no id";
            if (cell["outputs"] is JsonArray { Count: > 0 }) yield return $"cell {number}: is stored with outputs";
            if (cell["execution_count"] is not null) yield return $"cell {number}: is stored with an execution count";
            if (cell["cell_type"]!.ToString() == "raw") yield return $"cell {number}: is raw";
        }
    }

    private static IEnumerable<string> OrderBreaches(Notebook notebook, string version)
    {
        var cells = notebook.Cells;
        if (cells.Count is < FewestCells or > MostCells) yield return $"has {cells.Count} cells, not {FewestCells} to {MostCells}";
        if (cells.Count == 0 || cells[0].Kind != CellKind.Markdown || !cells[0].Source.StartsWith("# ", StringComparison.Ordinal)) yield return "does not begin with a title";
        var code = cells.Where(cell => cell.Kind == CellKind.Code).ToArray();
        if (code.Length < 4)
        {
            yield return "has fewer than four code cells";
            yield break;
        }

        if (code[0].Source.Trim() != "#!import setup.cs") yield return "the first code cell is not `#!import setup.cs`";
        var package = $"#r \"nuget: ClipTransfer.Plots, {version}\"";
        if (code[1].Source.Trim() != package) yield return $"the second code cell is not `{package}`";
        if (!code[2].Tags.Contains("parameters")) yield return "the third code cell is not tagged parameters";
        if (code.Count(cell => cell.Tags.Contains("parameters")) > 1) yield return "more than one cell is tagged parameters";
        foreach (var name in new[] { "profile", "seed", "data", "output" })
        {
            if (!Regex.IsMatch(code[2].Source, $@"\bvar {name} = ")) yield return $"the parameters lack `var {name} = …`";
        }

        if (!code.TakeLast(3).Any(cell => cell.Source.Contains(".Record(", StringComparison.Ordinal))) yield return "does not end with a verdict for the ledger";
        for (var index = 1; index < cells.Count; index++)
        {
            if (cells[index].Kind != CellKind.Code || cells[index - 1].Kind != CellKind.Code || index < 2 || cells[index - 2].Kind != CellKind.Code) continue;
            // The set-up cells stand together; from the fourth code cell on, prose comes first.
            if (Array.IndexOf(code, cells[index]) > 3) yield return $"cell {index + 1}: the third code cell in a row without prose";
        }
    }

    // A dollar inside a word, as in `margin$/\tau$`, begins no formula in CommonMark's mathematics.
    private static IEnumerable<string> ProseBreaches(string source) =>
        from text in Markdown.Parse(source, _prose).Descendants<LiteralInline>()
        where text.Content.ToString().Contains('$')
        select $"shows a dollar that is no formula: `{text.Content}`";

    private static IEnumerable<string> CodeBreaches(string source)
    {
        var lines = source.Split('\n').Select(line => line.TrimEnd()).ToArray();
        if (lines.Length > MostLines) yield return $"has {lines.Length} lines, not at most {MostLines}";
        if (lines.Length == 0 || string.IsNullOrWhiteSpace(source)) yield return "is empty";

        CellSource? cell = null;
        string? refused = null;
        try
        {
            cell = CellSource.Parse(source);
        }
        catch (CellSyntaxException error)
        {
            refused = error.Message;
        }

        if (refused is not null) yield return refused;
        if (cell is null || !cell.HasCode) yield break;
        if (cell.Code.Split('\n').Any(line => line.TrimStart().StartsWith("#!", StringComparison.Ordinal))) yield return "a `#!` line stands below other code";

        var root = CSharpSyntaxTree.ParseText(cell.Code, _script).GetCompilationUnitRoot();
        foreach (var error in root.GetDiagnostics().Where(error => error.Severity == Microsoft.CodeAnalysis.DiagnosticSeverity.Error)) yield return $"does not parse: {error.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}";
        foreach (var node in root.DescendantNodes())
        {
            switch (node)
            {
                case BaseNamespaceDeclarationSyntax:
                    yield return "declares a namespace";
                    break;
                case BaseTypeDeclarationSyntax or DelegateDeclarationSyntax:
                    yield return "defines a type";
                    break;
                case ForStatementSyntax or WhileStatementSyntax or DoStatementSyntax:
                    yield return "has a loop that belongs into the library";
                    break;
                case InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "display" or "HTML" } called }:
                    yield return $"calls {called.Identifier.Text}(), which not every engine has";
                    break;
                case InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Display" }, ArgumentList.Arguments.Count: > 0 }:
                    yield return "gives Display() a MIME type, which the engines treat differently";
                    break;
                case InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "backward" or "zero_grad" } }:
                    yield return "trains in the cell";
                    break;
                case MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "Console" }, Name.Identifier.Text: "Error" }:
                    yield return "writes to Console.Error, which is an error in Verso";
                    break;
                case MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "File" or "Directory" } }:
                    yield return "handles files";
                    break;
            }
        }

        foreach (Match match in Address().Matches(cell.Code)) yield return $"holds the address {match.Value}";
    }

    [GeneratedRegex(@"https?://[^\s""]+")]
    private static partial Regex Address();
}
