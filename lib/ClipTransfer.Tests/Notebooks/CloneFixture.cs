using ClipTransfer.Notebooks;
using ClipTransfer.Notebooks.Documents;

namespace ClipTransfer.Tests.Notebooks;

/// <summary>A clone in miniature: a temporary folder with notebooks that a test writes, and the command line run on it.</summary>
internal sealed class CloneFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CloneFixture()
    {
        Root = _folder.Path;
        Directory.CreateDirectory(Path.Combine(Root, "notebooks"));
    }

    public string Root { get; }

    /// <summary>The real repository, which the tests are built in.</summary>
    public static Repository Real { get; } = Repository.Find(null);

    public void Dispose() => _folder.Dispose();

    public string Write(string relative, string text)
    {
        var path = Path.Combine(Root, "notebooks", relative);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Writes a notebook: a title, then one code cell for each text; a text that starts with <c>parameters:</c> is tagged so.</summary>
    public string WriteNotebook(string name, params string[] cells)
    {
        const string Parameters = "parameters:";
        List<NotebookCell> all = [new("title", CellKind.Markdown, $"# Title of {name}")];
        foreach (var cell in cells)
        {
            var isParameters = cell.StartsWith(Parameters, StringComparison.Ordinal);
            all.Add(new NotebookCell($"cell-{all.Count}", CellKind.Code, isParameters ? cell[Parameters.Length..] : cell, isParameters ? ["parameters"] : []));
        }

        var path = Path.Combine(Root, "notebooks", $"{name}.ipynb");
        NotebookWriter.Write(path, new Notebook(all, Notebook.CSharpMetadata()));
        return path;
    }

    /// <summary>Runs a command line in this process; notebooks run in their own.</summary>
    public async Task<(int Code, string Output, string Errors)> InvokeAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await CommandLine.InvokeAsync(args, Root, output, errors);
        return (code, output.ToString(), errors.ToString());
    }

    /// <summary>The executed notebook in the default output folder.</summary>
    public Notebook Executed(string name) => NotebookReader.Read(Path.Combine(Root, "results", "local", $"{name}.ipynb"));

    /// <summary>The code cells of an executed notebook.</summary>
    public IReadOnlyList<NotebookCell> ExecutedCode(string name) => [.. Executed(name).Cells.Where(cell => cell.Kind == CellKind.Code)];
}
