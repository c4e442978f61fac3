using ClipTransfer.Data;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>What a run trains on and is tested on, by the names that <c>data list</c> shows; <c>scenes</c> are generated.</summary>
public sealed record DataSettings
{
    private const string Generated = "scenes";

    /// <summary>The pairs: <c>scenes</c>, or a data set with captions.</summary>
    public string Pairs { get; init; } = Generated;

    /// <summary>The split to train on. Scenes have a split of any name.</summary>
    public string TrainSplit { get; init; } = "train";

    /// <summary>Most pairs to train on; a set that has fewer gives all. Of scenes, how many are made.</summary>
    public int TrainPairs { get; init; } = 16_384;

    /// <summary>The split whose loss is measured after each epoch, for early stop and the best checkpoint; null measures none.</summary>
    public string? ValidationSplit { get; init; }

    /// <summary>Most pairs of it.</summary>
    public int ValidationPairs { get; init; } = 1_024;

    /// <summary>The split for held-out loss and retrieval, seen by neither training nor early stop.</summary>
    public string HeldOutSplit { get; init; } = "test";

    /// <summary>Most pairs of it.</summary>
    public int HeldOutPairs { get; init; } = 1_024;

    /// <summary>Labelled pictures for zero-shot: a labelled data set, <c>scenes</c>, or one of the six sets of scenes such as <c>scenes/outlines</c>; null measures none.</summary>
    public string? ZeroShot { get; init; }

    /// <summary>The split of it.</summary>
    public string ZeroShotSplit { get; init; } = "test";

    /// <summary>Most pictures of it.</summary>
    public int ZeroShotImages { get; init; } = 1_024;

    /// <summary>The pictures' side in pixels.</summary>
    public int ImageSize { get; init; } = 48;

    /// <summary>Which scenes are made.</summary>
    public long Seed { get; init; }

    /// <summary>Of scenes, the probability that a caption names the texture: 0 keeps texture image-only, a small value makes it what captions seldom name.</summary>
    public double TextureNamedRate { get; init; }

    /// <summary>Opens the pairs to train on.</summary>
    /// <param name="folder">The folder with real data sets.</param>
    /// <exception cref="InputException">The set is unknown, missing or damaged, or a number is out of range.</exception>
    public IPairSource OpenTrain(string folder) => OpenPairs(folder, TrainSplit, TrainPairs);

    /// <summary>Opens the pairs for early stop; null where there are none.</summary>
    /// <inheritdoc cref="OpenTrain"/>
    public IPairSource? OpenValidation(string folder) => ValidationSplit is { } split ? OpenPairs(folder, split, ValidationPairs) : null;

    /// <summary>Opens the held-out pairs.</summary>
    /// <inheritdoc cref="OpenTrain"/>
    public IPairSource OpenHeldOut(string folder) => OpenPairs(folder, HeldOutSplit, HeldOutPairs);

    /// <summary>Opens the labelled pictures; null where there are none.</summary>
    /// <inheritdoc cref="OpenTrain"/>
    public ILabelledSource? OpenZeroShot(string folder)
    {
        if (ZeroShot is null) return null;
        Need(ZeroShotImages, nameof(ZeroShotImages));
        return SceneSetOf(ZeroShot) is { } set
            ? Scenes.Labelled(ZeroShotImages, Seed, set: set, split: ZeroShotSplit)
            : DatasetCatalog.OpenLabelled(ZeroShot, folder, ZeroShotSplit).Take(ZeroShotImages);
    }

    private IPairSource OpenPairs(string folder, string split, int count)
    {
        Need(count, "trainPairs, validationPairs, heldOutPairs");
        Need(ImageSize, nameof(ImageSize));
        return Pairs == Generated ? Scenes.Pairs(count, Seed, new SceneOptions { TextureNamedRate = TextureNamedRate }, split) : DatasetCatalog.OpenPairs(Pairs, folder, split).Take(count);
    }

    private static SceneSet? SceneSetOf(string name)
    {
        if (name == Generated) return SceneSet.ShapeColour;
        return name.StartsWith(Generated + "/", StringComparison.Ordinal) ? DownstreamSet.SceneOf(name) : null;
    }

    private static void Need(int count, string name)
    {
        if (count < 1) throw new InputException($"data settings, {name}", FormattableString.Invariant($"{count} is not at least 1"), "Correct it");
    }
}
