using System.Text.Json.Nodes;
using System.Xml.Linq;
using ClipTransfer.Notebooks.Documents;

namespace ClipTransfer.Tests.Notebooks;

public class NotebookRulesTests
{
    private static readonly string _version = XDocument.Load(Path.Combine(CloneFixture.Real.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    [Fact]
    public void Every_notebook_keeps_the_rules()
    {
        var notebooks = CloneFixture.Real.FindNotebooks();
        Assert.NotEmpty(notebooks);
        var breaches = notebooks.SelectMany(file => NotebookRules.Breaches(File.ReadAllText(file), _version).Select(breach => $"{Path.GetFileName(file)}: {breach}"));
        var told = string.Join("\n", breaches);
        Assert.True(told.Length == 0, told);
    }

    [Fact]
    public void Every_notebook_is_stored_as_the_writer_lays_it_out()
    {
        foreach (var file in CloneFixture.Real.FindNotebooks())
            Assert.Equal(NotebookWriter.ToJson(NotebookReader.Read(file)), File.ReadAllText(file));
    }

    [Fact]
    public void The_numbers_of_the_notebooks_run_from_01_without_a_gap_or_a_double()
    {
        var numbers = CloneFixture.Real.FindNotebooks().Select(file => Path.GetFileName(file)[..2]).ToArray();
        Assert.Equal(Enumerable.Range(1, numbers.Length).Select(number => number.ToString("d2", System.Globalization.CultureInfo.InvariantCulture)), numbers);
    }

    [Fact]
    public void A_model_notebook_breaks_no_rule() => Assert.Empty(NotebookRules.Breaches(NotebookWriter.ToJson(Model()), _version));

    [Theory]
    [InlineData("display(x);", "calls display()")]
    [InlineData("HTML(\"<b>\")", "calls HTML()")]
    [InlineData("\"<b>\".Display(\"text/html\");", "gives Display() a MIME type")]
    [InlineData("#r \"x.dll\"", "pack the library")]
    [InlineData("#i \"nuget: feed\"", "pack the library")]
    [InlineData("#load \"x.csx\"", "pack the library")]
    [InlineData("#!csharp\n1", "is not understood")]
    [InlineData("#!import \"setup.cs\"", "without quotes")]
    [InlineData("#!import setup.cs\nvar x = 1;", "alone")]
    [InlineData("var x = 1;\n#!time\nx", "below other code")]
    [InlineData("#r \"nuget: TorchSharp, 0.107.*\"", "exact version")]
    [InlineData("Console.Error.WriteLine(1);", "Console.Error")]
    [InlineData("class A { }", "defines a type")]
    [InlineData("record A(int B);", "defines a type")]
    [InlineData("enum A { B }", "defines a type")]
    [InlineData("for (var i = 0; i < 3; i++) { }", "loop that belongs into the library")]
    [InlineData("while (true) { }", "loop that belongs into the library")]
    [InlineData("loss.backward();", "trains in the cell")]
    [InlineData("File.ReadAllText(\"x\")", "handles files")]
    [InlineData("System.IO.Directory.Delete(\"x\");\nDirectory.Delete(\"x\");", "handles files")]
    [InlineData("var x = (1;", "does not parse")]
    [InlineData("var x = \"https://cdn.example.org/x.js\";", "holds the address")]
    [InlineData("1;\n2;\n3;\n4;\n5;\n6;\n7;\n8;\n9;\n10;\n11;\n12;\n13;\n14;\n15;", "has 15 lines")]
    [InlineData("", "is empty")]
    public void A_cell_that_not_every_engine_runs_or_that_does_the_librarys_work_is_found(string source, string says)
    {
        var model = Model();
        var cells = model.Cells.ToList();
        cells[10] = new NotebookCell("changed", CellKind.Code, source);
        var breaches = NotebookRules.Breaches(NotebookWriter.ToJson(model with { Cells = cells }), _version);
        Assert.Contains(breaches, breach => breach.StartsWith("cell 11: ", StringComparison.Ordinal) && breach.Contains(says, StringComparison.Ordinal));
    }

    public static TheoryData<string, Action<JsonNode>> Damages => new()
    {
        { "kernelspec is not .net-csharp", root => root["metadata"]!["kernelspec"]!["name"] = "python3" },
        { "language_info is not C#", root => root["metadata"]!.AsObject().Remove("language_info") },
        { "is not nbformat 4.5", root => root["nbformat_minor"] = 4 },
        { "has metadata of Polyglot Notebooks", root => root["cells"]![5]!["metadata"]!["polyglot_notebook"] = new JsonObject() },
        { "cell 2: is stored with outputs", root => root["cells"]![1]!["outputs"]!.AsArray().Add(new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = "x" }) },
        { "cell 2: is stored with an execution count", root => root["cells"]![1]!["execution_count"] = 3 },
        { "cell 1: has no id", root => root["cells"]![0]!.AsObject().Remove("id") },
        { "cell 6: shows a dollar that is no formula: `the margin$/", root => root["cells"]![5]!["source"] = "the margin$/\\tau$ grows" },
        { "cell 6: is raw", root => Replace(root, 5, "raw", "x") },
        { "does not begin with a title", root => root["cells"]![0]!["source"] = "No title" },
        { "the first code cell is not `#!import setup.cs`", root => root["cells"]![1]!["source"] = "#!import other.cs" },
        { "the second code cell is not `#r \"nuget: ClipTransfer.Plots, ", root => root["cells"]![2]!["source"] = "#r \"nuget: ClipTransfer.Plots, 0.0.9\"" },
        { "the third code cell is not tagged parameters", root => root["cells"]![3]!["metadata"] = new JsonObject() },
        { "more than one cell is tagged parameters", root => root["cells"]![10]!["metadata"] = new JsonObject { ["tags"] = new JsonArray("parameters") } },
        { "the parameters lack `var data = …`", root => root["cells"]![3]!["source"] = "var profile = \"default\"; var seed = 0; var output = \"\";" },
        { "does not end with a verdict", root => root["cells"]![16]!["source"] = "1 + 1" },
        { "has 14 cells", root => RemoveSome(root, 3) },
        { "has 41 cells", root => AddSome(root, 24) },
        { "cell 12: the third code cell in a row", root => { Replace(root, 9, "code", "1"); Replace(root, 11, "code", "2"); } },
        { "has fewer than four code cells", root => { for (var i = 1; i < 17; i++) Replace(root, i, "markdown", "prose"); } },
    };

    [Theory]
    [MemberData(nameof(Damages), DisableDiscoveryEnumeration = true)]
    public void A_notebook_that_is_not_laid_out_like_the_others_is_found(string says, Action<JsonNode> damage)
    {
        var root = JsonNode.Parse(NotebookWriter.ToJson(Model()))!;
        damage(root);
        Assert.Contains(NotebookRules.Breaches(root.ToJsonString(), _version), breach => breach.StartsWith(says, StringComparison.Ordinal));
    }

    /// <summary>17 cells: the title, the three set-up cells, then prose and code in turn, a verdict at the end.</summary>
    private static Notebook Model()
    {
        List<NotebookCell> cells =
        [
            new("title", CellKind.Markdown, "# A model"),
            new("setup", CellKind.Code, "#!import setup.cs"),
            new("package", CellKind.Code, $"#r \"nuget: ClipTransfer.Plots, {_version}\""),
            new("parameters", CellKind.Code, "var profile = \"default\";\nvar seed = 0;\nvar data = \"\";\nvar output = \"../results/local\";", "parameters"),
            new("open", CellKind.Code, "using ClipTransfer.Results;\nvar session = NotebookSession.Open(\"01\", profile, seed, data, output);"),
        ];
        for (var i = 5; i < 16; i++) cells.Add(i % 2 == 1 ? new NotebookCell($"prose-{i}", CellKind.Markdown, "Prose.") : new NotebookCell($"code-{i}", CellKind.Code, $"var v{i} = {i};\nv{i}.Display();"));
        cells.Add(new NotebookCell("verdict", CellKind.Code, "session.Record(\"id\", \"statement\", \"ours\", \"D\", Verdict.Holds, interval)"));
        return new Notebook(cells, Notebook.CSharpMetadata());
    }

    private static void Replace(JsonNode root, int index, string kind, string source)
    {
        var cell = new JsonObject { ["cell_type"] = kind, ["id"] = $"replaced-{index}", ["metadata"] = new JsonObject(), ["source"] = source };
        if (kind == "code") (cell["outputs"], cell["execution_count"]) = (new JsonArray(), null);
        root["cells"]!.AsArray()[index] = cell;
    }

    private static void RemoveSome(JsonNode root, int count)
    {
        for (var i = 0; i < count; i++) root["cells"]!.AsArray().RemoveAt(5);
    }

    private static void AddSome(JsonNode root, int count)
    {
        for (var i = 0; i < count; i++)
            root["cells"]!.AsArray().Insert(5, new JsonObject { ["cell_type"] = "markdown", ["id"] = $"added-{i}", ["metadata"] = new JsonObject(), ["source"] = "x" });
    }
}
