using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using static TorchSharp.torch;

namespace ClipTransfer.Results;

/// <summary>Downstream sets, decoded once, on which many models are tested.</summary>
public sealed class TransferBench : IDisposable
{
    private readonly TransferSettings _settings;
    private readonly Dictionary<string, (DownstreamSet Set, PixelStore Test, PixelStore? Train)> _sets = [];

    private TransferBench(TransferSettings settings) => _settings = settings;

    /// <summary>Opens and decodes the sets.</summary>
    /// <param name="settings">Which, and how many pictures.</param>
    /// <param name="folder">The folder with real data sets; null allows generated ones only.</param>
    /// <param name="imageSize">The pictures' side in pixels.</param>
    /// <param name="seed">Which scenes are made.</param>
    /// <exception cref="InputException">A set is unknown, missing or damaged.</exception>
    public static TransferBench Open(TransferSettings settings, string? folder, int imageSize, long seed)
    {
        var bench = new TransferBench(settings);
        foreach (var name in settings.ZeroShot.Union(settings.Probe))
        {
            var set = DownstreamSet.Open(name, folder, settings.TestImages, settings.ProbeImages, seed);
            var train = settings.Probe.Contains(name) && set.Train is { } source ? PixelStore.Open(source, imageSize) : null;
            bench._sets[name] = (set, PixelStore.Open(set.Test, imageSize), train);
        }

        return bench;
    }

    /// <summary>Tests a model on every set.</summary>
    /// <param name="model">The model, on <see cref="TorchRuntime.Device"/>.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="seed">Decides the probes' splits: the same for models that are compared.</param>
    public TransferResult Measure(DualEncoder model, ITokenizer tokenizer, long seed) => new(
        [.. _settings.ZeroShot.Select(name => ZeroShotOn(model, tokenizer, name))],
        [.. _settings.Probe.Select(name => ProbeOn(model, name, seed))]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, test, train) in _sets.Values)
        {
            test.Dispose();
            train?.Dispose();
        }
    }

    private DownstreamResult ZeroShotOn(DualEncoder model, ITokenizer tokenizer, string name)
    {
        Interrupt.Token.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        var (set, test, _) = _sets[name];
        var labels = LabelsOf(set.Test, test);
        var images = Embeddings.Images(model, test);
        var found = Evaluation.ZeroShot.Evaluate(images, Evaluation.ZeroShot.Classifier(model, tokenizer, set.Test.ClassNames, set.Test.Templates), labels, 5);
        var neighbours = Math.Min(_settings.Neighbours, labels.Length - 1);
        return new DownstreamResult(
            name, set.Test.Description, found.Classes, DownstreamResult.ZeroShot, TestOutcomes.Of(found.Margins.Values.Select(margin => margin > 0)),
            found.CorrectAt.ContainsKey(5) ? found.AccuracyAt(5) : null, found.PerClass, neighbours > 0 ? NearestNeighbours.Purity(images, labels, neighbours) : null,
            MedianMargin: found.Margins.Median.Value);
    }

    private DownstreamResult ProbeOn(DualEncoder model, string name, long seed)
    {
        Interrupt.Token.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        var (set, test, train) = _sets[name];
        Func<Tensor, Tensor> features = _settings.Features == ProbeFeatures.Tower ? model.ImageFeatures : model.ProjectImage;
        var (labels, classes) = (LabelsOf(set.Test, test), set.Test.ClassNames.Count);
        var tested = Embeddings.Features(model, test, features);
        var found = train is null
            ? LinearProbe.EvaluateByFolds(tested, labels, classes, _settings.Folds, seed)
            : LinearProbe.Evaluate(Embeddings.Features(model, train, features), LabelsOf(set.Train!, train), tested, labels, classes, seed);
        var protocol = train is null
            ? FormattableString.Invariant($"probe, {_settings.Folds} stratified folds of the test pictures ({set.WhyNoTrain})")
            : FormattableString.Invariant($"probe, {train.Usable.Count} training pictures");
        return new DownstreamResult(name, set.Test.Description, classes, protocol, TestOutcomes.Of(found.Ranks.Select(rank => rank == 0)), ProbeWeight: found.Weight, Neighbours: Vote(model, set, test, train));
    }

    private TestOutcomes? Vote(DualEncoder model, DownstreamSet set, PixelStore test, PixelStore? train)
    {
        if (train is null) return null;
        var (known, labels) = (LabelsOf(set.Train!, train), LabelsOf(set.Test, test));
        var said = NearestNeighbours.Classify(Embeddings.Images(model, train), known, Embeddings.Images(model, test), Math.Min(_settings.Neighbours, known.Length));
        return TestOutcomes.Of(said.Zip(labels, (guess, label) => guess == label));
    }

    private static int[] LabelsOf(ILabelledSource source, PixelStore store) => [.. store.Usable.Select(source.Label)];
}
