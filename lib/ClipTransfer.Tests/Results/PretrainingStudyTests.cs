using System.Text.Json;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Results;
using ClipTransfer.Text;
using ClipTransfer.Theory;
using ClipTransfer.Training;

namespace ClipTransfer.Tests.Results;

public sealed class PretrainingStudyTests : IDisposable
{
    private static readonly PretrainingSettings _settings = new()
    {
        Model = new DualEncoderSettings("Micro", new ImageEncoderSettings(8, [16, 32]), new TextEncoderSettings(32, 1, 2), EmbedDim: 16),
        ImageSize = 16,
        Pairs = 128,
        HeldOutPairs = 64,
        ZeroShotImages = 128,
        BatchSize = 32,
        Tokenizer = new TokenizerSettings { VocabularySize = 600, ContextLength = 24 },
        Training = new TrainingSettings { Epochs = 2, Progress = false },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("study").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Methods_of_one_seed_start_alike_and_each_run_leaves_its_document()
    {
        var session = NotebookSession.Open("02", "quick", 7, "", _folder);
        using var data = PretrainingData.Open(null, _settings, 7);
        var study = PretrainingStudy.Run(session, data, new RunHead("Table 1", "2 cores", "seconds", "nothing"), [new ClipLoss(), new ClipRegLoss(0.1)], [7, 8]);

        Assert.Equal([("CLIP", 7L), ("CLIP+Reg", 7), ("CLIP", 8), ("CLIP+Reg", 8)], study.Runs.Select(r => (r.Method, r.Seed)));
        // Same weights and batch: the contrastive part of the first step is one number for both methods, another for the other seed.
        Assert.Equal(study.Runs[0].ContrastiveLoss[0], study.Runs[1].ContrastiveLoss[0], 1e-6);
        Assert.NotEqual(study.Runs[0].ContrastiveLoss[0], study.Runs[2].ContrastiveLoss[0], 1e-3);
        foreach (var run in study.Runs)
        {
            Assert.Equal(8, File.ReadLines(Path.Combine(run.Folder, "metrics.jsonl")).Count());
            using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(run.Folder, "config.json")));
            Assert.Equal(run.Method, config.RootElement.GetProperty("settings").GetProperty("method").GetString());
            using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run.Folder, "summary.json")));
            Assert.Equal(run.ZeroShot.Correct, summary.RootElement.GetProperty("zeroShot").GetProperty("correctAt").GetProperty("1").GetInt32());
            Assert.Equal((128, 64), (run.ZeroShot.Count, run.ZeroShot.Classes));
            // Two batches of 32 held-out pairs, each pair against 31 others.
            Assert.Equal(2 * 32 * 31, run.Margins.Values.Count);
            Assert.All(run.Shown, query => Assert.Equal(_settings.ShownImages, query.Found.Distinct().Count()));
        }

        Assert.Equal(4, study.Runs.Select(r => r.Folder).Distinct().Count());
        var difference = study.Difference("CLIP+Reg", "CLIP", r => r.MedianMargin);
        Assert.Equal(((study.Runs[1].MedianMargin - study.Runs[0].MedianMargin) + (study.Runs[3].MedianMargin - study.Runs[2].MedianMargin)) / 2, difference.Value, 1e-12);
        var (pairs, losses) = study.LossCurve("CLIP", points: 4);
        Assert.Equal([32.0, 96, 160, 224], pairs);
        Assert.Equal(study.Runs[2].ContrastiveLoss.Skip(2).Take(2).Average(), losses[1][1], 1e-12);
    }

    [Fact]
    public void Scenes_know_their_loss_floor_and_their_recall_ceiling()
    {
        using var data = PretrainingData.Open(null, _settings, 1);
        Assert.Equal(Math.Log(32), data.ChanceLoss);
        Assert.Equal(UnintendedPositives.LossInfimum([.. Enumerable.Repeat(1 / 64.0, 64)], 32) / 2, data.LossFloor!.Value, 1e-12);
        // By chance over pictures that a model which knows z alone cannot tell apart.
        var alike = Enumerable.Range(0, 64).Select(i => (double)Enumerable.Range(0, 64).Count(j => data.Fits(j, i) == true)).ToArray();
        Assert.Equal(alike.Average(m => Math.Min(5, m) / m), data.RecallCeiling(5)!.Value, 1e-12);
        Assert.Equal("Scenes, 64 classes (128 held-out scenes)", data.ZeroShotName);
    }
}
