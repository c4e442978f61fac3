using System.Text.Json;
using ClipTransfer.Evaluation;
using ClipTransfer.Models;
using ClipTransfer.Models.Weights;
using ClipTransfer.Results;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using ClipTransfer.Training;
using TorchSharp;

namespace ClipTransfer.Tests.Results;

/// <summary>Runs of a grid that were stopped go on; those with bad data fail alone; those with public weights start from them.</summary>
public sealed class SweepResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _lines = [];

    public SweepResumeTests() => TorchRuntime.Initialize();

    public void Dispose()
    {
        Interrupt.Reset();
        _folder.Dispose();
    }

    private SweepGrid Grid(string blocks, string model = """{ "name": "Tiny", "embedDim": 16 }""", string jointSpace = "null")
    {
        var path = _folder.File("grid.json");
        File.WriteAllText(path, $$"""
            {
              "head": { "paper": "none", "hardware": "2 cores", "duration": "seconds", "expect": "the same numbers" },
              "settings": {
                "base": {
                  "method": "CLIP+Reg",
                  "model": {{model}},
                  "data": { "pairs": "scenes", "trainPairs": 64, "heldOutPairs": 200, "imageSize": 16 },
                  "batchSize": 16,
                  "training": { "epochs": 3, "progress": false }
                },
                "transfer": { "zeroShot": ["scenes/shape"], "probe": ["scenes/shape"], "testImages": 40, "probeImages": 40, "jointSpace": {{jointSpace}} },
                "blocks": {{blocks}}
              }
            }
            """);
        return SweepGrid.Read(path);
    }

    private SweepSummary Only(SweepGrid grid, string output)
    {
        Assert.Empty(Sweep.Run(grid, _folder.File(output), null, 0, 1, _lines.Add).Failed);
        return JsonSerializer.Deserialize<SweepSummary>(File.ReadAllText(Path.Combine(Run(grid, output), "summary.json")), ResultsJson.Options)!;
    }

    private string Run(SweepGrid grid, string output) => _folder.File($"{output}/runs/{grid.Points[0].Name(grid.Name)}");

    // All but the clock's numbers.
    private static string Numbers(SweepSummary summary) => JsonSerializer.Serialize(summary with { Seconds = 0, PairsPerSecond = 0, Ended = default }, ResultsJson.Options);

    [Fact]
    public void A_run_that_was_stopped_after_any_checkpoint_goes_on_to_the_summary_of_one_that_was_not()
    {
        var grid = Grid("""[ { "name": "one", "set": { "training.checkpointEvery": 3, "training.keepCheckpoints": 99 } } ]""", jointSpace: """{ "probePairs": 60, "quadruples": 500 }""");
        var straight = Numbers(Only(grid, "straight"));
        var whole = Run(grid, "straight");
        int[] all = [3, 4, 6, 8, 9, 12]; // every three steps, and at the ends of epochs of four
        Assert.Equal(all.Reverse(), new CheckpointFolder(Path.Combine(whole, "checkpoints")).Checkpoints.Select(path => Checkpoint.Open(path).State.Step));
        var looks = JsonSerializer.Deserialize<List<EpochGeometry>>(File.ReadAllText(Path.Combine(whole, "looks.json")), ResultsJson.Options)!;
        Assert.Equal([0, 1, 2, 3], looks.Select(look => look.Epoch));

        // What a kill leaves: checkpoints up to a step, looks up to an epoch, steps of the log beyond it, the last of them cut.
        foreach (var (kept, epochs, from) in new[] { (4, 0, 4), (6, 3, 6), (12, 2, 12), (9, 1, -1), (0, 0, -1) })
        {
            var output = FormattableString.Invariant($"killed-{kept}-{epochs}");
            var run = Run(grid, output);
            foreach (var file in Directory.GetFiles(whole, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "summary.json"))
            {
                var copy = Path.Combine(run, Path.GetRelativePath(whole, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            var checkpoints = new CheckpointFolder(Path.Combine(run, "checkpoints"));
            foreach (var step in all.Where(step => step > kept)) Directory.Delete(checkpoints.At(step), recursive: true);
            File.WriteAllText(Path.Combine(run, "looks.json"), JsonSerializer.Serialize(looks.Where(look => look.Epoch <= epochs), ResultsJson.Options));
            File.AppendAllText(Path.Combine(run, "metrics.jsonl"), "{\"step\":12,");

            _lines.Clear();
            Assert.Equal(straight, Numbers(Only(grid, output)));
            Assert.Equal(from < 0 ? [] : [from], _lines.Where(line => line.Contains("going on from step", StringComparison.Ordinal)).Select(line => int.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture)));
            Assert.Equal(from < 0 && kept > 0, _lines.Exists(line => line.Contains("looks.json: lacks epochs before the checkpoint; starting from the beginning", StringComparison.Ordinal)));
            Assert.Equal(File.ReadAllText(Path.Combine(whole, "looks.json")), File.ReadAllText(Path.Combine(run, "looks.json")));
            Assert.Equal(Enumerable.Range(0, 12), RunLog.Read(Path.Combine(run, "metrics.jsonl")).Select(step => step.Step));
        }

        // A checkpoint can be evaluated alone.
        Assert.InRange(CheckpointEvaluation.Of(TrainingRun.Find(whole), _folder.Path).HeldOut.Loss, 0.1, 20);
    }

    [Fact]
    public async Task A_run_that_CtrlC_stopped_goes_on_from_that_moment_and_one_without_checkpoints_starts_anew()
    {
        var grid = Grid("""[ { "name": "one", "set": { "training.epochs": 30, "training.checkpointEvery": 1000, "training.keepCheckpoints": 99 } } ]""");
        var straight = Numbers(Only(grid, "straight"));
        var watching = Task.Run(() =>
        {
            while (!Directory.Exists(Path.Combine(Run(grid, "stopped"), "checkpoints", "step-00000008"))) Thread.Sleep(1);
            Interrupt.Request();
        });
        Assert.Throws<OperationCanceledException>(() => Sweep.Run(grid, _folder.File("stopped"), null, 0, 1, _ => { }));
        await watching;
        Interrupt.Reset();
        Assert.False(File.Exists(Path.Combine(Run(grid, "stopped"), "summary.json")));
        _lines.Clear();
        Assert.Equal(straight, Numbers(Only(grid, "stopped")));
        Assert.Single(_lines, line => line.Contains("going on from step", StringComparison.Ordinal));

        var plain = Grid("""[ { "name": "one", "set": { "training.epochs": 1 } } ]""");
        Only(plain, "plain");
        Assert.Equal(["config.json", "metrics.jsonl", "summary.json"], Directory.GetFileSystemEntries(Run(plain, "plain")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Damaged_checkpoints_are_passed_over_and_without_a_whole_one_the_run_starts_anew()
    {
        var grid = Grid("""[ { "name": "one", "set": { "training.checkpointEvery": 1000 } } ]""");
        var straight = Numbers(Only(grid, "out"));
        var checkpoints = new CheckpointFolder(Path.Combine(Run(grid, "out"), "checkpoints"));
        foreach (var (damaged, says) in new[] { (1, "going on from step 8"), (3, "none of its 3 checkpoints is whole; starting from the beginning") })
        {
            File.Delete(Path.Combine(Run(grid, "out"), "summary.json"));
            foreach (var path in checkpoints.Checkpoints.Take(damaged)) File.WriteAllText(Path.Combine(path, "model.safetensors"), "");
            _lines.Clear();
            Assert.Equal(straight, Numbers(Only(grid, "out")));
            Assert.Contains(_lines, line => line.Contains(says, StringComparison.Ordinal));
            Assert.All(checkpoints.Checkpoints, path => Checkpoint.Open(path));
        }
    }

    [Fact]
    public void A_run_whose_data_are_bad_fails_alone()
    {
        var grid = Grid("""[ { "name": "pairs", "set": { "data.pairs": ["flickr8k", "scenes"] } }, { "name": "size", "set": { "data.trainPairs": [-1, 32] } } ]""");
        var report = Sweep.Run(grid, _folder.File("out"), _folder.Path, 0, 1, _lines.Add);
        Assert.Equal((0, 2), (report.Done, report.Ran));
        Assert.Equal([grid.Points[0].Name("grid"), grid.Points[2].Name("grid")], report.Failed.Select(run => run.Name));
        Assert.Contains("Flickr8k", report.Failed[0].Reason, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("-1 is not at least 1", report.Failed[1].Reason, StringComparison.Ordinal);
        Assert.Equal((2, 0, 2), Sweep.Run(grid, _folder.File("out"), _folder.Path, 0, 1, _ => { }) is var again ? (again.Done, again.Ran, again.Failed.Count) : default);
    }

    [Fact]
    public void A_grid_that_asks_for_public_weights_reads_the_published_vocabulary_and_says_what_towers_started_from()
    {
        string[] tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "blue", "circle", "star", "##s"];
        Directory.CreateDirectory(_folder.File("weights/bert-vocabulary"));
        File.WriteAllText(_folder.File("weights/bert-vocabulary/vocab.txt"), string.Join('\n', tokens) + "\n");
        var grid = Grid(
            """[ { "name": "start", "set": { "publicWeights": [true, false], "training.epochs": 1, "training.checkpointEvery": 1000 } } ]""",
            """{ "name": "Tiny", "embedDim": 16, "text": { "kind": "distilbert", "width": 16, "layers": 1, "heads": 2, "innerWidth": 32, "positions": 32 } }""");
        Assert.Empty(Sweep.Run(grid, _folder.File("out"), _folder.Path, 0, 1, _lines.Add).Failed);
        var (path, _) = Sweep.Merge(grid, [_folder.File("out")], _folder.Path + "/merged");
        var runs = SweepResults.Read(path).Runs;
        Assert.Equal([new StartingWeights("image", null, null), new StartingWeights("text", null, null)], runs[0].Start);
        Assert.Null(runs[1].Start);
        using (var json = JsonDocument.Parse(File.ReadAllText(path)))
            Assert.Equal([true, false], json.RootElement.GetProperty("runs").EnumerateArray().Select(run => run.TryGetProperty("start", out _)));
        ITokenizer[] tokenizers = [.. grid.Points.Select(point => RunTokenizer.Load(TrainingRun.Find(_folder.File($"out/runs/{point.Name("grid")}")).Folder, point.Settings))];
        Assert.Equal(tokens.Length, tokenizers[0].VocabularySize);
        Assert.True(tokenizers[1].VocabularySize > 500);
    }

    [Fact]
    public void A_run_of_a_grid_starts_from_the_public_weights_that_fit_it()
    {
        // A model in miniature under the name of a published one, so that it is taken for its file.
        var settings = new TrainingRunSettings
        {
            Model = new DualEncoderSettings("ClipViTB32", new VisionTransformerSettings(8, 8, 1, 2, Pixels: 16), new ClipTextSettings(8, 1, 2), EmbedDim: 6),
            Data = new DataSettings { TrainPairs = 32, HeldOutPairs = 32, ImageSize = 16 },
            BatchSize = 16,
            Tokenizer = new TokenizerSettings { VocabularySize = 600, ContextLength = 16 },
            Training = new TrainingSettings { Epochs = 1, Progress = false },
            PublicWeights = true,
        };
        var transfer = new TransferSettings { ZeroShot = ["scenes/shape"], Probe = [], TestImages = 16 };
        using var data = SweepData.Open(settings, transfer, _folder.Path, _lines.Add);
        Assert.Contains(_lines, line => line.Contains("data get weights/clip-vocabulary", StringComparison.Ordinal));
        Seeds.Fix(77);
        using var published = TrainingRun.ModelFor(data.Tokenizer, settings);
        published.to(TorchRuntime.Device);
        PublicWeights.Export(published, _folder.File("weights/clip-vit-b-32/ViT-B-32.pt"), WeightMap.Clip(published));
        using var pairs = HeldOutPairs.Embed(published, data.Tokenizer, data.HeldOut, data.HeldOutPixels);
        var expected = pairs.Geometry();

        SweepSummary Of(TrainingRunSettings run) => SweepRun.Train(new SweepPoint(["x"], run, "key"), data, RunDocument.Start(_folder.Path, "run", new RunHead("none", "any", "seconds", "nothing"), run));
        var (found, scratch) = (Of(settings), Of(settings with { PublicWeights = false }));
        Assert.Equal(("both", "clip-vit-b-32"), (Assert.Single(found.Start!).Part, found.Start![0].Name));
        Assert.Equal(expected.Alignment, found.Epochs[0].Geometry.Alignment, 1e-5);
        Assert.Equal(expected.ImageUniformity, found.Epochs[0].Geometry.ImageUniformity, 1e-5);
        Assert.NotEqual(expected.Alignment, scratch.Epochs[0].Geometry.Alignment, 1e-3);

        Assert.True(data.Serve(settings with { Seed = 3, Method = new() { Name = "L2" } }));
        Assert.False(data.Serve(settings with { PublicWeights = false }));
        Assert.False(data.Serve(settings with { Model = settings.Model with { Text = new TextEncoderSettings(8, 1, 2) } }));
        Assert.False(data.Serve(settings with { Data = settings.Data with { TrainPairs = 16 } }));
    }
}
