using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Results;

namespace ClipTransfer.Tests.Notebooks;

/// <summary>A second run does again only what changed, and says so.</summary>
public sealed class RunAgainTests : IDisposable
{
    private const string Parameters = "parameters:var profile = \"default\"; var seed = 0; var data = \"\"; var output = \"../results/local\";";

    private readonly CloneFixture _clone = new();

    public void Dispose() => _clone.Dispose();

    private async Task<string> Marks(params string[] args)
    {
        var (_, output, errors) = await _clone.InvokeAsync(args);
        Assert.Equal("", errors);
        return string.Join(' ', output.Split('\n').Where(line => line.StartsWith("ok ", StringComparison.Ordinal) || line.StartsWith("same ", StringComparison.Ordinal) || line.StartsWith("FAILED", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is var parts ? $"{parts[1][..2]}:{parts[0]}" : ""));
    }

    [Fact]
    public async Task What_depends_on_nothing_new_is_not_run_again_and_what_does_is()
    {
        _clone.Write("setup.cs", "var greeting = \"first\";\n");
        _clone.WriteNotebook("01-imports", "#!import setup.cs", "greeting");
        _clone.WriteNotebook("02-parameters", Parameters, "seed");
        _clone.WriteNotebook("03-fails", "throw new InvalidOperationException(\"on purpose\");");
        Assert.Equal("01:ok 02:ok 03:FAILED", await Marks());
        var before = File.ReadAllText(Executed("01-imports"));
        Assert.Equal("01:same 02:same 03:FAILED", await Marks());
        Assert.Equal(before, File.ReadAllText(Executed("01-imports")));

        var (code, output, _) = await _clone.InvokeAsync("--only", "01,02");
        Assert.Equal(0, code);
        Assert.Contains("unchanged since its run of ", output, StringComparison.Ordinal);
        Assert.Contains("2 of 2 notebooks ran to their end", output, StringComparison.Ordinal);
        Assert.Contains("2 of them before and unchanged since", output, StringComparison.Ordinal);

        // Only the notebook that has a seed is another one with another seed.
        Assert.Equal("01:same 02:ok", await Marks("--only", "01,02", "--set", "seed=3"));
        Assert.Equal("01:same 02:same", await Marks("--only", "01,02", "--set", "seed=3"));
        Assert.Equal("02:ok", await Marks("--only", "02"));
        Assert.Equal("01:ok 02:ok", await Marks("--only", "01,02", "--profile", "quick"));

        _clone.Write("setup.cs", "var greeting = \"second\";\n");
        Assert.Equal("01:ok 02:same", await Marks("--only", "01,02", "--profile", "quick"));
        Assert.Contains("second", File.ReadAllText(Executed("01-imports")), StringComparison.Ordinal);
        Assert.Equal("01:ok", await Marks("--only", "01", "--profile", "quick", "--again"));
    }

    [Fact]
    public async Task Grids_and_the_data_folder_are_inputs_too()
    {
        _clone.WriteNotebook("01-a", Parameters, "seed");
        var data = Directory.CreateDirectory(Path.Combine(_clone.Root, "data", "set")).FullName;
        string[] args = ["--data", Path.GetDirectoryName(data)!];
        Assert.Equal("01:ok", await Marks(args));
        Assert.Equal("01:same", await Marks(args));
        File.WriteAllText(Path.Combine(data, "captions.txt"), "a dog");
        Assert.Equal("01:ok", await Marks(args));
        var grids = Directory.CreateDirectory(Path.Combine(_clone.Root, "settings", "grids")).FullName;
        File.WriteAllText(Path.Combine(grids, "x.json"), "{}");
        Assert.Equal("01:ok", await Marks(args));
        Assert.Equal("01:same", await Marks(args));
    }

    [Fact]
    public async Task A_notebook_that_reads_the_ledger_runs_again_when_others_write_to_it_and_one_whose_claims_are_gone_too()
    {
        static string Record(string measured) => $"using ClipTransfer.Results;\nNotebookSession.Open(\"01\", profile, seed, data, output).Record(\"01-claim\", \"A claim.\", \"ours\", \"D\", Verdict.Holds, Interval.None({measured}, \"computed\"))";
        const string Library = "#r \"nuget: ClipTransfer, 0.1.0\"";
        _clone.WriteNotebook("01-writes", Library, Parameters, Record("1"));
        var reader = _clone.WriteNotebook("02-reads", Library, Parameters, "ClipTransfer.Results.ClaimsLedger.Read(output).Count");
        var cells = NotebookReader.Read(reader);
        NotebookWriter.Write(reader, cells with { Cells = [.. cells.Cells.SkipLast(1), new NotebookCell("ledger", CellKind.Code, cells.Cells[^1].Source, "reads-ledger")] });
        Assert.Equal("01:ok 02:ok", await Marks());
        Assert.Equal("01:same 02:same", await Marks());
        _clone.WriteNotebook("01-writes", Library, Parameters, Record("2"));
        Assert.Equal("01:ok 02:ok", await Marks());

        File.Delete(Path.Combine(_clone.Root, "results", "local", ClaimsLedger.FileName));
        // 02 finds the ledger as it was, once 01 has written its claim again.
        Assert.Equal("01:ok 02:same", await Marks());
    }

    private string Executed(string name) => Path.Combine(_clone.Root, "results", "local", $"{name}.ipynb");
}
