using ClipTransfer.Data;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>A labelled set that models are tested on: its test pictures, and training pictures for a probe where there are any.</summary>
/// <param name="Name">As in settings files and tables.</param>
/// <param name="Test">Test pictures.</param>
/// <param name="Train">Training pictures of the same classes; null where the set has none here: then probes use stratified folds of the test pictures.</param>
/// <param name="WhyNoTrain">Why there are none.</param>
public sealed record DownstreamSet(string Name, ILabelledSource Test, ILabelledSource? Train, string? WhyNoTrain = null)
{
    private const string Scenes = "scenes/";

    // Only the classes that have pictures: another task than the full set's, so that it has a name of its own.
    internal const string Present = "-present";

    /// <summary>The names of the generated sets.</summary>
    public static IReadOnlyList<string> SceneNames { get; } = [.. Enum.GetValues<SceneSet>().Select(set => Scenes + SceneLabels.NameOf(set))];

    /// <summary>
    /// Opens a set: <c>scenes/shape</c> and the like; a labelled data set by the name in <c>data list</c>; or that name with <c>-present</c>, which counts only the
    /// classes that have pictures here (<c>dtd-present</c> with ten of 47 classes is a 10-way task, <c>dtd</c> a 47-way one on the same pictures).
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="folder">The folder with real data sets; null allows generated ones only.</param>
    /// <param name="testImages">Most test pictures.</param>
    /// <param name="trainImages">Most training pictures.</param>
    /// <param name="seed">Which scenes are made.</param>
    /// <exception cref="InputException">The set is unknown, missing or damaged.</exception>
    public static DownstreamSet Open(string name, string? folder, int testImages, int trainImages, long seed)
    {
        if (name.StartsWith(Scenes, StringComparison.Ordinal))
        {
            var set = SceneOf(name);
            return new DownstreamSet(name, Data.Scenes.Labelled(testImages, seed, set: set), Data.Scenes.Labelled(trainImages, seed, set: set, split: "train"));
        }

        if (folder is null) throw new InputException($"data set '{name}'", "is not generated, and no data folder is named", "Give the folder with the data sets (--data)");
        return name switch
        {
            "dtd" + Present => Without(DescribableTextures.Open(folder, "test", presentOnly: true), "a subset of the classes"),
            "imagenet-sample" => Without(ImageNetSample.Open(folder), "one picture a class"),
            "imagenet-sample" + Present => Without(ImageNetSample.Open(folder, presentOnly: true), "one picture a class"),
            _ => With(DatasetCatalog.OpenLabelled(name, folder, "test")),
        };

        DownstreamSet Without(ILabelledSource test, string why) => new(name, test.Take(testImages), null, why);

        DownstreamSet With(ILabelledSource test)
        {
            try
            {
                return new(name, test.Take(testImages), DatasetCatalog.OpenLabelled(name, folder, "train").Take(trainImages));
            }
            catch (InputException error)
            {
                return Without(test, WhyOf(error, folder));
            }
        }
    }

    // The reason stands in the results: a set that is damaged is not mistaken for one that is small. They are published, and say nothing of the folders of a machine.
    private static string WhyOf(InputException error, string folder)
    {
        if (error.What is "is missing" or "is not a split") return "no training split here";
        var reason = $"{error.Where}: {error.What}";
        // The longer first: either may be a part of the other.
        foreach (var own in new[] { Path.GetFullPath(folder), folder }.Select(Path.TrimEndingDirectorySeparator).Where(own => own.Length > 0).OrderByDescending(own => own.Length))
            reason = reason.Replace(own + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace(own, "the data folder", StringComparison.Ordinal);
        return $"the training split is damaged, {reason.Replace('\\', '/')}";
    }

    /// <summary>A generated set by its name.</summary>
    /// <exception cref="InputException">There is no such set.</exception>
    internal static SceneSet SceneOf(string name)
    {
        var at = SceneNames.ToList().IndexOf(name);
        return at >= 0 ? Enum.GetValues<SceneSet>()[at] : throw new InputException($"data set '{name}'", "is not a set of scenes", $"There are {string.Join(", ", SceneNames)}");
    }
}
