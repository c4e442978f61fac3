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
        try
        {
            foreach (var name in settings.ZeroShot.Union(settings.Probe))
            {
                var set = DownstreamSet.Open(name, folder, settings.TestImages, settings.ProbeImages, seed);
                var train = settings.Probe.Contains(name) && set.Train is { } source ? PixelStore.Open(source, imageSize) : null;
                bench._sets[name] = (set, PixelStore.Open(set.Test, imageSize), train);
            }

            return bench;
        }
        catch
        {
            bench.Dispose();
            throw;
        }
    }

    /// <summary>Tests a model on every set. Each picture goes through the image tower once, whatever its set is tested by.</summary>
    /// <param name="model">The model, on <see cref="TorchRuntime.Device"/>.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="seed">Decides the probes' splits: the same for models that are compared.</param>
    public TransferResult Measure(DualEncoder model, ITokenizer tokenizer, long seed)
    {
        var (zeroShot, probes) = (new Dictionary<string, DownstreamResult>(), new Dictionary<string, DownstreamResult>());
        // Set by set, so that the features of one are held at a time.
        foreach (var name in _sets.Keys)
        {
            Interrupt.Token.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var tested = PictureFeatures.Of(model, _sets[name].Test, _settings.Probe.Contains(name) ? _settings.Features : ProbeFeatures.Embedding);
            if (_settings.ZeroShot.Contains(name)) zeroShot[name] = ZeroShotOn(model, tokenizer, name, tested.Unit);
            if (_settings.Probe.Contains(name)) probes[name] = ProbeOn(model, name, tested, seed);
        }

        return new TransferResult([.. _settings.ZeroShot.Select(name => zeroShot[name])], [.. _settings.Probe.Select(name => probes[name])]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, test, train) in _sets.Values)
        {
            test.Dispose();
            train?.Dispose();
        }
    }

    private DownstreamResult ZeroShotOn(DualEncoder model, ITokenizer tokenizer, string name, Tensor images)
    {
        var (set, test, _) = _sets[name];
        var labels = LabelsOf(set.Test, test);
        var found = Evaluation.ZeroShot.Evaluate(images, Evaluation.ZeroShot.Classifier(model, tokenizer, set.Test.ClassNames, set.Test.Templates), labels, 5);
        var neighbours = Math.Min(_settings.Neighbours, labels.Length - 1);
        return new DownstreamResult(
            name, set.Test.Description, found.Classes, DownstreamResult.ZeroShot, TestOutcomes.Of(found.Margins.Values.Select(margin => margin > 0)),
            found.CorrectAt.ContainsKey(5) ? found.AccuracyAt(5) : null, found.PerClass, neighbours > 0 ? NearestNeighbours.Purity(images, labels, neighbours) : null,
            MedianMargin: found.Margins.Median.Value);
    }

    private DownstreamResult ProbeOn(DualEncoder model, string name, PictureFeatures tested, long seed)
    {
        Interrupt.Token.ThrowIfCancellationRequested();
        var (set, test, train) = _sets[name];
        var (labels, classes) = (LabelsOf(set.Test, test), set.Test.ClassNames.Count);
        var (probing, kind) = _settings.Classifier switch
        {
            ProbeClassifier.AdamW => (new GradientProbe().Evaluate, "probe by AdamW"),
            _ => ((Func<Tensor, IReadOnlyList<int>, Tensor, IReadOnlyList<int>, int, long, ProbeResult>)LinearProbe.Evaluate, "probe"),
        };
        if (train is null)
        {
            var folds = LinearProbe.EvaluateByFolds(probing, tested.Probed, labels, classes, _settings.Folds, seed);
            return Result(folds, FormattableString.Invariant($"{kind}, {_settings.Folds} stratified folds of the test pictures ({set.WhyNoTrain})"));
        }

        var (trained, known) = (PictureFeatures.Of(model, train, _settings.Features), LabelsOf(set.Train!, train));
        var found = probing(trained.Probed, known, tested.Probed, labels, classes, seed);
        var said = NearestNeighbours.Classify(trained.Unit, known, tested.Unit, Math.Min(_settings.Neighbours, known.Length));
        return Result(found, FormattableString.Invariant($"{kind}, {train.Usable.Count} training pictures"), TestOutcomes.Of(said.Zip(labels, (guess, label) => guess == label)));

        DownstreamResult Result(ProbeResult probe, string protocol, TestOutcomes? neighbours = null) => new(
            name, set.Test.Description, classes, protocol, TestOutcomes.Of(probe.Ranks.Select(rank => rank == 0)), ProbeWeight: double.IsNaN(probe.Weight) ? null : probe.Weight, Neighbours: neighbours);
    }

    private static int[] LabelsOf(ILabelledSource source, PixelStore store) => [.. store.Usable.Select(source.Label)];
}
