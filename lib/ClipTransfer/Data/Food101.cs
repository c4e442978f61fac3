using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Food-101 (Bossard, Guillaumin and Van Gool 2014) in its own layout: 101 dishes.</summary>
public static class Food101
{
    private const string Set = "food101";

    /// <summary>The splits of the release.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "test"];

    /// <summary>Opens one split, all classes whatever pictures are there.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split"><c>train</c> (75,750) or <c>test</c> (25,250).</param>
    /// <exception cref="InputException">A file is missing, or the split's list names an unknown class or an absent picture.</exception>
    public static LabelledFiles Open(string dir, string split)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var entry = DatasetCatalog.Find(Set);
        var folder = DataFolder.Find(dir, entry, ["meta/classes.txt", "meta/test.txt"]);
        var classes = ClassNames.Read(Path.Combine(folder, "meta", "classes.txt"));
        var images = ImageList.Read(Path.Combine(folder, "meta", split + ".txt"), Path.Combine(folder, "images"), classes, ".jpg");
        return new LabelledFiles($"{Set}/{split}", entry.Describe(split, images.Count, folder), [.. classes.Select(c => ClassNames.Spoken(c).ToLowerInvariant())], entry.Templates, images);
    }
}
