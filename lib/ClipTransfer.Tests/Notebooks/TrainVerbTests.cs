using System.Text.Json.Nodes;
using ClipTransfer.Data;
using ClipTransfer.Notebooks;
using ClipTransfer.Results;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using ClipTransfer.Training;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Notebooks;

public sealed class TrainVerbTests : IDisposable
{
    private readonly CloneFixture _clone = new();

    public TrainVerbTests() => WriteSettings("small");

    public void Dispose()
    {
        Interrupt.Reset();
        _clone.Dispose();
    }

    private string RunFolder => Path.Combine(_clone.Root, "results", "local", "runs", "small");

    private string SettingsOf(string name) => Path.Combine(_clone.Root, $"{name}.json");

    /// <summary>The quick run of settings/, made smaller still.</summary>
    private void WriteSettings(string name, Action<JsonObject>? change = null)
    {
        var document = JsonNode.Parse(File.ReadAllText(Path.Combine(CloneFixture.Real.Root, "settings", "scenes-quick.json")))!.AsObject();
        var settings = document["settings"]!.AsObject();
        settings["model"] = JsonNode.Parse("""{ "name": "Tiny", "image": { "stemWidth": 8, "stageWidths": [16] }, "text": { "width": 16, "layers": 1, "heads": 2 }, "embedDim": 16 }""");
        settings["batchSize"] = 32;
        var data = settings["data"]!.AsObject();
        (data["trainPairs"], data["validationPairs"], data["heldOutPairs"], data["zeroShotImages"], data["imageSize"]) = (192, 64, 100, 128, 16);
        settings["training"] = JsonNode.Parse("""{ "epochs": 5, "learningRate": 0.01, "patience": 5, "progress": false, "keepCheckpoints": 1 }""");
        change?.Invoke(settings);
        File.WriteAllText(SettingsOf(name), document.ToJsonString());
    }

    [Fact]
    public async Task A_run_leaves_its_document_and_its_best_checkpoint_alone_gives_the_same_measurements()
    {
        var (code, output, errors) = await _clone.InvokeAsync("train", SettingsOf("small"));
        Assert.Equal("", errors);
        Assert.Equal(0, code);
        Assert.Contains("Section 6, in small", output, StringComparison.Ordinal);
        Assert.Equal(["checkpoints", "config.json", "metrics.jsonl", "summary.json", "tokenizer.json"], Directory.GetFileSystemEntries(RunFolder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(30, RunLog.Read(Path.Combine(RunFolder, "metrics.jsonl")).Count);
        var summary = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(RunFolder, "summary.json")))!;
        var epochs = summary["epochs"]!.AsArray().Select(e => (double)e!["validationLoss"]!).ToArray();
        Assert.Equal(5, epochs.Length);
        var best = Array.IndexOf(epochs, epochs.Min());
        Assert.Equal(best, (int)summary["best"]!["epoch"]!);
        Assert.Equal(6 * (best + 1), (int)summary["evaluation"]!["step"]!);

        // The checkpoint goes elsewhere, the rest is lost.
        var moved = Path.Combine(_clone.Root, "moved");
        Directory.Move(TrainingRun.Find(RunFolder).Folder, moved);
        Directory.Delete(RunFolder, recursive: true);
        var (evaluated, table, _) = await _clone.InvokeAsync("evaluate", moved);
        Assert.Equal(0, evaluated);
        foreach (var line in new[] { "held-out loss", "image → text", "text → image", "zero-shot" }) Assert.Contains(line, table, StringComparison.Ordinal);
        var again = JsonNode.Parse(await File.ReadAllTextAsync(moved + ".evaluation.json"))!;
        again["run"] = summary["evaluation"]!["run"]!.DeepClone();
        Assert.True(JsonNode.DeepEquals(summary["evaluation"], again), $"{summary["evaluation"]}\n{again}");
    }

    [Fact]
    public async Task The_held_out_loss_and_the_recall_are_those_of_the_definition()
    {
        await _clone.InvokeAsync("train", SettingsOf("small"));
        using var scope = NewDisposeScope();
        var checkpoint = TrainingRun.Find(RunFolder);
        var evaluation = CheckpointEvaluation.Of(checkpoint, _clone.Root);
        var tokenizer = CaptionTokenizer.Load(Path.Combine(checkpoint.Folder, "tokenizer.json"));
        using var model = new ClipTransfer.Models.DualEncoder(checkpoint.State.Model);
        checkpoint.LoadInto(model);
        model.eval();
        var pairs = Scenes.Pairs(100, 0, split: "test");
        using var store = PixelStore.Open(pairs, 16);
        var images = model.EncodeImage(PixelNormalisation.Apply(store.Gather([.. Enumerable.Range(0, 100)]))).detach();
        var texts = model.EncodeText(tokenizer.EncodeBatch([.. Enumerable.Range(0, 100).Select(i => pairs.Captions(i)[0])])).detach();
        var scores = images.matmul(texts.t()).data<float>().ToArray();
        var hits = Enumerable.Range(0, 100).Count(i => Enumerable.Range(0, 100).Count(j => j != i && scores[100 * i + j] >= scores[100 * i + i]) < 10);
        Assert.Equal(hits, evaluation.Retrieval.ImageToText[10]);

        // B = 32 of 100: three whole batches in the order of the held-out loader.
        var loader = new PairLoader(pairs, store, tokenizer, 32, Seeds.Derive(0, "held-out pairs"));
        var scale = 1 / evaluation.Temperature;
        var loss = Enumerable.Range(0, 3).Average(k => Enumerable.Range(0, 32).Average(i =>
        {
            var order = loader.Order(0).AsSpan(32 * k, 32).ToArray();
            double Logit(int a, int b) => scale * scores[100 * order[a] + order[b]];
            var rows = Math.Log(Enumerable.Range(0, 32).Sum(j => Math.Exp(Logit(i, j) - Logit(i, i))));
            var columns = Math.Log(Enumerable.Range(0, 32).Sum(j => Math.Exp(Logit(j, i) - Logit(i, i))));
            return (rows + columns) / 2 + 0.1 * (2 - 2 * scores[100 * order[i] + order[i]]);
        }));
        Assert.Equal(loss, evaluation.HeldOut.Loss, 1e-4);
    }

    [Fact]
    public async Task A_run_with_checkpoints_is_never_overwritten_and_goes_on_only_as_what_it_was()
    {
        WriteSettings("small", s => s["training"]!["epochs"] = 1);
        Assert.Equal(0, (await _clone.InvokeAsync("train", SettingsOf("small"))).Code);
        var (code, _, errors) = await _clone.InvokeAsync("train", SettingsOf("small"));
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains("has checkpoints of an earlier run. Go on with --resume", errors, StringComparison.Ordinal);
        Assert.Contains("has ended", (await _clone.InvokeAsync("train", SettingsOf("small"), "--resume")).Output, StringComparison.Ordinal);

        File.Delete(Path.Combine(RunFolder, "summary.json")); // as if killed before it was written
        WriteSettings("small", s => (s["training"]!["epochs"], s["method"]!["weight"]) = (1, 0.2));
        Assert.Contains("method.weight 0.1, and this run 0.2", (await _clone.InvokeAsync("train", SettingsOf("small"), "--resume")).Errors, StringComparison.Ordinal);
        WriteSettings("small", s => (s["training"]!["epochs"], s["training"]!["learningRate"]) = (1, 0.5));
        Assert.Contains("settings.learningRate 0.01, and this run has 0.5", (await _clone.InvokeAsync("train", SettingsOf("small"), "--resume")).Errors, StringComparison.Ordinal);
        WriteSettings("small", s => s["training"]!["epochs"] = 1);
        var (resumed, says, _) = await _clone.InvokeAsync("train", SettingsOf("small"), "--resume");
        Assert.Equal(0, resumed);
        Assert.Contains("going on from step 6", says, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(RunFolder, "summary.json")));
    }

    [Fact]
    public async Task The_papers_kind_of_towers_trains_and_says_that_it_starts_from_scratch()
    {
        WriteSettings("small", s =>
        {
            s["publicWeights"] = true;
            s["model"] = JsonNode.Parse("""
                { "name": "Paper", "image": { "blocks": [1, 1, 1, 1], "width": 4 }, "text": { "width": 16, "layers": 1, "heads": 2, "innerWidth": 32 }, "embedDim": 16 }
                """);
            s["training"] = JsonNode.Parse("""{ "epochs": 1, "chunkSize": 16, "progress": false }""");
        });
        var (code, output, errors) = await _clone.InvokeAsync("train", SettingsOf("small"));
        Assert.Equal("", errors);
        Assert.Equal(0, code);
        Assert.Contains("image: no public weights here, so it starts from scratch", output, StringComparison.Ordinal);
        var summary = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(RunFolder, "summary.json")))!;
        Assert.Equal(["image", "text"], summary["start"]!.AsArray().Select(part => (string)part!["part"]!));
    }

    [Fact]
    public async Task Ctrl_c_ends_a_run_with_a_checkpoint_to_go_on_from()
    {
        WriteSettings("small", s => s["training"] = JsonNode.Parse("""{ "epochs": 500, "checkpointEvery": 2, "progress": false }"""));
        Directory.CreateDirectory(Path.Combine(RunFolder, "checkpoints"));
        using var watcher = new FileSystemWatcher(Path.Combine(RunFolder, "checkpoints"));
        watcher.Created += (_, _) => Interrupt.Request();
        watcher.EnableRaisingEvents = true;
        var (code, output, _) = await _clone.InvokeAsync("train", SettingsOf("small"), "--resume");
        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.Contains("has no checkpoint; starting from the beginning", output, StringComparison.Ordinal);
        var step = TrainingRun.Find(RunFolder).State.Step;
        Assert.Contains($"stopped after step {step}; the same command with --resume goes on", output, StringComparison.Ordinal);
        Assert.Equal(step, RunLog.Read(Path.Combine(RunFolder, "metrics.jsonl")).Count);
        Assert.False(File.Exists(Path.Combine(RunFolder, "summary.json")));
    }

    [Fact]
    public async Task Ctrl_c_before_the_first_step_is_one_line()
    {
        Interrupt.Request();
        var (code, _, errors) = await _clone.InvokeAsync("train", SettingsOf("small"));
        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.Equal("stopped", errors.Trim());
    }

    [Theory]
    [InlineData("is not a field of a settings file", "small.json", "--out", "o")]
    [InlineData("Could not find file", "none.json")]
    [InlineData("--data /nowhere: there is no such folder", "small.json", "--data", "/nowhere")]
    [InlineData("'abacus' is not a device", "good.json", "--device", "abacus")]
    [InlineData("data set 'flickr9k': is not known", "flickr.json")]
    [InlineData("early stop needs held-out pairs", "blind.json")]
    public async Task Bad_input_is_one_clear_line(string says, string file, params string[] options)
    {
        WriteSettings("good");
        WriteSettings("small", s => s["sead"] = 1);
        WriteSettings("flickr", s => s["data"]!["pairs"] = "flickr9k");
        WriteSettings("blind", s => s["data"]!["validationSplit"] = null);
        var (code, _, errors) = await _clone.InvokeAsync(["train", Path.Combine(_clone.Root, file), .. options]);
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
    }
}
