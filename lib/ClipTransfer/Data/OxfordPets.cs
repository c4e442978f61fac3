using System.Globalization;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Oxford-IIIT Pets (Parkhi et al. 2012) in its own layout: 37 breeds of cats and dogs.</summary>
public static class OxfordPets
{
    private const string Set = "pets";

    /// <summary>The splits of the release.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["trainval", "test"];

    /// <summary>Opens one split.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split"><c>trainval</c> (3,680) or <c>test</c> (3,669).</param>
    /// <exception cref="InputException">A file is missing, or a line of the split's list is damaged, has a class out of range, or names an absent picture.</exception>
    public static LabelledFiles Open(string dir, string split)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var entry = DatasetCatalog.Find(Set);
        var folder = DataFolder.Find(dir, entry, ["annotations/trainval.txt", "annotations/test.txt"]);
        var list = Path.Combine(folder, "annotations", split + ".txt");
        var pictures = Path.Combine(folder, "images");
        if (!Directory.Exists(pictures)) throw new InputException(pictures, "is missing", "Put the pictures there");
        var present = ImageList.FileNames(pictures);
        var images = new List<(string, int)>();
        var lines = DataFolder.ReadLines(list);
        for (var i = 0; i < lines.Length; i++)
        {
            // Picture, class 1 … 37, species (1 cat, 2 dog), breed within the species.
            if (lines[i].Length == 0 || lines[i][0] == '#') continue;
            var where = FormattableString.Invariant($"{list} line {i + 1}");
            if (lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var name, var number, ..] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var label))
                throw new InputException(where, "expected 'picture class species breed'", "Put the original list back");
            if (label < 1 || label > entry.ClassNames.Count) throw new InputException(where, $"has class {label}, but classes are 1 to {entry.ClassNames.Count}", "Put the original list back");
            if (!present.Contains(name + ".jpg")) throw new InputException(where, $"names '{CaptionText.Shown(name)}', which is not in {pictures}", "Put the picture back or take it off the list");
            images.Add((Path.Combine(pictures, name + ".jpg"), label - 1));
        }

        if (images.Count == 0) throw new InputException(list, "names no picture", "Put the original list back");
        return new LabelledFiles($"{Set}/{split}", entry.Describe(split, images.Count, folder), entry.ClassNames, entry.Templates, images);
    }
}
