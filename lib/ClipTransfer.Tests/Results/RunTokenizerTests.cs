using ClipTransfer.Models;
using ClipTransfer.Results;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using ClipTransfer.Training;

namespace ClipTransfer.Tests.Results;

public sealed class RunTokenizerTests : IDisposable
{
    private static readonly RunHead _head = new("none", "any", "seconds", "nothing");
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];

    private static TrainingRunSettings Settings(TextTowerSettings text) => new()
    {
        Model = DualEncoderSettings.Tiny with { Text = text },
        Data = new DataSettings { TrainPairs = 32, HeldOutPairs = 16, ImageSize = 16 },
        BatchSize = 16,
        Tokenizer = new TokenizerSettings { VocabularySize = 600, ContextLength = 16 },
        Training = new TrainingSettings { Epochs = 1, Progress = false },
        PublicWeights = true,
    };

    private CheckpointEvaluation Run(TrainingRunSettings settings)
    {
        TorchRuntime.Initialize();
        var run = new TrainingRun(_folder.Path, "run", _head, settings, _folder.Path);
        return run.Finish(run.Train(resume: false, _said.Add));
    }

    [Fact]
    public void A_run_with_a_DistilBERT_tower_reads_BERTs_vocabulary_where_it_is_and_its_checkpoint_keeps_it()
    {
        string[] tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "blue", "circle", "star", "##s"];
        var file = Path.Combine(_folder.Path, "weights", "bert-vocabulary", "vocab.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, string.Join('\n', tokens) + "\n");
        var settings = Settings(new DistilBertSettings(Width: 16, Layers: 1, Heads: 2, InnerWidth: 32, Positions: 32));
        Run(settings);
        Directory.Delete(Path.Combine(_folder.Path, "weights"), recursive: true); // the checkpoint alone must do

        var checkpoint = TrainingRun.Find(Path.Combine(_folder.Path, "runs", "run"));
        var tokenizer = RunTokenizer.Load(checkpoint.Folder, settings);
        Assert.Equal((tokens.Length, 16), (tokenizer.VocabularySize, tokenizer.ContextLength));
        Assert.Equal([2, 5, 6, 9, 10, 3], tokenizer.Encode("A red stars").TakeWhile(id => id != 0));
        Assert.Equal(tokens.Length, checkpoint.State.Model.Text.VocabularySize);
        Assert.InRange(CheckpointEvaluation.Of(checkpoint, _folder.Path).HeldOut.Loss, 0.1, 20);
        Assert.DoesNotContain(_said, line => line.Contains("no published vocabulary", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_published_vocabulary_one_is_trained_on_the_captions_and_that_is_said()
    {
        Run(Settings(new ClipTextSettings(Width: 16, Layers: 1, Heads: 2)));
        Assert.Contains(_said, line => line.Contains("data get weights/clip-vocabulary", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(_folder.Path, "runs", "run", "tokenizer.json")));
    }

    public void Dispose() => _folder.Dispose();
}
