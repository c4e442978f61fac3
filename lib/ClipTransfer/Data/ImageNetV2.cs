using System.Globalization;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>ImageNetV2 (Recht et al. 2019), matched frequency: ten new pictures for each of ImageNet's 1,000 classes, in folders 0 … 999.</summary>
public static class ImageNetV2
{
    private const string Set = "imagenetv2";
    private const int Classes = 1000;

    /// <summary>There is one split.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["test"];

    /// <summary>Opens the set. A folder's name is its class: 10 comes after 9, not after 1.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split"><c>test</c> (10,000).</param>
    /// <exception cref="InputException">The folder is missing, or has a folder with pictures that is no class.</exception>
    public static LabelledFiles Open(string dir, string split = "test")
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", "Use test");
        var entry = DatasetCatalog.Find(Set);
        var folder = entry.Folders.Prepend("").Select(f => Path.Combine(dir, f)).FirstOrDefault(f => Path.Exists(Path.Combine(f, "0")) || Path.Exists(Path.Combine(f, "999")))
            ?? throw new InputException(Path.GetFullPath(dir), $"holds no {entry.Title}: neither it nor its {entry.Folders[0]} has folders 0 to 999", "Fetch it (`data get imagenetv2`), or name its folder");
        var images = new List<(string, int)>();
        foreach (var (path, label) in Directory.EnumerateDirectories(folder).Select(d => (d, Label(d))).OrderBy(d => d.Item2))
            images.AddRange(ImageFolder.Pictures(path).Select(file => (file, label)));
        if (images.Count == 0) throw new InputException(folder, "holds no folder with pictures", "Fetch the set again");
        return new LabelledFiles($"{Set}/{split}", entry.Describe(split, images.Count, folder), entry.ClassNames, entry.Templates, images);
    }

    private static int Label(string path) =>
        int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var label) && label < Classes ? label
        : throw new InputException(path, $"is no class: its name is not one of 0 to {Classes - 1}", "Move the folder away");
}
