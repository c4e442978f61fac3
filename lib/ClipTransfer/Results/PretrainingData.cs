using ClipTransfer.Data;
using ClipTransfer.Text;
using ClipTransfer.Theory;

namespace ClipTransfer.Results;

/// <summary>What a pre-training study trains and is tested on: generated scenes, or photographs (Flickr8k) with CIFAR-10 for zero-shot.</summary>
public sealed class PretrainingData : IDisposable
{
    private PretrainingData(string name, string zeroShotName, PretrainingSettings settings, IPairSource train, IPairSource heldOut, ILabelledSource labelled)
    {
        (Name, ZeroShotName, Settings, Train, HeldOut, Labelled) = (name, zeroShotName, settings, train, heldOut, labelled);
        Tokenizer = CaptionTokenizer.Train(Enumerable.Range(0, train.Count).SelectMany(train.Captions), settings.Tokenizer);
        TrainPixels = PixelStore.Open(train, settings.ImageSize);
        HeldOutPixels = PixelStore.Open(heldOut, settings.ImageSize);
        LabelledPixels = PixelStore.Open(labelled, settings.ImageSize);
    }

    /// <summary>The training set's name, as it stands in the ledger.</summary>
    public string Name { get; }

    /// <summary>The zero-shot set's name with how many pictures of it are used.</summary>
    public string ZeroShotName { get; }

    /// <summary>Sizes.</summary>
    public PretrainingSettings Settings { get; }

    /// <summary>Pairs to train on.</summary>
    public IPairSource Train { get; }

    /// <summary>Pairs that no training sees.</summary>
    public IPairSource HeldOut { get; }

    /// <summary>Labelled pictures that no training sees.</summary>
    public ILabelledSource Labelled { get; }

    /// <summary>Trained on the training captions.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>The training pictures, decoded.</summary>
    public PixelStore TrainPixels { get; }

    /// <summary>The held-out pictures, decoded.</summary>
    public PixelStore HeldOutPixels { get; }

    /// <summary>The labelled pictures, decoded.</summary>
    public PixelStore LabelledPixels { get; }

    /// <summary>p_k where the shared feature is known (scenes); null for photographs.</summary>
    public IReadOnlyList<double>? ClassProbabilities => Scenes(Train)?.Classes.Probabilities;

    /// <summary>The loss, directions averaged, of a model that knows nothing: ln B.</summary>
    public double ChanceLoss => Math.Log(Settings.BatchSize);

    /// <summary>
    /// What no model can go below on fresh pairs, directions averaged: E[log m] of <see cref="UnintendedPositives.LossInfimum"/>; null where the
    /// shared feature is unknown. By learning training pairs by heart, a model can go below it on these.
    /// </summary>
    public double? LossFloor => ClassProbabilities is { } p ? UnintendedPositives.LossInfimum(p, Settings.BatchSize) / 2 : null;

    /// <summary>Every picture of every set that was decoded, used or broken.</summary>
    public IEnumerable<PixelStoreReport> Reports => [TrainPixels.Report, HeldOutPixels.Report, LabelledPixels.Report];

    /// <summary>Opens scenes where there is no data folder, else Flickr8k and CIFAR-10.</summary>
    /// <param name="folder">The folder with real data sets, or null.</param>
    /// <param name="settings">Sizes.</param>
    /// <param name="seed">Which scenes are generated; photographs do not depend on it.</param>
    /// <exception cref="Runtime.InputException">A set is missing or damaged.</exception>
    public static PretrainingData Open(string? folder, PretrainingSettings settings, long seed)
    {
        if (folder is null)
        {
            var scenes = Data.Scenes.Labelled(settings.ZeroShotImages, seed);
            return new PretrainingData(
                "Scenes", FormattableString.Invariant($"Scenes, {scenes.ClassNames.Count} classes ({scenes.Count} held-out scenes)"), settings,
                Data.Scenes.Pairs(settings.Pairs, seed), Data.Scenes.Pairs(settings.HeldOutPairs, seed, split: "validation"), scenes);
        }

        var labelled = Cifar10.Open(folder, "test").Take(settings.ZeroShotImages);
        return new PretrainingData(
            "Flickr8k", FormattableString.Invariant($"CIFAR-10 ({labelled.Count} test pictures)"), settings,
            Flickr8k.Open(folder, "train").Take(settings.Pairs), Flickr8k.Open(folder, "test").Take(settings.HeldOutPairs), labelled);
    }

    /// <summary>Whether a held-out picture fits a caption of another one: they share z. Null where z is unknown.</summary>
    public bool? Fits(int picture, int captioned) => Scenes(HeldOut) is { } scenes ? scenes.Factors(picture).Class == scenes.Factors(captioned).Class : null;

    /// <summary>
    /// The highest text-to-image Recall@k that a model which knows z and nothing else can expect: a caption's picture is one of m alike, so mean min(k, m)/m;
    /// null where z is unknown.
    /// </summary>
    public double? RecallCeiling(int k)
    {
        if (Scenes(HeldOut) is not { } scenes) return null;
        var alike = Enumerable.Range(0, scenes.Count).GroupBy(i => scenes.Factors(i).Class).Select(g => g.Count()).ToArray();
        return alike.Sum(m => (double)Math.Min(k, m)) / scenes.Count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TrainPixels.Dispose();
        HeldOutPixels.Dispose();
        LabelledPixels.Dispose();
    }

    private static ScenePairs? Scenes(IPairSource source) => source as ScenePairs;
}
