using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Describable Textures (Cimpoi et al. 2014) in its own layout: 47 textures, ten numbered splits.</summary>
public static class DescribableTextures
{
    private const string Set = "dtd";

    /// <summary>The first of the ten splits, which is the one that is reported.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "val", "test"];

    /// <summary>Opens one split.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split"><c>train</c>, <c>val</c> or <c>test</c> (1,880 each).</param>
    /// <param name="presentOnly">
    /// Whether only the classes that have pictures here count. A set with ten of the 47 can be scored 47-way or 10-way: the two are different tasks.
    /// </param>
    /// <param name="number">Which of the ten splits.</param>
    /// <exception cref="InputException">A file is missing, or the split's list names an unknown class or an absent picture.</exception>
    public static LabelledFiles Open(string dir, string split, bool presentOnly = false, int number = 1)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var entry = DatasetCatalog.Find(Set);
        var folder = DataFolder.Find(dir, entry, ["labels"]);
        var images = Path.Combine(folder, "images");
        var known = Path.Combine(folder, "labels", "classes_47.txt");
        var classes = File.Exists(known) ? ClassNames.Read(known)
            : Directory.Exists(images) ? [.. Directory.EnumerateDirectories(images).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)]
            : throw new InputException(images, "is missing", "Put the pictures there");
        var found = ImageList.Read(Path.Combine(folder, "labels", FormattableString.Invariant($"{split}{number}.txt")), images, classes, "");
        if (presentOnly) (classes, found) = ImageFolder.PresentOnly(classes, found);
        var ways = FormattableString.Invariant($", {classes.Length}-way");
        return new LabelledFiles($"{Set}/{split}", entry.Describe(split, found.Count, folder) + ways, [.. classes.Select(ClassNames.Spoken)], entry.Templates, found);
    }
}
