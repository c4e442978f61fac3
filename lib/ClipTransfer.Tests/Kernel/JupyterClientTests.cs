using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Tests.Notebooks;

namespace ClipTransfer.Tests.Kernel;

/// <summary>The kernel driven by clients that we did not write: Debian's nbclient and nbconvert.</summary>
[Trait("Category", "Slow")]
public sealed class JupyterClientTests : IDisposable
{
    private readonly CloneFixture _clone = new();

    public void Dispose() => _clone.Dispose();

    [Fact]
    public async Task Nbclient_sees_streams_values_updates_and_errors_as_the_runner_does()
    {
        using var jupyter = await DebianJupyter.CreateAsync();
        _clone.Write("setup.cs", "var fromSetup = 40;");
        var notebook = _clone.WriteNotebook("01-all",
            "#!import setup.cs",
            "#r \"nuget: ClipTransfer.Plots, 0.1.0\"\nusing ClipTransfer.Plots;\nPlot.Initialise()",
            "Console.Write(\"a\");\n\"shown\".Display();\nConsole.WriteLine(\"b\");\nfromSetup + 2",
            "var live = \"first\".Display();\nlive.Update(\"second\");",
            "live.Update(\"third\");",
            "Plot.Lines(\"Line\", new Axis(\"x\"), new Axis(\"y\"), [new Series(\"s\", [1, 2], [3, 4])], \"caption\")",
            "var few = new int[1];\nfew[2] = 1;",
            "few.Length");
        var executed = Path.Combine(jupyter.Folder, "executed.ipynb");
        await jupyter.ExecuteAsync(notebook, executed, Path.GetDirectoryName(notebook)!, errors: true);
        var byClient = NotebookReader.Read(executed).Cells.Where(cell => cell.Kind == CellKind.Code).ToArray();
        Assert.Equal(["a", "shown", "b\n", "42"], byClient[2].Outputs.Select(Text));
        Assert.Equal(["third"], byClient[3].Outputs.Select(Text));
        Assert.Contains("In [7] line 2: IndexOutOfRangeException", Text(byClient[6].Outputs[0]), StringComparison.Ordinal);
        Assert.Contains("<details>", ((DisplayOutput)byClient[6].Outputs[1]).Text("text/html"), StringComparison.Ordinal);
        Assert.Equal(["1"], byClient[7].Outputs.Select(Text));

        await _clone.InvokeAsync();
        var byRunner = _clone.ExecutedCode("01-all");
        // The runner ends at the error, and calls cells by their place.
        foreach (var (one, other) in byClient.Take(6).Zip(byRunner)) Assert.Equal(one.Outputs.Select(Text), other.Outputs.Select(Text));
    }

    [Fact]
    public async Task Nbconvert_runs_a_notebook_into_a_page()
    {
        using var jupyter = await DebianJupyter.CreateAsync();
        var notebook = _clone.WriteNotebook("01-page", "var tau = 0.07;\n$\"temperature {tau}\"");
        await jupyter.RunAsync("/usr/bin/jupyter-nbconvert", _clone.Root, "--to", "html", "--execute", notebook, "--output-dir", jupyter.Folder, "--output", "page");
        Assert.Contains("temperature 0.07", await File.ReadAllTextAsync(Path.Combine(jupyter.Folder, "page.html")), StringComparison.Ordinal);
    }

    private static string Text(CellOutput output) => output switch
    {
        StreamOutput stream => stream.Text,
        DisplayOutput display => display.Text("text/html") ?? display.Text("text/plain")!,
        ErrorOutput error => string.Join('\n', error.Traceback),
        _ => "",
    };
}
