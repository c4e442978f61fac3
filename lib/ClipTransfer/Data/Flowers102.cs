using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Oxford Flowers-102 (Nilsback and Zisserman 2008) in its own layout: numbered photographs, labels and splits in MATLAB files.</summary>
public static class Flowers102
{
    private const string Set = "flowers102";

    /// <summary>The splits of the release, as its <c>setid.mat</c> has them: the test split is the large one.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "val", "test"];

    /// <summary>Opens one split.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split"><c>train</c> (1,020), <c>val</c> (1,020) or <c>test</c> (6,149).</param>
    /// <exception cref="InputException">A file is missing or damaged, or a number or label in it is out of range, or a picture is absent.</exception>
    public static LabelledFiles Open(string dir, string split)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var entry = DatasetCatalog.Find(Set);
        var folder = DataFolder.Find(dir, entry, ["imagelabels.mat", "setid.mat"]);
        var labelFile = Path.Combine(folder, "imagelabels.mat");
        var setFile = Path.Combine(folder, "setid.mat");
        var labels = Variable(labelFile, "labels");
        var numbers = Variable(setFile, split switch { "train" => "trnid", "val" => "valid", _ => "tstid" });
        var pictures = Path.Combine(folder, "jpg");
        if (!Directory.Exists(pictures)) throw new InputException(pictures, "is missing", "Put the pictures there");
        var present = ImageList.FileNames(pictures);
        var images = new List<(string, int)>();
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!(numbers[i] >= 1 && numbers[i] <= labels.Length) || numbers[i] % 1 != 0)
                throw new InputException($"{setFile} entry {i + 1}", FormattableString.Invariant($"names picture {numbers[i]}, but {Path.GetFileName(labelFile)} has {labels.Length} labels"), "Fetch the set again");
            var number = (int)numbers[i];
            var label = labels[number - 1];
            if (!(label >= 1 && label <= entry.ClassNames.Count) || label % 1 != 0)
                throw new InputException($"{labelFile} entry {number}", FormattableString.Invariant($"has label {label}, but labels are 1 to {entry.ClassNames.Count}"), "Fetch the set again");
            var name = FormattableString.Invariant($"image_{number:00000}.jpg");
            if (!present.Contains(name)) throw new InputException($"{setFile} entry {i + 1}", $"names '{name}', which is not in {pictures}", "Put the picture back");
            images.Add((Path.Combine(pictures, name), (int)label - 1));
        }

        if (images.Count == 0) throw new InputException(setFile, $"names no picture of the split {split}", "Fetch the set again");
        return new LabelledFiles($"{Set}/{split}", entry.Describe(split, images.Count, folder), entry.ClassNames, entry.Templates, images);
    }

    private static double[] Variable(string file, string name) => MatFile.Read(file).TryGetValue(name, out var values) ? values
        : throw new InputException(file, $"has no numeric array '{name}'", "Fetch the set again");
}
