using System.Text;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Runtime;
using CsCheck;

namespace ClipTransfer.Tests.Notebooks;

public class NotebookReaderTests
{
    private static readonly Gen<string> _text = Gen.String[Gen.OneOf(Gen.Char['a', 'z'], Gen.OneOf('\n', '\r', '"', '\\', '<', 'é', '漢', '\u0001', '\t', '/')), 0, 40];

    private static readonly Gen<CellOutput> _output = Gen.OneOf(
        Gen.Select(Gen.OneOf("stdout", "stderr"), _text, (name, text) => (CellOutput)new StreamOutput(name, text)),
        Gen.Select(_text, Gen.Int[0, 9].Nullable(), (text, count) => (CellOutput)new DisplayOutput(
            new Dictionary<string, JsonNode> { ["text/plain"] = JsonValue.Create(text)!, ["application/json"] = new JsonObject { ["a"] = text } }, count)),
        Gen.Select(_text, _text, _text.Array[0, 3], (name, value, trace) => (CellOutput)new ErrorOutput(name, value, trace)));

    private static readonly Gen<Notebook> _notebook = Gen.Select(
        Gen.OneOf(CellKind.Markdown, CellKind.Code, CellKind.Raw), _text, Gen.Char['a', 'z'].Array[0, 2], _output.Array[0, 3], Gen.Int[1, 99].Nullable(),
        (kind, source, tags, outputs, count) => (kind, source, tags, outputs, count)).Array[0, 6].Select(cells => new Notebook(
            [.. cells.Select((cell, index) => new NotebookCell(
                $"id-{index}", cell.kind, cell.source.ReplaceLineEndings("\n"),
                cell.tags.Length == 0 ? [] : new JsonObject { ["tags"] = new JsonArray([.. cell.tags.Select(tag => JsonValue.Create(tag.ToString()))]) },
                cell.kind == CellKind.Code ? cell.outputs : [], cell.kind == CellKind.Code ? cell.count : null))],
            Notebook.CSharpMetadata()));

    [Fact]
    public void What_is_written_is_read_back_and_written_the_same()
    {
        _notebook.Sample(notebook =>
        {
            var json = NotebookWriter.ToJson(notebook);
            var again = NotebookReader.Parse(json, "x.ipynb");
            Assert.Equal(json, NotebookWriter.ToJson(again));
            Assert.Equal(notebook.Cells.Select(cell => (cell.Id, cell.Kind, cell.Source, cell.ExecutionCount)), again.Cells.Select(cell => (cell.Id, cell.Kind, cell.Source, cell.ExecutionCount)));
            foreach (var (before, after) in notebook.Cells.Zip(again.Cells))
            {
                Assert.Equal(before.Tags, after.Tags);
                Assert.Equal(before.Outputs.OfType<StreamOutput>(), after.Outputs.OfType<StreamOutput>());
                Assert.Equal(before.Outputs.OfType<DisplayOutput>().Select(output => (output.Text("text/plain"), output.ExecutionCount)),
                    after.Outputs.OfType<DisplayOutput>().Select(output => (output.Text("text/plain"), output.ExecutionCount)));
                Assert.Equal(before.Outputs.OfType<ErrorOutput>().Select(output => (output.Name, output.Value, string.Join('|', output.Traceback))),
                    after.Outputs.OfType<ErrorOutput>().Select(output => (output.Name, output.Value, string.Join('|', output.Traceback))));
            }
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void A_damaged_notebook_is_refused_with_a_message_and_never_with_another_exception()
    {
        Gen.Select(_notebook, Gen.Int[0, 4000], Gen.OneOf("", "null", "[", "}", "\"", "7", "{\"a\":1}", "\\"), Gen.Int[0, 30]).Sample((notebook, at, insert, delete) =>
        {
            var json = NotebookWriter.ToJson(notebook);
            var start = Math.Min(at, json.Length);
            var damaged = json[..start] + insert + json[Math.Min(json.Length, start + delete)..];
            try
            {
                _ = NotebookReader.Parse(damaged, "x.ipynb");
            }
            catch (InputException error)
            {
                Assert.StartsWith("x.ipynb", error.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', error.Message);
            }
        }, iter: 2000, threads: 1);
    }

    [Theory]
    [InlineData("{\"cells\": [\n oops", "x.ipynb line 2: is not JSON")]
    [InlineData("", "x.ipynb line 1: is not JSON")]
    [InlineData("[]", "no list 'cells'")]
    [InlineData("{\"cells\": [], \"nbformat\": 3}", "has nbformat 3, expected 4")]
    [InlineData("{\"cells\": []}", "has nbformat missing, expected 4")]
    [InlineData("{\"cells\": [7], \"nbformat\": 4}", "x.ipynb cell 1: is not a JSON object")]
    [InlineData("{\"cells\": [{\"cell_type\": \"heading\", \"source\": \"\"}], \"nbformat\": 4}", "cell 1: has the cell_type 'heading'")]
    [InlineData("{\"cells\": [{\"cell_type\": \"code\"}], \"nbformat\": 4}", "cell 1: has no source")]
    [InlineData("{\"cells\": [{\"id\": \"a\", \"cell_type\": \"raw\", \"source\": \"\"}, {\"id\": \"a\", \"cell_type\": \"raw\", \"source\": \"\"}], \"nbformat\": 4}", "cell 2: has the id 'a' of an earlier cell")]
    public void What_is_no_notebook_is_named_with_its_place(string json, string expected)
    {
        var error = Assert.Throws<InputException>(() => NotebookReader.Parse(json, "x.ipynb"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_notebook_gets_ids_and_joined_lines()
    {
        var notebook = NotebookReader.Parse("""{"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# A\n", "b"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 2}""", "x");
        Assert.Equal("cell-01", notebook.Cells[0].Id);
        Assert.Equal("# A\nb", notebook.Cells[0].Source);
        Assert.Equal("A", notebook.Title);
    }

    [Fact]
    public void A_missing_file_is_one_clear_line()
    {
        var error = Assert.Throws<InputException>(() => NotebookReader.Read("/nowhere/x.ipynb"));
        Assert.StartsWith("/nowhere/x.ipynb: cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_are_stored_as_Jupyter_stores_them()
    {
        var json = NotebookWriter.ToJson(new Notebook([new NotebookCell("a", CellKind.Markdown, "é\n\nb\n")], []));
        var source = JsonNode.Parse(json)!["cells"]![0]!["source"]!.AsArray().Select(line => line!.ToString());
        Assert.Equal(["é\n", "\n", "b\n"], source);
        Assert.Contains("é", json, StringComparison.Ordinal);
        Assert.EndsWith("}\n", json, StringComparison.Ordinal);
        Assert.Equal(json, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(json)));
    }
}
