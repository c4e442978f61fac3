using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using ClipTransfer.Training;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Tests.Training;

/// <summary>A training that takes a second: a few scenes at 16 px and a model of some thousand parameters.</summary>
internal sealed class SmallRun : IDisposable
{
    public SmallRun(int pairs = 32, int batchSize = 32, long seed = 0, double temperature = 0.07, bool batchNorm = false, ProjectionKind projection = ProjectionKind.Linear)
    {
        Source = Scenes.Pairs(pairs, seed: 5);
        Tokenizer = CaptionTokenizer.Train(Enumerable.Range(0, pairs).SelectMany(Source.Captions), new TokenizerSettings { VocabularySize = 600, ContextLength = 20 });
        Store = PixelStore.Open(Source, 16, new PixelStoreOptions { Progress = false });
        Loader = new PairLoader(Source, Store, Tokenizer, batchSize, seed);
        Seeds.Fix(seed);
        var settings = new DualEncoderSettings(
            "Micro", new ImageEncoderSettings(8, [16, 32]), new TextEncoderSettings(32, 1, 2), EmbedDim: 16, Temperature: temperature, Projection: projection)
            .ForTokens(Tokenizer.VocabularySize, Tokenizer.ContextLength, Tokenizer.EndId);
        Model = batchNorm ? WithBatchNorm(settings) : new DualEncoder(settings);
    }

    public IPairSource Source { get; }

    public CaptionTokenizer Tokenizer { get; }

    public PixelStore Store { get; }

    public PairLoader Loader { get; }

    public DualEncoder Model { get; }

    public static TrainingSettings Settings(int epochs) => new() { Epochs = epochs, LearningRate = 3e-3, Progress = false };

    public Trainer Trainer(int epochs, IContrastiveLoss? loss = null) => new(Model, loss ?? new ClipLoss(), Loader, Settings(epochs));

    /// <summary>A tower whose features depend on the neighbours in the batch, and which keeps running averages.</summary>
    private static DualEncoder WithBatchNorm(DualEncoderSettings settings) => new(
        settings,
        Sequential(Conv2d(3, 8, 5, 2), new BatchNormalisation(8), ReLU(), AdaptiveAvgPool2d(1), Flatten()), settings.Text.Build(),
        Linear(8, settings.EmbedDim), Linear(settings.Text.FeatureWidth, settings.EmbedDim));

    public void Dispose()
    {
        Model.Dispose();
        Store.Dispose();
    }
}
