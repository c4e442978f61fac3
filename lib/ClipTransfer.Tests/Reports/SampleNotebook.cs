using System.Globalization;
using System.Text.Json.Nodes;
using ClipTransfer.Data;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Plots;
using ClipTransfer.Results;

namespace ClipTransfer.Tests.Reports;

/// <summary>An executed notebook as the runner writes it, with every kind of cell and output.</summary>
internal static class SampleNotebook
{
    internal const string Hostile = "</script><script>alert('pwned')</script><img src=x onerror=alert(1)> \"quoted\" & 'single'";

    internal static Notebook Create(bool failed = false)
    {
        var cells = new List<NotebookCell>
        {
            new("title", CellKind.Markdown, """
                # A first pre-training: does the loss keep what is *shared*?

                The paper says that a pair $(x, y)$ is made of a shared feature $z$ and of unique features $\xi$ and $\zeta$, and that minimising the contrastive loss keeps the first. Here we train two small models and look.

                The loss of a batch of $B$ pairs, eq. (3.1) **[S]**, is

                $$
                L_S(f, \tau) = \frac{1}{B}\sum_{i=1}^{B} \log\Bigl(\sum_{j=1}^{B} \exp\bigl([f(x_j, y_i) - f(x_i, y_i)]/\tau\bigr)\Bigr)
                + \frac{1}{B}\sum_{i=1}^{B} \log\Bigl(\sum_{j=1}^{B} \exp\bigl([f(x_i, y_j) - f(x_i, y_i)]/\tau\bigr)\Bigr)
                $$

                | Symbol | Meaning | Here |
                |---|---|---|
                | $\tau$ | temperature | 0.07, trained |
                | $\gamma$ | margin of $f^*$ | measured |
                | $\mathbb{E}\,\mathcal{L}$ | expected loss | see below |

                > A figure says whether it shows evidence or a test of our own code.
                """),
            Code("setup", "#!import setup.cs", 1, []),
            Code("package", "#r \"nuget: ClipTransfer.Plots, 0.1.0\"", 2, []),
            Code("parameters", "var profile = \"default\";\nvar seed = 0;\nvar data = \"\";\nvar output = \"../results/local\";", 3, [], "parameters"),
            Code("injected", "var profile = \"quick\";\nvar seed = 7;", 4, [], "injected-parameters"),
            Code("open", "using ClipTransfer.Plots;\nusing ClipTransfer.Results;\nPlot.Initialise()", 5, [Html(Plot.Initialise().ToHtml())]),
            new("data", CellKind.Markdown, "## The data\n\nScenes draws pictures and captions from one seed. See the [first notebook](01-shared-and-unique-features.ipynb) and the [paper](https://arxiv.org/abs/2310.00927)."),
            Code("pictures", "// A look at twelve pairs\nnew ImageGrid(tiles, columns: 6, \"Pairs\", \"What captions leave out is unique to the picture.\")", 6,
            [
                new StreamOutput("stdout", "drawing 2,048 pairs: 100 %\n2,048 pairs in 0.41 s\n"),
                Html(Pictures().ToHtml()),
            ]),
            new("training", CellKind.Markdown, "## Training\n\n### Loss\n\nBoth runs see the *same* batches. With `CLIP+Reg` the loss has the extra term $\\lambda R(f)$.\n\n- chance is $\\ln B$\n- the band is the 95 % interval over seeds"),
            Code("curves", "var figure = Plot.Lines(\"Loss over epochs\", new(\"Epoch\"), new(\"Loss\", \"nats\"), series, caption);\nfigure.Display();", 7, [Html(Curves().ToHtml(), result: false)]),
            Code("knob", "Plot.Knob(\"Margin by temperature\", \"τ\", steps, caption)", 8, [Html(Knob().ToHtml())]),
            new("results", CellKind.Markdown, "### Margins\n\nThe margin of a pair is $f(x_i,y_i)-\\max_{j\\ne i} f(x_i,y_j)$, after Theorem 4.2."),
            Code("grid", "Plot.Grid(\"Margins and accuracy\", [margins, bars], 2, caption)", 9, [Html(Grid().ToHtml())]),
            Code("heat", "Plot.Heatmap(\"Similarity of pictures and captions\", x, y, values, names, names, caption)", 10, [Html(Heat().ToHtml())]),
            Code("table", "Table.Of(\"Zero-shot accuracy\", columns, rows, caption)", 11, [Html(Accuracies().ToHtml())]),
            Code("verdicts", "VerdictCard.Of(session.Record(...))", 12, [Html(VerdictCard.Of(Claims()).ToHtml())]),
            new("hostile", CellKind.Markdown, "## What data bring along\n\nA class may be called <script>alert(1)</script> and a link [so](javascript:alert(1))."),
            Code("text", "captions[0]", 12,
            [
                Html($"<p>library text</p><script>alert('output')</script><meta http-equiv=\"refresh\" content=\"0;url=https://example.org\"><iframe src=\"https://example.org\"></iframe><b onclick=\"alert(1)\">bold</b>"),
                new DisplayOutput(new Dictionary<string, JsonNode> { ["text/plain"] = JsonValue.Create(Hostile)! }, 12),
                new StreamOutput("stderr", Hostile),
            ]),
        };
        if (failed)
        {
            cells.Add(new NotebookCell("wrong", CellKind.Code, "var loss = double.NaN;\nThrow(loss);", [], [new ErrorOutput("InputException", "learningRate: the loss is not a number at step 12. Choose a smaller learning rate.", ["InputException: the loss is not a number", "cell 16 line 2", "    Throw(loss);"])], 13));
        }

        var metadata = Notebook.CSharpMetadata();
        metadata["cliptransfer"] = new JsonObject
        {
            ["profile"] = "quick",
            ["data"] = null,
            ["settings"] = new JsonObject { ["seed"] = "7" },
            ["status"] = failed ? "Failed" : "Succeeded",
            ["started"] = "2026-11-24T18:00:00.000Z",
            ["seconds"] = 41.512,
            ["version"] = "0.1.0",
            ["machine"] = "Debian 12, x64, 2 cores",
        };
        return new Notebook(cells, metadata);
    }

    /// <summary>One claim of each verdict.</summary>
    internal static Claim[] Claims() =>
    [
        Claim("a", "The regulariser raises the margin $\\gamma$", Verdict.Holds, 0.182, [0.11, 0.25]),
        Claim("b", "L2 stays at chance <b>level</b>", Verdict.DoesNotHold, 0.33, null),
        Claim("c", "ImageNet accuracy rises", Verdict.NotTestableHere, null, null),
    ];

    private static Claim Claim(string id, string statement, Verdict verdict, double? measured, double[]? interval) => new(
        id, "02", statement, "Theorem 4.2", "S", verdict, ClaimKind.Evidence, measured, "margin", interval, interval is null ? "1 seed" : "Student t, 5 seeds", 5, [0], "Scenes", "quick", new Dictionary<string, System.Text.Json.JsonElement>());

    internal static string Write(string folder, string name, bool failed = false)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, name + ".ipynb");
        NotebookWriter.Write(path, Create(failed));
        return path;
    }

    internal static Figure Curves()
    {
        double[] epochs = [.. Enumerable.Range(1, 20).Select(i => (double)i)];
        Series One(string name, double start, double rate) => new(
            name, epochs, [.. epochs.Select(epoch => 0.4 + (start * Math.Exp(-epoch * rate)))],
            [.. epochs.Select(epoch => 0.3 + (start * Math.Exp(-epoch * rate)))], [.. epochs.Select(epoch => 0.5 + (start * Math.Exp(-epoch * rate)))]);
        return Plot.Lines("Loss over epochs", new("Epoch"), new("Loss", "nats"), [One("CLIP", 3, 0.12), One("CyCLIP", 3.4, 0.15), One("CLIP+Reg", 2.8, 0.2), One("L2", 2, 0.05)],
            "The regularised run falls faster; bands are 95 % intervals over five seeds.", [new("chance, ln 64", Math.Log(64))]);
    }

    internal static Figure Knob()
    {
        double[] epochs = [.. Enumerable.Range(1, 20).Select(i => (double)i)];
        return Plot.Knob("Margin by temperature", "τ", new[] { 0.01, 0.03, 0.07, 0.2, 0.5 }.Select(tau => (tau.ToString(CultureInfo.InvariantCulture),
            Plot.Lines("margin", new("Epoch"), new("Margin"), [new("CLIP", epochs, [.. epochs.Select(epoch => tau * 2 * (1 - Math.Exp(-epoch / 5)))])], ""))), "Turn the knob: the margin saturates at the order of τ.");
    }

    internal static Figure Grid()
    {
        var random = new Random(3);
        double[] Normal(double mean, double width) => [.. Enumerable.Range(0, 1500).Select(_ => mean + (width * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
        var margins = Plot.Histogram("Margins", new("Margin"), [("CLIP", Normal(0.1, 0.1)), ("CLIP+Reg", Normal(0.3, 0.14))], "", references: [new("zero", 0)]);
        var bars = Plot.Bars("Zero-shot", new("Data set"), new("Top-1 accuracy", "%"),
            new[] { "Shape", "Colour", "Shape × colour" }.SelectMany((set, i) => new[] { "CLIP", "CLIP+Reg", "L2" }.Select((method, j) => new Bar(set, method, 70 - (18 * i) + (4 * j), 66 - (18 * i) + (4 * j), 74 - (18 * i) + (4 * j)))), "", [new("chance", 12.5)]);
        return Plot.Grid("Margins and accuracy", [margins, bars], 2, "Margins move to the right, and accuracy follows.");
    }

    internal static Figure Heat()
    {
        string[] names = ["circle", "square", "triangle", "star", "cross", "ring", "arrow", "heart"];
        var values = new double[8, 8];
        for (var row = 0; row < 8; row++)
        {
            for (var column = 0; column < 8; column++) values[row, column] = (row == column ? 0.7 : 0.1) + (((row * 7) + (column * 3)) % 10 * 0.02);
        }

        return Plot.Heatmap("Similarity of pictures and captions", new("Caption"), new("Picture"), values, names, names, "The diagonal is dark: each picture finds its caption.");
    }

    internal static Table Accuracies() => Table.Of("Zero-shot accuracy", ["Method", "Top-1 (%)", "Interval", "n"],
        [["CLIP", 43.214, "40.2 to 46.3", 1017], ["CLIP+Reg", 45.9, "42.8 to 49.0", 1017], [Hostile, 0.00012, null, 1017]], "Reg is ahead by less than its interval.");

    internal static ImageGrid Pictures() => new([.. Enumerable.Range(0, 12).Select(i => new ImageTile(Picture(i), i == 3 ? Hostile : $"a red circle on a field, number {i}", $"rank {i + 1}"))], 6, "Pairs", "What captions leave out is unique to the picture.");

    private static RgbImage Picture(int index)
    {
        var pixels = new byte[48 * 48 * 3];
        for (var y = 0; y < 48; y++)
        {
            for (var x = 0; x < 48; x++)
            {
                var inside = ((x - 24) * (x - 24)) + ((y - 24) * (y - 24)) < 15 * 15;
                var at = ((y * 48) + x) * 3;
                (pixels[at], pixels[at + 1], pixels[at + 2]) = inside ? ((byte)(220 - (index * 9)), (byte)(40 + (index * 12)), (byte)60) : ((byte)(150 + x), (byte)(190 + (y / 2)), (byte)(200 - index));
            }
        }

        return new RgbImage(48, 48, pixels);
    }

    private static DisplayOutput Html(string html, bool result = true) =>
        new(new Dictionary<string, JsonNode> { ["text/html"] = JsonValue.Create(html)!, ["text/plain"] = JsonValue.Create("a figure")! }, result ? 1 : null);

    private static NotebookCell Code(string id, string source, int count, IReadOnlyList<CellOutput> outputs, params string[] tags)
    {
        var metadata = new JsonObject
        {
            ["execution"] = new JsonObject { ["iopub.execute_input"] = "2026-11-24T18:00:00.000Z", ["shell.execute_reply"] = $"2026-11-24T18:00:0{count % 10}.250Z" },
        };
        if (tags.Length > 0) metadata["tags"] = new JsonArray([.. tags.Select(tag => JsonValue.Create(tag))]);
        return new NotebookCell(id, CellKind.Code, source, metadata, outputs, count);
    }
}
