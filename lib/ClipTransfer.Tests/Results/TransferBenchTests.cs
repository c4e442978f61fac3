using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Models;
using ClipTransfer.Results;
using ClipTransfer.Runtime;
using ClipTransfer.Tests.Data;
using ClipTransfer.Text;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Results;

public class TransferBenchTests
{
    private const int Size = 16;

    private static readonly CaptionTokenizer _tokenizer = CaptionTokenizer.Train(["a red circle", "a blue star"], new TokenizerSettings { VocabularySize = 600, ContextLength = 24 });

    private static DualEncoder Model(out CountingTower tower)
    {
        TorchRuntime.Initialize();
        Seeds.Fix(4);
        var settings = (DualEncoderSettings.Tiny with { EmbedDim = 12 }).ForTokens(_tokenizer.VocabularySize, _tokenizer.ContextLength, _tokenizer.EndId);
        tower = new CountingTower(settings.Image.Build());
        return new DualEncoder(settings, tower, settings.Text.Build(), nn.Linear(settings.Image.FeatureWidth, 12), nn.Linear(settings.Text.FeatureWidth, 12));
    }

    [Theory]
    [InlineData(ProbeFeatures.Embedding, ProbeClassifier.LogisticRegression)]
    [InlineData(ProbeFeatures.Tower, ProbeClassifier.LogisticRegression)]
    [InlineData(ProbeFeatures.Embedding, ProbeClassifier.AdamW)]
    public void Each_picture_goes_through_the_tower_once_and_the_numbers_are_those_of_the_separate_functions(ProbeFeatures features, ProbeClassifier classifier)
    {
        using var scope = NewDisposeScope();
        var settings = new TransferSettings
        {
            ZeroShot = ["scenes/texture", "scenes/shape"],
            Probe = ["scenes/shape", "scenes/colour"],
            TestImages = 40,
            ProbeImages = 60,
            Features = features,
            Classifier = classifier,
            Neighbours = 3,
        };
        using var model = Model(out var tower);
        using var bench = TransferBench.Open(settings, null, Size, seed: 2);
        var measured = bench.Measure(model, _tokenizer, seed: 5);
        Assert.Equal((3 * 40) + (2 * 60), tower.Rows);
        Assert.Equal(settings.ZeroShot, measured.ZeroShot.Select(r => r.Set));
        Assert.Equal(settings.Probe, measured.Probes.Select(r => r.Set));

        foreach (var found in measured.ZeroShot)
        {
            var set = DownstreamSet.Open(found.Set, null, 40, 60, 2);
            using var test = PixelStore.Open(set.Test, Size);
            var (images, labels) = (Embeddings.Images(model, test), Labels(set.Test));
            var expected = ZeroShot.Evaluate(images, ZeroShot.Classifier(model, _tokenizer, set.Test.ClassNames, set.Test.Templates), labels, 5);
            Assert.Equal(TestOutcomes.Of(expected.Margins.Values.Select(margin => margin > 0)), found.Outcomes);
            Assert.Equal(expected.AccuracyAt(5), found.Top5);
            Assert.Equal(expected.PerClass, found.PerClass);
            Assert.Equal(expected.Margins.Median.Value, found.MedianMargin!.Value, 1e-6);
            Assert.Equal(NearestNeighbours.Purity(images, labels, 3), found.Purity!.Value, 1e-6);
        }

        foreach (var found in measured.Probes)
        {
            var set = DownstreamSet.Open(found.Set, null, 40, 60, 2);
            using var test = PixelStore.Open(set.Test, Size);
            using var train = PixelStore.Open(set.Train!, Size);
            var (labels, known) = (Labels(set.Test), Labels(set.Train!));
            Tensor Read(PixelStore store) => Embeddings.Features(model, store, features == ProbeFeatures.Tower ? model.ImageFeatures : model.ProjectImage);
            var (classes, byAdamW) = (set.Test.ClassNames.Count, classifier == ProbeClassifier.AdamW);
            var expected = byAdamW
                ? new GradientProbe().Evaluate(Read(train), known, Read(test), labels, classes, 5)
                : LinearProbe.Evaluate(Read(train), known, Read(test), labels, classes, 5);
            Assert.Equal(TestOutcomes.Of(expected.Ranks.Select(rank => rank == 0)), found.Outcomes);
            if (byAdamW) Assert.Null(found.ProbeWeight);
            else Assert.Equal(expected.Weight, found.ProbeWeight!.Value, 1e-6 * expected.Weight);
            var said = NearestNeighbours.Classify(Embeddings.Images(model, train), known, Embeddings.Images(model, test), 3);
            Assert.Equal(TestOutcomes.Of(said.Zip(labels, (guess, label) => guess == label)), found.Neighbours);
            Assert.Equal(byAdamW ? "probe by AdamW, 60 training pictures" : "probe, 60 training pictures", found.Protocol);
        }

        static int[] Labels(ILabelledSource source) => [.. Enumerable.Range(0, source.Count).Select(source.Label)];
    }

    [Fact]
    public void A_set_without_training_pictures_says_why_and_never_in_which_folder()
    {
        using var folder = new FileTree();
        folder.Write("cifar10/cifar-10-batches-bin/batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n");
        folder.Write("cifar10/cifar-10-batches-bin/test_batch.bin", [.. Enumerable.Range(0, 20).SelectMany(k => new byte[3073].Select((_, at) => at == 0 ? (byte)(k % 10) : (byte)(at * k)))]);
        Assert.Equal("no training split here", Open().WhyNoTrain);

        folder.Write("cifar10/cifar-10-batches-bin/data_batch_1.bin", [11, .. new byte[3072]]);
        const string Damage = "the training split is damaged, cifar10/cifar-10-batches-bin/data_batch_1.bin record 0: has label 11, but there are 10 classes (0 to 9)";
        Assert.Equal(Damage, Open().WhyNoTrain);
        Assert.Equal(Damage, DownstreamSet.Open("cifar10", Path.GetRelativePath(Environment.CurrentDirectory, folder.Root), 20, 20, 0).WhyNoTrain);
        Assert.Equal(20, Open().Test.Count);

        // So it stands in the results.
        using var model = Model(out _);
        using var bench = TransferBench.Open(new TransferSettings { ZeroShot = [], Probe = ["cifar10"], TestImages = 20, Folds = 2 }, folder.Root, Size, 0);
        var probe = Assert.Single(bench.Measure(model, _tokenizer, 1).Probes);
        Assert.Equal($"probe, 2 stratified folds of the test pictures ({Damage})", probe.Protocol);

        using var other = TransferBench.Open(new TransferSettings { ZeroShot = [], Probe = ["cifar10"], TestImages = 20, Folds = 2, Classifier = ProbeClassifier.AdamW }, folder.Root, Size, 0);
        Assert.StartsWith("probe by AdamW, 2 stratified folds", Assert.Single(other.Measure(model, _tokenizer, 1).Probes).Protocol, StringComparison.Ordinal);

        DownstreamSet Open() => DownstreamSet.Open("cifar10", folder.Root, 20, 20, 0);
    }

    /// <summary>A tower that counts the pictures it sees.</summary>
    private sealed class CountingTower : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _tower;

        public CountingTower(nn.Module<Tensor, Tensor> tower)
            : base(nameof(CountingTower))
        {
            _tower = tower;
            RegisterComponents();
        }

        public long Rows { get; private set; }

        public override Tensor forward(Tensor input)
        {
            Rows += input.shape[0];
            return _tower.call(input);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _tower.Dispose();
            base.Dispose(disposing);
        }
    }
}
