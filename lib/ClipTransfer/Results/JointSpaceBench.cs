using System.Text.Json;
using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using static TorchSharp.torch;

namespace ClipTransfer.Results;

/// <summary>The pairs on which the joint space of many models is measured, with what is known of their shared and unique features.</summary>
/// <remarks>
/// Scenes know z, ξ and ζ. Of photographs nobody does: there z is, by choice [?], once the picture itself (each is its own class; β over pictures cannot be asked for then) and
/// once the topic that its captions agree on (<see cref="PictureTopics"/>), and no factor is probed.
/// </remarks>
public sealed class JointSpaceBench : IDisposable
{
    private readonly JointSpaceSettings _settings;
    private readonly PixelStore _heldOutPixels;
    private readonly IPairSource _heldOut;
    private readonly ScenePairs? _scenes;
    private readonly ScenePairs? _fitted;
    private readonly PixelStore? _fittedPixels;
    private readonly List<CompletenessSample> _samples;
    private readonly long _seed;

    // Methods of one seed start from the same weights.
    private readonly Dictionary<string, JointSpaceResult> _untrained = new(StringComparer.Ordinal);

    private JointSpaceBench(JointSpaceSettings settings, IPairSource heldOut, PixelStore pixels, DataSettings data)
    {
        (_settings, _heldOut, _heldOutPixels, _seed) = (settings, heldOut, pixels, data.Seed);
        _scenes = heldOut as ScenePairs;
        if (_scenes is not null)
        {
            _fitted = Scenes.Pairs(settings.ProbePairs, data.Seed, _scenes.Options, "factor-probe");
            _fittedPixels = PixelStore.Open(_fitted, data.ImageSize);
        }

        _samples = Samples();
    }

    /// <summary>What z is said to be where every picture is its own class.</summary>
    public const string ByPicture = "picture";

    /// <summary>What z is said to be where captions name it.</summary>
    public const string ByTopic = "topic in captions";

    /// <summary>What z is said to be in scenes.</summary>
    public const string ByClass = "shape and colour";

    /// <summary>Opens the pairs that probes are fitted on, and names z.</summary>
    /// <param name="settings">How much is measured.</param>
    /// <param name="heldOut">The held-out pairs, which stay the caller's.</param>
    /// <param name="pixels">Their pictures, decoded.</param>
    /// <param name="data">Where they come from.</param>
    /// <exception cref="InputException">Too few pairs, or too few classes among them.</exception>
    public static JointSpaceBench Open(JointSpaceSettings settings, IPairSource heldOut, PixelStore pixels, DataSettings data) => new(settings, heldOut, pixels, data);

    /// <summary>Measures a model.</summary>
    /// <param name="model">The model, on <see cref="TorchRuntime.Device"/>.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C was pressed.</exception>
    public JointSpaceResult Measure(DualEncoder model, ITokenizer tokenizer)
    {
        using var scope = NewDisposeScope();
        using var pairs = HeldOutPairs.Embed(model, tokenizer, _heldOut, _heldOutPixels);
        return new JointSpaceResult(
            [.. _samples.Select(sample => sample.Measure(pairs.Images, pairs.Texts, _settings.Quadruples, _seed))],
            ModalityGap.Measure(pairs.Images, pairs.Texts, pairs.ImageOfText, _seed),
            _scenes is null ? null : SharedRetrieval.Measure(pairs.Images, pairs.FirstTexts(), [.. pairs.ImageNumbers.Select(i => _scenes.Factors(i).Class)]),
            [.. Probes(model, tokenizer, pairs)]);
    }

    /// <summary>Measures a model before its training, once for each seed and model; null where the settings do not ask for it.</summary>
    /// <param name="model">The model with its first weights.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="run">The run: its seed and its model decide the first weights.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C was pressed.</exception>
    public JointSpaceResult? MeasureUntrained(DualEncoder model, ITokenizer tokenizer, TrainingRunSettings run)
    {
        if (!_settings.Untrained) return null;
        var key = JsonSerializer.Serialize(new { run.Seed, run.Model }, ResultsJson.Line);
        if (!_untrained.TryGetValue(key, out var found)) _untrained[key] = found = Measure(model, tokenizer);
        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => _fittedPixels?.Dispose();

    private List<CompletenessSample> Samples()
    {
        int[] usable = [.. _heldOutPixels.Usable];
        var captions = usable.Select(_heldOut.Captions).ToArray();
        int[] owners = [.. captions.SelectMany((list, row) => Enumerable.Repeat(row, list.Count))];
        if (_scenes is not null) return [new CompletenessSample(ByClass, [.. usable.Select(i => _scenes.Factors(i).Class)], owners, ownPairs: false)];
        var topics = PictureTopics.Of(captions);
        var samples = new List<CompletenessSample> { new(ByPicture, [.. Enumerable.Range(0, usable.Length)], owners, ownPairs: true) };
        // A set without captions that agree (or a handful of pictures) has no topics.
        if (topics.Words.Count > 1) samples.Add(new CompletenessSample(ByTopic, topics.OfPicture, owners, ownPairs: false));
        return samples;
    }

    private IEnumerable<FactorProbe> Probes(DualEncoder model, ITokenizer tokenizer, HeldOutPairs pairs)
    {
        if (_scenes is null) yield break;
        using var fitted = HeldOutPairs.Embed(model, tokenizer, _fitted!, _fittedPixels!);
        foreach (var factor in SceneFactor.All(_scenes.Options))
        {
            Interrupt.Token.ThrowIfCancellationRequested();
            yield return factor.Of == Modality.Image
                ? FactorProbe.Measure(factor, fitted.Images, _fitted!, fitted.ImageNumbers, pairs.Images, _scenes, pairs.ImageNumbers, _seed)
                : FactorProbe.Measure(factor, fitted.FirstTexts(), _fitted!, fitted.ImageNumbers, pairs.FirstTexts(), _scenes, pairs.ImageNumbers, _seed);
        }
    }
}
